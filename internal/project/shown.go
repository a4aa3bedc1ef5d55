package project

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// Shown is the text of a file of a project as a diagnostic may show it: of options that are
// secrets, and of keys that no destination, target or place of alerts has, the values are
// stars, so that lines and columns stay as they are. What only names a secret, ${NAME} or
// file:PATH, is left. In a file that is no YAML all that stands behind such a key is hidden.
func Shown(src []byte, specs map[string]cdp.DestinationSpec) []byte {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	s := &shown{known: map[string]bool{}, secret: map[string]bool{}, free: map[string]bool{}, seen: map[any]bool{}}
	g := newGrammar(specs)
	s.learn(mapping(g.kith))
	for _, line := range strings.SplitAfter(string(src), "\n") {
		s.lines = append(s.lines, []rune(line))
	}
	top, err := parseYAML(string(src))
	switch {
	case err != nil || otherBreak.MatchString(string(src)):
		s.hideByText(string(src))
	case top != nil && top.Kind == yaml.MappingNode:
		s.order(top)
		slices.SortFunc(s.starts, at.compare)
		for i := 0; i+1 < len(top.Content); i += 2 {
			if !slices.ContainsFunc(g.models.fields, func(f field) bool { return f.name == top.Content[i].Value }) {
				s.walk(&yaml.Node{Kind: yaml.MappingNode, Content: top.Content[i : i+2]}, false)
			}
		}
	}
	var out strings.Builder
	for _, line := range s.lines {
		out.WriteString(string(line))
	}
	return []byte(out.String())
}

// otherBreak is a break of a line to YAML alone: its lines and columns are none of ours.
var otherBreak = regexp.MustCompile("\r(?:[^\n]|$)|[\u0085\u2028\u2029]")

type shown struct {
	lines  [][]rune
	starts []at            // of all nodes, in the order of the file
	known  map[string]bool // keys whose values are shown
	secret map[string]bool
	free   map[string]bool // keys of mappings whose keys are the user's
	seen   map[any]bool
}

// at is a place in the file, from 1.
type at struct{ line, col int }

func (a at) compare(b at) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col)) }

// learn collects the keys of a shape.
func (s *shown) learn(x shape) {
	if x.list != nil {
		s.learn(*x.list)
	}
	if x.dict != nil {
		s.learn(x.dict.value)
	}
	blocks := []*block{x.block}
	if x.variants != nil {
		for _, b := range x.variants.blocks {
			blocks = append(blocks, b)
		}
	}
	for _, b := range blocks {
		if b == nil || s.seen[b] {
			continue
		}
		s.seen[b] = true
		for _, f := range b.fields {
			s.known[f.name] = true
			s.secret[f.name] = s.secret[f.name] || f.secret
			s.free[f.name] = s.free[f.name] || f.shape.dict != nil
			s.learn(f.shape)
		}
	}
}

func (s *shown) order(n *yaml.Node) {
	s.starts = append(s.starts, at{n.Line, n.Column})
	for _, c := range n.Content {
		s.order(c)
	}
}

// walk hides what is secret in a mapping, or a list of mappings. free is of one whose keys are the user's.
func (s *shown) walk(n *yaml.Node, free bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if s.seen[n] {
		return
	}
	s.seen[n] = true
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			s.walk(c, false)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	torn := false // by a comma: what has no value behind a secret is a part of it
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		torn = !s.known[key] && torn && value.Tag == "!!null" && value.Value == "" || s.secret[key] && n.Style&yaml.FlowStyle != 0
		if !s.known[key] {
			s.hideInKey(n.Content[i], torn)
		}
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch unknown := !s.known[key] && !free; {
		case s.secret[key]:
			s.hide(value)
		case unknown && value.Kind == yaml.ScalarNode:
			s.hide(value)
		case unknown && value.Kind == yaml.SequenceNode:
			for _, c := range value.Content {
				if c.Kind == yaml.ScalarNode {
					s.hide(c)
				}
			}
			s.walk(value, false)
		default:
			s.walk(value, s.free[key])
		}
	}
}

// naming are texts that say where a secret is, and not what it is.
var naming = regexp.MustCompile(`^(?:\$\{[A-Za-z_][A-Za-z0-9_]*\}|file:\S+)?$`)

// hide puts stars over a node, as far as the next one begins.
func (s *shown) hide(n *yaml.Node) {
	if onlyNames(n) {
		return
	}
	last := at{n.Line, n.Column}
	var end func(*yaml.Node)
	end = func(n *yaml.Node) {
		if a := (at{n.Line, n.Column}); a.compare(last) > 0 {
			last = a
		}
		for _, c := range n.Content {
			end(c)
		}
	}
	end(n)
	s.cover(at{n.Line, n.Column}, last)
}

// cover puts stars over what begins at a place, as far as the first node after another.
func (s *shown) cover(from, last at) {
	to := at{len(s.lines) + 1, 1}
	if i := slices.IndexFunc(s.starts, func(a at) bool { return a.compare(last) > 0 }); i >= 0 {
		to = s.starts[i]
	}
	for line := from.line; line <= min(to.line, len(s.lines)); line++ {
		begin, stop := 0, len(s.lines[line-1])
		if line == from.line {
			begin = from.col - 1
		}
		if line == to.line {
			stop = min(stop, to.col-1)
		}
		stars(s.lines[line-1][min(begin, stop):stop], line == from.line)
	}
}

func onlyNames(n *yaml.Node) bool {
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 { // of a value that begins with & or !
		return false
	}
	if n.Kind == yaml.ScalarNode {
		return naming.MatchString(n.Value)
	}
	return n.Kind != yaml.AliasNode && !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !onlyNames(c) })
}

// stars replaces a part of a line, but for what closes a mapping behind it. A further line
// with neither a letter nor a digit is left, as it has what leads to the next node.
func stars(part []rune, first bool) {
	end := len(part)
	for end > 0 && strings.ContainsRune(" \t\r\n,}]", part[end-1]) {
		end--
	}
	if !first && !slices.ContainsFunc(part, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return
	}
	for i := range part[:end] {
		if part[i] != ' ' && part[i] != '\t' {
			part[i] = '*'
		}
	}
}

// nameInKey is what a key has in common with a name: behind it may be a value.
var nameInKey = regexp.MustCompile(`^[A-Za-z0-9_.-]*`)

// hideInKey hides what stands in a key behind a name, as in {token:abc}, which is a key to
// YAML, and a whole key that is a part of the secret before it, as in {token: a,b}.
func (s *shown) hideInKey(key *yaml.Node, whole bool) {
	if key.Kind != yaml.ScalarNode || !whole && nameInKey.FindString(key.Value) == key.Value || key.Line > len(s.lines) || key.Column > len(s.lines[key.Line-1]) {
		return
	}
	here := at{key.Line, key.Column}
	if !whole {
		text := strings.TrimLeft(string(s.lines[key.Line-1][key.Column-1:]), `"'`)
		here.col = len(s.lines[key.Line-1]) - len([]rune(strings.TrimPrefix(text, nameInKey.FindString(text)))) + 1
	}
	s.cover(here, at{key.Line, key.Column})
}

// told is a key as a problem names it. One of kith.yml ends where a name does: what is
// behind may be a secret.
func (n node) told(key string) string {
	if name := nameInKey.FindString(key); n.file.name == kithFile && name != key {
		return name + "..."
	}
	return key
}

// envTold is a ${...} as a problem names it: without its default, and no further than a
// name goes.
func envTold(found string) string {
	name := envName.FindString(found)
	if rest := found[len(name):]; rest != "" && rest != "}" {
		return name + "..."
	}
	return found
}

var (
	envName    = regexp.MustCompile(`^\$\{[A-Za-z0-9_]*`)
	anyKey     = regexp.MustCompile(`(?:^|[\s{,"'-])([A-Za-z_][A-Za-z0-9_-]*)["']?\s*:`)
	withSecret = regexp.MustCompile(`(?m)^["']?(?:destinations|targets|alerts)["']?\s*:`)
)

// hideByText hides what stands behind the keys of secrets, and where a file has destinations,
// targets or alerts behind those that nobody knows, to the end of the line, and the lines below
// that are further in.
func (s *shown) hideByText(src string) {
	strict := withSecret.MatchString(src)
	inner := -1 // below a key at this indentation
	for _, line := range s.lines {
		text := string(line)
		indent := len(line) - len([]rune(strings.TrimLeft(text, " ")))
		if inner >= 0 && (strings.TrimSpace(text) == "" || indent > inner) {
			stars(line, true)
			continue
		}
		inner = -1
		for _, m := range anyKey.FindAllStringSubmatchIndex(text, -1) {
			key, behind := text[m[2]:m[3]], text[m[1]:]
			if s.secret[strings.ToLower(key)] || strict && !s.known[key] && strings.TrimLeft(behind, " \t\r\n") != behind {
				stars(line[len([]rune(text[:m[1]])):], true)
				inner = indent
				break
			}
		}
	}
}
