package compile

import (
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// scope says what the subjects of a predicate are called where it stands.
type scope struct {
	column  func(name string) string
	trait   func(*cdp.Trait) string
	segment func(*cdp.Segment) string
	// measured is the column that holds the aggregate of an event or relation test.
	measured func(*cdp.Predicate) string
	// related is the trait that a field takes through a relation.
	related func(*cdp.SyncField) string
}

func (c *Compiler) sourceScope(_ *cdp.Source) scope { return scope{column: c.row} }

// predicate compiles a condition; the result is never null.
func (c *Compiler) predicate(p *cdp.Predicate, s scope) string {
	switch p.Kind {
	case cdp.AllOf:
		return c.joined(p.Of, " AND ", "(1 = 1)", s)
	case cdp.AnyOf:
		return c.joined(p.Of, " OR ", "(1 = 0)", s)
	case cdp.NotOf:
		return "(NOT " + c.joined(p.Of, " AND ", "(1 = 1)", s) + ")"
	case cdp.SQLTest:
		return c.d.True(c.fragment(p.SQL))
	case cdp.SegmentTest:
		return s.segment(p.Segment)
	case cdp.ColumnTestOf:
		return c.tests(p, s.column(p.Column), p.Type)
	case cdp.TraitTest:
		return c.tests(p, s.trait(p.Trait), p.Trait.Type)
	case cdp.EventTest, cdp.RelationTest:
		if len(p.Ops) == 0 {
			return c.d.True("(" + s.measured(p) + " > 0)")
		}
		q := *p
		q.Window = nil // the measure has applied it
		return c.tests(&q, s.measured(p), p.Type)
	}
	panic("predicate " + string(p.Kind) + " has no SQL")
}

func (c *Compiler) joined(of []*cdp.Predicate, op, empty string, s scope) string {
	if len(of) == 0 {
		return empty
	}
	parts := make([]string, len(of))
	for i, p := range of {
		parts[i] = c.predicate(p, s)
	}
	return "(" + strings.Join(parts, op) + ")"
}

// tests are the operators of one subject, all of which hold.
func (c *Compiler) tests(p *cdp.Predicate, subject string, t cdp.Type) string {
	var parts []string
	for _, op := range p.Ops {
		parts = append(parts, c.test(op, subject, t))
	}
	if p.Window != nil {
		parts = append(parts, c.window(*p.Window, subject, t))
	}
	if len(parts) == 0 {
		parts = []string{c.d.True(subject)} // a bool alone
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

func (c *Compiler) test(op cdp.Operator, subject string, t cdp.Type) string {
	literals := make([]string, 0, 1+len(op.Values))
	for _, v := range op.Values {
		literals = append(literals, c.d.Literal(v))
	}
	switch op.Name {
	case "exists":
		if op.Exists {
			return c.d.Compare("exists", subject, t, nil)
		}
		return "(NOT " + c.d.Compare("exists", subject, t, nil) + ")"
	case "ne":
		return "(NOT " + c.d.True(c.d.Compare("eq", subject, t, []string{c.d.Literal(op.Value)})) + ")"
	case "not_in":
		return "(NOT " + c.d.True(c.d.Compare("in", subject, t, literals)) + ")"
	case "in":
		return c.d.True(c.d.Compare("in", subject, t, literals))
	}
	return c.d.True(c.d.Compare(op.Name, subject, t, []string{c.d.Literal(op.Value)}))
}

// moment is a time as a timestamp: a date begins where the project is.
func (c *Compiler) moment(x string, t cdp.Type) string {
	if t.Kind == cdp.Date {
		return c.d.Midnight(x, c.p.Timezone)
	}
	return x
}

// window is true for times inside of it; the future is never inside.
func (c *Compiler) window(w cdp.Window, subject string, t cdp.Type) string {
	subject = c.moment(subject, t)
	if w.Unit == "" {
		return c.d.True("(" + subject + " > " + c.d.Ago(c.asOf, w.Ago) + " AND " + subject + " <= " + c.asOf + ")")
	}
	from, to := c.d.Calendar(c.asOf, w, c.p.Timezone)
	return c.d.True("(" + subject + " >= " + from + " AND " + subject + " < " + to + " AND " + subject + " <= " + c.asOf + ")")
}
