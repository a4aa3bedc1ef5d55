package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// forgetful is a warehouse that loses what a digest has found.
type forgetful struct {
	cdp.Warehouse
	digest string
}

func (f forgetful) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	stats, err := f.Warehouse.Exec(ctx, s)
	if err == nil && s.Name == "digest" {
		return f.Warehouse.Exec(ctx, cdp.Statement{Name: "loss", SQL: "TRUNCATE TABLE " + f.digest})
	}
	return stats, err
}

// TestEmptyDiffWasComputed: that nothing differs is believed of a digest that was made,
// also when it is made twice, and not of one that says nothing.
func TestEmptyDiffWasComputed(t *testing.T) {
	for _, d := range []cdp.Dialect{dialect.ClickHouse{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
			field := &cdp.SyncField{Remote: "id", Kind: cdp.FieldColumn, Column: "email", Type: cdp.Type{Kind: cdp.String}}
			sync := &cdp.Sync{Item: cdp.Item{Name: "people"}, Source: w.entity.Links[0].Source, Kind: cdp.Object, Remote: "people", Key: field, Destination: crm()}
			sync.Source.Key = []string{"email"}
			in := compile.DiffInput{Baseline: "baseline_people", Digest: "scratch_digest", Mapping: 1}
			diff := w.e.Compiler.Diff(sync, cdp.DestinationSpec{Writes: []cdp.RemoteSpec{{Kind: cdp.Object}}}, in)
			for _, s := range diff.CreateBaseline() {
				w.sql(s.SQL)
			}
			compare := func() (*changeset, error) {
				cs := &changeset{sync: sync}
				return cs, w.e.sum(t.Context(), &request{id: "test"}, cs, diff, 16)
			}
			if cs, err := compare(); err != nil || cs.rows != 0 || cs.known != 0 || cs.dirty != 0 {
				t.Fatalf("nothing and nothing: %+v, %v", cs, err)
			}
			w.sql("INSERT INTO " + d.Table(*sync.Source.Table) + " (email) VALUES ('a@x.nl'), ('b@x.nl')")
			w.sql(diff.Adopt(1 << 32).SQL)
			if fold, ok := w.e.Compiler.Fold(in.Baseline, 0, "0123456789abcdef"); ok {
				for _, s := range fold.List()[1:] {
					w.sql(s.SQL)
				}
			}
			if cs, err := compare(); err != nil || cs.rows != 2 || cs.known != 2 || cs.dirty != 0 {
				t.Fatalf("the same twice: %+v, %v", cs, err)
			}
			w.e.Warehouse = forgetful{w.w, d.Table(w.e.Compiler.State(in.Digest))}
			if cs, err := compare(); err == nil || !strings.Contains(err.Error(), "nothing was compared") {
				t.Errorf("a digest without anything is an empty diff: %+v, %v", cs, err)
			}
		})
	}
}
