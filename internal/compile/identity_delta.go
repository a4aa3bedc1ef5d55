package compile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Reading is how a build reads a source that says when its rows were loaded. What
// has been read is kept by the hour of loading, from Cut on; an increment reads the
// rows loaded from the Cut of the build before, and replaces those hours.
type Reading struct {
	Cut   time.Time // a full hour; the next build reads from here
	Tail  bool      // read only what was loaded from From on, or has no time of loading (Nulls), or is dated after Since
	Nulls bool
	From  time.Time // Cut of the build before
	Since time.Time // the moment of the build before; zero where it has met no row dated after it
}

// hour is the number of an hour, as the column bucket has it.
func hour(t time.Time) int64 { return max(1, t.Unix()/3600) }

// Incremental reports whether an increment can read less than the whole source: its
// rows say when they were loaded. A timestamp that only stands in for loaded_at does
// not: it may be of the event, and stay when the row is changed in place. Which rows of a deduplicated
// source count, and what a query over other models answers, can change with any row.
func Incremental(s *cdp.Source) bool {
	return s.Stamped && !s.Dedupe && len(Needs(s)) == 0
}

// loadedAt is when a row of a source was loaded; null when that is not known.
func (c *Compiler) loadedAt(s *cdp.Source) string {
	t := c.row(s.LoadedAt)
	if s.Column(s.LoadedAt).Type.Kind != cdp.Timestamp {
		t = c.d.Cast(t, cdp.Type{Kind: cdp.Timestamp})
	}
	return t
}

// Rules is a hash over everything that decides what an increment would make of the
// same rows: another hash asks for a full build. of are other tables' contents.
func (d *Identity) Rules(of ...string) string {
	plain := d.c.At(Epoch).On(Build{ID: "b", Run: "r"}).Identity(d.entity, IdentityInput{Build: "b", Previous: "p", Run: "r"})
	h := sha256.New()
	for _, s := range plain.All() {
		_, _ = fmt.Fprintln(h, s.SQL)
	}
	_, _ = fmt.Fprintln(h, strings.Join(of, "\n"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ReadsState reads, by source, the cut of the previous build, the number and the mix
// of the rows before it, its moment, when it last read everything, its rules, and the
// number of rows without a time of loading or dated after it.
func (d *Identity) ReadsState() cdp.Statement {
	return d.stmt("what was read", "identity_reads_state", nil)
}

// tail is the data of templates for a source of which the newest rows are read.
func (d *Identity) tail(data map[string]any, r Reading) {
	data["Tail"], data["Cut"], data["Nulls"] = true, d.c.d.Time(r.From), r.Nulls
	if !r.Since.IsZero() {
		data["Since"] = d.c.d.Time(r.Since)
	}
}

// Watermark reads the newest time of loading in a link's source, the number and mix of
// the rows that an increment would not read, and the number of those without that time.
func (d *Identity) Watermark(l *cdp.Link, tail *Reading) cdp.Statement {
	data := d.read(l)
	data["Loaded"], data["Filter"] = d.c.loadedAt(l.Source), data["Where"]
	if tail != nil {
		d.tail(data, *tail)
		data["Nulls"] = true
	}
	s := d.stmt("newest of "+l.Source.Name, "identity_watermark", data)
	s.Pos = l.Pos
	return s
}

// Reads records what this build has read.
func (d *Identity) Reads() cdp.Statement {
	type read struct {
		linkRows
		NextCut string
		Keep    bool
		From    int64
	}
	var list []read
	for _, r := range d.links {
		x := read{linkRows: r}
		if in, ok := d.in.Reads[r.Source]; ok && Incremental(r.link.Source) {
			x.NextCut, x.Keep, x.From = d.c.d.Time(in.Cut), in.Tail, hour(in.From)
		}
		list = append(list, x)
	}
	return d.stmt("reads", "identity_reads", map[string]any{"Reads": list, "FullAt": d.c.d.Time(d.in.FullAt), "Rules": d.in.Rules})
}

// ranges are the rows of the previous build that this one has read again.
func (d *Identity) ranges() map[string]any {
	type again struct {
		Source     string
		From, Next int64
	}
	var list []again
	for _, r := range d.links {
		x := again{Source: r.Source}
		if in, ok := d.in.Reads[r.Source]; ok && Incremental(r.link.Source) {
			x.Next = hour(in.Cut)
			if in.Tail {
				x.From = hour(in.From)
			}
		}
		list = append(list, x)
	}
	return map[string]any{"Ranges": list}
}

// Clone makes the tables of the build as they were in the previous one, where the
// warehouse changes rows of a table without reading the others. Elsewhere each table
// is written by the statement that puts what is new: what is kept is read by it too.
func (d *Identity) Clone() []cdp.Statement {
	if !d.c.clones() {
		return nil
	}
	from, to := IdentityTablesOf(d.entity, d.in.Previous), d.Tables()
	var out []cdp.Statement
	one, hours := []string{"tuple()"}, []string{"0", "1"} // see identity_hours
	for _, t := range []struct {
		from, to   string
		partitions []string
	}{{from.Map, to.Map, one}, {from.Edges, to.Edges, hours}, {from.Entity, to.Entity, one}, {from.Values, to.Values, hours}} {
		data := map[string]any{"From": t.from, "New": t.to}
		out = append(out, d.stmt("clone "+t.to, "identity_clone", data))
		for _, p := range t.partitions {
			out = append(out, d.stmt("clone rows of "+t.to, "identity_clone_rows", map[string]any{"From": t.from, "New": t.to, "Partition": p}))
		}
	}
	return out
}

// Changed finds the identifiers and links whose evidence differs from that of the
// previous build.
func (d *Identity) Changed() []cdp.Statement {
	in, _ := d.data["In"].(identityScratch)
	return []cdp.Statement{
		d.valuesInto(in.FreshValues), d.edgesInto(in.FreshEdges),
		d.stmt("changed values", "identity_changed_values", d.ranges()),
		d.stmt("changed links", "identity_changed_edges", d.ranges()),
	}
}

// Apply brings evidence and links of the build up to date, and takes out what the
// changes touch: the components, whole, and the links to contract.
func (d *Identity) Apply() (apply []cdp.Statement, count cdp.Statement) {
	if d.c.clones() {
		apply = append(apply, d.stmt("old values", "identity_drop_values", d.ranges()), d.stmt("old links", "identity_drop_edges", d.ranges()))
	}
	apply = append(apply,
		d.stmt("new values", "identity_put_values", d.ranges()),
		d.stmt("new links", "identity_put_edges", d.ranges()),
		d.stmt("pairs", "identity_pairs", d.ranges()),
	)
	apply = append(apply, d.where("known", "identity_known")...)
	apply = append(apply, d.where("attested", "identity_attested")...)
	apply = append(apply, d.stmt("touched", "identity_touched", nil))
	apply = append(apply, d.demoteAgain()...)
	apply = append(apply,
		d.stmt("touched entities", "identity_had_entity", nil),
		d.stmt("touched identifiers", "identity_had_map", nil),
		d.stmt("seen again", "identity_seen", nil),
		d.stmt("nodes again", "identity_nodes_again", nil),
	)
	apply = append(apply, d.where("links of nodes", "identity_close")...)
	return append(apply, d.stmt("lifted links", "identity_lifted", nil)), d.stmt("touched count", "identity_lifted_count", nil)
}

// where is a statement that only some dialects have: a table that others of the
// increment read instead of scanning a table of the build, each on its own.
func (d *Identity) where(name, block string) []cdp.Statement {
	if !d.c.has(block) {
		return nil
	}
	return []cdp.Statement{d.stmt(name, block, nil)}
}

// Remove takes what was touched out of the clones; Publish puts it back.
func (d *Identity) Remove() []cdp.Statement {
	if !d.c.clones() {
		return nil
	}
	return []cdp.Statement{d.stmt("touched map", "identity_drop_map", nil), d.stmt("touched ids", "identity_drop_entity", nil), d.stmt("seen again put", "identity_put_seen", nil)}
}

// Differ compares the identifiers of two builds of the same rows: it counts ids that
// differ, ids that are kept and identifiers that are with others, and lists pairs of
// ids that share identifiers, with their number.
func (c *Compiler) Differ(e *cdp.Entity, build, other string, limit int) (count, list cdp.Statement) {
	data := map[string]any{"Left": IdentityTablesOf(e, build).Map, "Right": IdentityTablesOf(e, other).Map, "Limit": limit}
	return c.lookedUp("identity_differ_count", data), c.lookedUp("identity_differ", data)
}
