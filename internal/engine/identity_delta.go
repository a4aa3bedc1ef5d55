package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// errNewCollision says that an increment met two values with one hash: nodes have to
// be made anew.
var errNewCollision = errors.New("two values have one hash")

// readState is what the previous build has read of a source, up to its cut.
type readState struct {
	cut    time.Time
	n, mix uint64
	odd    uint64 // rows without a time of loading, or dated after the build
}

// previousReads is what the previous build has read.
type previousReads struct {
	sources map[string]readState
	asOf    time.Time
	fullAt  time.Time
	rules   string
}

func (b *identityBuild) previousReads(ctx context.Context, id *compile.Identity) (previousReads, error) {
	out := previousReads{sources: map[string]readState{}}
	exists, err := b.e.Ledger.Exists(ctx, compile.IdentityTablesOf(b.entity, b.input.Previous).Reads)
	if err != nil || !exists {
		return out, err
	}
	rows, err := b.e.all(ctx, b.req.id, id.ReadsState())
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		s := readState{n: ledger.Uint(r[2]), mix: ledger.Uint(r[3]), odd: ledger.Uint(r[7])}
		s.cut, _ = r[1].(time.Time)
		out.sources[ledger.Text(r[0])] = s
		out.asOf, _ = r[4].(time.Time)
		out.fullAt, _ = r[5].(time.Time)
		out.rules = ledger.Text(r[6])
	}
	return out, nil
}

// whyFull decides how the build reads its sources; "" is an increment.
func (b *identityBuild) whyFull(ctx context.Context) (why string, err error) {
	c, err := b.compiler(ctx)
	if err != nil {
		return "", err
	}
	id := c.Identity(b.entity, b.input)
	if b.blocked, err = b.snapshot(ctx, id); err != nil {
		return "", err
	}
	b.id = id // what it has made is dropped with the rest
	b.input.Rules = id.Rules(b.blocked)
	var before previousReads
	if b.input.Previous != "" {
		if before, err = b.previousReads(ctx, id); err != nil {
			return "", err
		}
	}
	if why, err = b.reason(id, before); err != nil {
		return "", err
	}
	b.input.Delta, b.input.FullAt = why == "", before.fullAt
	b.report = EntityReport{Entity: b.entity.Name}
	return why, b.readings(ctx, id, before)
}

// reason is why everything has to be read, "" for an increment.
func (b *identityBuild) reason(id *compile.Identity, before previousReads) (string, error) {
	if b.input.Previous == "" {
		return "first build", nil
	}
	scheduled, err := b.rebuildDue(before.fullAt)
	switch {
	case err != nil:
		return "", err
	case b.req.Full:
		return "asked for", nil
	case id.Shares():
		return "values may be shared", nil
	case id.Match() != nil:
		return "records are matched", nil
	case before.rules == "":
		return "the build before kept no account of what it read", nil
	case before.rules != b.input.Rules:
		return "the rules have changed", nil
	case b.req.asOf.Before(before.asOf):
		return "the build before is of a later moment", nil
	case scheduled:
		return "scheduled", nil
	}
	return "", nil
}

// defaultRebuild is when an increment gives way to a build that reads everything,
// unless the entity says otherwise: what no time of loading tells of, such as a row
// that was changed in place, is seen then.
const defaultRebuild = "@weekly"

// rebuildDue says whether a build that reads everything was due since the last one.
func (b *identityBuild) rebuildDue(last time.Time) (bool, error) {
	spec, zone := defaultRebuild, b.e.Project.Timezone
	if s := b.entity.Rebuild; s != nil {
		spec, zone = s.Cron, s.Timezone
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return false, err
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return false, err
	}
	return !schedule.Next(last.In(location)).After(b.req.now), nil
}

// readings chooses how each source is read: in an increment from the cut of the
// build before, unless rows before it are no longer those that were read.
func (b *identityBuild) readings(ctx context.Context, id *compile.Identity, before previousReads) error {
	b.input.Reads = map[string]compile.Reading{}
	for _, l := range b.entity.Links {
		if !compile.Incremental(l.Source) {
			if b.input.Delta {
				b.report.Whole = append(b.report.Whole, l.Source.Name+": "+whyWhole(l.Source))
			}
			continue
		}
		was, known := before.sources[l.Source.Name]
		r := compile.Reading{Tail: b.input.Delta && known, From: was.cut}
		if was.odd > 0 {
			r.Since = before.asOf
		}
		tail := &r
		if !r.Tail {
			tail = nil
		}
		row, err := b.e.one(ctx, b.req.id, id.Watermark(l, tail))
		if err != nil {
			return err
		}
		if r.Tail && (ledger.Uint(row[1]) != was.n || ledger.Uint(row[2]) != was.mix) {
			r.Tail = false
			b.report.Whole = append(b.report.Whole, l.Source.Name+": rows from before its lookback are gone, or have come late")
		}
		r.Nulls = ledger.Uint(row[3]) > 0
		newest, ok := row[0].(time.Time)
		if !ok {
			newest = time.Unix(0, 0)
		}
		r.Cut = newest.Add(-l.Source.Lookback).Truncate(time.Hour).UTC()
		if known && r.Cut.Before(was.cut) {
			r.Cut = was.cut
		}
		b.input.Reads[l.Source.Name] = r
	}
	return nil
}

func whyWhole(s *cdp.Source) string {
	switch {
	case !s.Stamped:
		return "it declares no loaded_at"
	case s.Dedupe:
		return "it is deduplicated"
	}
	return "it reads other models"
}

// compiler is the compiler of the run, whose references read this build.
func (b *identityBuild) compiler(ctx context.Context) (*compile.Compiler, error) {
	c, err := b.e.keyed(ctx, b.req)
	if err != nil {
		return nil, err
	}
	return c.On(compile.Build{ID: b.input.Build, Run: b.input.Run}), nil
}

// prepare makes the statements of the build, with the keys of the ledger.
func (b *identityBuild) prepare(ctx context.Context) error {
	c, err := b.compiler(ctx)
	if err != nil {
		return err
	}
	b.id = c.Identity(b.entity, b.input)
	if !b.input.Delta {
		b.input.Rules = b.id.Rules(b.blocked) // a collision changes them
		b.id = c.Identity(b.entity, b.input)
	}
	return nil
}

// increment reads what is new, brings the evidence up to date, and leaves the nodes
// and links of the touched components to be stitched.
func (b *identityBuild) increment(ctx context.Context) error {
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, list := range [][]cdp.Statement{b.id.Extract(), b.id.Changed(), b.id.Clone(), {b.id.Reads()}} {
		if err := b.exec(ctx, list...); err != nil {
			return err
		}
	}
	if err := b.dropRows(ctx); err != nil {
		return err
	}
	apply, count := b.id.Apply()
	if err := b.exec(ctx, apply...); err != nil {
		return err
	}
	n, err := b.counts(ctx, count)
	if err != nil {
		return err
	}
	b.edges, b.report.Touched, b.guarded = n[0], n[1], n[3] > 0
	clashes, err := b.e.all(ctx, b.req.id, b.id.Clashes(1))
	if err != nil {
		return err
	}
	if len(clashes) > 0 {
		return fmt.Errorf("%w", errNewCollision)
	}
	return b.countHubs(ctx)
}
