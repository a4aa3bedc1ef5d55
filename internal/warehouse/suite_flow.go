package warehouse

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

func (s *suite) empty(t *testing.T) {
	tb := s.table()
	s.exec(s.Create(tb, []cdp.Column{{Name: "id", Type: kind(cdp.Int)}}))
	if rows := s.all("SELECT id FROM " + s.w.Dialect().Table(tb)); len(rows) != 0 {
		t.Errorf("got %v", rows)
	}
	if rows := s.all("SELECT 1 AS one FROM " + s.w.Dialect().Table(tb) + " WHERE id > 5"); len(rows) != 0 {
		t.Errorf("got %v", rows)
	}
}

// stream reads Bulk rows, 100 MB, and looks at the memory on the way.
func (s *suite) stream(t *testing.T) {
	n := s.Bulk
	const limit = 60 << 20
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, rows, sum := heap(), uint64(0), 0, int64(0)
	for row, err := range s.w.Query(t.Context(), s.statement(s.Wide(n))) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		switch v := row[0].(type) {
		case int64:
			sum += v
		case uint64:
			sum += int64(v)
		}
		if rows%(n/10) == 0 {
			most = max(most, heap())
		}
	}
	if rows != n || sum != int64(n*(n-1)/2) {
		t.Errorf("got %d rows with the sum %d", rows, sum)
	}
	if most > before+limit {
		t.Errorf("memory grew by %d MB", (most-before)>>20)
	}
}

func (s *suite) stopEarly(t *testing.T) {
	many := 50_000_000
	if s.Running == nil {
		many = s.Bulk / 10 // it may be made as a whole
	}
	// More than there are connections, and all at once: what is read on to nobody is then shared.
	var wg sync.WaitGroup
	runs := make([]string, 30)
	for i := range runs {
		runs[i] = fmt.Sprintf("stop%d-%d", time.Now().UnixNano(), i)
		st := s.statement(s.Wide(many))
		st.Run = runs[i]
		wg.Go(func() {
			rows := 0
			for _, err := range s.w.Query(t.Context(), st) {
				if err != nil {
					t.Error(err)
					return
				}
				if rows++; rows == 10 {
					break
				}
			}
		})
	}
	wg.Wait()
	for _, run := range runs {
		s.gone(run)
	}
}

func (s *suite) cancel(t *testing.T) {
	if s.Running != nil {
		s.cancelRunning(t)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.w.Exec(ctx, s.statement("SELECT 1")); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	for _, err := range s.w.Query(ctx, s.statement("SELECT 1")) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a context that has ended: %v", err)
		}
	}
	if err := s.w.Append(ctx, cdp.Table{Schema: s.Schema, Name: "nothing"}, []string{"a"}, []cdp.Row{{"x"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

func (s *suite) cancelRunning(t *testing.T) {
	query := func(ctx context.Context, st cdp.Statement) error {
		for _, err := range s.w.Query(ctx, st) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	exec := func(ctx context.Context, st cdp.Statement) error {
		_, err := s.w.Exec(ctx, st)
		return err
	}
	for name, test := range map[string]struct {
		sql string
		do  func(context.Context, cdp.Statement) error
	}{
		"query":     {s.Slow, query},
		"exec":      {s.SlowExec, exec},
		"streaming": {s.Wide(50_000_000), query},
	} {
		t.Run(name, func(t *testing.T) {
			sub := *s
			sub.t = t
			st := sub.statement(test.sql)
			st.Run = fmt.Sprintf("cancel%d", time.Now().UnixNano())
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- test.do(ctx, st) }()
			sub.running(st.Run)
			cancel()
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("it does not return")
			}
			sub.gone(st.Run)
		})
		t.Run(name+" by a deadline", func(t *testing.T) {
			sub := *s
			sub.t = t
			st := sub.statement(test.sql)
			st.Run = fmt.Sprintf("deadline%d", time.Now().UnixNano())
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start := time.Now()
			if err := test.do(ctx, st); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			sub.gone(st.Run)
		})
	}
}

func (s *suite) failLate(t *testing.T) {
	n := 2 * s.Bulk
	rows, failed := 0, error(nil)
	st := s.statement(s.Fail(n))
	for _, err := range s.w.Query(t.Context(), st) {
		if failed != nil {
			t.Fatal("an error must end the sequence")
		}
		if failed = err; err == nil {
			rows++
		}
	}
	if failed == nil {
		t.Fatalf("no error after %d rows", rows)
	}
	if rows > n {
		t.Errorf("got %d rows", rows)
	}
	s.carries(failed, st, s.Failure)
}

// carries checks that an error says what failed, where, and why.
func (s *suite) carries(err error, st cdp.Statement, text string) {
	s.t.Helper()
	var e *cdp.StatementError
	if !errors.As(err, &e) {
		s.t.Fatalf("got %T: %v", err, err)
	}
	if e.Statement.Name != st.Name || e.Statement.Pos != st.Pos {
		s.t.Errorf("the error is about %q at %v", e.Statement.Name, e.Statement.Pos)
	}
	for _, part := range []string{st.Name, "kith.yml:7:3", text} {
		if !strings.Contains(err.Error(), part) {
			s.t.Errorf("%q does not say %q", err, part)
		}
	}
}

func (s *suite) kinds(t *testing.T) {
	tb := s.table()
	create := s.Create(tb, []cdp.Column{{Name: "id", Type: kind(cdp.Int)}})
	s.exec(create)
	missing := s.w.Dialect().Table(cdp.Table{Schema: s.Schema, Name: "missing_table"})
	for sql, want := range map[string]error{
		create:                     cdp.ErrExists,
		"SELECT * FROM " + missing: cdp.ErrNotFound,
		s.Denied:                   cdp.ErrDenied,
	} {
		if sql == "" {
			continue
		}
		st := s.statement(sql)
		_, err := s.w.Exec(t.Context(), st)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", sql, err, want)
			continue
		}
		s.carries(err, st, "")
		for _, err := range s.w.Query(t.Context(), st) {
			if !errors.Is(err, want) {
				t.Errorf("query: %s: got %v, want %v", sql, err, want)
			}
		}
	}
	if err := s.w.Append(t.Context(), cdp.Table{Schema: s.Schema, Name: "missing_table"}, []string{"a"}, []cdp.Row{{"x"}}); !errors.Is(err, cdp.ErrNotFound) {
		t.Errorf("append: got %v", err)
	}
	if _, err := s.w.Describe(t.Context(), "SELECT * FROM "+missing); !errors.Is(err, cdp.ErrNotFound) {
		t.Errorf("describe: got %v", err)
	}
	st := s.statement("SELEKT 1")
	_, err := s.w.Exec(t.Context(), st)
	s.carries(err, st, "yntax")
}

func (s *suite) race(t *testing.T) {
	for range 5 {
		create := s.statement(s.Create(s.table(), []cdp.Column{{Name: "id", Type: kind(cdp.Int)}}))
		var (
			wg   sync.WaitGroup
			mu   sync.Mutex
			won  int
			gate = make(chan struct{})
		)
		for range s.Racers {
			wg.Go(func() {
				<-gate
				_, err := s.w.Exec(t.Context(), create)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, cdp.ErrExists) {
					t.Errorf("a loser got %v", err)
				}
			})
		}
		close(gate)
		wg.Wait()
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}

func (s *suite) parallel(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range s.Racers {
				want := int64(g*1000 + i)
				for row, err := range s.w.Query(t.Context(), s.statement(fmt.Sprintf("SELECT CAST(%d AS %s) AS v", want, s.Int64))) {
					if err != nil || row[0] != want {
						t.Errorf("got %v, %v", row, err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func (s *suite) figures(t *testing.T) {
	st := s.statement(s.Wide(s.Bulk))
	var last cdp.Progress
	st.Progress = func(p cdp.Progress) { last = p }
	stats, err := s.w.Exec(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Took <= 0 {
		t.Error("it took no time")
	}
	if s.Figures && (stats.ReadRows == 0 || stats.ReadBytes == 0 || stats.Peak == 0) {
		t.Errorf("stats are %+v", stats)
	}
	if s.Figures && last.Rows == 0 {
		t.Errorf("progress ends with %+v", last)
	}
}

func (s *suite) describe(t *testing.T) {
	columns, err := s.w.Describe(t.Context(), "SELECT 'x' AS a, CAST(1 AS "+s.Int64+") AS b -- a comment")
	if err != nil {
		t.Fatal(err)
	}
	for i := range columns {
		columns[i].Raw = ""
	}
	equal(t, []cdp.Column{{Name: "a", Type: kind(cdp.String)}, {Name: "b", Type: kind(cdp.Int)}}, columns)
	for _, bad := range []string{"SELECT 1; SELECT 2", "SELECT 1) UNION ALL (SELECT 2", "DROP TABLE x", ""} {
		if c, err := s.w.Describe(t.Context(), bad); err == nil && bad != "SELECT 1) UNION ALL (SELECT 2" {
			t.Errorf("%q is described as %v", bad, c)
		}
	}
}
