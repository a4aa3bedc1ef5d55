package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/alert"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// People are told of an episode, not of a run: of its beginning, and of its end. The
// ledger has the episodes, so that a restart or a second daemon does not repeat one.
// They are written under a lease of their own, before the message is sent and after:
// a death between sending and writing repeats a message, and none is lost.

// trouble is an episode that is to be open.
type trouble struct {
	kind  cdp.AlertKind
	text  string
	still func(context.Context) (bool, error) // asked under the lease; nil: it is so
}

// ending is an episode that is to be over.
type ending struct {
	kind cdp.AlertKind
	sure func(context.Context, ledger.Episode) (bool, error) // asked of one that is open; nil: it is so
}

// endings are episodes of any kind of some.
func endings(kinds ...cdp.AlertKind) (list []ending) {
	for _, kind := range kinds {
		list = append(list, ending{kind: kind})
	}
	return list
}

// judge tells people what the end of a run means, or writes that they are to be told:
// with an error neither is certain. It comes before the firing is done, since nobody
// looks at one that is; a death in between judges once more, which changes nothing.
func (d *Daemon) judge(ctx context.Context, s *Session, t task, f ledger.Firing, report *engine.Report) error {
	if d.Tell == nil || f.Status == "skipped" || f.Status == "missed" {
		return nil
	}
	open, over := troubles(f, report)
	switch {
	case t.alerts == nil: // what was open when somebody wanted to know would be so for ever
		open, over = nil, endings(cdp.AlertKinds...)
	case report != nil && len(report.Syncs) > 0:
		more, ended, err := d.measured(ctx, s, t, report.RunID, report.Syncs[0])
		if err != nil {
			return fmt.Errorf("alerts: the history of %s: %w", t.name, err)
		}
		open, over = append(open, more...), append(over, ended...)
	}
	for {
		err := d.episodes(ctx, s, t, f, open, over)
		var held *ledger.HeldError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &held):
			return fmt.Errorf("alerts of %s: %w", t.name, err)
		}
		// Another tells of something else, and knows nothing of this run.
		if err := d.Clock.Sleep(ctx, d.Times.Retry/5); err != nil {
			return err
		}
	}
}

// troubles follow from the end of a run: those that begin, and those that are over. One of
// which nothing was answered is no better than one that failed.
func troubles(f ledger.Firing, report *engine.Report) (open []trouble, over []ending) {
	switch status := engine.Status(f.Status); {
	case status == engine.Failed, unanswered(report):
		return []trouble{{kind: cdp.AlertFailed, text: f.Note}}, settled(f)
	case status == engine.Blocked:
		return []trouble{{kind: cdp.AlertBlocked, text: f.Note}}, settled(f)
	case status == engine.Waited:
		return []trouble{{kind: cdp.AlertLate, text: "given up, due at " + clock(f.Tick) + ": " + f.Note}}, nil
	}
	return nil, endings(cdp.AlertFailed, cdp.AlertBlocked, cdp.AlertLate)
}

// unanswered reports whether a sync ran to its end and not one of its batches was answered.
func unanswered(report *engine.Report) bool {
	return report != nil && len(report.Syncs) > 0 && report.Syncs[0].Unanswered
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// tellUntold tells again what could not be told; d.mu is held.
func (d *Daemon) tellUntold(ctx context.Context) {
	list := slices.Compact(slices.Sorted(slices.Values(d.untold)))
	d.untold = nil // until the ledger is read again
	if d.Tell == nil || len(list) == 0 {
		return
	}
	d.triedAt = d.Clock.Now()
	for _, name := range list {
		d.background(func() {
			t, ok := d.copyOf(name)
			if !ok {
				return // the task is gone: nobody asks for it
			}
			s, done := d.use()
			defer done()
			if err := d.episodes(ctx, s, t, ledger.Firing{Task: name}, nil, nil); err != nil {
				d.Log.WarnContext(ctx, notTold, "task", name, "err", err) // it is told by who holds the lease, or read again
			}
		})
	}
}

const notTold = "alerts: nobody could be told yet"

// episodes opens and closes episodes of a task and tells who wants to know. Without an
// error the ledger has them; that somebody could not be told is tried again from there.
func (d *Daemon) episodes(ctx context.Context, s *Session, t task, f ledger.Firing, open []trouble, over []ending) error {
	l := s.Engine.Ledger
	if t.alerts == nil {
		t.alerts = &cdp.Alerts{} // nobody is told, but there may be episodes of before
	}
	known, err := l.Episodes(ctx, t.name)
	if err == nil && len(known) == 0 && t.former() != "" {
		known, err = l.Episodes(ctx, t.former())
	}
	if err != nil || len(known) == 0 && len(open) == 0 {
		return err
	}
	lease, err := l.Acquire(ctx, alertLease(t.name))
	if err != nil {
		return err
	}
	release := keep(ctx, lease)      // places that do not answer take their time
	defer func() { _ = release() }() // it dies by itself
	if known, err = l.Episodes(ctx, t.name); err != nil {
		return err
	}
	b := &book{d: d, s: s, t: t, f: f, lease: lease, known: known}
	if err := b.inherit(ctx); err != nil {
		return err
	}
	for _, x := range open {
		if err := b.open(ctx, x); err != nil {
			return err
		}
	}
	if err := b.close(ctx, over); err != nil {
		return err
	}
	if err := b.tell(ctx); err != nil {
		d.Log.WarnContext(ctx, notTold, "task", t.name, "err", err)
	}
	return nil
}

// book is the episodes of a task under their lease.
type book struct {
	d      *Daemon
	s      *Session
	t      task
	f      ledger.Firing
	lease  *ledger.Lease
	known  []ledger.Episode
	writes uint32
}

func (b *book) write(ctx context.Context, e ledger.Episode) error {
	b.writes++
	return b.s.Engine.Ledger.WriteEpisode(ctx, e, b.lease.Ver(b.writes))
}

func (b *book) find(kind cdp.AlertKind) int {
	return slices.IndexFunc(b.known, func(e ledger.Episode) bool { return e.Kind == string(kind) })
}

// unaware are the places that have not heard what was last told of an episode.
func (b *book) unaware(e ledger.Episode) (list []string) {
	reached := strings.Split(e.Reached, ",")
	for _, c := range b.t.alerts.To {
		if !slices.Contains(reached, c.Name) {
			list = append(list, c.Name)
		}
	}
	return list
}

// outside are the places of the project that are told nothing of the task: its end is no news
// there, also when it is gone and nobody knows which those are.
func (b *book) outside() (list []string) {
	all := b.s.Engine.Project.Alerts
	if all == nil {
		return nil
	}
	for _, c := range all.To {
		if !slices.ContainsFunc(b.t.alerts.To, func(to *cdp.Channel) bool { return to.Name == c.Name }) {
			list = append(list, c.Name)
		}
	}
	return list
}

// turn is for an episode that ends, or begins again, before every place has heard what was
// to be told of it: those that have not know it already as it is now.
func (b *book) turn(e *ledger.Episode) {
	e.Reached = strings.Join(b.unaware(*e), ",")
	e.Told = len(b.unaware(*e)) == 0
}

// open begins an episode, unless it is on or nobody wants to know of its kind.
func (b *book) open(ctx context.Context, x trouble) error {
	i := b.find(x.kind)
	again := i >= 0 && b.anew(b.known[i])
	if i >= 0 && b.known[i].Open && !again || !slices.Contains(b.t.alerts.On, x.kind) {
		return nil
	}
	if x.still != nil {
		if still, err := x.still(ctx); err != nil || !still {
			return err
		}
	}
	e := ledger.Episode{Task: b.t.name, Kind: string(x.kind), Open: true, Note: x.text, Run: b.f.Run, Since: b.d.Clock.Now().Truncate(time.Millisecond)}
	switch {
	case i < 0:
		b.known = append(b.known, e)
	case again:
		b.known[i] = e
	default: // its end was not told everywhere: where it was not, it goes on
		e.Reached = b.known[i].Reached
		if b.turn(&e); e.Told {
			e.Since = b.known[i].Since
		}
		b.known[i] = e
	}
	return b.write(ctx, e)
}

// close ends episodes. The end of one is not told where its beginning was not.
func (b *book) close(ctx context.Context, over []ending) error {
	for _, x := range over {
		i := b.find(x.kind)
		if i < 0 || !b.known[i].Open {
			continue
		}
		e := &b.known[i]
		if x.sure != nil {
			switch sure, err := x.sure(ctx, *e); {
			case err != nil:
				return err
			case !sure:
				continue
			}
		}
		if e.Open, e.Run = false, b.f.Run; e.Told && !b.t.gone {
			e.Told, e.Reached = false, ""
		} else { // also where all of its places were told: of one that is gone they are not known
			b.turn(e)
		}
		e.Reached = strings.Trim(e.Reached+","+strings.Join(b.outside(), ","), ",")
		e.Told = e.Told || !slices.Contains(b.t.alerts.On, cdp.AlertRecovered)
		if err := b.write(ctx, *e); err != nil {
			return err
		}
	}
	return nil
}

// tell sends what has not been told: one message for each beginning, and one for
// all ends.
func (b *book) tell(ctx context.Context) error {
	var ended []int
	var errs []error
	for i, e := range b.known {
		switch {
		case e.Told, postponed(e, b.known):
		case e.Open:
			errs = append(errs, b.send(ctx, i))
		default:
			ended = append(ended, i)
		}
	}
	if len(ended) > 0 {
		errs = append(errs, b.send(ctx, ended...))
	}
	return errors.Join(errs...)
}

// send posts a message about episodes to every channel, of those that it has not heard
// of. One that cannot be reached is tried again without the others hearing it twice.
func (b *book) send(ctx context.Context, about ...int) error {
	var errs []error
	for _, c := range b.t.alerts.To {
		news := slices.DeleteFunc(slices.Clone(about), func(i int) bool { return !slices.Contains(b.unaware(b.known[i]), c.Name) })
		if len(news) == 0 {
			continue
		}
		if err := b.d.Tell(ctx, c, b.message(news...)); err != nil {
			errs = append(errs, fmt.Errorf("alerts to %s: %w", c.Name, err))
			continue
		}
		for _, i := range news {
			b.known[i].Reached = strings.TrimPrefix(b.known[i].Reached+","+c.Name, ",")
		}
	}
	b.d.fail("after told")
	status := "ok"
	if len(errs) > 0 {
		status = "failed"
	}
	if len(b.t.alerts.To) > 0 {
		b.d.observe(Event{Kind: "alert", Task: b.t.name, Status: status})
	}
	for _, i := range about {
		b.known[i].Told = len(errs) == 0
		if err := b.write(ctx, b.known[i]); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	return errors.Join(errs...)
}

// helps are what to do, by kind.
var helps = map[cdp.AlertKind]string{
	cdp.AlertFailed:   "`kith runs` and `kith log` show what happened, `kith doctor` checks the warehouse and the destinations",
	cdp.AlertBlocked:  "`kith plan` shows what it would have done, `kith status` the id of what stands then",
	cdp.AlertRejected: "`kith log --rejected` shows which rows and why; correct them in the source",
	cdp.AlertLate:     "`kith status` shows what it waits for",
	cdp.AlertRows:     "`kith plan` shows what is added and removed",
}

// message is about the beginning of an episode, or about the ends of several.
func (b *book) message(about ...int) alert.Message {
	p, e := b.s.Engine.Project, b.known[about[0]]
	m := alert.Message{
		Project: p.Name, Target: p.Target.Name, Task: b.t.name, Kind: cdp.AlertKind(e.Kind), Text: e.Note, Help: helps[cdp.AlertKind(e.Kind)],
		Run: e.Run, Since: e.Since, At: b.d.Clock.Now(),
	}
	if b.t.sync != nil {
		m.Owner = b.t.sync.Owner
	}
	if e.Open {
		return m
	}
	m.Kind, m.Help = cdp.AlertRecovered, ""
	for _, i := range about {
		m.Was = append(m.Was, b.known[i].Kind)
		if b.known[i].Since.Before(m.Since) {
			m.Since = b.known[i].Since
		}
	}
	m.Text = "it was " + strings.Join(m.Was, ", ") + " since " + clock(m.Since)
	if b.t.gone {
		m.Text += ", and it does not run any more"
	}
	return m
}
