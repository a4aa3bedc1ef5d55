package webhook

import "encoding/json"

// Row is a copy of what a receiver holds of one row.
type Row struct {
	RowID      string         `json:"row_id"`
	Sync       string         `json:"sync"`
	Op         string         `json:"op"` // the last one
	Fields     map[string]any `json:"fields"`
	Match      map[string]any `json:"match,omitempty"`
	Sends      int64          `json:"sends"`
	Duplicates int64          `json:"duplicates"`
}

// Stream is what the admin pages show of one object, audience or event.
type Stream struct {
	Kind  Kind           `json:"kind"`
	Name  string         `json:"name"`
	Total int            `json:"total"`
	Rows  map[string]Row `json:"rows"`
}

// Receiver is what the admin pages show of one receiver.
type Receiver struct {
	Streams         []Stream `json:"streams"`
	RepeatedBatches int64    `json:"repeated_batches"`
}

func (k *kept) copy() Row {
	r := Row{RowID: k.rowID, Sync: k.sync, Op: k.op, Sends: k.sends, Duplicates: k.duplicates}
	for _, part := range []struct {
		raw json.RawMessage
		to  *map[string]any
	}{{k.fields, &r.Fields}, {k.match, &r.Match}} {
		if len(part.raw) > 0 {
			_ = json.Unmarshal(part.raw, part.to) // it was decoded when it came
		}
	}
	return r
}

// State copies every receiver.
func (f *Fake) State(limit int) any {
	out := map[string]Receiver{}
	for name, r := range f.receivers {
		shown := Receiver{Streams: []Stream{}, RepeatedBatches: r.repeated}
		for _, s := range r.sortedStreams() {
			shown.Streams = append(shown.Streams, Stream{
				Kind: s.kind, Name: s.name, Total: len(r.streams[s]), Rows: copyRows(r.streams[s], limit),
			})
		}
		out[name] = shown
	}
	return out
}

func copyRows(rows map[string]*kept, limit int) map[string]Row {
	out := map[string]Row{}
	for key, k := range rows {
		if limit > 0 && len(out) == limit {
			break
		}
		out[key] = k.copy()
	}
	return out
}

// Rows copies the rows of an object, an audience or an event of one receiver: by key, or by row_id where there is none;
// events by idempotency key.
func (f *Fake) Rows(receiver string, kind Kind, name string) map[string]Row {
	r, ok := f.receivers[receiver]
	if !ok {
		return map[string]Row{}
	}
	return copyRows(r.streams[stream{kind, name}], 0)
}

// RepeatedBatches counts the batches that came again under their idempotency key.
func (f *Fake) RepeatedBatches(receiver string) int64 {
	if r, ok := f.receivers[receiver]; ok {
		return r.repeated
	}
	return 0
}
