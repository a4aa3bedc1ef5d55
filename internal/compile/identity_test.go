package compile_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// updateIdentity is the flag -update of this test binary, whoever defines it.
var updateIdentity = func() *flag.Flag {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write the golden files anew")
	}
	return flag.Lookup("update")
}()

// identityGolden compares statements with testdata/golden/<dialect>/<name>.sql.
func identityGolden(t *testing.T, dialect, name string, list []cdp.Statement) {
	t.Helper()
	var b strings.Builder
	for _, s := range list {
		b.WriteString("-- " + s.Name + "\n" + s.SQL + ";\n\n")
	}
	path := filepath.Join("testdata", "golden", dialect, name+".sql")
	if updateIdentity.Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-want +got; -update accepts it):\n%s", path, d)
	}
}

// identityProject has one of everything that shapes the statements of identity.
func identityProject() *cdp.Project {
	str, at := cdp.Type{Kind: cdp.String}, cdp.Type{Kind: cdp.Timestamp}
	customer := &cdp.Identifier{Name: "customer_id", Max: 1, Rank: 0}
	email := &cdp.Identifier{Name: "email", Normalize: "email", Max: 5, Block: []string{"Shop@Example.com", `/@example\.net$/`}, Rank: 1}
	phone := &cdp.Identifier{Name: "phone", Normalize: "phone", Region: "NL", Rank: 2}
	crm := &cdp.Source{
		Item: cdp.Item{Name: "crm"}, Table: &cdp.Table{Schema: "raw", Name: "contacts"}, Key: []string{"id"}, Timestamp: "day", LoadedAt: "loaded_at", Stamped: true, Dedupe: true,
		Columns: []*cdp.SourceColumn{{Name: "id", Type: cdp.Type{Kind: cdp.Int}}, {Name: "mail", Type: str}, {Name: "mobile", Type: str}, {Name: "day", Type: cdp.Type{Kind: cdp.Date}}, {Name: "loaded_at", Type: at}},
	}
	web := &cdp.Source{
		Item: cdp.Item{Name: "web"}, Table: &cdp.Table{Schema: "raw", Name: "events"}, Timestamp: "at", LoadedAt: "at", Stamped: true,
		Columns: []*cdp.SourceColumn{{Name: "email", Type: str}, {Name: "phone", Type: str}, {Name: "bot", Type: cdp.Type{Kind: cdp.Bool}}, {Name: "at", Type: at}},
	}
	list := &cdp.Source{Item: cdp.Item{Name: "list"}, Table: &cdp.Table{Schema: "raw", Name: "list"}, Columns: []*cdp.SourceColumn{{Name: "email", Type: str}, {Name: "phone", Type: str}}}
	no := cdp.Value{Type: cdp.Type{Kind: cdp.Bool}, Text: "false"}
	e := &cdp.Entity{Item: cdp.Item{Name: "person"}, Identifiers: []*cdp.Identifier{customer, email, phone}, MaxSize: 200, Links: []*cdp.Link{
		{Source: crm, Merge: true, Columns: []cdp.LinkColumn{{Identifier: customer, Column: "id"}, {Identifier: email, Column: "mail"}, {Identifier: phone, Column: "mobile"}}},
		{
			Source: web, Merge: true, Columns: []cdp.LinkColumn{{Identifier: email, Column: "email"}, {Identifier: phone, Column: "phone"}},
			Where: &cdp.Predicate{Kind: cdp.ColumnTestOf, Column: "bot", Type: cdp.Type{Kind: cdp.Bool}, Ops: []cdp.Operator{{Name: "eq", Value: no}}},
		},
		{Source: list, Columns: []cdp.LinkColumn{{Identifier: email, Column: "email"}, {Identifier: phone, Column: "phone"}}},
	}}
	return &cdp.Project{Name: "golden", State: "kith", Timezone: "UTC", Sources: []*cdp.Source{crm, web, list}, Entities: []*cdp.Entity{e}}
}

func identityOf(t *testing.T, d cdp.Dialect, in compile.IdentityInput) *compile.Identity {
	t.Helper()
	return identityIn(t, identityProject(), d, in)
}

func identityIn(t *testing.T, p *cdp.Project, d cdp.Dialect, in compile.IdentityInput) *compile.Identity {
	t.Helper()
	c, err := compile.New(p, d)
	if err != nil {
		t.Fatal(err)
	}
	keys := compile.Keys{Salt: "salt", Collisions: []compile.Collision{{Entity: "person", Identifier: "email", Value: "o'neil@example.org", Node: 42}}}
	return c.At(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)).Keyed(keys).Identity(p.Entities[0], in)
}

func TestIdentityGolden(t *testing.T) {
	for _, d := range dialects {
		identityGolden(t, d.Name(), "identity", identityOf(t, d, compile.IdentityInput{Build: "b2", Previous: "b1", Run: "r2"}).All())
		identityGolden(t, d.Name(), "identity_first", identityOf(t, d, compile.IdentityInput{Build: "b1", Run: "r1"}).All())
		identityGolden(t, d.Name(), "identity_delta", identityOf(t, d, anIncrement).All())
	}
}

// TestIdentityCapsGolden pins what caps add to a build and to an increment, and what they
// change: a cap on one identifier, two on another, of which one is on any.
func TestIdentityCapsGolden(t *testing.T) {
	for _, d := range dialects {
		for name, in := range map[string]compile.IdentityInput{"identity_caps": {Build: "b2", Previous: "b1", Run: "r2"}, "identity_caps_delta": anIncrement} {
			plain := map[string]bool{}
			for _, s := range identityOf(t, d, in).All() {
				plain[s.SQL] = true
			}
			p := identityProject()
			ids := p.Entities[0].Identifiers
			ids[1].Caps = []cdp.Cap{{To: ids[0], Max: 3}, {Max: 1000}}
			ids[2].Caps = []cdp.Cap{{To: ids[1], Max: 4}}
			capped := slices.DeleteFunc(identityIn(t, p, d, in).All(), func(s cdp.Statement) bool { return plain[s.SQL] })
			if len(capped) < 5 {
				t.Fatalf("%s: caps change %d statements of %s", d.Name(), len(capped), name)
			}
			identityGolden(t, d.Name(), name, capped)
		}
	}
}

// anIncrement reads one source from an hour on and the others whole.
var anIncrement = compile.IdentityInput{
	Build: "b2", Previous: "b1", Run: "r2", Delta: true, FullAt: anHour, Rules: "rules",
	Reads: map[string]compile.Reading{"web": {Tail: true, Nulls: true, From: anHour, Since: anHour.Add(5 * time.Hour), Cut: anHour.Add(4 * time.Hour)}},
}

var anHour = time.Date(2026, 10, 30, 7, 0, 0, 0, time.UTC)

// TestIdentityNames: every statement has a name and leads to the entity.
func TestIdentityNames(t *testing.T) {
	for _, s := range identityOf(t, dialect.ClickHouse{}, compile.IdentityInput{Build: "b2", Previous: "b1", Run: "r2"}).All() {
		if s.Name == "" || s.Model != "entity person" || s.SQL == "" {
			t.Errorf("%+v", s)
		}
	}
}
