package compile

import "github.com/kithdata/kith/internal/cdp"

// capRow is a cap of one identifier on another: To is its rank, or -1 for any.
type capRow struct{ From, To, Max int }

// Weight is what one link counts, so that those of a value with one neighbour more
// than the cap allows make 2^32 together.
func (c capRow) Weight() uint64 { return (1<<32)/uint64(c.Max+1) + 1 } //nolint:gosec // a cap is at least 1

func capsOf(e *cdp.Entity) []capRow {
	var out []capRow
	for _, i := range e.Identifiers {
		for _, x := range i.Caps {
			to := -1
			if x.To != nil {
				to = x.To.Rank
			}
			out = append(out, capRow{i.Rank, to, x.Max})
		}
	}
	return out
}

func (d *Identity) capped() bool { return len(capsOf(d.entity)) > 0 }

// Demote finds the values that are linked with more values of an identifier than
// its cap allows: so many share them that they say nothing of who somebody is. They
// keep their evidence, and link nothing.
func (d *Identity) Demote() []cdp.Statement {
	if !d.capped() {
		return nil
	}
	return []cdp.Statement{d.stmt("hubs", "identity_hubs", d.ends(d.Tables().Hubs, d.Tables().Edges, ""))}
}

// capEnds is a cap, the links to count, and the table of the values to look at, ""
// for all.
type capEnds struct {
	Cap          capRow
	Edges, Among string
}

// ends are the links whose ends the caps count, and the table for what they demote.
func (d *Identity) ends(into, edges, among string) map[string]any {
	var list []capEnds
	for _, c := range capsOf(d.entity) {
		list = append(list, capEnds{c, edges, among})
	}
	return map[string]any{"Into": into, "Scratch": into != d.Tables().Hubs, "Edges": edges, "Among": among, "Ends": list}
}

// demoteAgain brings the demoted values of an increment up to date, and what that
// takes apart and puts together.
func (d *Identity) demoteAgain() []cdp.Statement {
	if !d.capped() {
		return nil
	}
	return []cdp.Statement{
		d.stmt("links of touched", "identity_near", nil),
		d.stmt("values to demote", "identity_hubs", d.ends(d.Scratch("hubs_now"), d.Scratch("near"), d.Scratch("touched"))),
		d.stmt("hubs", "identity_hubs_again", nil), d.stmt("freed", "identity_freed", nil),
		d.stmt("links to hubs", "identity_demoted_pairs", nil), d.stmt("links of freed", "identity_freed_pairs", nil), d.stmt("touched by freed", "identity_freed_touched", nil),
	}
}

// HubCount counts demoted values; it can be asked only of an entity with caps.
func (d *Identity) HubCount() (cdp.Statement, bool) {
	return d.stmt("hub count", "identity_hub_count", nil), d.capped()
}

// NoneDemoted tells the statements that follow that there is no demoted value, so that
// they need not ask it of every link.
func (d *Identity) NoneDemoted() { d.data["Live"] = false }

// blockTables are the identifiers with a table of blocked values.
func (d *Identity) blockTables() []*cdp.Identifier {
	var out []*cdp.Identifier
	for _, i := range d.entity.Identifiers {
		if i.BlockIn != nil {
			out = append(out, i)
		}
	}
	return out
}

// Snapshot copies the tables of blocked values into the build, so that all that
// reads it blocks the same values. None without such a table.
func (d *Identity) Snapshot() []cdp.Statement {
	type source struct {
		Rank        int
		Value, From string
	}
	var list []source
	for _, i := range d.blockTables() {
		region := ""
		if i.Region != "" {
			region = d.c.d.Quote(i.Region)
		}
		text := d.c.d.Cast(d.c.d.Ident(i.BlockIn.Column), cdp.Type{Kind: cdp.String})
		value := d.c.d.Coalesce(d.c.d.Normalize(i.Normalize, text, region), text, "''")
		list = append(list, source{i.Rank, value, d.c.d.Table(i.BlockIn.Table)})
	}
	if len(list) == 0 {
		return nil
	}
	return []cdp.Statement{d.stmt("blocked values", "identity_blocked", map[string]any{"Sources": list})}
}

// SnapshotMix is the number and the mix of those values.
func (d *Identity) SnapshotMix() cdp.Statement {
	return d.stmt("mix of blocked values", "identity_blocked_mix", nil)
}

// AuditValues records values that are blocked, not valid or demoted for the first
// time: how many, and examples, masked. known says that the previous build has the
// table of demoted values: the project may not have had caps then.
func (d *Identity) AuditValues(known bool) []cdp.Statement {
	names := make([]string, len(d.entity.Identifiers))
	for i, id := range d.entity.Identifiers {
		names[i] = id.Name
	}
	data := map[string]any{"Identifier": d.c.d.Element(names, "type"), "Known": known}
	out := []cdp.Statement{d.stmt("audit values", "audit_values", data)}
	if d.capped() {
		out = append(out, d.stmt("audit demoted", "audit_demoted", data))
	}
	return out
}

// Samples reads what the guards of this build did that those of the previous one
// did not: event, identifier, number, examples that are masked.
func (d *Identity) Samples() cdp.Statement {
	return d.stmt("guard report", "identity_samples", nil)
}

// Jump counts what the build does to the entities of the previous one: how many it
// had, how many are gone, and identifiers in quarantine then and now.
func (d *Identity) Jump() cdp.Statement { return d.stmt("jump", "identity_jump", nil) }
