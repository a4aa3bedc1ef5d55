package daemon

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// task is the build or a sync with what is known about it.
type task struct {
	name     string
	sync     *cdp.Sync     // nil: the build
	schedule *cdp.Schedule // nil: it runs when it is needed, or when somebody asks
	alerts   *cdp.Alerts
	project  string
	gone     bool // the project does not have it any more

	anchor time.Time   // ticks count from here
	known  ledger.Task // as last read
	pause  ledger.Pause

	running bool
	patient time.Time // not to be looked at before
	closed  time.Time // nor the condition of its schedule, which holds nothing else up
	late    bool      // an episode of lateness is open

	met, begun time.Time // the tick of the run that is on, and when it was begun: see meet
}

// tasksOf are the tasks of a project: the build first.
func tasksOf(p *cdp.Project) []*task {
	list := []*task{}
	if len(p.Entities) > 0 {
		list = append(list, &task{name: ledger.TaskBuild, schedule: p.Schedule, alerts: p.Alerts, project: p.Name})
	}
	for _, s := range p.Syncs {
		list = append(list, &task{name: ledger.TaskOf(s.Name), sync: s, schedule: s.Schedule, alerts: s.Alerts, project: p.Name})
	}
	return list
}

// lease is the name of the lease under which a task is served.
func (t *task) lease() string { return "cron-" + strings.ReplaceAll(t.name, " ", "-") }

// runLease is the name of the lease under which the engine runs it, whoever asked.
func (t *task) runLease() string {
	if t.sync == nil {
		return ledger.TaskBuild
	}
	return t.sync.Name
}

// pauseOf is the pause of a task: that of its former name, as long as nothing was said
// of the new one, since a sync that is renamed is not to begin to deliver.
func (t *task) pauseOf(pauses map[string]ledger.Pause) ledger.Pause {
	p, known := pauses[t.name]
	if !known && t.sync != nil && t.sync.Was != "" {
		return pauses[ledger.TaskOf(t.sync.Was)]
	}
	return p
}

// spec is the schedule as text: another text counts ticks from now on.
func (t *task) spec() string {
	s := t.schedule
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%s|%s|%s|%v %d-%d", s.Cron, strings.Join(s.After, ","), s.Timezone, s.HoursOn, s.From, s.To)
}

// offset is how much later than its ticks a task starts: the same for every tick and
// every daemon, and another for every task.
func (t *task) offset() time.Duration {
	if t.schedule == nil || t.schedule.Jitter <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.project + "\x00" + t.name)) // a hash takes anything
	return (time.Duration(h.Sum64()>>1) % t.schedule.Jitter).Truncate(time.Second)
}

// base is the moment after which ticks count.
func (t *task) base() time.Time {
	base, served := t.anchor, t.known.Served
	if t.schedule != nil && t.schedule.Gated() {
		served = t.known.Awaited
	}
	for _, x := range []time.Time{served, t.resumed()} {
		if x.After(base) {
			base = x
		}
	}
	return base
}

// next is when the task is due next by its cron, or when its hours begin again by which a run of
// it goes on; zero without either.
func (t *task) next(now time.Time) time.Time {
	if t.schedule == nil {
		return time.Time{}
	}
	if at := t.reopens(now); at.After(now) {
		return at
	}
	next := t.schedule.Next(t.base())
	if next.IsZero() {
		return next
	}
	return t.starts(next)
}

// starts is when the run of a tick may begin: one that its offset moves out of the hours waits
// for the next.
func (t *task) starts(tick time.Time) time.Time { return t.schedule.Opens(tick.Add(t.offset())) }

func (t *task) resumed() time.Time {
	if t.pause.Paused {
		return time.Time{}
	}
	return t.pause.Since
}

// verdict is what is to be done about a due task.
type verdict int

const (
	nothing verdict = iota
	run             // begin a run
	resume          // a run that somebody began and did not end
	forgo           // record that the tick was missed
	yield           // record that the tick was given up waiting, if it was waited for
)

// due is what is to be done about a task now. When nothing is, at is when to look
// again; zero for never.
type due struct {
	verdict verdict
	firing  ledger.Firing
	last    time.Time // of a yield: the tick that has come since
	at      time.Time
}

// looks reports that the condition of the schedule is looked at for what is due: not for what a
// person asked for, nor for what was begun.
func (t *task) looks(what due) bool {
	return (what.verdict == run || what.verdict == yield) && what.firing.Kind != ledger.ByPerson && t.schedule.Gated()
}

// rests is until when what is due is left alone.
func (t *task) rests(what due) time.Time {
	if t.looks(what) && t.closed.After(t.patient) {
		return t.closed
	}
	return t.patient
}

// due is pure: what is to be done follows from what is known and from the clock.
// alive is since when a daemon has been looking. others are the tasks by name.
func (t *task) due(now, alive time.Time, others map[string]*task) due {
	begun, waits := due{}, false
	for _, f := range t.known.Open {
		if f.State != ledger.Claimed {
			continue
		}
		if begun, waits = t.resumption(f, now, alive), true; begun.verdict != nothing {
			return begun
		}
	}
	for i := len(t.known.Open) - 1; i >= 0; i-- { // the earliest first
		if f := t.known.Open[i]; f.State == ledger.Queued {
			return due{verdict: run, firing: f}
		}
	}
	switch {
	case waits:
		return begun
	case t.schedule == nil || t.pause.Paused:
		return due{}
	case len(t.schedule.After) > 0:
		return t.dueAfter(now, others)
	}
	return t.dueByCron(now, alive)
}

// resumption is what is to be done about a run that was begun and not ended. Hours and
// pauses do not hold for what a person asked for, and a build that a sync needs is the
// sync's to wait for.
func (t *task) resumption(f ledger.Firing, now, alive time.Time) due {
	switch {
	case f.Kind == ledger.ByPerson:
		return due{verdict: resume, firing: f}
	case t.pause.Paused && f.Kind != ledger.ByNeed:
		return due{} // it goes on after the pause
	case t.schedule == nil:
		return due{verdict: resume, firing: f}
	}
	next := t.schedule.Next(f.Tick) // zero for what runs after others
	if t.schedule.Forgo && f.At.Before(alive) && !next.IsZero() && !next.After(now) {
		return due{verdict: forgo, firing: f} // another tick has come since: that one sends the rest
	}
	if !t.schedule.Open(now) {
		return due{at: t.schedule.Opens(now)}
	}
	return due{verdict: resume, firing: f}
}

// dueAfter is by when the others ended: what they serve may be the same twice, or less than
// what one of them served before. The tick is when the last of them did.
func (t *task) dueAfter(now time.Time, others map[string]*task) due {
	base, tick := t.base(), time.Time{}
	for _, other := range t.follows(others) {
		if !other.known.Ended.After(base) {
			return due{}
		}
		tick = later(tick, other.known.Ended)
	}
	return t.open(ledger.Firing{Task: t.name, Tick: tick, Kind: ledger.ByAfter}, now)
}

// follows are the tasks after which a task runs; a zero one is not known.
func (t *task) follows(others map[string]*task) []*task {
	list := make([]*task, len(t.schedule.After))
	for i, name := range t.schedule.After {
		if name != cdp.AfterBuild {
			name = ledger.TaskOf(name)
		}
		if list[i] = others[name]; list[i] == nil {
			list[i] = &task{}
		}
	}
	return list
}

func (t *task) dueByCron(now, alive time.Time) due {
	s, base := t.schedule, t.base()
	tick := s.Last(base, now.Add(-t.offset()))
	if tick.IsZero() {
		return due{at: t.next(now)}
	}
	f := ledger.Firing{Task: t.name, Tick: tick, Kind: ledger.ByCron}
	if s.Forgo && t.starts(tick).Before(alive) && !t.waits(tick, alive) {
		return due{verdict: forgo, firing: f}
	}
	if s.Gated() {
		if before := s.Last(base, tick.Add(-time.Nanosecond)); !before.IsZero() {
			f.Tick = before // its wait ended at the latest when this tick came
			return due{verdict: yield, firing: f, last: tick}
		}
	}
	return t.open(f, now)
}

// waits reports that the condition of a tick is waited for at a moment. One that was when a
// daemon began is not missed: whoever waits may have been there before, and the wait ends with
// a last look.
func (t *task) waits(tick, at time.Time) bool {
	end := t.schedule.GivesUp(tick)
	return t.schedule.Gated() && (end.IsZero() || at.Before(end))
}

// open lets a firing begin when its hours do.
func (t *task) open(f ledger.Firing, now time.Time) due {
	if !t.schedule.Open(now) {
		return due{at: t.schedule.Opens(now)}
	}
	return due{verdict: run, firing: f}
}
