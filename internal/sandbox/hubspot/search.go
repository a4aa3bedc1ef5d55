package hubspot

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// searchBody is the part of HubSpot's search that the sandbox understands: groups are alternatives, the filters of a
// group hold together.
type searchBody struct {
	FilterGroups []struct {
		Filters []filter `json:"filters"`
	} `json:"filterGroups"`
	Properties []string `json:"properties"`
	Limit      int      `json:"limit"`
	After      string   `json:"after"`
}

type filter struct {
	Property string   `json:"propertyName"`
	Operator string   `json:"operator"`
	Value    string   `json:"value"`
	Values   []string `json:"values"`
}

func search(_ *Fake, q query) action {
	var body searchBody
	if refused := decode(q, &body); refused != nil {
		return refused
	}
	if len(body.FilterGroups) > 5 {
		return badRequest("at most 5 filterGroups")
	}
	for _, g := range body.FilterGroups {
		if len(g.Filters) == 0 || len(g.Filters) > 6 {
			return badRequest("a filterGroup has 1 to 6 filters")
		}
		for i, f := range g.Filters {
			switch {
			case f.Property == "":
				return badRequest("propertyName is required")
			case f.Operator == "EQ":
				g.Filters[i].Values = []string{f.Value}
			case f.Operator == "IN" && len(f.Values) > 0 && len(f.Values) <= 100:
			case f.Operator == "HAS_PROPERTY", f.Operator == "NOT_HAS_PROPERTY":
			default:
				return badRequest("the sandbox searches by EQ, IN (1 to 100 values), HAS_PROPERTY and NOT_HAS_PROPERTY")
			}
		}
	}
	limit, after := page(url.Values{"limit": {strconv.Itoa(body.Limit)}, "after": {body.After}}, 10, 200)
	return func(_ *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		found := c.search(body)
		from, _ := slices.BinarySearch(found, after+1)
		to := min(from+limit, len(found))
		names := body.Properties
		if len(names) == 0 {
			names = shown(c.name)
		}
		buf := append([]byte(`{"total":`), strconv.Itoa(len(found))...)
		buf = append(buf, `,"results":[`...)
		for i, id := range found[from:to] {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = appendRecord(buf, c.name, c.records[id], names)
		}
		buf = append(buf, ']')
		if to < len(found) {
			buf = append(append(buf, `,"paging":`...), fake.Marshal(next(found[to-1]))...)
		}
		return fake.Reply{Status: http.StatusOK, Header: fake.JSON(), Body: append(buf, '}')}
	}
}

// search returns the ids of the records that match, in order.
func (c *collection) search(body searchBody) []int64 {
	hits := map[int64]bool{}
	if len(body.FilterGroups) == 0 {
		return slices.DeleteFunc(c.ids(), func(id int64) bool { return c.records[id].archived })
	}
	for _, g := range body.FilterGroups {
		for _, r := range c.candidates(g.Filters) {
			if !r.archived && matches(r, g.Filters) {
				hits[r.id] = true
			}
		}
	}
	ids := make([]int64, 0, len(hits))
	for id := range hits {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// candidates uses an index where a filter has one.
func (c *collection) candidates(filters []filter) []*record {
	for _, f := range filters {
		if (f.Property == objectID || c.defs[f.Property].HasUniqueValue) && len(f.Values) > 0 {
			var out []*record
			for _, v := range f.Values {
				if r := c.find(f.Property, v); r != nil {
					out = append(out, r)
				}
			}
			return out
		}
	}
	out := make([]*record, 0, len(c.records))
	for _, r := range c.records {
		out = append(out, r)
	}
	return out
}

func matches(r *record, filters []filter) bool {
	for _, f := range filters {
		v := r.value(f.Property)
		var ok bool
		switch f.Operator {
		case "HAS_PROPERTY":
			ok = v != ""
		case "NOT_HAS_PROPERTY":
			ok = v == ""
		default:
			ok = slices.ContainsFunc(f.Values, func(want string) bool { return v != "" && strings.EqualFold(v, want) })
			if f.Property == emailProp && !ok {
				ok = slices.ContainsFunc(f.Values, func(want string) bool {
					return slices.Contains(strings.Split(r.get(moreMails), ";"), strings.ToLower(strings.TrimSpace(want)))
				})
			}
		}
		if !ok {
			return false
		}
	}
	return true
}
