package project

import "github.com/kithdata/kith/internal/cdp"

// The language is a table: blocks of fields, each with a shape. The decoder, the
// JSON Schema and the reference are made from it; see spec_*.go for the rows.

// block is a mapping whose keys are ours.
type block struct {
	name   string // in messages: "an identifier", and as a heading
	doc    string
	fields []field
	exact  []string // exactly one of these keys
	oneOf  []string // the same, where the noun's own code says so in better words
}

// field is a key of a block.
type field struct {
	name     string
	shape    shape
	required bool
	doc      string  // one sentence
	def      string  // what holds when the key is absent, in words or as it would be written
	later    feature // when it is not in this version yet, why
	secret   bool    // no diagnostic shows its value
}

// shape says what a value may look like. One of the members is set, or several
// that YAML tells apart: a single value, a list, a mapping.
type shape struct {
	scalar   *scalar
	list     *shape // of the items
	block    *block
	dict     *dict
	variants *variants
	any      bool // reserved: well-formed is enough
	raw      bool // decoded by whoever knows more, see loader.overlay
}

// variants are blocks that the key `type` tells apart.
type variants struct {
	name   string // "a destination"
	types  []string
	blocks map[string]*block
}

// dict is a mapping whose keys are the user's.
type dict struct {
	key   *scalar
	value shape
}

// scalar is a kind of single value. Its text is never YAML's guess.
type scalar struct {
	name   string   // as in the reference: "duration"
	is     string   // in messages: "a duration such as 90d"
	values []string // the only texts allowed
	check  func(s string) (problem, help string)

	pattern string   // of the JSON Schema, "" for none
	json    []string // its types beside string: number, boolean
	env     bool     // may hold ${X}
	query   bool     // may hold {{ source('x') }}
	null    bool     // may be left out: a null of the data
}

func one(s *scalar) shape                { return shape{scalar: s} }
func many(of shape) shape                { return shape{list: &of} }
func mapping(b *block) shape             { return shape{block: b} }
func dictOf(key *scalar, of shape) shape { return shape{dict: &dict{key, of}} }

func oneOrMany(s *scalar) shape {
	of := one(s)
	return shape{scalar: s, list: &of}
}

// or joins two shapes that YAML tells apart.
func (s shape) or(more shape) shape {
	if more.scalar != nil {
		s.scalar = more.scalar
	}
	if more.list != nil {
		s.list = more.list
	}
	if more.block != nil {
		s.block = more.block
	}
	if more.dict != nil {
		s.dict = more.dict
	}
	return s
}

// and adds rows to a block.
func (b *block) and(more ...field) *block {
	c := *b
	c.fields = append(c.fields[:len(c.fields):len(c.fields)], more...)
	return &c
}

// find is the field of a name, or nil.
func (b *block) find(name string) *field {
	for i := range b.fields {
		if b.fields[i].name == name {
			return &b.fields[i]
		}
	}
	return nil
}

func (b *block) names() []string {
	names := make([]string, 0, len(b.fields))
	for _, f := range b.fields {
		names = append(names, f.name)
	}
	return names
}

// item is what every declared thing takes.
func item(name, doc string, fields ...field) *block {
	b := &block{name: name, doc: doc, fields: []field{
		{name: "name", shape: one(nameKind), required: true, doc: "Its name, unique among its kind."},
		{name: "description", shape: one(textKind), doc: "What it is, for people."},
		{name: "tags", shape: oneOrMany(textKind), doc: "Words to select it by, as in `--select tag:x`."},
		{name: "owner", shape: one(textKind), doc: "Who answers for it."},
		{name: "enabled", shape: one(boolKind), def: "true", doc: "Whether it takes part; another may not use what is disabled."},
	}}
	return b.and(fields...)
}

// optionShape is the shape of an option that a destination declares.
func optionShape(o cdp.Option) shape {
	kind := func(s scalar) *scalar { s.env = true; return &s }
	switch o.Kind {
	case cdp.OptInt:
		return one(kind(*intKind))
	case cdp.OptBool:
		return one(kind(*boolKind))
	case cdp.OptEnum:
		return one(kind(*enum(o.Values...)))
	case cdp.OptURL:
		return one(kind(*urlKind))
	case cdp.OptDuration:
		return one(kind(*goDurationKind))
	case cdp.OptBytes:
		return one(kind(*bytesKind))
	case cdp.OptStrings:
		return oneOrMany(kind(*textKind))
	case cdp.OptMap:
		return dictOf(textKind, one(kind(*textKind)))
	}
	return one(kind(*textKind))
}
