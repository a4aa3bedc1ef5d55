package compile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// aggregated calls each with what stands in the parentheses of every call of a function in the
// templates of BigQuery.
func aggregated(t *testing.T, function string, each func(file, argument string)) {
	t.Helper()
	files, err := filepath.Glob("../../sql/bigquery/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	found := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range regexp.MustCompile(`\b`+function+`\(`).FindAllIndex(text, -1) {
			found++
			each(filepath.Base(f), inParentheses(string(text[at[1]:])))
		}
	}
	if found == 0 {
		t.Fatalf("no %s in the templates", function)
	}
}

// unnested are aggregates whose elements become rows again: no order of them is seen.
var unnested = []string{
	"diff.sql: IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS",
	"spared.sql: SELECT CONCAT({{quote .}}, '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.{{.}}')) AS __kith_v WHERE __kith_v != ''",
	"spared.sql: SELECT CONCAT({{quote $n}}, '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.{{$n}}')) AS __kith_v WHERE __kith_v != ''",
}

// TestOrderOfWhatIsSent: what of several values stands in a changeset stands in an order, or its
// fingerprint is another with every run, and nobody could approve what a guard stops.
func TestOrderOfWhatIsSent(t *testing.T) {
	fills := func(file string) bool {
		return slices.Contains([]string{"spared.sql", "diff.sql", "approve.sql", "verdicts.sql"}, file)
	}
	left := slices.Clone(unnested)
	ordered := func(file, argument string) bool {
		if i := slices.Index(left, file+": "+argument); i >= 0 {
			left = slices.Delete(left, i, i+1)
			return true
		}
		return !fills(file) || strings.Contains(argument, " ORDER BY ")
	}
	aggregated(t, "ARRAY_AGG", func(file, argument string) {
		if !ordered(file, argument) && !strings.HasSuffix(argument, " LIMIT 1") {
			t.Errorf("%s: ARRAY_AGG(%s) has no order", file, argument)
		}
	})
	aggregated(t, "ARRAY", func(file, argument string) {
		if strings.HasPrefix(argument, "SELECT") && !ordered(file, argument) {
			t.Errorf("%s: ARRAY(%s) has no order", file, argument)
		}
	})
	if len(left) > 0 {
		t.Errorf("not there any more: %q", left)
	}
	text, err := os.ReadFile("../../sql/clickhouse/spared.sql")
	if err != nil {
		t.Fatal(err)
	}
	all, sorted := strings.Count(string(text), "groupArrayIf("), strings.Count(string(text), "arraySort(groupArrayIf(")
	if all == 0 || all != sorted {
		t.Errorf("ClickHouse: %d of %d arrays are sorted", sorted, all)
	}
}

// inParentheses is what stands before the parenthesis that closes one before it.
func inParentheses(text string) string {
	open := 1
	for i, r := range text {
		switch r {
		case '(':
			open++
		case ')':
			open--
		}
		if open == 0 {
			return text[:i]
		}
	}
	return text
}

// TestNoSumOfHashesOverflows: a sum of ints beyond 64 bits is an error on the service, and the
// fingerprint of 16.8 million rows was one, so that a block of a large sync could not be
// described. The emulator starts again from the smallest instead.
func TestNoSumOfHashesOverflows(t *testing.T) {
	hash := regexp.MustCompile(`FINGERPRINT|SHA(1|256|512)|MD5|\b(kh|h|mix|node)\b`)
	some := false
	aggregated(t, "SUM", func(file, argument string) {
		if !hash.MatchString(argument) {
			return
		}
		some = true
		if !strings.HasPrefix(argument, "CAST(") || !strings.HasSuffix(argument, " AS NUMERIC)") {
			t.Errorf("%s: SUM(%s) is of INT64", file, argument)
		}
	})
	if !some {
		t.Error("no hash is summed: the test looks for another way of writing it")
	}
}
