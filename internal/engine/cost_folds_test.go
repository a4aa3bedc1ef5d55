package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// flat is an estimator by which every statement reads a byte.
type flat struct{}

func (flat) Estimate(context.Context, cdp.Statement) (uint64, error) { return 1, nil }

// TestCostOfFolds: what a run will read counts the folds of the syncs that it is asked for, each as
// the sync's own, and no other: none of a build alone.
func TestCostOfFolds(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	e := u.kith("{a: a}", compile.FirstHash)
	e.Estimator = flat{}
	u.box.tune = func(r *Remote) { r.Spec.Limits.JobAge = time.Hour }
	people, orders := syncNamed(e, "people"), syncNamed(e, "orders")
	for _, x := range []struct {
		build bool
		syncs []*cdp.Sync
		want  string
	}{
		{true, nil, ""},
		{true, []*cdp.Sync{people}, "people"},
		{false, []*cdp.Sync{orders}, "orders"},
		{false, []*cdp.Sync{people, orders}, "people, orders"},
	} {
		cost, err := e.cost(t.Context(), u.request(e, Request{Build: x.build, Syncs: x.syncs}))
		if err != nil {
			t.Fatal(err)
		}
		of := map[string]uint64{}
		for _, s := range cost.Statements {
			switch name := strings.TrimPrefix(s.Model, "sync "); s.Name {
			case "job_rows_gather":
				of[name] += s.Bytes
			case "fold_count", "fold_stage", "fold_merge":
				of[name] += 10 * s.Bytes
			}
		}
		var got []string
		for _, s := range []*cdp.Sync{people, orders} {
			if of[s.Name] == 61 { // its own fold, and that of the jobs that it closes
				got = append(got, s.Name)
			}
		}
		if strings.Join(got, ", ") != x.want || len(got) != len(of) {
			t.Errorf("built %t: folds of %v, want those of %q", x.build, of, x.want)
		}
	}
}
