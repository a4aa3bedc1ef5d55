package engine

import (
	"context"
	"errors"

	"github.com/kithdata/kith/internal/cdp"
)

// ask makes calls that write no rows, in f, and makes them again when the destination is
// busy, is not reached or gives no answer: a question may be asked again whatever became of
// it. most bounds how often. count, unless nil, is told of every try. Nothing is asked under a
// lease that may be lost: what a destination has may then be of the run that took over.
func (d *delivery) ask(ctx, hard context.Context, calls, most int, f func(context.Context) error, count func(made, tries int)) error {
	for tries := 1; ; tries++ {
		made, called, err := d.lane.Call(ctx, hard, calls, func(ctx context.Context) error {
			if err := d.held(); err != nil { // looked at last: the wait for a rate may have been long
				return err
			}
			return f(ctx)
		})
		if !called || errors.Is(err, ErrLeaseLost) {
			return err
		}
		if count != nil {
			count(made, tries)
		}
		var (
			throttled *cdp.Throttled
			refused   *cdp.Refused
			fatal     *cdp.Fatal
		)
		if err == nil || errors.As(err, &refused) || errors.As(err, &fatal) {
			return err
		}
		wait := d.backoff(tries, 0)
		if errors.As(err, &throttled) {
			wait = d.backoff(tries, throttled.After)
			if throttled.Code == cdp.RateLimited {
				if over := d.lane.Told(wait, d.maxWait(), throttled.Reason); over != nil {
					return over
				}
			}
		}
		if tries > most || wait > d.maxWait() {
			return err
		}
		if err := d.e.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}
