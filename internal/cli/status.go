package cli

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/spf13/cobra"

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
	Held     uint64     `json:"held"` // of the last run, and rejected rows that wait
	NextTry  *time.Time `json:"next_try,omitempty"`
	Running  string     `json:"running,omitempty"` // who runs it now
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
		list, err := a.statuses(a.soft, s)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(x syncStatus) bool { return x.State == stateRetired && !all })
		if !sel.empty() {
			if list, err = selectStatus(sel, s, list); err != nil {
				return err
			}
		}
		if a.json {
			return a.printJSON(map[string]any{"target": s.project.Target.Name, "syncs": list})
		}
		a.printStatus(list)
		return nil
	})
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
	was := map[string]bool{}
	for _, x := range s.project.Syncs {
		was[x.Was] = true
		st := syncStatus{Sync: x.Name, State: stateActive}
		state, known := states[x.Name]
		switch {
		case x.Disabled:
			st.State = stateDisabled
		case !known:
			st.State = stateNever
		}
		if err := fillStatus(ctx, l, &st, state, waiting[x.Name]); err != nil {
			return nil, err
		}
		delete(states, x.Name)
		list = append(list, st)
	}
	for _, name := range s.project.Paused {
		st := syncStatus{Sync: name, State: stateDisabled}
		if err := fillStatus(ctx, l, &st, states[name], waiting[name]); err != nil {
			return nil, err
		}
		delete(states, name)
		list = append(list, st)
	}
	var rest []syncStatus
	for name, state := range states {
		st := syncStatus{Sync: name, State: stateOrphan}
		switch {
		case state.Retired:
			st.State = stateRetired
		case was[name]:
			continue // the sync that says `was` takes it over
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

// fillStatus adds what the ledger knows.
func fillStatus(ctx context.Context, l *ledger.Ledger, st *syncStatus, state ledger.SyncState, w ledger.Waiting) error {
	st.Endpoint = state.Endpoint
	runs, err := l.LastRuns(ctx, st.Sync, 1)
	if err != nil {
		return err
	}
	if len(runs) > 0 {
		run := runs[0]
		st.Status, st.Run, st.LastRun = run.Status, run.Run, &run.StartedAt
		var report engine.SyncReport
		if json.Unmarshal([]byte(run.Report), &report) == nil {
			st.Held = report.Held
		}
		if run.Status == ledger.Started {
			if err := fillRunning(ctx, l, st); err != nil {
				return err
			}
		}
	}
	if w.Rows > 0 {
		st.Held, st.NextTry = max(st.Held, w.Rows), &w.Next
	}
	st.Rows, _, err = l.BaselineRows(ctx, state.Baseline)
	return err
}

// fillRunning tells a run that goes on from one that died.
func fillRunning(ctx context.Context, l *ledger.Ledger, st *syncStatus) error {
	leases, err := l.Leases(ctx, []string{st.Sync})
	if err != nil {
		return err
	}
	st.Status = "died"
	if !leases[0].Free {
		st.Status, st.Running = "running", leases[0].Holder.String()
	}
	return nil
}

func (a *app) printStatus(list []syncStatus) {
	if len(list) == 0 {
		a.out.printf("the project has no sync\n")
		return
	}
	rows := make([][]string, len(list))
	var orphans []string
	for i, x := range list {
		status := x.Status
		if x.State != stateActive {
			status = x.State
		}
		rows[i] = []string{x.Sync, status, a.when(x.LastRun), number(x.Rows), number(x.Held), a.when(x.NextTry), orDash(x.Endpoint)}
		if x.State == stateOrphan {
			orphans = append(orphans, x.Sync)
		}
	}
	a.out.table([]string{"SYNC", "STATUS", "LAST RUN", "ROWS>", "HELD>", "NEXT TRY", "ENDPOINT"}, rows)
	if len(orphans) > 0 {
		a.out.printf("\norphans: %s are in the ledger and not in the project; `kith retire %s` forgets them\n", shorten(orphans), orphans[0])
	}
	if slices.ContainsFunc(list, func(x syncStatus) bool { return x.NextTry != nil }) {
		a.out.printf("\nnext: `kith log --rejected` shows the rejected rows\n")
	}
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
