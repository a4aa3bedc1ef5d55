package compile

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Diff makes the statements that compare what a sync wants with its baseline.
// Names are tables of the state schema.
type Diff struct {
	c    *Compiler
	sync *cdp.Sync
	dest cdp.DestinationSpec
	spec cdp.RemoteSpec
	in   DiffInput
	want desired
}

// DiffInput is what the ledger knows about a sync and how to compare.
type DiffInput struct {
	Baseline, Changeset, Raw, Digest, Desired, Pairs, Fix, Spared, Rehash string

	Mapping   uint32    // version of the current mapping
	Remapped  bool      // there have been other mappings, so that rows of the baseline may have one
	Mixed     bool      // rows of the baseline have one
	Before    []Earlier // under the same hash function: the mappings that those rows have, as far as they are known
	Earlier   []Earlier // under another one: mappings that rows of the baseline, or rejections, still have from before
	FullSince uint64    // with --full: rows with a smaller ver are sent; else 0
	Unmerged  string    // of a plan: the baseline in which no row has been moved to a survivor; else ""
	Name      string    // under which the ledger has what holds rows back; "" for the sync's own
	Former    uint64    // rows with no greater ver are of a former endpoint, and as if they were not there; else 0
	Build     Build     // tables of the current build; zero for a source without entity
	Started   string    // literal: when the sync first ran, for events that start now

	Physical []cdp.Column // what the warehouse says of the columns of Describes; may be nil
}

// Slice is a range of kh to work on at once.
type Slice struct{ Lo, Hi uint64 }

// Cut cuts a slice into n of about equal size.
func (s Slice) Cut(n int) []Slice {
	out, step := make([]Slice, 0, n), (s.Hi-s.Lo)/uint64(n)
	for i := range n {
		part := Slice{Lo: s.Lo + uint64(i)*step, Hi: s.Lo + uint64(i+1)*step - 1}
		if i == n-1 {
			part.Hi = s.Hi
		}
		out = append(out, part)
	}
	return out
}

// Slices cuts all row ids into n ranges of about equal size.
func (d *Diff) Slices(n int) []Slice { return Slice{Hi: d.c.d.MaxHash()}.Cut(n) }

// Diff prepares the diff of a sync. spec is what its destination can do.
func (c *Compiler) Diff(s *cdp.Sync, spec cdp.DestinationSpec, in DiffInput) *Diff {
	d := &Diff{c: c, sync: s, dest: spec, spec: spec.Write(s.Kind), in: in}
	d.want = c.desired(s, spec, d.spec, in)
	return d
}

// Materialise says that the desired rows should be stored before they are
// compared, because reading them is more than reading a table.
func (d *Diff) Materialise() bool { return d.want.costly }

// MappingFields are the names that the mapping of the sync has, in the order of fh.
func (d *Diff) MappingFields() []string { return MappingFields(d.sync) }

// MappingFields are the remote fields of a sync, as a mapping records them.
func MappingFields(s *cdp.Sync) []string {
	var out []string
	for _, f := range s.Fields {
		out = append(out, f.Remote+" "+f.Type.String())
	}
	return out
}

// Event says that rows are sent by existence: there are no changes and no removals.
func (d *Diff) Event() bool { return d.sync.Kind == cdp.EventTo }

func (d *Diff) data(more map[string]any) map[string]any {
	m := map[string]any{
		"Baseline": d.in.Baseline, "Acks": d.c.Acks(d.in.Baseline), "Changeset": d.in.Changeset, "Raw": d.in.Raw, "Digest": d.in.Digest,
		"Desired": d.in.Desired, "Pairs": d.in.Pairs, "Paired": false, "Fix": d.in.Fix, "Spared": d.in.Spared, "Rehash": d.in.Rehash, "Alone": d.spec.Recognised.Alone, "Together": d.spec.Recognised.Together, "First": d.spec.Recognised.First,
		"From": d.want.sql, "KH": d.c.d.RowHash("__kith_id"), "RowHash": d.want.hash,
		"RowOK": "(" + d.hasID() + " AND " + d.c.d.Present("__kith_key") + ")", "HasID": d.hasID(), "HasKey": d.c.d.Present("__kith_key"), "KeyIsID": KeyIsID(d.sync, d.spec), "Columns": d.want.columns,
		"Materialised": d.want.costly, "All": false, "Faultless": d.faultless(),
		"Mapping": d.in.Mapping, "Former": d.in.Former, "Sync": cmp.Or(d.in.Name, d.sync.Name), "Expired": d.want.expired, "Hashes": d.want.earlier,
	}
	for k, v := range more {
		m[k] = v
	}
	return m
}

// faultless says that no desired row can lack an id or a key.
func (d *Diff) faultless() bool {
	if !KeyIsID(d.sync, d.spec) || d.Event() || d.want.costly {
		return false
	}
	key := d.sync.Source.Column(d.sync.Source.Key[0])
	if key.JSON != "" || key.SQL != nil || key.Type.Is(cdp.String, cdp.JSON) {
		return false
	}
	_, never := d.c.exact(key, describe(d.in.Physical))
	return never
}

// hasID tests a row id. Only the text of one column that is a text can be empty.
func (d *Diff) hasID() string {
	if s := d.sync.Source; s != nil && !d.Event() && (len(s.Key) > 1 || !s.Column(s.Key[0]).Type.Is(cdp.String, cdp.JSON)) {
		return "(NOT " + d.c.d.Absent("__kith_id", textType) + ")"
	}
	return d.c.d.Present("__kith_id")
}

func (d *Diff) stmt(name, tmpl string, more map[string]any) cdp.Statement {
	return d.c.statement(name, "sync "+d.sync.Name, d.sync.Pos, tmpl, d.data(more))
}

// ends is a statement of a delivery that has begun.
func (d *Diff) ends(name, tmpl string, more map[string]any) cdp.Statement {
	s := d.stmt(name, tmpl, more)
	s.Unlimited = true
	return s
}

// CreateBaseline makes the baseline, and the table of its acknowledgements where
// that is another, if they are not there.
func (d *Diff) CreateBaseline() []cdp.Statement {
	list := []cdp.Statement{d.stmt("baseline", "baseline_create", nil)}
	if d.c.Acks(d.in.Baseline) != d.in.Baseline {
		list = append(list, d.stmt("acknowledgements", "acks_create", nil))
	}
	return list
}

// CreateDesired stores the desired rows in order of kh.
func (d *Diff) CreateDesired() cdp.Statement { return d.stmt("desired", "desired_create", nil) }

// Stored makes the following statements read the stored desired rows.
func (d *Diff) Stored() *Diff {
	stored := *d
	stored.want.costly = true
	return &stored
}

// Named makes the following statements read and write another changeset table.
func (d *Diff) Named(changeset string) *Diff {
	named := *d
	named.in.Changeset = changeset
	return &named
}

// Under makes the following statements read what holds rows back under another name.
func (d *Diff) Under(name string) *Diff {
	other := *d
	other.in.Name = name
	return &other
}

// Before makes the following statements know that rows of the baseline have other mappings,
// and what those are, see DiffInput.Before.
func (d *Diff) Before(list []Earlier) *Diff {
	known := *d
	known.in.Mixed, known.in.Before = true, list
	return &known
}

// CreateChangeset makes an empty changeset.
func (d *Diff) CreateChangeset(name string) cdp.Statement {
	return d.stmt("changeset table", "changeset_create", map[string]any{"Changeset": name})
}

// CreateDigest reads both sides once; bits is the number of bits of kh that name a
// bucket.
func (d *Diff) CreateDigest(bits int) cdp.Statement {
	return d.stmt("digest", "digest_create", d.compared(bits))
}

// Totals sums a digest of so many bits: dirty buckets, desired rows, baseline rows,
// rows without id, rows without key, rows in dirty buckets, 1 if it is a digest, as that no
// bucket is dirty is only then an answer, baseline rows that another mapping wrote, which
// are in dirty buckets all, or 0 unless DiffInput.Remapped, and rows that are gone from the
// desired ones and left at the destination: 0 where Stronger has none to look at.
func (d *Diff) Totals(bits int) cdp.Statement {
	data := buckets(bits)
	data["Stronger"] = d.Stronger()
	return d.stmt("digest totals", "digest_totals", data)
}

// buckets are the numbers of a digest: its buckets are 0 to Buckets - 1, Totals stands
// for all of them.
func buckets(bits int) map[string]any {
	return map[string]any{"Shift": 64 - bits, "Buckets": 1 << bits, "Grouped": bits <= 16, "Totals": math.MaxUint32, "Late": late, "Large": bits >= largeBits}
}

// largeBits is how many bits a digest of a baseline has that takes longer to read than a
// statement about its parts to plan.
const largeBits = 12

// late is how many rows that were written since the largest part of a baseline was
// merged are looked up by their kh, which takes half as long as merging all that there
// is; of 100,000 it takes longer.
const late = 20_000

// Fill compares one slice and appends what differs to the raw changeset. bits are
// those of the digest; all ignores the digest.
func (d *Diff) Fill(s Slice, bits int, all bool) cdp.Statement {
	data := d.compared(bits)
	data["Lo"], data["Hi"], data["All"] = s.Lo, s.Hi, all
	return d.stmt("changeset", "changeset_fill", data)
}

// Pairs says that Pair and FillPairs are there, to be used where the desired rows are in
// no order.
func (d *Diff) Pairs() bool { return d.c.has("pairs_create") && !d.want.costly }

// Pair stores what differs in the buckets that a digest of so many bits names, one
// slice of it, for FillPairs of the same slice or parts of it.
func (d *Diff) Pair(s Slice, bits int) cdp.Statement {
	data := d.compared(bits)
	data["Lo"], data["Hi"] = s.Lo, s.Hi
	return d.stmt("pairs", "pairs_create", data)
}

// PairMany is Pair where so much differs that a join of it takes too much memory: it
// looks each side up in the other, which reads the desired ids once more.
func (d *Diff) PairMany(s Slice, bits int) []cdp.Statement {
	data := d.compared(bits)
	data["Lo"], data["Hi"] = s.Lo, s.Hi
	return []cdp.Statement{d.stmt("pairs", "pairs_many", data), d.stmt("pairs gone", "pairs_gone", data)}
}

// CountPairs counts what Pair has stored.
func (d *Diff) CountPairs() cdp.Statement { return d.stmt("pairs that differ", "pairs_count", nil) }

// FillPairs is Fill for what Pair has stored.
func (d *Diff) FillPairs(s Slice, bits int) cdp.Statement {
	data := d.compared(bits)
	data["Lo"], data["Hi"], data["Paired"] = s.Lo, s.Hi, true
	return d.stmt("changeset", "changeset_fill", data)
}

// compared is what a template says of two rows, c that is desired and b of the
// baseline: whether they differ, and what follows from it. A dialect whose joins
// need no memory of its own does so in the digest.
func (d *Diff) compared(bits int) map[string]any {
	data := buckets(bits)
	maps.Copy(data, map[string]any{
		"Remapped": d.remapped(), "Event": d.Event(), "Audience": d.sync.Kind == cdp.Audience, "Still": d.Shares() && d.in.FullSince == 0, "Rekey": d.rekeys(), "Stays": d.moveAction() == cdp.ActionIgnore,
		"Reason": uint8(d.reason()), "Action": d.action("reason"), "MoveAction": d.c.d.Quote(string(d.moveAction())),
		"FH": d.fieldHashes("c."), "Mixed": d.in.Mixed && !d.Event(), "Before": d.before(), "Absents": d.absents("c."), "Same": len(d.in.Before) > 0 && d.in.FullSince == 0,
		"Fields": d.c.d.Object(d.want.object("c.")), "SetFields": d.setFields("reason"),
		"Removed": d.removed(), "Differs": d.differs(),
	})
	return data
}

// rekeys reports whether the destination can change the key of a record in place.
func (d *Diff) rekeys() bool { return d.spec.Rekey && d.sync.Kind == cdp.Object }

// fieldHashes lists the hash of every field, read below a prefix.
func (d *Diff) fieldHashes(prefix string) string { return d.fieldHashesBy(d.c.hash, prefix) }

func (d *Diff) fieldHashesBy(f HashFunction, prefix string) string {
	var list []string
	for _, v := range d.want.operands(prefix) {
		list = append(list, f.Field(v))
	}
	return strings.Join(list, ", ")
}

// reason is the reason of a removal when nothing else is known.
func (d *Diff) reason() cdp.Reason {
	if d.sync.Segment != nil {
		return cdp.Left
	}
	return cdp.Gone
}

func (d *Diff) removed() string {
	if d.Event() {
		return "1 = 0"
	}
	return "b.gone = 0"
}

// differs is true for a row whose hash is another, or that another mapping wrote: that
// may have had the same values under other names.
func (d *Diff) differs() string {
	differs := "c.h != b.h"
	if d.remapped() {
		differs += fmt.Sprintf(" OR b.mapping != %d", d.in.Mapping)
	}
	switch {
	case d.Event():
		return "b.row_id = '' OR b.h = 0"
	case d.in.FullSince > 0:
		// What a full run that died has sent again may be in doubt, or have changed since. What
		// moved to a survivor before the first batch of a run, which is 1, has not been sent.
		return fmt.Sprintf("(b.ver < %d OR mod(b.ver, 4294967296) = 0 OR %s)", d.in.FullSince, differs)
	}
	return "(" + differs + ")"
}

// remapped says that it is to be looked at what mapping wrote a row.
func (d *Diff) remapped() bool { return d.in.Remapped && !d.Event() }

// moveAction is what is done to the old remote record of a row whose key changed,
// where the destination cannot change a key in place.
func (d *Diff) moveAction() cdp.Action {
	for _, a := range []cdp.Action{cdp.ActionRemove, cdp.ActionDelete, cdp.ActionArchive} {
		if slices.Contains(d.spec.Actions, a) {
			return a
		}
	}
	return cdp.ActionIgnore
}

// action is the action for a reason, as SQL over an expression of the reason.
func (d *Diff) action(reason string) string {
	var cases [][2]string
	for _, r := range cdp.Reasons {
		cases = append(cases, [2]string{fmt.Sprintf("%s = %d", reason, r), d.c.d.Quote(string(d.removal(r).Action))})
	}
	if d.rekeys() {
		cases = append(cases, [2]string{fmt.Sprintf("%s = %d", reason, cdp.Doubtful), d.c.d.Quote(string(d.moveAction()))})
	}
	return d.c.d.Case(cases, "''")
}

func (d *Diff) removal(r cdp.Reason) cdp.Removal {
	if x, ok := d.sync.OnRemoved[r]; ok {
		return x
	}
	if d.sync.Kind == cdp.Audience {
		return cdp.Removal{Action: cdp.ActionRemove}
	}
	return cdp.Removal{Action: cdp.ActionIgnore}
}

// before is of each mapping that rows of the baseline still have where it had the fields
// of the current one.
func (d *Diff) before() []mapped {
	if d.Event() {
		return nil
	}
	var out []mapped
	absents := d.absents("c.")
	for _, e := range d.in.Before {
		m := mapped{Version: e.Version}
		for i, p := range d.places(e) {
			p.Absent = absents[i]
			m.Places = append(m.Places, p)
		}
		out = append(out, m)
	}
	return out
}

// mapped is a mapping in terms of the current one.
type mapped struct {
	Version uint32
	Places  []place
}
