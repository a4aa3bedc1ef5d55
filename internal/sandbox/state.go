package sandbox

import (
	"encoding/json"
	"fmt"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// core is the name of the sandbox's own operations in the journal.
const core = ""

// A code is never reused for another meaning.
const (
	opRequest byte = 1 // a request, and the faults that it met
	opFaults  byte = 2 // the script of faults
	opCounter byte = 3 // snapshot only: a counter
	opLogged  byte = 4 // snapshot only: a request of the log, counted already
	opSeq     byte = 5 // the number of the last request
)

// chunk is about how large a record of a snapshot becomes.
const chunk = 1 << 20

// apply repeats one record of the journal.
func (s *Sandbox) apply(record []byte) error {
	d := fake.NewDec(record)
	for d.More() {
		name, code := d.Str(), d.Code()
		if name == core {
			if err := s.applyCore(code, d); err != nil {
				return err
			}
			continue
		}
		f, ok := s.fake(name)
		if !ok {
			return fmt.Errorf("state of %q, which this version does not know", name)
		}
		if err := f.Apply(code, d); err != nil {
			return err
		}
	}
	return d.Err()
}

func (s *Sandbox) applyCore(code byte, d *fake.Dec) error {
	switch code {
	case opRequest:
		r := decRecorded(d)
		met := make([]int64, 0, 4)
		for n := d.Int(); n > 0 && d.Err() == nil; n-- {
			met = append(met, d.Int())
		}
		fired := d.Int()
		if d.Err() == nil {
			s.note(r)
			s.faults.met(met, fired)
		}
	case opFaults:
		var fs []Fault
		if err := json.Unmarshal(d.Raw(), &fs); err != nil {
			return err
		}
		return s.faults.set(fs)
	case opCounter:
		c := decCounter(d)
		s.counters[c.counterKey] = &c
	case opLogged:
		s.log.add(decRecorded(d))
	case opSeq:
		s.seq = d.Int()
	default:
		return fmt.Errorf("unknown operation %d", code)
	}
	return d.Err()
}

// note counts and logs a request.
func (s *Sandbox) note(r Recorded) {
	s.seq = max(s.seq, r.Seq)
	s.log.add(r)
	key := r.key()
	c, ok := s.counters[key]
	if !ok {
		c = &Counter{counterKey: key}
		s.counters[key] = c
	}
	c.add(r)
}

// compact begins a new generation of the journal when most of it is history.
func (s *Sandbox) compact(*fake.Tx) error {
	size, base := s.journal.Sizes()
	if size < s.opts.CompactAt || size < 4*base {
		return nil
	}
	return s.journal.Replace(s.snapshot)
}

func (s *Sandbox) snapshot(emit func([]byte) error) error {
	tx := s.newTx()
	send := func(least int) error {
		if n := len(tx.Record()); n == 0 || n < least {
			return nil
		}
		err := emit(tx.Record())
		tx.Clear()
		return err
	}
	flush := func() error { return send(chunk) }
	encFaults(tx, s.faults.list())
	for _, c := range s.counters {
		encCounter(tx, *c)
	}
	for _, r := range s.log.all() {
		tx.Op(core, opLogged)
		encRecorded(tx, r)
	}
	encSeq(tx, s.seq)
	for _, name := range fakeNames() {
		f, _ := s.fake(name)
		if err := f.Snapshot(tx, flush); err != nil {
			return err
		}
	}
	return send(0)
}

func encSeq(tx *fake.Tx, seq int64) {
	tx.Op(core, opSeq)
	tx.Int(seq)
}

// Reset empties the state for every process that shares it; faults are forgotten too, numbers of requests go on.
func (s *Sandbox) Reset() error {
	return s.locked(func(tx *fake.Tx) error {
		seq := s.seq
		s.reset()
		s.seq = seq
		encSeq(tx, seq)
		if err := s.bodies.clear(); err != nil {
			return err
		}
		if s.journal == nil {
			return nil
		}
		err := s.journal.Replace(func(emit func([]byte) error) error { return emit(tx.Record()) })
		tx.Clear()
		return err
	})
}
