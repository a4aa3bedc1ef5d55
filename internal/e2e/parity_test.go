package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// parity is one project on both warehouses, whose ledgers have one salt.
type parity struct {
	ch, bq  *testkit.Project
	objects []string // of the destination of files
	traits  string   // of the profile: what to compare
}

// each does the same on both.
func (x parity) each(f func(*testkit.Project)) {
	for _, p := range []*testkit.Project{x.ch, x.bq} {
		p.Env = []string{"KITH_SALT=0123456789abcdef0123456789abcdef"}
		f(p)
	}
}

// TestParity: the demo's project and the demo's people, fewer of them, loaded into both
// warehouses: the same persons, traits, segments, ids and changes, row for row, on the
// first day and on the day after, and nothing to do when nothing has changed.
func TestParity(t *testing.T) {
	t.Parallel()
	ch, bq := newDemoShop(t, "clickhouse"), newDemoShop(t, "bigquery")
	both := parity{ch: ch.Project, bq: bq.Project, objects: []string{"win_back"}, traits: "* EXCEPT (p90_price)"} // its SQL is of each dialect, and finds another value
	both.each(func(*testkit.Project) {})
	ch.open()
	bq.copy(ch)
	both.run(t, "first", "run", ch.at.Format(time.RFC3339))
	both.sandboxes(t)
	ch.passDay()
	bq.copy(ch)
	next := ch.at.AddDate(0, 0, 1).Format(time.RFC3339)
	both.run(t, "day after", "run", next)
	both.sandboxes(t)
	both.run(t, "repeat", "sync", next)
	for i, p := range []*testkit.Project{ch.Project, bq.Project} {
		if n := len(p.Query("SELECT entity_id FROM kith.profile_person_" + buildOf(p))); n < 100 {
			t.Errorf("%d persons on the %d-th", n, i)
		}
	}
}

// plan compares what plan says.
func (x parity) plan(t *testing.T, asOf string) {
	t.Helper()
	var plans []any
	x.each(func(p *testkit.Project) {
		r := p.Run(nil, "plan", "--json", "--as-of", asOf)
		plans = append(plans, reportOf(t, r.Out))
	})
	if d := cmp.Diff(plans[0], plans[1]); d != "" {
		t.Errorf("plan (-clickhouse +bigquery):\n%s", d)
	}
}

// run runs a command on both, and compares what they report, what they have, and what arrived.
func (x parity) run(t *testing.T, what, command, asOf string) {
	t.Helper()
	var reports []any
	x.each(func(p *testkit.Project) {
		began := time.Now()
		r := p.Run(nil, command, "--json", "--as-of", asOf)
		if r.Code != 0 && r.Code != 3 {
			t.Fatalf("%s run: exit %d\n%s%s", what, r.Code, r.Out, r.Err)
		}
		t.Logf("%s run: %s", what, time.Since(began).Round(time.Millisecond))
		reports = append(reports, reportOf(t, r.Out))
	})
	if d := cmp.Diff(reports[0], reports[1]); d != "" {
		t.Errorf("%s run (-clickhouse +bigquery):\n%s", what, d)
	}
	build := []string{buildOf(x.ch), buildOf(x.bq)}
	for name, query := range map[string]string{
		"persons":  "SELECT type, value, entity_id, first_seen, last_seen, n FROM kith.identity_person_map_BUILD",
		"entities": "SELECT entity_id, created_at, identifiers, quarantined FROM kith.entity_person_BUILD",
		// the hours of loading differ: one builds by increments
		"links":    "SELECT e.source, min(e.first_seen), max(e.last_seen), sum(e.n), coalesce(max(r.why), 0) FROM kith.identity_person_edges_BUILD AS e LEFT JOIN kith.identity_person_refused_BUILD AS r ON e.a = r.a AND e.b = r.b GROUP BY e.a, e.b, e.source",
		"evidence": "SELECT type, value, source, state, min(first_seen), max(last_seen), sum(n) FROM kith.identity_person_values_BUILD GROUP BY type, value, source, state",
		"reads":    "SELECT source, sum(n), sum(unowned) FROM kith.identity_person_reads_BUILD GROUP BY source HAVING sum(n) > 0",
		"profiles": "SELECT " + x.traits + " FROM kith.profile_person_BUILD",
		"merges":   "SELECT entity, old_id, new_id, direct FROM kith.entity_merges",
		"history":  "SELECT segment, entity_id, min(entered_at), max(exited_at) FROM kith.members_history GROUP BY segment, entity_id",
		"log":      "SELECT sync, op, action, fate, code, count(*) FROM kith.sync_log GROUP BY sync, op, action, fate, code",
		"rejected": "SELECT sync, row_id, op, code FROM kith.rejections",
	} {
		a, b := rowsOf(x.ch, strings.ReplaceAll(query, "BUILD", build[0])), rowsOf(x.bq, strings.ReplaceAll(query, "BUILD", build[1]))
		if d := cmp.Diff(a, b); d != "" {
			t.Errorf("%s: %s differ (-clickhouse +bigquery):\n%s", what, name, d)
		}
		if len(a) == 0 && name != "merges" && name != "rejected" {
			t.Errorf("%s: no %s", what, name)
		}
	}
	for _, object := range x.objects {
		if d := cmp.Diff(delivered(t, x.ch, object), delivered(t, x.bq, object)); d != "" {
			t.Errorf("%s: what was delivered as %s differs (-clickhouse +bigquery):\n%s", what, object, d)
		}
	}
}

// delivered is the state of a destination of files.
func delivered(t *testing.T, p *testkit.Project, object string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for id, l := range replay(t, filepath.Join(p.Dir, "exports"), object) {
		var fields any
		if err := json.Unmarshal(l.Fields, &fields); err != nil {
			t.Errorf("%s: %v", l.Fields, err)
		}
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		out[id] = l.Key + " " + string(b)
	}
	return out
}

// reportOf is a report without what belongs to one run or one dialect.
func reportOf(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return strip(v)
}

func strip(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			switch k {
			case "run_id", "seconds", "latency", "ack_seconds", "samples", "bytes", "cost": // of one run; samples are the first by a hash of the dialect
				delete(x, k)
			case "full", "whole", "touched", "rounds": // how it was built: one builds by increments
				delete(x, k)
			default:
				x[k] = strip(e)
			}
		}
	case []any:
		for i, e := range x {
			x[i] = strip(e)
		}
	}
	return v
}

// sandboxes compares what the stand-ins of the vendors hold: contacts with their
// properties, a list, the events of a webhook.
func (x parity) sandboxes(t *testing.T) {
	t.Helper()
	var have []any
	x.each(func(p *testkit.Project) {
		box, err := sandbox.Open(filepath.Join(p.Dir, ".kith/sandbox"), sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close() //nolint:errcheck // read only
		portal := box.HubSpot("sandbox-crm")
		objects, err := portal.Objects("contacts")
		if err != nil {
			t.Fatal(err)
		}
		contacts := map[string]map[string]string{}
		for address, r := range objects {
			contacts[address] = maps.Clone(r.Properties)
			for name := range r.Properties { // in the order of arrival, and of the clock
				// ClickHouse's round() takes the half of a float to the even digit, GoogleSQL's away from zero.
				if strings.HasPrefix(name, "hs_") || strings.HasSuffix(name, "date") || name == "average_order" {
					delete(contacts[address], name)
				}
			}
		}
		vip, err := portal.Members("VIP")
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(vip)
		events, err := box.Webhook("loyalty").Events("purchase")
		if err != nil {
			t.Fatal(err)
		}
		if len(contacts) < 50 || len(vip) == 0 {
			t.Errorf("%d contacts, %d on the list", len(contacts), len(vip))
		}
		have = append(have, map[string]any{"contacts": contacts, "vip": vip, "purchases": len(events)})
	})
	if d := cmp.Diff(have[0], have[1]); d != "" {
		t.Errorf("the sandboxes differ (-clickhouse +bigquery):\n%s", d)
	}
}

// rowsOf reads rows as text that is equal when they are.
func rowsOf(p *testkit.Project, query string) []string {
	var out []string
	for _, r := range p.Query(query) {
		cells := make([]string, len(r))
		for i, v := range r {
			cells[i] = same(v)
		}
		out = append(out, strings.Join(cells, " | "))
	}
	slices.Sort(out)
	return out
}

func same(v any) string {
	switch x := v.(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case float64: // the last digit of a mean is the way to it
		return fmt.Sprintf("%.12g", x)
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = same(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string: // a decimal has its digits, or all of its scale
		var whole, cents int
		if n, err := fmt.Sscanf(x, "%d.%d", &whole, &cents); n == 2 && err == nil && strings.Trim(x, "-0123456789.") == "" {
			return strings.TrimRight(strings.TrimRight(x, "0"), ".")
		}
		return x
	}
	return fmt.Sprint(v)
}
