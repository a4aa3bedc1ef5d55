package fake

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrDamaged means that an operation does not read as it was written.
var ErrDamaged = errors.New("damaged operation")

// Op begins an operation of the named fake; the fields follow in the order in which Apply reads them.
func (t *Tx) Op(fake string, code byte) {
	t.Str(fake)
	t.buf = append(t.buf, code)
}

// Str writes a string.
func (t *Tx) Str(s string) {
	t.buf = binary.AppendUvarint(t.buf, uint64(len(s)))
	t.buf = append(t.buf, s...)
}

// Bytes writes bytes.
func (t *Tx) Bytes(b []byte) {
	t.buf = binary.AppendUvarint(t.buf, uint64(len(b)))
	t.buf = append(t.buf, b...)
}

// Int writes a number.
func (t *Tx) Int(n int64) { t.buf = binary.AppendVarint(t.buf, n) }

// Bool writes a truth value.
func (t *Tx) Bool(b bool) {
	if b {
		t.Int(1)
		return
	}
	t.Int(0)
}

// Time writes an instant to the nanosecond; the zero time stays zero.
func (t *Tx) Time(at time.Time) {
	if at.IsZero() {
		t.Int(0)
		return
	}
	t.Int(at.UnixNano())
}

// Dec reads a record. After the first error everything reads as zero and Err says so.
type Dec struct {
	buf []byte
	err error
}

// NewDec reads record.
func NewDec(record []byte) *Dec { return &Dec{buf: record} }

// More says whether another operation follows.
func (d *Dec) More() bool { return d.err == nil && len(d.buf) > 0 }

// Err is the first error.
func (d *Dec) Err() error { return d.err }

// Raw reads bytes that alias the record: copy what is kept.
func (d *Dec) Raw() []byte {
	n, size := binary.Uvarint(d.buf)
	if size <= 0 || n > uint64(len(d.buf)-size) {
		d.fail()
		return nil
	}
	b := d.buf[size : size+int(n)]
	d.buf = d.buf[size+int(n):]
	return b
}

// Str reads a string.
func (d *Dec) Str() string { return string(d.Raw()) }

// Bytes reads a copy of bytes; none read as nil.
func (d *Dec) Bytes() []byte { return append([]byte(nil), d.Raw()...) }

// Int reads a number.
func (d *Dec) Int() int64 {
	n, size := binary.Varint(d.buf)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[size:]
	return n
}

// Bool reads a truth value.
func (d *Dec) Bool() bool { return d.Int() != 0 }

// Time reads an instant, in UTC.
func (d *Dec) Time() time.Time {
	n := d.Int()
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// Code reads the code of an operation, after its fake's name.
func (d *Dec) Code() byte {
	if len(d.buf) == 0 {
		d.fail()
		return 0
	}
	c := d.buf[0]
	d.buf = d.buf[1:]
	return c
}

func (d *Dec) fail() {
	d.buf = nil
	if d.err == nil {
		d.err = ErrDamaged
	}
}
