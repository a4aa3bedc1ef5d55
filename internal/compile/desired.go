package compile

import (
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// desired is the SELECT of what a sync wants at its destination: __kith_id,
// __kith_key, __kith_f0.., __kith_match, __kith_at.
type desired struct {
	sql     string
	columns []string // __kith_f0 ..
	fields  []*cdp.SyncField
	hash    string
	earlier []hashColumn
	costly  bool
	expired string // of an event: too old to be sent
}

// object lists the fields as JSON, read below a prefix.
func (w desired) object(prefix string) []cdp.JSONField {
	out := make([]cdp.JSONField, len(w.fields))
	for i, f := range w.fields {
		out[i] = cdp.JSONField{Name: f.Remote, Expr: prefix + w.columns[i], Type: f.Type, Null: f.Clear}
	}
	return out
}

// operands are the fields as values, read below a prefix.
func (w desired) operands(prefix string) []cdp.Operand {
	out := make([]cdp.Operand, len(w.fields))
	for i, f := range w.fields {
		out[i] = cdp.Operand{Expr: prefix + w.columns[i], Type: f.Type}
	}
	return out
}

func (c *Compiler) desired(s *cdp.Sync, spec cdp.DestinationSpec, remote cdp.RemoteSpec, in DiffInput) desired {
	var w desired
	for i := range s.Fields {
		w.columns = append(w.columns, fmt.Sprintf("__kith_f%d", i))
	}
	w.fields = s.Fields
	values := hashed(s, remote, w)
	if s.Kind == cdp.EventTo {
		values = []cdp.Operand{{Expr: "__kith_id", Type: textType}}
	}
	w.hash, w.earlier = c.hash.Row(values...), c.hashColumns(in.Earlier, values)
	if s.Entity == nil {
		w.sql = c.desiredFromSource(s, remote, in)
	} else {
		w.sql, w.costly = c.desiredFromEntity(s, spec, remote, in)
	}
	if s.Kind == cdp.EventTo {
		w.expired = c.expired(s, remote)
	}
	return w
}

// hashed are the columns whose change is a change of the row: the remote key, unless
// it is the row's own id, what people are matched by, and the fields.
func hashed(s *cdp.Sync, remote cdp.RemoteSpec, w desired) []cdp.Operand {
	var list []cdp.Operand
	if !KeyIsID(s, remote) {
		list = append(list, cdp.Operand{Expr: "__kith_key", Type: textType})
	}
	if len(s.Match) > 0 || len(w.columns) == 0 {
		list = append(list, cdp.Operand{Expr: "__kith_match", Type: textType})
	}
	return append(list, w.operands("")...)
}

// KeyIsID says that the remote key of a sync is its source's own key: it is unique
// as that is, no other row can hold it, and it changes with the row's id only.
func KeyIsID(s *cdp.Sync, remote cdp.RemoteSpec) bool {
	return s.Source != nil && len(s.Source.Key) == 1 && s.Key != nil && s.Key.Kind == cdp.FieldColumn && s.Key.Column == s.Source.Key[0] &&
		remote.Fold(s.Key.Remote) == cdp.FoldNone
}

// desiredFromSource reads one source and nothing else.
func (c *Compiler) desiredFromSource(s *cdp.Sync, spec cdp.RemoteSpec, in DiffInput) string {
	src := s.Source
	sc := c.sourceScope(src)
	id, key := c.sourceID(src), c.syncKey(s, spec, sc)
	if s.Kind == cdp.EventTo {
		id = key // an event is its key
	}
	list := []string{id + " AS __kith_id", key + " AS __kith_key"}
	for i, f := range s.Fields {
		list = append(list, c.field(f, sc)+fmt.Sprintf(" AS __kith_f%d", i))
	}
	list = append(list, "'' AS __kith_match", c.at(s)+" AS __kith_at")
	conds := c.eventConditions(s, in)
	if s.Where != nil {
		conds = append(conds, c.predicate(s.Where, sc))
	}
	where := ""
	if len(conds) > 0 {
		where = "\nWHERE " + strings.Join(conds, " AND ")
	}
	return "SELECT " + strings.Join(list, ",\n  ") + "\nFROM (\n" + c.sourceAs(src, describe(in.Physical), c.columnsOf(s)...) + "\n) AS __kith_s" + where
}

// sourceID is the row id of a source's row: its key, or null when a part is null.
func (c *Compiler) sourceID(s *cdp.Source) string {
	texts := make([]string, len(s.Key))
	for i, k := range s.Key {
		texts[i] = c.d.Text(c.row(k), s.Column(k).Type)
	}
	return c.d.RowID(texts)
}

// syncKey is the remote key in canonical text, as the destination compares it. A
// sync without a key (matched) uses its row id.
func (c *Compiler) syncKey(s *cdp.Sync, spec cdp.RemoteSpec, sc scope) string {
	if s.Key == nil {
		return c.sourceID(s.Source)
	}
	text := c.d.Text(c.field(s.Key, sc), s.Key.Type)
	return c.d.NullIfEmpty(c.d.Fold(text, spec.Fold(s.Key.Remote)))
}

func (c *Compiler) at(s *cdp.Sync) string {
	if s.Source != nil && s.Source.Timestamp != "" {
		return c.moment(c.row(s.Source.Timestamp), s.Source.Column(s.Source.Timestamp).Type)
	}
	return c.d.Literal(cdp.Value{Type: cdp.Type{Kind: cdp.Timestamp}, Null: true})
}

// field is the canonical value of a mapped field.
func (c *Compiler) field(f *cdp.SyncField, sc scope) string {
	switch f.Kind {
	case cdp.FieldColumn:
		return sc.column(f.Column)
	case cdp.FieldTrait:
		return sc.trait(f.Trait)
	case cdp.FieldRelation:
		return sc.related(f)
	case cdp.FieldValue:
		return c.d.Cast(c.d.Literal(f.Value), f.Type)
	case cdp.FieldSegment:
		return c.d.Cast(sc.segment(f.Segment), f.Type)
	case cdp.FieldSQL:
		return c.d.Cast(c.fragment(f.SQL), f.Type)
	}
	panic("field " + string(f.Kind) + " has no SQL")
}

// columnsOf are the columns of the source that a sync reads; none means all, which
// is also what a fragment of SQL needs.
func (c *Compiler) columnsOf(s *cdp.Sync) []string {
	var names []string
	fields := s.Fields
	if s.Key != nil {
		fields = append([]*cdp.SyncField{s.Key}, fields...)
	}
	for _, f := range fields {
		if f.Kind == cdp.FieldSQL {
			return nil
		}
		if f.Kind == cdp.FieldColumn {
			names = append(names, f.Column)
		}
	}
	names = append(names, s.Source.Key...)
	if s.Source.Timestamp != "" {
		names = append(names, s.Source.Timestamp)
	}
	if s.Where != nil {
		cols, ok := predicateColumns(s.Where)
		if !ok {
			return nil
		}
		names = append(names, cols...)
	}
	return names
}

// predicateColumns are the columns that a predicate reads; false when SQL in it may
// read any.
func predicateColumns(p *cdp.Predicate) (names []string, ok bool) {
	if p.Kind == cdp.SQLTest {
		return nil, false
	}
	if p.Kind == cdp.ColumnTestOf {
		names = append(names, p.Column)
	}
	for _, q := range p.Of {
		more, ok := predicateColumns(q)
		if !ok {
			return nil, false
		}
		names = append(names, more...)
	}
	return names, true
}
