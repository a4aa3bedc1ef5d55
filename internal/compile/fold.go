package compile

import (
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Acks is the table of the state schema to which what is acknowledged for a
// baseline is appended: the baseline itself where its engine keeps the newest row of
// each id, else a table of its own that a Fold moves into the baseline.
func (c *Compiler) Acks(baseline string) string {
	if c.render("acks_create", map[string]any{"Acks": baseline}) == "" {
		return baseline
	}
	if name, ok := strings.CutPrefix(baseline, "baseline_"); ok {
		return "acks_" + name
	}
	return baseline + "_acks"
}

// Fold is the statements that move acknowledgements into a baseline. They may be
// repeated, in this order. Where Count finds no row there is nothing to stage and merge; it
// also tells the keys of folds of which something is left, with commas between. Wait changes nothing:
// under such a key it meets the job of the Merge of that fold, or takes the place of one that was not begun.
type Fold struct {
	Count, Wait, Stage, Merge cdp.Statement
	Scratch                   string // table, to be dropped

	prefix string
}

// Left is the table that is left of the fold of a key.
func (f Fold) Left(key string) string { return f.prefix + key }

// Fold moves what was appended since a version; ok is false where a baseline needs
// no fold. The key is of 16 digits of hex, and that of no other fold.
func (c *Compiler) Fold(baseline string, since uint64, key string) (f Fold, ok bool) {
	acks := c.Acks(baseline)
	if acks == baseline {
		return f, false
	}
	f.prefix = "scratch_fold_" + baseline + "_"
	f.Scratch = f.Left(key)
	data := map[string]any{"Baseline": baseline, "Acks": acks, "Stage": f.Scratch, "Prefix": f.prefix, "Schema": c.State("").Schema, "Since": since}
	f.Count, f.Stage, f.Merge = c.Ledger("fold_count", data), c.Ledger("fold_stage", data), c.Ledger("fold_merge", data)
	f.Wait = f.Merge // of one name
	// It reads nothing, but runs where the baseline is: in another place the name would be of another job.
	f.Wait.SQL = "SELECT 1 FROM " + c.d.Table(c.State(baseline)) + " WHERE FALSE"
	return f, true
}

// List is the statements in their order.
func (f Fold) List() []cdp.Statement { return []cdp.Statement{f.Count, f.Stage, f.Merge} }

// GatheredJobs is the scratch table in which the rows of jobs stand that write a baseline, under a
// key as that of a Fold: what a process that died has begun writes to no table that another reads.
func GatheredJobs(baseline, key string) string { return "scratch_jobs_" + baseline + "_" + key }

// GatherJobs puts the rows of jobs of a sync together in a table, with what has become of each
// since, so that closing many of them reads the baseline once; jobs are quoted, and none
// was opened under an older version than since. It is empty where rows are found by their ids.
func (c *Compiler) GatherJobs(baseline, key, sync, jobs string, since uint64) cdp.Statement {
	return c.Ledger("job_rows_gather", map[string]any{"Stage": GatheredJobs(baseline, key), "Jobs": jobs, "Baseline": baseline, "Acks": c.Acks(baseline), "Sync": sync, "Since": since})
}
