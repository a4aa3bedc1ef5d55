package compile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// notOnBigQuery are the blocks that BigQuery does not have: an increment writes each
// table in one statement there; ClickHouse clones it, drops what is touched, and puts
// what is new, and looks up once what several statements ask (attested, close, known).
// There is no order of reading to keep to and no part to merge either.
var notOnBigQuery = []string{
	"diff.sql:baseline_compact",
	"diff.sql:pairs_count",
	"diff.sql:pairs_create",
	"diff.sql:pairs_gone",
	"diff.sql:pairs_many",
	"identity_delta.sql:identity_attested",
	"identity_delta.sql:identity_clone",
	"identity_delta.sql:identity_clone_rows",
	"identity_delta.sql:identity_close",
	"identity_delta.sql:identity_drop_edges",
	"identity_delta.sql:identity_drop_entity",
	"identity_delta.sql:identity_drop_map",
	"identity_delta.sql:identity_drop_values",
	"identity_delta.sql:identity_known",
	"identity_delta.sql:identity_put_seen",
}

// dialectTemplates reads, for every dialect, its blocks by file:name, and which of them
// other blocks use.
func dialectTemplates(t *testing.T) (blocks, used map[string]map[string]bool) {
	t.Helper()
	files, err := filepath.Glob("../../sql/*/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	blocks, used = map[string]map[string]bool{}, map[string]map[string]bool{}
	defined := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		dialect := filepath.Base(filepath.Dir(f))
		if blocks[dialect] == nil {
			blocks[dialect], used[dialect] = map[string]bool{}, map[string]bool{}
		}
		for _, m := range regexp.MustCompile(`{{-? *define "([a-z0-9_]+)"`).FindAllStringSubmatch(string(text), -1) {
			if other := defined[dialect+":"+m[1]]; other != "" {
				t.Errorf("%s is defined in %s and in %s: one of them takes the place of the other", m[1], other, f)
			}
			defined[dialect+":"+m[1]] = f
			blocks[dialect][filepath.Base(f)+":"+m[1]] = true
		}
		for _, m := range regexp.MustCompile(`{{-? *template "([a-z0-9_]+)"`).FindAllStringSubmatch(string(text), -1) {
			used[dialect][m[1]] = true
		}
	}
	return blocks, used
}

// renderedFromGo are the names of blocks that Go code says.
func renderedFromGo(t *testing.T) map[string]bool {
	t.Helper()
	said := map[string]bool{}
	for _, room := range []string{"compile", "ledger", "engine", "cli"} {
		for name := range saidIn(t, "../"+room) {
			said[name] = true
		}
	}
	return said
}

// saidIn are the names in quotes in the Go code of a folder.
func saidIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"([a-z0-9_]+)"`).FindAllStringSubmatch(string(text), -1) {
			said[m[1]] = true
		}
	}
	return said
}

// TestTemplatesAgree: every dialect has the same files and, in them, the same blocks
// as far as Go renders them; parts that blocks are made of are a dialect's own.
func TestTemplatesAgree(t *testing.T) {
	blocks, used := dialectTemplates(t)
	said := renderedFromGo(t)
	rendered := map[string]map[string]bool{}
	for dialect, have := range blocks {
		rendered[dialect] = map[string]bool{}
		for name := range have {
			_, block, _ := strings.Cut(name, ":")
			switch {
			case said[block] || strings.HasPrefix(name, "demo.sql:") && !used[dialect][block]:
				rendered[dialect][name] = true
			case !used[dialect][block]:
				t.Errorf("nothing renders %s of %s", name, dialect)
			}
		}
	}
	if !slices.IsSorted(notOnBigQuery) {
		t.Error("the list of what BigQuery lacks is not sorted")
	}
	for _, name := range notOnBigQuery {
		if !rendered["clickhouse"][name] || rendered["bigquery"][name] {
			t.Errorf("%s is no block that BigQuery lacks: take it off the list", name)
		}
		delete(rendered["clickhouse"], name)
	}
	if len(rendered) < 2 {
		t.Errorf("there are templates of %d dialects", len(rendered))
	}
	for dialect, have := range rendered {
		if d := cmp.Diff(rendered["clickhouse"], have); d != "" {
			t.Errorf("%s differs from clickhouse:\n%s", dialect, d)
		}
	}
}
