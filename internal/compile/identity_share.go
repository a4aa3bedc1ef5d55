package compile

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// sharing are the identifiers of an entity with on_conflict: share.
func sharing(e *cdp.Entity) []*cdp.Identifier {
	var out []*cdp.Identifier
	for _, id := range e.Identifiers {
		if id.Share {
			out = append(out, id)
		}
	}
	return out
}

// Shares reports whether values of the entity may be shared.
func (d *Identity) Shares() bool { return len(sharing(d.entity)) > 0 }

// star is a set of the columns of a link whose first one that a row has is tied to
// the others.
type star struct {
	Columns []linkValue
	Where   string
}

// stars are the star from the strongest identifier of a row, and where that may be
// shared, and so link nothing, those from the next-strongest: so that what else the
// row says stays said.
func (r linkRows) stars() []star {
	all := star{Columns: r.Columns}
	out := []star{all}
	where := ""
	for j, col := range r.link.Columns {
		if len(r.Columns)-j < 3 {
			break // one identifier behind it ties nothing
		}
		d := "d" + itoa(r.Columns[j].I)
		if !col.Identifier.Share {
			where += d + " = 0 AND "
			continue
		}
		out = append(out, star{Columns: r.Columns[j+1:], Where: where + d + " != 0"})
	}
	return out
}

// Shares reports whether the pass of an identifier has weaker ones that share.
func (s *Split) Shares(id *cdp.Identifier) bool { return len(s.weaker(id)) > 0 }

func (s *Split) weaker(id *cdp.Identifier) []int {
	var out []int
	for _, x := range sharing(s.d.entity) {
		if x.Rank > id.Rank {
			out = append(out, x.Rank)
		}
	}
	return out
}

func (s *Split) shared(id *cdp.Identifier, all bool) map[string]any {
	return map[string]any{"Ranks": s.weaker(id), "All": all, "Free": s.d.Scratch("split_free_" + itoa(s.pass))}
}

// Free leaves the links that do not touch what is held for the labels to go along:
// all values that may be shared, or those that are.
func (s *Split) Free(id *cdp.Identifier, all bool) cdp.Statement {
	s.free = true
	return s.stmt("free links "+id.Name, "shared_free", s.shared(id, all))
}

// along is data in which labels go along free links only, where Free has run.
func (s *Split) along(data map[string]any) map[string]any {
	if s.free {
		data["Alive"] = s.d.Scratch("split_free_" + itoa(s.pass))
	}
	return data
}

// FindShared adds the values that are next to two labels, and counts all.
func (s *Split) FindShared(id *cdp.Identifier) (find, count cdp.Statement) {
	return s.stmt("shared "+id.Name, "shared_find", s.shared(id, false)), s.d.SharedCount()
}

// RejectShared gives up the links of shared values.
func (s *Split) RejectShared(id *cdp.Identifier) cdp.Statement {
	return s.stmt("reject shared "+id.Name, "shared_reject", nil)
}

// SharedCount counts the shared values.
func (d *Identity) SharedCount() cdp.Statement {
	return d.stmt("count shared", "shared_count", nil)
}

// PublishShared writes whose values the shared ones are.
func (d *Identity) PublishShared() cdp.Statement {
	return d.stmt("shared values", "shared_publish", nil)
}

// AuditShared records values that are shared for the first time; known says that
// the previous build has the table.
func (d *Identity) AuditShared(known bool) cdp.Statement {
	return d.stmt("audit shared", "audit_shared", map[string]any{"Known": known})
}

// values is FROM text: every identifier of an entity's build with its entity.
func (c *Compiler) values(b Build, e *cdp.Entity) string {
	shared := ""
	if len(sharing(e)) > 0 {
		shared = IdentityTablesOf(e, b.ID).Shared
	}
	return c.render("identity_values", map[string]any{"Map": b.mapTable(e), "Shared": shared})
}

// OwnerIn is Owner in a build: a value that is shared there owns no row, the next
// identifier of the row does.
func (c *Compiler) OwnerIn(b Build, e *cdp.Entity, l *cdp.Link) string {
	shared := IdentityTablesOf(e, b.ID).Shared
	if !slices.ContainsFunc(l.Columns, func(col cdp.LinkColumn) bool { return col.Identifier.Share }) {
		shared = ""
	}
	return c.owner(l, shared)
}
