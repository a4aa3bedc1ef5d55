package engine

import (
	"context"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
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
