package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/kithdata/kith/internal/diag"
)

type color string

const (
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	cyan   color = "36"
	bold   color = "1"
	dim    color = "2"
)

// printer writes to one of the two streams.
type printer struct {
	w     io.Writer
	color bool
}

func (p printer) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.w, format, args...) // nobody is left to tell
}

// paint colours text on a terminal; colour never carries meaning alone.
func (p printer) paint(c color, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

// colored reports whether a stream gets colours (NO_COLOR, TERM=dumb, --no-color,
// and what is no terminal get none).
func (a *app) colored(w any) bool {
	return !a.noColor && a.streams.Env("NO_COLOR") == "" && a.streams.Env("TERM") != "dumb" && terminal(w)
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// notef tells something that is no result; --quiet leaves it out.
func (a *app) notef(format string, args ...any) {
	if !a.quiet {
		a.err.printf(format, args...)
	}
}

// printJSON prints the one document of a command.
func (a *app) printJSON(v any) error {
	a.printed = true
	e := json.NewEncoder(a.streams.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// problems prints diagnostics; the error is set when one of them is an error.
func (a *app) problems(list diag.List) error {
	if l := a.lines.Load(); l != nil {
		logProblems(l, list)
	} else if len(list) > 0 {
		if err := diag.Render(a.err.w, list, a.readSource, a.err.color); err != nil {
			return err
		}
	}
	if list.HasErrors() {
		return &problemsError{list}
	}
	return nil
}

// logProblems writes a record for each.
func logProblems(l *slog.Logger, list diag.List) {
	for _, p := range list {
		level := slog.LevelError
		if p.Severity == diag.SeverityWarning {
			level = slog.LevelWarn
		}
		at := []slog.Attr{slog.String("position", p.Pos.String()), slog.String("err", p.Summary)}
		if p.Help != "" {
			at = append(at, slog.String("help", p.Help))
		}
		if len(p.Notes) > 0 {
			at = append(at, slog.Any("notes", p.Notes))
		}
		l.LogAttrs(context.Background(), level, "the project has a problem", at...)
	}
}

// printable replaces what would drive the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || (!unicode.IsControl(r) && !unicode.Is(unicode.Bidi_Control, r)) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// table aligns columns with two spaces between them; a column whose heading ends
// in > is aligned to the right. Cells are printable and hold no colours.
func (p printer) table(headings []string, rows [][]string) {
	width := make([]int, len(headings))
	right := make([]bool, len(headings))
	names := make([]string, len(headings))
	for i, h := range headings {
		names[i], right[i] = strings.CutSuffix(h, ">")
		width[i] = utf8.RuneCountInString(names[i])
	}
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(cells []string) string {
		var b strings.Builder
		for i, cell := range cells {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if right[i] {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		return strings.TrimRight(b.String(), " ")
	}
	p.printf("%s\n", p.paint(bold, line(names)))
	for _, row := range rows {
		for i := range row {
			row[i] = strings.ReplaceAll(printable(row[i]), "\n", " ")
		}
		p.printf("%s\n", line(row))
	}
}

// number writes 1234567 as 1,234,567.
func number[N uint64 | int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "-" + s
	}
	return s
}

// counted is "1 row" or "2 rows".
func counted(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// many is counted for a noun with a plural of its own.
func many(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + more
}

// seconds is a length of time for people.
func seconds(s float64) string {
	switch {
	case s < 0.95:
		return fmt.Sprintf("%.0f ms", s*1000)
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s < 2*3600:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%.1f h", s/3600)
}
