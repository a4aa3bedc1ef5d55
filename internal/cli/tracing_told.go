package cli

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/kithdata/kith/internal/destination"
)

// tracesToldEvery is how long nothing more is said of traces that are not taken.
const tracesToldEvery = 10 * time.Minute

// tracesTold logs what keeps traces from their collector: without it the library writes
// to stderr itself. It may be called concurrently.
type tracesTold struct {
	log     *slog.Logger
	now     func() time.Time
	secrets []string // that a collector may send back

	mu     sync.Mutex
	last   time.Time
	unsaid int // since then
}

// tell is an error handler of the library.
func (t *tracesTold) tell(err error) {
	if err == nil || errors.Is(err, resource.ErrPartialResource) { // which tracing says
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if !t.last.IsZero() && now.Sub(t.last).Abs() < tracesToldEvery {
		t.unsaid++
		return
	}
	t.log.Warn("traces are lost", "err", t.text(err), "before", t.unsaid)
	t.last, t.unsaid = now, 0
}

func (t *tracesTold) text(err error) string { return destination.Scrub(err.Error(), t.secrets...) }

// headerTexts are what stands in variables with headers, also in one that is not written as
// it should be: the values, and the words of each.
func headerTexts(variables ...string) (list []string) {
	for _, v := range variables {
		for _, header := range strings.Split(v, ",") {
			i := strings.IndexAny(header, "=:")
			value := header[i+1:]
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
			list = append(append(list, value), strings.Fields(value)...)
		}
	}
	return list
}

// settingsTold logs which of its variables the library cannot read: what is wrong, without
// the value, which may be a secret.
type settingsTold struct{ log *slog.Logger }

// Enabled implements slog.Handler.
func (settingsTold) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// Handle implements slog.Handler.
func (s settingsTold) Handle(ctx context.Context, r slog.Record) error {
	s.log.WarnContext(ctx, "a variable of OpenTelemetry is not used as it is", "what", r.Message)
	return nil
}

// WithAttrs implements slog.Handler.
func (s settingsTold) WithAttrs([]slog.Attr) slog.Handler { return s }

// WithGroup implements slog.Handler.
func (s settingsTold) WithGroup(string) slog.Handler { return s }
