package cli

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/kithdata/kith/internal/cdp"
)

// TestTracesToldSeldom: a collector that is away is told at once, and then now and then, without
// the secrets that it may send back.
func TestTracesToldSeldom(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(1000, 0)
	told := &tracesTold{log: slog.New(slog.NewTextHandler(&b, nil)), now: func() time.Time { return now }, secrets: headerTexts("x-one=a,Authorization=Bearer%20planted", "api-key: other-planted")}
	for range 7 {
		told.tell(errors.New(`401 (body: "Bearer planted" and OTHER-PLANTED are unknown)`))
		now = now.Add(2 * time.Minute)
	}
	if text := b.String(); strings.Count(text, "\n") != 2 || strings.Count(text, "401") != 2 || !strings.Contains(text, "before=0\n") || !strings.Contains(text, "before=4\n") || strings.Contains(strings.ToLower(text), "planted") {
		t.Errorf("log:\n%s", text)
	}
}

// answering is a warehouse that answers everything with nothing.
type answering struct{ cdp.Warehouse }

func (answering) Exec(context.Context, cdp.Statement) (cdp.Stats, error) { return cdp.Stats{}, nil }
func (answering) Query(context.Context, cdp.Statement) iter.Seq2[cdp.Row, error] {
	return func(func(cdp.Row, error) bool) {}
}
func (answering) Append(context.Context, cdp.Table, []string, []cdp.Row) error { return nil }

// TestTracesOfRuns: a statement has a span within that of its run; what a daemon asks between
// runs has none.
func TestTracesOfRuns(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
	w := spanned{answering{}, tracer}
	ask := func(ctx context.Context) int {
		t.Helper()
		_, err := w.Exec(ctx, cdp.Statement{Name: "exec"})
		for row, err := range w.Query(ctx, cdp.Statement{Name: "query"}) {
			t.Error(row, err)
		}
		if err := errors.Join(err, w.Append(ctx, cdp.Table{}, nil, nil)); err != nil {
			t.Error(err)
		}
		return len(recorder.Ended())
	}
	if n := ask(t.Context()); n != 0 {
		t.Errorf("%d spans between runs", n)
	}
	run, span := tracer.Start(t.Context(), "run")
	if n := ask(run); n != 3 {
		t.Errorf("%d spans in a run", n)
	}
	span.End()
}
