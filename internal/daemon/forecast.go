package daemon

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// Forecast is where a task stands, as far as the ledger knows: for whoever asks
// without being the daemon.
type Forecast struct {
	Task     string
	Schedule *cdp.Schedule // nil: it runs when it is needed or asked for
	Served   bool          // a daemon has met its schedule
	Next     time.Time     // when it is due next by its cron, or a run goes on whose hours are over; in the past: it is overdue
	Overdue  bool          // it was due, and nothing has begun it; or something is open, and no process is at it
	Behind   string        // why it is overdue although somebody serves it; "" when nobody seems to
	Pause    ledger.Pause
	Last     *ledger.Firing   // the last that ended
	Open     *ledger.Firing   // one that is asked for, on, or to be gone on with
	Troubles []ledger.Episode // that people were told of, or will be, but those that a run by hand has ended
}

// overdueAfter is how long after a tick a daemon that is there has begun.
const overdueAfter = 2 * time.Minute

// Forecasts are where the tasks of a project stand, by name.
func Forecasts(ctx context.Context, l *ledger.Ledger, p *cdp.Project, now time.Time) (map[string]Forecast, error) {
	anchors, err := l.Anchors(ctx)
	if err != nil {
		return nil, err
	}
	known, err := l.Tasks(ctx, "")
	if err != nil {
		return nil, err
	}
	last, err := l.LastFirings(ctx, "", 1)
	if err != nil {
		return nil, err
	}
	pauses, err := l.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	episodes, err := l.Episodes(ctx, "")
	if err != nil {
		return nil, err
	}
	out, tasks := map[string]Forecast{}, []*task{}
	for _, t := range tasksOf(p) {
		anchor, served := anchors[t.name]
		if !served {
			anchor, served = anchors[t.former()]
		}
		t.anchor, t.known, t.pause = anchor.From, t.knownOf(known), t.pauseOf(pauses)
		if !served || anchor.Spec != t.spec() {
			t.anchor, served = now, false
		}
		f := Forecast{Task: t.name, Schedule: t.schedule, Served: served, Pause: t.pause, Next: t.next(now)}
		if list := append(last[t.name], last[t.former()]...); len(list) > 0 {
			f.Last = &list[0]
		}
		if len(t.known.Open) > 0 {
			f.Open = &t.known.Open[0]
		}
		f.Overdue = f.Open == nil && !t.pause.Paused && !f.Next.IsZero() && !t.schedule.Gated() && now.Sub(f.Next) > overdueAfter || t.unattended(now)
		if f.Troubles, err = t.standing(ctx, l, f.Last, t.troublesOf(episodes)); err != nil {
			return nil, err
		}
		out[t.name] = f
		tasks = append(tasks, t)
	}
	return out, behind(ctx, l, tasks, out)
}

// unattended reports that something is open of a task for longer than a daemon that is there
// leaves it so: as far as its firings tell, for who is at it has the task's lease. What is not
// to go on now is not: see resumption.
func (t *task) unattended(now time.Time) bool {
	return slices.ContainsFunc(t.known.Open, func(f ledger.Firing) bool {
		wait, since := overdueAfter, f.At
		if f.State == ledger.Claimed && f.Status == string(engine.Interrupted) {
			wait += engine.LongestPause // of its destination
		}
		if f.Kind != ledger.ByPerson {
			if t.pause.Paused && f.Kind != ledger.ByNeed || !t.schedule.Open(now) || !t.schedule.Open(now.Add(-wait)) {
				return false
			}
			since = later(since, t.resumed())
		}
		return now.Sub(since) > wait
	})
}

// troublesOf are the open episodes of a task, and those under the name that its sync had which
// nobody has taken over.
func (t *task) troublesOf(all []ledger.Episode) (out []ledger.Episode) {
	for _, name := range []string{t.name, t.former()} {
		for _, e := range all {
			had := slices.ContainsFunc(all, func(x ledger.Episode) bool { return x.Task == t.name && x.Kind == e.Kind })
			if e.Task == name && e.Open && (name == t.name || !had) {
				out = append(out, e)
			}
		}
	}
	return out
}

// behind fills in what overdue tasks wait for: those of which somebody has the lease are not.
// It asks for leases only when there are some.
func behind(ctx context.Context, l *ledger.Ledger, tasks []*task, out map[string]Forecast) error {
	overdue := slices.DeleteFunc(slices.Clone(tasks), func(t *task) bool { return !out[t.name].Overdue })
	if len(overdue) == 0 {
		return nil
	}
	on := []string{}
	for _, t := range tasks {
		f := out[t.name]
		if f.Open == nil {
			continue
		}
		names := []string{t.lease()}
		if former := t.former(); former != "" {
			names = append(names, (&task{name: former}).lease())
		}
		leases, err := l.Leases(ctx, names)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(leases, func(i ledger.LeaseInfo) bool { return !i.Free }) {
			on = append(on, t.name)
			f.Overdue = false
			out[t.name] = f
		}
	}
	for _, t := range overdue {
		if !out[t.name].Overdue {
			continue
		}
		leases, err := l.Leases(ctx, []string{t.runLease()})
		if err != nil {
			return err
		}
		f := out[t.name]
		f.Behind = strings.Join(on, ", ")
		if !leases[0].Free {
			f.Behind = "a run by hand (" + leases[0].Holder.String() + ")"
		}
		out[t.name] = f
	}
	return nil
}

// Pause pauses tasks of a project, or lets those go on that are paused, from a moment on; it
// returns which. Ticks in between are not made up for; those of a task that was not paused are.
func Pause(ctx context.Context, l *ledger.Ledger, p *cdp.Project, names []string, to ledger.Pause) (set []string, err error) {
	on := map[string]bool{}
	if !to.Paused {
		pauses, err := l.Pauses(ctx)
		if err != nil {
			return nil, err
		}
		for name, pause := range pauses {
			on[name] = pause.Paused
		}
		for _, t := range tasksOf(p) {
			on[t.name] = t.pauseOf(pauses).Paused
		}
	}
	for _, name := range names {
		if !to.Paused && !on[name] {
			continue
		}
		if err := l.SetPause(ctx, name, to); err != nil {
			return set, err
		}
		set = append(set, name)
	}
	return set, nil
}
