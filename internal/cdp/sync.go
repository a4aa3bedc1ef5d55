package cdp

import (
	"slices"
	"time"

	"github.com/kithdata/kith/internal/diag"
)

// Sync is what is sent where.
type Sync struct {
	Item
	Segment *Segment // one of Segment, Entity-only and Source
	Entity  *Entity  // set also with Segment, and with Source where one is named
	Source  *Source
	Where   *Predicate
	Start   *Start
	Window  *Window // within of events

	Destination *DestinationConfig
	Kind        RemoteKind
	Remote      string
	RemoteID    string
	Mode        Mode
	Key         *SyncField
	Fields      []*SyncField
	Match       []*Trait
	Consents    []*Consent
	ConsentNone bool
	ConsentPos  diag.Pos
	Asked       []LinkColumn // what a source's row is sent of that a consent is of by value: it must be granted
	OnRemoved   map[Reason]Removal
	Schedule    *Schedule
	Guards      Guards
	Alerts      *Alerts // nil: nobody is told
	Was         string
	Existing    Existing
	Priority    Priority
	Retention   Retention
}

// AskRow adds to Asked, once.
func (s *Sync) AskRow(c LinkColumn) {
	if !slices.Contains(s.Asked, c) {
		s.Asked = append(s.Asked, c)
	}
}

// Identifiers are the names under which a destination gets the match values of a row, each
// once: several traits may fill one.
func (s *Sync) Identifiers(spec DestinationSpec) []string {
	var names []string
	for _, t := range s.Match {
		if name := spec.Match[t.PII[0]].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// SetOnly are the remote fields that removals set and the mapping does not have, by the
// strongest reason that does.
func (s *Sync) SetOnly() []string {
	var names []string
	for _, r := range Reasons {
		for _, f := range s.OnRemoved[r].Set {
			mapped := slices.ContainsFunc(s.Fields, func(x *SyncField) bool { return x.Remote == f.Remote })
			if !mapped && !slices.Contains(names, f.Remote) {
				names = append(names, f.Remote)
			}
		}
	}
	return names
}

// Existing is what a new row does whose key the destination has already.
type Existing string

// What to do with records from before kith.
const (
	AdoptUnasked Existing = ""      // write over it: it is kith's from then on
	Adopt        Existing = "adopt" // the same, asked for: plan looks how many there are
	SkipExisting Existing = "skip"  // leave it alone for good
)

// LeavesFound reports whether a record that is there before its row is sent stays as it is.
func (s *Sync) LeavesFound() bool { return s.Existing == SkipExisting || s.Mode == Insert }

// Priority is how syncs share the rate of an account; "" is normal.
type Priority string

// The priorities.
const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// Weight is the parts of a shared rate that a priority gets.
func (p Priority) Weight() float64 {
	switch p {
	case High:
		return 4
	case Low:
		return 1
	}
	return 2
}

// Retention is how long the ledger keeps what happened.
type Retention struct {
	Log, Rejections, Runs time.Duration
}

// Or fills in what is not declared.
func (r Retention) Or(rest Retention) Retention {
	for _, x := range []struct {
		to   *time.Duration
		rest time.Duration
	}{{&r.Log, rest.Log}, {&r.Rejections, rest.Rejections}, {&r.Runs, rest.Runs}} {
		if *x.to == 0 {
			*x.to = x.rest
		}
	}
	return r
}

// DefaultRetention holds where nothing is declared.
func DefaultRetention() Retention {
	const day = 24 * time.Hour
	return Retention{Log: 90 * day, Rejections: 365 * day, Runs: 365 * day}
}

// Start is the first moment of the events to send.
type Start struct {
	Now bool // the first run
	At  time.Time
}

// FieldKind says where the value of a field comes from.
type FieldKind string

// The kinds of fields.
const (
	FieldTrait    FieldKind = "trait"
	FieldColumn   FieldKind = "column"
	FieldSegment  FieldKind = "segment"
	FieldValue    FieldKind = "value"
	FieldSQL      FieldKind = "sql"
	FieldRelation FieldKind = "relation"
)

// SyncField maps a value to a remote field.
type SyncField struct {
	Remote   string
	Kind     FieldKind
	Trait    *Trait
	Column   string
	Segment  *Segment
	Value    Value
	SQL      *SQL
	Uses     []*Trait
	Relation *Relation
	Clear    bool // on_null: clear
	Type     Type
	Pos      diag.Pos
}

// Removal is what happens to a removed row.
type Removal struct {
	Action Action
	Set    []SetField
}

// SetField is a constant to set at a removal. Plain says that it is a number or a truth
// value in YAML, which a text in quotes is not.
type SetField struct {
	Remote, Value string
	Plain         bool
}

// Guards limit what a run may change.
type Guards struct {
	MaxRemoved Guard
	MaxChanged Guard
	MinRows    int     // -1: the default
	Anomaly    float64 // times the usual spread; 0 is off
}

// Guard is a limit in rows or in per cent of the baseline. The zero Guard is the
// default.
type Guard struct {
	Set       bool
	IsPercent bool
	Percent   float64
	Rows      int
	Off       bool // written as 100%
}
