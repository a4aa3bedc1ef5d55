package daemon

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestSoak runs two daemons through a day, with KITH_SOAK=weeks through weeks, of
// killed processes, restarts, clocks that jump, outages of the warehouse and of the
// vendor, and files that change: no run is missed, none doubled, memory is flat, and
// in the end the destinations have what the source has. On the emulator it is half a day,
// with a kill and an outage.
func TestSoak(t *testing.T) {
	onBoth(t, tellOps+"timezone: Europe/Amsterdam\n", "syncs:\n"+
		entitySync("eight", `schedule: {cron: "0 0,8,16 * * *"}`)+entitySync("noon", `schedule: {cron: "0 12 * * *", jitter: 40m}`)+
		syncOf("hours", `schedule: {cron: "0 * * * *", hours: "09:00-11:00"}`)+syncOf("follow", `schedule: {after: noon}`), soaking)
}

func soaking(t *testing.T, w *world) {
	days, seed, hours, calm := 1, uint64(1), []int{3, 9}, 9*time.Hour // half a day
	if text := os.Getenv("KITH_SOAK"); text != "" && !w.google() {
		weeks, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		days, seed, hours, calm = 7*weeks, uint64(time.Now().UnixNano()), []int{3, 9, 14, 20}, 26*time.Hour
	}
	t.Logf("%d days, seed %d", days, seed)
	s := newSoak(w, rand.New(rand.NewPCG(seed, 0)))
	var heap uint64
	for day := range days {
		for i, hour := range hours {
			s.until(start.AddDate(0, 0, day).Truncate(24 * time.Hour).Add(time.Duration(hour) * time.Hour))
			s.people(fmt.Sprintf("p%d", s.rand.IntN(40)))
			s.fault(4*day + i)
		}
		if day == days/2 {
			heap = heapNow()
		}
	}
	s.after(calm) // everything runs once more without faults
	s.check(days)
	if now := heapNow(); now > heap+16<<20 {
		t.Errorf("the heap grew from %d to %d MB", heap>>20, now>>20)
	}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// soak is a world with faults.
type soak struct {
	*world
	rand   *rand.Rand
	one    *served
	two    *served
	names  int
	upset  [][2]time.Time // when a tick may be made up for by a later one
	faults map[string]int
}

func newSoak(w *world, r *rand.Rand) *soak {
	s := &soak{world: w, rand: r, faults: map[string]int{}}
	s.times = Times{Nap: 3 * time.Hour, Read: 3 * time.Hour, Retry: 3 * time.Minute}
	s.people("first")
	s.one, s.two = s.start(), s.start()
	return s
}

func (s *soak) start() *served {
	s.names++
	return s.serve(fmt.Sprintf("daemon%d", s.names))
}

// fault makes one happen: in turn at first, so that a short soak has them all.
func (s *soak) fault(n int) {
	all := []func(){s.killOne, s.outage, s.stopOne, s.vendorDown, s.jumpForward, s.jumpBack, s.touchFiles}
	if n >= len(all) {
		n = s.rand.IntN(len(all))
	}
	from := s.clock.Now()
	all[n]()
	s.upset = append(s.upset, [2]time.Time{from, s.clock.Now().Add(time.Hour)})
}

// killOne kills the first daemon in the middle of a run; another takes its place.
func (s *soak) killOne() {
	s.faults["kill"]++
	points := []string{"before claim", "after claim", "after run", "after done"}
	s.one.dieAt(points[s.rand.IntN(len(points))])
	if _, err := s.one.Ask(s.t.Context(), []string{"eight"}); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.one.died:
	case <-time.After(3 * time.Second): // the other daemon was faster
		s.one.kill()
	}
	passOn()
	s.one = s.start()
	s.after(30 * time.Minute)
}

func (s *soak) stopOne() {
	s.faults["stop"]++
	s.one.finish()
	s.one, s.two = s.two, s.start()
}

func (s *soak) outage() {
	s.faults["outage"]++
	s.away.Store(true)
	s.after(time.Duration(1+s.rand.IntN(3)) * time.Hour)
	s.away.Store(false)
	s.after(10 * time.Minute)
}

func (s *soak) vendorDown() {
	s.faults["vendor"]++
	s.dest.mu.Lock()
	s.dest.fail = func(string) error { return &cdp.Fatal{Reason: "the vendor is down"} }
	s.dest.mu.Unlock()
	s.after(6 * time.Hour)
	s.dest.mu.Lock()
	s.dest.fail = nil
	s.dest.mu.Unlock()
}

func (s *soak) jumpForward() {
	s.faults["forward"]++
	s.idle()
	s.clock.jump(s.clock.Now().Add(2 * time.Hour))
	s.after(time.Minute)
}

func (s *soak) jumpBack() {
	s.faults["back"]++
	s.idle()
	s.clock.jump(s.clock.Now().Add(-45 * time.Minute))
	s.after(time.Hour)
}

// touchFiles changes the files: to an invalid project first, then to a valid one.
func (s *soak) touchFiles() {
	s.faults["files"]++
	write := func(text string) {
		s.write("models/x.yml", text)
		s.one.poke()
		s.two.poke()
		s.after(time.Hour)
	}
	write("traits: [")
	if s.one.Health().Invalid == nil || s.two.Health().Invalid == nil {
		s.t.Error("an invalid project was not noticed")
	}
	write(fmt.Sprintf("traits: []  # %d\n", s.faults["files"]))
}

// upsetAt reports whether a fault may have delayed a tick.
func (s *soak) upsetAt(tick time.Time) bool {
	return slices.ContainsFunc(s.upset, func(u [2]time.Time) bool { return !tick.Before(u[0]) && !tick.After(u[1]) })
}

func (s *soak) check(days int) {
	now := s.clock.Now()
	l := s.one.Session().Engine.Ledger
	known, err := l.Tasks(s.t.Context(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	anchors, err := l.Anchors(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	ticks, made := 0, 0
	for _, x := range s.one.Session().Engine.Project.Syncs {
		task := ledger.TaskOf(x.Name)
		if open := known[task].Open; len(open) > 0 {
			s.t.Errorf("%s is left open: %+v", task, open)
		}
		list, err := l.LastFirings(s.t.Context(), task, 100_000)
		if err != nil {
			s.t.Fatal(err)
		}
		at := map[time.Time]bool{}
		for _, f := range list[task] {
			at[f.Tick] = true
		}
		for tick := x.Schedule.Next(anchors[task].From); !tick.IsZero() && tick.Add(time.Hour).Before(now); tick = x.Schedule.Next(tick) {
			ticks++
			switch {
			case at[tick]:
				made++
			case !s.upsetAt(tick):
				s.t.Errorf("%s missed %s", task, tick)
			}
		}
		if n := len(list[task]); n < days/2 {
			s.t.Errorf("%s ran %d times", task, n)
		}
	}
	s.notDoubled()
	s.delivered()
	if n := s.sessions; n != 2+s.faults["kill"] { // the dead close nothing
		s.t.Errorf("%d sessions are open", n)
	}
	for _, e := range episodesOf(s.t, l) {
		s.t.Errorf("an episode is left open: %+v", e)
	}
	failed := 0
	for _, m := range s.messages() {
		if m == "sync eight failed" {
			failed++
		}
	}
	if failed > s.faults["vendor"] {
		s.t.Errorf("%d messages about %d episodes", failed, s.faults["vendor"])
	}
	s.t.Logf("%d ticks, %d with a firing of their own; faults %v; %d messages", ticks, made, s.faults, len(s.messages()))
}

func episodesOf(t testing.TB, l *ledger.Ledger) []ledger.Episode {
	list, err := l.Episodes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// notDoubled: every run of a sync that came to its end belongs to one firing.
func (s *soak) notDoubled() {
	rows := s.query("SELECT run_id FROM " + s.newest("runs", "run_id") + " WHERE command = 'sync' AND status IN ('succeeded', 'partial', 'failed', 'blocked') " +
		"AND run_id NOT IN (SELECT run_id FROM " + s.newest("firings", "task, tick") + " WHERE state = 'done')")
	for _, r := range rows {
		s.t.Errorf("run %s belongs to no firing: a tick ran twice", ledger.Text(r[0]))
	}
	if n := len(s.query("SELECT run_id FROM " + s.newest("firings", "task, tick") + " WHERE run_id != '' GROUP BY run_id HAVING COUNT(*) > 1")); n > 0 {
		s.t.Errorf("%d runs belong to several firings", n)
	}
}

// delivered: the destinations have what the source has.
func (s *soak) delivered() {
	want := map[string]string{}
	for _, r := range s.query("SELECT id, label FROM SCHEMA.src_people ORDER BY `at`") { // the last one counts
		want[ledger.Text(r[0])] = ledger.Text(r[1])
	}
	for _, sync := range []string{"eight", "noon"} {
		got := s.dest.state(sync)
		if len(got) != len(want) {
			s.t.Errorf("%s has %d rows, the source %d", sync, len(got), len(want))
		}
		for id, label := range want {
			if got[id] != fmt.Sprintf(`{"label":%q}`, label) {
				s.t.Errorf("%s has %s for %s, not %s", sync, got[id], id, label)
			}
		}
	}
}
