package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
)

// ErrLeaseLost ends a run that may no longer push.
var ErrLeaseLost = errors.New("the lease may be lost")

// DownError ends a sync whose destination does not answer.
type DownError struct {
	Destination, Reason string
	Until               time.Time // syncs to it are paused
}

func (e *DownError) Error() string {
	return fmt.Sprintf("destination %s does not answer (%s): the rest is left to the next run", e.Destination, e.Reason)
}

// push sends a batch until every row has its fate: it waits for the rate, repeats
// what is deferred or unknown, and splits what is refused as a whole.
func (d *delivery) push(soft, hard context.Context, b cdp.Batch) (answers, error) {
	rows, acks := d.sendable(b)
	unsent := len(acks)
	if b.Rows = rows; len(b.Rows) == 0 {
		return answers{acks: acks, moot: true}, nil
	}
	todo := []cdp.Batch{b}
	tries, free := 0, 0 // and how many of them are not counted
	var wait time.Duration
	var last []cdp.Result  // the answers so far for todo when it is to be repeated
	var tried []ledger.Ack // the same, for the log once it is
	doubt := false         // no answer to a try says that it was not applied: a later refusal to take the rows says nothing about that one
	silent := false        // the last call got no answer
	moot := false          // the last row says nothing of the destination
	iso := newIsolation(len(b.Rows))
	ended := func(more []ledger.Ack) answers {
		return answers{acks: append(acks, more...), unsent: unsent, silent: silent && !iso.lives, moot: moot}
	}
	for len(todo) > 0 {
		cur := todo[len(todo)-1]
		if wait > 0 {
			if err := d.e.Clock.Sleep(soft, wait); err != nil {
				return ended(d.giveUp(todo, last, tries, doubt)), nil
			}
			wait = 0
		}
		results, called, err := d.call(soft, hard, cur, tries)
		if !called {
			return ended(d.giveUp(todo, last, tries, doubt)), rate.Limited(err)
		}
		if silent = unheard(cur, results, err); !silent {
			d.hear()
		}
		if len(tried) > 0 {
			d.acks <- flush{tried: tried}
		}
		if tries++; tries == 1 && unsent == 0 && len(cur.Rows) == len(b.Rows) && plain(cur, results, err) {
			return answers{whole: &cur}, nil
		}
		next, out := d.decide(cur, results, err, tries-free)
		if tries > 1 && free < mostFree && progress(cur, next, out) {
			free++
		}
		if out.fatal != nil {
			// Rows that were not applied simply still differ.
			if !doubt {
				todo = nil
			}
			return ended(d.allUnknown(todo, tries)), out.fatal
		}
		if out.failed != nil {
			next, out = d.isolate(iso, cur, next, out, tries)
		}
		answered := doubted(d.acksOf(cur, out.final, tries), doubt)
		if moot = out.moot; out.alone {
			answered[0].Alone = true
		}
		doubt = doubt || out.doubt
		if pending(answered) {
			// A job is in the ledger at once: a death would lose whom to ask.
			if err := d.hand(hard, answers{acks: answered}); err != nil {
				return ended(nil), err
			}
			if err := d.judge(answers{acks: answered}); err != nil {
				return ended(nil), err
			}
			answered = nil
		}
		acks = append(acks, answered...)
		if todo = todo[:len(todo)-1]; out.apart { // the other half shows more than a part of this one
			todo = append(next, todo...)
		} else {
			todo = append(todo, next...)
		}
		if out.stop {
			return ended(d.allUnknown(todo, tries)), nil
		}
		if out.over != nil {
			return ended(d.giveUp(todo, out.last, tries, doubt)), out.over
		}
		wait, last, tried = out.wait, out.last, nil
		switch {
		case len(last) > 0:
			tried = d.acksOf(next[0], pointers(last), tries)
			continue
		case out.apart:
			tried = d.acksOf(cur, slices.Repeat([]*cdp.Result{out.failed}, len(cur.Rows)), tries)
		}
		tries, free = 0, 0 // of what comes next
	}
	return ended(nil), nil
}

// mostFree is how many repeats of a batch are not counted because they settle rows of it.
const mostFree = 100

// progress reports whether a call settled some rows of a batch, and nobody asks for a pause
// before the others go again.
func progress(b cdp.Batch, next []cdp.Batch, v verdict) bool {
	return len(v.last) > 0 && len(v.last) < len(b.Rows) && len(next) == 1 &&
		!slices.ContainsFunc(v.last, func(r cdp.Result) bool { return r.After > 0 || r.Code == cdp.RateLimited })
}

// unheard reports whether a call got no answer about its rows, nor one that holds them back for
// their rate: the destination may not be there.
func unheard(b cdp.Batch, results []cdp.Result, err error) bool {
	var (
		refused   *cdp.Refused
		throttled *cdp.Throttled
		fatal     *cdp.Fatal
	)
	switch {
	case err == nil, tookSome(b, results), errors.As(err, &refused), errors.As(err, &fatal):
		return false
	case errors.As(err, &throttled):
		return throttled.Code != cdp.RateLimited
	}
	return true
}

func pointers(list []cdp.Result) []*cdp.Result {
	out := make([]*cdp.Result, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// pending says that rows are in a job of the vendor.
func pending(acks []ledger.Ack) bool {
	for _, a := range acks {
		if a.Result.Fate == cdp.Pending {
			return true
		}
	}
	return false
}

var noAnswer = cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: "no answer to an earlier try says what became of it"}

// doubted makes unknown of deferred rows when no answer to an earlier try says what became of it.
func doubted(acks []ledger.Ack, doubt bool) []ledger.Ack {
	for i := range acks {
		acks[i].Doubt = doubt
		if doubt && acks[i].Result.Fate == cdp.Deferred {
			acks[i].Result = noAnswer
		}
	}
	return acks
}

// call is one call of the destination, when the rate allows it and under a deadline
// of its own; called is false when the wait for it was ended.
func (d *delivery) call(soft, hard context.Context, b cdp.Batch, tries int) (results []cdp.Result, called bool, err error) {
	var took time.Duration
	lane, calls := d.way(b)
	made, called, err := lane.Call(soft, hard, calls, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, timeout(d.limits))
		defer cancel()
		if err := d.held(); err != nil { // looked at last: the wait for a rate may have been long
			return err
		}
		if err := d.ackFirst(hard, b); err != nil {
			return err
		}
		d.e.fail("before push")
		var err error
		begun := d.e.Clock.Now()
		results, err = d.dest.Push(ctx, b)
		took = d.e.Clock.Now().Sub(begun)
		d.e.fail("after push")
		return err
	})
	if called {
		d.report.addPush(took, made)
		d.report.addRequests(uint64(made), uint64(min(tries, 1)), 0)
	}
	return results, called, err
}

// held is the error of a holder that may have lost its lease; a plan has none to lose.
func (d *delivery) held() error {
	if d.alive == nil {
		return nil
	}
	return held(d.alive)
}

func held(alive func() bool) error {
	if alive() {
		return nil
	}
	return fmt.Errorf("%w: no heartbeat could be written for a while; another process may have taken over", ErrLeaseLost)
}

// sendable takes out the rows that cannot be sent: too large for the destination,
// or half of a move whose other half failed.
func (d *delivery) sendable(b cdp.Batch) (rows []cdp.Delta, acks []ledger.Ack) {
	if d.all(b) {
		return b.Rows, nil
	}
	rows = b.Rows[:0:0]
	for _, r := range b.Rows {
		switch {
		case d.limits.RowBytes > 0 && len(r.Fields)+len(r.Match) > d.limits.RowBytes:
			acks = append(acks, d.ack(b, r, cdp.Result{Fate: cdp.Rejected, Code: cdp.TooLarge, Reason: fmt.Sprintf("the row is larger than %d bytes", d.limits.RowBytes)}, 0))
		case b.Op != cdp.Remove && d.kept.has(r.Key):
			acks = append(acks, d.ack(b, r, keyKept, 0))
		case b.Op == cdp.Add && d.stuck(r.KH):
			acks = append(acks, d.ack(b, r, cdp.Result{Fate: cdp.Deferred, Code: cdp.Conflict, Reason: "its old remote key is not removed yet"}, 0))
		default:
			rows = append(rows, r)
		}
	}
	return rows, acks
}

// all reports that nothing has to be taken out of a batch.
func (d *delivery) all(b cdp.Batch) bool {
	if d.limits.RowBytes > 0 {
		for i := range b.Rows {
			if r := &b.Rows[i]; len(r.Fields)+len(r.Match) > d.limits.RowBytes {
				return false
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return (b.Op != cdp.Add || len(d.moved) == 0) && (b.Op == cdp.Remove || d.kept.none())
}

func (d *delivery) stuck(kh uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.moved[kh]
}

// giveUp is the fate of batches that a stop left untried: what was tried is
// unknown or deferred as its last answer said, the rest was not sent. After a try
// without an answer nothing that was not answered since was surely not sent.
func (d *delivery) giveUp(todo []cdp.Batch, last []cdp.Result, tries int, doubt bool) (acks []ledger.Ack) {
	if doubt {
		return d.allUnknown(todo, tries)
	}
	if len(last) == 0 {
		return nil
	}
	b := todo[len(todo)-1]
	for i, row := range b.Rows {
		acks = append(acks, d.ack(b, row, last[i], tries))
	}
	return acks
}

func (d *delivery) allUnknown(todo []cdp.Batch, tries int) (acks []ledger.Ack) {
	for _, b := range todo {
		acks = append(acks, d.acksOf(b, slices.Repeat([]*cdp.Result{&noAnswer}, len(b.Rows)), tries)...)
	}
	return acks
}

func (d *delivery) acksOf(b cdp.Batch, final []*cdp.Result, tries int) (acks []ledger.Ack) {
	for i, r := range final {
		if r != nil {
			acks = append(acks, d.ack(b, b.Rows[i], *r, tries))
		}
	}
	return acks
}

func (d *delivery) ack(b cdp.Batch, row cdp.Delta, r cdp.Result, tries int) ledger.Ack {
	return ledger.Ack{
		Row: row, Result: r, Batch: b.Number, Attempt: uint16(tries), FH: row.FH,
		Ver: version(d.lease, b.Number), Mapping: d.cs.mapping.Version, At: d.e.Clock.Now(), Again: d.cs.full > 0,
	}
}

// backoff is full jitter over a doubling time, or what the destination asked for.
func (d *delivery) backoff(tries int, after time.Duration) time.Duration {
	if after > 0 {
		return after
	}
	ceiling := min(d.maxWait(), 500*time.Millisecond<<min(tries-1, 10))
	return time.Duration(rand.Int64N(int64(ceiling) + 1)) //nolint:gosec // jitter needs no secret
}

func (d *delivery) maxWait() time.Duration { return longest(d.limits) }

// brief is an error's text without what may be personal: a destination scrubs its
// own errors, a network error names addresses of machines only.
func brief(err error) string {
	most := 200
	s := err.Error()
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
