package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
	"github.com/kithdata/kith/sql"
)

// demoShop is the project of `kith demo` and its data, of fewer people than the demo takes.
// The templates of demo.sql are made with it.
type demoShop struct {
	*testkit.Project
	People int
	at     time.Time // of the first run
	seen   map[string]map[string]int
}

// shopTables are the tables of the demo's data.
var shopTables = []string{"web_events", "orders", "order_items", "crm_contacts", "pos_receipts", "newsletter", "email_bounces"}

func newDemoShop(t *testing.T, warehouse string) *demoShop {
	t.Helper()
	files, root := map[string]string{}, testkit.Root(t)
	for _, pattern := range []string{"kith.yml", "models/*.yml", "syncs/*.yml"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			files[rel] = string(text)
		}
	}
	at, err := time.Parse(time.RFC3339, dayAfter)
	if err != nil {
		t.Fatal(err)
	}
	return &demoShop{Project: newProjectOn(t, warehouse, files), People: 120, at: at.AddDate(0, 0, -1), seen: map[string]map[string]int{}}
}

// What the templates ask for.
func (s *demoShop) Events() int              { return s.People * 4 }
func (s *demoShop) Now() string              { return s.Warehouse().Dialect().Time(s.at) }
func (s *demoShop) ShopSchema() string       { return s.Warehouse().Dialect().Ident("shop") }
func (s *demoShop) TruthSchema() string      { return s.Warehouse().Dialect().Ident("demo") }
func (s *demoShop) Shop(table string) string { return s.table("shop", table) }
func (s *demoShop) Truth(table string) string {
	return s.table("demo", table)
}

func (s *demoShop) table(schema, name string) string {
	return s.Warehouse().Dialect().Table(cdp.Table{Schema: schema, Name: name})
}

func (s *demoShop) blocks(names ...string) {
	s.T.Helper()
	t, err := template.New("").ParseFS(sql.Files, s.Warehouse().Dialect().Name()+"/demo.sql")
	if err != nil {
		s.T.Fatal(err)
	}
	for _, name := range names {
		var text bytes.Buffer
		if err := t.ExecuteTemplate(&text, name, s); err != nil {
			s.T.Fatal(err)
		}
		s.SQL(strings.TrimSpace(text.String()))
	}
}

// open makes the shop as it is at the first run.
func (s *demoShop) open() {
	s.T.Helper()
	s.blocks("demo_schema_shop", "demo_schema_truth", "demo_humans")
	for _, t := range shopTables {
		s.blocks("demo_" + t)
	}
	for _, t := range shopTables {
		s.blocks("demo_" + t + "_fill")
	}
	// So few people leave a day without a trace, and freshness would stop the run.
	today := s.Warehouse().Dialect().Time(s.at.Add(-time.Hour))
	s.SQL("INSERT INTO shop.web_events SELECT 'e-today', 'bot-today', NULL, 'page_view', '{}', true, "+today+", "+today,
		"INSERT INTO shop.crm_contacts SELECT * REPLACE ("+today+" AS updated_at, "+today+" AS _loaded_at) FROM shop.crm_contacts WHERE customer_id = 'C000050'")
}

// passDay adds the day after.
func (s *demoShop) passDay() {
	s.T.Helper()
	s.blocks("demo_day_orders", "demo_day_items", "demo_day_events", "demo_day_contacts", "demo_day_newsletter", "demo_day_bounces")
}

// copy takes over the rows of another shop that it does not have yet.
func (s *demoShop) copy(from *demoShop) {
	s.T.Helper()
	if len(s.seen) == 0 {
		s.blocks("demo_schema_shop")
	}
	for _, t := range shopTables {
		if s.seen[t] == nil {
			s.blocks("demo_" + t)
			s.seen[t] = map[string]int{}
		}
		query := "SELECT * FROM " + from.Shop(t)
		described, err := from.Warehouse().Describe(s.T.Context(), query)
		if err != nil {
			s.T.Fatal(err)
		}
		var columns []string
		for _, c := range described {
			columns = append(columns, c.Name)
		}
		left := map[string]int{}
		for row, n := range s.seen[t] {
			left[row] = n
		}
		var fresh []cdp.Row
		for _, row := range from.Query(query) {
			key := fmt.Sprint(row...)
			if left[key] > 0 {
				left[key]--
				continue
			}
			s.seen[t][key]++
			fresh = append(fresh, row)
		}
		if len(fresh) == 0 {
			continue
		}
		if err := s.Warehouse().Append(s.T.Context(), cdp.Table{Schema: "shop", Name: t}, columns, fresh); err != nil {
			s.T.Fatalf("%s: %v", t, err)
		}
	}
}
