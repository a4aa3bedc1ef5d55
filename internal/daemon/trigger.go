package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// UnknownError names a sync that the project does not have.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return fmt.Sprintf("there is no sync %q", e.Name) }

// Asked is a run that somebody asked for.
type Asked struct {
	Task string
	At   time.Time // names the firing within its task
}

// Ask queues a run of each task: "build", or the name of a sync; one that is named twice
// is asked for once. When it returns without an error the runs will happen, whatever
// becomes of this process: some daemon of the project finds them in the ledger. One run
// serves all that was asked for of a task before it began. Hours and pauses do not hold
// for what a person asks.
func (d *Daemon) Ask(ctx context.Context, names []string) ([]Asked, error) {
	s, done := d.use()
	defer done()
	var list []Asked
	var firings []ledger.Firing
	for _, name := range names {
		task := ledger.TaskOf(name)
		if name == ledger.TaskBuild {
			if _, ok := d.copyOf(task); !ok {
				task = ledger.TaskBuild
			}
		}
		if _, ok := d.copyOf(task); !ok {
			return nil, &UnknownError{name}
		}
		if slices.ContainsFunc(list, func(a Asked) bool { return a.Task == task }) {
			continue
		}
		at := d.momentOfAsking()
		list = append(list, Asked{task, at})
		firings = append(firings, ledger.Firing{Task: task, Tick: at, Kind: ledger.ByPerson, State: ledger.Queued, At: at})
	}
	if err := s.Engine.Ledger.WriteFirings(ctx, firings, 0); err != nil {
		return nil, err
	}
	d.set(func() { d.readAt = time.Time{} })
	d.poke()
	return list, nil
}

// momentOfAsking is now, and never the same twice in this process.
func (d *Daemon) momentOfAsking() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.Clock.Now().Truncate(time.Millisecond)
	if !at.After(d.asked) {
		at = d.asked.Add(time.Millisecond)
	}
	d.asked = at
	return at
}

// gather takes along what else was asked for of the task, as it was known under the lease: the run
// that is about to begin began after all of it, and ends it. What is asked for later is not.
func (w *work) gather() {
	w.along = nil
	if w.firing.Kind != ledger.ByPerson {
		return
	}
	for _, f := range w.t.known.Open {
		if f.State == ledger.Queued && f.Kind == ledger.ByPerson && !f.Tick.Equal(w.firing.Tick) {
			w.along = append(w.along, f)
			w.need = later(w.need, f.Tick)
		}
	}
}

// written is what is to be written of the firing as it is now: when it has ended, those that its
// run served have ended with it.
func (w *work) written() []ledger.Firing {
	list := []ledger.Firing{w.firing}
	if w.firing.State != ledger.Done {
		return list
	}
	for _, f := range w.along {
		f.State, f.Status, f.Run, f.Attempt, f.Note, f.At = w.firing.State, w.firing.Status, w.firing.Run, w.firing.Attempt, w.firing.Note, w.firing.At
		list = append(list, f)
	}
	return list
}
