package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestManyAnswers: answers to more rows than one statement can name by their hashes are
// recorded: of those that are rejected again, that they were before; of those that the
// destination has, which of them kith has not sent.
func TestManyAnswers(t *testing.T) {
	t.Parallel()
	w := newReadable(t, rand.New(rand.NewPCG(4, 7)))
	const many = 13_000 // hashes of 20 digits are more than 256 KiB
	acks := make([]ledger.Ack, 0, 2*many)
	for i := range uint64(many) {
		add := func(name string, result cdp.Result) {
			acks = append(acks, ledger.Ack{Row: cdp.Delta{Op: cdp.Add, KH: math.MaxUint64 - i, RowID: fmt.Sprint(name, i), Key: fmt.Sprint(name, i), H: 5}, Mapping: 2, At: testNow, Result: result})
		}
		add("rejected", cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue})
		add("there", cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists})
	}
	for ver := range uint64(2) {
		for i := range acks {
			acks[i].Ver = ver + 1
		}
		if err := w.e.Ledger.Acknowledge(t.Context(), w.d.run, "baseline_rows", "crm", acks); err != nil {
			t.Fatalf("%.300s", err.Error())
		}
	}
	for what, query := range map[string]string{
		"rejected twice":           "SELECT countIf(attempts = 2), count() FROM %s.rejections FINAL",
		"foreign of the first try": "SELECT countIf(ver = 1), count() FROM %s.foreign_rows FINAL",
	} {
		if got := fmt.Sprint(w.query(fmt.Sprintf(query, w.p.State))[0]); got != fmt.Sprintf("[%d %d]", many, many) {
			t.Errorf("%s: %s, want %d", what, got, many)
		}
	}
}

// TestClearedAtItsAnswer: what takes a rejection back has the version of the answer that does,
// so that it hides nothing of what a job says of the same row later, under the version with
// which it was sent.
func TestClearedAtItsAnswer(t *testing.T) {
	t.Parallel()
	w := newReadable(t, rand.New(rand.NewPCG(4, 8)))
	ack := func(op cdp.Op, result cdp.Result, ver uint64) {
		t.Helper()
		acks := []ledger.Ack{{Row: cdp.Delta{Op: op, KH: 7, RowID: "moved", Key: "moved", H: 5}, Mapping: 2, At: testNow, Result: result, Ver: ver}}
		if err := w.e.Ledger.Acknowledge(t.Context(), w.d.run, "baseline_rows", "crm", acks); err != nil {
			t.Fatal(err)
		}
	}
	live := func(want int) {
		t.Helper()
		if got := len(w.query("SELECT ver FROM " + w.p.State + ".rejections FINAL WHERE row_id = 'moved' AND del = 0")); got != want {
			t.Errorf("%d rejections are listed, want %d", got, want)
		}
	}
	refused := cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue}
	ack(cdp.Add, refused, 1<<32+3)
	ack(cdp.Remove, cdp.Result{Fate: cdp.Delivered}, 2<<32+2)
	live(1)
	if err := w.e.Ledger.ClearRejections(t.Context(), w.d.run.Sync, "baseline_rows", 2<<32); err != nil {
		t.Fatal(err)
	}
	live(0)
	ack(cdp.Add, refused, 2<<32+5)
	live(1)
}
