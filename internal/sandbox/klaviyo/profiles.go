package klaviyo

import (
	"encoding/json"
	"maps"
	"net/http"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// importProfile creates or updates one profile.
func importProfile(_ *Fake, q query) action {
	var in struct {
		Data json.RawMessage `json:"data"`
	}
	if no := decode(q, &in); no != nil {
		return no
	}
	if len(q.Body) > maxProfile {
		return refuse(http.StatusRequestEntityTooLarge, "payload_too_large", "The payload exceeds 100KB.", "")
	}
	if detail := malformed(in.Data); detail != "" {
		return bad(detail, "/data")
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		known := len(a.profiles)
		p, e := a.upsert(tx, in.Data, nil, true)
		if e != nil {
			return problems(http.StatusBadRequest, newProblem(http.StatusBadRequest, e.Code, e.Detail, "/data"+e.Pointer))
		}
		status := http.StatusOK
		if len(a.profiles) > known {
			status = http.StatusCreated
		}
		reply := answer(status, object{"data": p.doc()})
		reply.Rows = 1
		return reply
	}
}

func (p *Profile) doc() object {
	return object{"type": "profile", "id": p.ID, "attributes": p.Attributes, "links": self("/api/profiles/" + p.ID)}
}

// unset removes custom properties.
func (p *Profile) unset(names []string) {
	old, ok := p.Attributes["properties"].(map[string]any)
	if !ok || len(names) == 0 {
		return
	}
	left := maps.Clone(old)
	for _, name := range names {
		delete(left, name)
	}
	p.Attributes["properties"] = left
}

// unset are the names of the properties that a request removes.
func (in profileIn) unset() (names []string) {
	switch x := in.Meta.Patch.Unset.(type) {
	case string:
		names = []string{x}
	case []any:
		for _, v := range x {
			if s, ok := v.(string); ok {
				names = append(names, s)
			}
		}
	}
	return names
}
