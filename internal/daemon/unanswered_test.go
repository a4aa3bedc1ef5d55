package daemon

import (
	"errors"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/engine"
)

// unanswering has the destination answer nothing but an error. The breaker goes by the clock of
// the world, and is new in each process.
func (w *world) unanswering(err error) {
	w.dest.fail = func(string) error { return err }
	w.tune = func(e *engine.Engine) { e.Circuit, e.Clock = &engine.Circuit{}, nowOnly{world: w.clock} }
}

// answers lets the destination take everything again.
func (w *world) answers() {
	w.dest.mu.Lock()
	defer w.dest.mu.Unlock()
	w.dest.fail = nil
}

// TestNoRecoveryUnanswered: a destination that answers no batch is told of once, however many
// processes begin anew with it, and is well again when it has taken something.
func TestNoRecoveryUnanswered(t *testing.T) {
	onBoth(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`), func(t *testing.T, w *world) {
		w.people("1", "2")
		w.unanswering(errors.New("connection reset by peer"))
		d := w.serve("one")
		w.until(at("2026-11-01T01:30:00"))
		same(t, "the first run", []string{"sync a failed"}, w.messages())
		w.until(at("2026-11-01T02:30:00"))
		d = w.restart(d)
		w.until(at("2026-11-01T03:30:00"))
		same(t, "still away", []string{"sync a failed"}, w.messages())
		if m := w.told[0]; !strings.Contains(m.Text, "destination out does not answer (") {
			t.Errorf("message: %s", m.Text)
		}
		w.answers()
		w.restart(d)
		w.until(at("2026-11-01T04:30:00"))
		same(t, "well again", []string{"sync a failed", "sync a recovered"}, w.messages())
	})
}

// failing is an answer of a destination that says that it has failed.
type failing struct{}

func (failing) Error() string  { return "outcome unknown: HTTP 500" }
func (failing) Answered() bool { return true }

// TestLoneRowIsTold: a row that stands alone says little of its destination, which is not paused
// for it; that nothing is delivered is told all the same.
func TestLoneRowIsTold(t *testing.T) {
	onBoth(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`), func(t *testing.T, w *world) {
		w.people("1")
		w.unanswering(failing{})
		w.serve("one")
		w.until(at("2026-11-01T03:30:00"))
		same(t, "failing", []string{"sync a failed"}, w.messages())
		same(t, "it is sent by each run", []string{"01T01:00 partial", "01T02:00 partial", "01T03:00 partial"}, w.firings("sync a"))
		w.answers()
		w.until(at("2026-11-01T04:30:00"))
		same(t, "well again", []string{"sync a failed", "sync a recovered"}, w.messages())
	})
}
