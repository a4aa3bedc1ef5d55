package daemon

import (
	"context"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// TestEndedByHand: what people were told of a sync, or of the build, is over for who asks when it
// has been run by hand since, and not before.
func TestEndedByHand(t *testing.T) {
	onBoth(t, tellOps+"schedule: {cron: \"30 * * * *\"}\n", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`), func(t *testing.T, w *world) {
		w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
		w.sql("DROP TABLE " + w.schema + ".src_people")
		d := w.serve("one")
		w.until(at("2026-11-01T00:40:00"))
		w.source()
		w.people("1")
		w.until(at("2026-11-01T01:10:00"))
		d.finish()
		e := d.Session().Engine
		troubles := func() (list []string) {
			t.Helper()
			all, err := Forecasts(t.Context(), e.Ledger, e.Project, w.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range []string{"build", "sync a"} {
				for _, x := range all[task].Troubles {
					list = append(list, task+" "+x.Kind)
				}
			}
			return list
		}
		byHand := func(r engine.Request) {
			t.Helper()
			if _, err := e.Run(context.Background(), context.Background(), r); err != nil {
				t.Error(err)
			}
		}
		same(t, "failing", []string{"build failed", "sync a failed"}, troubles())
		byHand(engine.Request{Command: "sync", Syncs: e.Project.Syncs})
		same(t, "by hand no better", []string{"build failed", "sync a failed"}, troubles())
		w.answers()
		byHand(engine.Request{Command: "sync", Syncs: e.Project.Syncs})
		same(t, "delivered", []string{"build failed"}, troubles())
		byHand(engine.Request{Command: "build", Build: true})
		same(t, "built", nil, troubles())
	})
}
