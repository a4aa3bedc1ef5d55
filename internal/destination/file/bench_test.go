package file

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

func BenchmarkPush(b *testing.B) {
	for _, format := range []string{"jsonl", "csv"} {
		b.Run(format, func(b *testing.B) {
			d := open(b, b.TempDir(), map[string]string{"dir": ".", "format": format})
			rows := make([]cdp.Delta, 10_000)
			for i := range rows {
				rows[i] = row(i)
				rows[i].Fields = json.RawMessage(fmt.Sprintf(`{"name":"Annabel Lee %d","spent":"1234.50","tags":["shoes","boots"],"city":"Amsterdam","vip":true,"n":%d,"last":"2026-11-01 12:00:00.000000","a":"b"}`, i, i))
			}
			del := delivery()
			for _, f := range []string{"city", "vip", "n", "last", "a"} {
				del.Fields = append(del.Fields, cdp.RemoteField{Name: f})
			}
			if err := d.Begin(ctx, del); err != nil {
				b.Fatal(err)
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Push(ctx, cdp.Batch{Rows: rows}); err != nil {
					b.Fatal(err)
				}
				n += len(rows)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
