package webhook

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/kithdata/kith/internal/destination"
)

// How much of an answer is read: in all, of its results, and held at once.
const (
	maxRead    = 64 << 20
	maxResults = 8 << 20 // some 800 bytes for each of 10,000 rows
	maxHeld    = 1 << 20
)

var errLong = errors.New("the answer is longer than kith reads")

// members reads a JSON object in which the value of each member but the results is 0: whoever
// answers all that was sent is read without being held. Of what is left out only strings and
// brackets are looked at.
type members struct {
	from *bufio.Reader
	left int // bytes that may be read

	depth   int
	text    bool // within a string
	escaped bool // behind a backslash in it
	value   bool // within the value of a member
	keep    bool // which is the results
	zero    bool // is to be read next
	name    []byte
}

func (m *members) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if m.zero {
			m.zero = false
			p[n] = '0'
			n++
			continue
		}
		if m.left == 0 {
			return n, errLong
		}
		if _, err := m.from.Peek(1); err != nil {
			return n, err
		}
		there, _ := m.from.Peek(min(m.from.Buffered(), m.left))
		i := 0
		for i < len(there) && n < len(p) && !m.zero {
			if skipped := m.skips(there[i:]); skipped > 0 {
				i += skipped
				continue
			}
			if m.takes(there[i]) {
				p[n] = there[i]
				n++
			}
			i++
		}
		_, _ = m.from.Discard(i)
		m.left -= i
	}
	return n, nil
}

// skips is how many of the bytes are within a text that is left out, and neither end it nor
// escape something.
func (m *members) skips(b []byte) int {
	if !m.text || m.escaped || !m.value || m.keep {
		return 0
	}
	if i := bytes.IndexByte(b, '"'); i >= 0 {
		b = b[:i]
	}
	if i := bytes.IndexByte(b, '\\'); i >= 0 {
		b = b[:i]
	}
	return len(b)
}

// takes reports whether a byte is read, and not one of a value that is left out.
func (m *members) takes(c byte) bool {
	const longest = 64 // of the names that may be the one
	out := m.value && !m.keep
	top := m.depth == 1 && !m.value
	if top && m.text && len(m.name) < longest {
		m.name = append(m.name, c)
	}
	switch {
	case m.escaped:
		m.escaped = false
	case m.text && c == '\\':
		m.escaped = true
	case c == '"':
		if m.text = !m.text; m.text && top {
			m.name = append(m.name[:0], c)
		}
	case m.text:
	case c == '{', c == '[':
		m.depth++
	case c == '}', c == ']':
		if m.depth--; m.depth == 0 {
			m.value, out = false, false
		}
	case c == ',' && m.depth == 1:
		m.value, out = false, false
	case c == ':' && top:
		var name string
		m.keep = json.Unmarshal(m.name, &name) == nil && strings.EqualFold(name, "results")
		m.value, m.zero = true, !m.keep
	}
	return !out
}

// window is what a decoder reads members through: it may not hold more than maxHeld of them.
type window struct {
	from *members
	dec  *json.Decoder
	read int64
}

func (w *window) Read(p []byte) (int, error) {
	if w.read-w.dec.InputOffset() > maxHeld {
		return 0, errLong
	}
	n, err := w.from.Read(p[:min(len(p), 32<<10)])
	w.read += int64(n)
	return n, err
}

// eachResult calls f with the results of an answer, in order. The error is errLong, or
// *destination.Uncertain; listed says that there is a list of results.
func eachResult(from *bufio.Reader, f func(rowAnswer)) (listed bool, err error) {
	in := &window{from: &members{from: from, left: maxRead}}
	dec := json.NewDecoder(in)
	in.dec = dec
	broken := func(err error) error {
		if errors.Is(err, errLong) {
			return errLong
		}
		return &destination.Uncertain{Status: 200, Reason: "the answer is not whole"}
	}
	undocumented := &destination.Uncertain{Status: 200, Reason: "the results of the answer are not as documented"}
	if _, err = dec.Token(); err != nil { // {
		return false, broken(err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return listed, broken(err)
		}
		value, err := dec.Token()
		switch s, _ := name.(string); {
		case err != nil:
			return listed, broken(err)
		case !strings.EqualFold(s, "results"), value == nil:
			continue
		case value != json.Delim('['):
			return listed, undocumented
		}
		listed = true
		for begin := dec.InputOffset(); dec.More(); {
			var r rowAnswer
			var syntax *json.SyntaxError
			switch err := dec.Decode(&r); {
			case err == nil && dec.InputOffset()-begin > maxResults:
				return listed, errLong
			case err == nil:
				f(r)
			case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errLong):
				return listed, broken(err)
			default:
				return listed, undocumented
			}
		}
		if _, err = dec.Token(); err != nil { // ]
			return listed, broken(err)
		}
	}
	if _, err = dec.Token(); err != nil { // }
		return listed, broken(err)
	}
	if _, err = dec.Token(); !errors.Is(err, io.EOF) {
		return listed, broken(err)
	}
	return listed, nil
}
