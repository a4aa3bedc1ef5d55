package warehouse

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// Texts is the SQL of one dialect that Suite needs. Functions must return the same
// text for the same arguments.
type Texts struct {
	// Schema is where the suite makes its tables; it exists.
	Schema string
	// Create makes a table that does not exist yet; the columns have a Type and are
	// nullable, but for the first, which is the key and an int.
	Create func(t cdp.Table, columns []cdp.Column) string
	Drop   func(t cdp.Table) string
	// Wide selects n rows (n int from 0, s a string of about 1 kB), in any order,
	// piece by piece.
	Wide func(n int) string
	// Fail selects n rows as Wide does and then fails, with Failure in the message.
	Fail    func(n int) string
	Failure string
	// Slow is a SELECT, SlowExec a statement without rows; both run for a minute.
	Slow, SlowExec string
	// Running selects the number of statements with this run id that run now; nil
	// where the warehouse cannot tell: then what needs it is not tested here.
	Running func(run string) string
	// Int64 is the type of 64-bit integers.
	Int64 string
	// Values maps expressions to what they select, as in a cdp.Row.
	Values map[string]any
	// Denied is what the user of the suite may not do, "" to leave it out.
	Denied string
	// Text says that strings are text: bytes that are not UTF-8 cannot be stored.
	Text bool
	// Figures says that Stats and Progress are known.
	Figures bool
	// Bulk is the number of rows of the tests with many; 0 is 100,000. An emulator
	// may be too slow for that.
	Bulk int
	// Racers is how many statements run at once where that is tested; 0 is 64.
	Racers int
	// Described is the type that Describe tells of a column of type t, where it does
	// not know all of it; nil: t.
	Described func(t cdp.Type) cdp.Type
	// Canonical says that a decimal comes without zeros at its end, whatever the scale
	// of its column.
	Canonical bool
}

func (x Texts) withDefaults() Texts {
	if x.Bulk == 0 {
		x.Bulk = 100_000
	}
	if x.Racers == 0 {
		x.Racers = 64
	}
	if x.Described == nil {
		x.Described = func(t cdp.Type) cdp.Type { return t }
	}
	return x
}

// Suite runs every test of the port. open returns a warehouse that the suite does
// not close; it may be the same one each time.
func Suite(t *testing.T, x Texts, open func(t *testing.T) cdp.Warehouse) {
	x = x.withDefaults()
	tests := []struct {
		name string
		run  func(*suite, *testing.T)
	}{
		{"values", (*suite).values},
		{"quotes", (*suite).quotes},
		{"round trip", (*suite).roundTrip},
		{"empty results", (*suite).empty},
		{"stream", (*suite).stream},
		{"stop early", (*suite).stopEarly},
		{"cancel", (*suite).cancel},
		{"fail in mid-stream", (*suite).failLate},
		{"kinds of errors", (*suite).kinds},
		{"append", (*suite).appends},
		{"append is atomic", (*suite).atomic},
		{"append refuses", (*suite).refuses},
		{"one creator wins", (*suite).race},
		{"many at once", (*suite).parallel},
		{"figures", (*suite).figures},
		{"describe", (*suite).describe},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.run(&suite{Texts: x, t: t, w: open(t)}, t)
		})
	}
}

type suite struct {
	Texts
	t *testing.T
	w cdp.Warehouse
}

var tables struct {
	sync.Mutex
	n int
}

// table names a table that is dropped after the test.
func (s *suite) table() cdp.Table {
	tables.Lock()
	tables.n++
	tb := cdp.Table{Schema: s.Schema, Name: fmt.Sprintf("suite_%d_%d", time.Now().UnixNano(), tables.n)}
	tables.Unlock()
	s.t.Cleanup(func() {
		if _, err := s.w.Exec(context.Background(), cdp.Statement{Name: "drop", SQL: s.Drop(tb)}); err != nil && !errors.Is(err, cdp.ErrNotFound) {
			s.t.Error(err)
		}
	})
	return tb
}

// statement is SQL with all that an error should carry.
func (s *suite) statement(sql string) cdp.Statement {
	return cdp.Statement{
		Name: "suite " + s.t.Name(), Model: "suite", SQL: sql, Run: "suite",
		Pos: diag.Pos{File: "kith.yml", Line: 7, Col: 3},
	}
}

func (s *suite) exec(sql string) {
	s.t.Helper()
	if _, err := s.w.Exec(s.t.Context(), s.statement(sql)); err != nil {
		s.t.Fatal(err)
	}
}

// all reads every row.
func (s *suite) all(sql string) []cdp.Row {
	s.t.Helper()
	var rows []cdp.Row
	for row, err := range s.w.Query(s.t.Context(), s.statement(sql)) {
		if err != nil {
			s.t.Fatal(err)
		}
		rows = append(rows, append(cdp.Row(nil), row...))
	}
	return rows
}

// count reads one number.
func (s *suite) count(sql string) int {
	s.t.Helper()
	rows := s.all(sql)
	if len(rows) != 1 || len(rows[0]) != 1 {
		s.t.Fatalf("%s: got %v", sql, rows)
	}
	switch n := rows[0][0].(type) {
	case int64:
		return int(n)
	case uint64:
		return int(n)
	}
	s.t.Fatalf("%s: got %T", sql, rows[0][0])
	return 0
}

func (s *suite) countOf(tb cdp.Table) int {
	s.t.Helper()
	return s.count("SELECT count(*) FROM " + s.w.Dialect().Table(tb))
}

// gone waits until no statement of the run is left in the warehouse.
func (s *suite) gone(run string) {
	s.t.Helper()
	if s.Running == nil {
		return
	}
	deadline := time.Now().Add(10 * time.Second)
	for s.count(s.Running(run)) > 0 {
		if time.Now().After(deadline) {
			s.t.Fatal("the statement still runs in the warehouse")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// running waits until a statement of the run is seen in the warehouse.
func (s *suite) running(run string) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for s.count(s.Running(run)) == 0 {
		if time.Now().After(deadline) {
			s.t.Fatal("the statement does not begin")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
