package project

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// What holds for probable ties that are not said otherwise. They are the same for
// every project: nothing here is fitted to one set of data.
const (
	defaultLink     = .99
	defaultReview   = .9
	defaultMaxBlock = 50
	randomPairs     = 50_000 // four times as many give the same matches on every set that was tried
	maxCompare      = 16     // level vectors are packed into 64 bits
)

// compareAs is how a kind of personal data is compared, and whether a household
// shares it.
var compareAs = map[string]struct {
	as        string
	household bool
}{
	"email": {"email", false}, "phone": {"code", true}, "first_name": {"name", false}, "last_name": {"name", true}, "birthdate": {"date", false},
	"gender": {"code", false}, "street": {"text", true}, "city": {"text", true}, "region": {"text", true}, "postcode": {"code", true}, "country": {"code", true},
	"ip": {"code", true}, "device_id": {"code", true}, "external_id": {"code", false},
}

var (
	compareKinds = []string{"name", "text", "date", "code", "email"}
	blockWays    = []string{"exact", "sound", "start", "local"}
)

func (g *grammar) match() *block {
	comparison := &block{name: "a comparison", doc: "A value that two records are compared by.", fields: []field{
		{name: "name", shape: one(nameKind), required: true, doc: "Its name, as block and swap use it."},
		{name: "from", shape: oneOrMany(fromKind), required: true, doc: "source.column, at most one of each source; all sources are linked to the entity."},
		{name: "as", shape: one(enum(compareKinds...)), def: "by the column's pii", doc: "name and text: by Jaro-Winkler (BigQuery: by the share of edits); date: by its parts and typing errors; code: numbers and ids, by typing errors; email: by its local part and typing errors."},
		{name: "household", shape: one(boolKind), def: "by the column's pii", doc: "Whether others in a household have the same: surname, address, telephone. It then never ties two people alone."},
	}}
	part := &block{name: "a part of a key", doc: "A part of a blocking key.", fields: []field{
		{name: "compare", shape: one(refKind), required: true, doc: "The name of a comparison."},
		{name: "by", shape: one(enum(blockWays...)), def: "sound for names and text, else exact", doc: "exact, sound (Soundex), start (three characters) or local (of an address)."},
	}}
	return &block{name: "match", doc: "Ties between records that are only probable.", fields: []field{
		{name: "compare", shape: many(mapping(comparison)), required: true, doc: "What is compared, two at least."},
		{name: "swap", shape: many(one(refKind)), doc: "Two comparisons as: name that are often exchanged, such as [first_name, last_name]."},
		{name: "block", shape: many(many(one(refKind).or(mapping(part)))), def: "every date, code, email and pair of comparisons", doc: "Blocking keys: two records are compared when they agree on all parts of one."},
		{name: "max_block", shape: one(countKind), def: strconv.Itoa(defaultMaxBlock), doc: "A key that more records have brings none of them together."},
		{name: "link", shape: one(probabilityKind), def: "0.99", doc: "From this probability on records are tied."},
		{name: "review", shape: one(probabilityKind), def: "0.9", doc: "From this probability on a pair waits for `kith match review`."},
	}}
}

var probabilityKind = &scalar{name: "probability", is: "a probability such as 0.99", json: []string{"number"}, check: func(s string) (string, string) {
	if p, err := strconv.ParseFloat(s, 64); err != nil || p < .5 || p >= 1 {
		return strconv.Quote(s) + " is no probability to decide by", "from 0.5 to below 1, such as 0.99"
	}
	return "", ""
}}

// resolveMatch fills in how the records of an entity are compared.
func (l *loader) resolveMatch(e *cdp.Entity, v *value) {
	if v == nil {
		return
	}
	m := &cdp.Match{MaxBlock: defaultMaxBlock, Random: randomPairs, Link: defaultLink, Review: defaultReview, Pos: v.pos()}
	compare := v.get("compare")
	for _, x := range compare.each() {
		l.comparison(e, m, x)
	}
	switch n := len(m.Compare); {
	case compare == nil || compare.short || l.open[m]:
		l.open[m] = true
	case n < 2:
		l.at(compare.node, "a name alone is shared by many", "one comparison says nothing of who somebody is: there must be two")
	case n > maxCompare:
		l.at(compare.node, "leave out what says little", "%d comparisons, and there can be %d", n, maxCompare)
	}
	l.swap(m, v.get("swap"))
	for _, x := range v.get("block").each() {
		l.blockingKey(m, x)
	}
	if b := v.get("block"); b != nil && len(b.list) == 0 && !b.short {
		l.at(b.node, "leave block out for keys that follow from the comparisons", "an empty list of blocking keys compares nobody")
	}
	if x := v.get("max_block"); x != nil {
		if m.MaxBlock = number(x.text.s); m.MaxBlock < 2 || m.MaxBlock > 5000 {
			l.at(x.node, "from 2 to 5000: comparisons grow with its square", "a key of at most %d records", m.MaxBlock)
		}
	}
	for key, to := range map[string]*float64{"link": &m.Link, "review": &m.Review} {
		if x := v.get(key); x != nil {
			*to, _ = strconv.ParseFloat(x.text.s, 64)
		}
	}
	if m.Review > m.Link {
		n := v.entry("review")
		if n == nil {
			n = v.entry("link")
		}
		l.at(n.key, "what is at least review and below link waits for somebody to decide", "review is %v and link %v: nothing is between", m.Review, m.Link)
	}
	e.Match = m
}

func (l *loader) comparison(e *cdp.Entity, m *cdp.Match, v *value) {
	c := &cdp.Comparison{Name: v.str("name"), As: v.str("as"), Pos: v.nameNode().pos()}
	if v.get("name") == nil || v.get("from") == nil {
		l.open[m] = true
		return
	}
	if i := comparisonOf(m, c.Name); i >= 0 {
		l.at(v.get("name").node, "", "two comparisons are called %q", c.Name).Note(m.Compare[i].Pos, "the first one")
		return
	}
	pii := ""
	for _, x := range v.get("from").each() {
		s, col := l.sourceColumn(x)
		if s == nil || col == nil {
			l.open[m] = true
			continue
		}
		l.linked(e, s, x.node)
		if col.Type.Is(cdp.JSON, cdp.List, cdp.Bool) {
			l.at(x.node, "take a column of text, a number or a date", "%s cannot be compared: it is %s", x.text.s, col.Type).Note(col.Pos, "declared here")
		}
		if slices.ContainsFunc(c.From, func(f cdp.TraitFrom) bool { return f.Source == s }) {
			l.at(x.node, "make one column of them with sql:", "source %s is in the list twice", s.Name)
			continue
		}
		if pii == "" {
			pii = col.PII
		}
		c.From = append(c.From, cdp.TraitFrom{Source: s, Column: col.Name})
	}
	known := compareAs[pii]
	if c.As == "" {
		c.As = known.as
	}
	if c.As == "" && len(c.From) > 0 {
		l.at(v.nameNode(), "add as: "+strings.Join(compareKinds, ", "), "comparison %s does not say what it compares, and its column has no pii kind that would", c.Name)
	}
	c.Household = known.household
	if h := v.get("household"); h != nil {
		c.Household = h.text.s == "true"
	}
	m.Compare = append(m.Compare, c)
}

func comparisonOf(m *cdp.Match, name string) int {
	return slices.IndexFunc(m.Compare, func(c *cdp.Comparison) bool { return c.Name == name })
}

// compared looks up a comparison, -1 for none.
func (l *loader) compared(m *cdp.Match, n node, name string) int {
	i := comparisonOf(m, name)
	if i < 0 && !l.open[m] {
		var names []string
		for _, c := range m.Compare {
			names = append(names, c.Name)
		}
		l.at(n, near(name, names, "the comparisons are"), "nothing called %q is compared", name)
	}
	return i
}

func (l *loader) swap(m *cdp.Match, v *value) {
	if v == nil {
		return
	}
	if len(v.list) != 2 && !v.short {
		l.at(v.node, "such as [first_name, last_name]", "swap names two comparisons")
		return
	}
	for _, x := range v.list {
		i := l.compared(m, x.node, x.text.s)
		if i < 0 {
			m.Swap = nil
			return
		}
		if c := m.Compare[i]; c.As != "name" && c.As != "" {
			l.at(x.node, "only names are exchanged", "%s is compared as %s", c.Name, c.As).Note(c.Pos, "declared here")
		}
		m.Swap = append(m.Swap, i)
	}
	if len(m.Swap) == 2 && m.Swap[0] == m.Swap[1] {
		l.at(v.node, "", "%s cannot be exchanged with itself", m.Compare[m.Swap[0]].Name)
	}
}

func (l *loader) blockingKey(m *cdp.Match, v *value) {
	var b cdp.Block
	for _, x := range v.list {
		name, by := x, ""
		if !x.is(yaml.ScalarNode) {
			name, by = x.get("compare"), x.str("by")
		}
		if name == nil {
			continue
		}
		i := l.compared(m, name.node, name.text.s)
		if i < 0 {
			continue
		}
		c := m.Compare[i]
		switch {
		case by == "" && (c.As == "name" || c.As == "text"):
			by = "sound"
		case by == "":
			by = "exact"
		case by == "local" && c.As != "email":
			l.at(x.get("by").node, "only an email address has a local part", "%s is compared as %s", c.Name, c.As).Note(c.Pos, "declared here")
		}
		b = append(b, cdp.BlockPart{Compare: i, By: by})
	}
	if len(v.list) == 0 && !v.short {
		l.at(v.node, "name at least one comparison", "an empty blocking key")
	}
	if len(b) > 0 {
		m.Blocks = append(m.Blocks, b)
	}
}
