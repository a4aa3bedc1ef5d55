package compile

import (
	"github.com/kithdata/kith/internal/cdp"
)

// All is every statement that a build may send, in an order in which they can run.
func (d *Identity) All() []cdp.Statement {
	out := d.begin()
	contract := func(c *Contraction) Labels {
		out = append(out, c.Hook(1, false), c.Deep(1), c.Jump(1), c.Lift(1, true), c.Live(2), c.Hook(2, true), c.Lift(2, false), c.Live(3), c.Fetch(3))
		finish, _ := c.Finish(3)
		compose, labels := c.Compose()
		out = append(append(out, finish), compose...)
		return labels
	}
	if m := d.Match(); m != nil {
		m.All(func(list ...cdp.Statement) { out = append(out, list...) }, contract)
	}
	out = append(out, d.Found(contract(d.Contraction())), d.Parts(), d.Breaks())
	out = append(out, d.CreateRejected()...)
	var split *Split
	if len(d.Limits()) > 0 {
		var begin []cdp.Statement
		split, begin = d.BeginSplit()
		out = append(out, begin...)
		for _, id := range d.Limits() {
			over, count := split.Over(id)
			hop, hops := split.Hop(1)
			reject, c := split.Reject()
			out = append(out, over, count, split.Seeds(id), hop, hops)
			if split.Shares(id) {
				free := split.Free(id, true)
				find, n := split.FindShared(id)
				out = append(out, free, find, n, split.RejectShared(id))
			}
			out = append(out, reject...)
			out = append(out, split.Next(contract(c)))
		}
	}
	large, count := d.Large(split)
	out = append(append(out, large, count), d.Move(split, true)...)
	out = append(out, d.RejectedCounts())
	out = append(out, d.Inherit()...)
	if d.in.Delta {
		out = append(out, d.Remove()...)
	}
	out = append(out, d.Publish()...)
	out = append(out, d.EntityCount())
	if d.Shares() {
		out = append(out, d.PublishShared(), d.SharedCount(), d.AuditShared(false))
	}
	if m := d.Match(); m != nil {
		review, n := m.PublishReview()
		out = append(out, review, n)
	}
	if d.in.Previous != "" {
		out = append(out, d.Merged())
	}
	out = append(out, d.Changes(), d.Merges())
	if d.in.Previous != "" {
		out = append(out, d.AuditMerged(), d.AuditSplit(), d.Jump())
	}
	return append(append(append(out, d.AuditRejected(d.in.Previous != ""), d.AuditQuarantined(), d.AuditCollision(1, 2)), d.AuditValues(d.in.Previous != "")...), d.Samples())
}

// begin is the statements of a build, or of an increment, up to the links to contract.
func (d *Identity) begin() []cdp.Statement {
	if !d.in.Delta {
		return append(append(append(d.Snapshot(), d.Extract()...), d.Values(), d.Nodes(), d.Clashes(1), d.Edges(), d.Reads(), d.NodeCount()), d.Demote()...)
	}
	out := []cdp.Statement{d.ReadsState()}
	for _, r := range d.links {
		if x, ok := d.in.Reads[r.Source]; ok && Incremental(r.link.Source) {
			out = append(out, d.Watermark(r.link, &x))
		}
	}
	apply, count := d.Apply()
	out = append(append(append(out, d.Snapshot()...), d.Extract()...), d.Changed()...)
	return append(append(append(append(out, d.Clone()...), d.Reads()), apply...), count, d.Clashes(1))
}
