package compile

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kithdata/kith/internal/cdp"
)

// Lookup makes the statements that read one entity of a build: each names as
// constants what its table is ordered by, and so reads some granules, or blocks, of it.
type Lookup struct {
	c      *Compiler
	entity *cdp.Entity
	b      Build
}

// Lookup prepares looking up entities. The compiler must know the ledger's keys.
func (c *Compiler) Lookup(e *cdp.Entity, b Build) *Lookup { return &Lookup{c, e, b} }

func (l *Lookup) stmt(name string, more map[string]any) cdp.Statement {
	data := map[string]any{"Entity": l.entity.Name, "Tables": IdentityTablesOf(l.entity, l.b.ID), "Build": l.b.ID}
	for k, v := range more {
		data[k] = v
	}
	s := l.c.lookedUp(name, data)
	s.Model = "entity " + l.entity.Name
	return s
}

// Nodes reads, for every identifier of the entity, the value that a text would be
// and its node, which is 0 when it is none or blocked.
func (l *Lookup) Nodes(text string) cdp.Statement {
	type value struct{ Value, Node string }
	var list []value
	for _, id := range l.entity.Identifiers {
		region := ""
		if id.Region != "" {
			region = l.c.d.Quote(id.Region)
		}
		v := l.c.d.Coalesce(l.c.d.Normalize(id.Normalize, l.c.d.Quote(text), region), "''")
		n := l.c.d.NodeID(l.c.keys.Salt, id.Name, v)
		var own [][2]string
		for _, x := range l.c.keys.Collisions {
			if x.Identifier == id.Name && x.Entity == l.entity.Name {
				own = append(own, [2]string{v + " = " + l.c.d.Quote(x.Value), strconv.FormatUint(x.Node, 10)})
			}
		}
		if len(own) > 0 {
			n = l.c.d.Case(own, n)
		}
		list = append(list, value{v, l.c.d.If(v+" = ''", "0", n)})
	}
	return l.stmt("lookup_nodes", map[string]any{"Values": list})
}

// LookupNodes is how many nodes one statement names at most: more text than that is
// refused by a warehouse.
const LookupNodes = 5000

// Map reads node, type, value, entity, first_seen, last_seen and n of up to
// LookupNodes nodes.
func (l *Lookup) Map(nodes []uint64) cdp.Statement {
	return l.stmt("lookup_map", map[string]any{"Nodes": nodes})
}

// Entity reads id, anchor, created_at, number of identifiers, quarantined and nodes.
func (l *Lookup) Entity(ids ...string) cdp.Statement {
	return l.stmt("lookup_entity", map[string]any{"IDs": ids})
}

// Alias reads the entity that an id was merged into.
func (l *Lookup) Alias(id string) cdp.Statement {
	return l.stmt("lookup_alias", map[string]any{"IDs": []string{id}})
}

// Edges reads a, b, source, first_seen, last_seen, n and why it is refused, in the order of a
// and b, of the links whose smaller end is one of up to LookupNodes nodes.
func (l *Lookup) Edges(limit int, nodes []uint64) cdp.Statement {
	return l.stmt("lookup_edges", map[string]any{"Nodes": nodes, "Limit": limit})
}

// HubEdges reads the same of the links between entities and demoted values of others
// that are the smaller end; only with caps. It reads much: all links of such values.
func (l *Lookup) HubEdges(limit int, ids ...string) cdp.Statement {
	return l.stmt("lookup_hub_edges", map[string]any{"IDs": ids, "Limit": limit})
}

// Shared reads, as Map but of nobody, the values that entities share with others; false
// where none can be shared.
func (l *Lookup) Shared(limit int, ids ...string) (cdp.Statement, bool) {
	return l.stmt("lookup_shared", map[string]any{"IDs": ids, "Limit": limit}), len(sharing(l.entity)) > 0
}

// Hubs reads node, degree and cap of the demoted values; only with caps.
func (l *Lookup) Hubs() (cdp.Statement, bool) {
	return l.stmt("lookup_hubs", nil), len(capsOf(l.entity)) > 0
}

// ProfileColumn is a column of a profile, as text.
type ProfileColumn struct {
	Name, Kind string // trait, origin, segment, consent, granted
	Trait      *cdp.Trait
	Origin     int // which source of a pick
	expr       string
}

// Profile reads the profile of an entity: the columns, in their order.
func (l *Lookup) Profile(id string) (cdp.Statement, []ProfileColumn) {
	d := l.c.d
	var list []ProfileColumn
	for _, t := range l.c.p.Traits {
		if t.Entity != l.entity {
			continue
		}
		list = append(list, ProfileColumn{Name: t.Name, Kind: "trait", Trait: t, expr: d.Text(d.Ident(t.Name), t.Type)})
		for i, name := range originColumns(t) {
			list = append(list, ProfileColumn{Name: t.Name, Kind: "origin", Trait: t, Origin: i, expr: d.Ident(name)})
		}
	}
	flag := func(name, kind, column string) {
		list = append(list, ProfileColumn{Name: name, Kind: kind, expr: d.Ident(column)})
	}
	for _, s := range l.c.p.Segments {
		if s.Entity == l.entity {
			flag(s.Name, "segment", segmentColumn(s))
		}
	}
	for _, x := range l.c.p.Consents {
		if x.Entity == l.entity {
			flag(x.Name, "consent", consentColumn(x))
			if x.Identifier != nil {
				list = append(list, ProfileColumn{Name: x.Name, Kind: "granted", expr: d.Text(d.Ident(valuesColumn(x)), cdp.ListOf(textType))})
			}
		}
	}
	columns := make([]string, len(list))
	for i, x := range list {
		columns[i] = x.expr
	}
	return l.stmt("lookup_profile", map[string]any{
		"Columns": columns, "Profile": l.b.Table("profile", l.entity.Name), "Hash": d.RowHash("entity_id"), "KH": d.RowHash(d.Quote(id)), "ID": id,
	}), list
}

// Segments reads segment and since when the entity is in it; false when it has none.
func (l *Lookup) Segments(id string) (cdp.Statement, bool) {
	var names []string
	for _, s := range l.c.p.Segments {
		if s.Entity == l.entity {
			names = append(names, s.Name)
		}
	}
	return l.stmt("lookup_segments", map[string]any{"Segments": names, "ID": id}), len(names) > 0
}

// Merges reads old id and when it was merged into the entity.
func (l *Lookup) Merges(id string, limit int) cdp.Statement {
	return l.stmt("lookup_merges", map[string]any{"ID": id, "Limit": limit})
}

// Baseline reads key, remote id, gone, h, ver and del of an entity in a baseline.
func (l *Lookup) Baseline(table, id string) cdp.Statement {
	return l.stmt("lookup_baseline", map[string]any{"Baseline": table, "KH": l.c.d.RowHash(l.c.d.Quote(id)), "ID": id})
}

// Rejection reads code, attempts, next try, when and del of what was refused.
func (l *Lookup) Rejection(sync, id string) cdp.Statement {
	return l.stmt("lookup_rejection", map[string]any{"Sync": sync, "KH": l.c.d.RowHash(l.c.d.Quote(id)), "ID": id})
}

// originColumns are the columns that say from which row of each source the value of
// a pick comes: its time, if it has one, a line break, its key.
func originColumns(t *cdp.Trait) []string {
	if t.Kind != cdp.PickTrait || t.Limit > 0 || t.Pick == "most_frequent" {
		return nil
	}
	var out []string
	for i := range t.From {
		out = append(out, fmt.Sprintf("__kith_row_%s_%d", t.Name, i))
	}
	return out
}

// origin is the text of such a column for a row of a source; "" before any.
func (c *Compiler) origin(s *cdp.Source) string {
	text := c.d.Quote("")
	if times := c.times(s); len(times) > 0 {
		text = c.d.Coalesce(c.d.Text(c.d.Coalesce(times...), timeType), text)
	}
	var keys []string
	for _, k := range s.Key {
		keys = append(keys, c.d.Coalesce(c.d.Text(c.row(k), s.Column(k).Type), c.d.Quote("")))
	}
	parts := []string{text, c.d.Quote("\n")}
	for i, k := range slices.Clone(keys) {
		if i > 0 {
			parts = append(parts, c.d.Quote(", "))
		}
		parts = append(parts, k)
	}
	return c.d.Concat(parts...)
}

// Check is a statement that counts what breaks an invariant of a build.
type Check struct {
	cdp.Statement
	Broken []string // what each column counts; "" is only told
}

// Checks are the invariants of the tables of a build.
func (l *Lookup) Checks() []Check {
	return []Check{
		{l.stmt("check_map", nil), []string{"identifiers are in the map twice", "values have two nodes", "identifiers belong to an entity that is not there"}},
		{l.stmt("check_entities", nil), []string{"ids are those of two entities", "entities have an anchor that is not there", "entities do not list the identifiers that the map gives them"}},
		{l.stmt("check_links", nil), []string{"links lead to an identifier that is not there", "links are the wrong way round"}},
		{l.stmt("check_collisions", nil), []string{"nodes are those of two values", ""}},
		{l.stmt("check_aliases", nil), []string{"merged ids lead to an id that was merged too", "merged ids lead to themselves", "merged ids are alive", ""}},
	}
}

// CheckBaseline counts the rows of a baseline, and those of nobody.
func (l *Lookup) CheckBaseline(table string) cdp.Statement {
	return l.stmt("check_baseline", map[string]any{"Baseline": table})
}
