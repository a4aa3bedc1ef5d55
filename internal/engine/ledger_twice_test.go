package engine

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// lostAnswers is a warehouse that does what it is told to and whose answers to some of it
// get lost, once for each name.
type lostAnswers struct {
	cdp.Warehouse
	lost map[string]func() // what happens until it is asked again, by table or statement
}

func (l *lostAnswers) lose(name string, err error) error {
	meanwhile := l.lost[name]
	if err != nil || meanwhile == nil {
		return err
	}
	delete(l.lost, name)
	meanwhile()
	return cdp.ErrUnreachable
}

func (l *lostAnswers) Append(ctx context.Context, t cdp.Table, columns []string, rows []cdp.Row) error {
	return l.lose(t.Name, l.Warehouse.Append(ctx, t, columns, rows))
}

func (l *lostAnswers) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	stats, err := l.Warehouse.Exec(ctx, s)
	return stats, l.lose(s.Name, err)
}

// lossy is a world whose warehouse loses answers.
func lossy(t *testing.T, d cdp.Dialect) (*world, *lostAnswers) {
	t.Helper()
	w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
	l := &lostAnswers{w.w, map[string]func(){}}
	w.w = l
	w.open(testSalt)
	return w, l
}

// TestPublishedTwice: of a build whose pointer was written twice, since the answer to the
// first was lost, the next build leaves the tables: a sync may read them.
func TestPublishedTwice(t *testing.T) {
	t.Parallel()
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w, l := lossy(t, d)
		w.add("crm", cdp.Row{day(1), "a@example.com"})
		build := func(id string) {
			t.Helper()
			req := &request{id: id, asOf: testNow, now: testNow, Request: Request{Entities: []*cdp.Entity{w.entity}}}
			if err := w.e.build(t.Context(), t.Context(), req, &Report{}); err != nil {
				t.Fatal(err)
			}
		}
		build("first")
		l.lost["builds"] = func() {}
		build("second")
		if n := len(w.query("SELECT build FROM " + w.p.State + ".builds WHERE build = 'second'")); n != 2 || len(l.lost) != 0 {
			t.Fatalf("%d rows of the second build", n)
		}
		build("third")
		want := []string{"profile_person_second", "profile_person_third"}
		if got := w.tables("profile_person_"); !slices.Equal(got, want) {
			t.Errorf("profiles: %v, want %v", got, want)
		}
		last, err := w.e.Ledger.Builds(t.Context(), 2)
		if err != nil || len(last) != 2 || last[0].ID != "third" || last[1].ID != "second" {
			t.Errorf("the last builds: %+v, %v", last, err)
		}
	})
}

// TestSaidTwice: what is written again, since the answer to it was lost, does not undo what was
// said meanwhile: a used approval stays used, who goes on stays going on, a newer schedule stays.
func TestSaidTwice(t *testing.T) {
	t.Parallel()
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w, l := lossy(t, d)
		meanwhile := func(statement string, what func() error) {
			l.lost[statement] = func() {
				if err := what(); err != nil {
					t.Error(err)
				}
			}
		}
		ctx, said := t.Context(), w.e.Ledger
		meanwhile("approve", func() error { return said.UseApproval(ctx, "people", "plan", "run") })
		now, err := said.Now(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := said.Approve(ctx, "plan", "people", "o'neil", now, time.Hour); err != nil {
			t.Fatal(err)
		}
		if a, ok, err := said.Approval(ctx, "people", "plan"); err != nil || !ok || a.UsedBy != "run" || !a.Live || a.By != "o'neil" || a.Expires.Sub(a.At) != time.Hour {
			t.Errorf("%+v, %v, %v", a, ok, err)
		}
		meanwhile("pause_set", func() error { return said.SetPause(ctx, "people", ledger.Pause{Since: testNow}) })
		if err := said.SetPause(ctx, "people", ledger.Pause{Paused: true, Reason: "why", Since: testNow}); err != nil {
			t.Fatal(err)
		}
		if p, err := said.Pauses(ctx); err != nil || p["people"].Paused {
			t.Errorf("%+v, %v", p, err)
		}
		newer := ledger.Anchor{Spec: "0 7 * * *", From: testNow.Add(time.Hour)}
		meanwhile("schedule_set", func() error { return said.WriteAnchor(ctx, "people", newer) })
		if err := said.WriteAnchor(ctx, "people", ledger.Anchor{Spec: "0 6 * * *", From: testNow}); err != nil {
			t.Fatal(err)
		}
		if a, err := said.Anchors(ctx); err != nil || a["people"] != newer {
			t.Errorf("%+v, %v", a, err)
		}
		if len(l.lost) != 0 {
			t.Errorf("no answer was lost to %d of them", len(l.lost))
		}
	})
}
