package cli

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/kithdata/kith/internal/cdp"
)

// tracing starts what sends traces, when the standard variables of OpenTelemetry ask
// for it; otherwise tracer is nil. The exporter reads the rest of them itself. What the
// library has to say goes to log.
func (a *app) tracing(ctx context.Context, log *slog.Logger) (trace.Tracer, error) {
	env := a.streams.Env
	asked := env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	if !asked || env("OTEL_SDK_DISABLED") == "true" || env("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	told := &tracesTold{log: log, now: time.Now, secrets: headerTexts(env("OTEL_EXPORTER_OTLP_HEADERS"), env("OTEL_EXPORTER_OTLP_TRACES_HEADERS"))}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(told.tell))
	otel.SetLogger(logr.FromSlogHandler(settingsTold{log}))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	who, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "kith"), attribute.String("service.version", Version)), resource.WithFromEnv())
	switch {
	case errors.Is(err, resource.ErrPartialResource):
		log.WarnContext(ctx, "traces do not say all of OTEL_RESOURCE_ATTRIBUTES", "err", told.text(err))
	case err != nil:
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(who))
	a.finished = append(a.finished, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = provider.Shutdown(end) // what is lost is only a trace
	})
	return provider.Tracer("github.com/kithdata/kith"), nil
}

// spanned makes a span of every statement of a run: its name and what it read, never its
// SQL, which may hold values. What is asked between runs, all day, lies in no span and has none.
type spanned struct {
	cdp.Warehouse
	tracer trace.Tracer
}

func (s spanned) start(ctx context.Context, name, model string) (context.Context, trace.Span) {
	if around := trace.SpanFromContext(ctx); !around.SpanContext().IsValid() {
		return ctx, around // takes everything, and sends nothing
	}
	return s.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("kith.model", model)))
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "the statement failed")
	}
	span.End()
}

func (s spanned) Exec(ctx context.Context, x cdp.Statement) (cdp.Stats, error) {
	ctx, span := s.start(ctx, x.Name, x.Model)
	stats, err := s.Warehouse.Exec(ctx, x)
	span.SetAttributes(attribute.Int64("kith.rows.read", int64(stats.ReadRows)), attribute.Int64("kith.rows.written", int64(stats.Written)))
	end(span, err)
	return stats, err
}

func (s spanned) Query(ctx context.Context, x cdp.Statement) iter.Seq2[cdp.Row, error] {
	return func(yield func(cdp.Row, error) bool) {
		ctx, span := s.start(ctx, x.Name, x.Model)
		rows, failed := int64(0), error(nil)
		defer func() {
			span.SetAttributes(attribute.Int64("kith.rows.read", rows))
			end(span, failed)
		}()
		for row, err := range s.Warehouse.Query(ctx, x) {
			if err != nil {
				failed = err
			}
			rows++
			if !yield(row, err) {
				return
			}
		}
	}
}

func (s spanned) Append(ctx context.Context, t cdp.Table, columns []string, rows []cdp.Row) error {
	ctx, span := s.start(ctx, "append", "ledger")
	span.SetAttributes(attribute.Int("kith.rows.written", len(rows)))
	err := s.Warehouse.Append(ctx, t, columns, rows)
	end(span, err)
	return err
}
