package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// diff measures how long the statements of a diff take in the engine, from its own
// log, against reading and hashing the same rows.
func (b *bench) diff(ctx context.Context) error {
	n := int(10_000_000 * b.size)
	if err := b.rows(ctx, "people", n); err != nil {
		return err
	}
	if err := b.project("people", "{name: out, type: file, dir: exports}", "{destination: out, object: people}"); err != nil {
		return err
	}
	if _, err := b.kith(ctx, "sync", "--rebaseline"); err != nil {
		return err
	}
	if _, err := b.kith(ctx, "sync"); err != nil { // the run that the next one learns from
		return err
	}
	peak, err := b.compare(ctx, "diff_10m_unchanged", 1.5)
	if err != nil {
		return err
	}
	for i := range 2 { // the first is delivered, so that the second is like any later run
		if err := b.sql(ctx, fmt.Sprintf("ALTER TABLE bench.people UPDATE age = age + 1 WHERE id %% 100 = %d SETTINGS mutations_sync = 2", i)); err != nil {
			return err
		}
		if i == 0 {
			if _, err := b.kith(ctx, "sync"); err != nil {
				return err
			}
		}
	}
	changed, err := b.compare(ctx, "diff_10m_1pct", 3)
	if err != nil {
		return err
	}
	b.add("diff_peak_mb", max(peak, changed), "MB", 0, 300)
	return nil
}

const readAndHash = "SELECT id, cityHash64(tuple(email, amount, seen, age, city, ok, score, day, seg)) FROM bench.people FORMAT Null"

// compare plans and hashes in turn, and returns the peak memory of a statement.
func (b *bench) compare(ctx context.Context, name string, limit float64) (peak float64, err error) {
	var (
		took, yard, ratios []float64
		last               string
	)
	for range pairs {
		start := time.Now()
		if err := b.sql(ctx, readAndHash); err != nil {
			return 0, err
		}
		f := time.Since(start).Seconds()
		o, err := b.kith(ctx, "plan")
		if err != nil {
			return 0, err
		}
		seconds, memory, err := b.logged(ctx, o.Run)
		if err != nil {
			return 0, err
		}
		last = o.Run
		took, yard, ratios = append(took, seconds), append(yard, f), append(ratios, seconds/f)
		peak = max(peak, memory)
	}
	if b.verbose {
		if err := b.breakdown(ctx, last); err != nil {
			return 0, err
		}
	}
	b.add(name, median(took), "s", median(took)/median(ratios), limit)
	fmt.Printf("%s: %.2f s, F %.2f s, ratios %.2f\n", name, median(took), median(yard), ratios)
	return peak, nil
}

// logged sums what the engine's log says of the statements of a run. The log is
// written a moment after the statement has ended.
func (b *bench) logged(ctx context.Context, run string) (seconds, megabytes float64, err error) {
	for range 10 {
		if seconds, megabytes, err = b.sums(ctx, run); err != nil || seconds > 0 {
			return seconds, megabytes, err
		}
		time.Sleep(300 * time.Millisecond)
	}
	return 0, 0, fmt.Errorf("the engine's log has nothing of run %s", run)
}

func (b *bench) sums(ctx context.Context, run string) (seconds, megabytes float64, err error) {
	if err := b.sql(ctx, "SYSTEM FLUSH LOGS"); err != nil {
		return 0, 0, err
	}
	q := fmt.Sprintf(`SELECT sum(query_duration_ms) / 1000., max(memory_usage) / 1e6 FROM system.query_log
WHERE type = 'QueryFinish' AND JSONExtractString(log_comment, 'run') = '%s' AND startsWith(JSONExtractString(log_comment, 'model'), 'sync ')`, run)
	for row, err := range b.w.Query(ctx, cdp.Statement{Name: "log", SQL: q}) {
		if err != nil {
			return 0, 0, err
		}
		seconds, _ = row[0].(float64)
		megabytes, _ = row[1].(float64)
	}
	return seconds, megabytes, nil
}

// breakdown prints the statements of a run that took longest.
func (b *bench) breakdown(ctx context.Context, run string) error {
	return b.longest(ctx, fmt.Sprintf("JSONExtractString(log_comment, 'run') = '%s'", run))
}

// longest prints those of the log that took longest.
func (b *bench) longest(ctx context.Context, where string) error {
	q := fmt.Sprintf(`SELECT JSONExtractString(log_comment, 'statement') AS statement, count() AS n, sum(query_duration_ms) AS ms,
  intDiv(sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']), 1000) AS cpu, intDiv(max(memory_usage), 1000000) AS mb
FROM system.query_log WHERE type = 'QueryFinish' AND %s GROUP BY statement ORDER BY ms DESC LIMIT 12`, where)
	for row, err := range b.w.Query(ctx, cdp.Statement{Name: "log", SQL: q}) {
		if err != nil {
			return err
		}
		fmt.Printf("  %-24v %3v times, %6v ms, cpu %6v ms, %4v MB\n", row[0], row[1], row[2], row[3], row[4])
	}
	return nil
}
