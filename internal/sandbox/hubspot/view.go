package hubspot

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Record is a copy of one record.
type Record struct {
	ID         string            `json:"id"`
	Properties map[string]string `json:"properties"`
	Created    time.Time         `json:"created"`
	Updated    time.Time         `json:"updated"`
	Archived   bool              `json:"archived,omitempty"`
}

// List is a copy of one list; Members are the ids of its records.
type List struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	ObjectType     string   `json:"object_type"`
	ProcessingType string   `json:"processing_type"`
	Members        []string `json:"members"`
	Total          int      `json:"total"`
}

// Objects is what the admin pages show of one object type.
type Objects struct {
	Total    int      `json:"total"`
	Archived int      `json:"archived"`
	Records  []Record `json:"records"`
}

// Portal is what the admin pages show of one account.
type Portal struct {
	Objects map[string]Objects `json:"objects"`
	Lists   []List             `json:"lists"`
	Blocked int                `json:"blocked_addresses"`
}

func (r *record) copy() Record {
	props := make(map[string]string, len(r.fields))
	for _, f := range r.fields {
		props[f.name] = f.value
	}
	return Record{
		ID: strconv.FormatInt(r.id, 10), Properties: props, Archived: r.archived,
		Created: time.UnixMilli(r.created).UTC(), Updated: time.UnixMilli(r.updated).UTC(),
	}
}

// State copies every portal.
func (f *Fake) State(limit int) any {
	out := map[string]Portal{}
	for id, p := range f.portals {
		shown := Portal{Objects: map[string]Objects{}, Lists: p.copyLists(limit), Blocked: len(p.blocked)}
		for typ, c := range p.types {
			if o := c.copy(limit); o.Total+o.Archived > 0 {
				shown.Objects[typ] = o
			}
		}
		out[id] = shown
	}
	return out
}

func (c *collection) copy(limit int) Objects {
	o := Objects{Records: []Record{}}
	for _, id := range c.ids() {
		r := c.records[id]
		if r.archived {
			o.Archived++
			continue
		}
		if o.Total++; limit == 0 || o.Total <= limit {
			o.Records = append(o.Records, r.copy())
		}
	}
	return o
}

func (p *portal) copyLists(limit int) []List {
	out := make([]List, 0, len(p.lists))
	for _, id := range slices.Sorted(maps.Keys(p.lists)) {
		l := p.lists[id]
		ids := slices.Sorted(maps.Keys(l.members))
		if limit > 0 && len(ids) > limit {
			ids = ids[:limit]
		}
		out = append(out, List{
			ID: strconv.FormatInt(id, 10), Name: l.Name, ObjectType: typeName(l.ObjectTypeID),
			ProcessingType: l.ProcessingType, Members: texts(ids), Total: len(l.members),
		})
	}
	return out
}

// Objects copies the records of a type that are not archived, by key: a contact's address; else the value of the first
// unique property, by name, that the record has; else its id.
func (f *Fake) Objects(account, objectType string) map[string]Record {
	out := map[string]Record{}
	p, ok := f.portals[account]
	if !ok {
		return out
	}
	c, ok := p.types[typeName(objectType)]
	if !ok {
		return out
	}
	keys := slices.Sorted(maps.Keys(c.unique))
	if c.name == contacts {
		keys = append([]string{emailProp}, keys...)
	}
	for _, r := range c.records {
		if !r.archived {
			out[r.key(keys)] = r.copy()
		}
	}
	return out
}

func (r *record) key(unique []string) string {
	for _, name := range unique {
		if v := r.get(name); v != "" {
			return v
		}
	}
	return strconv.FormatInt(r.id, 10)
}

// Record copies one record, archived or not, by id.
func (f *Fake) Record(account, objectType, id string) (Record, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	p, ok := f.portals[account]
	if err != nil || !ok {
		return Record{}, false
	}
	c, ok := p.types[typeName(objectType)]
	if !ok || c.records[n] == nil {
		return Record{}, false
	}
	return c.records[n].copy(), true
}

// Lists copies every list, by name.
func (f *Fake) Lists(account string) map[string]List {
	out := map[string]List{}
	if p, ok := f.portals[account]; ok {
		for _, l := range p.copyLists(0) {
			out[l.Name] = l
		}
	}
	return out
}
