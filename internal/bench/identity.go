package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Yardsticks and goals of identity. A full build of ten million links is held
// against a union-find in this process that reads the same links from the engine;
// both by processor time, which other users of the machine do not change.
const (
	eventsPerLink = 1.4 // of the log below
	hubLinks      = 500_000
	chainLinks    = 100_000
)

// identity measures builds of a web log: people with a power law of activity, one to
// five anonymous ids and one to three devices each, 4 % of the devices shared.
func (b *bench) identity(ctx context.Context) error {
	events := int(10_000_000 * eventsPerLink * b.size)
	if err := b.visits(ctx, "events", 0, events); err != nil {
		return err
	}
	if err := b.entity("events"); err != nil {
		return err
	}
	full, err := b.built(ctx, "--full")
	if err != nil {
		return err
	}
	links, union, err := b.unionFind(ctx, full.build)
	if err != nil {
		return err
	}
	b.add("identity_full", full.stitch, "s CPU", union, 3)
	fmt.Printf("identity_full: %d links, %d rounds, extraction %.2f s, stitching %.2f s, union-find %.2f s CPU, peak %.0f MB\n", links, full.rounds, full.extract, full.stitch, union, full.peak)
	b.add("identity_peak", full.peak*1e6/float64(links), "bytes a link", 0, 0)
	if err := b.increment(ctx, events, full); err != nil {
		return err
	}
	hub, err := b.hub(ctx, events)
	if err != nil {
		return err
	}
	b.add("identity_rounds", float64(max(full.rounds, hub)), "rounds", 0, 5)
	return b.chain(ctx)
}

// visits adds rows to a log of visits. Rows are loaded in their order, over months.
func (b *bench) visits(ctx context.Context, table string, from, n int) error {
	return b.sql(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS bench.%[1]s (at DateTime64(6, 'UTC'), customer Nullable(String), email Nullable(String), phone Nullable(String), device Nullable(String), anonymous Nullable(String)) ENGINE = MergeTree ORDER BY at`, table),
		fmt.Sprintf(`INSERT INTO bench.%[1]s SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + intDiv(number, 2),
  if(number * 7919 %% 100 < 35, concat('u', toString(p)), NULL),
  if(number * 104729 %% 100 < 30, concat('p', toString(p), '.', toString(number %% 20 = 0), '@mail', toString(p %% 50), '.example.com'), NULL),
  if(number * 15485863 %% 100 < 12, concat('+316', leftPad(toString(p), 8, '0')), NULL),
  if(number * 32452843 %% 100 < 70, concat('d', lower(hex(sipHash64(2, if(p %% 25 = 0, p + 1, p), number %% (1 + p %% 3))))), NULL),
  concat('a', lower(hex(sipHash64(1, p, sipHash64(number) %% (1 + p %% 5)))))
FROM (SELECT number, toUInt64(pow(sipHash64(3, number) / 18446744073709551616., 2.2) * %[4]d) AS p FROM numbers(%[2]d, %[3]d))`, table, from, n, max(1, (from+n)/15)))
}

// entity writes the project of a person in a log of visits.
func (b *bench) entity(table string) error {
	files := map[string]string{
		"kith.yml": "version: 1\nname: bench\ndefault_target: local\ntargets:\n  local: {type: clickhouse, embedded: {path: .kith/warehouse}}\n",
		"models/bench.yml": fmt.Sprintf(`sources:
  - {name: visits, table: bench.%s, timestamp: at, loaded_at: at, columns: {at: timestamp, customer: string, email: string, phone: string, device: string, anonymous: string}}
entities:
  - name: person
    identity:
      identifiers:
        - {name: customer, max: 1}
        - {name: email, normalize: email, max: 10, caps: {customer: 3, any: 1000}}
        - {name: phone, normalize: phone, region: NL}
        - {name: device, caps: {customer: 4, any: 1000}}
        - {name: anonymous}
      links: [{source: visits, identifiers: [customer, email, phone, device, anonymous]}]
      guards: {max_merged: 100%%, max_split: 100%%, max_gone: 100%%, max_quarantined: 100%%}
`, table),
	}
	if err := os.RemoveAll(filepath.Join(b.dir, "syncs")); err != nil {
		return err
	}
	return b.write(files)
}

// built is what a build of identity took, in seconds of processor time.
type built struct {
	build            string
	extract, stitch  float64
	deletes          float64 // of stitch, in the background
	peak             float64 // MB, of its hungriest statement
	rounds           int
	touched, demoted uint64
}

func (b *bench) built(ctx context.Context, args ...string) (out built, err error) {
	o, err := b.kith(ctx, append([]string{"build"}, args...)...)
	if err != nil {
		return out, err
	}
	if len(o.Entities) != 1 {
		return out, fmt.Errorf("no entity was built: %s", o.Error)
	}
	out.rounds, out.touched, out.demoted = o.Entities[0].Rounds, o.Entities[0].Touched, o.Entities[0].Demoted
	for row, err := range b.w.Query(ctx, cdp.Statement{Name: "build", SQL: "SELECT build FROM kith.builds ORDER BY epoch DESC LIMIT 1"}) {
		if err != nil {
			return out, err
		}
		out.build, _ = row[0].(string)
	}
	for tries := 0; out.extract == 0; tries++ { // the log is written a moment after a statement has ended
		if tries == 100 {
			return out, fmt.Errorf("the engine's log has nothing of run %s", o.Run)
		}
		if tries > 0 {
			time.Sleep(300 * time.Millisecond)
		}
		if err := b.sql(ctx, "SYSTEM FLUSH LOGS"); err != nil {
			return out, err
		}
		// A DELETE works in the background: what that takes has part_log, and no query.
		q := fmt.Sprintf(`SELECT sumIf(cpu, extraction), sumIf(cpu, NOT extraction), max(memory),
  (SELECT sum(ProfileEvents['OSCPUVirtualTimeMicroseconds']) / 1e6 FROM system.part_log WHERE event_type = 'MutatePart' AND endsWith(table, '%[2]s')) FROM (
  SELECT ProfileEvents['OSCPUVirtualTimeMicroseconds'] / 1e6 AS cpu, memory_usage / 1e6 AS memory,
    match(JSONExtractString(log_comment, 'statement'), '^identity person (rows of|newest of|values$|nodes$|edges$|reads$|collisions$)') AS extraction
  FROM system.query_log WHERE type = 'QueryFinish' AND JSONExtractString(log_comment, 'run') = '%[1]s' AND startsWith(JSONExtractString(log_comment, 'statement'), 'identity person'))`, o.Run, out.build)
		for row, err := range b.w.Query(ctx, cdp.Statement{Name: "log", SQL: q}) {
			if err != nil {
				return out, err
			}
			out.extract, _ = row[0].(float64)
			out.stitch, _ = row[1].(float64)
			out.peak, _ = row[2].(float64)
			out.deletes, _ = row[3].(float64)
		}
	}
	out.stitch += out.deletes
	if b.verbose {
		if err := b.statements(ctx, o.Run); err != nil {
			return out, err
		}
	}
	return out, nil
}

// statements prints what the statements of a build took that took the most.
func (b *bench) statements(ctx context.Context, run string) error {
	q := fmt.Sprintf(`SELECT JSONExtractString(log_comment, 'statement'), ProfileEvents['OSCPUVirtualTimeMicroseconds'] / 1e6 AS cpu, read_rows, memory_usage / 1e6
FROM system.query_log WHERE type = 'QueryFinish' AND JSONExtractString(log_comment, 'run') = '%s' AND startsWith(JSONExtractString(log_comment, 'statement'), 'identity person') ORDER BY cpu DESC LIMIT 24`, run)
	for row, err := range b.w.Query(ctx, cdp.Statement{Name: "log", SQL: q}) {
		if err != nil {
			return err
		}
		fmt.Printf("  %-44v %8.2f s CPU  %12v rows  %6.0f MB\n", row[0], row[1], row[2], row[3])
	}
	return nil
}

// unionFind reads the links of a build and joins them here. Its processor time is
// that of the engine and of this process.
func (b *bench) unionFind(ctx context.Context, build string) (links uint64, cpu float64, err error) {
	before := selfCPU()
	index, parent := map[uint64]uint32{}, []uint32(nil)
	at := func(node uint64) uint32 {
		i, ok := index[node]
		if !ok {
			i = uint32(len(parent)) //nolint:gosec // fewer than 2^32 nodes
			index[node] = i
			parent = append(parent, i)
		}
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	read := cdp.Statement{Name: "read links", Model: "bench", Run: "union-" + build, SQL: "SELECT a, b FROM kith.identity_person_edges_" + build}
	for row, err := range b.w.Query(ctx, read) {
		if err != nil {
			return 0, 0, err
		}
		x, _ := row[0].(uint64)
		y, _ := row[1].(uint64)
		parent[at(x)] = at(y)
		links++
	}
	here := (selfCPU() - before).Seconds()
	if err := b.sql(ctx, "SYSTEM FLUSH LOGS"); err != nil {
		return 0, 0, err
	}
	for row, err := range b.w.Query(ctx, cdp.Statement{Name: "log", SQL: fmt.Sprintf("SELECT sum(ProfileEvents['OSCPUVirtualTimeMicroseconds']) / 1e6 FROM system.query_log WHERE type = 'QueryFinish' AND JSONExtractString(log_comment, 'run') = '%s'", read.Run)}) {
		if err != nil {
			return 0, 0, err
		}
		there, _ := row[0].(float64)
		cpu = here + there
	}
	return links, cpu, nil
}

// selfCPU is the processor time of this process.
func selfCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// increment adds 1 % of visits, and builds what is new.
func (b *bench) increment(ctx context.Context, events int, full built) error {
	if err := b.visits(ctx, "events", events, events/100); err != nil {
		return err
	}
	inc, err := b.built(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("identity_incremental: reading %.2f s, stitching %.2f s CPU (of it deletes %.2f), %d entities touched\n", inc.extract, inc.stitch, inc.deletes, inc.touched)
	b.add("identity_incremental", inc.extract+inc.stitch, "s CPU", full.extract+full.stitch, 0.1)
	return nil
}

// hub adds an address that half a million visitors share to half the log, and
// returns the rounds; caps are on, with it and without.
func (b *bench) hub(ctx context.Context, events int) (rounds int, err error) {
	n := int(hubLinks * b.size)
	if err := b.visits(ctx, "hub", 0, events/2); err != nil {
		return 0, err
	}
	if err := b.entity("hub"); err != nil {
		return 0, err
	}
	without, err := b.built(ctx, "--full")
	if err != nil {
		return 0, err
	}
	if err := b.sql(ctx, fmt.Sprintf(`INSERT INTO bench.hub SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, NULL, 'info@hub.example.com', NULL, NULL, anonymous
FROM (SELECT DISTINCT anonymous, number FROM (SELECT anonymous, rowNumberInAllBlocks() AS number FROM bench.hub WHERE isNotNull(anonymous) LIMIT 1 BY anonymous LIMIT %d))`, n)); err != nil {
		return 0, err
	}
	with, err := b.built(ctx, "--full")
	if err != nil {
		return 0, err
	}
	if with.demoted != without.demoted+1 {
		return 0, fmt.Errorf("%d values are demoted with the hub, %d without", with.demoted, without.demoted)
	}
	fmt.Printf("identity_hub: %.2f s CPU with a hub of %d, %.2f without\n", with.stitch, n, without.stitch)
	b.add("identity_hub", with.stitch, "s CPU", without.stitch, 1.3)
	return with.rounds, nil
}

// chain builds a path of identifiers, the deepest graph there is.
func (b *bench) chain(ctx context.Context) error {
	if err := b.sql(ctx, fmt.Sprintf(`CREATE TABLE bench.chain (at DateTime64(6, 'UTC'), customer Nullable(String), email Nullable(String), phone Nullable(String), device Nullable(String), anonymous Nullable(String)) ENGINE = MergeTree ORDER BY at
AS SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, NULL, NULL, NULL, concat('d', toString(intDiv(number, 2))), concat('a', toString(intDiv(number + 1, 2))) FROM numbers(%d)`, chainLinks)); err != nil {
		return err
	}
	if err := b.entity("chain"); err != nil {
		return err
	}
	chain, err := b.built(ctx, "--full")
	if err != nil {
		return err
	}
	b.add("identity_chain_rounds", float64(chain.rounds), "rounds", 0, 12)
	return nil
}
