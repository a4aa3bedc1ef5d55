package cdp

import "github.com/kithdata/kith/internal/diag"

// Match says how records of an entity are compared that no identifier ties together.
type Match struct {
	Compare  []*Comparison
	Swap     []int   // two names that are often exchanged, as indexes into Compare; or none
	Blocks   []Block // nil: made from the comparisons
	MaxBlock int     // a key with more records brings none of them together
	Random   int     // how many pairs of strangers tell what agrees by chance
	Link     float64 // from this probability on two records are tied
	Review   float64 // from this probability on somebody may decide
	Pos      diag.Pos
}

// Comparison is a value that records have, from one column of each source.
type Comparison struct {
	Name      string
	As        string // name, text, date, code, email
	From      []TraitFrom
	Household bool // others in a household have the same
	Pos       diag.Pos
}

// Block is a blocking key: records that agree on all parts are compared.
type Block []BlockPart

// BlockPart is a part of a key.
type BlockPart struct {
	Compare int    // index into Match.Compare
	By      string // exact, sound, start, local
}

// Sources are the sources whose rows are compared, in the order of the comparisons.
func (m *Match) Sources() []*Source {
	var out []*Source
	seen := map[*Source]bool{}
	for _, c := range m.Compare {
		for _, from := range c.From {
			if !seen[from.Source] {
				seen[from.Source] = true
				out = append(out, from.Source)
			}
		}
	}
	return out
}

// MatchDialect is what probable ties need of a Dialect.
type MatchDialect interface {
	// Comparable is the text of a canonical value as a comparison of a kind (name,
	// text, date, code, email) compares it, '' for none; never null.
	Comparable(kind, expr string, t Type) string
	// BlockKey is the part of a blocking key that a comparable text that is not ''
	// makes: exact, sound, start (three characters) or local (of an address).
	BlockKey(by, expr string) string
	// Agreement is the level, 0 to 4, on which two comparable texts agree that are
	// not '': 4 is equal, 3 and 2 are close, 1 is a trace.
	Agreement(kind, a, b string) string
}
