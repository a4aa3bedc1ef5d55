package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// SyncState is what the ledger knows about a sync between runs.
type SyncState struct {
	Sync      string
	Endpoint  string // destination type, host and account, or sandbox
	Baseline  string // table
	Was       string
	Retired   bool
	StartedAt time.Time // of the first run

	// Of StatesThere: whether the baseline's table is there, and that of its acknowledgements
	// where that is another, whether jobs are open, and whether there are intents to be swept.
	There, Acks, Jobs, Intents bool
}

// Same reports whether a state says what another does.
func (s SyncState) Same(as SyncState) bool {
	s.StartedAt, as.StartedAt = s.StartedAt.UTC(), as.StartedAt.UTC()
	return slices.Equal(s.row(0), as.row(0))
}

// States are all syncs that the ledger knows, by name.
func (l *Ledger) States(ctx context.Context) (map[string]SyncState, error) {
	return l.states(ctx, false)
}

// StatesThere are the same with what there is of each.
func (l *Ledger) StatesThere(ctx context.Context) (map[string]SyncState, error) {
	return l.states(ctx, true)
}

func (l *Ledger) states(ctx context.Context, there bool) (map[string]SyncState, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("sync_state", map[string]any{"There": there, "Schema": l.c.State("").Schema}))
	if err != nil {
		return nil, err
	}
	out := map[string]SyncState{}
	for _, r := range rows {
		at, _ := r[5].(time.Time)
		s := SyncState{Sync: Text(r[0]), Endpoint: Text(r[1]), Baseline: Text(r[2]), Was: Text(r[3]), Retired: Uint(r[4]) != 0, StartedAt: at}
		if there {
			s.There, s.Acks, s.Jobs, s.Intents = Uint(r[6]) != 0, Uint(r[7]) != 0, Uint(r[8]) != 0, Uint(r[9]) != 0
		}
		out[s.Sync] = s
	}
	return out, nil
}

// SetState writes the state of a sync; ver orders writes, later wins.
func (l *Ledger) SetState(ctx context.Context, s SyncState, ver uint64) error {
	return l.append(ctx, "sync_state", stateColumns, []cdp.Row{s.row(ver)})
}

// TakeOver copies what holds rows of a sync back, open jobs among that, to the name that it
// has now, before its state moves there: up to then what counts is under the former name, so
// that it may be repeated. A version up to upTo is of an endpoint that the sync has left.
func (l *Ledger) TakeOver(ctx context.Context, sync, was string, upTo, ver uint64) error {
	for _, name := range []string{"foreign_move", "rejections_move", "jobs_move"} {
		if err := l.exec(ctx, name, map[string]any{"Sync": sync, "Was": was, "UpTo": upTo, "Ver": ver}); err != nil {
			return err
		}
	}
	return nil
}

// Fetch copies the same of a name from which the state of a sync moved without it. It may be
// repeated: of what is known under the name that the sync has, what stands there counts.
func (l *Ledger) Fetch(ctx context.Context, sync, was string, upTo uint64) error {
	for _, name := range []string{"foreign_fetch", "rejections_fetch"} {
		if err := l.exec(ctx, name, map[string]any{"Sync": sync, "Was": was, "UpTo": upTo}); err != nil {
			return err
		}
	}
	jobs, err := l.OpenJobs(ctx, was)
	if err != nil {
		return err
	}
	rows := make([]cdp.Row, len(jobs))
	for i, j := range jobs {
		rows[i] = cdp.Row{j.ID, sync, j.Run, j.Epoch, j.OpenedAt, "open", uint64(0), uint64(1)}
	}
	return l.append(ctx, "jobs", jobColumns, rows)
}

// Leave forgets what was copied, under the name of a lease that has no state any more; nothing
// where another has had the lease since: jobs and rejections have no versions that could tell.
func (l *Ledger) Leave(ctx context.Context, lease *Lease, ver uint64) error {
	for _, name := range []string{"foreign_leave", "rejections_leave", "jobs_leave"} {
		if err := l.exec(ctx, name, map[string]any{"Sync": lease.Name, "Epoch": lease.Epoch, "Ver": ver}); err != nil {
			return err
		}
	}
	return nil
}

// MoveState gives the name that a sync has now the state of the one that it had. Both are
// written at once: never have two names one baseline. The other is newer than what a run
// writes under the former name before that. Where another has had the lease of that name
// since nothing is written, see Look: the state is its.
func (l *Ledger) MoveState(ctx context.Context, s SyncState, lease *Lease) error {
	return l.exec(ctx, "state_move", map[string]any{
		"Sync": s.Was, "Epoch": lease.Was.Epoch, "Gone": lease.Was.Ver(2), "StartedAt": l.c.Dialect().Time(s.StartedAt),
		"Now": s.Sync, "Endpoint": s.Endpoint, "Baseline": s.Baseline, "Retired": s.row(0)[4], "Ver": lease.Ver(0),
	})
}

var stateColumns = []string{"sync", "endpoint", "baseline", "was", "retired", "started_at", "ver"}

func (s SyncState) row(ver uint64) cdp.Row {
	retired := uint64(0)
	if s.Retired {
		retired = 1
	}
	return cdp.Row{s.Sync, s.Endpoint, s.Baseline, s.Was, retired, s.StartedAt, ver}
}

// SyncRun is one run of a sync.
type SyncRun struct {
	Sync      string
	Epoch     uint64
	Run       string
	Changeset string // table; it is kept until the next run has looked at it
	First     bool
	Full      bool
	StartedAt time.Time
	Status    string // started, or the status of SEMANTICS section 6
	Rows      uint64 // desired
	Changed   uint64 // in the changeset
	Report    string // JSON
	Former    uint64 // versions up to it are of the former endpoint, while the run hands over; not recorded
}

// Started is the status of a run that has not written its end.
const Started = "started"

// LastRuns are the last runs of a sync, newest first.
func (l *Ledger) LastRuns(ctx context.Context, sync string, n int) ([]SyncRun, error) {
	return l.lastRuns(ctx, sync, n, false)
}

// LastUsual are those that came to their end and were neither first nor full: what a run is
// compared with, however many of the runs since were stopped or failed.
func (l *Ledger) LastUsual(ctx context.Context, sync string, n int) ([]SyncRun, error) {
	return l.lastRuns(ctx, sync, n, true)
}

func (l *Ledger) lastRuns(ctx context.Context, sync string, n int, usual bool) ([]SyncRun, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("sync_last", map[string]any{"Sync": sync, "Limit": n, "Usual": usual}))
	if err != nil {
		return nil, err
	}
	out := make([]SyncRun, len(rows))
	for i, r := range rows {
		out[i] = SyncRun{
			Sync: sync, Epoch: Uint(r[0]), Run: Text(r[1]), Changeset: Text(r[2]), Full: Uint(r[3]) != 0,
			Status: Text(r[4]), Rows: Uint(r[5]), Changed: Uint(r[6]), First: Uint(r[7]) != 0, Report: Text(r[9]),
		}
		out[i].StartedAt, _ = r[8].(time.Time)
	}
	return out, nil
}

// FullSince is the epoch of the first of the full runs, under names that a sync has had, since
// another run, or one that ended. A run that a guard stopped is none. 0 where the last run was
// none of them.
func (l *Ledger) FullSince(ctx context.Context, names ...string) (epoch uint64, err error) {
	row, err := One(ctx, l.w, l.c.Ledger("sync_full_since", map[string]any{"Syncs": l.quoted(names)}))
	if err != nil {
		return 0, err
	}
	return Uint(row[0]), nil
}

// DeadSince is the epoch of the first of the runs without an end since one that has one, under
// names that a sync has had; 0 for none.
func (l *Ledger) DeadSince(ctx context.Context, names ...string) (epoch uint64, err error) {
	row, err := One(ctx, l.w, l.c.Ledger("sync_dead_since", map[string]any{"Syncs": l.quoted(names)}))
	if err != nil {
		return 0, err
	}
	return Uint(row[0]), nil
}

// WriteRun records the beginning or the end of a run of a sync.
func (l *Ledger) WriteRun(ctx context.Context, r SyncRun, ver uint64) error {
	flag := func(b bool) uint64 {
		if b {
			return 1
		}
		return 0
	}
	return l.append(ctx, "sync_runs",
		[]string{"sync", "epoch", "run_id", "changeset", "first", "full", "started_at", "status", "rows", "changed", "report", "ver"},
		[]cdp.Row{{r.Sync, r.Epoch, r.Run, r.Changeset, flag(r.First), flag(r.Full), r.StartedAt, r.Status, r.Rows, r.Changed, r.Report, ver}})
}

// Recover marks the rows that a dead run may have sent as "maybe there", under a
// version of the new lease. It must run before the sync's diff. Batches count from 1:
// what the dead run wrote under version 0, before it sent anything, is no answer.
func (l *Ledger) Recover(ctx context.Context, dead SyncRun, baseline string, mapping uint32, ver uint64) error {
	since := dead.Epoch << 32
	if err := l.Fold(ctx, baseline, since); err != nil {
		return err
	}
	exists, err := l.Exists(ctx, dead.Changeset)
	if err != nil || !exists {
		return err
	}
	err = l.exec(ctx, "baseline_maybe", map[string]any{
		"Baseline": baseline, "Acks": l.c.Acks(baseline), "Changeset": dead.Changeset, "Sync": dead.Sync, "Epoch": dead.Epoch,
		"Since": since | 1, "Mapping": mapping, "Ver": ver, "Former": dead.Former,
	})
	if err != nil {
		return err
	}
	return l.Fold(ctx, baseline, since)
}

// Place is a row of a changeset, in its order.
type Place struct {
	KH    uint64
	RowID string
}

// Compare orders places.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.KH, q.KH), cmp.Compare(p.RowID, q.RowID))
}

// Intend records, before they are sent, that rows up to a position may be sent.
func (l *Ledger) Intend(ctx context.Context, sync string, epoch uint64, op cdp.Op, upTo Place, at time.Time) error {
	return l.append(ctx, "intents", []string{"sync", "epoch", "op", "kh", "row_id", "at"},
		[]cdp.Row{{sync, epoch, uint64(op), upTo.KH, upTo.RowID, at}})
}

// SweepIntents drops the intents of finished runs.
func (l *Ledger) SweepIntents(ctx context.Context, sync string, epoch uint64) error {
	return l.exec(ctx, "intents_sweep", map[string]any{"Sync": sync, "Epoch": epoch})
}

// Exists reports whether a table of the state schema is there.
func (l *Ledger) Exists(ctx context.Context, name string) (bool, error) {
	if name == "" {
		return false, nil
	}
	row, err := One(ctx, l.w, l.c.Ledger("table_exists", l.c.State(name)))
	return err == nil && Uint(row[0]) > 0, err
}

// dropped is how many tables one statement drops.
const dropped = 100

// Drop drops tables of the state schema, those that there are.
func (l *Ledger) Drop(ctx context.Context, names ...string) error {
	for some := range slices.Chunk(names, dropped) {
		if err := l.exec(ctx, "drop_tables", map[string]any{"Names": some}); err != nil {
			return err
		}
	}
	return nil
}

// stale is how old a table is at least that a dead run has left behind.
const stale = 24 * time.Hour

// Stale are the tables that the end of the next run drops, see Residue.Sweep: scratch tables, changesets that no later run
// has to look at, and tables of builds that were never published or are none of the last. What has
// no name of kith's own making is somebody else's, whatever it begins with. What a sync's last run
// works with stays until that has an end, since a delivery may take days; while a build is on, so
// does all that may be its.
func (l *Ledger) Stale(ctx context.Context) ([]string, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("tables_like", map[string]any{"Schema": l.c.State("").Schema, "Prefix": ""}))
	if err != nil {
		return nil, err
	}
	return l.stale(ctx, passing(rows))
}

func (l *Ledger) stale(ctx context.Context, old []string) ([]string, error) {
	if len(old) == 0 {
		return nil, nil
	}
	// In this order: a build that ends meanwhile is among those that are kept.
	leases, err := l.Leases(ctx, []string{TaskBuild})
	if err != nil {
		return nil, err
	}
	kept, err := All(ctx, l.w, l.c.Ledger("sweep_keep", map[string]any{"Limit": KeptBuilds}))
	if err != nil {
		return nil, err
	}
	keep, runs, builds := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range kept {
		changeset, _ := compile.TemporaryOf(Text(r[0]))
		keep[Text(r[0])], builds[Text(r[1])] = true, true
		runs[changeset.Run] = runs[changeset.Run] || Uint(r[2]) != 0
	}
	return slices.DeleteFunc(old, func(name string) bool {
		t, _ := compile.TemporaryOf(name)
		building := !leases[0].Free && (t.Build || t.Scratch)
		return keep[name] || building || t.Build && builds[t.Run] || t.Run != "" && runs[t.Run]
	}), nil
}

// passing are the tables that are of one run or one build, and older than what is left alone, of
// rows of a name and an age in seconds.
func passing(rows []cdp.Row) (old []string) {
	for _, r := range rows {
		_, ours := compile.TemporaryOf(Text(r[0]))
		if age := time.Duration(int64(Uint(r[1]))) * time.Second; ours && age >= stale {
			old = append(old, Text(r[0]))
		}
	}
	return old
}

// Tables are the names of all tables of the state schema.
func (l *Ledger) Tables(ctx context.Context) (map[string]bool, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("tables_ready", map[string]any{"Schema": l.c.State("").Schema}))
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[Text(r[0])] = true
	}
	return out, nil
}
