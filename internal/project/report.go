package project

import (
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/diag"
)

// problemKey is what makes two problems the same: a block that is used through two
// aliases has its problem once.
type problemKey struct {
	pos     diag.Pos
	summary string
}

// error reports a problem, once.
func (l *loader) error(pos diag.Pos, help, format string, args ...any) *diag.Problem {
	return l.report(diag.SeverityError, pos, help, fmt.Sprintf(format, args...))
}

// at reports a problem with a node.
func (l *loader) at(n node, help, format string, args ...any) *diag.Problem {
	p := l.error(n.pos(), help, format, args...)
	p.Len = n.width()
	return n.via.note(p)
}

// warn reports what is accepted and should be looked at.
func (l *loader) warn(n node, help, format string, args ...any) *diag.Problem {
	p := l.report(diag.SeverityWarning, n.pos(), help, fmt.Sprintf(format, args...))
	p.Len = n.width()
	return n.via.note(p)
}

// in reports a problem with a part of a text.
func (l *loader) in(t *text, off, length int, help, format string, args ...any) *diag.Problem {
	p := l.error(t.pos(off), help, format, args...)
	p.Len = length
	return t.node.via.note(p)
}

func (l *loader) report(severity diag.Severity, pos diag.Pos, help, summary string) *diag.Problem {
	key := problemKey{pos, summary}
	if i, ok := l.reported[key]; ok {
		return &l.problems[i]
	}
	l.reported[key] = len(l.problems)
	if severity == diag.SeverityWarning {
		return l.problems.Warn(pos, help, "%s", summary)
	}
	return l.problems.Error(pos, help, "%s", summary)
}

// note says through which aliases the place was reached.
func (u *use) note(p *diag.Problem) *diag.Problem {
	for ; u != nil; u = u.up {
		noteOnce(p, u.pos, "used here as *"+u.name)
	}
	return p
}

// tidy drops the notes that a problem has twice because it was met twice.
func (l *loader) tidy() {
	for i := range l.problems {
		p := &l.problems[i]
		notes := p.Notes
		p.Notes = nil
		for _, n := range notes {
			noteOnce(p, n.Pos, n.Text)
		}
	}
}

func noteOnce(p *diag.Problem, pos diag.Pos, text string) {
	for _, n := range p.Notes {
		if n.Pos == pos && n.Text == text {
			return
		}
	}
	p.Note(pos, "%s", text)
}

// listed joins names for a sentence: a, b and c.
func listed(names []string, last string) string {
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}

// near is the help for a name that is not among those there are.
func near(name string, candidates []string, what string) string {
	if help := diag.DidYouMean(name, candidates); help != "" {
		return help
	}
	if len(candidates) > 0 && len(candidates) <= maxListed {
		return what + ": " + strings.Join(candidates, ", ")
	}
	return ""
}

// maxListed is how many names a help lists.
const maxListed = 12
