package warehouse

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

func (s *suite) appendTable() cdp.Table {
	s.t.Helper()
	tb := s.table()
	s.exec(s.Create(tb, []cdp.Column{
		{Name: "id", Type: kind(cdp.Int)},
		{Name: "name", Type: kind(cdp.String)},
		{Name: "amount", Type: decimalType(12, 2)},
		{Name: "at", Type: kind(cdp.Timestamp)},
	}))
	return tb
}

func (s *suite) appends(t *testing.T) {
	tb := s.appendTable()
	columns := []string{"name", "id", "at"} // another order than the table's, and not all
	for _, n := range []int{0, 1, s.Bulk} {
		rows := make([]cdp.Row, n)
		for i := range rows {
			rows[i] = cdp.Row{fmt.Sprintf("name %d", i), int64(i), day(2026, 1, 1).Add(time.Duration(i) * time.Second)}
		}
		before := s.countOf(tb)
		if err := s.w.Append(t.Context(), tb, columns, rows); err != nil {
			t.Fatal(err)
		}
		if got := s.countOf(tb) - before; got != n {
			t.Errorf("appended %d rows of %d", got, n)
		}
	}
	last := s.Bulk - 1
	d := s.w.Dialect()
	got := s.all(fmt.Sprintf("SELECT id, name, amount, %s FROM %s WHERE id = %d", d.Ident("at"), d.Table(tb), last))
	equal(t, []cdp.Row{{int64(last), fmt.Sprintf("name %d", last), nil, day(2026, 1, 1).Add(time.Duration(last) * time.Second)}}, got)
	// Words that a parser of statements may take for others.
	odd := s.table()
	names := []string{"values", "format", "two words", "naïve", "settings", "select"}
	cols := []cdp.Column{{Name: "id", Type: kind(cdp.Int)}}
	row := cdp.Row{int64(1)}
	for _, n := range names {
		cols = append(cols, cdp.Column{Name: n, Type: kind(cdp.String)})
		row = append(row, n)
	}
	if !s.Text {
		s.exec(s.Create(odd, cols))
		if err := s.w.Append(t.Context(), odd, append([]string{"id"}, names...), []cdp.Row{row}); err != nil {
			t.Error(err)
		}
	}
}

// atomic appends rows of which the last is bad: none may be there after it.
func (s *suite) atomic(t *testing.T) {
	tb := s.appendTable()
	rows := make([]cdp.Row, s.Bulk/2)
	for i := range rows {
		rows[i] = cdp.Row{int64(i), "x"}
	}
	rows[len(rows)-1] = cdp.Row{"not a number", "x"}
	if err := s.w.Append(t.Context(), tb, []string{"id", "name"}, rows); err == nil {
		t.Error("no error")
	}
	if n := s.countOf(tb); n != 0 {
		t.Errorf("%d rows were appended", n)
	}
	rows[len(rows)-1] = cdp.Row{int64(1), "x"}
	if err := s.w.Append(t.Context(), tb, []string{"id", "name"}, rows); err != nil {
		t.Error(err)
	}
	if n := s.countOf(tb); n != len(rows) {
		t.Errorf("%d rows were appended", n)
	}
}

func (s *suite) refuses(t *testing.T) {
	tb := s.appendTable()
	for name, bad := range map[string]struct {
		columns []string
		row     cdp.Row
	}{
		"a missing value":         {[]string{"id", "name"}, cdp.Row{int64(1)}},
		"an unknown column":       {[]string{"id", "nope"}, cdp.Row{int64(1), "x"}},
		"null in the key":         {[]string{"id", "name"}, cdp.Row{nil, "x"}},
		"another type":            {[]string{"id", "name"}, cdp.Row{int64(1), 1.5}},
		"an int out of range":     {[]string{"id"}, cdp.Row{uint64(math.MaxUint64)}},
		"too many digits":         {[]string{"id", "amount"}, cdp.Row{int64(1), "0.001"}},
		"a decimal out of range":  {[]string{"id", "amount"}, cdp.Row{int64(1), "99999999999.00"}},
		"a decimal that is none":  {[]string{"id", "amount"}, cdp.Row{int64(1), "secret@example.com"}},
		"a time before all times": {[]string{"id", "at"}, cdp.Row{int64(1), time.Time{}}},
	} {
		if amount := decimalType(12, 2); s.Described(amount) != amount && (name == "too many digits" || name == "a decimal out of range") {
			continue // the column does not tell its digits
		}
		err := s.w.Append(t.Context(), tb, bad.columns, []cdp.Row{bad.row})
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: the error shows the value: %v", name, err)
		}
	}
	if n := s.countOf(tb); n != 0 {
		t.Errorf("%d rows were appended", n)
	}
}
