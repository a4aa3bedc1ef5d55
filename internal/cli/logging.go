package cli

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// logger writes warnings to stderr, with --debug every record.
func (a *app) logger() *slog.Logger {
	if l := a.lines.Load(); l != nil {
		return l
	}
	level := slog.LevelWarn
	if a.debug {
		level = slog.LevelDebug
	}
	return slog.New(&logHandler{out: a.err, level: level})
}

// logHandler writes records for people: one line, and below it the SQL of a
// statement with its literals masked. Whoever logs need not mask.
type logHandler struct {
	out   printer
	level slog.Level
	attrs []slog.Attr
	group string
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// engineBegins is the engine's record of a statement; traced writes the same for
// every statement, the ledger's too.
const engineBegins = "statement begins"

// Handle implements slog.Handler.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == engineBegins {
		return nil
	}
	var line bytes.Buffer
	fmt.Fprintf(&line, "%s %s", h.out.paint(levelColor(r.Level), strings.ToLower(r.Level.String())+":"), printable(r.Message))
	sql := ""
	write := func(at slog.Attr) bool {
		if at.Key == "sql" {
			sql = at.Value.String()
			return true
		}
		fmt.Fprintf(&line, " %s%s=%s", h.group, at.Key, attrText(at.Value))
		return true
	}
	for _, at := range h.attrs {
		write(at)
	}
	r.Attrs(write)
	line.WriteByte('\n')
	if sql != "" {
		for l := range strings.Lines(printable(maskSQL(sql))) {
			line.WriteString("    " + strings.TrimRight(l, "\n") + "\n")
		}
	}
	_, err := h.out.w.Write(line.Bytes())
	return err
}

// jsonLog writes a document a line, with --debug every record, the SQL with its literals
// masked.
func (a *app) jsonLog() *slog.Logger {
	o := &slog.HandlerOptions{ReplaceAttr: func(_ []string, at slog.Attr) slog.Attr {
		if at.Key == "sql" {
			return slog.String("sql", maskSQL(at.Value.String()))
		}
		return at
	}}
	if a.debug {
		o.Level = slog.LevelDebug
	}
	return slog.New(slog.NewJSONHandler(a.err.w, o))
}

func levelColor(l slog.Level) color {
	switch {
	case l >= slog.LevelError:
		return red
	case l >= slog.LevelWarn:
		return yellow
	}
	return dim
}

func attrText(v slog.Value) string {
	text := v.Resolve().String()
	if v.Kind() == slog.KindDuration {
		text = v.Duration().Round(time.Microsecond).String()
	}
	if text == "" || strings.ContainsAny(text, " \t\n\"=") {
		return fmt.Sprintf("%q", text)
	}
	return printable(text)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &with
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	with := *h
	with.group += name + "."
	return &with
}

// traced logs every statement that reaches the warehouse.
type traced struct {
	cdp.Warehouse
	log *slog.Logger
}

func (t traced) begin(ctx context.Context, s cdp.Statement) {
	at := []any{"statement", s.Name, "model", s.Model}
	if s.Pos.IsValid() {
		at = append(at, "position", s.Pos.String())
	}
	if s.Run != "" {
		at = append(at, "run", s.Run)
	}
	t.log.DebugContext(ctx, "sql", append(at, "sql", s.SQL)...)
}

func (t traced) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	t.begin(ctx, s)
	return t.Warehouse.Exec(ctx, s)
}

func (t traced) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	t.begin(ctx, s)
	return t.Warehouse.Query(ctx, s)
}

func (t traced) Append(ctx context.Context, table cdp.Table, columns []string, rows []cdp.Row) error {
	t.log.DebugContext(ctx, "append", "table", t.Dialect().Table(table), "rows", len(rows))
	return t.Warehouse.Append(ctx, table, columns, rows)
}

func (t traced) Describe(ctx context.Context, query string) ([]cdp.Column, error) {
	t.begin(ctx, cdp.Statement{Name: "describe", SQL: query})
	return t.Warehouse.Describe(ctx, query)
}
