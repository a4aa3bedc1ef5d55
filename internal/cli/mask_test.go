package cli

import (
	"strings"
	"testing"
)

func TestMaskSQL(t *testing.T) {
	for in, want := range map[string]string{
		`SELECT 'ada@example.com'`:                      `SELECT '…'`,
		`SELECT 'it\'s', 'a''b', x`:                     `SELECT '…', '…', x`,
		"SELECT `it's` FROM \"o'k\"":                    "SELECT `it's` FROM \"o'k\"",
		`WHERE phone = 31612345678 AND n < 100`:         `WHERE phone = … AND n < 100`,
		`WHERE x > 1234567.89`:                          `WHERE x > …`,
		"SELECT 1 -- don't tell bob@example.com\n, 'x'": "SELECT 1 -- …\n, '…'",
		"SELECT /* it's ada */ 'x'":                     "SELECT /* … */ '…'",
		"SELECT $a$ada's$a$, 'x', $1":                   "SELECT '…', '…', $1",
		"SELECT 'open":                                  "SELECT '…'",
		"SELECT /* open ada":                            "SELECT /* … */",
		"INSERT INTO t2026 (a1) VALUES (12)":            "INSERT INTO t2026 (a1) VALUES (12)",
		"toDecimal64(12.50, 2)":                         "toDecimal64(12.50, 2)",
		"changeset_people_20261122t171657_1556faaa":     "changeset_people_20261122t171657_1556faaa",
	} {
		if got := maskSQL(in); got != want {
			t.Errorf("maskSQL(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzMaskSQL puts a secret where literals and comments stand, behind whatever the
// fuzzer thinks of that leaves the text well-formed.
func FuzzMaskSQL(f *testing.F) {
	for _, s := range []string{"", "it's", `\`, "''", "$a$", "--", "/*", "`", "\"", "é", "\x00"} {
		f.Add(s)
	}
	const secret = "Secret0Address"
	f.Fuzz(func(t *testing.T, noise string) {
		quoted := "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(noise+secret+noise) + "'"
		got := maskSQL("SELECT a, " + quoted + ", " + quoted + " FROM t WHERE x = " + quoted)
		if strings.Contains(got, secret) {
			t.Errorf("the secret shows: %q", got)
		}
		if want := "SELECT a, '…', '…' FROM t WHERE x = '…'"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestMaskID(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		"7":                                  "7…",
		"ada@example.com":                    "a…@….com",
		"ada@localhost":                      "a…@…",
		"0612345678":                         "06…8",
		"p_da867f5bedfb2eadbd9067d52784f6bc": "p_da…bc",
		"\u00e9\u00e8":                       "é…",
	} {
		if got := maskID(in); got != want {
			t.Errorf("maskID(%q) = %q, want %q", in, got, want)
		}
	}
}
