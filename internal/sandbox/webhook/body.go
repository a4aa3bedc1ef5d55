package webhook

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Kind is what a batch is about.
type Kind string

// The three kinds; the name of each is the key of the body that carries it.
const (
	Object   Kind = "object"
	Audience Kind = "audience"
	Event    Kind = "event"
)

type body struct {
	Sync     string `json:"sync"`
	Object   string `json:"object"`
	Audience string `json:"audience"`
	Event    string `json:"event"`
	Rows     []row  `json:"rows"`
}

type row struct {
	Op          string          `json:"op"`
	Action      string          `json:"action"`
	RowID       string          `json:"row_id"`
	Key         string          `json:"key"`
	OldKey      string          `json:"old_key"`
	Idempotency string          `json:"idempotency_key"`
	Fields      json.RawMessage `json:"fields"`
	Match       json.RawMessage `json:"match"`
}

type batch struct {
	sync   string
	stream stream
	rows   []row
}

// stream is what the rows of a batch belong to.
type stream struct {
	kind Kind
	name string
}

// identity is the key by which a row is kept: members of an audience may have none.
func (r *row) identity() string {
	if r.Key != "" {
		return r.Key
	}
	return r.RowID
}

// decode reads a batch, or says why it is refused.
func decode(r fake.Request) (*batch, *fake.Reply) {
	refused := func(status int, code, reason string) (*batch, *fake.Reply) {
		reply := refusal(status, code, reason)
		return nil, &reply
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(kind) != "application/json" {
		return refused(http.StatusUnsupportedMediaType, "content_type", "application/json only")
	}
	var in body
	if err := json.Unmarshal(r.Body, &in); err != nil {
		return refused(http.StatusBadRequest, "json", err.Error())
	}
	b := &batch{sync: in.Sync, rows: in.Rows}
	named := 0
	for kind, name := range map[Kind]string{Object: in.Object, Audience: in.Audience, Event: in.Event} {
		if name != "" {
			b.stream = stream{kind, name}
			named++
		}
	}
	if named != 1 {
		return refused(http.StatusBadRequest, "body", "exactly one of object, audience and event is wanted")
	}
	for i := range b.rows {
		if problem := b.rows[i].check(b.stream.kind); problem != "" {
			return refused(http.StatusBadRequest, "row", "row "+strconv.Itoa(i)+": "+problem)
		}
	}
	return b, nil
}

func (r *row) check(kind Kind) string {
	object := func(raw json.RawMessage) bool { return len(raw) == 0 || raw[0] == '{' || string(raw) == "null" }
	switch {
	case r.RowID == "":
		return "row_id is missing"
	case !slices.Contains([]string{"add", "change", "remove", "rekey"}, r.Op):
		return "op is none of add, change, remove, rekey"
	case kind == Event && r.Op != "add":
		return "an event can only be added"
	case r.Idempotency == "":
		return "idempotency_key is missing"
	case r.Op == "rekey" && r.OldKey == "":
		return "a rekey wants old_key"
	case !object(r.Fields) || !object(r.Match):
		return "fields and match are objects"
	}
	return ""
}
