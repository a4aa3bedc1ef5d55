package compile_test

import (
	"regexp"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// TestOwnNames: what kith adds to a profile has names of its own, whatever traits,
// consents and events are called: a trait consent_ads of two sources met the consent ads.
func TestOwnNames(t *testing.T) {
	text, truth := cdp.Type{Kind: cdp.String}, cdp.Type{Kind: cdp.Bool}
	email := &cdp.Identifier{Name: "email"}
	person := &cdp.Entity{Item: cdp.Item{Name: "person"}, Identifiers: []*cdp.Identifier{email}}
	p := &cdp.Project{State: "kith", Timezone: "UTC", Entities: []*cdp.Entity{person}}
	var values, grants []cdp.TraitFrom
	for _, name := range []string{"one", "two"} {
		s := &cdp.Source{Item: cdp.Item{Name: name}, Table: &cdp.Table{Schema: "raw", Name: name}, Timestamp: "c_at", LoadedAt: "c_at", Columns: []*cdp.SourceColumn{
			{Name: "c_email", Type: text}, {Name: "c_value", Type: text}, {Name: "c_ok", Type: truth}, {Name: "c_at", Type: cdp.Type{Kind: cdp.Timestamp}},
		}}
		p.Sources = append(p.Sources, s)
		person.Links = append(person.Links, &cdp.Link{Source: s, Merge: true, Columns: []cdp.LinkColumn{{Identifier: email, Column: "c_email"}}})
		values, grants = append(values, cdp.TraitFrom{Source: s, Column: "c_value"}), append(grants, cdp.TraitFrom{Source: s, Column: "c_ok"})
	}
	for _, name := range []string{"a", "a_0", "row_a", "consent_ads", "trait_a", "said_ads", "event", "segment_s", "granted_ads", "all_email"} {
		p.Traits = append(p.Traits, &cdp.Trait{Item: cdp.Item{Name: name}, Entity: person, Kind: cdp.PickTrait, Pick: "latest", From: values, Type: text})
	}
	for _, name := range []string{"ads", "ads_0", "ads_0_at"} {
		p.Consents = append(p.Consents, &cdp.Consent{Item: cdp.Item{Name: name}, Entity: person, From: grants, Pick: "latest"})
	}
	p.Segments = []*cdp.Segment{{Item: cdp.Item{Name: "s"}, Entity: person, Where: &cdp.Predicate{Kind: cdp.EventTest, Source: p.Sources[0], Type: cdp.Type{Kind: cdp.Int}}}}
	named := regexp.MustCompile("AS `([^`]+)`")
	for name, d := range map[string]cdp.Dialect{"clickhouse": dialect.ClickHouse{}, "bigquery": dialect.BigQuery{}} {
		c, err := compile.New(p, d)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, s := range c.At(compile.Epoch).Profiles(compile.Build{ID: "b", Run: "r"})[0].Statements {
			for _, m := range named.FindAllStringSubmatch(s.SQL, -1) {
				seen[m[1]]++
			}
		}
		for column, n := range seen {
			if n > 1 && column[:2] != "c_" {
				t.Errorf("%s: %d columns are called %s", name, n, column)
			}
		}
		if len(seen) < 60 {
			t.Errorf("%s: %d columns only", name, len(seen))
		}
	}
}
