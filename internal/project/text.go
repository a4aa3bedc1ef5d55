package project

import (
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/diag"
)

// text is what a scalar says, and where in the file each part of it stands.
type text struct {
	s     string
	node  node
	marks []mark // nil until somebody asks; see pos
	refs  []ref  // {{ source('x') }} and its like in a query
}

// mark says that the byte off of a text is at a place of the file. What follows, up
// to the next mark, stands behind it character by character.
type mark struct{ off, line, col int }

// pos is the place of a byte of the text.
func (t *text) pos(off int) diag.Pos {
	if t.marks == nil {
		t.marks = scan(t.node)
	}
	i := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].off > off }) - 1
	m := t.marks[max(i, 0)]
	col := m.col
	if off > m.off && off <= len(t.s) {
		col += utf8.RuneCountInString(t.s[m.off:off])
	}
	return t.node.file.pos(m.line, col)
}

// lines are the places where the lines of the text begin.
func (t *text) lines() []diag.Pos {
	out := []diag.Pos{t.pos(0)}
	for i := range len(t.s) {
		if t.s[i] == '\n' {
			out = append(out, t.pos(i+1))
		}
	}
	return out
}

// scan finds the marks of a scalar by reading its source once more.
func scan(n node) []mark {
	line, col := n.start()
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return scanBlock(n, line, col)
	}
	off := n.file.offset(line, col)
	quote := byte(0)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && off < len(n.file.src) {
		quote = n.file.src[off]
		off, col = off+1, col+1
	}
	marks := []mark{{0, line, col}}
	if quote == 0 && strings.HasPrefix(n.file.src[min(off, len(n.file.src)):], n.Value) {
		return marks // most scalars: one line, as it is
	}
	s := flowScan{src: n.file.src, off: off, value: n.Value, quote: quote}
	for s.out < len(s.value) && s.off < len(s.src) {
		if s.step() {
			line, col := n.file.place(s.off)
			marks = append(marks, mark{s.out, line, col})
		}
	}
	return marks
}

// flowScan walks the source of a plain or quoted scalar and its value side by side.
type flowScan struct {
	src   string
	off   int
	value string
	out   int
	quote byte
}

// step takes one character, or one thing that stands for others; then it returns true.
func (s *flowScan) step() bool {
	c := s.src[s.off]
	switch {
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		end := skip(s.src, s.off, func(c byte) bool { return strings.IndexByte(" \t\r\n", c) >= 0 })
		breaks := strings.Count(s.src[s.off:end], "\n")
		if breaks == 0 {
			s.out += end - s.off
			s.off = end
			return false
		}
		s.off = end
		s.out += max(breaks-1, 1) // one break is a space, more are one newline fewer
		return true
	case c == '\'' && s.quote == '\'':
		s.off += 2
		s.out++
		return true
	case c == '\\' && s.quote == '"':
		s.escape()
		return true
	}
	_, n := utf8.DecodeRuneInString(s.src[s.off:])
	s.off += n
	s.out += n
	return false
}

var escapeDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

func (s *flowScan) escape() {
	if s.off+1 >= len(s.src) {
		s.off = len(s.src)
		return
	}
	if c := s.src[s.off+1]; c == '\n' || c == '\r' {
		end := skip(s.src, s.off+1, func(c byte) bool { return strings.IndexByte(" \t\r\n", c) >= 0 })
		s.out += max(strings.Count(s.src[s.off:end], "\n")-1, 0)
		s.off = end
		return
	}
	_, n := utf8.DecodeRuneInString(s.src[s.off+1:])
	s.off = min(s.off+1+n+escapeDigits[s.src[s.off+1]], len(s.src))
	_, n = utf8.DecodeRuneInString(s.value[s.out:])
	s.out += max(n, 1)
}

// scanBlock marks the lines of a | or > scalar.
func scanBlock(n node, line, col int) []mark {
	value := n.Value
	folded := n.Style&yaml.FoldedStyle != 0
	indent := -1
	var marks []mark
	out := 0
	for k := line + 1; k <= len(n.file.starts) && out < len(value); k++ {
		src := n.file.line(k)
		if strings.TrimLeft(src, " ") == "" && indent < 0 || len(src) < indent {
			if value[out] == '\n' && !folded {
				marks = append(marks, mark{out, k, 1})
				out++
			}
			continue
		}
		if indent < 0 {
			for folded && out < len(value) && value[out] == '\n' {
				out++
			}
			text := value[out:]
			text, _, _ = strings.Cut(text, "\n")
			indent = max(leading(src)-leading(text), 0)
		}
		text := src[min(indent, len(src)):]
		if !strings.HasPrefix(value[out:], text) {
			break
		}
		marks = append(marks, mark{out, k, indent + 1})
		out += len(text)
		switch {
		case out < len(value) && folded && value[out] == ' ':
			out++
		case folded:
			out = skip(value, out, func(c byte) bool { return c == '\n' })
		case out < len(value):
			out++
		}
	}
	if len(marks) == 0 || marks[0].off > 0 {
		marks = append([]mark{{0, line, col}}, marks...)
	}
	return marks
}

func leading(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
