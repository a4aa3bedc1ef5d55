package project

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/diag"
)

// value is a part of a file that has the shape that the language wants there.
type value struct {
	node  node
	text  text // of a scalar, with {{ ... }} resolved
	null  bool // of a cell
	list  []*value
	short bool    // an item or entry was refused
	keys  []entry // of a mapping, in the order of the file
}

// entry is a key of a mapping. Its value is nil when it has been refused.
type entry struct {
	key   node
	name  string // the key with {{ ... }} resolved
	value *value
}

// get is the value of a key; nil when it is absent or was refused.
func (v *value) get(name string) *value {
	if e := v.entry(name); e != nil {
		return e.value
	}
	return nil
}

// has reports whether a key was written, even if its value was refused.
func (v *value) has(name string) bool { return v.entry(name) != nil }

func (v *value) entry(name string) *entry {
	if v == nil {
		return nil
	}
	for i := range v.keys {
		if v.keys[i].name == name {
			return &v.keys[i]
		}
	}
	return nil
}

// str is the text of a key's scalar, "" when there is none.
func (v *value) str(name string) string {
	if x := v.get(name); x != nil {
		return x.text.s
	}
	return ""
}

// each are the items of a list, or the value itself where one may stand alone.
func (v *value) each() []*value {
	switch {
	case v == nil:
		return nil
	case v.node.Kind == yaml.SequenceNode:
		return v.list
	}
	return []*value{v}
}

func (v *value) is(kind yaml.Kind) bool { return v != nil && v.node.Kind == kind }

func (v *value) pos() diag.Pos { return v.node.pos() }

// decode checks a node against a shape. nil means that it was refused.
func (l *loader) decode(n node, s shape, what string) *value {
	if n.Node == nil || !l.tagged(n) {
		return nil
	}
	switch {
	case n.null() && s.scalar != nil && s.scalar.null:
		return &value{node: n, null: true}
	case n.null():
		l.at(n, nullHelp(n), "%s has no value", what)
		return nil
	case s.raw:
		return &value{node: n}
	case s.any:
		return l.decodeAny(n)
	case n.Kind == yaml.ScalarNode && s.scalar != nil:
		return l.decodeScalar(n, s.scalar, what)
	case n.Kind == yaml.SequenceNode && s.list != nil:
		return l.decodeList(n, *s.list, what)
	case n.Kind == yaml.MappingNode && s.block != nil:
		return l.decodeBlock(n, s.block)
	case n.Kind == yaml.MappingNode && s.variants != nil:
		return l.decodeVariant(n, s.variants)
	case n.Kind == yaml.MappingNode && s.dict != nil:
		return l.decodeDict(n, s.dict, what)
	}
	if t, ok := bareTemplate(n); ok {
		l.at(n, fmt.Sprintf("quote it: %q", t), "{{ ... }} without quotes: YAML reads the braces as a mapping")
		return nil
	}
	l.at(n, "", "%s takes %s, not %s", what, s.wants(), n.is())
	return nil
}

func nullHelp(n node) string {
	if n.Value == "" {
		return "give it a value, or remove the key"
	}
	return fmt.Sprintf("remove the key, or write %q for the text", n.Value)
}

// wants names a shape for people.
func (s shape) wants() string {
	var all []string
	if s.scalar != nil {
		all = append(all, s.scalar.is)
	}
	if s.list != nil {
		all = append(all, "a list")
	}
	if s.block != nil || s.dict != nil || s.variants != nil {
		all = append(all, "a mapping")
	}
	return listed(all, "or")
}

func (l *loader) decodeScalar(n node, s *scalar, what string) *value {
	v := &value{node: n, text: text{s: n.Value, node: n}}
	if !l.expand(&v.text, s) {
		return nil
	}
	if s.env && strings.Contains(v.text.s, "${") {
		return v // read when a connection is opened
	}
	if problem, help := s.verdict(v.text.s, what); problem != "" {
		l.at(n, help, "%s", problem)
		return nil
	}
	return v
}

// verdict is what is wrong with a text, "" for nothing.
func (s *scalar) verdict(text, what string) (problem, help string) {
	if s.values != nil && !slices.Contains(s.values, text) {
		return fmt.Sprintf("%s is %s, not %q", what, s.is, text), diag.DidYouMean(text, s.values)
	}
	if s.check != nil {
		return s.check(text)
	}
	return "", ""
}

func (l *loader) decodeList(n node, of shape, what string) *value {
	v := &value{node: n}
	for _, y := range l.unquoted(n) {
		if x := l.decode(l.wrap(y, n.file, n.via), of, "an item of "+what); x != nil {
			v.list = append(v.list, x)
		} else {
			v.short = true
		}
	}
	return v
}

func (l *loader) decodeDict(n node, d *dict, what string) *value {
	v := &value{node: n}
	seen := map[string]node{}
	pairs := l.pairs(n)
	v.short = len(pairs) < len(n.Content)/2
	for _, p := range pairs {
		name, ok := l.keyText(p.key)
		if !ok {
			v.short = true
			continue
		}
		if first, twice := seen[name]; twice {
			l.at(p.key, "remove one of them", "the key %q is here twice", p.key.told(name)).Note(first.pos(), "first here")
			continue
		}
		seen[name] = p.key
		if problem, _ := d.key.verdict(name, what); problem != "" {
			problem, help := d.key.verdict(p.key.told(name), what)
			l.at(p.key, help, "%s", problem) // and goes on: others may mean it
		}
		v.keys = append(v.keys, entry{p.key, name, l.decode(p.value, d.value, quoted(p.key.told(name)))})
	}
	return v
}

func (l *loader) decodeBlock(n node, b *block) *value {
	v := &value{node: n}
	for _, p := range l.pairs(n) {
		name, ok := l.keyText(p.key)
		if !ok {
			continue
		}
		if first := v.entry(name); first != nil {
			l.at(p.key, "remove one of them", "the key %q is here twice", p.key.told(name)).Note(first.key.pos(), "first here")
			continue
		}
		f := b.find(name)
		if f == nil {
			if n.Style&yaml.FlowStyle != 0 && l.tornSecret(v, p, b) {
				continue
			}
			l.unknownKey(p.key, name, b)
			v.keys = append(v.keys, entry{p.key, name, nil})
			continue
		}
		if f.later != "" {
			l.notYet(p.key, f.later, name)
		}
		v.keys = append(v.keys, entry{p.key, name, l.decode(p.value, f.shape, quoted(name))})
	}
	l.complete(v, b)
	return v
}

// decodeVariant looks at the type first: it says which keys there are.
func (l *loader) decodeVariant(n node, vs *variants) *value {
	for _, p := range l.pairs(n) {
		if name, ok := l.keyText(p.key); !ok || name != "type" {
			continue
		}
		t := l.decode(p.value, one(textKind), quoted("type"))
		if t == nil {
			return nil
		}
		if b := vs.blocks[t.text.s]; b != nil {
			return l.decodeBlock(n, b)
		}
		l.at(p.value, near(t.text.s, vs.types, "there are"), "unknown type %q of %s", t.text.s, vs.name)
		return nil
	}
	l.at(n, "there are: "+strings.Join(vs.types, ", "), "%s needs the key %q", vs.name, "type")
	return nil
}

// tornSecret reports a key that is a part of the secret before it, as in {token: a,b}.
func (l *loader) tornSecret(v *value, p pair, b *block) bool {
	last := len(v.keys) - 1
	if last < 0 || p.value.Node == nil || !p.value.null() || p.value.Value != "" {
		return false
	}
	before := v.keys[last]
	f := b.find(before.name)
	if f == nil || !f.secret || before.value != nil && (!before.value.is(yaml.ScalarNode) || !before.value.node.plain()) {
		return false
	}
	l.at(before.key, "", "a comma in braces ends a value: this one needs quotes")
	return true
}

func quoted(name string) string { return `"` + name + `"` }

func (l *loader) unknownKey(key node, name string, b *block) {
	help := diag.DidYouMean(name, b.names())
	if known, _, ok := strings.Cut(name, ":"); ok && b.find(known) != nil {
		help = fmt.Sprintf("a blank is missing after %q", known+":")
	}
	if help == "" {
		help = maybe(elsewhere[name], "the keys are: "+strings.Join(b.names(), ", "))
	}
	l.at(key, help, "unknown key %q in %s", key.told(name), b.name)
}

// elsewhere says where keys belong that people look for at another place.
var elsewhere = map[string]string{
	"filter":      "it is called where",
	"columns":     "columns belong to a source",
	"destination": "the destination stands in to: {destination: ...}",
	"object":      "it stands in to: {destination: ..., object: ...}",
	"audience":    "it stands in to: {destination: ..., audience: ...}",
	"event":       "it stands in to: {destination: ..., event: ...}",
	"cron":        "it stands in schedule: {cron: ...}",
	"type":        "the type follows from where the value comes from",
	"primary_key": "it is called key",
}

// complete checks that what must be there is there.
func (l *loader) complete(v *value, b *block) {
	for _, f := range b.fields {
		if f.required && !v.has(f.name) && !v.misspelt(f.name, b) {
			l.at(v.node, "", "%s needs the key %q", b.name, f.name)
		}
	}
	if b.exact == nil {
		return
	}
	var have []string
	for _, name := range b.exact {
		if v.has(name) {
			have = append(have, name)
		}
	}
	switch {
	case len(have) == 0 && !slices.ContainsFunc(b.exact, func(name string) bool { return v.misspelt(name, b) }):
		l.at(v.node, "", "%s needs %s", b.name, listed(b.exact, "or"))
	case len(have) > 1:
		e := v.entry(have[1])
		l.at(e.key, "keep one of them", "%s takes %s, not both", b.name, listed(have, "or")).Note(v.entry(have[0]).key.pos(), "the other one")
	}
}

// misspelt reports whether an unknown key was meant to be this one: that has been said.
func (v *value) misspelt(name string, b *block) bool {
	for _, e := range v.keys {
		if withBlank, _, _ := strings.Cut(e.name, ":"); b.find(e.name) == nil && (withBlank == name || slices.Contains(diag.Near(e.name, b.names()), name)) {
			return true
		}
	}
	return false
}

// decodeAny checks only that a reserved value is well-formed.
func (l *loader) decodeAny(n node) *value {
	v := &value{node: n}
	switch n.Kind {
	case yaml.ScalarNode:
		return l.decodeScalar(n, textKind, "the value")
	case yaml.SequenceNode:
		for i := range n.Content {
			if x := l.child(n, i); x.Node != nil {
				l.decodeAny(x)
			}
		}
	case yaml.MappingNode:
		for _, p := range l.pairs(n) {
			if p.value.Node != nil {
				l.decodeAny(p.value)
			}
		}
	}
	return v
}
