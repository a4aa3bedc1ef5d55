package project

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// declareDestinations names the destinations of the project.
func (l *loader) declareDestinations(kith *value) {
	list := kith.get("destinations")
	l.destinations.open = kith.has("destinations") && (list == nil || list.short)
	for _, v := range list.each() {
		l.declareDestination(v)
	}
}

func (l *loader) declareDestination(v *value) {
	declare(l, &l.destinations, v, func(i cdp.Item) *cdp.DestinationConfig {
		d := &cdp.DestinationConfig{Item: i, Type: v.str("type"), Options: map[string]cdp.Setting{}}
		l.takeOptions(d, v)
		return d
	})
}

// ofItem are the keys of a destination that are not options.
var ofItem = []string{"name", "description", "tags", "owner", "enabled", "type", "defaults"}

func (l *loader) takeOptions(d *cdp.DestinationConfig, v *value) {
	for _, e := range v.keys {
		if e.value != nil && !slices.Contains(ofItem, e.name) {
			d.Options[e.name] = setting(e.value)
		}
	}
	for _, o := range l.o.Specs[d.Type].Options {
		if o.Secret {
			l.secretOption(v, o.Name, "destination "+d.Name)
		}
	}
}

// overlay puts the destinations of a target over those of the project. Those of
// other targets are only checked.
func (l *loader) overlay(list *value, take bool) {
	for _, raw := range list.each() {
		name, kind := l.peek(raw.node, "name"), l.peek(raw.node, "type")
		base, known := l.destinations.by[name]
		if kind == "" && known {
			kind = base.noun.Type
		}
		b := l.grammar.destinations.blocks[kind]
		if b == nil || !known || base.noun.Type != kind { // a further one, or one in its place
			v := l.decode(raw.node, shape{variants: l.grammar.destinations}, "the destination")
			switch {
			case v == nil || !take:
			case known:
				l.replace(base, v)
			default:
				l.declareDestination(v)
			}
			continue
		}
		v := l.decode(raw.node, mapping(overlay(b)), "the destination")
		l.ownCredentials(base, kind, v)
		if v != nil && take {
			l.takeOptions(base.noun, v)
			if v.has("enabled") {
				base.item.Disabled = v.str("enabled") == "false"
				base.noun.Disabled = base.item.Disabled
			}
		}
	}
}

// ownCredentials refuses a block that goes over another and would take its secrets to
// another host: a secret is for the host that it was given for.
func (l *loader) ownCredentials(base *declared[*cdp.DestinationConfig], kind string, v *value) {
	spec := l.o.Specs[kind]
	options := slices.Clone(spec.Options)
	for _, o := range commonOptions {
		if !slices.ContainsFunc(options, func(x cdp.Option) bool { return x.Name == o.Name }) {
			options = append(options, o)
		}
	}
	var inherited []string
	for _, o := range options {
		if o.Secret && base.v.has(o.Name) && !v.has(o.Name) {
			inherited = append(inherited, o.Name)
		}
	}
	for _, o := range options {
		address := v.get(o.Name)
		if o.Kind != cdp.OptURL || address == nil || len(inherited) == 0 || sameHost(address.text.s, cmp.Or(base.v.str(o.Name), o.Default)) {
			continue
		}
		help := fmt.Sprintf("give the new %s credentials of its own: set %s here, too", o.Name, strings.Join(inherited, " and "))
		l.at(address.node, help, "destination %s: %s would go to another host", base.item.Name, strings.Join(inherited, " and "))
	}
}

// sameHost reports whether two addresses are known to be of one host. An address of a
// variable can be any.
func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return a == b || errX == nil && errY == nil && !strings.Contains(a+b, "${") && x.Host != "" && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host)
}

func (l *loader) replace(base *declared[*cdp.DestinationConfig], v *value) {
	*base.noun = cdp.DestinationConfig{Item: l.item(v), Type: v.str("type"), Options: map[string]cdp.Setting{}}
	base.v, base.item = v, base.noun.Item
	l.takeOptions(base.noun, v)
}

// peek is the text of a key of a mapping that is not decoded yet.
func (l *loader) peek(n node, key string) string {
	if n.Node == nil || len(n.Content) == 0 {
		return ""
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// tokens are how real credentials look.
var tokens = regexp.MustCompile(`^(pat-|sk_|sk-|rk_|pk_|xox[a-z]-|gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|EAA[A-Za-z0-9]|SG\.|ya29\.|AIza|eyJ|Bearer )|^[A-Za-z0-9+/_=.-]*[0-9][A-Za-z0-9+/_=.-]*$`)

const tokenLength = 24 // characters without a blank, with a digit

// secretOption looks at a secret that is written down. What it says never repeats it.
func (l *loader) secretOption(v *value, name, of string) {
	secret := v.get(name)
	if secret == nil {
		return
	}
	texts := []*value{secret}
	for _, e := range secret.keys {
		if e.value != nil {
			texts = append(texts, e.value)
		}
	}
	for _, t := range texts {
		s := t.text.s
		if s == "" || strings.Contains(s, "${") || strings.HasPrefix(s, "file:") || strings.HasPrefix(s, "exec:") {
			continue
		}
		env := strings.ToUpper(strings.NewReplacer("target ", "", "destination ", "", "alerts to ", "").Replace(of) + "_" + name)
		help := `take it from the environment: "${` + env + `}", or write file:PATH`
		if m := tokens.FindString(s); m != "" && (len(m) < len(s) || len(s) >= tokenLength) && len(s) >= 12 {
			l.at(t.node, help+"; change it where it is valid, since it is in the history of the files", "%s: %q looks like a real credential, in clear", of, name)
			continue
		}
		l.warn(t.node, help, "%s: the secret %q is written in clear", of, name)
	}
}
