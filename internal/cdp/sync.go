package cdp

import (
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
	OnRemoved   map[Reason]Removal
	Schedule    *Schedule
	Guards      Guards
	Alerts      *Alerts       // nil: nobody is told
	KeepLog     time.Duration // of its rows in sync_log; 0: the project's
	Was         string
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

// SetField is a constant to set at a removal.
type SetField struct {
	Remote, Value string
}

// Guards limit what a run may change.
type Guards struct {
	MaxRemoved Guard
	MaxChanged Guard
	MinRows    int // -1: the default
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
