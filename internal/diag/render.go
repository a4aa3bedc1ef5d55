package diag

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxLine is how many characters of a source line are shown; a longer line is cut around the caret.
const maxLine = 160

// Render writes the list for people, in its order, as compilers do:
//
//	models/person.yml:4:11: error: unknown source "order"
//	  4 |     from: order
//	    |           ^^^^^
//	help: did you mean "orders"?
//
//	1 error
//
// source returns the text of a file under the name that it has in the positions; where it fails, or is nil, the source line
// is left out. Control characters are replaced, so that a file cannot drive the terminal. An empty list writes nothing.
func Render(w io.Writer, list List, source func(file string) ([]byte, error), color bool) error {
	if len(list) == 0 {
		return nil
	}
	r := renderer{source: source, color: color, files: map[string][]string{}}
	for _, p := range list {
		r.problem(p)
	}
	r.total(list.Count())
	_, err := w.Write(r.out.Bytes())
	return err
}

// JSON writes the list for machines, in its order: an object with the counts "errors" and "warnings" and the array
// "problems".
func JSON(w io.Writer, list List) error {
	if list == nil {
		list = List{}
	}
	errors, warnings := list.Count()
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Errors   int  `json:"errors"`
		Warnings int  `json:"warnings"`
		Problems List `json:"problems"`
	}{errors, warnings, list})
}

// style is an SGR code of the terminal.
type style string

const (
	red    style = "1;31"
	yellow style = "1;33"
	blue   style = "34"
	cyan   style = "36"
	bold   style = "1"
)

type renderer struct {
	out    bytes.Buffer
	source func(string) ([]byte, error)
	color  bool
	files  map[string][]string // the lines of every file read so far
}

func (r *renderer) problem(p Problem) {
	mark := red
	if p.Severity == SeverityWarning {
		mark = yellow
	}
	if p.Pos != (Pos{}) {
		r.out.WriteString(r.paint(bold, printable(p.Pos.String())+":") + " ")
	}
	r.text(r.paint(mark, p.Severity.String()+":"), p.Summary)
	r.snippet(p, mark)
	if p.Help != "" {
		r.text(r.paint(cyan, "help:"), p.Help)
	}
	for _, n := range p.Notes {
		label := r.paint(blue, "note:")
		if n.Pos != (Pos{}) {
			label += " " + printable(n.Pos.String()) + ":"
		}
		r.text(label, n.Text)
	}
	r.out.WriteByte('\n')
}

// text writes what follows a label; further lines are indented.
func (r *renderer) text(label, text string) {
	r.out.WriteString(label)
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i > 0 {
			r.out.WriteString("\n     ")
		}
		r.out.WriteString(" " + strings.TrimRight(printable(line), " "))
	}
	r.out.WriteByte('\n')
}

// snippet writes the source line and, under it, the caret.
func (r *renderer) snippet(p Problem, mark style) {
	lines := r.lines(p.Pos.File)
	if !p.Pos.IsValid() || p.Pos.Line > len(lines) {
		return
	}
	line := []rune(lines[p.Pos.Line-1])
	col, length := p.Pos.Col, max(p.Len, 1)
	if col > len(line)+1 { // a caret may stand just behind the line: something is missing there
		col = len(line) + 1
	}
	line, col = window(line, col)
	number := strconv.Itoa(p.Pos.Line)
	r.out.WriteString(r.paint(blue, "  "+number+" |") + strings.TrimRight(" "+printable(string(line)), " ") + "\n")
	if col < 1 {
		return
	}
	length = min(length, max(len(line)-col+1, 1))
	caret := strings.Repeat("^", max(width(line[col-1:min(col-1+length, len(line))]), 1))
	gutter := "  " + strings.Repeat(" ", len(number)) + " |"
	r.out.WriteString(r.paint(blue, gutter) + " " + padding(line[:col-1]) + r.paint(mark, caret) + "\n")
}

// lines reads a file once; it has no lines if it cannot be read.
func (r *renderer) lines(file string) []string {
	if r.source == nil || file == "" {
		return nil
	}
	lines, ok := r.files[file]
	if !ok {
		if text, err := r.source(file); err == nil {
			lines = strings.Split(string(text), "\n")
			for i := range lines {
				lines[i] = strings.TrimSuffix(lines[i], "\r")
			}
		}
		r.files[file] = lines
	}
	return lines
}

func (r *renderer) total(errors, warnings int) {
	var parts []string
	if errors > 0 {
		parts = append(parts, r.paint(red, plural(errors, "error")))
	}
	if warnings > 0 {
		parts = append(parts, r.paint(yellow, plural(warnings, "warning")))
	}
	r.out.WriteString(strings.Join(parts, ", ") + "\n")
}

func (r *renderer) paint(s style, text string) string {
	if !r.color {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// window cuts a long line around the column and returns the column in what is left.
func window(line []rune, col int) ([]rune, int) {
	if len(line) <= maxLine {
		return line, col
	}
	start := min(max(col-maxLine/2, 0), len(line)-maxLine)
	cut := slices.Clone(line[start : start+maxLine])
	if start > 0 {
		cut[0] = '…'
	}
	if start+maxLine < len(line) {
		cut[maxLine-1] = '…'
	}
	return cut, col - start
}

// padding is as wide as the text: tabs stay tabs, so that both lines meet the same tab stops.
func padding(text []rune) string {
	var b strings.Builder
	for _, c := range text {
		if c == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", runeWidth(c)))
		}
	}
	return b.String()
}

// width is how many columns of a terminal the text takes, tabs counted as one.
func width(text []rune) int {
	n := 0
	for _, c := range text {
		n += runeWidth(c)
	}
	return n
}

func runeWidth(c rune) int {
	switch {
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf) && printableRune(c) == c:
		return 0
	case unicode.Is(wide, c):
		return 2
	}
	return 1
}

// wide is what most terminals show two columns wide: the blocks that are W or F in EastAsianWidth.txt of Unicode 16.0, and
// with them the few narrow characters inside these blocks.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115F, 1},
		{0x2E80, 0x303E, 1},
		{0x3041, 0xA4CF, 1},
		{0xA960, 0xA97C, 1},
		{0xAC00, 0xD7A3, 1},
		{0xF900, 0xFAFF, 1},
		{0xFE30, 0xFE6F, 1},
		{0xFF01, 0xFF60, 1},
		{0xFFE0, 0xFFE6, 1},
	},
	R32: []unicode.Range32{
		{0x17000, 0x18CFF, 1},
		{0x1B000, 0x1B2FF, 1},
		{0x1F300, 0x1F64F, 1},
		{0x1F680, 0x1F6FF, 1},
		{0x1F900, 0x1FAFF, 1},
		{0x20000, 0x3FFFD, 1},
	},
}

// printable replaces what would drive the terminal instead of being shown on it.
func printable(s string) string { return strings.Map(printableRune, s) }

// printableRune also replaces the marks that turn the direction of writing: with them a line can show other code than it is.
func printableRune(c rune) rune {
	if c != '\t' && unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
		return unicode.ReplacementChar
	}
	return c
}
