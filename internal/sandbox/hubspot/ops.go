package hubspot

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// The operations of the journal. A code is never reused for another meaning.
const (
	opRecord  byte = 1  // a whole record
	opPurge   byte = 2  // a record that is gone for good
	opDefine  byte = 3  // a property
	opList    byte = 4  // a list without its members
	opUnlist  byte = 5  // a list that is gone
	opMembers byte = 6  // members that joined and left
	opBlock   byte = 7  // the hash of an erased address
	opMerged  byte = 8  // a record that became another
	opWindow  byte = 9  // the use of a rate limit
	opLast    byte = 10 // the highest ids given out
	opForget  byte = 11 // a property that is gone
)

func op(tx *fake.Tx, p *portal, code byte) {
	tx.Op(Name, code)
	tx.Str(p.id)
}

func encRecord(tx *fake.Tx, p *portal, c *collection, r *record) {
	op(tx, p, opRecord)
	tx.Str(c.name)
	tx.Int(r.id)
	tx.Int(r.created)
	tx.Int(r.updated)
	tx.Bool(r.archived)
	tx.Int(int64(len(r.fields)))
	for _, f := range r.fields {
		tx.Str(f.name)
		tx.Str(f.value)
	}
}

func (f *Fake) decRecord(d *fake.Dec) *record {
	r := &record{id: d.Int(), created: d.Int(), updated: d.Int(), archived: d.Bool()}
	n := d.Int()
	for ; n > 0 && d.Err() == nil; n-- {
		r.fields = append(r.fields, field{f.intern(d.Raw()), d.Str()})
	}
	return r
}

// intern keeps one copy of each property name.
func (f *Fake) intern(name []byte) string {
	if s, ok := f.names[string(name)]; ok {
		return s
	}
	s := string(name)
	f.names[s] = s
	return s
}

func encDefine(tx *fake.Tx, p *portal, c *collection, d property) {
	op(tx, p, opDefine)
	tx.Str(c.name)
	tx.Bytes(fake.Marshal(d))
}

func encList(tx *fake.Tx, p *portal, l *list) {
	op(tx, p, opList)
	tx.Int(l.id)
	tx.Bytes(fake.Marshal(l.listInfo))
}

func encMembers(tx *fake.Tx, p *portal, l *list, at int64, added, removed []int64) {
	op(tx, p, opMembers)
	tx.Int(l.id)
	tx.Int(at)
	for _, ids := range [][]int64{added, removed} {
		tx.Int(int64(len(ids)))
		for _, id := range ids {
			tx.Int(id)
		}
	}
}

func encWindow(tx *fake.Tx, p *portal, policy int) {
	op(tx, p, opWindow)
	tx.Int(int64(policy))
	tx.Int(p.windows[policy].start)
	tx.Int(p.windows[policy].used)
}

func encPair(tx *fake.Tx, p *portal, c *collection, code byte, a, b int64) {
	op(tx, p, code)
	tx.Str(c.name)
	tx.Int(a)
	tx.Int(b)
}

func encBlock(tx *fake.Tx, p *portal, hash [32]byte) {
	op(tx, p, opBlock)
	tx.Bytes(hash[:])
}

// Apply repeats an operation.
func (f *Fake) Apply(code byte, d *fake.Dec) error {
	p := f.portal(d.Str())
	switch code {
	case opRecord:
		c := p.collection(d.Str())
		if r := f.decRecord(d); d.Err() == nil {
			p.put(c, r)
		}
	case opPurge, opMerged:
		c, a, b := p.collection(d.Str()), d.Int(), d.Int()
		p.purge(c, a)
		if code == opMerged {
			c.merged[a] = b
		}
	case opDefine:
		c, raw := p.collection(d.Str()), d.Raw()
		var def property
		if err := json.Unmarshal(raw, &def); err != nil {
			return err
		}
		c.define(def)
	case opForget:
		c, name := p.collection(d.Str()), d.Str()
		c.forget(name)
	case opBlock:
		p.blocked[[32]byte(append(make([]byte, 0, 32), d.Raw()...))] = true
	case opWindow:
		i := d.Int()
		w := window{start: d.Int(), used: d.Int()}
		if i >= 0 && i < policies {
			p.windows[i] = w
		}
	case opLast:
		p.last, p.lastList = d.Int(), d.Int()
	case opList, opUnlist, opMembers:
		return p.applyList(code, d)
	default:
		return fmt.Errorf("unknown operation %d of %s", code, Name)
	}
	return d.Err()
}

func (p *portal) applyList(code byte, d *fake.Dec) error {
	id := d.Int()
	l := p.lists[id]
	switch code {
	case opList:
		var info listInfo
		if err := json.Unmarshal(d.Raw(), &info); err != nil {
			return err
		}
		if l == nil {
			l = &list{id: id, members: map[int64]int64{}}
			p.lists[id] = l
		}
		l.listInfo = info
		p.lastList = max(p.lastList, id)
	case opUnlist:
		delete(p.lists, id)
	case opMembers:
		at := d.Int()
		for n := d.Int(); n > 0 && d.Err() == nil; n-- {
			if member := d.Int(); l != nil {
				l.members[member] = at
			}
		}
		for n := d.Int(); n > 0 && d.Err() == nil; n-- {
			if member := d.Int(); l != nil {
				delete(l.members, member)
			}
		}
	}
	return d.Err()
}

// Snapshot writes every portal.
func (f *Fake) Snapshot(tx *fake.Tx, flush func() error) error {
	for _, name := range slices.Sorted(maps.Keys(f.portals)) {
		p := f.portals[name]
		for i := range p.windows {
			encWindow(tx, p, i)
		}
		for hash := range p.blocked {
			encBlock(tx, p, hash)
		}
		for _, typ := range slices.Sorted(maps.Keys(p.types)) {
			if err := p.snapshotType(tx, p.types[typ], flush); err != nil {
				return err
			}
		}
		for _, id := range slices.Sorted(maps.Keys(p.lists)) {
			if err := p.snapshotList(tx, p.lists[id], flush); err != nil {
				return err
			}
		}
		op(tx, p, opLast)
		tx.Int(p.last)
		tx.Int(p.lastList)
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

func (p *portal) snapshotType(tx *fake.Tx, c *collection, flush func() error) error {
	for _, name := range slices.Sorted(maps.Keys(c.defs)) {
		if d := c.defs[name]; !d.HubspotDefined {
			encDefine(tx, p, c, d)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(c.merged)) {
		encPair(tx, p, c, opMerged, from, c.merged[from])
	}
	for _, id := range c.ids() {
		encRecord(tx, p, c, c.records[id])
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// snapshotList groups the members by the time of their joining, which the operation carries once.
func (p *portal) snapshotList(tx *fake.Tx, l *list, flush func() error) error {
	encList(tx, p, l)
	byTime := map[int64][]int64{}
	for id, at := range l.members {
		byTime[at] = append(byTime[at], id)
	}
	for _, at := range slices.Sorted(maps.Keys(byTime)) {
		encMembers(tx, p, l, at, byTime[at], nil)
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}
