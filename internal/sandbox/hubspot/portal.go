package hubspot

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
)

// portal is one account.
type portal struct {
	id       string
	last     int64 // the highest record id given out
	lastList int64
	types    map[string]*collection
	lists    map[int64]*list
	blocked  map[[32]byte]bool // SHA-256 of erased addresses
	windows  [policies]window
}

// collection is the records of one object type. A record is never changed in place: put replaces it.
type collection struct {
	name    string
	records map[int64]*record
	defs    map[string]property
	unique  map[string]map[string]int64 // property, canonical value: the record that is not archived
	merged  map[int64]int64             // a record that is no more: the record it became
}

type record struct {
	id               int64
	created, updated int64 // unix ms
	archived         bool
	fields           []field // sorted by name; no empty values
}

type field struct{ name, value string }

func byName(a, b field) int { return cmp.Compare(a.name, b.name) }

const (
	contacts  = "contacts"
	companies = "companies"
	emailProp = "email"
	moreMails = "hs_additional_emails"
	objectID  = "hs_object_id"
)

// typeIDs are HubSpot's numbers of its standard objects.
func typeIDs() map[string]string {
	return map[string]string{"0-1": contacts, "0-2": companies, "0-3": "deals", "0-5": "tickets", "0-7": "products"}
}

// typeName is the one name of an object type, which has several in a path: contacts, contact, 0-1.
func typeName(s string) string {
	s = strings.ToLower(s)
	if name, ok := typeIDs()[s]; ok {
		return name
	}
	for _, name := range typeIDs() {
		if s == name || s+"s" == name || s == "company" && name == companies {
			return name
		}
	}
	return s
}

func newPortal(id string) *portal {
	return &portal{
		id: id, last: 100_000,
		types: map[string]*collection{}, lists: map[int64]*list{}, blocked: map[[32]byte]bool{},
	}
}

func (p *portal) collection(name string) *collection {
	c, ok := p.types[name]
	if !ok {
		c = &collection{
			name: name, records: map[int64]*record{}, defs: map[string]property{},
			unique: map[string]map[string]int64{}, merged: map[int64]int64{},
		}
		for _, d := range defaultProperties(name) {
			c.define(d)
		}
		p.types[name] = c
	}
	return c
}

// define adds a property, or replaces it; one that became unique is indexed.
func (c *collection) define(d property) {
	c.defs[d.Name] = d
	if !d.HasUniqueValue || c.unique[d.Name] != nil {
		return
	}
	index := map[string]int64{}
	c.unique[d.Name] = index
	for _, r := range c.records {
		if v := r.get(d.Name); v != "" && !r.archived {
			index[c.canonical(d.Name, v)] = r.id
		}
	}
}

// canonical is how values of a unique property are compared.
func (c *collection) canonical(property, value string) string {
	if c.name == contacts && property == emailProp {
		return strings.ToLower(strings.TrimSpace(value))
	}
	return value
}

func (r *record) get(name string) string {
	i, ok := slices.BinarySearchFunc(r.fields, name, func(f field, n string) int { return cmp.Compare(f.name, n) })
	if !ok {
		return ""
	}
	return r.fields[i].value
}

// put stores r in place of what had its id and keeps the indexes true.
func (p *portal) put(c *collection, r *record) {
	if old := c.records[r.id]; old != nil {
		c.index(old, false)
	}
	c.records[r.id] = r
	if r.archived {
		p.leaveLists(c.name, r.id)
	} else {
		c.index(r, true)
	}
	p.last = max(p.last, r.id)
}

// index adds the unique values of r, or takes away those that are r's.
func (c *collection) index(r *record, add bool) {
	for name, values := range c.unique {
		if v := r.get(name); v != "" {
			mark(values, c.canonical(name, v), r.id, add)
		}
		if c.name == contacts && name == emailProp {
			for v := range strings.SplitSeq(r.get(moreMails), ";") {
				mark(values, c.canonical(name, v), r.id, add)
			}
		}
	}
}

func mark(values map[string]int64, v string, id int64, add bool) {
	switch {
	case v == "":
	case add:
		values[v] = id
	case values[v] == id:
		delete(values, v)
	}
}

// purge removes a record for good, and from every list.
func (p *portal) purge(c *collection, id int64) {
	if r := c.records[id]; r != nil {
		c.index(r, false)
		delete(c.records, id)
	}
	p.leaveLists(c.name, id)
}

// leaveLists removes a record that is archived or gone from the lists of its type.
func (p *portal) leaveLists(typ string, id int64) {
	for _, l := range p.lists {
		if typeName(l.ObjectTypeID) == typ {
			delete(l.members, id)
		}
	}
}

// find looks a record up by id or by the value of a unique property. Archived records are not found.
func (c *collection) find(idProperty, value string) *record {
	var r *record
	if idProperty == "" || idProperty == objectID {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil
		}
		for to, ok := c.merged[n]; ok; to, ok = c.merged[n] {
			n = to
		}
		r = c.records[n]
	} else if n, ok := c.unique[idProperty][c.canonical(idProperty, value)]; ok {
		r = c.records[n]
	}
	if r == nil || r.archived {
		return nil
	}
	return r
}

func (c *collection) ids() []int64 {
	ids := make([]int64, 0, len(c.records))
	for id := range c.records {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func mailHash(email string) [32]byte {
	return sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(email))))
}
