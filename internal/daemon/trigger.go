package daemon

import (
	"context"
	"fmt"
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

// Ask queues a run of each task: "build", or the name of a sync. When it returns
// without an error the runs will happen, whatever becomes of this process: some
// daemon of the project finds them in the ledger. Hours and pauses do not hold for
// what a person asks.
func (d *Daemon) Ask(ctx context.Context, names []string) ([]Asked, error) {
	s, done := d.use()
	defer done()
	var list []Asked
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
		list = append(list, Asked{task, d.momentOfAsking()})
	}
	for _, a := range list {
		f := ledger.Firing{Task: a.Task, Tick: a.At, Kind: ledger.ByPerson, State: ledger.Queued, At: a.At}
		if err := s.Engine.Ledger.WriteFiring(ctx, f, 0); err != nil {
			return nil, err
		}
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
