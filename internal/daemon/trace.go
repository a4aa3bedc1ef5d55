package daemon

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/kithdata/kith/internal/engine"
)

// span begins the trace of a run: what the warehouse is asked for lies within, also
// what is recorded after a stop, under hard.
func (d *Daemon) span(soft, hard context.Context, w *work) (context.Context, context.Context, trace.Span) {
	soft, span := d.Trace.Start(soft, w.t.name, trace.WithAttributes(
		attribute.String("kith.task", w.t.name), attribute.String("kith.run", w.firing.Run), attribute.String("kith.kind", w.firing.Kind),
		attribute.String("kith.tick", w.firing.Tick.Format("2006-01-02T15:04:05Z")), attribute.Int64("kith.attempt", int64(w.firing.Attempt)),
	))
	return soft, trace.ContextWithSpan(hard, span), span
}

func endSpan(span trace.Span, report *engine.Report, err error) {
	switch {
	case err != nil:
		span.SetStatus(codes.Error, "the end of the run is not recorded")
	case report != nil:
		span.SetAttributes(attribute.String("kith.status", string(report.Status)))
		if report.Status == engine.Failed {
			span.SetStatus(codes.Error, "failed")
		}
		for _, s := range report.Syncs {
			span.SetAttributes(attribute.Int64("kith.rows.delivered", int64(s.Delivered)), attribute.Int64("kith.rows.rejected", int64(s.Rejected)))
		}
	}
	span.End()
}
