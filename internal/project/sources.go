package project

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// resolveSources fills in every source. Nothing in a source needs another noun,
// except its query: see resolveQueries.
func (l *loader) resolveSources() {
	for _, d := range l.sources.enabled() {
		l.resolveSource(d.noun, d.v)
		l.p.Sources = append(l.p.Sources, d.noun)
	}
}

func (l *loader) resolveSource(s *cdp.Source, v *value) {
	s.Table = table(v.str("table"))
	if q := v.get("query"); q != nil {
		s.Query = l.query(q)
	}
	l.columns(s, v)
	for _, k := range v.get("key").each() {
		if slices.Contains(s.Key, k.text.s) {
			l.at(k.node, "", "the column %s is in the key twice", k.text.s)
			continue
		}
		if c := l.column(s, k); c != nil {
			if c.Type.Is(cdp.JSON, cdp.List) {
				l.at(k.node, "", "a key cannot be of type %s", c.Type)
			}
			s.Key = append(s.Key, c.Name)
		}
	}
	s.Timestamp = l.timeColumn(s, v.get("timestamp"))
	s.LoadedAt = l.timeColumn(s, v.get("loaded_at"))
	s.Stamped = s.LoadedAt != ""
	if s.LoadedAt == "" && !v.has("loaded_at") {
		s.LoadedAt = s.Timestamp
	}
	s.Dedupe = v.str("dedupe") == "true"
	if s.Dedupe {
		l.needs(v, "dedupe", "key", "the columns that name a row")
		if !v.has("loaded_at") {
			l.needs(v, "dedupe", "timestamp", "or loaded_at, to know which row is the newest")
		}
	}
	if b := v.get("lookback"); b != nil {
		s.Lookback, _, _ = duration(b.text.s)
		if !v.has("loaded_at") {
			l.needs(v, "lookback", "timestamp", "or loaded_at, to know which rows are new")
		}
	}
	l.freshness(s, v)
	s.Where = l.condition(v.get("where"), scope{source: s, owner: s})
}

// needs reports a key that makes no sense without another one.
func (l *loader) needs(v *value, key, other, why string) {
	if e := v.entry(key); e != nil && !v.has(other) {
		l.at(e.key, fmt.Sprintf("add %s: %s", other, why), "%q needs %q", key, other)
	}
}

func table(s string) *cdp.Table {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return nil
	}
	return &cdp.Table{Schema: s[:i], Name: s[i+1:]}
}

// columns reads the declared columns.
func (l *loader) columns(s *cdp.Source, v *value) {
	cols := v.get("columns")
	if cols == nil {
		l.open[s] = true
		return
	}
	l.open[s] = cols.short
	if len(cols.keys) == 0 && !cols.short {
		l.at(cols.node, "declare those that you use", "source %s has no columns", s.Name)
	}
	for _, e := range cols.keys {
		c := &cdp.SourceColumn{Name: e.name, Pos: e.key.pos()}
		s.Columns = append(s.Columns, c)
		switch {
		case e.value == nil:
		case e.value.is(yaml.ScalarNode):
			c.Type, _, _ = typeOf(e.value.text.s)
		default:
			l.columnBlock(c, e.value)
		}
	}
	for _, e := range cols.keys {
		if e.value != nil && e.value.get("json") != nil {
			l.jsonColumn(s, e.value.get("json"))
		}
	}
}

func (l *loader) columnBlock(c *cdp.SourceColumn, v *value) {
	if t := v.get("type"); t != nil {
		c.Type, _, _ = typeOf(t.text.s)
	}
	c.PII = v.str("pii")
	c.JSON = v.str("json")
	c.SQL = l.sql(v.get("sql"))
	if v.has("json") && v.has("sql") {
		l.at(v.entry("sql").key, "keep one of them", "a column has json or sql, not both").Note(v.entry("json").key.pos(), "the other one")
	}
	for _, t := range v.get("tests").each() {
		if t.is(yaml.ScalarNode) {
			c.Tests = append(c.Tests, cdp.ColumnTest{Kind: t.text.s})
			continue
		}
		test := cdp.ColumnTest{Kind: "accepted_values"}
		for _, x := range t.get("accepted_values").each() {
			if val, ok := l.literalOf(x, c.Type); ok {
				test.Values = append(test.Values, val.Text)
			}
		}
		if t.get("accepted_values") != nil && len(t.get("accepted_values").node.Content) == 0 {
			l.at(t.node, "", "accepted_values is empty: no row could pass")
		}
		c.Tests = append(c.Tests, test)
	}
}

// jsonColumn: the root of a path is a declared json column.
func (l *loader) jsonColumn(s *cdp.Source, path *value) {
	root, _, _ := strings.Cut(path.text.s, ".")
	c := s.Column(root)
	switch {
	case c == nil:
		l.at(path.node, maybe(near(root, columnNames(s), ""), "add "+root+": json to the columns"), "source %s has no column %q to read the path from", s.Name, root)
	case c.Type.Kind != cdp.JSON && c.Type.Kind != "":
		l.at(path.node, "", "a path begins with a json column, and %s is %s", root, c.Type).Note(c.Pos, "declared here")
	}
}

func maybe(help, otherwise string) string {
	if help == "" {
		return otherwise
	}
	return help
}

func jsonPath(s string) (problem, help string) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || slices.Contains(parts, "") {
		return fmt.Sprintf("%q is no path", s), "write column.key, such as properties.price"
	}
	return "", ""
}

func columnNames(s *cdp.Source) []string {
	names := make([]string, 0, len(s.Columns))
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	return names
}

// column looks up a declared column of a source.
func (l *loader) column(s *cdp.Source, v *value) *cdp.SourceColumn {
	if s == nil || v == nil {
		return nil
	}
	return l.columnNamed(s, v, v.text.s)
}

func (l *loader) columnNamed(s *cdp.Source, v *value, name string) *cdp.SourceColumn {
	c := s.Column(name)
	if c == nil && !l.open[s] {
		l.at(v.node, maybe(near(name, columnNames(s), "the columns are"), "add it to the columns of the source"), "source %s has no column %q", s.Name, name).
			Note(s.Pos, "source %s", s.Name)
	}
	return c
}

// timeColumn is a column that holds a time.
func (l *loader) timeColumn(s *cdp.Source, v *value) string {
	c := l.column(s, v)
	if c == nil {
		return ""
	}
	if !c.Type.Temporal() && c.Type.Kind != "" {
		l.at(v.node, "declare it as timestamp", "the column %s is %s, not a timestamp or date", c.Name, c.Type).Note(c.Pos, "declared here")
		return ""
	}
	return c.Name
}

func (l *loader) freshness(s *cdp.Source, v *value) {
	f := v.get("freshness")
	if f == nil {
		return
	}
	s.Freshness = &cdp.Freshness{}
	s.Freshness.Warn, _, _ = duration(orDay(f.str("warn")))
	s.Freshness.Error, _, _ = duration(orDay(f.str("error")))
	if f.get("warn") == nil {
		s.Freshness.Warn = 0
	}
	if f.get("error") == nil {
		s.Freshness.Error = 0
	}
	switch {
	case !f.has("warn") && !f.has("error"):
		l.at(f.node, "add warn or error", "freshness without a limit")
	case s.Freshness.Warn > 0 && s.Freshness.Error > 0 && s.Freshness.Warn >= s.Freshness.Error:
		l.at(f.get("warn").node, "warn comes first", "warn is not shorter than error")
	}
	if !v.has("loaded_at") {
		l.needs(v, "freshness", "timestamp", "or loaded_at, to know how old a row is")
	}
}

func orDay(s string) string {
	if s == "" {
		return "1d"
	}
	return s
}

// resolveQueries resolves what queries read: other sources, segments and identities.
func (l *loader) resolveQueries() {
	for _, d := range l.sources.enabled() {
		q := d.v.get("query")
		if q == nil {
			continue
		}
		texts := map[string]*text{"": &q.text}
		if q.is(yaml.MappingNode) {
			texts = map[string]*text{}
			for i := range q.keys {
				if e := &q.keys[i]; e.value != nil {
					texts[e.name] = &e.value.text
				}
			}
		}
		for dialect, t := range texts {
			st := d.noun.Query.Texts[dialect]
			tokens, _ := lex(t.s, maybe(dialect, l.dialect)) // what is wrong with it has been said
			for _, r := range slices.Backward(t.refs) {      // what is before one keeps its place
				if !l.stands(t, r, tokens) {
					st.Text = st.Text[:r.off] + r.kind + st.Text[r.off+len(r.placeholder):]
				} else if x, ok := l.queryRef(d.noun, t, r); ok {
					st.Refs = append(st.Refs, x)
				}
			}
			slices.Reverse(st.Refs)
			d.noun.Query.Texts[dialect] = st
		}
	}
}

// stands reports whether a reference is a name in the SQL. One in a comment is none: of
// the lines that it would become the comment swallows the first only.
func (l *loader) stands(t *text, r ref, tokens []token) bool {
	i := slices.IndexFunc(tokens, func(tok token) bool { return tok.off <= r.off && r.off < tok.end })
	if i < 0 {
		return false
	}
	if tok := tokens[i]; tok.kind != quotedToken && tok.s != r.placeholder { // a name of kith's own in quotes has been refused
		l.in(t, r.off, r.width, "let it stand by itself, as the name of a table does", "{{ %s('%s') }} inside of a text or a name", r.kind, r.name)
	}
	return true
}

func (l *loader) queryRef(s *cdp.Source, t *text, r ref) (cdp.SQLRef, bool) {
	x := cdp.SQLRef{Placeholder: r.placeholder, Pos: t.pos(r.off)}
	at := &value{node: t.node, text: text{s: r.name, node: t.node}}
	fail := func(what string, names []string, open bool, disabled bool) {
		if disabled {
			l.in(t, r.off, r.width, "", "%s %s is disabled", what, r.name)
		} else if !open && !l.partial {
			l.in(t, r.off, r.width, near(r.name, names, "there are"), "unknown %s %q", what, at.text.s)
		}
	}
	switch r.kind {
	case "source":
		d := l.sources.by[r.name]
		if d == nil || d.item.Disabled {
			fail("source", l.sources.list, l.sources.open, d != nil)
			return x, false
		}
		x.Source = d.noun
		l.reads(s, d.noun, x.Pos)
	case "ref":
		d := l.segments.by[r.name]
		if d == nil || d.item.Disabled {
			fail("segment", l.segments.list, l.segments.open, d != nil)
			return x, false
		}
		x.Segment = d.noun
		l.reads(s, d.noun, x.Pos)
	default:
		d := l.entities.by[r.name]
		if d == nil || d.item.Disabled {
			fail("entity", l.entities.list, l.entities.open, d != nil)
			return x, false
		}
		x.Identity = d.noun
		l.reads(s, d.noun, x.Pos)
	}
	return x, true
}
