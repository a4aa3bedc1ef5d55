package dialect_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) {
	code := enginetest.Main(m)
	if err := emulatortest.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// onEngines runs a test on a real engine of every dialect.
func onEngines(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	t.Run("clickhouse", func(t *testing.T) {
		test(t, engine{dialect.ClickHouse{}, enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})})
	})
	t.Run("bigquery", func(t *testing.T) {
		test(t, engine{dialect.BigQuery{}, emulatortest.Warehouse(t)})
	})
}

// engine is a dialect and an engine that speaks it.
type engine struct {
	cdp.Dialect
	w cdp.Warehouse
}

// values are the values of expressions, many in one statement.
func (e engine) values(t testing.TB, exprs ...string) []any {
	t.Helper()
	return e.from(t, "", exprs...)
}

// from is values over rows.
func (e engine) from(t testing.TB, from string, exprs ...string) []any {
	t.Helper()
	var out []any
	for len(exprs) > 0 {
		n := min(len(exprs), 40)
		list := make([]string, n)
		for i, x := range exprs[:n] {
			list[i] = x + fmt.Sprintf(" AS c%d", i)
		}
		row, err := e.row("SELECT " + strings.Join(list, ",\n  ") + from)
		if err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(list, ",\n"))
		}
		out, exprs = append(out, row...), exprs[n:]
	}
	return out
}

func (e engine) row(sql string) (cdp.Row, error) {
	for row, err := range e.w.Query(context.Background(), cdp.Statement{Name: "test", SQL: sql}) {
		return append(cdp.Row(nil), row...), err
	}
	return nil, errors.New("no row")
}

// table are the rows of a query.
func (e engine) table(t testing.TB, sql string) [][]any {
	t.Helper()
	var out [][]any
	for row, err := range e.w.Query(context.Background(), cdp.Statement{Name: "test", SQL: sql}) {
		if err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
		out = append(out, append([]any(nil), row...))
	}
	return out
}

// plain makes numbers of one kind of those of all engines.
func plain(v any) any {
	switch x := v.(type) {
	case uint64:
		return int64(x)
	case time.Time:
		return x.UTC().Format("2006-01-02T15:04:05.999999")
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = plain(e)
		}
		return out
	}
	return v
}
