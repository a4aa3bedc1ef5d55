package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const (
	maxBody     = 32 << 20 // of a request; more is answered with 413
	maxKept     = 8 << 20  // of what is kept of one request
	maxKeptRAM  = 64 << 20 // of what is kept of all requests, in memory
	bodiesField = 4
)

// bodyStore keeps headers and bodies of the most recent requests. It is used under the sandbox's lock.
type bodyStore interface {
	put(seq int64, exchange []byte) error
	get(seq int64) []byte // nil if it is not known any more
	clear() error
}

// encExchange writes what a store keeps of a request.
func encExchange(r Recorded) []byte {
	tx := &fake.Tx{}
	tx.Int(r.Seq)
	tx.Int(bodiesField)
	for _, part := range [][]byte{fake.Marshal(r.Header), r.Body, fake.Marshal(r.ResponseHeader), r.ResponseBody} {
		tx.Bytes(part)
	}
	return tx.Record()
}

// fill adds to r what the store kept, if it is r's and complete.
func fill(r *Recorded, exchange []byte) {
	d := fake.NewDec(exchange)
	if d.Int() != r.Seq || d.Int() != bodiesField {
		return
	}
	header, body, responseHeader, responseBody := d.Raw(), d.Bytes(), d.Raw(), d.Bytes()
	var in, out http.Header
	if d.Err() != nil || json.Unmarshal(header, &in) != nil || json.Unmarshal(responseHeader, &out) != nil {
		return
	}
	r.Kept, r.Header, r.Body, r.ResponseHeader, r.ResponseBody = true, in, body, out, responseBody
}

type memoryBodies struct {
	most  int
	size  int
	order []int64
	items map[int64][]byte
}

func (m *memoryBodies) put(seq int64, exchange []byte) error {
	if m.items == nil {
		m.items = map[int64][]byte{}
	}
	m.items[seq] = exchange
	m.order = append(m.order, seq)
	for m.size += len(exchange); len(m.order) > m.most || m.size > maxKeptRAM; m.order = m.order[1:] {
		m.size -= len(m.items[m.order[0]])
		delete(m.items, m.order[0])
	}
	return nil
}

func (m *memoryBodies) get(seq int64) []byte { return m.items[seq] }

func (m *memoryBodies) clear() error {
	*m = memoryBodies{most: m.most}
	return nil
}

// fileBodies has one file for each of the most recent requests, overwritten in turn: the disk is bounded and a process
// can read what another one served. A file that a killed process left half written does not decode and is not shown.
type fileBodies struct {
	dir  string
	most int64
}

func (f fileBodies) path(seq int64) string {
	return filepath.Join(f.dir, fmt.Sprintf("%05d", seq%f.most))
}

func (f fileBodies) put(seq int64, exchange []byte) error {
	err := os.WriteFile(f.path(seq), exchange, 0o600)
	if os.IsNotExist(err) {
		if err := os.MkdirAll(f.dir, 0o700); err != nil {
			return err
		}
		err = os.WriteFile(f.path(seq), exchange, 0o600)
	}
	return err
}

func (f fileBodies) get(seq int64) []byte {
	exchange, err := os.ReadFile(f.path(seq))
	if err != nil {
		return nil
	}
	return exchange
}

func (f fileBodies) clear() error { return os.RemoveAll(f.dir) }
