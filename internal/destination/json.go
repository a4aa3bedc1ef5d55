package destination

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends a JSON string. Bytes that are not UTF-8 become U+FFFD, as
// RFC 8259 section 8.1 wants UTF-8; U+2028 and U+2029 are escaped for readers that
// take JSON for JavaScript.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= ' ' && b != '"' && b != '\\' && b < utf8.RuneSelf {
			i++
			continue
		}
		if b < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch b {
			case '"', '\\':
				dst = append(dst, '\\', b)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&0xF])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
		case r == '\u2028' || r == '\u2029':
			dst = append(append(dst, s[start:i]...), '\\', 'u', '2', '0', '2', hexDigits[r&0xF])
		default:
			i += size
			continue
		}
		i += size
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// AppendObject appends a JSON object that the warehouse made, on one line and in
// UTF-8; none is {}. The object is taken as it is, numbers and order included.
func AppendObject(dst []byte, raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return append(dst, '{', '}')
	}
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	if bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\r') >= 0 {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			raw = b.Bytes()
		}
	}
	return append(dst, raw...)
}

var errObject = errors.New("the fields of the row are not a JSON object")

// EachField calls f with the name and the raw value of each member of a JSON
// object, in order. It trusts the warehouse to have written JSON: it finds where
// values end and does not check their grammar. An empty text has no members.
func EachField(raw []byte, f func(name string, value json.RawMessage) error) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil
	}
	if raw[0] != '{' || raw[len(raw)-1] != '}' {
		return errObject
	}
	i := space(raw, 1)
	for raw[i] != '}' {
		end := skipValue(raw, i)
		if raw[i] != '"' || end < 0 {
			return errObject
		}
		name, err := Text(raw[i:end])
		if err != nil {
			return errObject
		}
		if i = space(raw, end); raw[i] != ':' {
			return errObject
		}
		i = space(raw, i+1)
		if end = skipValue(raw, i); end < 0 {
			return errObject
		}
		if err := f(name, json.RawMessage(raw[i:end])); err != nil {
			return err
		}
		if i = space(raw, end); raw[i] == ',' {
			i = space(raw, i+1)
		} else if raw[i] != '}' {
			return errObject
		}
	}
	if i != len(raw)-1 {
		return errObject
	}
	return nil
}

// Text is the text of a raw JSON string.
func Text(raw json.RawMessage) (string, error) {
	if n := len(raw); n >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : n-1]), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// Elements are the raw elements of a JSON array.
func Elements(raw json.RawMessage) ([]json.RawMessage, error) {
	var out []json.RawMessage
	err := json.Unmarshal(raw, &out)
	return out, err
}

// Time reads a timestamp as the warehouse writes it; false for another text.
func Time(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05.999999", time.RFC3339Nano, "2006-01-02T15:04:05.999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ISOTime is a timestamp of the warehouse in ISO 8601, in UTC; a text of another
// form stays as it is, for the vendor to judge.
func ISOTime(s string) string {
	if t, ok := Time(s); ok {
		return t.Format(time.RFC3339Nano)
	}
	return s
}

// space returns the index of the next byte that is no white space; the last byte
// of raw is a brace, so there is one.
func space(raw []byte, i int) int {
	for i < len(raw)-1 && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return min(i, len(raw)-1)
}

// skipValue returns the index after the value that begins at i, or -1.
func skipValue(raw []byte, i int) int {
	depth, start := 0, i
	for i < len(raw) {
		switch raw[i] {
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			if i >= len(raw) {
				return -1
			}
			i++
		case '{', '[':
			depth++
			i++
		case '}', ']', ',':
			if depth == 0 { // a number or a word ended here
				if i == start {
					return -1
				}
				return i
			}
			if raw[i] != ',' {
				depth--
			}
			i++
		case ' ', '\n', '\t', '\r', ':':
			if depth == 0 && i > start {
				return i
			}
			i++
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}
