package cdp

import (
	"github.com/kithdata/kith/internal/diag"
)

// Entity is what a profile is about.
type Entity struct {
	Item
	Identifiers []*Identifier
	Links       []*Link
	MaxSize     int
	Match       *Match    // nil: exact ties only
	Rebuild     *Schedule // of builds that read everything; nil is weekly
	Guards      IdentityGuards
}

// Identifier is a typed handle of an entity, strongest first in its entity.
type Identifier struct {
	Name      string
	Normalize string // "", email, phone, lower, trim, gmail ...
	Region    string // default country of phone numbers: a code, or ...
	RegionCol string // ... a column
	Max       int    // 0: no limit
	Block     []string
	BlockIn   *BlockTable
	Caps      []Cap
	Share     bool // on_conflict: share
	Rank      int  // 0 is the strongest
	Pos       diag.Pos
}

// Link says which columns of a source hold which identifiers of an entity.
type Link struct {
	Source  *Source
	Columns []LinkColumn // in the order of the identifiers' strength
	Where   *Predicate
	Merge   bool
	Pos     diag.Pos
}
