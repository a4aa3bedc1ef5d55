package project

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

func compiled(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("kith.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("kith.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a file as an editor sees it: YAML's own types.
func asJSON(t *testing.T, y *yaml.Node) any {
	t.Helper()
	switch y.Kind {
	case yaml.AliasNode:
		return asJSON(t, y.Alias)
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(y.Content); i += 2 {
			m[y.Content[i].Value] = asJSON(t, y.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range y.Content {
			list = append(list, asJSON(t, c))
		}
		return list
	}
	switch y.Tag {
	case "!!int", "!!float":
		if _, err := strconv.ParseFloat(y.Value, 64); err == nil {
			return json.Number(y.Value)
		}
	case "!!bool":
		return y.Value == "true"
	case "!!null":
		return nil
	}
	return y.Value
}

func valid(t *testing.T, s *jsonschema.Schema, path string) error {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	top, err := parseYAML(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(asJSON(t, top))
}

func TestSchemaAcceptsTheReferenceProject(t *testing.T) {
	s := compiled(t, Schema(testSpecs()))
	for _, pattern := range []string{"testdata/shop/*.yml", "testdata/shop/*/*.yml", "testdata/texts/*.yml", "testdata/texts/*/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range files {
			if err := valid(t, s, path); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// TestSchemaKnowsWhatIsReserved: unit tests are in the schema when they are enabled.
func TestSchemaKnowsWhatIsReserved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yml")
	src := `relations: [{name: r, entity: a, to: b, from: c}]
unit_tests:
  - {name: a, now: 2026-11-01T12:00:00Z, given: {orders: [{id: 1, at: null, tags: [a]}]}, expect: [{entity: person, rows: [{email: x}]}]}
segments:
  - {name: s, where: {relation: r, where: {trait: x, gte: 1}}}
`
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := valid(t, compiled(t, schemaOf(testSpecs(), nil)), file); err != nil {
		t.Error(err)
	}
	if valid(t, compiled(t, Schema(testSpecs())), file) == nil {
		t.Error("the schema has what is not in this version yet")
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := compiled(t, Schema(testSpecs()))
	for name, src := range map[string]string{
		"unknown key":         "sources: [{name: a, table: x.y, columns: {a: int}, wher: x}]",
		"missing key":         "sources: [{name: a, table: x.y}]",
		"two of one":          "sources: [{name: a, table: x.y, query: SELECT 1, columns: {a: int}}]",
		"a bad name":          "sources: [{name: Ab, table: x.y, columns: {a: int}}]",
		"a bad enum":          "entities: [{name: a, identity: {identifiers: [{name: e, normalize: mail}], links: []}}]",
		"no subject":          "segments: [{name: s, where: {gte: 1}}]",
		"two subjects":        "segments: [{name: s, where: {trait: a, segment: b}}]",
		"empty list":          "segments: [{name: s, where: []}]",
		"a duration":          "sources: [{name: a, table: x.y, columns: {a: int}, lookback: 3}]",
		"a destination's key": "{version: 1, name: t, targets: {a: {type: clickhouse, embedded: {}}}, destinations: [{name: a, type: file, dir: x, tier: pro}]}",
		"no such destination": "{version: 1, name: t, targets: {a: {type: clickhouse, embedded: {}}}, destinations: [{name: a, type: ftp}]}",
		"both":                "{version: 1, name: t, targets: {a: {type: clickhouse, embedded: {}, addr: x}}}",
	} {
		top, err := parseYAML(src)
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(asJSON(t, top)) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestReference(t *testing.T) {
	golden(t, "testdata/reference.md", Reference(testSpecs()))
	first, schema := Reference(testSpecs()), Schema(testSpecs())
	for range 5 {
		same(t, "the reference again", first, Reference(testSpecs()))
		same(t, "the schema again", string(schema), string(Schema(testSpecs())))
	}
}
