package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Firing is one time that a schedule, or a person, made a task run. A task is the
// build or a sync, named by TaskBuild and TaskOf.
type Firing struct {
	Task    string
	Tick    time.Time // when it was due; names the firing within its task
	Upto    time.Time // everything due until then is served by it; at least Tick
	Kind    string    // cron, after, need, manual
	State   string    // queued, claimed, done
	Status  string    // of a done one: of its run, or skipped, missed; of a claimed one: interrupted, suspended, or ""
	Run     string
	Attempt uint64
	Marks   string // JSON: how new the sources were
	Note    string
	At      time.Time
}

// The states of a firing. One that is claimed was begun by the holder of the task's
// lease; without a holder, that one died or stopped.
const (
	Queued  = "queued"
	Claimed = "claimed"
	Done    = "done"
)

// The kinds of firings.
const (
	ByCron   = "cron"
	ByAfter  = "after"
	ByNeed   = "need"   // a build that a sync needs
	ByPerson = "manual" // serves no tick of the schedule
)

// TaskBuild is the task of the build.
const TaskBuild = "build"

// TaskOf is the task of a sync.
func TaskOf(sync string) string { return "sync " + sync }

// Task is what the firings of a task come to.
type Task struct {
	Served    time.Time // ticks until then need no run; zero for never
	Awaited   time.Time // the same for a schedule with a condition, which runs by hand and needed builds do not meet
	Completed time.Time // up to when firings that succeeded or were partial serve
	Ended     time.Time // when the last of those ended
	Marks     string    // of the last such firing that had to wait for newer rows
	Built     time.Time // of the build: up to when the last serves that came to an end, however it ended; zero for none
	BuiltAs   string    // its status: succeeded, partial, failed or blocked
	BuiltNote string    // its note
	Open      []Firing  // queued and claimed ones, the latest first
}

// Tasks sums the firings up by task; of one task, or of all for "".
func (l *Ledger) Tasks(ctx context.Context, task string) (map[string]Task, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("firings_summary", map[string]any{"Task": task}))
	if err != nil {
		return nil, err
	}
	out := map[string]Task{}
	for _, r := range rows {
		out[Text(r[0])] = Task{Served: moment(r[1]), Awaited: moment(r[2]), Completed: moment(r[3]), Ended: moment(r[4]), Marks: Text(r[5]), Built: moment(r[6]), BuiltAs: Text(r[7]), BuiltNote: Text(r[8])}
	}
	open, err := l.firings(ctx, map[string]any{"Task": task, "Open": true, "Each": 0})
	if err != nil {
		return nil, err
	}
	for _, f := range open {
		t := out[f.Task]
		t.Open = append(t.Open, f)
		out[f.Task] = t
	}
	return out, nil
}

// moment is a time of a row; the beginning of time, which stands for none, is zero.
func moment(v any) time.Time {
	t, _ := v.(time.Time)
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t.UTC()
}

// LastFirings are the last done firings of every task, the latest first.
func (l *Ledger) LastFirings(ctx context.Context, task string, each int) (map[string][]Firing, error) {
	list, err := l.firings(ctx, map[string]any{"Task": task, "Open": false, "Each": each})
	out := map[string][]Firing{}
	for _, f := range list {
		out[f.Task] = append(out[f.Task], f)
	}
	return out, err
}

func (l *Ledger) firings(ctx context.Context, data map[string]any) ([]Firing, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("firings_list", data))
	if err != nil {
		return nil, err
	}
	out := make([]Firing, len(rows))
	for i, r := range rows {
		out[i] = Firing{
			Task: Text(r[0]), Tick: moment(r[1]), Upto: moment(r[2]), Kind: Text(r[3]), State: Text(r[4]), Status: Text(r[5]), Run: Text(r[6]),
			Attempt: Uint(r[7]), Marks: Text(r[8]), Note: Text(r[9]), At: moment(r[10]),
		}
	}
	return out, nil
}

// WriteFiring records a firing; ver orders the writes of one tick, later wins.
func (l *Ledger) WriteFiring(ctx context.Context, f Firing, ver uint64) error {
	return l.WriteFirings(ctx, []Firing{f}, ver)
}

// WriteFirings records firings at once, each as WriteFiring does.
func (l *Ledger) WriteFirings(ctx context.Context, list []Firing, ver uint64) error {
	rows := make([]cdp.Row, len(list))
	for i, f := range list {
		if f.Upto.Before(f.Tick) {
			f.Upto = f.Tick
		}
		rows[i] = cdp.Row{f.Task, f.Tick, f.Upto, f.Kind, f.State, f.Status, f.Run, f.Attempt, f.Marks, f.Note, f.At, ver}
	}
	return l.append(ctx, "firings", []string{"task", "tick", "upto", "kind", "state", "status", "run_id", "attempt", "marks", "note", "at", "ver"}, rows)
}

// Anchors are the moments from which the ticks of tasks count, by task and schedule:
// the first at which a daemon met the schedule that a task has now.
func (l *Ledger) Anchors(ctx context.Context) (map[string]Anchor, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("schedules_list", nil))
	if err != nil {
		return nil, err
	}
	out := map[string]Anchor{}
	for _, r := range rows {
		task, a := Text(r[0]), Anchor{Spec: Text(r[1]), From: moment(r[2])}
		// Two daemons that met it together agree on the earlier moment.
		if old, ok := out[task]; ok && old.Spec == a.Spec && old.From.Before(a.From) {
			a = old
		}
		out[task] = a
	}
	return out, nil
}

// Anchor is a schedule, as text, and the moment from which its ticks count.
type Anchor struct {
	Spec string
	From time.Time
}

// WriteAnchor records that a task has a new schedule from a moment on.
func (l *Ledger) WriteAnchor(ctx context.Context, task string, a Anchor) error {
	return l.say(ctx, "schedule_set", map[string]any{"Task": task, "Spec": a.Spec, "When": l.c.Dialect().Time(a.From)})
}

// Pause is whether a task is paused. Ticks before Since of one that goes on again
// are not made up for.
type Pause struct {
	Paused bool
	Reason string
	Since  time.Time
}

// Pauses are the tasks that were ever paused.
func (l *Ledger) Pauses(ctx context.Context) (map[string]Pause, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("pauses_list", nil))
	if err != nil {
		return nil, err
	}
	out := map[string]Pause{}
	for _, r := range rows {
		out[Text(r[0])] = Pause{Uint(r[1]) != 0, Text(r[2]), moment(r[3])}
	}
	return out, nil
}

// SetPause pauses a task, or lets it go on.
func (l *Ledger) SetPause(ctx context.Context, task string, p Pause) error {
	paused := 0
	if p.Paused {
		paused = 1
	}
	return l.say(ctx, "pause_set", map[string]any{"Task": task, "Paused": paused, "Reason": p.Reason, "When": l.c.Dialect().Time(p.Since)})
}

// say writes what counts until something newer is said, at a moment of the warehouse's own.
// It is taken once: what is repeated after a lost answer is no newer than what was said since.
func (l *Ledger) say(ctx context.Context, name string, data map[string]any) error {
	now, err := l.Now(ctx)
	if err != nil {
		return err
	}
	data["Said"] = l.c.Dialect().Time(now)
	return l.exec(ctx, name, data)
}

// Episode is a trouble of a task from its beginning to its end, and whether people
// have been told of the latest of the two.
type Episode struct {
	Task, Kind string
	Open       bool
	Told       bool
	Reached    string // names of the places that have been told, with commas
	Note       string
	Run        string
	Since      time.Time
}

// Episodes are those that are open, and those whose end nobody has been told.
func (l *Ledger) Episodes(ctx context.Context, task string) ([]Episode, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("episodes_list", map[string]any{"Task": task}))
	if err != nil {
		return nil, err
	}
	out := make([]Episode, len(rows))
	for i, r := range rows {
		out[i] = Episode{Text(r[0]), Text(r[1]), Uint(r[2]) != 0, Uint(r[3]) != 0, Text(r[4]), Text(r[5]), Text(r[6]), moment(r[7])}
	}
	return out, nil
}

// WriteEpisode records an episode; ver orders writes, later wins.
func (l *Ledger) WriteEpisode(ctx context.Context, e Episode, ver uint64) error {
	flag := map[bool]uint64{true: 1}
	return l.append(ctx, "episodes", []string{"task", "kind", "open", "told", "reached", "note", "run_id", "since", "ver"},
		[]cdp.Row{{e.Task, e.Kind, flag[e.Open], flag[e.Told], e.Reached, e.Note, e.Run, e.Since, ver}})
}

// keepFirings is how long the daemon's firings are kept; the last ones of every task
// always are, since ticks count from them.
const keepFirings = 35 * 24 * time.Hour

// SweepFirings drops old firings, as of a moment of the daemon's clock.
func (l *Ledger) SweepFirings(ctx context.Context, now time.Time) error {
	data := map[string]any{"Before": l.c.Dialect().Time(now.Add(-keepFirings))}
	for _, step := range []string{"firings_sweep_open", "firings_sweep"} {
		if err := l.exec(ctx, step, data); err != nil {
			return err
		}
	}
	return nil
}
