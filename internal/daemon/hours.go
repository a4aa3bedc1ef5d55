package daemon

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// Suspended is the status of a claimed firing of a run whose hours are over; it goes on when they begin again.
const Suspended = "suspended"

// within ends the context when the hours of the schedule do; a run that a person
// asked for has none.
func (w *work) within(ctx context.Context, now time.Time) (context.Context, func()) {
	soft, cancel := context.WithCancelCause(ctx)
	closes := w.t.schedule.Closes(now)
	if closes.IsZero() || w.firing.Kind == ledger.ByPerson {
		return soft, func() { cancel(nil) }
	}
	done := make(chan struct{})
	go func() { // ends with the run
		defer close(done)
		for now := w.d.Clock.Now(); now.Before(closes); now = w.d.Clock.Now() {
			if w.d.Clock.Sleep(soft, min(closes.Sub(now), w.d.Times.Nap)) != nil {
				return
			}
		}
		cancel(engine.ErrHours)
	}()
	return soft, func() { cancel(nil); <-done }
}

func (w *work) outOfHours() bool {
	return w.firing.Kind != ledger.ByPerson && !w.t.schedule.Open(w.d.Clock.Now())
}
