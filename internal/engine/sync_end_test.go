package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// TestEnding: what a run writes at its end has no common limit, since a warehouse may take
// seconds for each statement, until the process is told to end at once.
func TestEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hard, abort := context.WithCancel(t.Context())
		ctx, cancel := (&Engine{}).ending(hard)
		defer cancel()
		time.Sleep(time.Hour)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("ended while nobody has asked for it")
		}
		abort()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("no time to write what is in flight")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("goes on though the process is to end at once")
		}
	})
}

// holding is a warehouse that takes no lease back.
type holding struct{ cdp.Warehouse }

func (h holding) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	if s.Name == "lease_beat" && strings.HasSuffix(s.SQL, ", 1") {
		return cdp.Stats{}, errors.New("too many statements wait for this table")
	}
	return h.Warehouse.Exec(ctx, s)
}

// TestLeaseNotGivenBack: what was done is not undone by a lease that cannot be given back; it
// ends by itself.
func TestLeaseNotGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))))
	l, err := ledger.Open(t.Context(), holding{w.w}, w.e.Compiler, ledger.Options{Holder: ledger.Self()})
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	w.e.Ledger, w.e.Log = l, slog.New(slog.NewTextHandler(&said, nil))
	report, err := w.e.Run(t.Context(), t.Context(), Request{Command: "build", Build: true})
	if err != nil || report.Status != Succeeded {
		t.Errorf("%+v, %v", report, err)
	}
	if !strings.Contains(said.String(), "lease not given back") {
		t.Errorf("nothing is said of it:\n%s", &said)
	}
}

// TestAbortedBeforeItsEnd: a run that was aborted when all was sent, but its end not written, has
// not succeeded.
func TestAbortedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.kith("{a: a}", compile.FirstHash)
	u.box.pushed = func() { u.box.got = nil }
	u.dies(e, Request{}, "after acknowledge", 1)
	u.box.pushed = nil
	u.sends("next", e, Request{}, Succeeded, 0, "")
}
