package compile

import (
	"regexp"
	"strings"
)

// Temporary is a table of the state schema that is of one run, or of one build: its name has the
// id of the run that made it.
type Temporary struct {
	Run     string // as names of tables have it; "" for a fold's of a baseline, for jobs' and for a check's
	Build   bool   // it is of a build, and stays when that is published
	Scratch bool   // a run drops it at its end
}

// runID is ledger.NewRunID as names of tables have it.
const runID = `(\d{8}t\d{6}_[0-9a-f]{8})`

// temporary are the names that this package, and who runs its statements, make for a while.
var temporary = regexp.MustCompile(`^(?:` +
	`scratch_` + runID + `_.+|` + // of a build, a comparison, a plan
	`scratch_fold_baseline_.+|scratch_fold_scratch_` + runID + `_.+|` + // Compiler.Fold
	`scratch_jobs_baseline_.+_[0-9a-f]{16}|` + // GatheredJobs
	`scratch_check_[0-9a-f]{8}|` + // ledger.CheckRights
	`changeset_.+_` + runID + `(?:_raw)?|` +
	`(?:profile|identity|entity)_.+_` + runID + `(_replay)?)$`) // IdentityTablesOf, Build.Table

// TemporaryOf says of which run a table of the state schema is by its name; ok is false for one
// that may be anybody's, however it begins.
func TemporaryOf(table string) (t Temporary, ok bool) {
	m := temporary.FindStringSubmatch(table)
	if m == nil {
		return t, false
	}
	for _, run := range m[1:5] {
		t.Run += run // one of them
	}
	t.Build, t.Scratch = m[4] != "" && m[5] == "", strings.HasPrefix(table, "scratch_")
	return t, true
}
