package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
)

// TestWarehouseAway kills the engine again and again while a sync goes on: the sync
// goes on with it or ends with an exit code that says so, and nothing is lost.
func TestWarehouseAway(t *testing.T) {
	t.Parallel()
	p, box := newHubSpotProject(t, 4000)
	p.Kith("sync", "--json")
	if err := box.SetFaults([]sandbox.Fault{{Path: "/hubspot/", Do: "delay", Delay: sandbox.Duration(40 * time.Millisecond)}}); err != nil {
		t.Fatal(err)
	}
	survived := 0
	for i := range 4 {
		p.SQL(fmt.Sprintf("ALTER TABLE raw.people UPDATE amount = %d WHERE 1 SETTINGS mutations_sync = 2", i+1), fmt.Sprintf("ALTER TABLE raw.people DELETE WHERE id = %d SETTINGS mutations_sync = 2", i))
		c := p.Command(nil, "sync", "--json")
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(300+250*i) * time.Millisecond)
		p.KillEngine()
		err := c.Wait()
		switch code := c.ProcessState.ExitCode(); code {
		case 0:
			survived++
		case 1:
			if all := out.String() + errs.String(); !strings.Contains(all, "reach") && !strings.Contains(all, "connection") && !strings.Contains(all, "record") && !strings.Contains(all, "EOF") {
				t.Errorf("the message does not say that the warehouse was away:\n%s", all)
			}
		default:
			t.Errorf("exit %d, %v\n%s%s", code, err, out.String(), errs.String())
		}
		p.RestartEngine()
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	p.Kith("sync", "--json")
	checkHubSpot(t, p, box)
	if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
		t.Errorf("a run without a change after all that: %+v", r)
	}
	t.Logf("%d of 4 syncs went on through the death of the engine", survived)
}

// TestTerminated: SIGTERM finishes and records what is in flight, exits 130, and the
// next run sends the rest and nothing twice.
func TestTerminated(t *testing.T) { onBoth(t, terminated) }

func terminated(t *testing.T, warehouse string) {
	const rows = 40
	p, box := newHookOn(t, warehouse, 2)
	makePeople(p, rows)
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(300 * time.Millisecond)}}); err != nil {
		t.Fatal(err)
	}
	c := p.Command(nil, "sync", "--json")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1500 {
		if n, err := box.Counters(); err == nil && n.Rows > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	r := parse(t, out.String()).Syncs[0]
	if code := c.ProcessState.ExitCode(); code != 130 || r.Status != "interrupted" || r.Delivered == 0 || r.Delivered >= rows {
		t.Fatalf("exit %d: %+v\n%s", code, r, errs.String())
	}
	if n, err := box.Counters(); err != nil || n.Rows != int64(r.Delivered) {
		t.Errorf("%d rows arrived, %d are recorded (%v)", n.Rows, r.Delivered, err)
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	if rest := parse(t, p.Kith("sync", "--json")).Syncs[0]; rest.Delivered != rows-r.Delivered {
		t.Errorf("the rest: %+v", rest)
	}
	if got, err := box.Webhook("default").Rows("people"); err != nil || len(got) != rows {
		t.Errorf("%d rows at the destination, %v", len(got), err)
	}
	if n, err := box.Counters(); err != nil || n.Rows != rows {
		t.Errorf("%d rows were sent (%v)", n.Rows, err)
	}
}

// TestNoSecretAnywhere greps everything that kith leaves behind for the token.
func TestNoSecretAnywhere(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 12)
		const secret = "made-up-token"
		look := func(what, text string) {
			t.Helper()
			if strings.Contains(text, secret) {
				t.Errorf("the token is in %s", what)
			}
		}
		for _, args := range [][]string{{"plan", "--out", "a.plan", "--debug"}, {"sync", "--plan", "a.plan", "--debug"}, {"status", "--json"}, {"log", "--json"}, {"runs", "--json"}, {"doctor", "--json"}, {"compile"}} {
			r := p.Run(nil, args...)
			look("the output of kith "+strings.Join(args, " "), r.Out+r.Err)
		}
		if err := box.SetFaults([]sandbox.Fault{{Path: "/hubspot/", Do: "expired"}}); err != nil {
			t.Fatal(err)
		}
		update(p, "people", "amount = 3", "TRUE")
		r := p.Run(nil, "sync", "--debug")
		if r.Code != 1 {
			t.Errorf("an expired token: exit %d", r.Code)
		}
		look("the output of a refused sync", r.Out+r.Err)
		look("the plan file", p.Read("a.plan"))
		for _, row := range ledgerTables(p) {
			b, err := json.Marshal(fmt.Sprint(p.Query(fmt.Sprintf("SELECT * FROM kith.`%s`", row[0]))))
			if err != nil {
				t.Fatal(err)
			}
			look(fmt.Sprintf("kith.%s", row[0]), string(b))
		}
	})
}
