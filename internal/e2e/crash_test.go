package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// crash kills kith at random, over time and over the boundaries of its statements
// and pushes, while the destination fails at random and the source changes; now and
// then it kills the embedded engine too. In the end the destination must hold exactly
// what is desired. It is the same on every warehouse.
type crash struct {
	p      *testkit.Project
	box    *sandbox.Sandbox
	path   string                    // of the destination's calls
	chance float64                   // at most, that a call meets a fault
	syncs  []string                  // a round runs one of them; none: all there are
	change func(i int, r *rand.Rand) // changes the source
	check  func() []string           // how the destination differs from the source
}

// crashKills is how many kills a phase makes: KITH_CRASH_KILLS, as `make soak` sets
// it, or few.
func crashKills(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("KITH_CRASH_KILLS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("KITH_CRASH_KILLS: %v", err)
	}
	return n
}

func (c crash) run(t *testing.T, kills int, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 99))
	c.p.Kith("run", "--json")
	c.change(0, rng)
	long, points := c.measure(t, rng)
	killed, engines, rounds := 0, 0, 0
	for ; killed < kills; rounds++ {
		if rounds > 4*kills {
			t.Fatalf("only %d of %d rounds ended in a kill", killed, rounds)
		}
		if err := c.box.SetFaults(c.faults(rng)); err != nil {
			t.Fatal(err)
		}
		c.change(rounds+1, rng)
		if rounds%20 == 19 && !c.p.Embedded() {
			c.p.RestartEngine() // the emulator's memory only grows
		}
		r := c.round(rng, rounds, long, points, &engines)
		if r.Killed {
			killed++
		} else if r.Code != 0 && r.Code != 1 && r.Code != 3 {
			t.Fatalf("round %d: exit %d\n%s%s", rounds, r.Code, r.Out, r.Err)
		}
	}
	if err := c.box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	c.p.Kith("run", "--json")
	wrong := c.check()
	for _, s := range parse(t, c.p.Kith("run", "--json")).Syncs {
		if s.Requests != 0 {
			wrong = append(wrong, fmt.Sprintf("a run without a change after all that: %+v", s))
		}
	}
	complain(t, wrong)
	n, err := c.box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	// A resend is a row that the destination had applied before.
	t.Logf("kills=%d rounds=%d engines=%d faults=%d requests=%d rows=%d resends=%d wrong=%d", killed, rounds, engines, n.Faults, n.Requests, n.Rows, n.Duplicates, len(wrong))
}

// measure says how long an undisturbed run takes and how many boundaries it passes.
func (c crash) measure(t *testing.T, rng *rand.Rand) (long time.Duration, points int) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "points")
	start := time.Now()
	if r := c.p.Run([]string{"KITH_TEST_FAILPOINT_LOG=" + log}, c.command(rng)...); r.Code != 0 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(start), strings.Count(string(b), "\n")
}

func (c crash) faults(rng *rand.Rand) []sandbox.Fault {
	all := []sandbox.Fault{
		{Do: "status", Status: 503},
		{Do: "status", Status: 500},
		{Do: "reset"},
		{Do: "reset_after"},
		{Do: "cut"},
		{Do: "status", Status: 429, Header: map[string]string{"Retry-After": "1"}},
	}
	var out []sandbox.Fault
	for _, f := range all {
		if rng.IntN(2) == 0 {
			f.Path, f.Probability = c.path, c.chance*rng.Float64()
			out = append(out, f)
		}
	}
	return out
}

// round runs kith once and kills it: two of three rounds at a boundary, the others
// after some time. Every sixth kills the engine as well.
func (c crash) round(rng *rand.Rand, n int, long time.Duration, points int, engines *int) testkit.Result {
	if n%6 == 5 && c.p.Embedded() {
		kill := time.AfterFunc(time.Duration(rng.Int64N(int64(long))), c.p.KillEngine)
		defer func() {
			if kill.Stop() { // kith ended before, and the next run is not to meet it
				c.p.KillEngine()
			}
		}()
		*engines++
	}
	if n%3 == 2 {
		return c.p.RunKilled(time.Duration(rng.Int64N(int64(long)+1)), nil, c.command(rng)...)
	}
	return c.p.Run([]string{fmt.Sprintf("KITH_TEST_FAILPOINT=any:%d", 1+rng.IntN(points))}, c.command(rng)...)
}

// command is what a round runs.
func (c crash) command(rng *rand.Rand) []string {
	if len(c.syncs) == 0 {
		return []string{"run", "--json"}
	}
	return []string{"sync", "--json", "--select", c.syncs[rng.IntN(len(c.syncs))]}
}

// TestCrashObjects: contacts that are added, changed, changed back, given another
// address and removed.
func TestCrashObjects(t *testing.T) {
	t.Parallel()
	p, box := newHubSpotProject(t, 1500)
	c := crash{p: p, box: box, path: "/hubspot/", chance: 0.2, check: func() []string { return contactProblems(t, box, peopleAsContacts(p)) }}
	c.change = changePeople(p)
	c.run(t, crashKills(t, 12), 11)
}

// changePeople changes, changes back, readdresses, removes and adds people.
func changePeople(p *testkit.Project) func(i int, rng *rand.Rand) {
	return func(i int, rng *rand.Rand) {
		at := rng.IntN(900)
		p.SQL(
			fmt.Sprintf(`ALTER TABLE raw.people UPDATE amount = %d WHERE id BETWEEN %d AND %d, UPDATE email = concat('n%d-', email) WHERE id IN (%d, %d), DELETE WHERE id IN (%d, %d) SETTINGS mutations_sync = 2`,
				i%2, at, at+300, i, at+400, at+401, at+500, at+501),
			fmt.Sprintf(`INSERT INTO raw.people SELECT %d + number, concat('late', toString(%d + number), '@example.com'), 1, toDateTime64('2026-01-01 00:00:00', 3), [], 1 FROM numbers(40)`, 100_000+1000*i, 1000*i),
		)
	}
}

// TestCrashWebhook is the same at a receiver whose answer is of a whole batch: the
// warehouse itself writes which rows were delivered.
func TestCrashWebhook(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: whole
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true, batch_size: 100}
`, base),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml": `syncs:
  - name: people_hook
    from: {source: people}
    to: {destination: hook, object: people}
    key: {email: email}
    fields: {amount: {column: amount, on_null: clear}, seen: seen, ok: {column: ok, on_null: clear}}
    on_removed: delete
    guards: {max_removed: 100%}
`,
	})
	p.SQL("CREATE DATABASE IF NOT EXISTS raw", createPeople, fillPeople(1500))
	c := crash{p: p, box: box, path: "/webhook/", chance: 0.2, change: changePeople(p)}
	c.check = func() (out []string) {
		got, err := box.Webhook("default").Rows("people")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Query(`SELECT email, toString(id), toFloat64(amount), ok = 1 FROM raw.people`) {
			email := fmt.Sprint(r[0])
			have, ok := got[email]
			want := map[string]any{"amount": r[2], "ok": nil}
			if r[3] != nil {
				want["ok"] = fmt.Sprint(r[3]) == "1"
			}
			switch {
			case !ok:
				out = append(out, email+" is missing")
			case have.RowID != fmt.Sprint(r[1]) || have.Fields["amount"] != want["amount"] || have.Fields["ok"] != want["ok"]:
				out = append(out, fmt.Sprintf("%s is %+v, not %v", email, have, r))
			}
			delete(got, email)
		}
		for email := range got {
			out = append(out, email+" should be gone")
		}
		return out
	}
	c.run(t, crashKills(t, 8), 13)
}

// TestCrashEvents: every purchase arrives exactly once at a receiver that remembers
// idempotency keys, also when its row changes later.
func TestCrashEvents(t *testing.T) {
	t.Parallel()
	p, box := newEventProject(t)
	c := crash{p: p, box: box, path: "/webhook/", chance: 0.2}
	c.change = func(i int, rng *rand.Rand) {
		p.SQL(
			fmt.Sprintf(`INSERT INTO raw.purchases SELECT %d + number, number / 100, toDateTime64('2026-03-01 00:00:00', 3) + %d FROM numbers(%d)`, 10_000*i, i, 100+rng.IntN(600)),
			fmt.Sprintf(`ALTER TABLE raw.purchases UPDATE amount = -1 WHERE id %% 1000 = %d SETTINGS mutations_sync = 2`, i),
		)
	}
	c.check = func() []string { return eventProblems(t, box, p.Query(`SELECT toString(id) FROM raw.purchases`)) }
	c.run(t, crashKills(t, 12), 12)
}

// eventProblems are the differences between the events at the receiver and the rows
// of the source, by their first column.
func eventProblems(t *testing.T, box *sandbox.Sandbox, rows []cdp.Row) (out []string) {
	t.Helper()
	got, err := box.Webhook("default").Events("Purchase")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range got {
		seen[e.RowID]++
	}
	for _, r := range rows {
		id := fmt.Sprint(r[0])
		if seen[id] != 1 {
			out = append(out, fmt.Sprintf("event %s is there %d times", id, seen[id]))
		}
		delete(seen, id)
	}
	for id := range seen {
		out = append(out, fmt.Sprintf("event %s is of no row", id))
	}
	return out
}

// newEventProject sends purchases as events to a webhook that the test serves.
func newEventProject(t *testing.T) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	box, base := newSandbox(t)
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: events
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true, batch_size: 40}
`, base),
		"models/purchases.yml": `sources:
  - {name: purchases, table: raw.purchases, key: id, timestamp: at, columns: {id: int, amount: "decimal(12,2)", at: timestamp}}
`,
		"syncs/purchases.yml": `syncs:
  - {name: purchases, from: {source: purchases, start: 2026-01-01}, to: {destination: hook, event: Purchase}, key: {event_id: id}, fields: {value: amount}}
`,
	})
	p.SQL("CREATE DATABASE IF NOT EXISTS raw", "CREATE TABLE raw.purchases (id UInt64, amount Decimal(12,2), at DateTime64(3)) ENGINE = MergeTree ORDER BY id")
	return p, box
}
