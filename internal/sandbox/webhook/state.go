package webhook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// keptBatches is how many idempotency keys of batches a receiver remembers.
const keptBatches = 1024

// receiver is what one /webhook/<name> has received.
type receiver struct {
	name     string
	streams  map[stream]map[string]*kept // by key; of events by idempotency key
	batches  map[string]bool
	order    []string // of batches, oldest first
	repeated int64    // batches that came again under their idempotency key
}

// kept is the state of one row. It is replaced, never changed in place.
type kept struct {
	rowID, sync, op string
	idempotency     string // of the last send
	sends           int64  // how often it was sent, duplicates included
	duplicates      int64  // how often the last send came again
	fields, match   json.RawMessage
}

// The operations of the journal. A code is never reused for another meaning.
const (
	opPut    byte = 1
	opDelete byte = 2
	opBatch  byte = 3
	opRepeat byte = 4
)

func newReceiver(name string) *receiver {
	return &receiver{name: name, streams: map[stream]map[string]*kept{}, batches: map[string]bool{}}
}

func (f *Fake) receiver(name string) *receiver {
	r, ok := f.receivers[name]
	if !ok {
		r = newReceiver(name)
		f.receivers[name] = r
	}
	return r
}

func (r *receiver) stream(s stream) map[string]*kept {
	rows, ok := r.streams[s]
	if !ok {
		rows = map[string]*kept{}
		r.streams[s] = rows
	}
	return rows
}

func (r *receiver) put(tx *fake.Tx, s stream, key string, k *kept) {
	r.stream(s)[key] = k
	encPut(tx, r, s, key, k)
}

func (r *receiver) remove(tx *fake.Tx, s stream, key string) {
	delete(r.stream(s), key)
	tx.Op(Name, opDelete)
	r.head(tx, s)
	tx.Str(key)
}

func (r *receiver) head(tx *fake.Tx, s stream) {
	tx.Str(r.name)
	tx.Str(string(s.kind))
	tx.Str(s.name)
}

func encPut(tx *fake.Tx, r *receiver, s stream, key string, k *kept) {
	tx.Op(Name, opPut)
	r.head(tx, s)
	tx.Str(key)
	tx.Str(k.rowID)
	tx.Str(k.sync)
	tx.Str(k.op)
	tx.Str(k.idempotency)
	tx.Int(k.sends)
	tx.Int(k.duplicates)
	tx.Bytes(k.fields)
	tx.Bytes(k.match)
}

// remember notes a batch's idempotency key and says whether it came before.
func (r *receiver) remember(key string) (again bool) {
	if r.batches[key] {
		r.repeated++
		return true
	}
	r.batches[key] = true
	r.order = append(r.order, key)
	if len(r.order) > keptBatches {
		delete(r.batches, r.order[0])
		r.order = r.order[1:]
	}
	return false
}

func encBatch(tx *fake.Tx, r *receiver, key string) {
	tx.Op(Name, opBatch)
	tx.Str(r.name)
	tx.Str(key)
}

// Apply repeats an operation.
func (f *Fake) Apply(code byte, d *fake.Dec) error {
	r := f.receiver(d.Str())
	switch code {
	case opPut:
		s := stream{Kind(f.intern(d.Raw())), f.intern(d.Raw())}
		key := d.Str()
		k := &kept{
			rowID: d.Str(), sync: f.intern(d.Raw()), op: f.intern(d.Raw()), idempotency: d.Str(),
			sends: d.Int(), duplicates: d.Int(), fields: d.Bytes(), match: d.Bytes(),
		}
		if d.Err() == nil {
			r.stream(s)[key] = k
		}
	case opDelete:
		s := stream{Kind(d.Str()), d.Str()}
		delete(r.stream(s), d.Str())
	case opBatch:
		r.remember(d.Str())
	case opRepeat:
		r.repeated = d.Int()
	default:
		return fmt.Errorf("unknown operation %d of %s", code, Name)
	}
	return d.Err()
}

func (f *Fake) intern(b []byte) string {
	if s, ok := f.names[string(b)]; ok {
		return s
	}
	s := string(b)
	f.names[s] = s
	return s
}

// Snapshot writes every receiver.
func (f *Fake) Snapshot(tx *fake.Tx, flush func() error) error {
	for _, name := range slices.Sorted(maps.Keys(f.receivers)) {
		r := f.receivers[name]
		for _, key := range r.order {
			encBatch(tx, r, key)
		}
		tx.Op(Name, opRepeat)
		tx.Str(r.name)
		tx.Int(r.repeated)
		for _, s := range r.sortedStreams() {
			for key, k := range r.streams[s] {
				encPut(tx, r, s, key, k)
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

func (r *receiver) sortedStreams() []stream {
	return slices.SortedFunc(maps.Keys(r.streams), func(a, b stream) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
}
