package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// activation is a sync that knows entities: of an entity or segment, or of a source
// whose rows are joined with the profile.
type activation struct {
	c       *Compiler
	s       *cdp.Sync
	spec    cdp.DestinationSpec
	b       Build
	profile []profileRead // of a source's sync
}

// profileRead is a column of the profile that a source's sync reads.
type profileRead struct {
	name string
	typ  cdp.Type
}

func (c *Compiler) desiredFromEntity(s *cdp.Sync, spec cdp.DestinationSpec, remote cdp.RemoteSpec, in DiffInput) (sql string, costly bool) {
	a := &activation{c: c, s: s, spec: spec, b: in.Build}
	sc := a.scope()
	match, matched := a.match()
	id := "entity_id"
	if s.Source != nil {
		id = c.sourceID(s.Source)
	}
	key := id
	switch {
	case s.Key != nil && s.Kind != cdp.EventTo:
		key = c.d.NullIfEmpty(c.d.Fold(c.d.Text(a.field(s.Key, sc), s.Key.Type), remote.Fold(s.Key.Remote)))
	case s.Key != nil:
		id = c.d.NullIfEmpty(c.d.Text(a.field(s.Key, sc), s.Key.Type))
		key = id
	case matched != "":
		key = c.d.If(matched, id, c.d.Literal(cdp.Value{Type: textType, Null: true}))
	}
	list := []string{id + " AS __kith_id", key + " AS __kith_key"}
	for i, f := range s.Fields {
		list = append(list, a.field(f, sc)+fmt.Sprintf(" AS __kith_f%d", i))
	}
	list = append(list, match+" AS __kith_match", c.at(s)+" AS __kith_at")
	conds := a.conditions(sc, in)
	from, where := a.from(), ""
	if len(conds) > 0 {
		where = "\nWHERE " + strings.Join(conds, " AND ")
	}
	return "SELECT " + strings.Join(list, ",\n  ") + "\nFROM " + from + where, s.Source != nil || match != "''"
}

// field is a mapped value.
func (a *activation) field(f *cdp.SyncField, sc scope) string { return a.c.field(f, sc) }

// column names a column of the profile where the sync's rows are.
func (a *activation) column(name string, t cdp.Type) string {
	if a.s.Source == nil {
		return a.c.d.Ident(name)
	}
	if !slices.ContainsFunc(a.profile, func(r profileRead) bool { return r.name == name }) {
		a.profile = append(a.profile, profileRead{name, t})
	}
	return "__kith_p." + a.c.d.Ident("__kith_t_"+name)
}

func (a *activation) scope() scope {
	sc := scope{
		trait:   a.trait,
		segment: func(s *cdp.Segment) string { return a.flag(segmentColumn(s), false) },
		related: func(f *cdp.SyncField) string { return a.column(a.c.relatedColumn(f.Relation, f.Trait), f.Trait.Type) },
	}
	if a.s.Source != nil {
		sc.column = a.c.row
		return sc
	}
	p := a.c.profilers(a.b).of[a.s.Entity]
	sc.measured = func(q *cdp.Predicate) string { return a.column(p.measures[q], q.Type) }
	return sc
}

// flag reads a flag of the profile; a row of nobody has otherwise.
func (a *activation) flag(column string, otherwise bool) string {
	if a.s.Source == nil {
		return a.c.d.Ident(column)
	}
	return a.c.d.Coalesce(a.column(column, boolType), a.c.d.Literal(cdp.Value{Type: boolType, Text: fmt.Sprint(otherwise)}))
}

// trait is a trait's value, narrowed to what consent by value allows.
func (a *activation) trait(t *cdp.Trait) string {
	x := a.column(t.Name, t.Type)
	if t.Kind != cdp.IdentifierTrait {
		return x
	}
	granted, _ := a.granted(t.Ident)
	switch {
	case granted == "":
		return x
	case t.Limit > 0:
		return a.c.d.Intersect(x, granted)
	}
	return a.c.d.If(a.contains(granted, x), x, a.c.d.First(granted, textType))
}

// granted is the list of the values of an identifier for which every consent of the
// sync that is of its values was given, and how many such consents there are; "" for
// none.
func (a *activation) granted(i *cdp.Identifier) (list string, consents int) {
	for _, x := range a.s.Consents {
		if x.Identifier != i {
			continue
		}
		if consents++; consents == 1 {
			list = a.column(valuesColumn(x), cdp.ListOf(textType))
		} else {
			list = a.c.d.Intersect(list, a.column(valuesColumn(x), cdp.ListOf(textType)))
		}
	}
	return list, consents
}

func (a *activation) contains(list, value string) string {
	return a.c.d.True(a.c.d.Compare("contains", list, cdp.ListOf(textType), []string{value}))
}

// match is the JSON of the match values, and a condition that there is one.
func (a *activation) match() (json, any string) {
	if len(a.s.Match) == 0 {
		return "''", ""
	}
	d := a.c.d
	lists := map[string][]string{}
	var some []string
	for _, t := range a.s.Match {
		spec := a.spec.Match[t.PII[0]]
		list := ""
		switch {
		case t.Kind == cdp.IdentifierTrait:
			list = a.column(allColumn(t.Ident), cdp.ListOf(textType))
			if granted, _ := a.granted(t.Ident); granted != "" {
				list = d.Intersect(list, granted)
			}
		case t.Type.Kind == cdp.List:
			list = a.column(t.Name, t.Type)
		default:
			list = d.ListOf(a.column(t.Name, t.Type), t.Type)
		}
		list = d.MapList(list, func(x string) string {
			v := d.Text(x, elemOf(t.Type))
			if spec.Normalize != "" {
				v = d.Normalize(spec.Normalize, v, "")
			}
			if spec.Hash {
				v = d.SHA256(v)
			}
			return v
		})
		lists[spec.Name] = append(lists[spec.Name], list)
		some = append(some, d.Compare("exists", list, cdp.ListOf(textType), nil))
	}
	var fields []cdp.JSONField
	for _, name := range a.s.Identifiers(a.spec) {
		all := lists[name][0]
		if len(lists[name]) > 1 {
			all = d.Union(lists[name]...)
		}
		fields = append(fields, cdp.JSONField{Name: name, Expr: all, Type: cdp.ListOf(textType), Omit: true})
	}
	return d.Object(fields), "(" + strings.Join(some, " OR ") + ")"
}

func elemOf(t cdp.Type) cdp.Type {
	if t.Kind == cdp.List {
		return *t.Elem
	}
	return t
}

// conditions are what makes a row desired.
func (a *activation) conditions(sc scope, in DiffInput) []string {
	var conds []string
	if a.s.Segment != nil {
		conds = append(conds, sc.segment(a.s.Segment))
	}
	if a.s.Where != nil {
		conds = append(conds, a.c.predicate(a.s.Where, sc))
	}
	if allowed := a.allowed(); allowed != "" {
		conds = append(conds, allowed)
	}
	return append(conds, a.c.eventConditions(a.s, in)...)
}

// allowed is consent, of a source's row for its own values too, and no suppression; ""
// when neither applies.
func (a *activation) allowed() string {
	var conds []string
	var asked []*cdp.Identifier
	for _, x := range a.s.Consents {
		conds = append(conds, a.flag(consentColumn(x), false))
		if x.Identifier == nil || slices.Contains(asked, x.Identifier) {
			continue
		}
		asked = append(asked, x.Identifier)
		if list, n := a.granted(x.Identifier); n > 1 { // each may have been given for another value
			conds = append(conds, a.c.d.Compare("exists", list, cdp.ListOf(textType), nil))
		}
	}
	for _, col := range a.s.Asked {
		link := a.s.Entity.LinkTo(a.s.Source)
		list, _ := a.granted(col.Identifier)
		none := "(NOT " + a.c.d.Given(a.c.rawValue(link, col), textType) + ")"
		conds = append(conds, "("+none+" OR "+a.contains(list, a.c.identifierValue(link, col))+")")
	}
	for _, s := range a.c.p.Suppress {
		if s.Entity == a.s.Entity {
			conds = append(conds, "(NOT "+a.flag(segmentColumn(s), false)+")")
		}
	}
	if len(conds) == 0 {
		return ""
	}
	return "(" + strings.Join(conds, " AND ") + ")"
}

// from is FROM text: the profile, or a source's rows joined with it. It comes last,
// when it is known which columns are read.
func (a *activation) from() string {
	profile := a.c.d.Table(a.c.State(a.b.Table("profile", a.s.Entity.Name)))
	if a.s.Source == nil {
		return profile
	}
	l := a.s.Entity.LinkTo(a.s.Source)
	if l == nil {
		l = &cdp.Link{Source: a.s.Source}
	}
	list := []string{"entity_id AS __kith_entity"}
	for _, r := range a.profile { // a row of nobody has none of them
		list = append(list, a.c.d.Nullable(a.c.d.Ident(r.name), r.typ)+" AS "+a.c.d.Ident("__kith_t_"+r.name))
	}
	columns := a.c.columnsOf(a.s)
	if columns != nil {
		columns = seen(append(columns, a.c.OwnerColumns(l)...)...)
	}
	return a.c.ownedBy("LEFT JOIN", a.b, a.s.Entity, l, columns) + "\nLEFT JOIN (SELECT " + strings.Join(list, ", ") + " FROM " + profile + ") AS __kith_p ON __kith_m.__kith_entity = __kith_p.__kith_entity"
}

// reasons is a SELECT of __kith_id with flags: why a row is no longer desired.
func (c *Compiler) reasons(s *cdp.Sync, spec cdp.DestinationSpec, in DiffInput) string {
	a := &activation{c: c, s: s, spec: spec, b: in.Build}
	withdrawn := "0"
	if s.Entity != nil {
		if allowed := a.allowed(); allowed != "" {
			withdrawn = c.d.If(allowed, "0", "1")
		}
	}
	switch {
	case s.Source != nil && s.Entity != nil:
		return "SELECT " + c.sourceID(s.Source) + " AS __kith_id, " + withdrawn + " AS __kith_withdrawn, 0 AS __kith_merged FROM " + a.from()
	case s.Source != nil:
		return "SELECT " + c.sourceID(s.Source) + " AS __kith_id, 0 AS __kith_withdrawn, 0 AS __kith_merged FROM (\n" + c.source(s.Source) + "\n) AS __kith_s"
	}
	of := "SELECT entity_id AS __kith_id, " + withdrawn + " AS __kith_withdrawn, 0 AS __kith_merged FROM " + a.from()
	merges := "(" + c.merges(s.Entity, in.Build) + ")"
	merged := "SELECT old_id, 0, 1 FROM " + merges
	if withdrawn != "0" { // who has become part of somebody says no with them
		merged = "SELECT __kith_a.old_id, " + c.d.Coalesce("__kith_w.__kith_withdrawn", "0") + ", 1 FROM " + merges + " AS __kith_a\n" +
			"LEFT JOIN (\n" + of + " WHERE entity_id IN (SELECT new_id FROM " + merges + ")\n) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id"
	}
	return of + "\nUNION ALL\n" + merged
}

// merges is a SELECT of old_id and new_id: who is now who, as of a build.
func (c *Compiler) merges(e *cdp.Entity, b Build) string {
	return "SELECT old_id, new_id FROM " + c.Aliases(e, b.ID)
}

// eventConditions bound the events that a sync sends: from its start on, and not
// older than its window.
func (c *Compiler) eventConditions(s *cdp.Sync, in DiffInput) []string {
	if s.Source == nil || s.Source.Timestamp == "" || (s.Start == nil && s.Window == nil) {
		return nil
	}
	var conds []string
	if s.Start != nil {
		start := in.Started
		switch {
		case !s.Start.Now:
			start = c.d.Time(s.Start.At)
		case s.Source.Column(s.Source.Timestamp).Type.Kind == cdp.Date: // all of its day
			start, _ = c.d.Calendar(start, cdp.Window{Unit: "day"}, c.p.Timezone)
		}
		conds = append(conds, c.d.True("("+c.at(s)+" >= "+start+")"))
	}
	return conds
}

// expired is a condition on an event that is too old to be sent; "" for none.
func (c *Compiler) expired(s *cdp.Sync, remote cdp.RemoteSpec) string {
	if s.Kind != cdp.EventTo || s.Source.Timestamp == "" {
		return ""
	}
	limit := remote.MaxAge
	if s.Window != nil && s.Window.Unit == "" && (limit == 0 || s.Window.Ago < limit) {
		limit = s.Window.Ago
	}
	if limit == 0 {
		return ""
	}
	return c.d.True("(__kith_at < " + c.d.Ago(c.asOf, limit) + ")")
}
