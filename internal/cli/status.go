package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// syncStatus is a sync as `status --json` prints it.
type syncStatus struct {
	Sync     string     `json:"sync"`
	State    string     `json:"state"`  // active, disabled, never_run, orphan, retired
	Status   string     `json:"status"` // of the last run; "" before the first
	Run      string     `json:"run_id,omitempty"`
	LastRun  *time.Time `json:"last_run,omitempty"`
	Endpoint string     `json:"endpoint,omitempty"`
	Rows     uint64     `json:"rows"` // at the destination
	Held     uint64     `json:"held"` // of the last run, rejected rows that wait among them
	NextTry  *time.Time `json:"next_try,omitempty"`
	Running  string     `json:"running,omitempty"` // who runs it now

	Plan     string            `json:"plan_id,omitempty"` // that a guard stopped last: what `kith approve` takes
	Error    string            `json:"error,omitempty"`   // why the last run did not succeed
	Help     string            `json:"help,omitempty"`
	Codes    map[string]uint64 `json:"codes,omitempty"` // why rows of the last run were not delivered
	Rejected uint64            `json:"rejected"`        // rows that wait because the destination refused them
	Remote   uint64            `json:"rejected_remote"` // rows of the last run that the vendor refused and did not name
	Left     map[string]uint64 `json:"left,omitempty"`  // rows that the last run has left to the next, by fate
	schedule

	was string // the name under which the ledger has it, until its state moves to the one that it has now
}

// schedule is where a task stands with the daemon.
type schedule struct {
	Schedule string     `json:"schedule,omitempty"` // in words
	NextDue  *time.Time `json:"next_due,omitempty"`
	Overdue  bool       `json:"overdue,omitempty"` // it was due, and no daemon has served it; or a run waits, and no process is at it
	Behind   string     `json:"behind,omitempty"`  // what it waits for, when it is overdue and somebody serves it
	Paused   *pausedAt  `json:"paused,omitempty"`
	Waiting  string     `json:"waiting,omitempty"` // a sentence about a run that is asked for, on, or to be gone on with
	Troubles []trouble  `json:"troubles,omitempty"`
}

// pausedAt is since when, and why.
type pausedAt struct {
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"`
}

// trouble is an episode that is not over.
type trouble struct {
	Kind  string    `json:"kind"`
	Since time.Time `json:"since"`
	Text  string    `json:"text"`

	Untold []string `json:"untold,omitempty"` // places that have not heard of it
}

// statusDocument is what `status --json` prints, and what the daemon serves.
type statusDocument struct {
	Target string       `json:"target"`
	Syncs  []syncStatus `json:"syncs"`
	Build  schedule     `json:"build"`
}

// The states of a sync.
const (
	stateActive   = "active"
	stateDisabled = "disabled"
	stateNever    = "never_run"
	stateOrphan   = "orphan"
	stateRetired  = "retired"
)

func (a *app) statusCommand() *cobra.Command {
	var sel selection
	all := false
	c := &cobra.Command{
		Use:   "status",
		Short: "Show where every sync stands",
		Example: `  kith status                        last run, rows at the destination, what is held
  kith status --select 'crm_*' --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.showStatus(&sel, all) },
	}
	sel.flags(c, "syncs")
	c.Flags().BoolVar(&all, "all", false, "also retired syncs")
	return c
}

func (a *app) showStatus(sel *selection, all bool) error {
	return a.with(func(s *session) error {
		doc, err := a.statusDocument(a.soft, s, all)
		if err != nil {
			return err
		}
		list := doc.Syncs
		if !sel.empty() {
			if list, err = selectStatus(sel, s, list); err != nil {
				return err
			}
		}
		doc.Syncs = list
		if a.json {
			return a.printJSON(doc)
		}
		a.printStatus(doc)
		return nil
	})
}

// statusDocument is where everything stands; with retired, also syncs that are.
func (a *app) statusDocument(ctx context.Context, s *session, retired bool) (statusDocument, error) {
	doc := statusDocument{Target: s.project.Target.Name}
	var err error
	if doc.Syncs, err = a.statuses(ctx, s); err != nil {
		return doc, err
	}
	doc.Syncs = slices.DeleteFunc(doc.Syncs, func(x syncStatus) bool { return x.State == stateRetired && !retired })
	forecasts, err := daemon.Forecasts(ctx, s.engine.Ledger, s.project, time.Now())
	if err != nil {
		return doc, err
	}
	doc.Build = scheduleOf(forecasts[ledger.TaskBuild], s.project.Alerts)
	for i := range doc.Syncs {
		var alerts *cdp.Alerts
		if x := s.project.SyncOf(doc.Syncs[i].Sync); x != nil {
			alerts = x.Alerts
		}
		doc.Syncs[i].schedule = scheduleOf(forecasts[ledger.TaskOf(doc.Syncs[i].Sync)], alerts)
	}
	if err := fillEnded(ctx, s.engine, &doc, forecasts); err != nil {
		return doc, err
	}
	for i := range doc.Syncs {
		if err := fillStopped(ctx, s.engine, &doc.Syncs[i]); err != nil {
			return doc, err
		}
	}
	return doc, nil
}

func scheduleOf(f daemon.Forecast, alerts *cdp.Alerts) schedule {
	out := schedule{Schedule: scheduleText(f.Schedule), Overdue: f.Overdue, Behind: f.Behind}
	if f.Pause.Paused {
		out.Paused = &pausedAt{f.Pause.Since, f.Pause.Reason}
	} else if !f.Next.IsZero() {
		out.NextDue = &f.Next
	}
	if f.Open != nil {
		out.Waiting = waitingText(f.Open)
	}
	for _, e := range f.Troubles {
		out.Troubles = append(out.Troubles, trouble{Kind: e.Kind, Since: e.Since, Text: e.Note, Untold: untold(alerts, e.Told, strings.Split(e.Reached, ","))})
	}
	return out
}

// waitingText says where a run is that has not come to its end.
func waitingText(f *ledger.Firing) string {
	text := "a run has begun"
	switch {
	case f.State == ledger.Queued:
		text = "a run is asked for"
	case f.Status == daemon.Suspended:
		return "a run goes on when its hours begin again"
	case f.Status != "":
		text = "a run was " + f.Status + ", and is to go on"
	}
	if f.Note != "" {
		text += ": " + f.Note
	}
	return text
}

func selectStatus(sel *selection, s *session, list []syncStatus) ([]syncStatus, error) {
	tags := tagsOf(s.project)
	items := make([]item, len(list))
	for i, x := range list {
		items[i] = item{x.Sync, tags["sync "+x.Sync]}
	}
	chosen, err := sel.choose("sync", items)
	if err != nil {
		return nil, err
	}
	out := make([]syncStatus, len(chosen))
	for i, at := range chosen {
		out[i] = list[at]
	}
	return out, nil
}

// statuses are the syncs of the project in its order, then those that only the
// ledger knows.
func (a *app) statuses(ctx context.Context, s *session) ([]syncStatus, error) {
	l := s.engine.Ledger
	states, err := l.States(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := l.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	list := []syncStatus{}
	for _, x := range slices.Concat(s.project.Syncs, s.project.Paused) {
		st := syncStatus{Sync: x.Name, State: stateActive}
		state, known := states[x.Name]
		if had, moves := engine.Former(states, x); moves && s.project.SyncOf(x.Was) == x {
			state, known, st.was = had, true, x.Was
		}
		switch {
		case x.Disabled:
			st.State = stateDisabled
		case !known:
			st.State = stateNever
		}
		if err := fillStatus(ctx, l, &st, state, waiting[st.known()]); err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	var rest []syncStatus
	for name, state := range states {
		st := syncStatus{Sync: name, State: stateOrphan}
		switch {
		case slices.ContainsFunc(list, func(x syncStatus) bool { return x.Sync == name }):
			continue
		case state.Retired:
			st.State = stateRetired
		case s.project.SyncOf(name) != nil:
			continue
		}
		if err := fillStatus(ctx, l, &st, state, waiting[name]); err != nil {
			return nil, err
		}
		rest = append(rest, st)
	}
	slices.SortFunc(rest, func(x, y syncStatus) int {
		if x.Sync < y.Sync {
			return -1
		}
		return 1
	})
	return append(list, rest...), nil
}

// known is the name under which the ledger has a sync.
func (st *syncStatus) known() string { return cmp.Or(st.was, st.Sync) }

// fillStatus adds what the ledger knows.
func fillStatus(ctx context.Context, l *ledger.Ledger, st *syncStatus, state ledger.SyncState, w ledger.Waiting) error {
	st.Endpoint = shown(state.Target())
	runs, err := l.LastRuns(ctx, st.known(), 1)
	if err != nil {
		return err
	}
	if len(runs) > 0 {
		run := runs[0]
		st.Status, st.Run, st.LastRun = run.Status, run.Run, &run.StartedAt
		var report engine.SyncReport
		if json.Unmarshal([]byte(shown(run.Report)), &report) == nil {
			st.Held, st.Plan, st.Error, st.Help, st.Codes, st.Remote = report.Held, report.Plan, report.Error, report.Help, report.Codes, report.Remote
			w = wanted(w, run, &report)
			st.Left = map[string]uint64{"rejected": report.Rejected, "held": report.Held, "deferred": report.Deferred, "pending": report.Pending, "unknown": report.Unknown}
			maps.DeleteFunc(st.Left, func(_ string, n uint64) bool { return n == 0 })
		}
		if run.Status == ledger.Started {
			if err := fillRunning(ctx, l, st); err != nil {
				return err
			}
		}
	}
	if w.Rows > 0 {
		st.Held, st.Rejected = max(st.Held, w.Rows), w.Rows
	}
	if w.Rows > 0 && !w.Next.IsZero() {
		st.NextTry = &w.Next
	}
	st.Rows, _, err = l.BaselineRows(ctx, state.Baseline)
	return err
}

// wanted are those of the rejected rows that the last run found to be wanted still, if it came to its
// end: it has tried them, or left them until later. Of the others the ledger goes on to have what
// was refused, and which is next of those that are wanted cannot be told where one of them is.
func wanted(w ledger.Waiting, run ledger.SyncRun, report *engine.SyncReport) ledger.Waiting {
	if run.Status != string(engine.Succeeded) && run.Status != string(engine.Partial) {
		return w
	}
	if n := report.Rejected + report.Codes[string(cdp.Backoff)] + report.Codes[string(cdp.Unconfirmed)]; n < w.Rows {
		w.Rows = n
	}
	if !w.Next.After(run.StartedAt) {
		w.Next = time.Time{}
	}
	return w
}

// fillRunning tells a run that goes on from one that died.
func fillRunning(ctx context.Context, l *ledger.Ledger, st *syncStatus) error {
	leases, err := l.Leases(ctx, []string{st.known()})
	if err != nil {
		return err
	}
	st.Status = "died"
	if !leases[0].Free {
		st.Status, st.Running = "running", leases[0].Holder.String()
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// when is a moment for people, in UTC.
func (a *app) when(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
