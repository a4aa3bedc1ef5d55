package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"github.com/kithdata/kith/internal/cdp"
)

// Warehouse is a [cdp.Warehouse] on one ClickHouse. It is safe for concurrent use;
// a statement holds one of Config.MaxOpenConns connections until it is done, a
// Query until its sequence ends. So a loop over a Query must not wait for more
// statements of the same Warehouse than there are connections left.
type Warehouse struct {
	cfg     Config
	dialect cdp.Dialect
	conn    driver.Conn
	slots   chan struct{}
	json    bool          // the server can send JSON columns as text
	found   chgo.Settings // of every statement, because of how the server is
}

var _ cdp.Warehouse = (*Warehouse)(nil)

// Open connects and makes sure that somebody answers. The Warehouse must be
// closed. Errors are *[cdp.StatementError] where they come from the server or the
// network; no error holds the password.
func Open(ctx context.Context, cfg Config, d cdp.Dialect) (*Warehouse, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	opts, err := cfg.options()
	if err != nil {
		return nil, err
	}
	conn, err := chgo.Open(opts)
	if err != nil {
		return nil, err
	}
	w := &Warehouse{cfg: cfg, dialect: d, conn: conn, slots: make(chan struct{}, cfg.MaxOpenConns)}
	if err := w.Ping(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if v, err := conn.ServerVersion(); err == nil {
		if !atLeast(v.Version, 24, 8) {
			_ = conn.Close()
			return nil, fmt.Errorf("ClickHouse %d.%d at %s is too old: kith needs 24.8 or later", v.Version.Major, v.Version.Minor, strings.Join(cfg.Addr, ", "))
		}
		w.json = atLeast(v.Version, 24, 10) // output_format_native_write_json_as_string
	}
	w.look(ctx)
	return w, nil
}

func atLeast(v proto.Version, major, minor uint64) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// Ping reports whether the server answers and accepts the credentials.
func (w *Warehouse) Ping(ctx context.Context) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.give()
	if err := w.conn.Ping(untimed{ctx}); err != nil {
		return w.fail(ctx, cdp.Statement{}, err)
	}
	return nil
}

// Dialect is the dialect that was given to Open.
func (w *Warehouse) Dialect() cdp.Dialect { return w.dialect }

// Close closes the idle connections, and those in use when their statement ends.
func (w *Warehouse) Close() error { return w.conn.Close() }

func (w *Warehouse) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Warehouse) give() { <-w.slots }

// call is one statement on its way to the server.
type call struct {
	id       string // query id
	settings chgo.Settings
	options  []chgo.QueryOption
}

func (w *Warehouse) newCall(s cdp.Statement) *call {
	comment, _ := json.Marshal(struct { // a struct of strings always marshals
		App       string `json:"app"`
		Run       string `json:"run"`
		Statement string `json:"statement"`
		Model     string `json:"model"`
	}{"kith", s.Run, s.Name, s.Model})
	c := &call{id: queryID(s.Run), settings: chgo.Settings{"log_comment": string(comment)}}
	for name, v := range w.found {
		c.settings[name] = v
	}
	if w.json {
		c.settings["output_format_native_write_json_as_string"] = 1
	}
	// Dates come in the location of the server unless told otherwise.
	c.options = []chgo.QueryOption{chgo.WithQueryID(c.id), chgo.WithUserLocation(time.UTC)}
	return c
}

func (c *call) context(ctx context.Context) context.Context {
	return chgo.Context(untimed{ctx}, append(c.options, chgo.WithSettings(c.settings))...)
}

func queryID(run string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	if run == "" {
		run = "kith"
	}
	return run + "-" + hex.EncodeToString(b[:])
}

// untimed is a context without its deadline: the driver would turn one into
// max_execution_time (context.go of v2.50.0) and an i/o timeout. It still ends when
// the deadline passes.
type untimed struct{ context.Context }

func (untimed) Deadline() (time.Time, bool) { return time.Time{}, false }

// kill ends a statement on the server, where the native protocol's packet for that has not:
// over HTTP a closed connection ends only some statements.
func (w *Warehouse) kill(c *call) {
	if w.cfg.Protocol == HTTP {
		_ = w.killByID(c)
	}
}

// killByID ends a statement by another connection. Without the right to see system.processes
// it does nothing.
func (w *Warehouse) killByID(c *call) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return w.conn.Exec(untimed{ctx}, "KILL QUERY WHERE query_id = "+w.dialect.Quote(c.id)+" ASYNC")
}
