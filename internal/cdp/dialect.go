package cdp

import "time"

// Dialect is the text of one SQL dialect: pure functions from names, values and
// expressions to SQL. Only a Dialect writes identifiers and literals, so that no
// value read from data or YAML reaches a statement unquoted. An expression that a
// method takes or returns is complete: it can stand where an operand can.
//
// Every type of the language has one canonical form in the warehouse (Type), which
// is nullable except for lists; Cast brings a value into it, and what is hashed,
// compared or sent has been cast.
type Dialect interface {
	IdentityDialect
	MatchDialect

	// Name is the key under which SQL fragments in YAML name the dialect, and the
	// folder of its templates: "clickhouse", "bigquery".
	Name() string

	// Ident quotes one identifier.
	Ident(name string) string
	// Table quotes a qualified table name.
	Table(t Table) string
	// Quote makes a string literal.
	Quote(s string) string
	// Literal makes a literal of a value in the canonical form of its type.
	Literal(v Value) string
	// Time makes a timestamp literal.
	Time(t time.Time) string

	// Type names the canonical form of a type.
	Type(t Type) string
	// Cast brings an expression of any form into the canonical form of t.
	Cast(expr string, t Type) string
	// Parse reads text of a file into t: trims, reads YYYYMMDD as a date, and takes
	// empty text as null.
	Parse(expr string, t Type) string
	// Text is the canonical text of a canonical value; null stays null.
	Text(expr string, t Type) string
	// JSON is the JSON text of a canonical value that is not null.
	JSON(expr string, t Type) string
	// Field reads a declared path below a JSON column.
	Field(expr string, path []string, t Type) string

	// Object makes the text of a JSON object from fields in their order.
	Object(fields []JSONField) string
	// RowID joins texts that are not null into one unambiguous text.
	RowID(texts []string) string
	// Hash is a hash over a tuple of canonical values in which null, '' and 0
	// differ. It is never 0. Hashes have 64 bits, or 63 in a dialect without unsigned
	// numbers: there as here their order is that of Go's uint64.
	Hash(values ...Operand) string
	// RowHash is the hash of a row id, which may be null.
	RowHash(expr string) string
	// Present is true for a text that is neither null nor empty.
	Present(expr string) string
	// Absent is true for a canonical value that is null, or an empty list.
	Absent(expr string, t Type) string
	// Nullable is a column that a join may find no row for, so that it is null then; a list is
	// then empty, or null.
	Nullable(expr string, t Type) string
	// NullIfEmpty makes null of an empty text.
	NullIfEmpty(expr string) string
	// Hash32 is a 32-bit hash of one canonical value.
	Hash32(value Operand) string
	// MaxHash is the greatest hash of a row.
	MaxHash() uint64
	// Statements is into how many statements the comparison of so many rows is cut to
	// bound the warehouse's memory.
	Statements(rows uint64) int
	// SHA256 is the lower hex of SHA-256 of a text.
	SHA256(expr string) string
	// Fold is a remote key as its destination compares it.
	Fold(expr string, f Fold) string
	// Normalize brings the text of an identifier into the form in which it is
	// compared, or null when it is no valid value. region is an expression for the
	// country of a phone number, or "". The kinds are email, gmail, phone, lower and
	// trim, and for platforms also mailbox (gmail that keeps its domain), name (of a
	// person, without titles and punctuation) and country (two letters).
	Normalize(kind, expr, region string) string

	// If is a conditional; a null condition is false.
	If(cond, then, otherwise string) string
	// Case is the second of the first pair whose first is true.
	Case(cases [][2]string, otherwise string) string
	// Coalesce is the first expression that is not null.
	Coalesce(exprs ...string) string
	// Concat joins texts that are not null.
	Concat(exprs ...string) string
	// True makes a condition two-valued: null is false.
	True(cond string) string
	// Compare is a test of a canonical value with an operator of the language; null
	// gives null or false, never true.
	Compare(op, expr string, t Type, literals []string) string

	// Ago is asOf minus a duration.
	Ago(asOf string, d time.Duration) string
	// Calendar is the start and the end of a calendar window in a time zone.
	Calendar(asOf string, w Window, zone string) (from, to string)

	// Midnight is the moment at which a date begins in a time zone; null stays null.
	Midnight(date, zone string) string

	// Aggregate is a portable aggregate over the rows for which cond is true; cond
	// may be "". arg has no text for count. The result is canonical; a sum of ints that
	// is none of 64 bits is an error of the statement.
	Aggregate(fn string, arg Operand, cond string, t Type) string
	// PickAggregate is the value of the row that comes first by order among those
	// for which cond is true and the value is neither null nor empty; else null.
	PickAggregate(arg string, t Type, order []By, cond string) string
	// ListAggregate is the list of the values that are not null, the first by order
	// first. No two rows of a group have the same value.
	ListAggregate(arg string, elem Type, order []By, cond string, limit int) string
	// Best is the one of several picked values whose time is latest, or earliest;
	// ties go to the first. Without times it is the first value that is there.
	Best(values, times []string, t Type, earliest bool) string
	// Latest is the flag with the latest time; ties go to false, none to otherwise.
	Latest(flags, times []string, otherwise bool) string
	// Given is true for a value that is neither null nor empty.
	Given(expr string, t Type) string
	// Epoch is a timestamp before all others.
	Epoch() string
	// Later is a time plus a duration.
	Later(at string, d time.Duration) string
	// Bin is the quantile group 1..n of a value among all rows, n for the highest;
	// null has none. id breaks ties.
	Bin(expr, id string, n int) string
	// Top keeps a condition true for the first n rows by order only; nulls come last.
	Top(cond string, by By, id string, n int) string
	// ListOf is a list of one value, empty for null and ''.
	ListOf(expr string, t Type) string
	// MapList applies f to each element of a list of texts and drops nulls.
	MapList(list string, f func(element string) string) string
	// Intersect keeps the elements of a that are in b, in their order.
	Intersect(a, b string) string
	// Union is the elements of lists of texts, in their order, each once.
	Union(lists ...string) string
	// First is the first element of a list, or null.
	First(list string, elem Type) string
	// Flag is a condition as a value that is not null.
	Flag(cond string) string
	// Label is a split's label for an entity id: shares in per cent, in order.
	Label(salt, entityID string, shares []Share) string
}

// Exact is a dialect in which a column can be cast at less cost when it is known how the
// warehouse stores it.
type Exact interface {
	// CastExact is Cast for what the warehouse says of a column: every value has the same
	// canonical form, and hash. never reports that none is null in it; in doubt it is false.
	CastExact(expr string, column Column, t Type) (cast string, never bool)
}

// Operand is a canonical value.
type Operand struct {
	Expr string
	Type Type
}

// JSONField is a field of an object that Dialect.Object writes.
type JSONField struct {
	Name string
	Expr string // canonical
	Type Type
	Null bool // write null; else leave the field out
	Omit bool // leave an empty list out
}

// By is one key of an order. Desc is for numbers and timestamps.
type By struct {
	Expr string
	Desc bool
	Type Type // of a Desc key: timestamp unless it is set
}
