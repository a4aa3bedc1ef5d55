package cdp

import "time"

// Option describes one key of a block in YAML: the decoder, the JSON Schema and
// the reference pages are made from it.
type Option struct {
	Name     string
	Kind     OptionKind
	Required bool
	Secret   bool     // may hold ${ENV}, file: or exec:; never shown
	Default  string   // as it would be written; "" for none
	Values   []string // of an Enum
	Doc      string   // one sentence
}

// OptionKind is the kind of an option's value.
type OptionKind string

// The kinds of options.
const (
	OptString   OptionKind = "string"
	OptInt      OptionKind = "int"
	OptBool     OptionKind = "bool"
	OptEnum     OptionKind = "enum"
	OptURL      OptionKind = "url"
	OptDuration OptionKind = "duration"
	OptStrings  OptionKind = "strings" // a list of strings
	OptMap      OptionKind = "map"     // string to string
	OptBytes    OptionKind = "bytes"   // 50GB
)

// DestinationSpec declares what a kind of destination can do. It is data: the
// validator, the plan, the engine and the docs read it.
type DestinationSpec struct {
	Type    string // as in `type:`
	Title   string
	Doc     string
	Options []Option
	Writes  []RemoteSpec
	Limits  Limits
	// Local says that nothing leaves the machine, so that every target writes it.
	Local bool
	// Match are the ways in which the destination recognises a person, by pii kind.
	Match map[string]MatchSpec
	// Session says that rows count only together.
	Session bool
}

// Write is what can be done with one kind of remote thing; its zero, with the kind,
// when the destination does not write it.
func (s DestinationSpec) Write(kind RemoteKind) RemoteSpec {
	for _, w := range s.Writes {
		if w.Kind == kind {
			return w
		}
	}
	return RemoteSpec{Kind: kind}
}

// RemoteSpec is what can be done with one kind of remote thing.
type RemoteSpec struct {
	Kind    RemoteKind
	Names   []string // the names allowed; nil for any
	Modes   []Mode   // of an object; nil means upsert only
	Actions []Action // of a removal
	Rekey   bool     // can change the key of a record in place
	Merge   bool
	Find    bool       // can say which rows are there already: the Destination is a Finder
	Calls   map[Op]int // calls of the vendor that a batch of an operation takes, where it is not 1
	Most    map[Op]int // calls that it may take, where that is more
	Insert  int        // the same of an add in mode insert
	KeyFold Fold       // how the destination compares keys
	// Recognised says what makes two rows of an audience one member for the vendor.
	Recognised Recognised
	// Folds are those of single keys, by remote field, where they are not KeyFold.
	Folds map[string]Fold
	// MaxRows is the rows of a batch where they are fewer than the destination's, and
	// RemoveRows those of a batch of removals; 0 for no difference.
	MaxRows, RemoveRows int
	Dedup               string // of an event: for how long it recognises a repeated key, in words; "" if it does not
	MaxAge              time.Duration
	// Clearing is how rows with a field to clear are sent; nil where they go with the others.
	Clearing *Apart
}

// Apart is how rows are sent that the vendor takes by another endpoint, each with a call of
// its own: in batches of their own, at the rates of that endpoint.
type Apart struct {
	Name    string // of the endpoint: its calls are counted under it
	MaxRows int    // of a batch
	Rates   []Rate
}

// Recognised are the names of the match values by which a vendor knows a member of an
// audience: each value of Alone by itself, with First only those of the first name that a
// row has, and those of Together, where all are there. The removal of a row takes out none
// that another row has. Its zero is of a destination where a member is its row.
type Recognised struct {
	Alone, Together []string
	First           bool
}

// Known are the values of Alone by which the vendor knows the member that a row is.
func (r Recognised) Known(match map[string][]string, each func(name, value string)) {
	for _, name := range r.Alone {
		some := false
		for _, v := range match[name] {
			if v != "" {
				each(name, v)
				some = true
			}
		}
		if some && r.First {
			return
		}
	}
}

// Fold is how the destination compares the values of a key.
func (w RemoteSpec) Fold(key string) Fold {
	if f, ok := w.Folds[key]; ok {
		return f
	}
	return w.KeyFold
}

// Batch is the most rows that a batch of an operation has.
func (w RemoteSpec) Batch(l Limits, op Op) int {
	most := max(1, l.MaxRows)
	if w.MaxRows > 0 {
		most = min(most, w.MaxRows)
	}
	if op == Remove && w.RemoveRows > 0 {
		most = min(most, w.RemoveRows)
	}
	return most
}

// Fold is how a destination compares keys: two keys that fold to the same text
// are one record there.
type Fold string

// The folds.
const (
	FoldNone  Fold = ""
	FoldTrim  Fold = "trim"  // without spaces at the ends
	FoldLower Fold = "lower" // trimmed and lower case
)

// MatchSpec says how a pii kind becomes a match identifier.
type MatchSpec struct {
	Name      string // the destination's name of the identifier
	Normalize string // name of a normalisation of Dialect.Normalize
	Hash      bool   // SHA-256, lower hex
}

// Limits are the policies that the engine applies; destinations hold none.
type Limits struct {
	MaxRows    int    // of a batch
	MaxBytes   int    // of the JSON of a batch's rows; 0 for no limit
	RowBytes   int    // of one row's JSON; a larger row is rejected (too_large); 0 for no limit
	Rates      []Rate // all of them hold
	Concurrent int    // calls at once
	// FlushEach acknowledges after every batch, because a repeated row is a
	// duplicate there.
	FlushEach bool
	Timeout   time.Duration // of one call
	// Retries is how many times a batch is sent again before its rows are left to the
	// next run; of what settles some of them, without a pause, a hundred are not counted.
	Retries int
	// MaxWait bounds one wait between two tries.
	MaxWait time.Duration
	// PollFor is how long a run waits for the jobs of its rows before it leaves them
	// to the next; 0 does not wait.
	PollFor time.Duration
	// JobAge is the age at which a job that has not ended is taken as lost, so that
	// its rows are sent again; 0 trusts the vendor to end every job.
	JobAge time.Duration
	// JobKnown is the age up to which a job that the vendor does not know is taken for one that
	// it does not know yet; 0 where it knows each at once.
	JobKnown time.Duration
}

// Rate is an allowance of calls in a window of time.
type Rate struct {
	Calls int
	Per   time.Duration
}
