package clickhouse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

const wideRow = `SELECT number AS id, concat('person-', toString(number)) AS name, toInt64(number * 7) AS score,
	toNullable(concat('p', toString(number), '@example.com')) AS email, toDecimal64(number, 2) AS amount,
	toDateTime64(1700000000 + number, 6, 'UTC') AS at, number %% 2 = 0 AS active FROM numbers(%d)`

// BenchmarkQuery reads rows of seven columns.
func BenchmarkQuery(b *testing.B) {
	for _, p := range []clickhouse.Protocol{clickhouse.Native, clickhouse.HTTP} {
		b.Run(string(p), func(b *testing.B) {
			w := server(b, p)
			b.ReportAllocs()
			n := 0
			b.ResetTimer()
			for row, err := range w.Query(b.Context(), cdp.Statement{SQL: fmt.Sprintf(wideRow, b.N)}) {
				if err != nil {
					b.Fatal(err)
				}
				n += min(1, len(row))
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkAppend writes batches of 10,000 rows of five columns.
func BenchmarkAppend(b *testing.B) {
	const batch = 10_000
	w := server(b, clickhouse.Native)
	create := "CREATE OR REPLACE TABLE kith.bench (kh UInt64, row_id String, h UInt64, key Nullable(String), at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY (kh, row_id)"
	if _, err := w.Exec(b.Context(), cdp.Statement{SQL: create}); err != nil {
		b.Fatal(err)
	}
	rows := make([]cdp.Row, batch)
	for i := range rows {
		rows[i] = cdp.Row{uint64(i) * 0x9e3779b97f4a7c15, fmt.Sprintf("p_%032x", i), uint64(i), fmt.Sprintf("p%d@example.com", i), time.Unix(int64(i), 0)}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := w.Append(b.Context(), cdp.Table{Schema: "kith", Name: "bench"}, []string{"kh", "row_id", "h", "key", "at"}, rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkRoundTrip is the cost of a small statement.
func BenchmarkRoundTrip(b *testing.B) {
	w := server(b, clickhouse.Native)
	for range b.N {
		if _, err := w.Exec(b.Context(), cdp.Statement{SQL: "SELECT 1"}); err != nil {
			b.Fatal(err)
		}
	}
}
