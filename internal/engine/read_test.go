package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// readable is a changeset of rows that are hard to tell apart, and two baselines: one
// takes the answers to whole batches as spans, the other row by row.
type readable struct {
	*world
	d    *delivery
	diff *compile.Diff
	rows map[cdp.Op][]cdp.Delta // in order
}

func newReadable(t *testing.T, rng *rand.Rand) *readable {
	w := &readable{world: newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email")))), rows: map[cdp.Op][]cdp.Delta{}}
	field := &cdp.SyncField{Remote: "id", Kind: cdp.FieldColumn, Column: "email", Type: cdp.Type{Kind: cdp.String}}
	sync := &cdp.Sync{Item: cdp.Item{Name: "people"}, Source: w.entity.Links[0].Source, Kind: cdp.Object, Remote: "people", Key: field, Destination: crm()}
	sync.Source.Key = []string{"email"}
	spec := cdp.DestinationSpec{Writes: []cdp.RemoteSpec{{Kind: cdp.Object}}}
	for _, name := range []string{"spans", "rows"} {
		d := w.e.Compiler.Diff(sync, spec, compile.DiffInput{Baseline: "baseline_" + name, Changeset: "changeset", Fix: "fix", Mapping: 2})
		for _, s := range d.CreateBaseline() {
			w.sql(s.SQL)
		}
		w.diff = d
	}
	w.sql(w.diff.CreateChangeset("changeset").SQL)
	w.fill(rng)
	w.d = &delivery{
		e: w.e, req: &request{id: "test"}, lease: &ledger.Lease{Epoch: 3}, target: cdp.Delivery{Kind: cdp.Object}, spans: true,
		limits: cdp.Limits{MaxRows: 7}, run: ledger.SyncRun{Sync: "people", Run: "test", Epoch: 3, Changeset: "changeset"},
		cs: &changeset{sync: sync, diff: w.diff, remote: Remote{Spec: spec}, mapping: ledger.Mapping{Version: 2}, ops: map[cdp.Op]uint64{}},
	}
	for op, list := range w.rows {
		w.d.cs.ops[op] = uint64(len(list))
	}
	return w
}

// fill writes rows of every operation and action: ids with quotes, controls and bytes
// that are no text, many of one hash, some with a time before 1970.
func (w *readable) fill(rng *rand.Rand) {
	w.t.Helper()
	var rows []cdp.Row
	ids := []string{"o'x%d", `back\%d`, "line\n%d", "nul\x00%d", "é%d", "\xff%d", "%d\n"}
	for i := range 3000 {
		kh := rng.Uint64()
		if i%3 == 0 {
			kh = uint64(i/60) << 58 // twenty rows to a hash
		}
		x := cdp.Delta{Op: cdp.Op(1 + rng.IntN(4)), KH: kh, RowID: fmt.Sprintf(ids[rng.IntN(len(ids))], i), H: rng.Uint64(), Key: fmt.Sprintf("k'%d\n", i)}
		if i%2 == 0 {
			x.RemoteID, x.Match = fmt.Sprintf("r%d", i), []byte(`{"email":["x\n"]}`)
		}
		for range rng.IntN(4) {
			x.FH = append(x.FH, rng.Uint32())
		}
		var at any
		if i%5 == 0 {
			x.At = time.UnixMicro(rng.Int64N(4e15) - 1e15).UTC()
			at = x.At
		}
		switch x.Op {
		case cdp.Remove:
			x.Reason = cdp.Reason(rng.IntN(5))
			x.Action = []cdp.Action{cdp.ActionDelete, cdp.ActionArchive, cdp.ActionSet}[rng.IntN(3)]
		case cdp.Rekey:
			x.OldKey = fmt.Sprintf("old%d", i)
		}
		if x.Op != cdp.Remove || x.Action == cdp.ActionSet {
			x.Fields = []byte(fmt.Sprintf("{\"n\":%d,\"s\":\"%s\"}", i, "\n"))
		}
		list := []cdp.Delta{x}
		if x.Op == cdp.Remove && x.Reason == cdp.NoReason { // a move: its other half
			add := x
			add.Op, add.Action, add.H = cdp.Add, cdp.NoAction, x.H+1
			list = append(list, add)
		}
		for _, x := range list {
			w.rows[x.Op] = append(w.rows[x.Op], x)
			rows = append(rows, cdp.Row{
				uint64(x.Op), x.KH, x.RowID, string(x.Action), uint64(x.Reason), x.Key, x.OldKey, x.H, x.FH, string(x.Fields), string(x.Match), "", x.RemoteID, at, uint64(0), uint64(0),
			})
		}
	}
	columns := []string{"op", "kh", "row_id", "action", "reason", "key", "old_key", "h", "fh", "fields", "match", "old_match", "remote_id", "at", "gone", "del"}
	for part := range slices.Chunk(rows, 250) { // several parts
		if err := w.w.Append(w.t.Context(), w.e.Compiler.State("changeset"), columns, part); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, list := range w.rows {
		slices.SortFunc(list, func(a, b cdp.Delta) int { return placeOf(a).Compare(placeOf(b)) })
	}
}

func placeOf(x cdp.Delta) ledger.Place { return ledger.Place{KH: x.KH, RowID: x.RowID} }

// TestChangesetIsRead checks pages, their form, and what is intended before they are sent.
func TestChangesetIsRead(t *testing.T) {
	t.Parallel()
	w := newReadable(t, rand.New(rand.NewPCG(1, 2)))
	for name, check := range map[string]func(*testing.T){"pages": w.pages, "packed": w.packed, "intents": w.intents} {
		t.Run(name, check)
	}
}

// pages: every row of an operation is read once, in order and whole, however the
// hashes lie and whatever the total is said to be.
func (w *readable) pages(t *testing.T) {
	for op, want := range w.rows {
		for _, total := range []uint64{0, 1, uint64(len(want)), 20_000, 100_000} {
			w.d.cs.ops[op] = total // the last is the largest: ranges that hold no row
			got := w.read(op)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s of %d: %s", op, total, diff)
			}
		}
		// As few at once as there are.
		var after ledger.Place
		var got []cdp.Delta
		for {
			rows, _, whole, err := w.d.page(t.Context(), op, after, math.MaxUint64, 5)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				x, err := unpack(op, r, &arena{})
				if err != nil {
					t.Fatal(err)
				}
				got, after = append(got, x), placeOf(x)
			}
			if whole {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s in small pages: %s", op, diff)
		}
	}
}

// read is what the pages of an operation hold.
func (w *readable) read(op cdp.Op) (out []cdp.Delta) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	pages := make(chan page)
	done := make(chan error, 1)
	go func() {
		done <- w.d.pages(ctx, op, pages)
		close(pages)
	}()
	for p := range pages {
		if p.err != nil {
			w.t.Fatal(p.err)
		}
		var kept arena
		for _, text := range p.rows {
			x, err := unpack(op, text, &kept)
			if err != nil {
				w.t.Fatal(err)
			}
			out = append(out, x)
		}
	}
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
	return out
}

// packed: what a warehouse packs is what pack makes of the same columns.
func (w *readable) packed(t *testing.T) {
	for _, r := range w.query("SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at), kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at FROM " + w.p.State + ".changeset") {
		got, err := pack(r[1:])
		if err != nil || got != ledger.Text(r[0]) {
			t.Fatalf("%v: %q, want %q", err, got, r[0])
		}
	}
	text, err := pack(cdp.Row{uint64(1), "id", "", uint64(0), "k", "", uint64(2), []uint32{3}, "{}", "", "", nil})
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(text) {
		if _, err := unpack(cdp.Add, text[:n], &arena{}); err == nil {
			t.Errorf("the first %d of %d bytes are a row", n, len(text))
		}
	}
	if _, err := unpack(cdp.Add, text+"x", &arena{}); err == nil {
		t.Error("a row and more is a row")
	}
}

// intents: a batch is handed on when an intent for all its rows is written, and few
// intents are written.
func (w *readable) intents(t *testing.T) {
	for _, op := range ops {
		w.d.cs.ops[op] = uint64(len(w.rows[op]))
		out := make(chan cdp.Batch)
		done := make(chan error, 1)
		go func() {
			done <- w.d.read(t.Context(), t.Context(), op, out)
			close(out)
		}()
		table := fmt.Sprintf("%s.intents WHERE op = %d", w.p.State, op)
		var upTo ledger.Place // when it was last looked at
		read, batches := 0, 0
		for b := range out {
			read, batches = read+len(b.Rows), batches+1
			for _, x := range b.Rows {
				if placeOf(x).Compare(upTo) > 0 {
					for _, r := range w.query("SELECT kh, row_id FROM " + table + " ORDER BY kh DESC, row_id DESC LIMIT 1") {
						upTo = ledger.Place{KH: ledger.Uint(r[0]), RowID: ledger.Text(r[1])}
					}
				}
				if placeOf(x).Compare(upTo) > 0 {
					t.Fatalf("%s %s was sent beyond the intent %v", op, x.RowID, upTo)
				}
			}
		}
		if err := <-done; err != nil || read != len(w.rows[op]) {
			t.Fatalf("%s: %d of %d rows: %v", op, read, len(w.rows[op]), err)
		}
		if n := ledger.Uint(w.query("SELECT count() FROM " + table)[0][0]); n == 0 || int(n) > batches/4 {
			t.Errorf("%s: %d intents for %d batches", op, n, batches)
		}
		// A node that has not seen all of the changeset reads less of it.
		w.d.cs.ops[op]++
		out = make(chan cdp.Batch, batches+1)
		if err := w.d.read(t.Context(), t.Context(), op, out); !errors.Is(err, errOpen) {
			t.Errorf("%s: a row of the changeset was not read, and the run goes on: %v", op, err)
		}
	}
}
