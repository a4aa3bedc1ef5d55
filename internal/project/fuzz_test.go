package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecode: whatever a file holds, a load ends, and every problem has a place.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	kiths, err := filepath.Glob("testdata/*/kith.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(files, kiths...) {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, filepath.Base(path) == kithFile)
	}
	for _, s := range []string{
		"a: &a [*a]", "a: &a {<<: *a}", "<<: [{}, [], x]", "traits: [&a {<<: *b}]", "sources:\n- &a\n  <<: *a\n", "\x00", "\xff\xfe", "\ufeffversion: 1", "a: |9\n x", "? {a: b}\n: c",
		"a: !!binary x", "a: !<tag:x> 1", "%YAML 1.1\n---\na: b\n...\n", "traits: [{name: a, sql: &x \"{{ var('a') }}\"}]", "x: \"\\", "{{{{", "a: >\n\n\n  b\n c",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	kith, err := os.ReadFile("testdata/shop/kith.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte, isKith bool) {
		Shown(b, testSpecs())
		l := newLoader(".", Options{Specs: testSpecs()})
		l.held = map[feature]bool{}
		if isKith {
			l.parse(kithFile, b)
		} else {
			l.parse(kithFile, kith)
			l.parse("models/a.yml", b)
		}
		l.resolve()
		l.tidy()
		l.problems.Sort()
		placed(t, l.problems)
		if !l.problems.HasErrors() {
			Fragments(l.p)
		}
	})
}

// FuzzSQL: the checks of SQL end, and what they let pass is one expression: put into
// brackets on lines of its own it leaves the brackets balanced and open to the end.
func FuzzSQL(f *testing.F) {
	for _, s := range []string{
		"a > 1", "1) UNION ALL SELECT (2", "x -- y", "x /* y", "'a''b'", `"a\"b"`, "`a``b`", "$a$ ' $a$", "x; y", "#", "# a\nb", "'''a'''", `"""a"b"""`, "case when a then b end", "(select 1)",
		"### ", "‘(’ ) union (1 ‘)’", "a$b$ ) $b$", "1 −− (", "x\x00)", "--\r)", "/*/ )*/",
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, bigquery bool) {
		dialect := "clickhouse"
		if bigquery {
			dialect = "bigquery"
		}
		s = strings.TrimRight(s, " \t\r\n")
		tokens, lexErr := lex(s, dialect)
		for i, tok := range tokens {
			if tok.off < 0 || tok.end > len(s) || tok.off >= tok.end || i > 0 && tok.off < tokens[i-1].end {
				t.Fatalf("token %d of %q: %+v", i, s, tok)
			}
		}
		if p := checkTokens(tokens, lexErr, false); p != nil {
			if p.off < 0 || p.off > len(s) {
				t.Fatalf("%q: %+v", s, p)
			}
			return
		}
		wrapped, lexErr := lex("(\n"+s+"\n)", dialect)
		if lexErr != nil || len(wrapped) != len(tokens)+2 {
			t.Fatalf("%q in brackets: %v, %d tokens of %d", s, lexErr, len(wrapped), len(tokens)+2)
		}
	})
}

// FuzzScalars: the kinds of single values take any text.
func FuzzScalars(f *testing.F) {
	for _, s := range []string{"90d", "last 3 months", "decimal(12,2)", "list(list(x))", "TZ=0", "CRON_TZ=", "@every 1h", "*/0 * * * *", "5%", "08:00-24:00", "/[/", "1e309", "-0", "${", "a.b.c"} {
		f.Add(s)
	}
	kinds := []*scalar{
		nameKind, columnKind, intKind, durationKind, windowKind, typeKind, tableKind, zoneKind, urlKind, goDurationKind, bytesKind, percentKind, guardKind,
		cronKind, hoursKind, momentKind, startKind, countKind, wholeKind, timesKind,
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range kinds {
			k.verdict(s, "x")
		}
		jsonPath(s)
		blockPattern(s)
		if typ, problem, _ := typeOf(s); problem == "" {
			again, problem, _ := typeOf(typ.String())
			if problem != "" || again.String() != typ.String() {
				t.Fatalf("%q: %s", s, typ)
			}
			if v, problem, _ := literal(s, typ); problem == "" && !utf8.ValidString(v.Text) && utf8.ValidString(s) {
				t.Fatalf("%q", v.Text)
			}
		}
	})
}
