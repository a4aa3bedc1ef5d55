package compile

import (
	"regexp"
	"strings"
)

// Temporary is a table of the state schema that is of one run, or of one build: its name has the
// id of the run that made it.
type Temporary struct {
	Run     string // as names of tables have it; "" for a fold's of a baseline, for jobs', for a check's and for half a table
	Build   bool   // it is of a build, and stays when that is published
	Scratch bool   // nothing reads it after the run that made it
}

// runID is ledger.NewRunID as names of tables have it.
const runID = `(\d{8}t\d{6}_[0-9a-f]{8})`

// temporary are the names that this package, and who runs its statements, make for a while.
var temporary = regexp.MustCompile(`^(?:` +
	`scratch_` + runID + `_.+|` + // of a build, a comparison, a plan
	`scratch_fold_baseline_.+|scratch_fold_scratch_` + runID + `_.+|` + // Compiler.Fold
	`scratch_jobs_baseline_.+_[0-9a-f]{16}|` + // GatheredJobs
	`scratch_check_[0-9a-f]{8}|` + // ledger.CheckRights
	`_tmp_replace_[0-9a-f]{16}_[0-9A-Za-z]+|` + // ClickHouse's, of a table that it died replacing (TemporaryReplaceTableName.cpp, checked 2026-11-30)
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
	t.Build = m[4] != "" && m[5] == ""
	t.Scratch = strings.HasPrefix(table, "scratch_") || strings.HasPrefix(table, "_tmp_replace_")
	return t, true
}
