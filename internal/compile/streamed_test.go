package compile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestStreamedIsLeft: BigQuery refuses to change or delete what has come in a stream, for half
// an hour. Of a table to which the ledger appends nothing is, unless it is of long ago.
func TestStreamedIsLeft(t *testing.T) {
	appended := map[string]bool{}
	files, err := filepath.Glob("../ledger/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`append\(ctx, "([a-z_]+)"`).FindAllSubmatch(text, -1) {
			appended[string(m[1])] = true
		}
	}
	if len(appended) < 10 {
		t.Fatalf("the ledger appends to %v", appended)
	}
	changes := regexp.MustCompile("(?:DELETE FROM|UPDATE|MERGE) `kith`\\.`([a-z_]+)`")
	ago := regexp.MustCompile("`?(at|started_at|expires_at)`? < ")
	looked := 0
	for target, d := range dialects {
		if d.Name() != "bigquery" {
			continue
		}
		for _, s := range everyLedger(t, oddProject(t, target), d.Name()) {
			for _, m := range changes.FindAllStringSubmatch(s.SQL, -1) {
				if looked++; appended[m[1]] && !ago.MatchString(s.SQL) {
					t.Errorf("%s changes rows that may just have been appended:\n%s", s.Name, s.SQL)
				}
			}
		}
	}
	if looked < 10 {
		t.Errorf("%d statements change rows", looked)
	}
}
