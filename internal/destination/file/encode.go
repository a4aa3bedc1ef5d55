package file

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// encoder appends rows in a format.
type encoder interface {
	header(dst []byte) []byte
	row(dst []byte, r *cdp.Delta) ([]byte, error)
}

func newEncoder(d cdp.Delivery, csv bool) encoder {
	if !csv {
		return jsonl{kind: d.Kind}
	}
	t := &table{kind: d.Kind}
	if d.Kind != cdp.Object {
		t.match = newColumns(d.Match)
	}
	if d.Kind != cdp.Audience {
		var fields []string
		for _, f := range d.Fields {
			fields = append(fields, f.Name)
		}
		t.fields = newColumns(append(fields, d.Set...))
	}
	return t
}

// atLayout is a time as in the warehouse: microseconds, UTC.
const atLayout = "2006-01-02T15:04:05.999999Z07:00"

// jsonl is one JSON object per line.
type jsonl struct{ kind cdp.RemoteKind }

func (jsonl) header(dst []byte) []byte { return dst }

func (e jsonl) row(dst []byte, r *cdp.Delta) ([]byte, error) {
	dst = append(dst, `{"op":"`...)
	dst = append(dst, r.Op.String()...)
	dst = append(dst, '"')
	if r.Op == cdp.Remove {
		dst = destination.AppendString(append(dst, `,"action":`...), string(r.Action))
		dst = destination.AppendString(append(dst, `,"reason":`...), r.Reason.String())
	}
	dst = destination.AppendString(append(dst, `,"row_id":`...), r.RowID)
	dst = destination.AppendString(append(dst, `,"key":`...), r.Key)
	if r.Op == cdp.Rekey {
		dst = destination.AppendString(append(dst, `,"old_key":`...), r.OldKey)
	}
	if e.kind == cdp.EventTo {
		dst = append(dst, `,"at":"`...)
		dst = append(r.At.UTC().AppendFormat(dst, atLayout), '"')
	}
	dst = destination.AppendObject(append(dst, `,"fields":`...), r.Fields)
	if e.kind != cdp.Object && len(r.Match) > 0 {
		dst = destination.AppendObject(append(dst, `,"match":`...), r.Match)
	}
	return append(dst, '}', '\n'), nil
}

// table is CSV as in RFC 4180, with lines that end in a line feed.
type table struct {
	kind          cdp.RemoteKind
	fields, match columns
}

func (t *table) header(dst []byte) []byte {
	dst = append(dst, "op,row_id,key"...)
	for _, f := range t.fields.names {
		dst = appendCell(append(dst, ','), f)
	}
	if t.kind == cdp.EventTo {
		dst = append(dst, ",_at"...)
		for _, m := range t.match.names { // a field may be called like what its rows are matched by
			name := "_match_" + m
			for slices.Contains(t.fields.names, name) {
				name = "_" + name
			}
			dst = appendCell(append(dst, ','), name)
		}
		return append(dst, '\n')
	}
	for _, m := range t.match.names {
		dst = appendCell(append(dst, ','), m)
	}
	return append(dst, ",_action,_reason\n"...)
}

func (t *table) row(dst []byte, r *cdp.Delta) ([]byte, error) {
	dst = append(dst, r.Op.String()...)
	dst = appendCell(append(dst, ','), r.RowID)
	dst = appendCell(append(dst, ','), r.Key)
	var err error
	if t.kind != cdp.Audience {
		if dst, err = t.fields.append(dst, r.Fields); err != nil {
			return dst, err
		}
	}
	if t.kind == cdp.EventTo {
		dst = r.At.UTC().AppendFormat(append(dst, ','), atLayout)
	}
	if t.kind != cdp.Object {
		if dst, err = t.match.append(dst, r.Match); err != nil {
			return dst, err
		}
	}
	if t.kind != cdp.EventTo {
		dst = append(append(dst, ','), r.Action...)
		dst = append(append(dst, ','), r.Reason.String()...)
	}
	return append(dst, '\n'), nil
}

// columns are those of the members of a JSON object.
type columns struct {
	names  []string
	at     map[string]int
	values []json.RawMessage // of the row at hand, by column; nil is absent
}

func newColumns(names []string) columns {
	c := columns{names: names, at: make(map[string]int, len(names)), values: make([]json.RawMessage, len(names))}
	for i, name := range names {
		c.at[name] = i
	}
	return c
}

var errUnmapped = errors.New("a field that the sync does not map: use format jsonl")

// append appends a cell for each column.
func (c *columns) append(dst []byte, raw json.RawMessage) ([]byte, error) {
	clear(c.values)
	next := 0
	err := destination.EachField(raw, func(name string, v json.RawMessage) error {
		for i := next; i < len(c.names); i++ { // in the order of the mapping, some left out
			if c.names[i] == name {
				c.values[i], next = v, i+1
				return nil
			}
		}
		i, ok := c.at[name]
		if !ok {
			return errUnmapped
		}
		c.values[i] = v
		return nil
	})
	if err != nil {
		return dst, err
	}
	for _, v := range c.values {
		dst = append(dst, ',')
		switch {
		case v == nil:
		case string(v) == "null":
			dst = append(dst, `\N`...)
		case v[0] == '"':
			s, err := destination.Text(v)
			if err != nil {
				return dst, err
			}
			if s == "" {
				dst = append(dst, '"', '"')
			} else {
				dst = appendCell(dst, s)
			}
		default:
			dst = appendCell(dst, string(v))
		}
	}
	return dst, nil
}

// appendCell appends a text, in quotes where CSV or the four kinds of nothing need
// them.
func appendCell(dst []byte, s string) []byte {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsAny(s, ",\"\r\n") && s != `\N` && (s == "" || s[0] != ' ' && s[len(s)-1] != ' ') {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, s[:i]...), '"', '"')
		s = s[i+1:]
	}
	return append(append(dst, s...), '"')
}
