package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
)

// delivery pushes one changeset. The order in which things are written is what
// keeps a death from losing a row:
//
//  1. the intent: rows up to here may be sent from now on;
//  2. the push, and its answer;
//  3. the baseline, from the answer; then rejections and the log.
//
// Killed after 1, the next run marks the rows below the intent that have no answer
// as "maybe there", so that its diff sends the truth for each of them, also when
// the source has changed back meanwhile. Killed after 2, the same: the row is sent
// again under its idempotency key. Killed in 3, the answers that were not written
// are sent again: at most a second's worth.
type delivery struct {
	e      *Engine
	req    *request
	cs     *changeset
	lease  *ledger.Lease
	alive  func() bool // the lease is ours
	run    ledger.SyncRun
	dest   cdp.Destination
	limits cdp.Limits
	lane   *rate.Lane
	apart  *rate.Lane // of rows that go apart; nil until there are some
	report *SyncReport
	target cdp.Delivery

	acks  chan flush
	only  cdp.Reason // NoReason: all rows
	spans bool       // the baseline takes spans

	mu       sync.Mutex
	moved    map[uint64]bool // rows whose old remote key could not be removed
	kept     keySet          // remote keys under which a record still stands that was to be renamed
	broken   int             // batches in a row that got no answer
	answered bool            // a batch was answered
	silence  error           // what the last one came to that was not; nil for none
	heard    uint64          // calls that were answered
	vain     bool            // a batch was looked into since, see isolation
	probe    bool            // the breaker was open: one batch decides
	number   uint32          // batches so far
	done     uint64          // rows
}

// flush is the answers of one batch on their way to the ledger.
type flush struct {
	answers
	tried   []ledger.Ack // what a try that was repeated came to: for the log alone
	written chan<- error // closed over when the pusher waits for it
}

// ops is the order of delivery. All batches of one are answered before the next
// begins: a remote key that is removed or renamed is free for an add.
var ops = []cdp.Op{cdp.Remove, cdp.Rekey, cdp.Change, cdp.Add}

// deliver pushes the whole changeset. ctx ends the reading of rows; what is in
// flight is finished and recorded under hard.
func (d *delivery) deliver(ctx, hard context.Context) error {
	session, _ := d.dest.(cdp.Session)
	if session != nil {
		if err := session.Begin(hard, d.target); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		d.e.fail("after begin")
	}
	err := d.phases(ctx, hard)
	if session == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, session.Abort(context.WithoutCancel(hard)))
	}
	return d.commit(hard, session)
}

func (d *delivery) phases(ctx, hard context.Context) error {
	d.acks = make(chan flush, max(1, d.limits.Concurrent))
	soft, stop := context.WithCancel(ctx)
	defer stop()
	var acker errgroup.Group
	acker.Go(func() error {
		// When answers cannot be written no more rows are sent: nobody would know of it.
		return d.acknowledge(hard, stop)
	})
	var err error
	for _, op := range ops {
		if d.cs.ops[op] == 0 {
			continue
		}
		if err = d.phase(soft, hard, op); err != nil {
			break
		}
		if err = d.written(op); err != nil {
			break
		}
	}
	close(d.acks)
	if err == nil { // a stop while the last batches wait leaves rows of which nothing else says so
		err = ctx.Err()
	}
	if err == nil {
		d.unanswered()
	}
	failed := acker.Wait()
	if failed != nil && ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return failed
	}
	return errors.Join(err, failed)
}

// written waits until the old halves of moves are in the ledger. Of a row of which both
// halves are open after a death only the old one would be known, and what the new one
// left at the destination would stay when the row moves on or leaves.
func (d *delivery) written(op cdp.Op) error {
	if _, session := d.dest.(cdp.Session); session || op != cdp.Remove || d.cs.moves == 0 {
		return nil
	}
	written := make(chan error, 1)
	d.acks <- flush{written: written}
	return <-written
}

// unanswered says so when not one batch got an answer, however few they were, and
// opens the breaker, unless it was one row alone: the sync has tried, the next need not.
func (d *delivery) unanswered() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silence == nil || d.answered {
		return
	}
	if d.report.silence = d.silence; d.broken == 0 {
		return
	}
	name := d.cs.sync.Destination.Name
	if until := d.e.Circuit.trip(breaker(d.cs.remote, d.cs.sync.Destination), "no answer to any batch", d.e.Clock.Now()); !until.IsZero() {
		d.report.warn(fmt.Sprintf("destination %s does not answer: syncs to it are paused until %s", name, until.UTC().Format("15:04:05 UTC")))
	}
}

// phase pushes all rows of one operation. The reader closes the channel; a worker
// that fails ends the reader through the group's context.
func (d *delivery) phase(ctx, hard context.Context, op cdp.Op) error {
	batches := make(chan cdp.Batch)
	group, read := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		return d.read(read, hard, op, batches)
	})
	for range max(1, d.limits.Concurrent) {
		group.Go(func() error {
			for b := range batches {
				if err := d.work(read, hard, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return ctx.Err()
	}
	return err
}

// work pushes one batch and hands its answers on. The soft context only ends
// waiting; a push that has begun is finished.
func (d *delivery) work(soft, hard context.Context, b cdp.Batch) error {
	a, err := d.push(soft, hard, b)
	if a.rows() > 0 {
		if ackErr := d.hand(hard, a); ackErr != nil {
			return errors.Join(err, ackErr)
		}
	}
	if err != nil {
		return err
	}
	return d.judge(a)
}

// hand counts answers and gives them to the acknowledging goroutine.
func (d *delivery) hand(hard context.Context, a answers) error {
	d.tally(a)
	if _, ok := d.dest.(cdp.Session); ok {
		return d.handSession(hard, a.acks)
	}
	f := flush{answers: a}
	if !d.limits.FlushEach && !pending(a.acks) {
		d.acks <- f
		return nil
	}
	written := make(chan error, 1)
	f.written = written
	d.acks <- f
	return <-written
}

func (d *delivery) tally(list answers) {
	byFate := map[[2]string]uint64{}
	if n := list.counted(); n > 0 {
		byFate[[2]string{string(cdp.Delivered), ""}] = n
	}
	for _, a := range list.acks {
		d.keep(a)
		byFate[[2]string{string(a.Result.Fate), string(a.Result.Code)}]++
		if a.Row.Op == cdp.Remove && a.Row.Reason == cdp.NoReason {
			byFate[[2]string{string(a.Result.Fate), string(a.Result.Code)}]-- // half of a move
			if a.Result.Fate != cdp.Delivered && a.Result.Fate != cdp.Skipped {
				d.mu.Lock()
				d.moved[a.Row.KH] = true
				d.mu.Unlock()
				byFate[[2]string{string(a.Result.Fate), string(a.Result.Code)}]++
			}
		}
	}
	for k, n := range byFate {
		d.report.count(cdp.Fate(k[0]), cdp.Code(k[1]), n)
	}
	d.mu.Lock()
	d.done += uint64(list.rows())
	done := d.done
	d.mu.Unlock()
	d.e.observe(Event{Item: "sync " + d.cs.sync.Name, Step: "push", Done: done, Total: d.cs.changes()})
}

// judge stops the sync when the destination seems to be down: it does not answer. What an
// answer says of rows, if only that it wants them later, says that it is there. Hammering it
// with the rest would only take time; what was not sent still differs next time.
func (d *delivery) judge(list answers) error {
	sent := list.acks[list.unsent:]
	if len(sent) == 0 && list.whole == nil {
		return nil
	}
	down := list.silent
	var why cdp.Result
	for _, a := range sent {
		if a.Result.Fate != cdp.Unknown && a.Result.Code != cdp.Unavailable {
			down = false
		}
		why = a.Result
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if down {
		d.silence = &DownError{Destination: d.cs.sync.Destination.Name, Reason: why.Reason}
	}
	switch {
	case list.moot: // nobody knows whether the row or the destination is to blame
		return nil
	case !down:
		d.broken, d.answered = 0, true
		if d.probe {
			d.mend()
		}
		return nil
	}
	if d.broken++; d.broken < max(3, d.limits.Concurrent) && !d.probe {
		return nil
	}
	return d.silence
}

// mend ends a probe: the destination has answered.
func (d *delivery) mend() {
	d.probe = false
	d.e.Circuit.mend(breaker(d.cs.remote, d.cs.sync.Destination))
}

// retries is how often a batch is sent again.
func (d *delivery) retries() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.probe {
		return 0
	}
	return d.limits.Retries
}

// acknowledge writes answers every second, every 50 batches or 5,000 rows of its
// memory, and at once for who waits. It drains the channel also after an error, so that no worker blocks, and calls stop.
func (d *delivery) acknowledge(hard context.Context, stop func()) error {
	const every, most, mostRows = time.Second, 50, 5_000
	var (
		batch   []ledger.Ack
		tried   []ledger.Ack
		spans   []ledger.Span
		waiting []chan<- error
		n       int
		failed  error
	)
	write := func() {
		if failed == nil && len(batch)+len(spans) > 0 {
			begun := d.e.Clock.Now()
			d.e.fail("before acknowledge")
			if err := d.e.Ledger.Acknowledge(hard, d.run, d.cs.baseline, d.cs.sync.Destination.Name, batch, spans...); err != nil {
				failed = fmt.Errorf("%w: %w", errOpen, err)
			}
			d.e.fail("after acknowledge")
			d.report.addAcks(d.e.Clock.Now().Sub(begun))
		}
		if failed == nil && len(tried) > 0 {
			if err := d.e.Ledger.Log(hard, d.run, d.cs.sync.Destination.Name, tried); err != nil {
				failed = fmt.Errorf("%w: %w", errOpen, err)
			}
		}
		if failed != nil {
			stop()
		}
		for _, w := range waiting {
			w <- failed
		}
		batch, tried, spans, waiting, n = batch[:0], tried[:0], spans[:0], waiting[:0], 0
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case f, ok := <-d.acks:
			if !ok {
				write()
				return failed
			}
			batch, tried, n = append(batch, f.acks...), append(tried, f.tried...), n+1
			switch {
			case f.whole == nil:
			case d.spanned(f.whole):
				spans = append(spans, d.span(f.whole))
			default:
				batch = append(batch, d.each(f.whole)...)
			}
			if f.written != nil {
				waiting = append(waiting, f.written)
			}
			if n >= most || len(batch)+len(tried) >= mostRows || len(waiting) > 0 || failed != nil {
				write()
			}
		case <-tick.C:
			write()
		}
	}
}
