package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// TestKeysInUse: who waits for the key of who waits waits as well, however many they are; of
// several who follow each other only the first is renamed; whose keys go round in a ring get each
// the record of another, unless it is not looked who waits for whom any more, or one of them waits.
func TestKeysInUse(t *testing.T) {
	t.Parallel()
	type row struct {
		id      string
		op      cdp.Op
		key     string
		old     string
		verdict uint64 // that it has already
	}
	ring := []row{{id: "ring 1", op: cdp.Rekey, key: "r2", old: "r1"}, {id: "ring 2", op: cdp.Rekey, key: "r1", old: "r2"}}
	var long []row
	for i := range 10 {
		long = append(long, row{id: "long " + string(rune('a'+i)), op: cdp.Rekey, key: string(rune('a' + i)), old: string(rune('b' + i))})
	}
	long[0].verdict = 1
	for name, c := range map[string]struct {
		rows []row
		want []string // held
		ring bool     // its rows get the records of each other
	}{
		"none waits": {append([]row{{id: "free", op: cdp.Rekey, key: "x", old: "y"}, {id: "new", op: cdp.Add, key: "y"}}, ring...), nil, true},
		"held":       {append([]row{{id: "first", op: cdp.Rekey, key: "x", old: "y", verdict: 1}, {id: "new", op: cdp.Add, key: "y"}, {id: "back", op: cdp.Change, key: "y"}, {id: "other", op: cdp.Add, key: "z"}}, ring...), []string{"back", "first", "new"}, true},
		"follows":    {append([]row{{id: "first", op: cdp.Rekey, key: "x", old: "y"}, {id: "second", op: cdp.Rekey, key: "y", old: "z"}, {id: "third", op: cdp.Rekey, key: "z", old: "w"}, {id: "new", op: cdp.Add, key: "y"}, {id: "newer", op: cdp.Add, key: "w"}}, ring...), []string{"newer", "second", "third"}, true},
		"left":       {[]row{{id: "left", op: cdp.Rekey, key: "x", old: "y", verdict: 5}, {id: "from before", op: cdp.Rekey, key: "v", old: "w", verdict: 4}, {id: "new", op: cdp.Add, key: "y"}, {id: "newer", op: cdp.Add, key: "w"}}, nil, false},
		"long":       {append(slices.Clone(long), append([]row{{id: "new", op: cdp.Add, key: long[9].old}, {id: "other", op: cdp.Add, key: "other"}}, ring...)...), []string{"long a", "long b", "long c", "long d", "long e", "long f", "long g", "long h", "long i", "long j", "new", "ring 1", "ring 2"}, false},
		"one of it":  {[]row{{id: "ring 1", op: cdp.Rekey, key: "r2", old: "r1", verdict: 1}, ring[1]}, []string{"ring 1", "ring 2"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newReadable(t, rand.New(rand.NewPCG(4, 6)))
			cs := w.d.cs
			cs.held = map[cdp.Code]uint64{}
			d := w.e.Compiler.Diff(cs.sync, cs.remote.Spec, compile.DiffInput{Baseline: "baseline_rows", Raw: "raw", Changeset: "raw", Fix: "fix", Mapping: 2})
			w.sql(d.CreateChangeset("raw").SQL)
			w.sql(d.CreateFix().SQL)
			var raw, fix []cdp.Row
			var of raws
			for i, r := range c.rows {
				raw = append(raw, cdp.Row{uint64(r.op), uint64(i), r.id, r.key, r.old, uint64(7), "id of " + r.old})
				code := ""
				if r.verdict == 1 {
					code = string(cdp.Backoff)
				}
				if r.verdict > 0 {
					fix = append(fix, cdp.Row{uint64(i), r.id, uint64(r.op), r.verdict, uint64(0), code})
				}
				if r.op == cdp.Rekey {
					of.renames++
				}
			}
			for table, x := range map[string]struct {
				columns []string
				rows    []cdp.Row
			}{"raw": {[]string{"op", "kh", "row_id", "key", "old_key", "h", "remote_id"}, raw}, "fix": {[]string{"kh", "row_id", "op", "verdict", "reason", "code"}, fix}} {
				if len(x.rows) > 0 {
					if err := w.w.Append(t.Context(), w.e.Compiler.State(table), x.columns, x.rows); err != nil {
						t.Fatal(err)
					}
				}
			}
			some, err := w.e.held(t.Context(), &request{id: "test"}, cs, d, of, func(s cdp.Statement) error {
				w.sql(s.SQL)
				return nil
			})
			if err != nil || some != (len(fix) > 0 || len(c.want) > 0 || c.ring) {
				t.Errorf("%t, %v", some, err)
			}
			var held []string
			for _, r := range w.query("SELECT row_id FROM " + w.p.State + ".fix WHERE verdict = 1 ORDER BY row_id") {
				held = append(held, ledger.Text(r[0]))
			}
			if diff := cmp.Diff(c.want, held); diff != "" {
				t.Error(diff)
			}
			want := [][]any{}
			if c.ring {
				want = [][]any{{"ring 1", uint64(0), "r2", uint64(0), "id of r2"}, {"ring 1", uint64(3), "r2", uint64(7), "id of r2"}, {"ring 2", uint64(0), "r1", uint64(0), "id of r1"}, {"ring 2", uint64(3), "r1", uint64(7), "id of r1"}}
			}
			given := [][]any{}
			for _, r := range w.query("SELECT row_id, op, key, h, remote_id FROM " + w.p.State + ".raw WHERE op IN (0, 3) AND startsWith(row_id, 'ring') ORDER BY row_id, op") {
				given = append(given, []any{ledger.Text(r[0]), ledger.Uint(r[1]), ledger.Text(r[2]), ledger.Uint(r[3]), ledger.Text(r[4])})
			}
			if diff := cmp.Diff(want, given); diff != "" {
				t.Error(diff)
			}
			if n := cs.held[cdp.KeyInUse] + cs.held[cdp.Backoff]; n != uint64(len(held)) {
				t.Errorf("%d are counted: %v", n, cs.held)
			}
		})
	}
}
