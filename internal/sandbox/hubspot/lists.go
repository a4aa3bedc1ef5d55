package hubspot

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// maxMembers is how many ids one call may name.
const maxMembers = 100_000

type list struct {
	id int64
	listInfo
	members map[int64]int64 // record id: when it joined, unix ms
}

type listInfo struct {
	Name           string `json:"name"`
	ObjectTypeID   string `json:"objectTypeId"`
	ProcessingType string `json:"processingType"`
	CreatedAt      int64  `json:"createdAt"`
}

func (l *list) shown() map[string]any {
	at := stamp(l.CreatedAt)
	return map[string]any{
		"listId": strconv.FormatInt(l.id, 10), "listVersion": 1, "name": l.Name, "objectTypeId": l.ObjectTypeID,
		"processingType": l.ProcessingType, "processingStatus": "COMPLETE", "createdAt": at, "updatedAt": at,
		"filtersUpdatedAt":     at,
		"additionalProperties": map[string]string{"hs_list_size": strconv.Itoa(len(l.members))},
	}
}

func createList(_ *Fake, q query) action {
	var info listInfo
	if refused := decode(q, &info); refused != nil {
		return refused
	}
	switch {
	case info.Name == "" || info.ObjectTypeID == "":
		return badRequest("Some required fields were not set: [name, objectTypeId, processingType]")
	case !slices.Contains([]string{"MANUAL", "SNAPSHOT", "DYNAMIC"}, info.ProcessingType):
		return badRequest("processingType must be one of MANUAL, SNAPSHOT, DYNAMIC")
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		if p.listNamed(info.ObjectTypeID, info.Name) != nil {
			body := failure{
				Status: "error", Message: "A list with this name already exists", CorrelationID: id(tx), Category: catValidation,
				SubCategory: "ILS.DUPLICATE_LIST_NAMES",
			}
			return answer(http.StatusBadRequest, body)
		}
		p.lastList++
		l := &list{id: p.lastList, listInfo: info, members: map[int64]int64{}}
		l.CreatedAt = tx.Now.UnixMilli()
		p.lists[l.id] = l
		encList(tx, p, l)
		return answer(http.StatusOK, map[string]any{"list": l.shown()})
	}
}

func (p *portal) listNamed(objectTypeID, name string) *list {
	for _, id := range slices.Sorted(maps.Keys(p.lists)) {
		if l := p.lists[id]; l.Name == name && typeName(l.ObjectTypeID) == typeName(objectTypeID) {
			return l
		}
	}
	return nil
}

func (p *portal) list(id string) *list {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return p.lists[n]
}

func noList(tx *fake.Tx) fake.Reply {
	return fail(tx, http.StatusNotFound, catNotFound, "List does not exist")
}

func readList(_ *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		l := p.list(q.params[0])
		if l == nil {
			return noList(tx)
		}
		return answer(http.StatusOK, map[string]any{"list": l.shown()})
	}
}

func listByName(_ *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		l := p.listNamed(q.params[0], q.params[1])
		if l == nil {
			return noList(tx)
		}
		return answer(http.StatusOK, map[string]any{"list": l.shown()})
	}
}

func deleteList(_ *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		l := p.list(q.params[0])
		if l == nil {
			return noList(tx)
		}
		delete(p.lists, l.id)
		op(tx, p, opUnlist)
		tx.Int(l.id)
		return fake.Reply{Status: http.StatusNoContent}
	}
}

func addMembers(_ *Fake, q query) action {
	var add []json.RawMessage
	if refused := decode(q, &add); refused != nil {
		return refused
	}
	return members(q, add, nil)
}

func removeMembers(_ *Fake, q query) action {
	var remove []json.RawMessage
	if refused := decode(q, &remove); refused != nil {
		return refused
	}
	return members(q, nil, remove)
}

func changeMembers(_ *Fake, q query) action {
	var body struct {
		Add    []json.RawMessage `json:"recordIdsToAdd"`
		Remove []json.RawMessage `json:"recordIdsToRemove"`
	}
	if refused := decode(q, &body); refused != nil {
		return refused
	}
	return members(q, body.Add, body.Remove)
}

// members adds and removes. An id that no record has is reported as missing; one that is a member already, or is none
// already, is ignored.
func members(q query, rawAdd, rawRemove []json.RawMessage) action {
	add, refused := idList(rawAdd)
	if refused != nil {
		return refused
	}
	remove, refused := idList(rawRemove)
	if refused != nil {
		return refused
	}
	if len(add)+len(remove) > maxMembers {
		return badRequest("at most 100,000 record ids in one call")
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		l := p.list(q.params[0])
		switch {
		case l == nil:
			return noList(tx)
		case l.ProcessingType == "DYNAMIC":
			return fail(tx, http.StatusBadRequest, catValidation, "Memberships of a DYNAMIC list cannot be changed")
		}
		added, removed, missing := p.changeMembers(l, tx.Now.UnixMilli(), add, remove)
		if len(added)+len(removed) > 0 {
			encMembers(tx, p, l, tx.Now.UnixMilli(), added, removed)
		}
		reply := answer(http.StatusOK, map[string]any{ // the vendor's spelling
			"recordsIdsAdded": texts(added), "recordIdsRemoved": texts(removed), "recordIdsMissing": texts(missing),
		})
		reply.Rows = len(added) + len(removed)
		return reply
	}
}

func (p *portal) changeMembers(l *list, now int64, add, remove []int64) (added, removed, missing []int64) {
	c := p.collection(typeName(l.ObjectTypeID))
	for _, id := range add {
		r := c.find("", strconv.FormatInt(id, 10))
		if r == nil {
			missing = append(missing, id)
			continue
		}
		if _, in := l.members[r.id]; !in {
			l.members[r.id] = now
			added = append(added, r.id)
		}
	}
	for _, id := range remove {
		r := c.find("", strconv.FormatInt(id, 10))
		if r == nil {
			missing = append(missing, id)
			continue
		}
		if _, in := l.members[r.id]; in {
			delete(l.members, r.id)
			removed = append(removed, r.id)
		}
	}
	return added, removed, missing
}

func texts(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return out
}

func listMembers(_ *Fake, q query) action {
	limit, after := page(q.Query, 100, 250)
	return func(tx *fake.Tx, p *portal) fake.Reply {
		l := p.list(q.params[0])
		if l == nil {
			return noList(tx)
		}
		ids := slices.Sorted(maps.Keys(l.members))
		from, _ := slices.BinarySearch(ids, after+1)
		to := min(from+limit, len(ids))
		results := make([]map[string]string, 0, to-from)
		for _, id := range ids[from:to] {
			results = append(results, map[string]string{
				"recordId": strconv.FormatInt(id, 10), "membershipTimestamp": stamp(l.members[id]),
			})
		}
		body := map[string]any{"results": results, "total": len(ids)}
		if to < len(ids) {
			body["paging"] = next(ids[to-1])
		}
		return answer(http.StatusOK, body)
	}
}

// page reads limit and after; after is the last id that the reader has seen.
func page(q url.Values, limit, most int) (int, int64) {
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 {
		limit = min(n, most)
	}
	after, err := strconv.ParseInt(q.Get("after"), 10, 64)
	if err != nil {
		after = 0
	}
	return limit, after
}

func next(last int64) map[string]any {
	return map[string]any{"next": map[string]string{"after": strconv.FormatInt(last, 10)}}
}
