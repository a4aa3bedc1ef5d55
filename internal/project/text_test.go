package project

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestPlaces: the place of every @ in a value is that of the @ in the file, in every
// style that YAML has.
func TestPlaces(t *testing.T) {
	for name, src := range map[string]string{
		"plain":            "a: x @b @\n",
		"plain, folded":    "a: x @b\n  y @\n\n  @z\n",
		"wide":             "a: \"é日 @ 𝄞 @\"\n",
		"single":           "a: 'it''s @ ''@'''\n",
		"single, folded":   "a: 'it''s @\n   and @\n\n\n   @ more'\n",
		"double":           "a: \"\\t@ \\x41@ \\u00e9 @ \\\"@\\\" \\n @\"\n",
		"double, folded":   "a: \"one @\n  two @ \\\n   three @\n\n   four @\"\n",
		"literal":          "a: |\n  one @\n\n    two @\n  @ three\n",
		"literal, keep":    "a: |+\n  one @\n\n  @\n\n",
		"literal, strip":   "a: |-\n\n  one @\n  @",
		"literal, indent":  "a: |2\n    one @\n  @ two\n",
		"literal, in list": "- |\n  one @\n- x\n",
		"folded":           "a: >\n  one @\n  two @\n\n  three @\n    more @\n  @ last\n",
		"folded, strip":    "a: >-\n\n  one @\n\n\n  two @",
		"anchor":           "a: &x \"@ b\"\n",
		"tag":              "a: !!str 'x @'\n",
		"anchor, literal":  "a: &x |\n  one @\n",
		"windows":          "a: |\r\n  one @\r\n  two @\r\nb: c\r\n",
		"key":              "\"x @ y\": 1\n",
		"flow":             "{a: {b: [x @ y, 'z @']}}\n",
		"comment":          "a: # what\n  x @\n",
	} {
		t.Run(name, func(t *testing.T) {
			top, err := parseYAML(src)
			if err != nil {
				t.Fatal(err)
			}
			f := newFile("a.yml", src)
			found := 0
			scalars(top, func(y *yaml.Node) {
				v := text{s: y.Value, node: node{Node: y, file: f}}
				for i := range len(v.s) {
					if v.s[i] != '@' {
						continue
					}
					found++
					pos := v.pos(i)
					if off := f.offset(pos.Line, pos.Col); off >= len(src) || src[off] != '@' {
						t.Errorf("%q: the @ at %d is not at %s", v.s, i, pos)
					}
				}
			})
			if want := strings.Count(src, "@"); found != want {
				t.Errorf("%d of %d", found, want)
			}
		})
	}
}

func scalars(y *yaml.Node, visit func(*yaml.Node)) {
	if y.Kind == yaml.ScalarNode {
		visit(y)
	}
	for _, c := range y.Content {
		scalars(c, visit)
	}
}

// TestPlacesBehindVars: what stands behind a {{ ... }} keeps its place.
func TestPlacesBehindVars(t *testing.T) {
	_, problems := loadText(t, map[string]string{
		"kith.yml": "version: 1\nname: t\ntargets: {a: {type: clickhouse, embedded: {}}}\nvars: {long: 'a > 1 and b > 2 and c > 3', lines: \"x\\ny\"}\n",
		"models/a.yml": `sources:
  - name: s
    table: x.y
    columns: {a: int}
    where:
      all:
        - "{{ var('long') }} and {{ var('lines') }}]"
        - sql: |
            {{ var('lines') }}
            ]
`,
	}, Options{})
	var places []string
	for _, p := range problems {
		places = append(places, p.Pos.String())
	}
	same(t, "places", []string{"models/a.yml:7:52", "models/a.yml:10:13"}, places)
}
