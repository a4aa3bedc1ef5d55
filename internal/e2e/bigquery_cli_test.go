package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/testkit"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator"
)

// shopOn is a small project on the emulator; options are further ones of its target.
func shopOn(options, models string) map[string]string {
	return map[string]string{
		"kith.yml": "name: shop\nversion: 1\ntargets:\n  dev: {type: bigquery, emulator: true" + options + "}\n" +
			"destinations:\n  - {name: out, type: file, dir: out, format: jsonl}\n",
		"models/shop.yml": models,
		"people.csv":      "id,email,city,at\n1,a@example.nl,Delft,2026-01-02T03:04:05Z\n2,b@example.nl,Gent,2026-01-02T03:04:05Z\n",
	}
}

const shopPeople = `sources:
  - name: people
    table: raw.people
    key: id
    timestamp: at
    columns:
      id: int
      email: {type: string, pii: email}
      city: string
      at: timestamp
`

const peopleOut = `syncs:
  - {name: people_out, from: {source: people}, to: {destination: out, object: people}, mode: upsert, consent: none, key: {email: email}, fields: {city: city}}
`

// TestEmulatorGoneWithKith: an emulator does not outlive a kith that is killed.
func TestEmulatorGoneWithKith(t *testing.T) {
	t.Parallel()
	testkit.NewEmulated(t, nil) // skips where there is none
	p := testkit.NewProject(t, shopOn("", shopPeople+peopleOut))
	info := filepath.Join(".kith", "bigquery", "kith-emulator.json")
	run := p.Command(nil, "seed", "people.csv", "--source", "people")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	var at struct{ PID int }
	for deadline := time.Now().Add(20 * time.Second); at.PID == 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if p.Exists(info) {
			_ = json.Unmarshal([]byte(p.Read(info)), &at) // it may be gone again
		}
	}
	_ = run.Process.Kill()
	_ = run.Wait() // killed, or already done
	if at.PID == 0 {
		t.Fatal("no emulator was seen")
	}
	for deadline := time.Now().Add(10 * time.Second); !errors.Is(syscall.Kill(at.PID, 0), syscall.ESRCH); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the emulator is still there")
		}
	}
	needs(t, p.Run(nil, "seed", "people.csv", "--source", "people", "--replace"), 0, "2 rows")
}

// TestGoogleSQLOffline: what is wrong with SQL is told at its place in the YAML, with no
// account and no network.
func TestGoogleSQLOffline(t *testing.T) {
	t.Parallel()
	testkit.NewEmulated(t, nil) // skips where the tools are not built
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": "name: shop\nversion: 1\ntargets:\n  prod: {type: bigquery, project: acme-prod, location: EU}\n",
		"models/shop.yml": shopPeople + `      column: {type: string, sql: {bigquery: "upper(ctiy)"}}
      function: {type: int, sql: {bigquery: "lenght(city)"}}
      type: {type: int, sql: {bigquery: "city + 1"}}
      syntax: {type: int, sql: {bigquery: "id +"}}
      fine: {type: string, sql: {bigquery: "FORMAT('%s-%d', city, id)"}}
`,
	})
	r := p.Run(nil, "validate")
	needs(t, r, 1, "models/shop.yml:11:53: error: source people column column: unrecognized name: ctiy", `did you mean "city"\?`,
		"models/shop.yml:12:46: error: source people column function: function not found: lenght",
		"models/shop.yml:13:42: error: source people column type: no matching signature", "models/shop.yml:14:48: error: source people column syntax: syntax error", "4 errors")
	if strings.Contains(r.Err, "fine") {
		t.Errorf("what is right is refused:\n%s", r.Err)
	}
	p.Write("models/shop.yml", shopPeople)
	needs(t, p.Run(nil, "validate"), 0, "valid")
}

// describe changes what describes a dataset or table of the emulator.
func describe(t *testing.T, p *testkit.Project, path string, to map[string]any) {
	t.Helper()
	var at struct{ Rest string }
	if err := json.Unmarshal([]byte(p.Read(filepath.Join(".kith", "bigquery", "kith-emulator.json"))), &at); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(to)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+at.Rest+"/bigquery/v2/projects/"+emulator.Project+"/"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, answer.Status)
	}
}

// TestBytes: plan says what each statement of a run reads and what that costs; above
// max_bytes_billed neither plan nor run begins.
func TestBytes(t *testing.T) {
	t.Parallel()
	p := testkit.NewEmulated(t, shopOn("", shopPeople+peopleOut))
	p.Kith("seed", "people.csv", "--source", "people")
	p.SQL("INSERT INTO raw.people (id, email, city, `at`) SELECT 10 + n, CONCAT('p', CAST(n AS STRING), '@example.nl'), 'Delft', CURRENT_TIMESTAMP() FROM UNNEST(GENERATE_ARRAY(1, 98)) AS n")
	// 100 rows of four cells, which count ten bytes each here; before the first run the
	// other statements read tables that are not there.
	needs(t, p.Run(nil, "plan"), 0, `a run reads 24\.0 kB, less than \$0\.0001 at \$6\.25 per TiB
  sync people_out +24\.0 kB +<\$0\.0001
    digest +4\.0 kB +<\$0\.0001  at most: it also reads tables that the run itself makes
(    .* 4\.0 kB .*\n)+  \d+ statements that read nothing
  not counted: \d+ statements over tables that are not there yet`)
	p.Write("kith.yml", shopOn(", max_bytes_billed: 1KB, price_per_tib: 5", "")["kith.yml"])
	for _, command := range []string{"plan", "run"} {
		needs(t, p.Run(nil, command), 4, "max_bytes_billed is 1000", "raise max_bytes_billed")
		needs(t, p.Run(nil, command, "--json"), 4, `"status": "blocked"`)
	}
	if n := len(p.Query("SELECT run_id FROM kith.runs")); n != 0 {
		t.Errorf("%d runs were begun", n)
	}
	p.Write("kith.yml", shopOn(", max_bytes_billed: 1GB, price_per_tib: 5000000000", "")["kith.yml"])
	needs(t, p.Run(nil, "validate", "--online"), 0, `a run reads 24\.0 kB, about \$109\.1394 at \$5e\+09 per TiB`, `    digest +4\.0 kB +\$18\.1899`)
	needs(t, p.Run(nil, "run"), 0, "100 delivered")
	priced(t, p)
	// A ledger that expires is not used.
	describe(t, p, "datasets/kith/tables/kith_meta", map[string]any{"expirationTime": "1800000000000"})
	needs(t, p.Run(nil, "run"), 1, "the tables of dataset kith expire: kith_meta on 2027-01-15", `ALTER TABLE kith\.kith_meta SET OPTIONS`)
}

// priced: every statement that a run may send is in the plan as JSON, with its bytes and
// its price, or is said to be unknown; the sum is the sum.
func priced(t *testing.T, p *testkit.Project) {
	t.Helper()
	var v struct{ Cost engine.Cost }
	if err := json.Unmarshal([]byte(p.Kith("plan", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	known, sum := map[string]bool{}, uint64(0)
	folds := 0
	for _, s := range v.Cost.Statements {
		if strings.HasPrefix(s.Name, "fold_") && s.Model == "sync people_out" && s.Bytes > 0 {
			folds++
		}
		known[s.Name], sum = true, sum+s.Bytes
		if want := float64(s.Bytes) / (1 << 40) * 5e9; math.Abs(s.Price-want) > 1e-9 {
			t.Errorf("%s reads %d bytes for %v, want %v", s.Name, s.Bytes, s.Price, want)
		}
	}
	for _, name := range v.Cost.Unknown {
		known[name] = true
	}
	if sum != v.Cost.Bytes || v.Cost.Rate != 5e9 || v.Cost.Price == 0 || len(v.Cost.Statements) < 10 {
		t.Errorf("in all %d bytes, added up %d, for %v at %v, of %d statements", v.Cost.Bytes, sum, v.Cost.Price, v.Cost.Rate, len(v.Cost.Statements))
	}
	if folds != 2 { // what is merged, it stages itself
		t.Errorf("%d statements of the fold of people_out are in its cost: %+v", folds, v.Cost.Statements)
	}
	var compiled struct {
		Statements []struct{ Name, Model string }
	}
	if err := json.Unmarshal([]byte(p.Kith("compile", "--json")), &compiled); err != nil {
		t.Fatal(err)
	}
	for _, s := range compiled.Statements {
		if !known[s.Name] {
			t.Errorf("%s of %s is not in the plan", s.Name, s.Model)
		}
	}
	if len(compiled.Statements) < 10 {
		t.Errorf("%d statements", len(compiled.Statements))
	}
}

// TestOneScanInBytes: further segments of an entity do not read its rows again.
func TestOneScanInBytes(t *testing.T) {
	t.Parallel()
	model := func(segments int) string {
		b := shopPeople + `entities:
  - name: person
    identity:
      identifiers: [{name: email, normalize: email}]
      links: [{source: people, identifiers: [email]}]
traits:
  - {name: city, entity: person, from: people.city, pick: latest}
segments:
`
		for i := range segments {
			b += fmt.Sprintf("  - {name: s%d, entity: person, where: {trait: city, eq: c%d}}\n", i, i)
		}
		return b
	}
	p := testkit.NewEmulated(t, shopOn("", model(1)))
	p.Kith("seed", "people.csv", "--source", "people")
	p.Kith("build")
	// Statements that read something, and the bytes of those that read the source.
	read := func() (statements int, source map[string]uint64) {
		var v struct{ Online engine.Cost }
		if err := json.Unmarshal([]byte(p.Kith("validate", "--online", "--json")), &v); err != nil {
			t.Fatal(err)
		}
		source = map[string]uint64{}
		for _, s := range v.Online.Statements {
			if s.Bytes > 0 {
				statements++
			}
			if s.Name == "profile person" || s.Name == "identity person rows of people" {
				source[s.Name] = s.Bytes
			}
		}
		return statements, source
	}
	statements, one := read()
	p.Write("models/shop.yml", model(8))
	p.Kith("build")
	more, many := read()
	if len(one) != 2 || one["profile person"] == 0 || !maps.Equal(one, many) || more != statements {
		t.Errorf("with one segment %d statements read %v, with eight %d read %v", statements, one, more, many)
	}
}

// expiring: every scratch table in what --debug tells of a run goes by itself.
func expiring(t *testing.T, debug string, least int) {
	t.Helper()
	n := 0
	for _, m := range regexp.MustCompile("(?s)CREATE OR REPLACE TABLE `kith`\\.`(scratch_[^`]*)`(.*?) AS\n").FindAllStringSubmatch(debug, -1) {
		if n++; !strings.Contains(m[2], "OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY))") {
			t.Errorf("%s does not expire: %s", m[1], m[2])
		}
	}
	if n < least {
		t.Errorf("%d scratch tables", n)
	}
}

const peopleAndVisits = shopPeople + `  - name: visits
    table: raw.visits
    loaded_at: at
    lookback: 1h
    columns: {email: {type: string, pii: email}, device: string, at: timestamp}
entities:
  - name: person
    identity:
      identifiers: [{name: email, normalize: email}, {name: device, caps: {email: 2}}]
      links: [{source: people, identifiers: [email]}, {source: visits, identifiers: [email, device]}]
traits:
  - {name: town, entity: person, from: people.city, pick: latest}
segments:
  - {name: settled, entity: person, where: {trait: town, exists: true}}
syncs:
  - {name: persons_out, from: {segment: settled}, to: {destination: out, object: persons}, consent: none, key: {email: email}, fields: {town: town}, on_removed: {merged: delete}, guards: {max_removed: 100%}}
`

// estimated asks for the plan of an increment: what it estimates is an increment, with the
// tables of the build before, which statements read beside scratch tables; with --full and
// with other rules it is everything; and a source that has to be read whole is estimated so.
func estimated(t *testing.T, p *testkit.Project) {
	t.Helper()
	cost := func(args ...string) (engine.Cost, map[string]uint64) {
		t.Helper()
		var r engine.PlanReport
		if err := json.Unmarshal([]byte(p.Kith(append([]string{"plan", "--json"}, args...)...)), &r); err != nil || r.Cost == nil {
			t.Fatal(err, r.Cost)
		}
		read := map[string]uint64{}
		for _, s := range r.Cost.Statements {
			read[strings.TrimPrefix(s.Name, "identity person ")] = s.Bytes
		}
		return *r.Cost, read
	}
	c, read := cost()
	if len(c.Identity) != 1 || c.Identity[0].Full != "" {
		t.Errorf("an increment is estimated as %+v", c.Identity)
	}
	for _, name := range []string{"changed values", "changed links", "new values", "new links", "map", "touched identifiers"} {
		if read[name] == 0 {
			t.Errorf("nothing is estimated for %q: %v", name, read)
		}
	}
	full, everything := cost("--full")
	if len(full.Identity) != 1 || full.Identity[0].Full != "asked for" || everything["hubs"] == 0 {
		t.Errorf("--full is estimated as %+v: %v", full.Identity, everything)
	}
	if _, ok := everything["changed values"]; ok {
		t.Error("--full is estimated with the statements of an increment")
	}
	needs(t, p.Run(nil, "plan"), 0, "a run reads", "identity of person reads what is new")
}

// TestLookUpOnBigQuery: identity grows by increments, is verified, replayed and
// explained, and a profile says where everything comes from.
func TestLookUpOnBigQuery(t *testing.T) {
	t.Parallel()
	p := testkit.NewEmulated(t, shopOn("", peopleAndVisits))
	p.Kith("seed", "people.csv", "--source", "people")
	visit := func(email, device, at string) string {
		return "INSERT INTO raw.visits VALUES ('" + email + "', '" + device + "', TIMESTAMP '" + at + "')"
	}
	p.SQL("CREATE TABLE raw.visits (email STRING, device STRING, `at` TIMESTAMP)",
		visit("a@example.nl", "d1", "2026-02-01 00:00:00+00"), visit("b@example.nl", "d2", "2026-02-02 00:00:00+00"),
		visit("a@example.nl", "till", "2026-02-03 00:00:00+00"), visit("b@example.nl", "till", "2026-02-03 00:00:00+00"), visit("c@example.nl", "till", "2026-02-03 00:00:00+00"))
	// What a guard will do is told, masked, before anything is there.
	needs(t, p.Run(nil, "plan"), 0, "identity of person reads everything: first build", `new: 1 device demoted: t\*\*\* \(3 neighbours, cap 2\)`)
	if n := len(p.Query("SELECT build FROM kith.builds")); n != 0 {
		t.Errorf("%d builds after a plan", n)
	}
	r := p.Run(nil, "run", "--json", "--debug")
	needs(t, r, 0, `"full": ?"first build"`, `"demoted_values": ?1`)
	expiring(t, r.Err, 5)
	needs(t, p.Run(nil, "explain", "a@example.nl", "b@example.nl", "--show-values"), 0, "are not one person", "a guard keeps them apart", "refused by caps: device till is linked with 3 values")
	p.SQL(visit("a@example.nl", "d2", "2026-02-04 00:00:00+00"))
	estimated(t, p)
	r = p.Run(nil, "run", "--json", "--debug")
	needs(t, r, 0, `"touched": ?2`, `"merged": ?1`, "people: it declares no loaded_at")
	expiring(t, r.Err, 5)
	if strings.Contains(r.Out, `"full"`) || strings.Contains(r.Out, "visits: ") {
		t.Errorf("not an increment:\n%s", r.Out)
	}
	needs(t, p.Run(nil, "explain", "a@example.nl", "email:b@example.nl", "--show-values"), 0, "are one person",
		`email a@example.nl - device d2`, `1 row in visits \{email, device\}, on 2026-02-04`, `device d2 - email b@example.nl`, "without this link \\(1 row\\) they would be two")
	pictured(t, p, "a@example.nl", "email:b@example.nl")
	needs(t, p.Run(nil, "profile", "d1", "--show-values"), 0, `person p_[0-9a-f]{32}`, "a@example.nl", "b@example.nl", "d2", "town +(Delft|Gent)", "people.city", "settled", "persons_out +delivered")
	needs(t, p.Run(nil, "profile", "b@example.nl", "--json"), 0, `"merges": ?\[\s*\{`, `"since": ?"20`, `"key": ?"[12]"`)
	needs(t, p.Run(nil, "profile", "nobody@example.nl"), 1, "no person of the last build has")
	needs(t, p.Run(nil, "doctor"), 0, "identity person: every identifier is in one entity")
	needs(t, p.Run(nil, "replay"), 0, "entity person: 3 ids the same, 0 other ids, 0 identifiers with others")

	// A jump is blocked before anything is published; other rules ask for a full build.
	p.SQL(visit("a@example.nl", "d4", "2026-02-05 00:00:00+00"), visit("c@example.nl", "d4", "2026-02-05 00:00:00+00"))
	p.Write("models/shop.yml", strings.Replace(peopleAndVisits, "    identity:\n", "    identity:\n      guards: {max_merged: 0}\n", 1))
	builds := len(p.Query("SELECT build FROM kith.builds"))
	needs(t, p.Run(nil, "run"), 4, "entity person: 1 of 3 entities would become part of another, more than max_merged allows", "kith plan")
	needs(t, p.Run(nil, "plan", "--detailed-exitcode"), 4, "blocked by max_merged", "1 merged, the largest of 6 identifiers: [cd][*@.]+ - [cd]")
	if n := len(p.Query("SELECT build FROM kith.builds")); n != builds {
		t.Errorf("%d builds, %d before what was blocked", n, builds)
	}
	p.Write("models/shop.yml", strings.Replace(peopleAndVisits, "caps: {email: 2}", "caps: {email: 9}", 1))
	needs(t, p.Run(nil, "build", "--json"), 0, `"full": ?"the rules have changed"`, `"merged": ?2`)
	// Who is gone and was delivered is somebody that the destination still has.
	p.SQL("DELETE FROM raw.people WHERE TRUE", "DELETE FROM raw.visits WHERE TRUE", visit("z@example.nl", "d9", "2026-02-06 00:00:00+00"))
	needs(t, p.Run(nil, "build"), 0, "entity person: 1 entity")
	strangers(t, p)
}
