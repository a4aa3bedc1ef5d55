package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// unchanged is the share of a diff that finds nothing.
const unchanged = "0 %"

// diff measures the processor time of the statements of a diff, from the engine's own
// log, against that of reading and hashing the same rows, and their peak memory at
// several shares of changed rows, with keys that are numbers and keys that are texts.
func (b *bench) diff(ctx context.Context) error {
	peak := 0.0
	for _, table := range []string{"people", "texts"} {
		if err := b.known(ctx, table); err != nil {
			return err
		}
		memory, err := b.changing(ctx, table)
		if err != nil {
			return err
		}
		peak = max(peak, memory)
	}
	b.add("diff_peak_mb", peak, "MB", 0, 300)
	return nil
}

// large compares ten times as many rows, once with nothing and once with 1 % changed.
func (b *bench) large(ctx context.Context) error {
	b.size *= 10
	defer func() { b.size /= 10 }()
	if err := b.known(ctx, "people"); err != nil {
		return err
	}
	if _, err := b.compare(ctx, "people", unchanged, "", 0, 1); err != nil {
		return err
	}
	if err := b.sql(ctx, "ALTER TABLE bench.people UPDATE age = age + 1 WHERE cityHash64(id) % 100 = 3 SETTINGS mutations_sync = 2"); err != nil {
		return err
	}
	_, err := b.compare(ctx, "people", "1 %", "", 0, 1)
	return err
}

// known makes a table and takes its rows as delivered.
func (b *bench) known(ctx context.Context, table string) error {
	key, id := "int", "toInt64(number)"
	if table == "texts" {
		key, id = "string", "lower(hex(MD5(toString(number))))"
	}
	if err := b.rowsBy(ctx, table, id, int(10_000_000*b.size)); err != nil {
		return err
	}
	if err := b.projectBy(table, key, "{name: out, type: file, dir: exports}", "{destination: out, object: people}"); err != nil {
		return err
	}
	if _, err := b.kith(ctx, "sync", "--rebaseline"); err != nil {
		return err
	}
	_, err := b.kith(ctx, "sync") // the run that the next one learns from
	return err
}

// changing compares with more and more rows changed, a tenth as many of them removed,
// and returns the greatest memory of a statement. Of numbers two shares are timed.
func (b *bench) changing(ctx context.Context, table string) (peak float64, err error) {
	measure := func(share, name string, limit float64, times int) error {
		if table != "people" {
			name, times = "", 1
		}
		m, err := b.compare(ctx, table, share, name, limit, times)
		peak = max(peak, m)
		return err
	}
	if err := measure(unchanged, "diff_10m_unchanged", 1.5, pairs); err != nil {
		return 0, err
	}
	change := func(of, rest int) error {
		return b.sql(ctx, fmt.Sprintf("ALTER TABLE bench.%s UPDATE age = age + 1 WHERE cityHash64(id) %% %d = %d SETTINGS mutations_sync = 2", table, of, rest))
	}
	if err := change(1000, 1); err != nil {
		return 0, err
	}
	if err := measure("0.1 %", "", 0, 1); err != nil {
		return 0, err
	}
	if err := change(100, 2); err != nil {
		return 0, err
	}
	if _, err := b.kith(ctx, "sync"); err != nil { // so that the next is like any later run
		return 0, err
	}
	if err := change(100, 3); err != nil {
		return 0, err
	}
	if err := b.sql(ctx, fmt.Sprintf("DELETE FROM bench.%s WHERE cityHash64(id) %% 1000 = 4", table)); err != nil {
		return 0, err
	}
	if err := measure("1 %", "diff_10m_1pct", 3, pairs); err != nil {
		return 0, err
	}
	if err := change(10, 5); err != nil {
		return 0, err
	}
	if err := measure("10 %", "", 0, 1); err != nil {
		return 0, err
	}
	if err := change(1, 0); err != nil {
		return 0, err
	}
	return peak, measure("100 %", "", 0, 1)
}

// compare plans and hashes in turn, and returns the peak memory of a statement. What has
// no name is only printed.
func (b *bench) compare(ctx context.Context, table, share, name string, limit float64, times int) (peak float64, err error) {
	var (
		took, yard, ratios []float64
		last               string
	)
	for range times {
		b.yards++
		run := fmt.Sprintf("yardstick-%d", b.yards)
		hash := fmt.Sprintf("SELECT id, cityHash64(tuple(email, amount, seen, age, city, ok, score, day, seg)) FROM bench.%s FORMAT Null", table)
		if _, err := b.w.Exec(ctx, cdp.Statement{Name: "yardstick", Model: "sync yardstick", Run: run, SQL: hash}); err != nil {
			return 0, err
		}
		f, _, err := b.logged(ctx, run)
		if err != nil {
			return 0, err
		}
		o, err := b.kith(ctx, "plan")
		if err != nil {
			return 0, err
		}
		// A diff that found nothing has looked at everything.
		if s, all := o.Syncs[0], uint64(10_000_000*b.size); share == unchanged && (s.Rows != all || s.Baseline != all || s.Changed+s.Removed > 0) || share != unchanged && s.Changed == 0 {
			return 0, fmt.Errorf("%s changed: the plan says %+v", share, s)
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
	if name != "" {
		b.add(name, median(took), "s", median(took)/median(ratios), limit)
	}
	fmt.Printf("diff of %s, %s changed: %.2f s of the processor, F %.2f s, ratios %.2f, %.0f MB\n", table, share, median(took), median(yard), ratios, peak)
	return peak, nil
}

// logged sums what the engine's log says of the statements of a run. The log is
// written a moment after the statement has ended.
func (b *bench) logged(ctx context.Context, run string) (seconds, megabytes float64, err error) {
	for range 100 {
		if seconds, megabytes, err = b.sums(ctx, run); err != nil || seconds > 0 {
			return seconds, megabytes, err
		}
		time.Sleep(300 * time.Millisecond)
	}
	return 0, 0, fmt.Errorf("the engine's log has nothing of run %s", run)
}

// sums are of the processor's time: the wall's is that of everything on the machine.
func (b *bench) sums(ctx context.Context, run string) (seconds, megabytes float64, err error) {
	if err := b.sql(ctx, "SYSTEM FLUSH LOGS"); err != nil {
		return 0, 0, err
	}
	q := fmt.Sprintf(`SELECT sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) / 1e6, max(memory_usage) / 1e6 FROM system.query_log
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
