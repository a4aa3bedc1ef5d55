package compile

import "github.com/kithdata/kith/internal/cdp"

// Adopt takes every desired row as acknowledged.
func (d *Diff) Adopt(ver uint64) cdp.Statement {
	return d.stmt("adopt", "baseline_adopt", map[string]any{"Ver": ver, "FH": d.fieldHashes("")})
}

// ForgetRest deletes the baseline rows that are older than ver.
func (d *Diff) ForgetRest(ver uint64) cdp.Statement {
	return d.stmt("forget the rest", "baseline_forget_rest", map[string]any{"Ver": ver})
}

// DesiredTotals counts stored desired rows: those that can be sent, those without an id,
// those without a key.
func (d *Diff) DesiredTotals() cdp.Statement {
	return d.stmt("desired totals", "desired_totals", nil)
}

// DesiredShared counts the desired rows whose remote key another has, one part of the
// keys at a time.
func (d *Diff) DesiredShared(part, parts int) cdp.Statement {
	return d.stmt("shared keys", "desired_shared", map[string]any{"Part": part, "Parts": parts})
}

// Keyed reports whether two desired rows may have one remote key.
func (d *Diff) Keyed() bool {
	return d.sync.Kind == cdp.Object && d.sync.Key != nil && !KeyIsID(d.sync, d.spec)
}
