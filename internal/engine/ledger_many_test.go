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
