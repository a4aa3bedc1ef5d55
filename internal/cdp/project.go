package cdp

import (
	"slices"
	"time"

	"github.com/kithdata/kith/internal/diag"
)

// Project is all that one repository declares, resolved and validated: every
// name in it leads to the thing it names. It is read-only once loaded.
type Project struct {
	Name      string
	Root      string // directory of kith.yml
	Timezone  string // IANA name; calendar windows and schedules
	State     string // state schema of the chosen target
	Target    Target
	Targets   []string // names of all targets, sorted
	Suppress  []*Segment
	Schedule  *Schedule
	Retention Retention
	Alerts    *Alerts // of the build, and of syncs that say nothing of their own; nil: nobody is told
	Channels  []*Channel

	Destinations []*DestinationConfig
	Sources      []*Source
	Entities     []*Entity
	Relations    []*Relation
	Traits       []*Trait
	Consents     []*Consent
	Segments     []*Segment
	Syncs        []*Sync
	Paused       []*Sync // not enabled: their state stays; only Item and Was are resolved
	UnitTests    []*UnitTest
}

// SyncOf is the sync, enabled or not, of which the ledger keeps a state under a name: the
// one that is called so, or else was. It is nil of an orphan.
func (p *Project) SyncOf(state string) *Sync {
	if state == "" {
		return nil // which most syncs were
	}
	all := slices.Concat(p.Syncs, p.Paused)
	for _, named := range []func(*Sync) string{func(s *Sync) string { return s.Name }, func(s *Sync) string { return s.Was }} {
		if i := slices.IndexFunc(all, func(s *Sync) bool { return named(s) == state }); i >= 0 {
			return all[i]
		}
	}
	return nil
}

// Item is what every declared thing has.
type Item struct {
	Name        string
	Description string
	Tags        []string
	Owner       string
	Disabled    bool
	Pos         diag.Pos
}

// Target is a named warehouse connection. Options holds the rest of its block,
// as text with ${ENV} unresolved: it is resolved when a connection is opened.
type Target struct {
	Name    string
	Type    string // clickhouse, bigquery
	Live    bool   // deliver: live
	Options map[string]Setting
	Pos     diag.Pos
}

// Setting is the value of an option of a target or a destination: a scalar, a
// list or a mapping of texts.
type Setting struct {
	Text string
	List []string
	Map  map[string]string
	Pos  diag.Pos
}

// DestinationConfig is a configured remote system.
type DestinationConfig struct {
	Item
	Type    string
	Options map[string]Setting
}

// Source is a table or a query that is already in the warehouse.
type Source struct {
	Item
	Table     *Table // one of Table and Query
	Query     *SQL
	Key       []string
	Timestamp string // column, "" for none
	LoadedAt  string
	Stamped   bool // loaded_at was declared: whoever writes a row, or changes one, says when
	Lookback  time.Duration
	Dedupe    bool
	Where     *Predicate
	Freshness *Freshness
	Columns   []*SourceColumn
}

// Column returns a declared column, or nil.
func (s *Source) Column(name string) *SourceColumn {
	for _, c := range s.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// SourceColumn is a declared column of a source.
type SourceColumn struct {
	Name  string
	Type  Type
	PII   string // kind, "" for none
	JSON  string // path below a declared json column: properties.price
	SQL   *SQL
	Tests []ColumnTest
	Pos   diag.Pos
}

// ColumnTest is unique, not_null or accepted_values.
type ColumnTest struct {
	Kind   string
	Values []string
}

// Freshness is how old the newest row of a source may be.
type Freshness struct {
	Warn, Error time.Duration // 0: no limit
}

// SQL is a fragment written by a user: one text for every dialect or one each.
type SQL struct {
	Texts map[string]SQLText // by dialect; "" for all
	Query bool               // a SELECT; else an expression
	Pos   diag.Pos
}

// SQLText is the text of a fragment. Lines[i] is where its line i begins in the file.
// Refs are what a query reads of the project, in the order of the text.
type SQLText struct {
	Text  string
	Lines []diag.Pos
	Refs  []SQLRef
}

// SQLRef is a reference in the text of a query: Placeholder is a word that stands
// in the text once, where a table belongs. One of the nouns is set.
type SQLRef struct {
	Placeholder string
	Source      *Source  // {{ source('x') }}: its rows, as declared
	Segment     *Segment // {{ ref('x') }}: column entity_id
	Identity    *Entity  // {{ identity('x') }}: columns identifier, value, entity_id
	Pos         diag.Pos
}

// For returns the text for a dialect.
func (s *SQL) For(dialect string) (SQLText, bool) {
	if t, ok := s.Texts[dialect]; ok {
		return t, true
	}
	t, ok := s.Texts[""]
	return t, ok
}

// BlockTable is a table of the warehouse whose values identify nobody.
type BlockTable struct {
	Table  Table
	Column string
}

// Cap is how many values of another identifier a value may be linked with before it
// is taken for something that many share.
type Cap struct {
	To  *Identifier // nil: of any
	Max int
}

// IdentityGuards bound what one build may do to the entities of the build before.
type IdentityGuards struct {
	MaxMerged, MaxSplit, MaxGone Guard // of entities
	MaxQuarantined               Guard // of identifiers
}

// LinkColumn is a column of a source that holds an identifier.
type LinkColumn struct {
	Identifier *Identifier
	Column     string
}

// LinkTo returns the link of a source to the entity, or nil.
func (e *Entity) LinkTo(s *Source) *Link {
	for _, l := range e.Links {
		if l.Source == s {
			return l
		}
	}
	return nil
}

// Relation is pairs of two entities from the rows of one source.
type Relation struct {
	Item
	Entity *Entity
	To     *Entity
	From   *Source
	Where  *Predicate
	Pick   string // latest, earliest: to one; "" to many
}

// TraitKind says how a trait is made.
type TraitKind string

// The kinds of traits.
const (
	PickTrait       TraitKind = "pick"       // an attribute with a survivorship rule
	IdentifierTrait TraitKind = "identifier" // values of an identifier
	AggregateTrait  TraitKind = "aggregate"
	SQLTrait        TraitKind = "sql"
	BinTrait        TraitKind = "bin"
	SplitTrait      TraitKind = "split"
	RelationTrait   TraitKind = "relation"
)

// Trait is one column of a profile.
type Trait struct {
	Item
	Entity *Entity
	Kind   TraitKind
	Type   Type
	PII    []string // kinds that flow into it

	From      []TraitFrom // pick: in order of the list
	Pick      string      // first latest earliest most_frequent
	Limit     int         // 0: one value; else a list
	Ident     *Identifier
	Aggregate *Aggregate
	Source    *Source // of an aggregate
	Where     *Predicate
	Window    *Window
	After     *Trait
	Default   *Value
	SQL       *SQL
	Uses      []*Trait // traits that SQL, bin and where read
	Bin       *Trait
	Into      int
	Split     *Split
	Relation  *Relation
	RelTrait  *Trait
	Implicit  bool // the trait that every identifier has
}

// TraitFrom is a column of a source that a trait reads.
type TraitFrom struct {
	Source *Source
	Column string
}

// Aggregate is a portable aggregate function over a column, or SQL.
type Aggregate struct {
	Func   string // count count_distinct sum avg min max
	Column string // "" for count
	SQL    *SQL
}

// Split assigns labels by the entity id.
type Split struct {
	Salt   string
	Shares []Share // add up to 100
}

// Share is a label and its per cent.
type Share struct {
	Label   string
	Percent float64
}

// Window is a span of time before the run's as_of.
type Window struct {
	Ago  time.Duration // rolling: hours back
	Unit string        // calendar: day week month quarter year
	N    int           // calendar: how many complete ones; 0 for "this"
	Text string        // as written
}

// Value is a literal of a type. Text is its canonical text.
type Value struct {
	Type Type
	Text string
	List []Value
	Null bool
}

// PredicateKind is a node of a predicate.
type PredicateKind string

// The kinds of predicates.
const (
	AllOf        PredicateKind = "all"
	AnyOf        PredicateKind = "any"
	NotOf        PredicateKind = "not"
	TraitTest    PredicateKind = "trait"
	ColumnTestOf PredicateKind = "column"
	EventTest    PredicateKind = "event"
	RelationTest PredicateKind = "relation"
	SegmentTest  PredicateKind = "segment"
	SQLTest      PredicateKind = "sql"
)

// Predicate is a condition. It is two-valued: a test on null is false.
type Predicate struct {
	Kind  PredicateKind
	Of    []*Predicate // all, any, not
	Ops   []Operator   // all hold
	Trait *Trait
	// Source is of an event test, or holds the column of a column test.
	Source    *Source
	Column    string
	Type      Type // of the subject
	Aggregate *Aggregate
	Where     *Predicate // of an event or relation test
	Window    *Window
	After     *Trait
	Relation  *Relation
	Segment   *Segment
	SQL       *SQL
	Uses      []*Trait // traits that SQL reads
	Pos       diag.Pos
}

// Operator compares a subject.
type Operator struct {
	Name   string // eq ne gt gte lt lte in not_in contains starts_with exists
	Value  Value
	Values []Value // in, not_in
	Exists bool
	Pos    diag.Pos
}

// Consent is which entity agreed to which purpose.
type Consent struct {
	Item
	Entity     *Entity
	Identifier *Identifier // nil: of the entity
	From       []TraitFrom
	Pick       string // latest
	Granted    bool   // without any row
}

// Segment is a predicate over an entity.
type Segment struct {
	Item
	Entity *Entity
	Where  *Predicate
	Limit  *SegmentLimit
}

// SegmentLimit keeps the best rows.
type SegmentLimit struct {
	Rows    int
	By      *Trait
	Highest bool
}

// UnitTest is a test of models on given rows.
type UnitTest struct {
	Item
	Now    *time.Time
	Given  map[string][]map[string]Value
	Expect []Expectation
}

// Expectation is the rows that an entity or a segment must have.
type Expectation struct {
	Entity  *Entity
	Segment *Segment
	Columns []string
	Rows    []map[string]Value
	Pos     diag.Pos
}
