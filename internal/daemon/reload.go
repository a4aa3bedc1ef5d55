package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// ErrInvalid wraps the error of a Load that cannot get better by trying again: the
// project is at fault.
var ErrInvalid = errors.New("invalid project")

// start loads the project for the first time. A warehouse that is not there is
// waited for; a project that is invalid is an error.
func (d *Daemon) start(ctx context.Context) error {
	for ctx.Err() == nil {
		s, err := d.Load(ctx)
		if err == nil {
			d.take(ctx, s)
			return nil
		}
		if !errors.Is(err, cdp.ErrUnreachable) {
			return err
		}
		d.Log.WarnContext(ctx, "the warehouse is not reachable, trying again", "err", err)
		d.set(func() { d.away = err })        // it has not turned yet: its first try may take its time
		_ = d.Clock.Sleep(ctx, d.Times.Retry) // the loop looks at ctx
	}
	return ctx.Err()
}

func (d *Daemon) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// watch remembers the files.
type watch struct {
	used  string    // fingerprint of the files that were last loaded, or refused; "": they are to be read
	seen  string    // of the last look
	since time.Time // when they were first seen so
	tried time.Time // when they could last not be opened, through no fault of theirs
	tries int       // so often in a row
}

// reload reads the project again when it was asked to, or when the files have
// changed and been left alone for a while, so that none is half written. A project
// that is invalid changes nothing.
//
// It returns when the files will have been left alone for long enough; zero for now.
func (d *Daemon) reload(ctx context.Context) (again time.Time) {
	asked := false
	select {
	case <-d.reread:
		asked = true
	default:
	}
	print, err := d.Files()
	if err != nil {
		d.watch.used = "" // also when they are as before once they can be read
		d.refuse(ctx, fmt.Errorf("%w: %w", ErrInvalid, err))
		return time.Time{}
	}
	now := d.Clock.Now()
	if print != d.watch.seen {
		d.watch.seen, d.watch.since, d.watch.tries = print, now, 0
	}
	settles := d.watch.since.Add(d.Times.Settle)
	switch {
	case asked:
	case print == d.watch.used:
		return time.Time{}
	case now.Before(settles) && !now.Before(d.watch.since): // the clock may have gone back
		return settles
	case now.Sub(d.watch.tried).Abs() < d.patience():
		return d.watch.tried.Add(d.patience())
	}
	s, err := d.loadSoon(ctx)
	if now, filesErr := d.Files(); filesErr != nil || now != print {
		// They changed while they were read: what was read may be half of each.
		if err == nil {
			err = s.Close()
		}
		d.watch.seen, d.watch.since = now, d.Clock.Now()
		if asked {
			d.Reload()
		}
		_ = err // whatever it was, it is about files that are no more
		return d.Clock.Now().Add(d.Times.Settle)
	}
	if err != nil && !errors.Is(err, ErrInvalid) {
		return d.postpone(ctx, err, asked)
	}
	d.watch.used, d.watch.tries = print, 0
	if err != nil {
		d.refuse(ctx, err)
		return time.Time{}
	}
	d.take(ctx, s)
	d.Log.InfoContext(ctx, "the project was read again")
	d.observe(Event{Kind: "reload", Status: "ok"})
	return time.Time{}
}

// loadSoon loads the project in the time that the loop may wait. What is open keeps its
// context, so that one ends only when it comes too late.
func (d *Daemon) loadSoon(ctx context.Context) (*Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(d.Times.Load, cancel)
	s, err := d.loadSafe(ctx)
	inTime := timer.Stop()
	switch {
	case inTime && err == nil:
		return s, nil
	case err == nil:
		err = s.Close()
	case inTime || errors.Is(err, ErrInvalid):
		cancel()
		return nil, err
	}
	return nil, errors.Join(fmt.Errorf("%w: the project was not open within %s", cdp.ErrUnreachable, d.Times.Load), err)
}

// loadSafe is Load, but for a panic: a project over which kith itself falls is told as
// invalid, so that the one before goes on. At the start there is none before.
func (d *Daemon) loadSafe(ctx context.Context) (s *Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("%w: internal error of kith, please report it: %v", ErrInvalid, p)
		}
	}()
	return d.Load(ctx)
}

// postpone lets a project be read again that cannot be opened as things are: the one
// before is not the right one just because the warehouse was away for a moment. It is
// said once, and again to who asks.
func (d *Daemon) postpone(ctx context.Context, err error, asked bool) (again time.Time) {
	switch {
	case unlessDone(ctx, err) == nil:
		return time.Time{}
	case !errors.Is(err, cdp.ErrUnreachable):
		d.refuse(ctx, err)
	default:
		d.mu.Lock()
		said := d.postponed != nil
		d.postponed, d.invalid = err, nil
		d.mu.Unlock()
		if !said || asked {
			d.Log.WarnContext(ctx, "the warehouse is not reachable, the project is read again when it is", "err", err)
			d.observe(Event{Kind: "reload", Status: "postponed"})
		}
	}
	d.watch.used, d.watch.tried = "", d.Clock.Now()
	d.watch.tries++
	return d.watch.tried.Add(d.patience())
}

// patience is how long a project that could not be opened is left alone: the loop waits for
// each try, so they become fewer.
func (d *Daemon) patience() time.Duration {
	return min(d.Times.Retry<<min(max(d.watch.tries-1, 0), 10), max(d.Times.Retry, time.Minute))
}

func (d *Daemon) refuse(ctx context.Context, err error) {
	d.mu.Lock()
	said := d.invalid != nil && d.invalid.Error() == err.Error()
	d.invalid, d.postponed = err, nil
	d.mu.Unlock()
	if said {
		return
	}
	d.Log.ErrorContext(ctx, "the project as it is now is not used, the one before goes on", "err", err)
	d.observe(Event{Kind: "reload", Status: "failed"})
}

// take makes a session the one in use. The one before is closed when its runs have
// ended.
func (d *Daemon) take(ctx context.Context, s *Session) {
	d.mu.Lock()
	old := d.session
	tasks := tasksOf(s.Engine.Project)
	for _, t := range tasks {
		for _, was := range d.tasks {
			if was.name == t.name {
				t.known, t.pause, t.running, t.late = was.known, was.pause, was.running, was.late
				t.met, t.begun = was.met, was.begun
			}
		}
	}
	d.session, d.tasks, d.invalid, d.postponed = s, tasks, nil, nil
	d.readAt = time.Time{}
	d.anchored = false
	d.mu.Unlock()
	if print, err := d.Files(); err == nil && old == nil {
		d.watch = watch{used: print, seen: print, since: d.Clock.Now()}
	}
	if old == nil {
		return
	}
	d.workers.Go(func() {
		old.users.Wait()
		if err := old.Close(); err != nil {
			d.Log.WarnContext(ctx, "closing the project that was in use before", "err", err)
		}
	})
}

// stale reports that it is time to see what others wrote.
func (d *Daemon) stale(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.Sub(d.readAt) >= d.Times.Read || now.Before(d.readAt)
}

// read learns what the ledger knows: what was served, who paused what, and from
// when ticks count.
func (d *Daemon) read(ctx context.Context) {
	s, done := d.use()
	defer done()
	// Said before, so that what is asked for meanwhile makes it stale again.
	d.set(func() { d.readAt = d.Clock.Now() })
	reading, cancel := context.WithTimeout(ctx, d.Times.Answer)
	err := d.readLedger(reading, s.Engine.Ledger)
	if err != nil && reading.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s: %w", d.Times.Answer, err)
	}
	cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.away
	d.away = unlessDone(ctx, err)
	switch {
	case d.away != nil && was == nil:
		d.Log.WarnContext(ctx, "the ledger cannot be read; nothing is begun until it can", "err", err)
	case d.away == nil && was != nil:
		d.Log.InfoContext(ctx, "the ledger can be read again")
	}
}

func (d *Daemon) readLedger(ctx context.Context, l *ledger.Ledger) error {
	if err := d.anchor(ctx, l); err != nil {
		return err
	}
	known, err := l.Tasks(ctx, "")
	if err != nil {
		return err
	}
	pauses, err := l.Pauses(ctx)
	if err != nil {
		return err
	}
	episodes, err := l.Episodes(ctx, "")
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tasks {
		t.known, t.pause, t.late = t.knownOf(known), t.pauseOf(pauses), false
		t.meet()
		for _, e := range episodes {
			t.late = t.late || e.Task == t.name && e.Kind == string(cdp.AlertLate) && e.Open
		}
	}
	d.untold = nil
	if d.Clock.Now().Sub(d.triedAt) < 10*d.Times.Read {
		return nil
	}
	for _, e := range episodes {
		if !e.Told && !postponed(e, episodes) {
			d.untold = append(d.untold, e.Task)
		}
	}
	return nil
}

// anchor records from when the ticks of new schedules count: once for a project that
// was read, so that two daemons with two versions of it do not undo each other.
func (d *Daemon) anchor(ctx context.Context, l *ledger.Ledger) error {
	d.mu.Lock()
	tasks, anchored := d.tasks, d.anchored
	d.mu.Unlock()
	if anchored {
		return nil
	}
	anchors, err := l.Anchors(ctx)
	if err != nil {
		return err
	}
	now := d.Clock.Now().Truncate(time.Millisecond)
	for _, t := range tasks {
		a, ok := anchors[t.name]
		if !ok || a.Spec != t.spec() {
			if a, err = t.newAnchor(ctx, l, anchors, now); err != nil {
				return err
			}
			if err := l.WriteAnchor(ctx, t.name, a); err != nil {
				return err
			}
			anchors[t.name] = a
		}
	}
	if anchors, err = l.Anchors(ctx); err != nil { // another daemon may have been earlier
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range tasks {
		t.anchor = anchors[t.name].From
	}
	d.anchored = true
	return nil
}
