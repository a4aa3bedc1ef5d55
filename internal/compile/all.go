package compile

import (
	"github.com/kithdata/kith/internal/cdp"
)

// All is every statement that a run of the whole project may send, for reading and
// for checking offline: names of runs, builds and epochs are stand-ins.
func (c *Compiler) All(specs map[string]cdp.DestinationSpec) []cdp.Statement {
	return c.Over(Build{ID: "build", Run: "run"}, specs, nil)
}

// Over is All for the tables of one build, which may be there. how says by entity how
// its identity is built; else it is built as if for the first time.
func (c *Compiler) Over(b Build, specs map[string]cdp.DestinationSpec, how map[string]IdentityInput) []cdp.Statement {
	at := c
	if c.asOf == "" {
		at = c.At(Epoch)
	}
	at = at.On(b)
	var out []cdp.Statement
	for _, group := range at.Profiles(b) {
		for _, p := range group.Profiles {
			in, ok := how[p.Entity.Name]
			if !ok {
				in = IdentityInput{Build: b.ID, Run: b.Run}
			}
			out = append(out, at.Identity(p.Entity, in).All()...)
		}
		out = append(out, group.Statements...)
		for _, p := range group.Profiles {
			if len(p.Segments) > 0 {
				m := at.Members(p, 1<<32)
				out = append(append(append(out, m.Merge...), m.Counts), m.Write...)
			}
		}
	}
	for _, s := range c.p.Sources {
		if s.Freshness != nil {
			out = append(out, at.Newest(s, Epoch))
		}
	}
	for _, s := range c.p.Syncs {
		out = append(out, at.syncStatements(s, specs[s.Destination.Name], b)...)
	}
	return out
}

func (c *Compiler) syncStatements(s *cdp.Sync, spec cdp.DestinationSpec, b Build) []cdp.Statement {
	d := c.Diff(s, spec, DiffInput{
		Baseline: "baseline_" + s.Name, Changeset: "changeset_" + s.Name, Raw: "changeset_" + s.Name + "_raw",
		Digest: "scratch_run_" + s.Name + "_digest", Desired: "scratch_run_" + s.Name + "_desired", Pairs: "scratch_run_" + s.Name + "_pairs", Fix: "scratch_run_" + s.Name + "_fix", Spared: "scratch_run_" + s.Name + "_spared",
		Mapping: 1, Build: b, Started: c.d.Time(Epoch),
	})
	list := append(d.CreateBaseline(), d.CreateChangeset("changeset_"+s.Name+"_raw"))
	if d.Materialise() {
		list = append(list, d.CreateDesired())
		d = d.Stored()
	}
	all := d.Slices(1)[0]
	list = append(list, d.CreateDigest(16), d.Totals(16), d.Fill(all, 16, false))
	if d.Pairs() {
		list = append(list, d.Pair(all, 16), d.CountPairs(), d.FillPairs(all, 16))
		list = append(list, d.PairMany(all, 16)...)
	}
	if compact, ok := d.Compact(); ok {
		list = append(list, compact)
	}
	if d.Stronger() {
		list = append(list, d.FillStronger())
	}
	raw := d.Named("changeset_" + s.Name + "_raw")
	list = append(list, raw.Repeated(all), raw.CreateFix())
	if s.Kind == cdp.Object && s.Key != nil {
		list = append(list, raw.Duplicates(0, 1), raw.Taken())
		if len(s.Consents) > 0 {
			list = append(list, raw.Consent())
		}
		if d.rekeys() || d.Stronger() {
			list = append(list, raw.Passed())
		}
		if d.rekeys() {
			list = append(append(append(list, raw.Returned()...), raw.InUse(false)), raw.Rings()...)
		}
	}
	if raw.Shares() {
		list = append(list, raw.CreateSpared(), raw.FindSpared(all), raw.CountSpared(), raw.FixSpared())
	}
	if !d.Event() {
		list = append(list, raw.Reasons())
	}
	if d.Doubts() {
		list = append(list, raw.Doubtful())
	}
	if x, ok := d.CountExpired(); ok {
		list = append(list, x)
	}
	if s.Entity != nil && s.Source == nil {
		if s.LeavesFound() {
			list = append(list, d.ForeignMerged(1<<32))
		}
		list = append(list, d.Merged(1<<32), d.FollowMerged(1<<32+1))
	}
	list = append(list, raw.Backoff(c.asOf), raw.Pending(), d.CreateChangeset("changeset_"+s.Name), d.Apply(all), d.Silent(1<<32),
		raw.Foreign(), d.NewPage(0, "", 100), d.Ours(0, 1<<62), d.DropForeign(), d.Leave([]cdp.Delta{{KH: 1, RowID: "a"}, {KH: 2, RowID: "b"}}), d.Fingerprint(false), d.Beyond("changeset_"+s.Name+"_raw"))
	if raw.Shares() {
		list = append(append(list, d.Narrow()...), d.Spared(1<<32))
	}
	if f, ok := c.Fold("baseline_"+s.Name, 1<<32, "0123456789abcdef"); ok {
		folds := f.List()
		if spec.Limits.JobAge > 0 { // the jobs that the run before left open are closed
			folds = append(append(folds, c.GatherJobs("baseline_"+s.Name, "0123456789abcdef", s.Name, c.d.Quote("job"), 1<<32)), f.List()...)
		}
		for _, x := range folds {
			x.Model = "sync " + s.Name // whose run it is that reads it
			list = append(list, x)
		}
	}
	return list
}
