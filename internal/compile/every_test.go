package compile_test

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// everyDiff is what a run may do to a sync beyond what All shows: a changed mapping,
// a full run, a session, a plan, the pages that are read.
func everyDiff(t *testing.T, c *compile.Compiler, name string) []cdp.Statement {
	t.Helper()
	at := c.At(compile.Epoch)
	i := slices.IndexFunc(c.Project().Syncs, func(s *cdp.Sync) bool { return s.Name == name })
	s := c.Project().Syncs[i]
	in := compile.DiffInput{
		Baseline: "baseline_" + name, Changeset: "changeset_" + name, Raw: "changeset_" + name + "_raw", Digest: "scratch_run_" + name + "_digest",
		Desired: "scratch_run_" + name + "_desired", Pairs: "scratch_run_" + name + "_pairs", Fix: "scratch_run_" + name + "_fix", Spared: "scratch_run_" + name + "_spared", Mapping: 4, Build: compile.Build{ID: "build", Run: "run"}, Started: c.Dialect().Time(compile.Epoch),
	}
	spec := specs()[s.Destination.Type]
	changed, fields := in, compile.MappingFields(s)
	changed.Remapped, changed.Mixed = true, true
	changed.Before = []compile.Earlier{{Version: 1, Hash: compile.HashName, Fields: fields[min(len(fields), 1):]}, {Version: 3, Hash: compile.HashName, Fields: append(slices.Clone(fields), "gone string")}}
	full := in
	full.Remapped, full.FullSince, full.Former = true, 7<<32, 6<<32
	d := at.Diff(s, spec, in)
	all := d.Slices(1)[0]
	list := []cdp.Statement{
		at.Diff(s, spec, changed).CreateDigest(16), at.Diff(s, spec, changed).Fill(all, 16, false), at.Diff(s, spec, full).CreateDigest(18), at.Diff(s, spec, full).Fill(all, 18, true), at.Diff(s, spec, full).Before(changed.Before).Fill(all, 18, true),
		d.Adopt(1 << 32), d.ForgetRest(1 << 32), d.Stored().CreateDesired(), d.Stored().Adopt(1 << 32), d.DesiredTotals(), d.DesiredShared(0, 3), d.Commit(1<<32, cdp.NoReason), d.CommitLog("run", "crm", cdp.Withdrawn), d.BaselineRows(), d.CopyBaseline("baseline_" + name),
		d.FixCounts(), d.Counts(), d.Again(), d.FieldCounts(), d.Repeated(all), d.DesiredRepeated(all), d.Totals(16), d.Fingerprint(true), d.Beyond("changeset_" + name + "_raw"), d.Sample(cdp.Change, 3), d.Page(cdp.Add, 7, "o'p", 9000, 100, cdp.NoReason), d.Page(cdp.Remove, 0, "", math.MaxInt64, 100, cdp.Withdrawn),
	}
	left := at.Diff(s, spec, full)
	list = append(list, left.Backoff(c.Dialect().Time(compile.Epoch)), left.Silent(1<<32))
	if left.Shares() {
		list = append(list, left.FindSpared(all), left.Spared(1<<32))
	}
	if expired, ok := left.CountExpired(); ok {
		list = append(list, expired)
	}
	if query, ok := at.Describes(s); ok {
		described := in
		described.Physical = []cdp.Column{{Name: "k", Type: cdp.Type{Kind: cdp.String}, Raw: "String"}, {Name: "h", Type: cdp.Type{Kind: cdp.Int}, Raw: "Int32"}, {Name: "day", Type: cdp.Type{Kind: cdp.Date}, Raw: "Nullable(Date)"}}
		list = append(list, cdp.Statement{Name: "columns of the source", SQL: query}, at.Diff(s, spec, described).CreateDigest(12))
	}
	if small := d.CreateDigest(10); small.SQL != d.CreateDigest(16).SQL {
		list = append(list, small)
	}
	if d.Pairs() {
		list = append(list, d.Pair(all, 18), d.FillPairs(all, 18))
		list = append(list, at.Diff(s, spec, changed).PairMany(all, 18)...)
	}
	if s.Entity != nil && s.Source == nil {
		list = append(list, d.CountMerged())
	}
	return append(append(list, d.Exposures(1<<32)...), everyRehash(at, s, in, all)...)
}

// everyRehash is what a run does about rows that were written under an earlier hash
// function, with the same fields and with others.
func everyRehash(c *compile.Compiler, s *cdp.Sync, in compile.DiffInput, all compile.Slice) (list []cdp.Statement) {
	if s.Kind == cdp.EventTo {
		return nil
	}
	in.Desired += "_earlier" // the analyzer knows a table by one form
	fields := compile.MappingFields(s)
	for i, old := range [][]string{fields, append([]string{"gone string"}, fields[min(len(fields), 1):]...)} {
		in.Rehash = fmt.Sprintf("scratch_run_%s_rehash_%d", s.Name, i)
		in.Earlier = []compile.Earlier{{Version: uint32(i + 1), Hash: compile.HashName, Fields: old}}
		d := c.Hashing(otherHash(c.Dialect()), compile.FirstHash(c.Dialect())).Diff(s, specs()[s.Destination.Type], in)
		if d.Materialise() && i == 0 {
			list = append(list, d.CreateDesired())
		}
		list = append(list, d.Rehash(in.Earlier[0], all)...)
		if backoff, ok := d.BackoffEarlier(in.Earlier[0], c.Dialect().Time(compile.Epoch)); ok {
			list = append(list, backoff)
		}
	}
	return list
}

// otherHash is a hash function that gives every value another hash than the first does.
func otherHash(d cdp.Dialect) compile.HashFunction {
	salt := cdp.Operand{Expr: d.Quote("other"), Type: cdp.Type{Kind: cdp.String}}
	return compile.HashFunction{
		Name: "other/1",
		Row:  func(values ...cdp.Operand) string { return d.Hash(append([]cdp.Operand{salt}, values...)...) },
		Field: func(v cdp.Operand) string {
			return d.Hash32(cdp.Operand{Expr: d.Hash(salt, v), Type: cdp.Type{Kind: cdp.Int}})
		},
	}
}

// ledgerData fits every block that the ledger renders.
var ledgerData = map[string]any{
	"Now": "folk", "Endpoint": "crm", "Gone": uint64(7) << 32, "Retired": uint64(0),
	"Schema": "kith", "There": true, "Name": "runs", "Names": []string{"runs", "scratch_x"}, "Prefix": "lease_", "Holder": `{"host":"o'neil"}`, "Lease": "people", "LeaseNames": "'build', 'people'", "Leases": []lease{{"build", 3}, {"people", 7}}, "Epoch": 7, "Host": "h", "Boot": "b", "PID": 1, "Start": "s", "Released": 0,
	"Limit": 10, "Sync": "rows_out", "KHs": "1, 2", "Job": "j", "Jobs": "'i', 'j'", "Stage": "scratch_jobs_baseline_rows_out_0123456789abcdef", "AfterKH": uint64(7), "AfterID": "o'p", "Run": "run", "Fate": "rejected", "Since": uint64(7) << 32, "Ver": uint64(8) << 32,
	"ID": "plan", "By": "o'neil", "Spec": "0 6 * * *", "Paused": 1, "Reason": "o'neil", "Seconds": 60, "Account": "crm", "Age": 5, "Within": 500, "Millis": 1000, "Part": 50, "Task": "people", "Open": false, "Each": 3, "Keep": 50, "Usual": true,
	"C": struct {
		Round, Calls, Ahead, Recent uint64
		Holder                      string
		Weight                      float64
		Released                    bool
	}{Round: 1, Holder: "h", Weight: 1.5},
	"Syncs": "'rows_out', 'was'", "Was": "was", "Of": "changeset_rows_out_raw", "At": "__kith_s.h", "From": "SELECT 1 AS h",
	"Baseline": "baseline_rows_out", "Acks": "acks_rows_out", "Changeset": "changeset_rows_out", "Mapping": 1, "UpTo": uint64(1 << 32), "Former": uint64(0), "Versions": "1, 2", "Entity": "person", "Build": "build",
	"Op": uint8(1), "OpName": "remove", "Action": "archive", "Only": uint8(4), "Removed": true, "Kept": true, "Destination": "crm",
	"Stretches": []span{{To: place{7, "o'p"}}, {From: place{8, "q"}, To: place{9, "r"}}}, "Earlier": []span{{Batch: 3, To: place{7, "o'p"}}}, "Last": span{Batch: 5, Ver: 1 << 32},
}

type (
	lease struct {
		Name  string
		Epoch uint64
	}
	place struct {
		KH    uint64
		RowID string
	}
	span struct {
		From, To place
		Batch    uint32
		Ver      uint64
	}
)

// isTable tells the steps of the ledger's migrations.
func isTable(block string) bool { return regexp.MustCompile(`^ledger_[0-9]`).MatchString(block) }

// everyLedger is every statement of the ledger, its tables first.
func everyLedger(t *testing.T, c *compile.Compiler, dialect string) []cdp.Statement {
	t.Helper()
	blocks, _ := dialectTemplates(t)
	data, d := maps.Clone(ledgerData), c.Dialect()
	for k, column := range map[string]string{"Log": "at", "Rejections": "at", "Runs": "started_at"} {
		data[k] = d.Ident(column) + " < " + d.Time(compile.Epoch)
	}
	for _, moment := range []string{"Before", "When", "Until", "Said", "StartedAt"} {
		data[moment] = d.Time(compile.Epoch)
	}
	var tables, rest []string
	for name := range blocks[dialect] {
		file, block, _ := strings.Cut(name, ":")
		switch {
		case isTable(block):
			tables = append(tables, block)
		case slices.Contains(ledgerBlocks, block) && file != "":
			rest = append(rest, block)
		}
	}
	slices.Sort(tables)
	slices.Sort(rest)
	if len(rest) != len(ledgerBlocks) {
		t.Fatalf("%d of %d blocks of the ledger", len(rest), len(ledgerBlocks))
	}
	var out []cdp.Statement
	for _, name := range append(tables, rest...) {
		if s := c.Ledger(name, data); s.SQL != "" { // a dialect may have no use for one
			out = append(out, s)
		}
	}
	return out
}

// ledgerBlocks are what internal/ledger renders by name.
var ledgerBlocks = []string{
	"ledger_version", "table_exists", "tables_like", "tables_ready", "sweep_keep", "drop_tables", "now", "lease_take", "lease_state", "lease_current", "lease_newest", "lease_beat", "lease_sweep",
	"baseline_rows", "baseline_maybe", "intents_sweep", "rejections_of", "rejections_clear", "rejections_list", "sync_state", "state_move", "sync_last", "sync_full_since", "sync_dead_since", "sync_full", "mappings_list", "baseline_mappings", "baseline_newest", "rejections_mappings", "jobs_open", "jobs_move", "jobs_leave", "job_rows_count", "job_rows_gather", "job_rows_page", "job_rows_sweep",
	"plans_list", "approvals_of", "approve", "approval_use", "budget_claim", "budget_claims", "budget_spent", "budget_used", "budget_sweep", "firings_summary", "firings_list", "firings_sweep_open", "firings_sweep", "schedules_list", "schedule_set", "pauses_list", "pause_set",
	"episodes_list", "run_end", "retention_log", "retention_rejections", "retention_runs", "retention_sync_runs", "retention_plans", "retention_approvals",
	"runs_list", "sync_log_list", "sync_log_count", "standing", "foreign_known", "foreign_clear", "foreign_move", "foreign_fetch", "foreign_leave", "rejections_move", "rejections_fetch", "rejections_leave", "rejections_forget", "baseline_forget", "acks_forget", "foreign_forget", "build_current", "baseline_spans", "log_spans", "identity_collisions", "identity_forget_merges", "identity_forget_audit",
}

// TestLedgerBlocks: the list above misses nothing that the ledger says.
func TestLedgerBlocks(t *testing.T) {
	blocks, _ := dialectTemplates(t)
	for name := range saidIn(t, "../ledger") {
		for _, file := range []string{"ledger.sql:", "lease.sql:", "deliver.sql:", "profile.sql:", "identity.sql:", "approve.sql:", "budget.sql:", "daemon.sql:", "retention.sql:", "existing.sql:", "rehash.sql:"} {
			if blocks["clickhouse"][file+name] && !isTable(name) && !slices.Contains(ledgerBlocks, name) && !regexp.MustCompile(`^(identity_audit)$`).MatchString(name) {
				t.Errorf("%s%s is in no golden file", file, name)
			}
		}
	}
}

// everyLookup is what explain, profile, replay and doctor ask, of the builds of
// TestIdentityGolden and the one of All.
func everyLookup(c *compile.Compiler) []cdp.Statement {
	var person *cdp.Entity
	for _, e := range c.Project().Entities {
		if e.Name == "person" {
			person = e
		}
	}
	l := c.At(compile.Epoch).Keyed(compile.Keys{Salt: "salt", Collisions: []compile.Collision{{Entity: "person", Identifier: "email", Value: "o'neil@example.org", Node: 42}}}).Lookup(person, compile.Build{ID: "build", Run: "lookup"})
	hubs, _ := l.Hubs()
	shared, _ := l.Shared(10, "p_1", "p_2")
	profile, _ := l.Profile("p_o'x")
	segments, _ := l.Segments("p_o'x")
	count, list := c.Differ(person, "build", "build", 10)
	out := []cdp.Statement{
		l.Nodes("O'Neil@Example.org"), l.Map([]uint64{7, 8}), l.Entity("p_1", "p_2"), l.Alias("p_o'x"), l.Edges(10, []uint64{7, 8}), l.HubEdges(10, "p_1", "p_2"), hubs, shared, profile, segments,
		l.Merges("p_o'x", 10), l.Baseline("baseline_rows_out", "p_o'x"), l.Rejection("rows_out", "p_o'x"), count, list, l.CheckBaseline("baseline_rows_out"),
	}
	for _, check := range l.Checks() {
		out = append(out, check.Statement)
	}
	return out
}

// TestEveryStatementGolden pins what TestStatementsGolden does not show.
func TestEveryStatementGolden(t *testing.T) {
	for target, d := range dialects {
		c := oddProject(t, target)
		identityGolden(t, d.Name(), "ledger", everyLedger(t, c, d.Name()))
		var list []cdp.Statement
		for _, s := range c.Project().Syncs {
			list = append(list, everyDiff(t, c, s.Name)...)
		}
		identityGolden(t, d.Name(), "syncs", list)
		identityGolden(t, d.Name(), "lookup", everyLookup(c))
	}
}
