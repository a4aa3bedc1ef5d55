package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// look is what was seen of the condition of a schedule.
type look struct {
	at    time.Time // before anything was read; zero: there was nothing to look at
	marks string    // how new the sources were
	since string    // how new they were at the last run, as far as was known
}

// look looks at what a due tick waits for, and says what is to be done then. An outcome is
// the end of it for now.
func (d *Daemon) look(ctx context.Context, s *Session, t task, what due) (due, look, *outcome) {
	now, tick := d.Clock.Now(), what.firing.Tick
	seen := look{at: now.Truncate(time.Millisecond), since: t.known.Marks}
	open, marks, err := d.gate(ctx, s, t)
	seen.marks = marks
	if err == nil && open && what.verdict == yield { // it serves the tick that came since, too
		if !t.schedule.Open(now) {
			return what, seen, &outcome{closed: t.schedule.Opens(now).Sub(now)}
		}
		what.verdict, what.firing.Tick = run, what.last
		return what, seen, nil
	}
	if err == nil && what.verdict == yield {
		var busy bool
		if busy, err = d.busyOver(ctx, s.Engine.Ledger, t, what); busy {
			what.verdict, what.firing.Tick = run, what.last
		}
	}
	over := what.verdict == yield || d.givenUp(t, what.firing)
	switch {
	case err != nil && (momentary(ctx, err) != nil || !over):
		return what, seen, &outcome{closed: d.Times.Gate, err: fmt.Errorf("condition of %s: %w", t.name, err)}
	case !open && !over:
		return what, seen, &outcome{closed: d.Times.Gate}
	case !open:
		what.verdict, what.firing.Tick = yield, tick
	}
	return what, seen, nil
}

// busyOver reports whether a tick that is to be given up was never waited for, since one run of the
// task was on from before its second look at the latest until the tick after it was due. A run counts
// from the tick of its firing: that of a needed build is when it was begun, that of a person's the
// moment of asking, after which nothing else is looked at, and one of the schedule was begun before
// the next was due.
func (d *Daemon) busyOver(ctx context.Context, l *ledger.Ledger, t task, what due) (bool, error) {
	const many = 1000 // the latest ticks: of needed builds there may be one each minute
	last, err := l.LastFirings(ctx, t.name, many)
	begins, ends := what.firing.Tick.Add(t.offset()+d.Times.Gate), what.last.Add(t.offset())
	return slices.ContainsFunc(last[t.name], func(f ledger.Firing) bool {
		return f.Run != "" && f.Status != string(engine.Waited) && !f.Tick.After(begins) && f.At.After(ends)
	}), err
}

// gate looks at the condition of a schedule. marks is how new the sources are, for
// the next time.
func (d *Daemon) gate(ctx context.Context, s *Session, t task) (open bool, marks string, err error) {
	if sql := t.schedule.When; sql != nil {
		open, err := s.Engine.Holds(ctx, sql)
		return open, "", err
	}
	behind, newest, err := d.behind(ctx, s, t)
	if err != nil {
		return false, "", err
	}
	b, err := json.Marshal(newest)
	return len(behind) == 0, string(b), err
}

// clamped are marks of which none is later than a moment; unless there is none.
func clamped(marks string, most time.Time) string {
	list := map[string]time.Time{}
	if marks == "" || most.IsZero() || json.Unmarshal([]byte(marks), &list) != nil {
		return marks
	}
	for name, at := range list {
		if at.After(most) {
			list[name] = most
		}
	}
	b, err := json.Marshal(list)
	if err != nil {
		return marks
	}
	return string(b)
}

// upstream are the sources that a task waits for.
func (s *Session) upstream(t task) []*cdp.Source {
	if t.sync == nil {
		return s.Engine.Project.Upstream()
	}
	return t.sync.Upstream(s.Engine.Project.Suppress)
}

// behind are the sources without newer rows than at the last run that waited for them
// and ended well.
func (d *Daemon) behind(ctx context.Context, s *Session, t task) (behind []string, newest map[string]time.Time, err error) {
	newest, err = s.Engine.Newest(ctx, s.upstream(t), d.Clock.Now())
	if err != nil {
		return nil, nil, err
	}
	before := map[string]time.Time{}
	if m := t.known.Marks; m != "" {
		if err := json.Unmarshal([]byte(m), &before); err != nil {
			return nil, nil, fmt.Errorf("marks of %s: %w", t.name, err)
		}
	}
	ahead := d.Clock.Now().Add(48 * time.Hour)
	for name, at := range newest {
		mark := before[name]
		if mark.After(ahead) { // of a row with a wrong date, by a kith that took it for the newest
			mark = time.Time{}
		}
		if !at.After(mark) {
			behind = append(behind, name)
		}
	}
	slices.Sort(behind)
	return behind, newest, nil
}

// lagging says what a task waited for in vain: also when that cannot be looked at, so
// that a wait ends. An error is one of the moment.
func (d *Daemon) lagging(ctx context.Context, s *Session, t task) (string, error) {
	if sql := t.schedule.When; sql != nil {
		at := "the condition of its schedule (" + sql.Pos.String() + ") "
		if _, err := s.Engine.Holds(ctx, sql); err != nil {
			return at + "cannot be looked at: " + err.Error(), momentary(ctx, err)
		}
		return at + "did not come to hold", nil
	}
	behind, newest, err := d.behind(ctx, s, t)
	if err != nil {
		return "the sources cannot be read: " + err.Error(), momentary(ctx, err)
	}
	if len(behind) == 0 {
		return "the sources were not fresh in time", nil
	}
	for i, name := range behind {
		if at := newest[name]; at.IsZero() {
			behind[i] += " (no rows)"
		} else {
			behind[i] += " (newest row " + at.Format("2006-01-02 15:04:05") + " UTC)"
		}
	}
	return "no newer rows in " + strings.Join(behind, ", "), nil
}

// givenUp reports that a wait is over.
func (d *Daemon) givenUp(t task, f ledger.Firing) bool { return !t.waits(f.Tick, d.Clock.Now()) }
