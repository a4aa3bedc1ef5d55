package engine

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// heard is a warehouse that keeps the names of all that it was told, what is appended by the
// name of its table.
type heard struct {
	cdp.Warehouse
	mu    sync.Mutex
	names []string
}

func (h *heard) hear(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names = append(h.names, name)
}

func (h *heard) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	h.hear(s.Name)
	return h.Warehouse.Exec(ctx, s)
}

func (h *heard) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	h.hear(s.Name)
	return h.Warehouse.Query(ctx, s)
}

func (h *heard) Append(ctx context.Context, t cdp.Table, columns []string, rows []cdp.Row) error {
	h.hear("append " + t.Name)
	return h.Warehouse.Append(ctx, t, columns, rows)
}

// times is how often it was told something since times was called last.
func (h *heard) times(name string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.names {
		if x == name {
			n++
		}
	}
	h.names = nil
	return n
}

// said checks how often it was told some things since it was asked last.
func (h *heard) said(t *testing.T, step string, want map[string]int) {
	t.Helper()
	h.mu.Lock()
	names := h.names
	h.mu.Unlock()
	for name, n := range want {
		h.mu.Lock()
		h.names = names
		h.mu.Unlock()
		if got := h.times(name); got != n {
			t.Errorf("%s: %s %d times, want %d: %q", step, name, got, n, names)
		}
	}
	h.times("")
}

// TestMoment: a run that begins soon after the ledger was opened goes by what the warehouse's
// clock said then; one that begins later, or whose machine tells of odd times, asks it.
func TestMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &cdp.Entity{Item: cdp.Item{Name: "person"}})
	h := &heard{Warehouse: w.w}
	here := time.Now()
	l, err := ledger.Open(t.Context(), h, w.e.Compiler, ledger.Options{Now: func() time.Time { return here }})
	if err != nil {
		t.Fatal(err)
	}
	said, err := l.Moment(t.Context())
	if err != nil || h.times("now") != 0 {
		t.Errorf("asked for the time that it has, or %v", err)
	}
	for _, x := range []struct {
		later time.Duration
		asks  int
	}{{30 * time.Second, 0}, {2 * time.Minute, 1}, {time.Second, 0}, {-time.Hour, 1}} {
		here = here.Add(x.later)
		at, err := l.Moment(t.Context())
		if n := h.times("now"); err != nil || n != x.asks {
			t.Errorf("%s later: asked %d times, %v", x.later, n, err)
		}
		if x.asks == 0 && x.later == 30*time.Second && !at.Equal(said.Add(x.later)) {
			t.Errorf("%s later: %s after %s", x.later, at, said)
		}
	}
}

// TestStateDropped: a process whose state schema somebody drops meanwhile sends nothing and says
// so; who opens the ledger then begins anew.
func TestStateDropped(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		u := newPeople(t, d)
		e := u.kith("{a: a}", compile.FirstHash)
		r := Request{Command: "sync", Syncs: []*cdp.Sync{syncNamed(e, "people")}}
		run := func(e *Engine) (*Report, error) { return e.Run(t.Context(), t.Context(), r) }
		for range 2 {
			if report, err := run(e); err != nil || report.Status != Succeeded {
				t.Fatalf("%+v %v", report, err)
			}
		}
		for _, row := range u.rows(e.Compiler.Ledger("tables_like", map[string]any{"Schema": u.schema, "Prefix": ""}).SQL) {
			if name := ledger.Text(row[0]); name != "people" && name != "orders" {
				u.sql("DROP TABLE " + u.schema + "." + name)
			}
		}
		u.box.got = nil
		if report, err := run(e); err == nil || len(u.box.got) > 0 {
			t.Errorf("without a ledger: %+v, sent %v", report, u.box.got)
		}
		if report, err := run(u.kith("{a: a}", compile.FirstHash)); err != nil || report.Status != Succeeded || len(u.box.got) != 14 {
			t.Errorf("with a new ledger: %+v %v, sent %d rows", report, err, len(u.box.got))
		}
	})
}

const allAdded = "add p01, add p02, add p03, add p04, add p05, add p06, add p07, add p08, add p09, add p10, add p11, add p12, add p13, add p14"

// TestTablesGone: a table of a baseline that is gone is noticed by the next run, and in the midst
// of one it is not made anew, so that all rows would be sent; that of acknowledgements is made.
func TestTablesGone(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		u := newPeople(t, d)
		e := u.kith("{a: a}", compile.FirstHash)
		u.dies(e, Request{}, "after baseline", 1) // of acknowledgements there is no table yet
		u.sends("first", e, Request{}, Succeeded, 0, allAdded)
		u.sends("unchanged", e, Request{}, Succeeded, 0, "")
		if acks := e.Compiler.Acks("baseline_people"); acks != "baseline_people" {
			u.sql("DROP TABLE " + u.schema + "." + acks)
			u.set("a = 'x'", "p03")
			u.sends("without acknowledgements", e, Request{}, Succeeded, 0, "change p03")
		}
		drop := func() { u.sql("DROP TABLE " + u.schema + ".baseline_people") }
		e.Fail = func(at string) {
			if at == "before diff" {
				drop()
			}
		}
		u.sends("dropped meanwhile", e, Request{}, Failed, 0, "")
		e.Fail = nil
		if r := u.sends("dropped before", e, Request{}, Blocked, 0, ""); r.Guard != "baseline" {
			t.Errorf("guard %q", r.Guard)
		}
		u.sends("again", e, Request{Full: true}, Succeeded, 0, allAdded)
	})
}

// newHeard is a project of people whose warehouse keeps what it was told.
func newHeard(t *testing.T, d cdp.Dialect) (*upgrade, *heard, *Engine) {
	t.Helper()
	u := newPeople(t, d)
	h := &heard{Warehouse: u.w}
	u.w = h
	return u, h, u.kith("{a: a}", compile.FirstHash)
}

// TestStrongerIsLookedFor: that somebody who was left where they were is to be removed after all
// is looked for as long as somebody was, and nothing more is when nobody is.
func TestStrongerIsLookedFor(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		u, h, e := newHeard(t, d)
		u.sends("first", e, Request{}, Succeeded, 0, allAdded)
		said := func(step string, want map[string]int) {
			t.Helper()
			h.said(t, step, want)
		}
		h.times("")
		u.sends("unchanged", e, Request{}, Succeeded, 0, "")
		said("unchanged", map[string]int{"digest": 1, "stronger reasons": 0, "changeset table": 0, "verdicts": 0})
		u.set("active = 'no'", "p01 p02")
		u.sends("left", e, Request{}, Succeeded, 0, "")
		h.times("")
		u.sends("left before", e, Request{}, Succeeded, 0, "")
		said("left before", map[string]int{"stronger reasons": 1, "changeset table": 1, "changeset counts": 1, "verdicts": 0})
		u.sql("DELETE FROM " + u.schema + ".people WHERE id = 'p01'")
		u.sends("gone", e, Request{}, Succeeded, 0, "remove p01")
		u.set("active = 'yes'", "p02")
		u.sends("back", e, Request{}, Succeeded, 0, "change p02")
		u.sends("at rest", e, Request{}, Succeeded, 0, "")
		for _, row := range u.rows(e.Compiler.Ledger("tables_like", map[string]any{"Schema": u.schema, "Prefix": ""}).SQL) {
			if _, ours := compile.TemporaryOf(ledger.Text(row[0])); ours {
				t.Errorf("left behind: %v", row[0])
			}
		}
		if got := len(u.rows(e.Compiler.Ledger("tables_like", map[string]any{"Schema": u.schema, "Prefix": "lease_people_"}).SQL)); got != 1 {
			t.Errorf("%d tables of a lease", got)
		}
	})
}

// TestStateIsFenced: a run writes the state of its sync as it was, over what an older holder may
// still write, unless it follows one that came to its end: then nobody is left who could.
func TestStateIsFenced(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		u, h, e := newHeard(t, d)
		fold := map[string]int{"clickhouse": 0, "bigquery": 1}[d.Name()]
		u.sends("first", e, Request{}, Succeeded, 0, allAdded)
		h.times("")
		u.sends("follows", e, Request{}, Succeeded, 0, "")
		h.said(t, "follows", map[string]int{"append sync_state": 0, "fold_count": 0, "append sync_runs": 2})

		paused, err := e.Ledger.Acquire(t.Context(), "people") // of a run that has written nothing yet
		if err != nil {
			t.Fatal(err)
		}
		if err := paused.Release(t.Context()); err != nil { // as it is dead for whoever comes
			t.Fatal(err)
		}
		states, err := e.Ledger.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		late := states["people"]
		late.Endpoint = ledger.Handover{To: "elsewhere", From: late.Endpoint, Since: paused.Epoch}.String()
		h.times("")
		u.sends("after a holder that is paused", e, Request{}, Succeeded, 0, "")
		h.said(t, "after a holder that is paused", map[string]int{"append sync_state": 1, "fold_count": fold})
		u.sends("follows", e, Request{}, Succeeded, 0, "")
		h.said(t, "follows", map[string]int{"append sync_state": 0})
		if err := e.Ledger.SetState(t.Context(), late, paused.Ver(1)); err != nil {
			t.Fatal(err)
		}
		u.set("a = 'x'", "p03")
		u.sends("after it went on", e, Request{}, Succeeded, 0, "change p03")

		for _, point := range []string{"before diff", "after begin run", "after intent", "before end run", "after fold"} {
			u.set("a = '"+point+"'", "p04")
			u.diesFor(e, point)
			h.times("")
			u.run(e, "people", Request{})
			h.said(t, "after a death "+point, map[string]int{"append sync_state": 1})
		}
		u.sends("at rest", e, Request{}, Succeeded, 0, "")
	})
}

// TestIntentsAreSwept: what runs that died have left of intents is dropped by the run that goes on
// from there, and by a later one where that died before it had; where none is left nothing is.
func TestIntentsAreSwept(t *testing.T) {
	t.Parallel()
	u, h, e := newHeard(t, dialect.ClickHouse{}) // on BigQuery they stay for a day, see the next test
	left := func(step, want string) {
		t.Helper()
		if got := u.query("SELECT count() FROM " + u.schema + ".intents WHERE sync = 'people'"); got != "[["+want+"]]" {
			t.Errorf("%s: %s intents, want %s", step, got, want)
		}
	}
	u.sends("first", e, Request{}, Succeeded, 0, allAdded)
	left("first", "0")
	h.times("")
	u.sends("unchanged", e, Request{}, Succeeded, 0, "")
	h.said(t, "unchanged", map[string]int{"intents_sweep": 0})
	u.set("a = 'x'", "p03")
	u.dies(e, Request{}, "after intent", 1)
	left("dead", "1")
	u.set("a = 'a'", "p03")
	u.run(e, "people", Request{}) // p03 may be there as 'x'
	left("gone on", "0")

	u.set("a = 'y'", "p04")
	u.dies(e, Request{}, "after intent", 1)
	u.set("a = 'a'", "p04")
	u.diesFor(e, "after end run")
	left("dead at its end", "2")
	u.sends("unchanged after it", e, Request{}, Succeeded, 0, "")
	left("unchanged after it", "0")
}

// TestSettledIntentsAreSwept: on BigQuery, where rows that have just come cannot be deleted,
// intents go when they are a day old, also when nothing has been sent since.
func TestSettledIntentsAreSwept(t *testing.T) {
	t.Parallel()
	u, h, e := newHeard(t, dialect.BigQuery{})
	u.sends("first", e, Request{}, Succeeded, 0, allAdded)
	h.times("")
	u.sends("unchanged", e, Request{}, Succeeded, 0, "")
	h.said(t, "unchanged", map[string]int{"intents_sweep": 0})
	u.sql("UPDATE " + u.schema + ".intents SET `at` = TIMESTAMP_SUB(`at`, INTERVAL 25 HOUR) WHERE TRUE")
	u.sends("a day later", e, Request{}, Succeeded, 0, "")
	h.said(t, "a day later", map[string]int{"intents_sweep": 1})
	if got := u.query("SELECT COUNT(*) FROM " + u.schema + ".intents"); got != "[[0]]" {
		t.Errorf("%s intents", got)
	}
}

// diesFor runs the sync of people to a point from where on nothing works, also what is written at
// the end of a run that is interrupted.
func (u *upgrade) diesFor(e *Engine, point string) {
	u.t.Helper()
	ctx, kill := context.WithCancel(u.t.Context())
	defer kill()
	died := false
	e.Fail = func(at string) {
		if at == point {
			died = true
			kill()
			time.Sleep(50 * time.Millisecond) // until everybody knows
		}
	}
	e.Ending = time.Nanosecond
	e.sync(ctx, ctx, u.request(e, Request{}), syncNamed(e, "people"))
	e.Fail, e.Ending = nil, 0
	if !died {
		u.t.Errorf("not killed %s", point)
	}
}
