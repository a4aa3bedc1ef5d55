package engine

import "github.com/kithdata/kith/internal/cdp"

// split isolates the rows that make the destination refuse a batch: those that it names,
// all at once, else by halves.
func (d *delivery) split(b cdp.Batch, refused *cdp.Refused, v verdict) ([]cdp.Batch, verdict) {
	named := false
	reject := func(i int, no cdp.Refused) {
		r := no.Rejection()
		v.final[i] = &r
	}
	n := len(b.Rows)
	if n == 1 {
		reject(0, *refused)
		return nil, v
	}
	for _, no := range append([]cdp.Refused{*refused}, refused.More...) {
		if no.Row >= 0 && no.Row < n && v.final[no.Row] == nil {
			reject(no.Row, no)
			named = true
		}
	}
	if !named {
		return halves(b), v
	}
	var rest []cdp.Delta
	for i := range b.Rows {
		if v.final[i] == nil {
			rest = append(rest, b.Rows[i])
		}
	}
	if len(rest) == 0 {
		return nil, v
	}
	return []cdp.Batch{partOf(b, rest)}, v
}
