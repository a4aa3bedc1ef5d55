package daemon

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Forecast is where a task stands, as far as the ledger knows: for whoever asks
// without being the daemon.
type Forecast struct {
	Task     string
	Schedule *cdp.Schedule // nil: it runs when it is needed or asked for
	Served   bool          // a daemon has met its schedule
	Next     time.Time     // when it is due next by its cron; in the past: it is overdue
	Pause    ledger.Pause
	Last     *ledger.Firing   // the last that ended
	Open     *ledger.Firing   // one that is asked for, on, or to be gone on with
	Troubles []ledger.Episode // that people were told of, or will be
}

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
	out := map[string]Forecast{}
	for _, t := range tasksOf(p) {
		anchor, served := anchors[t.name]
		t.anchor, t.known, t.pause = anchor.From, known[t.name], t.pauseOf(pauses)
		if !served || anchor.Spec != t.spec() {
			t.anchor, served = now, false
		}
		f := Forecast{Task: t.name, Schedule: t.schedule, Served: served, Pause: t.pause, Next: t.next()}
		if list := last[t.name]; len(list) > 0 {
			f.Last = &list[0]
		}
		if len(t.known.Open) > 0 {
			f.Open = &t.known.Open[0]
		}
		for _, e := range episodes {
			if e.Task == t.name && e.Open {
				f.Troubles = append(f.Troubles, e)
			}
		}
		out[t.name] = f
	}
	return out, nil
}

// Pause pauses tasks, or lets them go on, from a moment on. Ticks in between are
// not made up for.
func Pause(ctx context.Context, l *ledger.Ledger, tasks []string, p ledger.Pause) error {
	for _, name := range tasks {
		if err := l.SetPause(ctx, name, p); err != nil {
			return err
		}
	}
	return nil
}
