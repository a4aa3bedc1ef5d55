package compile

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Build names the tables of one build of the entities; the pointer in the ledger
// says which build is current. The zero Build is none.
type Build struct {
	ID  string
	Run string // for scratch tables
}

// Table is a table of the build: profile_person_<id>.
func (b Build) Table(kind, entity string) string { return kind + "_" + entity + "_" + b.ID }

// Profile is the table of one entity's profiles: a row per entity with every trait,
// the answer of every segment and consent, and what they are made of. All segments
// are columns of one pass.
type Profile struct {
	Entity   *cdp.Entity
	Table    string
	Segments []*cdp.Segment // of the entity, in the order of the project

	build Build
}

// maxText bounds what is added to a statement at once, and what it is added to: a
// statement has 128 KiB at most, half of what ClickHouse parses by default.
const maxText = 56 << 10

// profiler collects the columns of a profile by level: a column of a level reads
// only columns of lower ones, those of other entities included.
type profiler struct {
	c    *Compiler
	e    *cdp.Entity
	b    Build
	all  *profilers
	aggs [][]*aggregation // by level
	cols [][]profileColumn

	levels   map[any]int
	measures map[*cdp.Predicate]string
	named    map[string]string // text of an aggregate -> its column
	out      Profile

	reaches []*cdp.Relation // relations that its columns go through
	cur     string          // SELECT of the profile so far
	stage   int             // stored stages
}

// profileColumn is a column made from columns that are there.
type profileColumn struct {
	name string
	expr string
	item cdp.Item
	kind string // trait, segment
}

// aggregation is one pass over one source's rows by entity.
type aggregation struct {
	source  *cdp.Source
	link    *cdp.Link
	filter  string // of all its columns, "" for none
	rows    string // SELECT of __kith_entity and more; "" to make it from source or through
	through *cdp.Relation
	after   int  // level of the profile that its rows are joined with, -1 for none
	single  bool // one row per entity: expressions, not aggregates
	columns map[string]bool
	all     bool // SQL may read any column
	list    []aggColumn
}

// aggColumn is an aggregate, and what becomes of it when an entity has no rows.
type aggColumn struct {
	name string
	expr string
	none func(column string) string // expression over the joined column; nil keeps it
	item cdp.Item
}

// plan adds what the project says of the entity.
func (p *profiler) plan() {
	for _, t := range p.c.p.Traits {
		if t.Entity == p.e {
			p.trait(t)
		}
	}
	for _, x := range p.c.p.Consents {
		if x.Entity == p.e {
			p.consent(x)
		}
	}
	for _, s := range p.c.p.Segments {
		if s.Entity == p.e {
			p.segment(s)
			p.out.Segments = append(p.out.Segments, s)
		}
	}
	for _, s := range p.c.p.Syncs {
		if s.Entity == p.e {
			p.syncNeeds(s)
		}
	}
}

// syncNeeds adds what a sync's own condition measures, and its fields through
// relations.
func (p *profiler) syncNeeds(s *cdp.Sync) {
	if s.Where != nil && s.Source == nil {
		p.needs(s.Where)
	}
	fields := s.Fields
	if s.Key != nil {
		fields = append([]*cdp.SyncField{s.Key}, fields...)
	}
	for _, f := range fields {
		if f.Kind == cdp.FieldRelation {
			p.relatedField(f)
		}
	}
}

// scope of expressions over the profile's own columns.
func (p *profiler) scope() scope {
	return scope{
		trait:    func(t *cdp.Trait) string { return p.c.d.Ident(t.Name) },
		segment:  func(s *cdp.Segment) string { return p.c.d.Ident(segmentColumn(s)) },
		measured: func(q *cdp.Predicate) string { return p.c.d.Ident(p.measures[q]) },
	}
}

func segmentColumn(s *cdp.Segment) string { return "__kith_segment_" + s.Name }
func allColumn(i *cdp.Identifier) string  { return "__kith_all_" + i.Name }
func consentColumn(x *cdp.Consent) string { return "__kith_consent_" + x.Name }
func valuesColumn(x *cdp.Consent) string  { return "__kith_granted_" + x.Name }

// add puts a column at a level.
func (p *profiler) add(level int, col profileColumn) {
	for len(p.cols) <= level {
		p.cols = append(p.cols, nil)
	}
	p.cols[level] = append(p.cols[level], col)
}

// over finds or makes the pass over a source at a level.
func (p *profiler) over(s *cdp.Source, level int, filter string) *aggregation {
	for len(p.aggs) <= level {
		p.aggs = append(p.aggs, nil)
	}
	for _, a := range p.aggs[level] {
		if a.source == s && a.filter == filter && a.rows == "" && a.text() < maxText {
			return a
		}
	}
	a := &aggregation{source: s, link: p.e.LinkTo(s), filter: filter, after: level - 1, columns: map[string]bool{}}
	p.aggs[level] = append(p.aggs[level], a)
	return a
}

// rowsOf adds a pass over rows that are written out.
func (p *profiler) rowsOf(rows string) *aggregation {
	for len(p.aggs) < 1 {
		p.aggs = append(p.aggs, nil)
	}
	a := &aggregation{rows: rows, after: -1, columns: map[string]bool{}}
	p.aggs[0] = append(p.aggs[0], a)
	return a
}

func (a *aggregation) text() int {
	n := 0
	for _, c := range a.list {
		n += len(c.expr)
		if c.none != nil {
			n += len(c.none(""))
		}
	}
	return n
}

// put adds an aggregate under a name, or under a name of its own.
func (a *aggregation) put(c aggColumn) { a.list = append(a.list, c) }

// level writes one level. What can be one SELECT is one; a level whose rows need
// the profile so far, or whose text is long, begins on a stored stage.
func (p *profiler) level(n int) {
	if n < len(p.aggs) && len(p.aggs[n]) > 0 {
		if slices.ContainsFunc(p.aggs[n], func(a *aggregation) bool { return a.after >= 0 }) {
			p.store()
		}
		for _, group := range packed(p.aggs[n]) {
			if len(p.cur) > maxText {
				p.store()
			}
			p.cur = p.joined(p.cur, group)
		}
	}
	if n < len(p.cols) {
		for _, group := range packedColumns(p.cols[n]) {
			if len(p.cur) > maxText {
				p.store()
			}
			list := make([]string, len(group))
			for i, col := range group {
				list[i] = col.expr + " AS " + p.c.d.Ident(col.name)
			}
			p.cur = "SELECT __kith_p.*, " + strings.Join(list, ",\n  ") + "\nFROM (\n" + p.cur + "\n) AS __kith_p"
		}
	}
}

// store writes the profile so far into a table and goes on from there.
func (p *profiler) store() string {
	name := fmt.Sprintf("scratch_%s_%s_profile_%d", p.b.Run, p.e.Name, p.stage)
	p.stage++
	p.statement(fmt.Sprintf("profile %s %d", p.e.Name, p.stage), "profile_stage", map[string]any{"Name": name, "Select": p.cur})
	p.all.scratch(name)
	p.cur = "SELECT * FROM " + p.c.d.Table(p.c.State(name))
	return name
}

func (p *profiler) statement(name, tmpl string, data map[string]any) {
	p.all.add(p.c.statement(name, "entity "+p.e.Name, p.e.Pos, tmpl, data))
}

// packed cuts passes into groups that fit one statement.
func packed(list []*aggregation) (out [][]*aggregation) {
	size := 0
	for _, a := range list {
		if n := a.text(); len(out) == 0 || size+n > maxText {
			out, size = append(out, nil), 0
		}
		size += a.text()
		out[len(out)-1] = append(out[len(out)-1], a)
	}
	return out
}

func packedColumns(list []profileColumn) (out [][]profileColumn) {
	size := 0
	for _, c := range list {
		if len(out) == 0 || size+len(c.expr) > maxText {
			out, size = append(out, nil), 0
		}
		size += len(c.expr)
		out[len(out)-1] = append(out[len(out)-1], c)
	}
	return out
}

// joined adds the columns of passes to the profile so far.
func (p *profiler) joined(cur string, passes []*aggregation) string {
	var list, joins []string
	for i, a := range passes {
		alias := fmt.Sprintf("__kith_a%d", i)
		for j, col := range a.list {
			x := alias + "." + passColumn(j)
			if col.none != nil {
				x = col.none(x)
			}
			list = append(list, x+" AS "+p.c.d.Ident(col.name))
		}
		joins = append(joins, "LEFT JOIN (\n"+p.pass(a, cur)+"\n) AS "+alias+" ON __kith_p.entity_id = "+alias+".__kith_entity")
	}
	if len(list) == 0 {
		return cur
	}
	return "SELECT __kith_p.*, " + strings.Join(list, ",\n  ") + "\nFROM (\n" + cur + "\n) AS __kith_p\n" + strings.Join(joins, "\n")
}

// passColumn is what a column is called in its pass. Its own name could be that of a
// column of the rows, which ClickHouse would then read as the column of the pass.
func passColumn(i int) string { return fmt.Sprintf("__kith_c%d", i) }

// pass is the SELECT of one aggregation.
func (p *profiler) pass(a *aggregation, cur string) string {
	list := make([]string, len(a.list))
	for i, col := range a.list {
		list[i] = col.expr + " AS " + passColumn(i)
	}
	rows := a.rows
	switch {
	case rows != "":
	case a.through != nil:
		rows = p.relatedRows(a.through)
	default:
		rows = p.rows(a, cur)
	}
	where := ""
	if a.filter != "" {
		where = "\nWHERE " + a.filter
	}
	if a.single {
		return "SELECT __kith_entity, " + strings.Join(list, ",\n  ") + "\nFROM " + rows + where
	}
	return "SELECT __kith_entity, " + strings.Join(list, ",\n  ") + "\nFROM " + rows + where + "\nGROUP BY __kith_entity"
}

// rows are a source's rows with their entity, and with the profile so far where an
// aggregate begins at a trait.
func (p *profiler) rows(a *aggregation, cur string) string {
	var columns []string
	if !a.all {
		for name := range a.columns {
			columns = append(columns, name)
		}
		sort.Strings(columns)
		columns = append(columns, p.c.OwnerColumns(a.link)...)
	}
	from := p.c.owned(p.b, p.e, a.link, seen(columns...))
	if a.after >= 0 {
		from += "\nJOIN (SELECT entity_id AS __kith_id, * FROM (" + cur + ")) AS __kith_b ON __kith_m.__kith_entity = __kith_b.__kith_id"
	}
	return from
}

// owned is FROM text: the rows of a link's source as __kith_s, joined with
// __kith_entity.
func (c *Compiler) owned(b Build, e *cdp.Entity, l *cdp.Link, columns []string) string {
	return c.ownedBy("JOIN", b, e, l, columns)
}

func (c *Compiler) ownedBy(join string, b Build, e *cdp.Entity, l *cdp.Link, columns []string) string {
	where := ""
	if l.Where != nil {
		where = c.predicate(l.Where, c.sourceScope(l.Source))
	}
	return c.render("owned_rows", map[string]any{
		"Rows": c.source(l.Source, columns...), "Where": where, "Owner": c.OwnerIn(b, e, l), "Map": b.mapTable(e), "Join": join,
	})
}

// mapTable is the table of a build that leads from identifiers to entities.
func (b Build) mapTable(e *cdp.Entity) string { return "identity_" + e.Name + "_map_" + b.ID }

// seen lists the columns of names without repeats.
func seen(names ...string) []string {
	var out []string
	for _, n := range names {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
