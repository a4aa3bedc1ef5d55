package hubspot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// rowError refuses one row.
type rowError struct{ category, message string }

func notFound(typ string) *rowError {
	kind := strings.ToUpper(strings.TrimSuffix(typ, "s"))
	if typ == companies {
		kind = "COMPANY"
	}
	return &rowError{
		category: catNotFound,
		message:  fmt.Sprintf("Could not get some %s objects, they may be deleted or not exist. Check that ids are valid.", kind),
	}
}

// change creates a record (old is nil) or changes one by fields, which validate has checked.
func (p *portal) change(tx *fake.Tx, c *collection, old *record, fields []field) (*record, *rowError) {
	if refused := p.refuses(c, old, fields); refused != nil {
		return nil, refused
	}
	now := tx.Now.UnixMilli()
	r := &record{id: p.last + 1, created: now, updated: now}
	if old != nil {
		r.id, r.created = old.id, old.created
		r.fields = merged(c, old.fields, fields)
		if slices.Equal(r.fields, old.fields) {
			return old, nil
		}
	} else {
		r.fields = merged(c, nil, fields)
	}
	p.put(c, r)
	encRecord(tx, p, c, r)
	return r, nil
}

// refuses looks for what is wrong with one row alone.
func (p *portal) refuses(c *collection, old *record, fields []field) *rowError {
	for _, f := range fields {
		if f.value == "" || !c.defs[f.name].HasUniqueValue {
			continue
		}
		if c.name == contacts && f.name == emailProp {
			if refused := checkMail(p, f.value); refused != nil {
				return refused
			}
		}
		owner, taken := c.unique[f.name][c.canonical(f.name, f.value)]
		if !taken || old != nil && old.id == owner {
			continue
		}
		if c.name == contacts && f.name == emailProp {
			return &rowError{catConflict, fmt.Sprintf("Contact already exists. Existing ID: %d", owner)}
		}
		return &rowError{catConflict, fmt.Sprintf("Cannot set property %s: %d already has that value.", f.name, owner)}
	}
	return nil
}

// merged applies fields to old, both sorted: "" clears, and a lifecycle stage does not go back.
func merged(c *collection, old, fields []field) []field {
	out := make([]field, 0, len(old)+len(fields))
	for len(old) > 0 || len(fields) > 0 {
		switch {
		case len(fields) == 0 || len(old) > 0 && old[0].name < fields[0].name:
			out = append(out, old[0])
			old = old[1:]
			continue
		case len(old) > 0 && old[0].name == fields[0].name:
			if !backwards(old[0], fields[0]) {
				out = appendField(c, out, fields[0])
			} else {
				out = append(out, old[0])
			}
			old = old[1:]
		default:
			out = appendField(c, out, fields[0])
		}
		fields = fields[1:]
	}
	return out
}

func appendField(c *collection, out []field, f field) []field {
	if f.value == "" {
		return out
	}
	if f.name == emailProp {
		f.value = c.canonical(f.name, f.value)
	}
	return append(out, f)
}

// backwards: HubSpot leaves a lifecycle stage as it is when the new one comes earlier; it has to be cleared first.
func backwards(old, new field) bool {
	if old.name != "lifecyclestage" || new.value == "" {
		return false
	}
	order := stages()
	return slices.Index(order, new.value) < slices.Index(order, old.value)
}

// archive hides a record, frees its unique values and takes it from its lists.
func (p *portal) archive(tx *fake.Tx, c *collection, old *record) {
	r := *old
	r.archived, r.updated = true, tx.Now.UnixMilli()
	p.put(c, &r)
	encRecord(tx, p, c, &r)
}

// value reads a property as HubSpot shows it, with those that it keeps itself.
func (r *record) value(name string) string {
	if v := r.get(name); v != "" {
		return v
	}
	switch name {
	case objectID:
		return strconv.FormatInt(r.id, 10)
	case "createdate", "hs_createdate":
		return stamp(r.created)
	case "lastmodifieddate", "hs_lastmodifieddate":
		return stamp(r.updated)
	}
	return ""
}

// system are the properties that every answer carries.
func system(typ string) []string {
	switch typ {
	case contacts:
		return []string{"createdate", objectID, "lastmodifieddate"}
	default:
		return []string{"createdate", "hs_lastmodifieddate", objectID}
	}
}

// shown are the properties of an answer to a reader who named none.
func shown(typ string) []string {
	switch typ {
	case contacts:
		return append(system(typ), emailProp, "firstname", "lastname")
	case companies:
		return append(system(typ), "domain", "name")
	default:
		return system(typ)
	}
}
