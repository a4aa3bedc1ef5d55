package compile_test

import (
	"os"
	"path/filepath"
	"regexp"
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
