package project

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ref is a {{ source('x') }} in a query.
type ref struct {
	placeholder string
	kind        string // source, ref, identity
	name        string
	off, width  int
}

var (
	templateCall = regexp.MustCompile(`^\s*([a-z_]+)\s*\(\s*(?:'([^']*)'|"([^"]*)")\s*\)\s*$`)
	envRef       = regexp.MustCompile(`\$\{[^}]*\}?`)
	envGood      = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}$`)
)

// expand resolves {{ ... }} in a scalar and checks ${...}. False means that it was refused.
func (l *loader) expand(t *text, s *scalar) bool {
	if strings.Contains(t.s, "${") && !l.checkEnv(t, s) {
		return false
	}
	if !strings.Contains(t.s, "{{") {
		return true
	}
	if t.node.file.name == kithFile {
		i := strings.Index(t.s, "{{")
		l.in(t, i, 2, "vars are for models/ and syncs/", "{{ ... }} has no meaning in %s", kithFile)
		return false
	}
	return l.expandAll(t, s.query)
}

// checkEnv: ${X} is for options in kith.yml, which are read when a connection is opened.
func (l *loader) checkEnv(t *text, s *scalar) bool {
	for _, at := range envRef.FindAllStringIndex(t.s, -1) {
		found := t.s[at[0]:at[1]]
		width := utf8.RuneCountInString(found)
		switch {
		case t.node.file.name != kithFile:
			l.in(t, at[0], width, "set a var in "+kithFile+" and write {{ var('x') }}", "${...} is read from the environment, and only in %s", kithFile)
			return false
		case !s.env:
			l.in(t, at[0], width, "only options of targets and destinations may hold ${...}", "${...} cannot stand here: validate and compile do not read the environment")
			return false
		case !envGood.MatchString(found):
			l.in(t, at[0], width, "write ${NAME} or ${NAME:-default}", "%q names no environment variable", envTold(found))
			return false
		}
	}
	return true
}

// expandAll replaces every {{ ... }}; refs are kept as placeholders that no SQL has.
func (l *loader) expandAll(t *text, query bool) bool {
	var b strings.Builder
	var marks []mark
	var refs []ref
	put := func(from, to int) { // a part of the original
		pos := t.pos(from)
		marks = append(marks, mark{b.Len(), pos.Line, pos.Col})
		for _, m := range t.marks {
			if m.off > from && m.off < to {
				marks = append(marks, mark{b.Len() + m.off - from, m.line, m.col})
			}
		}
		b.WriteString(t.s[from:to])
	}
	ok := true
	done := 0
	for {
		i := strings.Index(t.s[done:], "{{")
		if i < 0 {
			break
		}
		i += done
		put(done, i)
		end := strings.Index(t.s[i:], "}}")
		if end < 0 {
			l.in(t, i, 2, "close it with }}", "{{ without }}")
			return false
		}
		done = i + end + 2
		value, r, good := l.call(t, i, done, query)
		ok = ok && good
		pos := t.pos(i)
		marks = append(marks, mark{b.Len(), pos.Line, pos.Col})
		if r != nil {
			r.placeholder, r.off = reserved+"_ref_"+strconv.Itoa(len(refs)), b.Len()
			r.width = utf8.RuneCountInString(t.s[i:done])
			refs = append(refs, *r)
			value = r.placeholder
		}
		for k := range len(value) {
			if value[k] == '\n' {
				marks = append(marks, mark{b.Len() + k + 1, pos.Line, pos.Col})
			}
		}
		b.WriteString(value)
	}
	put(done, len(t.s))
	t.s, t.marks, t.refs = b.String(), marks, refs
	return ok
}

// call evaluates what stands between {{ and }}.
func (l *loader) call(t *text, from, to int, query bool) (value string, r *ref, ok bool) {
	in := t.s[from+2 : to-2]
	width := utf8.RuneCountInString(t.s[from:to])
	m := templateCall.FindStringSubmatch(in)
	if m == nil {
		l.in(t, from, width, "write {{ var('name') }}", "kith does not understand {{%s}}", in)
		return "", nil, false
	}
	name := m[2] + m[3]
	switch fn := m[1]; fn {
	case "var":
		if value, ok := l.vars[name]; ok {
			return value, nil, true
		}
		if !l.varsOpen && !l.varsRefused[name] {
			all := slices.Sorted(maps.Keys(l.vars))
			help := near(name, all, "the vars are")
			if help == "" {
				help = "set it in " + kithFile + ": vars: {" + name + ": ...}"
			}
			l.in(t, from, width, help, "unknown var %q", name)
		}
		return "", nil, false
	case "source", "ref", "identity":
		if !query {
			l.in(t, from, width, "", "{{ %s('%s') }} stands only in the query of a source", fn, name)
			return "", nil, false
		}
		return "", &ref{kind: fn, name: name}, true
	default:
		l.in(t, from, width, near(fn, []string{"var", "source", "ref", "identity"}, "there are"), "unknown function %q in {{ }}", fn)
		return "", nil, false
	}
}

// keyText is the text of a mapping's key.
func (l *loader) keyText(key node) (string, bool) {
	if !strings.Contains(key.Value, "{{") && !strings.Contains(key.Value, "${") {
		return key.Value, true
	}
	t := text{s: key.Value, node: key}
	ok := l.expand(&t, textKind)
	return t.s, ok
}
