package project

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// manyFiles writes a project of n model files: a source, its link, traits and segments each.
func manyFiles(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "models"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("kith.yml", "version: 1\nname: many\ntargets: {local: {type: clickhouse, embedded: {}}}\nvars: {schema: shop}\n")
	links := ""
	for i := range n {
		links += fmt.Sprintf("        - {source: s%d, identifiers: [email]}\n", i)
		write(fmt.Sprintf("models/m%04d.yml", i), fmt.Sprintf(`sources:
  - name: s%[1]d
    description: What was bought at shop %[1]d.
    table: "{{ var('schema') }}.t%[1]d"
    key: [id, line]
    timestamp: at
    freshness: {warn: 12h, error: 2d}
    columns:
      id: string
      line: int
      email: {type: string, pii: email}
      price: decimal(12,2)
      status: string
      at: timestamp
    where: {column: status, ne: test}
traits:
  - {name: value_%[1]d, from: s%[1]d, aggregate: sum(price), where: {column: status, eq: paid}, within: 90d, default: 0}
  - {name: last_%[1]d, from: s%[1]d, aggregate: max(at)}
  - name: loyal_%[1]d
    type: bool
    sql: |
      value_%[1]d > 100 -- a lot
        AND last_%[1]d IS NOT NULL
segments:
  - name: seg_%[1]d
    where: {all: [{trait: value_%[1]d, gte: 500}, {not: {event: s%[1]d, within: 60d}}, "loyal_%[1]d"]}
`, i))
	}
	write("models/entities.yml", "entities:\n  - name: person\n    identity:\n      identifiers: [{name: email, normalize: email}]\n      links:\n"+links)
	return dir
}

func TestThousandFiles(t *testing.T) {
	dir := manyFiles(t, 1000)
	start := time.Now()
	p, problems := Load(dir, Options{Specs: testSpecs()})
	took := time.Since(start)
	if len(problems) > 0 || len(p.Traits) != 3001 {
		t.Fatalf("%d traits, %v", len(p.Traits), problems[:min(len(problems), 3)])
	}
	t.Log(took)
	// The promise is a second (BenchmarkLoad: 0.36 s); a busy machine with the race detector gets more.
	if took > 30*time.Second {
		t.Errorf("1,000 files take %s", took)
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{250, 1000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			dir := manyFiles(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := Load(dir, Options{Specs: testSpecs()}); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}
