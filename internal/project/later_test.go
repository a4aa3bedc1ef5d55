package project

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// enabled loads a folder as a version would in which nothing is held back.
func enabled(dir string) (*cdp.Project, diag.List) {
	l := newLoader(dir, Options{Specs: testSpecs()})
	l.held = map[feature]bool{}
	l.read()
	l.resolve()
	l.tidy()
	l.problems.Sort()
	return l.p, l.problems
}

// TestHeldBack: what is reserved is checked like everything else, so that enabling
// it is a line in notYet.
func TestHeldBack(t *testing.T) {
	_, problems := Load("testdata/held", Options{Specs: testSpecs()})
	p, rest := enabled("testdata/held")
	var want diag.List
	for _, x := range problems {
		if !strings.Contains(x.Summary, "not in this version yet") {
			want = append(want, x)
		}
	}
	same(t, "without what is held back", want, rest)
	same(t, "relations", 4, len(p.Relations))
	size := trait(t, p, "firm_size")
	same(t, "trait through a relation", "int size", size.Type.String()+" "+size.RelTrait.Name)
	total := trait(t, p, "total")
	same(t, "aggregate through a relation", "decimal(38,2) sum value", total.Type.String()+" "+total.Aggregate.Func+" "+total.RelTrait.Name)
	same(t, "condition", cdp.RelationTest, segment(t, p, "s").Where.Kind)
	same(t, "column tests", []cdp.ColumnTest{{Kind: "unique"}, {Kind: "not_null"}, {Kind: "accepted_values", Values: []string{"a", "b"}}}, p.Sources[0].Column("id").Tests)
	test := p.UnitTests[0]
	row := test.Given["orders"][0]
	same(t, "a phone stays text", "0612345678", row["phone"].Text)
	same(t, "a decimal is canonical", "1.5", row["price"].Text)
	same(t, "a list", []cdp.Value{{Type: cdp.Type{Kind: cdp.String}, Text: "a"}, {Type: cdp.Type{Kind: cdp.String}, Text: "b"}}, row["tags"].List)
	same(t, "null", true, row["ok"].Null)
	same(t, "expectations", 2, len(test.Expect))
	same(t, "columns", []string{"email", "value"}, test.Expect[0].Columns)
}
