package compile

import (
	"fmt"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// Earlier is a mapping of before the current one, under a hash function that is known.
type Earlier struct {
	Version uint32
	Hash    string
	Fields  []string // in the order of fh
}

// hashColumn is a column of the desired rows with what an earlier hash function makes of
// them.
type hashColumn struct{ Name, Expr string }

func (c *Compiler) hashColumns(list []Earlier, values []cdp.Operand) (out []hashColumn) {
	for i, f := range c.earlier {
		if slices.ContainsFunc(list, func(e Earlier) bool { return e.Hash == f.Name }) {
			out = append(out, hashColumn{earlierHash(i), f.Row(values...)})
		}
	}
	return out
}

func earlierHash(i int) string { return fmt.Sprintf("__kith_h%d", i) }

// earlierHash is the column with the row hash of an earlier mapping.
func (d *Diff) earlierHash(of Earlier) string {
	for i, f := range d.c.earlier {
		if f.Name == of.Hash {
			return earlierHash(i)
		}
	}
	return "h"
}

// place is a field of the current mapping: its number, and the one that it had, 0 for none;
// then Absent may test that it is empty.
type place struct {
	New, Old int
	Absent   string
}

// places are the fields of the current mapping as an earlier one had them.
func (d *Diff) places(of Earlier) []place {
	out := make([]place, len(d.want.fields))
	for i, name := range d.MappingFields() {
		out[i] = place{New: i + 1, Old: slices.Index(of.Fields, name) + 1}
	}
	return out
}

// absents are tests of each field, read below a prefix, that it is empty.
func (d *Diff) absents(prefix string) []string {
	out := make([]string, len(d.want.fields))
	for i, f := range d.want.fields {
		out[i] = d.c.d.Absent(prefix+d.want.columns[i], f.Type)
	}
	return out
}

// Rehash writes into the baseline what the current hash function and mapping make of rows
// that an earlier mapping, one of DiffInput.Earlier, has written: of a desired row that is
// as it was sent, its hashes; of every other what differs in the row and in the fields that
// do. What is "maybe there", removed, in an open job or not desired stays as it is. Repeated,
// it goes on. It is no answer of a destination: versions stay.
func (d *Diff) Rehash(of Earlier, s Slice) []cdp.Statement {
	f, _ := d.c.hashNamed(of.Hash)
	places := d.places(of)
	added := slices.ContainsFunc(places, func(p place) bool { return p.Old == 0 })
	data := map[string]any{
		"Of": of.Version, "Lo": s.Lo, "Hi": s.Hi, "Whole": d.sameFields(of), "Hash": d.earlierHash(of),
		"FH": d.fieldHashes(""), "EarlierFH": d.fieldHashesBy(f, ""), "Places": places, "Added": added, "Absents": d.absents(""),
	}
	list := []cdp.Statement{d.stmt("rehash", "baseline_rehash", data)}
	if stage := d.stmt("hashes", "rehash_stage", data); stage.SQL != "" {
		list = append([]cdp.Statement{stage}, list...)
	}
	return list
}

// sameFields says that the rows of an earlier mapping differ in the hash function only.
func (d *Diff) sameFields(of Earlier) bool { return slices.Equal(of.Fields, d.MappingFields()) }

// BackoffEarlier is Backoff for what was rejected under an earlier mapping, one of
// DiffInput.Earlier; ok is false where the fields have changed since, which sends the row.
func (d *Diff) BackoffEarlier(of Earlier, now string) (s cdp.Statement, ok bool) {
	return d.stmt("backoff of before", "fix_backoff", map[string]any{"Now": now, "Of": of.Version, "Hash": d.earlierHash(of)}), d.sameFields(of)
}
