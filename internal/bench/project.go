package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// bench is a project in a folder of its own, on an engine that this process owns.
type bench struct {
	bin, dir string
	size     float64
	verbose  bool
	engine   *embedded.Engine
	w        cdp.Warehouse
	figures  []figure
	running  atomic.Int64 // process id of kith
	yards    int          // yardsticks measured
}

const columns = `{id: %s, email: string, amount: "decimal(12,2)", seen: timestamp, age: int, city: string, ok: bool, score: float, day: date, seg: string}`

const fields = `{email: email, amount: amount, seen: seen, age: age, city: city, ok: ok, score: score, day: day, seg: seg}`

func open(ctx context.Context, bin, dir string, size float64) (*bench, error) {
	b := &bench{bin: bin, dir: dir, size: size}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	b.engine, err = embedded.Open(ctx, embedded.Config{
		Path: filepath.Join(dir, ".kith/warehouse"), Lib: os.Getenv("KITH_CLICKHOUSE_LIB"), CacheDir: cache, Exe: bin, StateDatabase: "kith", PartLog: true,
	})
	if err != nil {
		return nil, err
	}
	b.w, err = b.engine.Warehouse(ctx, embedded.Full, clickhouse.Config{}, dialect.ClickHouse{})
	if err != nil {
		return nil, errors.Join(err, b.engine.Close())
	}
	return b, b.sql(ctx, "CREATE DATABASE bench")
}

func (b *bench) close() {
	_ = b.w.Close()
	_ = b.engine.Close()
}

func (b *bench) sql(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := b.w.Exec(ctx, cdp.Statement{Name: "bench", SQL: s}); err != nil {
			return fmt.Errorf("%w\n%s", err, s)
		}
	}
	return nil
}

// rows makes a table of n rows and ten columns, with numbers for keys.
func (b *bench) rows(ctx context.Context, table string, n int) error {
	return b.rowsBy(ctx, table, "toInt64(number)", n)
}

// rowsBy is rows with another key.
func (b *bench) rowsBy(ctx context.Context, table, id string, n int) error {
	return b.sql(ctx, fmt.Sprintf(`CREATE TABLE bench.%s ENGINE = MergeTree ORDER BY id AS SELECT %s AS id,
  concat('user', toString(cityHash64(number) %% 100000000), '@example.com') AS email, toDecimal64(cityHash64(number, 1) %% 1000000 / 100, 2) AS amount,
  toDateTime('2026-01-01 00:00:00', 'UTC') + number %% 10000000 AS seen, cityHash64(number, 2) %% 100 AS age,
  if(number %% 7 = 0, NULL, concat('city', toString(cityHash64(number, 3) %% 1000)))::Nullable(String) AS city, number %% 2 = 0 AS ok,
  cityHash64(number, 4) %% 1000000 / 1e6 AS score, toDate('2026-01-01') + number %% 300 AS day, concat('seg', toString(number %% 20)) AS seg
FROM numbers(%d)`, table, id, n))
}

// project writes the files of a sync of a table that has numbers for keys.
func (b *bench) project(table, destination, to string) error {
	return b.projectBy(table, "int", destination, to)
}

// projectBy is project for keys of another type.
func (b *bench) projectBy(table, key, destination, to string) error {
	files := map[string]string{
		"kith.yml":         "version: 1\nname: bench\ndefault_target: local\ntargets:\n  local: {type: clickhouse, embedded: {path: .kith/warehouse}}\ndestinations:\n  - " + destination + "\n",
		"models/bench.yml": fmt.Sprintf("sources:\n  - {name: %s, table: bench.%s, key: id, columns: %s}\n", table, table, fmt.Sprintf(columns, key)),
		"syncs/bench.yml": fmt.Sprintf("syncs:\n  - {name: sync_%s, from: {source: %s}, to: %s, key: {id: id}, fields: %s, on_removed: delete, guards: {max_removed: 100%%}}\n",
			table, table, to, fields),
	}
	return b.write(files)
}

// write writes files of the project.
func (b *bench) write(files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(b.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// outcome is what a run of kith left behind.
type outcome struct {
	Run   string `json:"run_id"`
	Syncs []struct {
		Status    string  `json:"status"`
		Error     string  `json:"error"`
		Delivered uint64  `json:"delivered"`
		Rows      uint64  `json:"rows"`
		Baseline  uint64  `json:"baseline"`
		Changed   uint64  `json:"changed"`
		Removed   uint64  `json:"removed"`
		Seconds   float64 `json:"seconds"`
		Acks      float64 `json:"ack_seconds"`
	} `json:"syncs"`
	Entities []struct {
		Rounds  int    `json:"rounds"`
		Touched uint64 `json:"touched"`
		Demoted uint64 `json:"demoted_values"`
	} `json:"entities"`
	Error string `json:"error"`

	peak float64 // MB
	took time.Duration
}

// kith runs the binary with --json.
func (b *bench) kith(ctx context.Context, args ...string) (*outcome, error) {
	c := exec.CommandContext(ctx, b.bin, append(args, "--json")...)
	c.Dir = b.dir
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	start := time.Now()
	err := c.Start()
	if err == nil {
		b.running.Store(int64(c.Process.Pid))
		err = c.Wait()
		b.running.Store(0)
	}
	if err != nil {
		return nil, fmt.Errorf("kith %v: %w\n%s%s", args, err, out.String(), errs.String())
	}
	o := &outcome{took: time.Since(start)}
	if err := json.Unmarshal(out.Bytes(), o); err != nil {
		return nil, err
	}
	if ru, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		o.peak = float64(ru.Maxrss) / 1024
	}
	for _, s := range o.Syncs {
		if s.Error != "" {
			return nil, errors.New(s.Error)
		}
	}
	return o, nil
}
