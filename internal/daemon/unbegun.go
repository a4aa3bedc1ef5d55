package daemon

import (
	"context"
	"errors"

	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// refused ends a firing whose run the engine did not begin: it would read too much, or
// a statement is wrong. Nothing else has a word of it.
func (w *work) refused(ctx, soft, hard context.Context, err error) outcome {
	var blocked *engine.BlockedError
	status, why := engine.Failed, err.Error()
	switch {
	case soft.Err() != nil:
		return w.stopped(hard)
	case momentary(ctx, err) != nil:
		return w.again(hard, err)
	case errors.As(err, &blocked):
		status, why = engine.Blocked, blocked.Text+"; "+blocked.Help
	}
	if err := w.s.Engine.Note(hard, w.request(), status, why); err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	return w.end(hard, string(status), why)
}

// again leaves a firing claimed whose run could not begin for a reason of the moment, and
// writes the reason, where it can be written. Each time is an attempt.
func (w *work) again(hard context.Context, err error) outcome {
	if w.firing.State == ledger.Claimed {
		w.firing.Note = err.Error()
		if noteErr := w.write(hard); noteErr != nil {
			w.d.Log.WarnContext(hard, "why a run has not begun is not recorded", "task", w.t.name, "err", noteErr)
		}
	}
	return outcome{patient: w.d.Times.Retry << min(w.firing.Attempt, maxAttempts), err: err}
}

// momentary keeps an error of the moment: nobody is there to answer, or to ask.
func momentary(ctx context.Context, err error) error {
	if ctx.Err() != nil || engine.Transient(err) {
		return err
	}
	return nil
}
