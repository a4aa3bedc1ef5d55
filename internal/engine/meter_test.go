package engine

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// reader is a warehouse whose statements read as many bytes as their text is long.
type reader struct{ cdp.Warehouse }

func (reader) Exec(_ context.Context, s cdp.Statement) (cdp.Stats, error) {
	return cdp.Stats{ReadBytes: uint64(len(s.SQL))}, nil
}

func (reader) Query(_ context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	return func(yield func(cdp.Row, error) bool) {
		s.Progress(cdp.Progress{Bytes: 1})
		s.Progress(cdp.Progress{Bytes: uint64(len(s.SQL))})
		yield(cdp.Row{int64(1)}, nil)
	}
}

// TestPlanMeasures: what cannot be estimated, since the run makes the tables itself, is
// what the plan has read when it made them; all of one name together.
func TestPlanMeasures(t *testing.T) {
	const gib = 1 << 30
	cost := &Cost{Rate: 8, Statements: []StatementCost{{Name: "rows", Model: "entity person", Bytes: 2 * gib}, {Name: "hook", Model: "entity person", Bytes: 5}, {Name: "profile", Model: "entity person", Bytes: 9, Rough: true}}}
	cost.unknown = []StatementCost{{Name: "hook", Model: "entity person"}, {Name: "changeset", Model: "sync a"}, {Name: "fold", Model: "ledger"}}
	cost.total()
	if want := []string{"changeset", "fold", "hook"}; !slices.Equal(cost.Unknown, want) {
		t.Errorf("unknown are %v", cost.Unknown)
	}
	e, m := (&Engine{Warehouse: reader{}}).metered()
	told := uint64(0)
	for _, s := range []cdp.Statement{
		{Name: "rows", Model: "entity person", SQL: "xx"}, // the estimate stays
		{Name: "hook", Model: "entity person", SQL: "xxx"},
		{Name: "hook", Model: "entity person", SQL: "xxxx"},
		{Name: "profile", Model: "entity person", SQL: "xxxx"}, // better than a bound
		{Name: "hook 9", Model: "entity person", SQL: "xxxxx"}, // a round that nobody foresaw
		{Name: "changeset", Model: "sync a", SQL: "xxxxxx"},
		{Name: "samples", Model: "sync a", SQL: "x"}, // of a plan alone
	} {
		s.Progress = func(p cdp.Progress) { told += p.Bytes }
		if _, err := e.Warehouse.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range e.Warehouse.Query(t.Context(), cdp.Statement{Name: "changeset", Model: "sync a", SQL: "xxxxxxx", Progress: func(p cdp.Progress) { told += p.Bytes }}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	m.fill(cost)
	want := []StatementCost{
		{Name: "rows", Model: "entity person", Bytes: 2 * gib, Price: 8.0 / 512},
		{Name: "hook", Model: "entity person", Bytes: 7, Measured: true},
		{Name: "profile", Model: "entity person", Bytes: 4, Measured: true},
		{Name: "changeset", Model: "sync a", Bytes: 13, Measured: true},
		{Name: "hook 9", Model: "entity person", Bytes: 5, Measured: true},
	}
	for i := range want {
		want[i].Price = price(want[i].Bytes, 8)
	}
	if d := cmp.Diff(want, cost.Statements); d != "" {
		t.Error(d)
	}
	if cost.Bytes != 2*gib+29 || cost.Price != price(cost.Bytes, 8) || !slices.Equal(cost.Unknown, []string{"fold"}) || told != 8 {
		t.Errorf("%+v, told %d", cost, told)
	}
	if want[0].Price != 8.0/512 {
		t.Errorf("2 GiB cost %v at 8 a TiB", want[0].Price)
	}
}
