package webhook

import (
	"encoding/json"
	"net/http"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// result answers for one row.
type result struct {
	RowID    string `json:"row_id"`
	Status   string `json:"status"` // delivered rejected deferred skipped
	Code     string `json:"code,omitempty"`
	Reason   string `json:"reason,omitempty"`
	RemoteID string `json:"remote_id,omitempty"`
}

// receive applies a batch. The signature is checked before the body is judged.
func (f *Fake) receive(tx *fake.Tx, name string, r fake.Request, b *batch, problem *fake.Reply) fake.Reply {
	cfg := f.configs[name].withDefaults()
	if cfg.Secret != "" {
		if wrong := signed(r.Header.Get(cfg.SignatureHeader), cfg.Secret, r.Body, tx.Now); wrong != "" {
			return refusal(http.StatusUnauthorized, "signature", wrong)
		}
	}
	if problem != nil {
		return *problem
	}
	key := r.Header.Get(cfg.IdempotencyHeader)
	if key == "" {
		return refusal(http.StatusBadRequest, "idempotency_key", "the header "+cfg.IdempotencyHeader+" is missing")
	}
	to := f.receiver(name)
	to.remember(key)
	encBatch(tx, to, key)

	reply := fake.Reply{Status: http.StatusOK}
	results := make([]result, 0, len(b.rows))
	for i := range b.rows {
		in := &b.rows[i]
		if cfg.rejects(in.identity()) {
			reply.Rejected++
			results = append(results, result{RowID: in.RowID, Status: "rejected", Code: "refused", Reason: "the receiver refuses this row"})
			continue
		}
		res, duplicate := f.apply(tx, to, b, in)
		if duplicate {
			reply.Duplicates++
		}
		reply.Rows++
		results = append(results, res)
	}
	if cfg.Results || reply.Rejected > 0 {
		reply.Header = fake.JSON()
		reply.Body = fake.Marshal(map[string]any{"results": results})
	}
	return reply
}

// apply takes one row. A row that comes again under the idempotency key of its last send is counted and changes nothing.
// For an event that holds for ever; a record may go back to a value that it had, under the key that it had then.
func (f *Fake) apply(tx *fake.Tx, to *receiver, b *batch, in *row) (result, bool) {
	key := in.identity()
	if b.stream.kind == Event {
		key = in.Idempotency
	}
	old := to.stream(b.stream)[key]
	res := result{RowID: in.RowID, Status: "delivered", RemoteID: key}
	if old != nil && old.idempotency == in.Idempotency {
		again := *old
		again.sends++
		again.duplicates++
		to.put(tx, b.stream, key, &again)
		return res, true
	}
	if in.Op == "remove" && in.Action != "set" {
		if old == nil {
			return result{RowID: in.RowID, Status: "skipped", Code: "not_found"}, false
		}
		to.remove(tx, b.stream, key)
		return res, false
	}
	if in.Op == "rekey" && in.OldKey != key {
		if moved := to.stream(b.stream)[in.OldKey]; moved != nil {
			to.remove(tx, b.stream, in.OldKey)
			old = moved
		}
	}
	next := &kept{
		rowID: in.RowID, sync: f.intern([]byte(b.sync)), op: f.intern([]byte(in.Op)), idempotency: in.Idempotency, sends: 1,
		fields: in.Fields, match: in.Match,
	}
	if old != nil {
		next.sends, next.duplicates = old.sends+1, old.duplicates
		if in.Op != "add" {
			next.fields = mergeObjects(old.fields, in.Fields)
			next.match = mergeObjects(old.match, in.Match)
		}
	}
	to.put(tx, b.stream, key, next)
	return res, false
}

// mergeObjects lays the members of change over those of old; null is a value like every other.
func mergeObjects(old, change json.RawMessage) json.RawMessage {
	if len(old) == 0 || string(old) == "null" {
		return change
	}
	if len(change) == 0 || string(change) == "null" {
		return old
	}
	all := map[string]json.RawMessage{}
	for _, raw := range []json.RawMessage{old, change} {
		// Both have been part of a body that was decoded: they are objects.
		_ = json.Unmarshal(raw, &all)
	}
	return fake.Marshal(all)
}
