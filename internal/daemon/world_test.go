package daemon

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/alert"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/project"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// testLease are the times of leases here, in real time: a killed daemon's passes on
// after four seconds.
var testLease = ledger.Timing{Beat: time.Second, Dead: 4 * time.Second, Stop: 3 * time.Second}

// world is a project on the real engine with destinations in this process, on a
// clock that the test moves.
type world struct {
	t      testing.TB
	clock  *simClock
	w      cdp.Warehouse
	schema string
	dir    string
	dest   *fakeRemotes
	times  Times
	tune   func(*engine.Engine)
	passes func(point string) // called at each boundary that a daemon passes; or nil
	opens  func() error       // called when a project is to be opened; or nil
	events func(Event)        // what daemons observe; or nil
	ended  chan struct{}      // the test is over: the dead may go
	away   atomic.Bool        // the warehouse
	silent atomic.Bool        // the warehouse takes what it is asked, and does not answer

	mu       sync.Mutex
	told     []alert.Message
	heard    map[string][]string // by place: "failed"
	tellErr  error
	deaf     string // a place that cannot be reached
	telling  func() // called before each message; or nil
	daemons  []*served
	sessions int
	warned   []string // lines of the log
}

// served is a daemon that runs in a world.
type served struct {
	*Daemon
	world  *world
	name   string
	stop   context.CancelFunc
	abort  context.CancelFunc
	done   chan error
	dead   atomic.Bool
	failAt atomic.Pointer[string] // dies at this boundary
	died   chan struct{}
}

const baseKith = `version: 1
name: t
targets: {local: {type: clickhouse, embedded: {}}}
state: {schema: SCHEMA}
destinations: [{name: out, type: fake}]
`

const baseModels = `sources:
  - {name: people, table: SCHEMA.src_people, key: id, dedupe: true, timestamp: at, columns: {id: string, label: string, at: timestamp}}
entities: [{name: person, identity: {identifiers: [{name: pid}], links: [{source: people, identifiers: {pid: id}}]}}]
traits: [{name: label, from: people.label, pick: latest}]
`

// start is the moment at which every world begins: a Sunday.
var start = time.Date(2026, 11, 1, 0, 0, 30, 0, time.UTC)

// newWorldOn makes a project of kith.yml (more is added to it) and syncs in a warehouse.
func newWorldOn(t testing.TB, house cdp.Warehouse, more, syncs string) *world {
	t.Helper()
	if parallel, ok := t.(*testing.T); ok {
		parallel.Parallel()
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	w := &world{t: t, clock: newSimClock(start), schema: "test_" + hex.EncodeToString(b[:]), dir: t.TempDir(), ended: make(chan struct{}), heard: map[string][]string{}}
	w.times = Times{Nap: 4 * time.Hour, Read: 20 * time.Minute, Gate: 5 * time.Minute, Retry: 30 * time.Second}
	w.dest = &fakeRemotes{rows: map[string]map[string]string{}, calls: map[string]int{}}
	w.w = house
	w.prepare()
	w.write("kith.yml", baseKith+more)
	w.write("models/m.yml", baseModels)
	w.write("syncs/s.yml", syncs)
	t.Cleanup(w.end)
	return w
}

// end stops what still runs.
func (w *world) end() {
	close(w.ended)
	for _, d := range w.daemons {
		d.stop()
		d.abort()
		if err := <-d.done; err != nil && !d.dead.Load() {
			w.t.Errorf("daemon %s: %v", d.name, err)
		}
	}
}

// finish stops a daemon in order.
func (d *served) finish() {
	d.world.t.Helper()
	d.stop()
	err := <-d.done
	if err != nil {
		d.world.t.Errorf("daemon %s: %v", d.name, err)
	}
	d.done <- err
}

func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "SCHEMA", w.schema)), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sql(s string) {
	w.t.Helper()
	if _, err := w.w.Exec(context.WithoutCancel(w.t.Context()), cdp.Statement{Name: "test", SQL: s}); err != nil {
		w.t.Fatalf("%v\n%s", err, s)
	}
}

func (w *world) query(s string) []cdp.Row {
	w.t.Helper()
	rows, err := ledger.All(context.WithoutCancel(w.t.Context()), w.w, cdp.Statement{Name: "test", SQL: strings.ReplaceAll(s, "SCHEMA", w.schema)})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, s)
	}
	return rows
}

// people puts rows into the source, dated by the world's clock.
func (w *world) people(ids ...string) {
	w.t.Helper()
	at := w.clock.Now().Format("2006-01-02 15:04:05.000")
	if w.google() {
		at += "+00"
	}
	for _, id := range ids {
		w.sql(fmt.Sprintf("INSERT INTO %s.src_people VALUES ('%s', 'label of %s at %s', '%s')", w.schema, id, id, at, at))
	}
}

func specs() map[string]cdp.DestinationSpec {
	return map[string]cdp.DestinationSpec{"fake": {
		Type: "fake", Local: true, Writes: []cdp.RemoteSpec{{Kind: cdp.Object, Modes: []cdp.Mode{cdp.Upsert}, Actions: []cdp.Action{cdp.ActionDelete}}},
	}}
}

// serve starts a daemon and waits until it has read the ledger.
func (w *world) serve(name string) *served {
	w.t.Helper()
	d := w.launch(name)
	for range 500 {
		d.mu.Lock()
		ready := d.anchored
		d.mu.Unlock()
		if ready {
			return d
		}
		select {
		case err := <-d.done:
			d.done <- err
			w.t.Fatalf("daemon %s: %v", name, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	w.t.Fatalf("daemon %s is not ready", name)
	return nil
}

func (w *world) launch(name string) *served {
	soft, stop := context.WithCancel(context.Background())
	hard, abort := context.WithCancel(context.Background())
	d := &served{world: w, name: name, stop: stop, abort: abort, done: make(chan error, 2), died: make(chan struct{})}
	d.Daemon = &Daemon{
		Load: func(ctx context.Context) (*Session, error) { return w.load(ctx, d) }, Files: func() (string, error) { return project.Fingerprint(w.dir) },
		Clock: mortalClock{w.clock, d}, Log: slog.New(slog.NewTextHandler(testLog{w, name}, nil)), Tell: w.tell, Fail: d.boundary,
		Times: w.times, Observe: w.events,
	}
	w.daemons = append(w.daemons, d)
	go func() { d.done <- d.Run(soft, hard) }() // ends with the world
	return d
}

// testLog writes to the test's log while it lasts, and keeps what is wrong.
type testLog struct {
	w    *world
	name string
}

func (l testLog) Write(b []byte) (int, error) {
	select {
	case <-l.w.ended:
		return len(b), nil
	default:
	}
	if testing.Verbose() {
		l.w.t.Logf("%s: %s", l.name, b)
	}
	if strings.Contains(string(b), " level=WARN ") || strings.Contains(string(b), " level=ERROR ") {
		l.w.mu.Lock()
		defer l.w.mu.Unlock()
		l.w.warned = append(l.w.warned, string(b))
	}
	return len(b), nil
}

func (w *world) load(ctx context.Context, d *served) (*Session, error) {
	p, problems := project.Load(w.dir, project.Options{Specs: specs()})
	if problems.HasErrors() {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, problems.Err())
	}
	c, err := compile.New(p, w.w.Dialect())
	if err != nil {
		return nil, err
	}
	if w.opens != nil {
		if err := w.opens(); err != nil {
			return nil, err
		}
	}
	if w.away.Load() {
		return nil, fmt.Errorf("%w: %w", cdp.ErrUnreachable, errDown)
	}
	house := &mortal{Warehouse: w.w, d: d}
	l, err := ledger.Open(ctx, house, c, ledger.Options{Salt: "00", Timing: testLease, Holder: ledger.Holder{Host: d.name, PID: 1}})
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.sessions++
	w.mu.Unlock()
	e := &engine.Engine{Project: p, Warehouse: house, Compiler: c, Ledger: l, Clock: engine.SystemClock{}, Log: slog.New(slog.DiscardHandler), Remotes: w.dest}
	if w.tune != nil {
		w.tune(e)
	}
	return &Session{Engine: e, Close: func() error { w.mu.Lock(); w.sessions--; w.mu.Unlock(); return nil }}, nil
}

func (w *world) tell(_ context.Context, to *cdp.Channel, m alert.Message) error {
	if w.telling != nil {
		w.telling()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.tellErr != nil:
		return w.tellErr
	case to.Name == w.deaf:
		return errors.New("it answered 404")
	}
	w.told = append(w.told, m)
	w.heard[to.Name] = append(w.heard[to.Name], string(m.Kind))
	return nil
}

// messages are what people were told: "sync a failed".
func (w *world) messages() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []string{}
	for _, m := range w.told {
		out = append(out, m.Task+" "+string(m.Kind))
	}
	return out
}

// boundary dies where the test wants it: the process is gone, without a last word.
func (d *served) boundary(point string) {
	if d.world.passes != nil {
		d.world.passes(point)
	}
	if at := d.failAt.Load(); at != nil && *at == point && !d.dead.Swap(true) {
		close(d.died)
	}
	if d.dead.Load() {
		<-d.world.ended
		runtime.Goexit()
	}
}

// dieAt lets the daemon die at a boundary; kill now.
func (d *served) dieAt(point string) { d.failAt.Store(&point) }

func (d *served) kill() {
	if !d.dead.Swap(true) {
		close(d.died)
	}
}

// idle waits until no daemon does anything but sleep.
func (w *world) idle() {
	w.t.Helper()
	quiet := 0
	for i := 0; quiet < 2; i++ {
		if i > 20_000 {
			buf := make([]byte, 1<<20)
			w.t.Fatalf("the daemons never rest\n%s", buf[:runtime.Stack(buf, true)])
		}
		if i > 0 {
			time.Sleep(time.Millisecond)
		}
		// Who waits for another's build sleeps for a moment, while others wait for it.
		if next, _ := w.clock.next(); i%300 == 299 && next.After(w.clock.Now()) && next.Sub(w.clock.Now()) < time.Minute {
			w.clock.jump(next)
		}
		if w.resting() {
			quiet++
		} else {
			quiet = 0
		}
	}
}

func (w *world) resting() bool {
	_, asleep := w.clock.next()
	living := 0
	for _, d := range w.daemons {
		select {
		case err := <-d.done:
			d.done <- err
			continue
		default:
		}
		if d.dead.Load() {
			continue
		}
		living++
		if len(d.poked) > 0 {
			return false
		}
		living += d.Health().Running
	}
	return asleep+w.dest.heldCount() >= living
}

// until moves the clock to a moment, through everything that happens before.
func (w *world) until(to time.Time) {
	w.t.Helper()
	for {
		w.idle()
		next, _ := w.clock.next()
		if next.IsZero() || next.After(to) {
			w.clock.jump(to)
			w.idle()
			return
		}
		w.clock.jump(next)
	}
}

func (w *world) after(d time.Duration) { w.t.Helper(); w.until(w.clock.Now().Add(d)) }
