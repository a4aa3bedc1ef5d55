package project

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/diag"
)

// maxExpanded bounds how many nodes one file may reach through aliases, so that a
// few lines of aliases to aliases cannot fill the memory.
const maxExpanded = 100_000

// node is a YAML node with the file that it is in. It is never an alias: via says
// through which aliases it was reached.
type node struct {
	*yaml.Node
	file *file
	via  *use
}

// use is a place where an alias stands.
type use struct {
	pos    diag.Pos
	name   string
	target *yaml.Node
	up     *use
}

// wrap follows aliases. A node without Node is one that cannot be followed: the
// problem has been reported.
func (l *loader) wrap(y *yaml.Node, f *file, via *use) node {
	for y.Kind == yaml.AliasNode {
		pos := f.pos(y.Line, y.Column)
		for u := via; u != nil; u = u.up {
			if u.target == y.Alias {
				l.error(pos, "", "the anchor &%s contains itself", y.Value).Len = utf8.RuneCountInString(y.Value) + 1
				return node{file: f, via: via}
			}
		}
		via = &use{pos: pos, name: y.Value, target: y.Alias, up: via}
		y = y.Alias
	}
	if via != nil {
		if f.expanded++; f.expanded > maxExpanded {
			if !f.tooFar {
				f.tooFar = true
				l.error(via.pos, "write the values out", "aliases in this file expand to more than %d values", maxExpanded)
			}
			return node{file: f, via: via}
		}
	}
	return node{y, f, via}
}

func (l *loader) child(n node, i int) node { return l.wrap(n.Content[i], n.file, n.via) }

// start is where the content of the node begins, behind an anchor and a tag.
func (n node) start() (line, col int) {
	src := n.file.src
	off := n.file.offset(n.Line, n.Column)
	if off >= len(src) || (src[off] != '&' && src[off] != '!') || n.Kind == yaml.ScalarNode && n.Value == "" {
		return n.Line, n.Column
	}
	for off < len(src) {
		switch src[off] {
		case '&', '!':
			off = skip(src, off, func(c byte) bool { return strings.IndexByte(" \t\r\n,[]{}", c) < 0 })
		case ' ', '\t', '\r', '\n':
			off++
		case '#':
			off = skip(src, off, func(c byte) bool { return c != '\n' })
		default:
			return n.file.place(off)
		}
	}
	return n.Line, n.Column
}

func skip(s string, off int, while func(byte) bool) int {
	for off < len(s) && while(s[off]) {
		off++
	}
	return off
}

func (n node) pos() diag.Pos {
	if n.Node == nil {
		return diag.Pos{File: n.file.name, Line: 1, Col: 1}
	}
	return n.file.pos(n.start())
}

// width is how many characters a caret underlines: a scalar on its first line.
func (n node) width() int {
	if n.Node == nil || n.Kind != yaml.ScalarNode {
		return 0
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return 1
	}
	w := utf8.RuneCountInString(n.Value)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		w += 2
	}
	pos := n.pos()
	rest := utf8.RuneCountInString(n.file.line(pos.Line)) - pos.Col + 1
	return max(min(w, rest), 0)
}

func (n node) plain() bool {
	return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// typed reports whether the node is a number or a truth value.
func (n node) typed() bool {
	return n.Kind == yaml.ScalarNode && n.plain() && (n.Tag == "!!bool" || n.Tag == "!!int" || n.Tag == "!!float")
}

// null reports whether the node is a value that was left out.
func (n node) null() bool { return n.Kind == yaml.ScalarNode && n.plain() && n.Tag == "!!null" }

// is names the node's kind for people.
func (n node) is() string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// pair is an entry of a mapping.
type pair struct{ key, value node }

// pairs are the entries of a mapping, merges included: its own first, in the order
// of the file, then those of `<<` that it does not have itself.
func (l *loader) pairs(n node) []pair {
	var own, merges []pair
	seen := map[string]node{}
	content := l.unquoted(n)
	for i := 0; i+1 < len(content); i += 2 {
		key := l.wrap(content[i], n.file, n.via)
		if key.Node == nil {
			continue
		}
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merges = append(merges, pair{key, l.wrap(content[i+1], n.file, n.via)})
			continue
		}
		if !l.stringKey(key) {
			continue
		}
		if first, ok := seen[key.Value]; ok {
			l.at(key, "remove one of them", "the key %q is here twice", key.told(key.Value)).Note(first.pos(), "first here")
			continue
		}
		seen[key.Value] = key
		own = append(own, pair{key, l.wrap(content[i+1], n.file, n.via)})
	}
	for _, m := range merges {
		for _, p := range l.merged(m.value) {
			if _, ok := seen[p.key.Value]; !ok {
				seen[p.key.Value] = p.key
				own = append(own, p)
			}
		}
	}
	return own
}

// merged are the entries that `<<` brings: of one mapping, or of a list of them, the first one first.
func (l *loader) merged(n node) []pair {
	switch {
	case n.Node == nil:
		return nil
	case n.Kind == yaml.MappingNode:
		return l.pairs(n)
	case n.Kind == yaml.SequenceNode:
		var all []pair
		for i := range n.Content {
			if item := l.child(n, i); item.Node != nil && item.Kind != yaml.SequenceNode {
				all = append(all, l.merged(item)...)
			}
		}
		return all
	}
	l.at(n, "write <<: *anchor, or <<: [*a, *b]", "<< takes a mapping, not %s", n.is())
	return nil
}

func (l *loader) stringKey(key node) bool {
	switch {
	case key.Kind != yaml.ScalarNode:
		if text, ok := bareTemplate(key); ok {
			l.at(key, fmt.Sprintf("quote it: %q", text), "{{ ... }} without quotes: YAML reads the braces as a mapping")
			return false
		}
		l.at(key, "", "a key is text, not %s", key.is())
		return false
	case key.plain() && key.Tag == "!!null":
		l.at(key, "", "a key is missing here")
		return false
	case key.plain() && key.Tag != "!!str":
		l.at(key, fmt.Sprintf("quote it: %q", key.Value), "the key %s is not text to YAML (%s)", key.Value, strings.TrimPrefix(key.Tag, "!!"))
		return false
	}
	return l.tagged(key)
}

// tagged refuses YAML tags: they have no meaning here.
func (l *loader) tagged(n node) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return true
	}
	switch n.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!seq", "!!map", "!!timestamp":
		return true
	}
	tag := n.Tag
	if n.file.name == kithFile { // it may be a password
		tag = "!..."
	}
	l.at(n, "", "the YAML tag %s has no meaning here", tag)
	return false
}

// bareTemplate recognises `{{ x }}` without quotes, which YAML reads as a mapping in a mapping.
func bareTemplate(n node) (string, bool) {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle == 0 || len(n.Content) < 1 {
		return "", false
	}
	in := n.Content[0]
	if in.Kind != yaml.MappingNode || in.Line != n.Line || in.Column != n.Column+1 {
		return "", false
	}
	return templateIn(n.file.src[n.file.offset(n.Line, n.Column):]), true
}

// unquoted puts together what a comma in braces has torn apart: {type: decimal(12,2)}
// is read as two entries. It is an error, but the rest is checked as it was meant.
func (l *loader) unquoted(n node) []*yaml.Node {
	if n.Style&yaml.FlowStyle == 0 {
		return n.Content
	}
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	out := make([]*yaml.Node, 0, len(n.Content))
	for i := 0; i < len(n.Content); i++ {
		y := n.Content[i]
		if step == 2 && i%2 == 0 || !opensBracket(y) {
			out = append(out, y)
			continue
		}
		joined, j := y.Value, i+1
		for j+step-1 < len(n.Content) && strings.Count(joined, "(") > strings.Count(joined, ")") && torn(n.Content[j:j+step]) {
			joined += ", " + n.Content[j].Value
			j += step
		}
		if j == i+1 || strings.Count(joined, "(") != strings.Count(joined, ")") {
			out = append(out, y)
			continue
		}
		whole := *y
		whole.Value = strings.ReplaceAll(joined, ", ", ",")
		help, what := fmt.Sprintf("quote it: %q", whole.Value), whole.Value+" needs quotes"
		if n.file.name == kithFile { // it may be a password
			help, what = "", "this one needs quotes"
		}
		l.at(node{y, n.file, n.via}, help, "a comma in braces ends a value: %s", what)
		out = append(out, &whole)
		i = j - 1
	}
	return out
}

func opensBracket(y *yaml.Node) bool {
	return y.Kind == yaml.ScalarNode && y.Style == 0 && strings.Count(y.Value, "(") > strings.Count(y.Value, ")")
}

// torn reports whether the entry, or the item, is a piece of the value before it.
func torn(entry []*yaml.Node) bool {
	if entry[0].Kind != yaml.ScalarNode || entry[0].Style != 0 {
		return false
	}
	return len(entry) == 1 || entry[1].Kind == yaml.ScalarNode && entry[1].Tag == "!!null"
}
