package compile

import (
	"github.com/kithdata/kith/internal/cdp"
)

// auditSamples bounds the rows of the audit that show one thing by example.
const auditSamples = 1000

// minted is the id of a new entity from the type and value of its anchor. One that is salted with
// the build before is never equal to that of another build on another one.
func (c *Compiler) minted(e *cdp.Entity, salt string) string {
	names := make([]string, len(e.Identifiers))
	for i, id := range e.Identifiers {
		names[i] = id.Name
	}
	value := "value"
	if salt != "" {
		value = c.d.Concat(value, c.d.Quote("\x00"+salt))
	}
	return c.d.EntityID(c.keys.Salt, e.Name, c.d.Element(names, "type"), value)
}

// Inherit finds, with a previous build, which component has which entity's id.
func (d *Identity) Inherit() []cdp.Statement {
	if d.in.Previous == "" {
		return nil
	}
	return []cdp.Statement{
		d.stmt("overlap", "identity_overlap", nil),
		d.stmt("claims", "identity_claims", nil),
		d.stmt("survivors", "identity_winners", nil),
	}
}

// Publish writes the tables of the build.
func (d *Identity) Publish() []cdp.Statement {
	return []cdp.Statement{
		d.stmt("ids", "identity_ids", nil),
		d.stmt("map", "identity_map", nil),
		d.stmt("entities", "identity_entity", nil),
		d.stmt("refused links", "identity_refused", nil),
	}
}

// EntityCount counts entities, their identifiers, components in quarantine, links
// refused by a max, rows of nobody, blocked values, and identifiers once more.
func (d *Identity) EntityCount() cdp.Statement {
	return d.stmt("entity count", "identity_entity_count", nil)
}

// Merged finds the entities of the previous build that are now part of another.
func (d *Identity) Merged() cdp.Statement { return d.stmt("merged", "identity_merged", nil) }

// Changes counts merged entities, split entities, and ids that live again.
func (d *Identity) Changes() cdp.Statement { return d.stmt("changed ids", "identity_changes", nil) }

// Merges records merged entities and what they do to older merges.
func (d *Identity) Merges() cdp.Statement { return d.stmt("merges", "identity_merges", nil) }

// AuditMerged records why entities were merged.
func (d *Identity) AuditMerged() cdp.Statement { return d.stmt("audit merged", "audit_merged", nil) }

// AuditSplit records new entities that were part of another.
func (d *Identity) AuditSplit() cdp.Statement { return d.stmt("audit split", "audit_split", nil) }

// AuditRejected records links that a max refuses for the first time; known says that
// the previous build has the table of refused links.
func (d *Identity) AuditRejected(known bool) cdp.Statement {
	return d.stmt("audit rejected", "audit_rejected", map[string]any{"Known": known})
}

// AuditQuarantined records components that go into quarantine.
func (d *Identity) AuditQuarantined() cdp.Statement {
	return d.stmt("audit quarantined", "audit_quarantined", nil)
}

// AuditCollision records a value that has another node than its hash.
func (d *Identity) AuditCollision(hash, node uint64) cdp.Statement {
	return d.stmt("audit collision", "audit_collision", map[string]any{"A": hash, "B": node})
}

// Aliases is FROM text with old_id and new_id: ids that were merged away and the
// entity they are part of, as of the published builds and this one.
func (c *Compiler) Aliases(e *cdp.Entity, build string) string {
	return c.render("identity_aliases", map[string]any{"Entity": e.Name, "Build": build})
}

// ForgetIdentity removes what a build that is not published has written into the
// tables that all builds share. Nobody reads such rows.
func (c *Compiler) ForgetIdentity(build string) []cdp.Statement {
	data := map[string]any{"Build": build}
	return []cdp.Statement{c.Ledger("identity_forget_merges", data), c.Ledger("identity_forget_audit", data)}
}
