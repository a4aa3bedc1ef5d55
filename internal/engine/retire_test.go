package engine

import (
	"testing"

	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// TestRetiredAsItIs: what is written when a sync is retired is what its state is under the lease,
// not what it was when somebody was asked.
func TestRetiredAsItIs(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.kith("{a: a}", compile.FirstHash)
	u.run(e, "people", Request{})
	asked, err := e.Ledger.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u.goes("other")
	if report, _ := u.run(e, "people", Request{Full: true}); report.Status != Succeeded {
		t.Fatalf("%s (%s)", report.Status, report.Error)
	}
	if _, err := e.Retire(t.Context(), "people"); err != nil {
		t.Fatal(err)
	}
	states, err := e.Ledger.States(t.Context())
	if s := states["people"]; err != nil || !s.Retired || s.Endpoint == asked["people"].Endpoint {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := e.Retire(t.Context(), "people"); err == nil {
		t.Error("retired twice")
	}
	if _, err := e.Retire(t.Context(), "persons"); err == nil {
		t.Error("who never ran was retired")
	}
}
