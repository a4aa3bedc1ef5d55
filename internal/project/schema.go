package project

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Schema is the JSON Schema (draft 2020-12) of kith.yml and of the files under
// models/ and syncs/, for editors: a file with the key version is checked as
// kith.yml. It is made from the rows that the decoder uses; what is not in this
// version yet is not in it. The text is the same for the same specs.
func Schema(specs map[string]cdp.DestinationSpec) []byte { return schemaOf(specs, notYet()) }

func schemaOf(specs map[string]cdp.DestinationSpec, held map[feature]bool) []byte {
	g := newGrammar(specs)
	s := schemer{defs: map[string]any{}, names: map[*block]string{}, held: held}
	root := map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "kith",
		"description": "A project of kith: kith.yml, and files under models/ and syncs/.",
		"type":        "object",
		"if":          map[string]any{"required": []string{"version"}},
		"then":        s.block(g.kith),
		"else":        s.block(g.models),
		"$defs":       s.defs,
	}
	s.defs["later"] = map[string]any{
		"description": "Read when the project is loaded, or when a connection is opened.",
		"type":        "string", "pattern": `\{\{|\$\{`,
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(fmt.Sprintf("schema: %v", err)) // maps of strings always encode
	}
	return b.Bytes()
}

type schemer struct {
	defs  map[string]any
	names map[*block]string
	held  map[feature]bool
}

// slug names a block in $defs and in links.
func slug(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "a "), "an ")
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '.' {
			return '-'
		}
		return r
	}, name)
}

// block is a reference to the schema of a block.
func (s *schemer) block(b *block) map[string]any {
	if name, ok := s.names[b]; ok {
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	name := slug(b.name)
	for i := 2; s.defs[name] != nil; i++ {
		name = fmt.Sprintf("%s-%d", slug(b.name), i)
	}
	s.names[b] = name
	def := map[string]any{"type": "object", "description": b.doc, "additionalProperties": false}
	s.defs[name] = def
	properties, required := map[string]any{}, []string{}
	for _, f := range b.fields {
		if s.held[f.later] {
			continue
		}
		properties[f.name] = s.field(f)
		if f.required {
			required = append(required, f.name)
		}
	}
	def["properties"] = properties
	if len(required) > 0 {
		def["required"] = required
	}
	if keys := append(slices.Clone(b.exact), b.oneOf...); len(keys) > 0 {
		var each []any
		for _, k := range keys {
			if f := b.find(k); f != nil && !s.held[f.later] {
				each = append(each, map[string]any{"required": []string{k}})
			}
		}
		def["oneOf"] = each
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (s *schemer) field(f field) map[string]any {
	out := maps.Clone(s.shape(f.shape))
	out["description"] = f.doc
	if f.def != "" {
		out["description"] = f.doc + " Default: " + f.def + "."
	}
	return out
}

// shape is anyOf where YAML tells several forms apart.
func (s *schemer) shape(sh shape) map[string]any {
	var forms []any
	if sh.scalar != nil {
		forms = append(forms, scalarSchema(sh.scalar))
	}
	if sh.list != nil {
		array := map[string]any{"type": "array"}
		switch {
		case sh.list.raw:
			array["items"] = map[string]any{"type": "object"}
		case sh.list.list == sh.list: // a condition
			array["items"], array["minItems"] = s.condition(*sh.list), 1
		default:
			array["items"] = s.shape(*sh.list)
		}
		forms = append(forms, array)
	}
	if sh.block != nil {
		forms = append(forms, s.block(sh.block))
	}
	if sh.dict != nil {
		forms = append(forms, map[string]any{"type": "object", "propertyNames": scalarSchema(sh.dict.key), "additionalProperties": s.shape(sh.dict.value)})
	}
	if sh.variants != nil {
		forms = append(forms, s.variants(sh.variants))
	}
	switch len(forms) {
	case 0:
		return map[string]any{}
	case 1:
		if m, ok := forms[0].(map[string]any); ok {
			return m
		}
	}
	return map[string]any{"anyOf": forms}
}

// condition holds lists of itself.
func (s *schemer) condition(sh shape) map[string]any {
	const name = "where"
	if s.defs[name] == nil {
		s.defs[name] = map[string]any{} // while it is being made
		s.defs[name] = map[string]any{"anyOf": []any{
			scalarSchema(sh.scalar), s.block(sh.block),
			map[string]any{"type": "array", "items": map[string]any{"$ref": "#/$defs/" + name}, "minItems": 1},
		}}
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (s *schemer) variants(vs *variants) map[string]any {
	var each []any
	for _, t := range vs.types {
		each = append(each, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"type": map[string]any{"const": t}}},
			"then": s.block(vs.blocks[t]),
		})
	}
	out := map[string]any{"type": "object", "required": []string{"type"}, "properties": map[string]any{"type": map[string]any{"enum": vs.types}}}
	if each != nil {
		out["allOf"] = each
	}
	return out
}

// scalarSchema: YAML reads 90 as a number and true as a boolean, whatever kith reads.
func scalarSchema(k *scalar) map[string]any {
	types := append([]string{"string"}, k.json...)
	out := map[string]any{"type": types}
	if len(types) == 1 {
		out["type"] = "string"
	}
	switch {
	case k.values != nil:
		var values []any
		for _, v := range k.values {
			values = append(values, v)
			var typed any
			if len(k.json) > 0 && json.Unmarshal([]byte(v), &typed) == nil {
				values = append(values, typed)
			}
		}
		out["enum"] = values
	case k.pattern != "":
		out["pattern"] = k.pattern
	default:
		return out
	}
	return map[string]any{"anyOf": []any{out, map[string]any{"$ref": "#/$defs/later"}}}
}
