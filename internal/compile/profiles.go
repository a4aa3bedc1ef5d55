package compile

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// Profiles is the statements that make the profiles of entities that read each
// other through relations: their levels are made in turn, so that a trait of an
// account may count people by a trait that in turn looks at their account. Most
// groups are of one entity.
type Profiles struct {
	Profiles   []Profile
	Statements []cdp.Statement
	Scratch    []string
}

// Profiles are the groups of all entities, in an order in which they can be made:
// a group reads identities and profiles of itself and of groups before it only.
func (c *Compiler) Profiles(b Build) []Profiles {
	all := c.profilers(b)
	var out []Profiles
	for _, group := range all.groups() {
		all.out = Profiles{}
		all.write(group)
		out = append(out, all.out)
	}
	return out
}

// profilers are those of all entities: a column of one may need columns of others.
type profilers struct {
	c     *Compiler
	of    map[*cdp.Entity]*profiler
	done  map[*cdp.Entity]string // table that holds every column so far
	pairs map[*cdp.Relation]string
	out   Profiles // of the group that is being written
}

// profilers plans the columns of all profiles.
func (c *Compiler) profilers(b Build) *profilers {
	all := &profilers{c: c, of: map[*cdp.Entity]*profiler{}, done: map[*cdp.Entity]string{}, pairs: map[*cdp.Relation]string{}}
	for _, e := range c.p.Entities {
		all.of[e] = &profiler{
			c: c, e: e, b: b, all: all, levels: map[any]int{}, measures: map[*cdp.Predicate]string{}, named: map[string]string{},
			out: Profile{Entity: e, Table: b.Table("profile", e.Name), build: b},
		}
		all.of[e].identifiers()
	}
	for _, e := range c.p.Entities {
		all.of[e].plan()
	}
	return all
}

func (all *profilers) add(s cdp.Statement) { all.out.Statements = append(all.out.Statements, s) }

func (all *profilers) scratch(name string) { all.out.Scratch = append(all.out.Scratch, name) }

// groups are the strongly connected entities: an entity needs those that its
// relations lead to and those that its sources' queries read. In a group it comes
// behind those whose identity its queries read.
func (all *profilers) groups() [][]*profiler {
	byQuery := func(e *cdp.Entity) (out []*cdp.Entity) {
		for _, l := range e.Links {
			out = append(out, Needs(l.Source)...)
		}
		return out
	}
	var list []*cdp.Entity
	for _, x := range connected(all.c.p.Entities, byQuery) {
		list = append(list, x...)
	}
	var out [][]*profiler
	for _, group := range connected(list, func(e *cdp.Entity) []*cdp.Entity {
		var out []*cdp.Entity
		for _, r := range all.of[e].reaches {
			out = append(out, r.To)
		}
		return append(out, byQuery(e)...)
	}) {
		var members []*profiler
		for _, e := range group {
			members = append(members, all.of[e])
		}
		out = append(out, members)
	}
	return out
}

// connected are the strongly connected components of a graph, those that others
// need first (Tarjan), each in the order of the list.
func connected(list []*cdp.Entity, needs func(*cdp.Entity) []*cdp.Entity) (out [][]*cdp.Entity) {
	var stack []*cdp.Entity
	index, low, on := map[*cdp.Entity]int{}, map[*cdp.Entity]int{}, map[*cdp.Entity]bool{}
	var visit func(*cdp.Entity)
	visit = func(x *cdp.Entity) {
		index[x] = len(index) + 1
		low[x] = index[x]
		stack, on[x] = append(stack, x), true
		for _, y := range needs(x) {
			if index[y] == 0 {
				visit(y)
				low[x] = min(low[x], low[y])
			} else if on[y] {
				low[x] = min(low[x], index[y])
			}
		}
		if low[x] != index[x] {
			return
		}
		at := slices.Index(stack, x)
		group := map[*cdp.Entity]bool{}
		for _, y := range stack[at:] {
			group[y], on[y] = true, false
		}
		stack = stack[:at]
		var members []*cdp.Entity
		for _, y := range list {
			if group[y] {
				members = append(members, y)
			}
		}
		out = append(out, members)
	}
	for _, x := range list {
		if index[x] == 0 {
			visit(x)
		}
	}
	return out
}

// write makes the profiles of a group, level by level.
func (all *profilers) write(group []*profiler) {
	levels := 0
	for _, p := range group {
		p.cur = "SELECT entity_id FROM " + p.c.d.Table(p.c.State(p.b.Table("entity", p.e.Name)))
		levels = max(levels, len(p.aggs), len(p.cols))
		for _, r := range p.reaches {
			all.writePairs(p, r)
		}
	}
	for level := range levels {
		for _, p := range group {
			if all.read(group, p.e, level) {
				all.done[p.e] = p.store()
			}
		}
		for _, p := range group {
			p.level(level)
		}
	}
	for _, p := range group {
		p.statement("profile "+p.e.Name, "profile_create", map[string]any{"Name": p.out.Table, "Select": p.cur, "KH": p.c.d.RowHash("entity_id")})
		all.done[p.e] = p.out.Table
		all.out.Profiles = append(all.out.Profiles, p.out)
	}
}

// read reports whether the group reads the entity's profile at a level.
func (all *profilers) read(group []*profiler, e *cdp.Entity, level int) bool {
	for _, p := range group {
		if level >= len(p.aggs) {
			continue
		}
		for _, a := range p.aggs[level] {
			if a.through != nil && a.through.To == e {
				return true
			}
		}
	}
	return false
}
