package hubspot

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

func accountDetails(_ *Fake, _ query) action {
	return func(_ *fake.Tx, p *portal) fake.Reply {
		n, _ := strconv.ParseInt(p.id, 10, 64) // Account made it of digits
		return answer(http.StatusOK, map[string]any{
			"portalId": n, "accountType": "DEVELOPER_TEST", "timeZone": "UTC", "companyCurrency": "EUR",
			"additionalCurrencies": []string{}, "utcOffset": "+00:00", "utcOffsetMilliseconds": 0,
			"uiDomain": "app.hubspot.com", "dataHostingLocation": "eu1",
		})
	}
}

// batchRead answers with the records that exist and one error for all that do not.
func batchRead(f *Fake, q query) action {
	var body struct {
		Inputs     []input  `json:"inputs"`
		Properties []string `json:"properties"`
		IDProperty string   `json:"idProperty"`
	}
	if refused := decode(q, &body); refused != nil {
		return refused
	}
	if n := len(body.Inputs); n == 0 || n > maxInputs {
		return badRequest("A batch has 1 to 100 inputs, this one has " + strconv.Itoa(n))
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		key := []input{{IDProperty: body.IDProperty}}
		if reply, ok := f.validate(tx, p, c, key); !ok {
			return reply
		}
		names := body.Properties
		if len(names) == 0 {
			names = shown(c.name)
		}
		o := newOutcome(tx, c)
		for _, in := range body.Inputs {
			r := c.find(body.IDProperty, in.ID)
			if r == nil {
				o.refuse(in, notFound(c.name))
				continue
			}
			if o.rows++; o.rows > 1 {
				o.results = append(o.results, ',')
			}
			o.results = appendRecord(o.results, c.name, r, names)
		}
		return o.reply(http.StatusOK)
	}
}

func readObject(f *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		key := q.Query.Get("idProperty")
		if reply, ok := f.validate(tx, p, c, []input{{IDProperty: key}}); !ok {
			return reply
		}
		r := c.find(key, q.params[1])
		if r == nil && q.Query.Get("archived") == "true" {
			if n, err := strconv.ParseInt(q.params[1], 10, 64); err == nil && key == "" {
				r = c.records[n]
			}
		}
		if r == nil {
			return fail(tx, http.StatusNotFound, catNotFound, "resource not found")
		}
		names := shown(c.name)
		if list := q.Query.Get("properties"); list != "" {
			names = strings.Split(list, ",")
		}
		return fake.Reply{Status: http.StatusOK, Header: fake.JSON(), Body: appendRecord(nil, c.name, r, names)}
	}
}

// writeObject is create and update of one record: what is an error of a row in a batch is the answer here.
func writeObject(f *Fake, q query, create bool) action {
	var body struct {
		Properties map[string]*string `json:"properties"`
	}
	if refused := decode(q, &body); refused != nil {
		return refused
	}
	fields, refused := fieldsOf(body.Properties)
	if refused != nil {
		return refused
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		in := input{fields: fields}
		if !create {
			in.ID, in.IDProperty = q.params[1], q.Query.Get("idProperty")
		}
		if reply, ok := f.validate(tx, p, c, []input{in}); !ok {
			return reply
		}
		var old *record
		status := http.StatusCreated
		if !create {
			if old = c.find(in.IDProperty, in.ID); old == nil {
				return fail(tx, http.StatusNotFound, catNotFound, "resource not found")
			}
			status = http.StatusOK
		}
		r, why := p.change(tx, c, old, in.fields)
		if why != nil {
			reply := fail(tx, statusOf(why), why.category, why.message)
			reply.Rejected = 1
			return reply
		}
		body := appendRecord(nil, c.name, r, fieldNames(in.fields))
		return fake.Reply{Status: status, Header: fake.JSON(), Body: body, Rows: 1}
	}
}

func createObject(f *Fake, q query) action { return writeObject(f, q, true) }
func updateObject(f *Fake, q query) action { return writeObject(f, q, false) }

func archiveObject(_ *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		r := c.find("", q.params[1])
		if r == nil {
			return fake.Reply{Status: http.StatusNoContent}
		}
		p.archive(tx, c, r)
		return fake.Reply{Status: http.StatusNoContent, Rows: 1}
	}
}

// gdprDelete erases a contact for good. An address that nobody has is blocked: no contact can have it from then on.
func gdprDelete(_ *Fake, q query) action {
	var body struct {
		ObjectID   string `json:"objectId"`
		IDProperty string `json:"idProperty"`
	}
	if refused := decode(q, &body); refused != nil {
		return refused
	}
	typ := typeName(q.params[0])
	if typ != contacts || body.ObjectID == "" || body.IDProperty != "" && body.IDProperty != emailProp {
		return badRequest("gdpr-delete takes the objectId of a contact, and an idProperty that is email or absent")
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typ)
		r := c.find(body.IDProperty, body.ObjectID)
		if r == nil {
			if body.IDProperty == emailProp {
				hash := mailHash(body.ObjectID)
				p.blocked[hash] = true
				encBlock(tx, p, hash)
			}
			return fake.Reply{Status: http.StatusNoContent}
		}
		p.purge(c, r.id)
		encPair(tx, p, c, opPurge, r.id, 0)
		return fake.Reply{Status: http.StatusNoContent, Rows: 1}
	}
}

// merge joins two records: the primary keeps its values, takes those that it lacks and, for contacts, the other's
// address as a further one. The other's id leads to the primary from then on.
func merge(_ *Fake, q query) action {
	var body struct {
		Primary string `json:"primaryObjectId"`
		Other   string `json:"objectIdToMerge"`
	}
	if refused := decode(q, &body); refused != nil {
		return refused
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		primary, other := c.find("", body.Primary), c.find("", body.Other)
		switch {
		case primary == nil || other == nil:
			why := notFound(c.name)
			return fail(tx, http.StatusNotFound, why.category, why.message)
		case primary == other:
			return fail(tx, http.StatusBadRequest, catValidation, "Cannot merge an object with itself")
		}
		fields := primaryWins(primary, other)
		p.purge(c, other.id)
		c.merged[other.id] = primary.id
		encPair(tx, p, c, opMerged, other.id, primary.id)
		r := &record{id: primary.id, created: min(primary.created, other.created), updated: tx.Now.UnixMilli(), fields: fields}
		p.put(c, r)
		encRecord(tx, p, c, r)
		return fake.Reply{Status: http.StatusOK, Header: fake.JSON(), Body: appendRecord(nil, c.name, r, shown(c.name)), Rows: 1}
	}
}

func primaryWins(primary, other *record) []field {
	all := map[string]string{}
	for _, r := range []*record{other, primary} {
		for _, f := range r.fields {
			all[f.name] = f.value
		}
	}
	join := func(name string, values ...string) {
		var parts []string
		for _, v := range values {
			if v != "" && v != all[emailProp] {
				parts = append(parts, v)
			}
		}
		if len(parts) > 0 {
			all[name] = strings.Join(parts, ";")
		}
	}
	join(moreMails, primary.get(moreMails), other.get(emailProp), other.get(moreMails))
	const mergedIDs = "hs_merged_object_ids"
	join(mergedIDs, primary.get(mergedIDs), other.value(objectID), other.get(mergedIDs))
	fields := make([]field, 0, len(all))
	for name, v := range all {
		fields = append(fields, field{name, v})
	}
	slices.SortFunc(fields, byName)
	return fields
}

// idList reads record ids, which are strings of digits.
func idList(raw []json.RawMessage) ([]int64, action) {
	ids := make([]int64, len(raw))
	for i, r := range raw {
		var s string
		if err := json.Unmarshal(r, &s); err != nil {
			return nil, badRequest("Invalid input JSON: record ids are strings")
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, badRequest("Invalid record id: " + strconv.Quote(s))
		}
		ids[i] = n
	}
	return ids, nil
}
