package project

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// resolveUnitTests types the rows of the tests.
func (l *loader) resolveUnitTests() {
	for _, d := range l.unitTests.enabled() {
		t, v := d.noun, d.v
		l.p.UnitTests = append(l.p.UnitTests, t)
		if n := v.get("now"); n != nil {
			at, _ := moment(n.text.s)
			t.Now = &at
		}
		t.Given = map[string][]map[string]cdp.Value{}
		for _, e := range v.get("given").entries() {
			l.given(t, e)
		}
		for _, x := range v.get("expect").each() {
			l.expectation(t, v, x)
		}
	}
}

func (l *loader) given(t *cdp.UnitTest, e entry) {
	key := &value{node: e.key, text: text{s: e.name, node: e.key}}
	s, ok := find(l, &l.sources, key)
	if !ok || e.value == nil {
		return
	}
	rows := []map[string]cdp.Value{}
	for _, r := range e.value.list {
		row := map[string]cdp.Value{}
		for _, cell := range r.keys {
			name := &value{node: cell.key, text: text{s: cell.name, node: cell.key}}
			if c := l.column(s, name); c != nil && cell.value != nil {
				if val, ok := l.cell(cell.value, c.Type); ok {
					row[c.Name] = val
				}
			}
		}
		rows = append(rows, row)
	}
	t.Given[s.Name] = rows
}

// cell is a value of a row; json is taken as text.
func (l *loader) cell(v *value, of cdp.Type) (cdp.Value, bool) {
	if of.Kind == cdp.JSON && !v.null {
		return cdp.Value{Type: of, Text: v.text.s}, true
	}
	return l.valueOf(v, of)
}

func (l *loader) expectation(t *cdp.UnitTest, test, v *value) {
	x := cdp.Expectation{Pos: v.pos()}
	var of *cdp.Entity
	var reads []any
	if e := v.get("entity"); e != nil {
		x.Entity, _ = find(l, &l.entities, e)
		of = x.Entity
	}
	if s := v.get("segment"); s != nil {
		if x.Segment, _ = find(l, &l.segments, s); x.Segment != nil {
			of = x.Segment.Entity
			reads = append(reads, x.Segment)
		}
	}
	if of == nil {
		return
	}
	for _, r := range v.get("rows").each() {
		row := map[string]cdp.Value{}
		for _, cell := range r.keys {
			name := &value{node: cell.key, text: text{s: cell.name, node: cell.key}}
			tr := l.trait(of, name, nil)
			if tr == nil {
				continue
			}
			reads = append(reads, tr)
			if !slices.Contains(x.Columns, tr.Name) {
				x.Columns = append(x.Columns, tr.Name)
			}
			if cell.value == nil {
				continue
			}
			if val, ok := l.cell(cell.value, tr.Type); ok {
				row[tr.Name] = val
			}
		}
		x.Rows = append(x.Rows, row)
	}
	t.Expect = append(t.Expect, x)
	if !test.has("now") && slices.ContainsFunc(reads, func(n any) bool { return l.reaches(n, windowed) }) {
		l.at(test.nameNode(), "add now: 2026-11-01T12:00:00Z", "the test %s reads a window of time and does not say when now is", t.Name)
	}
}

// windowed reports whether a noun itself looks back from now.
func windowed(n any) bool {
	switch n := n.(type) {
	case *cdp.Trait:
		return n.Window != nil || looksBack(n.Where)
	case *cdp.Segment:
		return looksBack(n.Where)
	case *cdp.Source:
		return looksBack(n.Where)
	}
	return false
}

func looksBack(p *cdp.Predicate) bool {
	return p != nil && (p.Window != nil || looksBack(p.Where) || slices.ContainsFunc(p.Of, looksBack))
}
