package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// TestExampleBigQueryShop follows the README of examples/bigquery-shop.
func TestExampleBigQueryShop(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(t), "examples", "bigquery-shop")
	files := map[string]string{}
	for _, name := range []string{"kith.yml", "models/shop.yml", "syncs/shop.yml", "customers.csv", "orders.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	p := testkit.NewEmulated(t, files)
	p.Kith("seed", "customers.csv", "--source", "customers")
	p.Kith("seed", "orders.csv", "--source", "orders")
	first := parse(t, p.Kith("run", "--json")).Syncs[0]
	if first.Added != 2 || first.Delivered != 2 {
		t.Fatalf("first run: %+v", first)
	}
	found := map[string]string{}
	for _, l := range replay(t, p.Dir+"/exports", "buyers") {
		found[l.Key] = string(l.Fields)
	}
	for key, want := range map[string][]string{
		"ann@example.com": {`"value":160.5`, `"median":30`, `"favourite":"shoes"`, `"categories":["shoes","boots"]`, `"best":true`},
		"bob@example.com": {`"value":50`, `"favourite":"hats"`},
	} {
		for _, w := range want {
			if !strings.Contains(found[key], w) {
				t.Errorf("%s: %s, want %s", key, found[key], w)
			}
		}
	}
	if again := parse(t, p.Kith("run", "--json")).Syncs[0]; again.Requests != 0 || again.Added+again.Changed+again.Removed != 0 {
		t.Errorf("again: %+v", again)
	}
}
