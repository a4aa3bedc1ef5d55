package engine

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// visits fills a web log: people with a power law of activity, one to five
// anonymous ids and one to three devices each, 4 % of the devices shared.
func visits(w *world, events int) {
	w.sql(fmt.Sprintf(`INSERT INTO %s.src_events (at, customer, email, phone, device, anonymous)
SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number %% 20000000,
  if(number * 7919 %% 100 < 35, concat('u', toString(p)), NULL),
  if(number * 104729 %% 100 < 30, concat('p', toString(p), '.', toString(number %% 20 = 0), '@mail', toString(p %% 50), '.example.com'), NULL),
  if(number * 15485863 %% 100 < 12, concat('+316', leftPad(toString(p), 8, '0')), NULL),
  if(number * 32452843 %% 100 < 70, concat('d', lower(hex(sipHash64(2, if(p %% 25 = 0, p + 1, p), number %% (1 + p %% 3))))), NULL),
  concat('a', lower(hex(sipHash64(1, p, sipHash64(number) %% (1 + p %% 5)))))
FROM (SELECT number, toUInt64(pow(sipHash64(3, number) / 18446744073709551616., 2.2) * %d) AS p FROM numbers(%d))`, w.p.State, events/15, events))
}

func eventsEntity() *cdp.Entity {
	customer, email := &cdp.Identifier{Name: "customer", Max: 1}, &cdp.Identifier{Name: "email", Normalize: "email", Max: 10}
	phone, device, anonymous := &cdp.Identifier{Name: "phone", Normalize: "phone", Region: "NL"}, ident("device"), ident("anonymous")
	return person([]*cdp.Identifier{customer, email, phone, device, anonymous}, linkTo("events", customer, email, phone, device, anonymous))
}

// BenchmarkIdentity measures a first build, a rebuild, and what a union-find in this
// process costs that reads the same edges. CPU is that of the warehouse, of the
// union-find that of both.
func BenchmarkIdentity(b *testing.B) {
	for _, events := range []int{1_200_000, 6_000_000} {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			for b.Loop() {
				benchIdentity(b, events)
			}
		})
	}
}

func benchIdentity(b *testing.B, events int) {
	w := newWorld(b, eventsEntity())
	w.finish = finishEdges
	visits(w, events)
	start := time.Now()
	r := w.run()
	first := time.Since(start)
	start = time.Now()
	w.run()
	again := time.Since(start)

	before := selfCPU()
	start = time.Now()
	sets := newDisjoint()
	for row, err := range w.w.Query(b.Context(), cdp.Statement{Name: "bench read edges", SQL: "SELECT a, b FROM " + w.table("edges")}) {
		if err != nil {
			b.Fatal(err)
		}
		sets.union(ledger.Uint(row[0]), ledger.Uint(row[1]))
	}
	union, unionCPU := time.Since(start), selfCPU()-before

	w.sql("SYSTEM FLUSH LOGS")
	cpu := map[string]float64{}
	var lines []string
	for _, row := range w.query(`SELECT JSONExtractString(log_comment, 'statement') AS s, JSONExtractString(log_comment, 'run') AS r, sum(ProfileEvents['OSCPUVirtualTimeMicroseconds']) / 1e6, sum(query_duration_ms) / 1e3, max(memory_usage) / 1e6
FROM system.query_log WHERE type = 'QueryFinish' AND query LIKE '%` + w.p.State + `%' AND r IN ('test-1', 'test-2', '') GROUP BY s, r ORDER BY min(event_time_microseconds)`) {
		name, run := ledger.Text(row[0]), ledger.Text(row[1])
		step := map[string]string{"test-1": "build", "test-2": "rebuild", "": "other"}[run]
		if strings.Contains(name, "rows of") || strings.HasSuffix(name, "nodes") && !strings.Contains(name, "split") || strings.HasSuffix(name, "edges") && !strings.Contains(name, "split") || strings.HasSuffix(name, "row counts") || strings.HasSuffix(name, "collisions") {
			step += " extraction"
		}
		if strings.HasPrefix(name, "bench") {
			step = "union"
		}
		used, _ := row[2].(float64)
		cpu[step] += used
		lines = append(lines, fmt.Sprintf("%-8s %-40s cpu %6.2f  wall %6.2f  MB %6.0f", run, name, row[2], row[3], row[4]))
	}
	if testing.Verbose() {
		b.Logf("%+v\n%s", r, strings.Join(lines, "\n"))
	}
	edges := ledger.Uint(w.query("SELECT count() FROM " + w.table("edges"))[0][0])
	b.ReportMetric(float64(edges), "edges")
	b.ReportMetric(first.Seconds(), "build-s")
	b.ReportMetric(again.Seconds(), "rebuild-s")
	b.ReportMetric(union.Seconds(), "union-s")
	b.ReportMetric(cpu["build extraction"], "extraction-cpu")
	b.ReportMetric(cpu["build"], "build-cpu")
	b.ReportMetric(cpu["rebuild"], "rebuild-cpu")
	b.ReportMetric(cpu["union"]+unionCPU.Seconds(), "union-cpu")
}

// selfCPU is the processor time of this process.
func selfCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
