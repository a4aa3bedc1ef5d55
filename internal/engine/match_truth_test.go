package engine

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// febrlEntity is the entity citizen of examples/matching, without what the warehouse does
// not see, and without the suburb and the state: on the emulator a statement takes
// the longer the more it says.
func febrlEntity() *cdp.Entity {
	number, record := &cdp.Identifier{Name: "soc_sec_id", Normalize: "trim"}, ident("rec_id")
	l := linkTo("febrl", number, record)
	var compare []*cdp.Comparison
	for _, x := range []struct {
		name, as  string
		household bool
	}{
		{"given_name", "name", false},
		{"surname", "name", true},
		{"street_number", "code", true},
		{"address_1", "text", true},
		{"address_2", "text", true},
		{"postcode", "code", true},
		{"date_of_birth", "date", false},
		{"soc_sec_id", "code", false},
	} {
		if x.name != "soc_sec_id" {
			l.Source.Columns = append(l.Source.Columns, &cdp.SourceColumn{Name: x.name, Type: cdp.Type{Kind: cdp.String}})
		}
		compare = append(compare, &cdp.Comparison{Name: x.name, As: x.as, Household: x.household, From: []cdp.TraitFrom{{Source: l.Source, Column: x.name}}})
	}
	e := person([]*cdp.Identifier{number, record}, l)
	e.Match = &cdp.Match{Compare: compare, Swap: []int{0, 1}, MaxBlock: 50, Random: 60, Link: .99, Review: .9}
	return e
}

// TestMatchTruth measures a part of FEBRL's dataset 3, of which it is known who is who, on
// every engine: the emulator bears some tens of records. Most of them have their number in
// common, and what is mistyped there the comparisons have to find. TestExampleMatching
// measures all of it, on ClickHouse.
func TestMatchTruth(t *testing.T) {
	f, err := os.Open(filepath.Join(testkit.Shared(t), "data/febrl/dataset3.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var people []simulated
	var rows []cdp.Row
	for _, row := range all[1:] {
		person := strings.Split(row[0], "-")[1]
		if len(person) > 3 || !strings.HasSuffix(person, "77") {
			continue
		}
		people = append(people, simulated{id: row[0], person: person})
		x := cdp.Row{day(1), row[10], row[0]} // at, soc_sec_id, rec_id, the others
		for _, i := range []int{1, 2, 3, 4, 5, 7, 9} {
			x = append(x, row[i])
		}
		rows = append(rows, x)
	}
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := newWorldOf(t, febrlEntity(), d)
		w.unchecked = true
		w.add("febrl", rows...)
		report := w.run()
		both, found, truth := pairsOf(w.ids(), "rec_id", people)
		f1 := 2 * float64(both) / float64(found+truth)
		t.Logf("%d records, %d true pairs, %d found, %d right, F1 %.4f; %+v", len(people), truth, found, both, f1, *report.Match)
		if f1 < .995 || report.Match.Links < 2 {
			t.Errorf("F1 %.4f with %d probable ties, want at least .995 and 2", f1, report.Match.Links)
		}
	})
}

// pairsOf counts the pairs of records that are right, joined and true.
func pairsOf(ids map[string]string, identifier string, people []simulated) (both, found, truth int) {
	for i, a := range people {
		for _, b := range people[:i] {
			joined, same := ids[identifier+":"+a.id] == ids[identifier+":"+b.id], a.person == b.person
			if joined {
				found++
			}
			if same {
				truth++
			}
			if joined && same {
				both++
			}
		}
	}
	return both, found, truth
}
