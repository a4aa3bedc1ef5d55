// Package diag is a problem in a project's files that says what is wrong, where, and how to put it right.
//
// Whoever reads a file (internal/project) or compiles it (internal/compile) collects every problem in a [List] instead of
// stopping at the first; internal/cli sorts the list and shows it with [Render] or [JSON].
//
//	var problems diag.List
//	problems.Error(pos, diag.DidYouMean("emial", columns), "source orders has no column %q", "emial").Len = 5
//	problems.Sort()
//	return problems.Err()
package diag

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// Pos is a place in a file. Line and Col count from 1, Col in characters and not in bytes; zero means unknown.
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// IsValid reports whether the line is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String is file:line:col without the parts that are unknown, "-" if all of them are.
func (p Pos) String() string {
	s := p.File
	if p.IsValid() {
		if s != "" {
			s += ":"
		}
		s += strconv.Itoa(p.Line)
		if p.Col > 0 {
			s += ":" + strconv.Itoa(p.Col)
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

func (p Pos) compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Severity says whether a problem stops the command. The zero value is SeverityError.
type Severity int

// The severities.
const (
	SeverityError   Severity = iota // the project is refused
	SeverityWarning                 // the project is accepted
)

// String is the word that is shown and written in JSON: "error" or "warning".
func (s Severity) String() string {
	if s == SeverityWarning {
		return "warning"
	}
	return "error"
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = SeverityError
	case "warning":
		*s = SeverityWarning
	default:
		return fmt.Errorf("unknown severity %q", text)
	}
	return nil
}

// Problem is one thing that is wrong. Summary and Help hold no personal data: they are shown, logged and written in JSON.
type Problem struct {
	Pos      Pos      `json:"pos,omitzero"`
	Len      int      `json:"len,omitempty"` // how many characters the caret underlines; 0 is one
	Severity Severity `json:"severity"`
	Summary  string   `json:"summary"`        // what is wrong: lower case, no full stop
	Help     string   `json:"help,omitempty"` // what to do about it
	Notes    []Note   `json:"notes,omitempty"`
}

// Note adds a fact, often another place: "first declared here".
type Note struct {
	Pos  Pos    `json:"pos,omitzero"`
	Text string `json:"text"`
}

// Note appends a note and returns p, so that calls chain.
func (p *Problem) Note(pos Pos, format string, args ...any) *Problem {
	p.Notes = append(p.Notes, Note{Pos: pos, Text: fmt.Sprintf(format, args...)})
	return p
}

// List collects problems. The zero value is ready to use. It is not safe for concurrent use.
type List []Problem

// Error appends an error. The result is for adding Len and notes at once: it is valid until the next append.
func (l *List) Error(pos Pos, help, format string, args ...any) *Problem {
	return l.add(SeverityError, pos, help, fmt.Sprintf(format, args...))
}

// Warn appends a warning. The result is for adding Len and notes at once: it is valid until the next append.
func (l *List) Warn(pos Pos, help, format string, args ...any) *Problem {
	return l.add(SeverityWarning, pos, help, fmt.Sprintf(format, args...))
}

func (l *List) add(severity Severity, pos Pos, help, summary string) *Problem {
	*l = append(*l, Problem{Pos: pos, Severity: severity, Summary: summary, Help: help})
	return &(*l)[len(*l)-1]
}

// HasErrors reports whether any problem is an error.
func (l List) HasErrors() bool {
	errors, _ := l.Count()
	return errors > 0
}

// Count says how many errors and how many warnings there are.
func (l List) Count() (errors, warnings int) {
	for _, p := range l {
		if p.Severity == SeverityWarning {
			warnings++
		} else {
			errors++
		}
	}
	return errors, warnings
}

// Sort orders the list by file, line, column and summary, keeps the order of what is equal in these, and drops repetitions.
func (l *List) Sort() {
	slices.SortStableFunc(*l, compareProblems)
	kept := (*l)[:0]
	for _, p := range *l {
		if !repeats(kept, p) {
			kept = append(kept, p)
		}
	}
	clear((*l)[len(kept):])
	*l = kept
}

func compareProblems(a, b Problem) int {
	return cmp.Or(a.Pos.compare(b.Pos), cmp.Compare(a.Summary, b.Summary))
}

// repeats looks for p among the problems at the end of sorted that have its position and summary.
func repeats(sorted []Problem, p Problem) bool {
	for i := len(sorted) - 1; i >= 0 && compareProblems(sorted[i], p) == 0; i-- {
		if reflect.DeepEqual(sorted[i], p) {
			return true
		}
	}
	return false
}

// Err is nil if the list has no errors, else an [*Error] that holds a copy of the whole list, warnings too.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &Error{List: slices.Clone(l)}
}

// Error carries a list with at least one error through a Go error; the CLI renders the list.
type Error struct{ List List }

// Error is the first error of the list and the number of those that follow.
func (e *Error) Error() string {
	errors, _ := e.List.Count()
	first := slices.IndexFunc(e.List, func(p Problem) bool { return p.Severity == SeverityError })
	if first < 0 {
		return "no error"
	}
	p := e.List[first]
	s := p.Summary
	if p.Pos != (Pos{}) {
		s = p.Pos.String() + ": " + s
	}
	if errors > 1 {
		s += " (and " + plural(errors-1, "more error") + ")"
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
