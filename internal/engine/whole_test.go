package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestSpans: of whole batches that were delivered the warehouse writes what would be
// written of each row, and of no other row; also where some answers go row by row.
func TestSpans(t *testing.T) {
	t.Parallel()
	for seed, only := range []cdp.Reason{cdp.NoReason, cdp.Withdrawn} {
		rng := rand.New(rand.NewPCG(uint64(seed), 6))
		w := newReadable(t, rng)
		w.d.only = only
		var batches []cdp.Batch
		for _, op := range ops {
			if only != cdp.NoReason && op != cdp.Remove {
				continue
			}
			open := map[kind]*pile{}
			for _, p := range w.texts(op, rng) {
				ready, err := w.d.cut(op, p, open)
				if err != nil {
					t.Fatal(err)
				}
				batches = append(batches, ready...)
			}
			for k, p := range open {
				batches = append(batches, w.d.batchOf(op, k, p.rows))
			}
		}
		dest := w.d.cs.sync.Destination.Name
		w.d.acks, w.d.report, w.d.cs.baseline = make(chan flush), &SyncReport{}, "baseline_spans"
		done := make(chan error, 1)
		go func() { done <- w.d.acknowledge(t.Context(), func() {}) }()
		whole := 0
		for len(batches) > 0 {
			n := min(len(batches), 1+rng.IntN(40))
			var byRow []ledger.Ack
			part := batches[:n]
			rng.Shuffle(n, func(i, j int) { part[i], part[j] = part[j], part[i] }) // workers are not in order
			for _, b := range part {
				acks := w.d.each(&b)
				switch rng.IntN(4) {
				case 0: // not answered: no row of it may be written
					continue
				case 1:
					acks[0].Result = cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer}
					w.d.acks <- flush{answers: answers{acks: acks}}
				default:
					whole++
					w.d.acks <- flush{answers: answers{whole: &b}}
				}
				byRow = append(byRow, acks...)
			}
			written := make(chan error, 1)
			w.d.acks <- flush{written: written}
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if err := w.e.Ledger.Acknowledge(t.Context(), w.d.run, "baseline_rows", "rows", byRow); err != nil {
				t.Fatal(err)
			}
			batches = batches[n:]
		}
		close(w.d.acks)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if whole < 5 {
			t.Errorf("only %d whole batches", whole)
		}
		w.same("SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, del FROM %s.baseline_%s FINAL ORDER BY ALL")
		w.sql("ALTER TABLE " + w.p.State + ".sync_log UPDATE destination = 'spans' WHERE destination = '" + dest + "' SETTINGS mutations_sync = 2")
		w.same("SELECT op, kh, action, attempt, fate, code, if(count() OVER (PARTITION BY op, action, kh) = 1, batch, 0) FROM %s.sync_log WHERE destination = '%s' ORDER BY ALL")
		// A version is never less than that of the row's own batch: it decides between operations. Of a move both may leave h = 0.
		if late := w.query(fmt.Sprintf("SELECT count() FROM (SELECT row_id, del, h, max(ver) AS ver FROM %[1]s.baseline_spans GROUP BY ALL) AS s JOIN (SELECT row_id, del, h, max(ver) AS ver FROM %[1]s.baseline_rows GROUP BY ALL) AS r ON s.row_id = r.row_id AND s.del = r.del AND s.h = r.h WHERE s.ver < r.ver", w.p.State)); ledger.Uint(late[0][0]) != 0 {
			t.Errorf("%v rows have a version of before they were sent", late[0][0])
		}
	}
}

// TestCommit: after the commit of a session stands what the answer "delivered" would have
// left of each row, except of those that failed.
func TestCommit(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 6))
	w := newReadable(t, rng)
	w.sql(w.diff.CreateFix().SQL)
	var failed []cdp.Row
	var acks []ledger.Ack
	for _, op := range ops {
		for _, d := range w.rows[op] {
			if rng.IntN(9) == 0 {
				failed = append(failed, cdp.Row{uint64(op), d.RowID, uint64(9)})
				continue
			}
			acks = append(acks, ledger.Ack{Row: d, FH: d.FH, Mapping: 2, Ver: 100 + uint64(op), At: testNow, Result: cdp.Result{Fate: cdp.Delivered}})
		}
	}
	if err := w.w.Append(t.Context(), w.e.Compiler.State("fix"), []string{"op", "row_id", "verdict"}, failed); err != nil {
		t.Fatal(err)
	}
	if err := w.e.Ledger.Acknowledge(t.Context(), w.d.run, "baseline_spans", "spans", acks); err != nil {
		t.Fatal(err)
	}
	w.sql(w.diff.Commit(100, cdp.NoReason).SQL)
	w.same("SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM %s.baseline_%s ORDER BY ALL")
}

// texts is the rows of an operation in pages of any size, as they are read.
func (w *readable) texts(op cdp.Op, rng *rand.Rand) (out [][]string) {
	w.t.Helper()
	rows, _, _, err := w.d.page(w.t.Context(), op, ledger.Place{}, math.MaxUint64, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for len(rows) > 0 {
		n := min(len(rows), 1+rng.IntN(50))
		out, rows = append(out, rows[:n]), rows[n:]
	}
	return out
}

// same compares what a query says of both baselines.
func (w *readable) same(query string) {
	w.t.Helper()
	want, got := w.query(fmt.Sprintf(query, w.p.State, "rows")), w.query(fmt.Sprintf(query, w.p.State, "spans"))
	if len(want) < 50 {
		w.t.Errorf("only %d rows", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s\n%s", query, diff)
	}
}

// TestLongIDs: what would make a statement longer than ClickHouse takes goes row by row.
func TestLongIDs(t *testing.T) {
	d := &delivery{spans: true, cs: &changeset{sync: &cdp.Sync{}}}
	for size, want := range map[int]bool{10: true, 900: false} {
		id := strings.Repeat("'", size)
		if got := d.spanned(&cdp.Batch{Rows: []cdp.Delta{{RowID: id}, {RowID: id}}}); got != want {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
}
