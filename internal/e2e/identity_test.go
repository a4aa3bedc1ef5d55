package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/testkit"
)

var identityProject = map[string]string{
	"kith.yml": `version: 1
name: stitch
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
`,
	"models/people.yml": `sources:
  - name: crm
    table: raw.crm
    timestamp: at
    columns: {customer: string, email: string, at: timestamp}
  - name: web
    table: raw.web
    timestamp: at
    columns: {email: string, device: string, at: timestamp}
entities:
  - name: person
    identity:
      identifiers: [{name: customer, max: 1}, {name: email, normalize: email}, {name: device}]
      links: [{source: crm, identifiers: [customer, email]}, {source: web, identifiers: [email, device]}]
      max_size: 100
`,
}

type identityReport struct {
	Entities []struct {
		Identifiers, Entities, Merged, Quarantined uint64
	} `json:"entities"`
}

// idsOf leads from identifier and value to the entity, in the current build.
func idsOf(p *testkit.Project) map[string]string {
	build := fmt.Sprint(p.Query("SELECT build FROM kith.builds ORDER BY epoch DESC, at DESC LIMIT 1")[0][0])
	out := map[string]string{}
	for _, r := range p.Query("SELECT ['customer', 'email', 'device'][type + 1], value, entity_id FROM kith.identity_person_map_" + build) {
		out[fmt.Sprintf("%s:%s", r[0], r[1])] = fmt.Sprint(r[2])
	}
	return out
}

// groupsOf sorts values by their entity.
func groupsOf(ids map[string]string) [][]string {
	by := map[string][]string{}
	for v, id := range ids {
		by[id] = append(by[id], v)
	}
	var out [][]string
	for _, g := range by {
		slices.Sort(g)
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// TestIdentityBuilds: the built kith, as the user that may only write the ledger,
// finds the components of a union-find; ids stay while it is killed and rows come.
func TestIdentityBuilds(t *testing.T) {
	t.Parallel()
	p := testkit.NewProject(t, identityProject)
	p.SQL("CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.crm (customer Nullable(String), email Nullable(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY at",
		"CREATE TABLE raw.web (email Nullable(String), device Nullable(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY at")
	rng := rand.New(rand.NewPCG(5, 6))
	parent := map[string]string{}
	var find func(string) string
	find = func(v string) string {
		if parent[v] == "" || parent[v] == v {
			parent[v] = v
			return v
		}
		parent[v] = find(parent[v])
		return parent[v]
	}
	add := func(n, day int) {
		var crm, web []string
		for range n {
			i := rng.IntN(3000)
			email, device := fmt.Sprintf("e%d@example.com", i), fmt.Sprintf("d%d", rng.IntN(9000))
			at := fmt.Sprintf("toDateTime64('2026-01-01 00:00:00', 3) + %d", day*86_400+rng.IntN(86_400))
			parent[find("email:"+email)] = find("device:" + device)
			web = append(web, fmt.Sprintf("(' %s', '%s', %s)", strings.ToUpper(email), device, at))
			if i%3 == 0 {
				parent[find("email:"+email)] = find(fmt.Sprintf("customer:c%d", i))
				crm = append(crm, fmt.Sprintf("('c%d', '%s', %s)", i, email, at))
			}
		}
		p.SQL("INSERT INTO raw.crm VALUES "+strings.Join(crm, ", "), "INSERT INTO raw.web VALUES "+strings.Join(web, ", "))
	}
	build := func() identityReport {
		var r identityReport
		if err := json.Unmarshal([]byte(p.Kith("build", "--json")), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	// No customer shares anything in these rows, so that no max applies.
	p.Write("models/people.yml", strings.Replace(identityProject["models/people.yml"], ", max: 1", "", 1))
	add(2000, 0)
	first := build().Entities[0]
	ids := idsOf(p)
	want := map[string]string{}
	for v := range parent {
		want[v] = find(v)
	}
	if d := cmp.Diff(groupsOf(want), groupsOf(ids)); d != "" {
		t.Fatal(d[:min(len(d), 3000)])
	}
	if first.Merged != 0 || first.Identifiers != uint64(len(want)) || first.Entities != uint64(len(groupsOf(want))) {
		t.Errorf("%+v", first)
	}

	add(300, 1)
	kills := 0
	for i := range 6 {
		if r := p.RunKilled(time.Duration(100+150*i)*time.Millisecond, nil, "build"); r.Killed {
			kills++
		}
	}
	t.Logf("%d kills", kills)
	second := build().Entities[0]
	now := idsOf(p)
	for v := range parent {
		want[v] = find(v)
	}
	if d := cmp.Diff(groupsOf(want), groupsOf(now)); d != "" {
		t.Fatal(d[:min(len(d), 3000)])
	}
	alias := map[string]string{}
	for _, r := range p.Query("SELECT old_id, argMax(new_id, at) FROM kith.entity_merges WHERE build IN (SELECT build FROM kith.builds) GROUP BY old_id") {
		alias[fmt.Sprint(r[0])] = fmt.Sprint(r[1])
	}
	if len(alias) == 0 || second.Merged > uint64(len(alias)) {
		t.Errorf("%d merged, %d aliases", second.Merged, len(alias))
	}
	for v, id := range ids {
		if to, ok := alias[id]; ok {
			id = to
		}
		if now[v] != id {
			t.Errorf("%s was %s and is %s", v, id, now[v])
		}
	}

	// A max splits, marks links and records them.
	p.Write("models/people.yml", identityProject["models/people.yml"])
	p.SQL("INSERT INTO raw.web VALUES ('e0@example.com', 'kiosk', now64(3)), ('e0@example.com', 'kiosk', now64(3)), ('e3@example.com', 'kiosk', now64(3)), ('e6@example.com', 'kiosk', now64(3))",
		"INSERT INTO raw.crm VALUES ('c0', 'e0@example.com', now64(3)), ('c3', 'e3@example.com', now64(3)), ('c6', 'e6@example.com', now64(3))")
	build()
	ids = idsOf(p)
	if ids["customer:c0"] == ids["customer:c3"] || ids["customer:c3"] == ids["customer:c6"] || ids["device:kiosk"] != ids["customer:c0"] {
		t.Error("the kiosk joins customers")
	}
	if n := p.Query("SELECT countIf(event = 'rejected_links') FROM kith.identity_audit")[0][0]; n == uint64(0) {
		t.Error("no rejected link in the audit")
	}
}
