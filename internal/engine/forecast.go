package engine

import (
	"context"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// IdentityCost says how the identity of an entity is estimated.
type IdentityCost struct {
	Entity string `json:"entity"`
	Full   string `json:"full,omitempty"` // why everything is read; "" for an increment
}

// forecast is how a run would build the identities that it builds, before anything of a
// source is read: the decision of whyFull, taken as if no source had rows from before
// its lookback that changed, and no table of blocked values another content. A plan
// knows better once it has built: see foreseen.
func (e *Engine) forecast(ctx context.Context, req *request, previous string) (map[string]compile.IdentityInput, []IdentityCost, error) {
	how := map[string]compile.IdentityInput{}
	var said []IdentityCost
	if !req.Build {
		return how, nil, nil
	}
	for _, entity := range req.Entities {
		b := &identityBuild{e: e, req: req, entity: entity, input: compile.IdentityInput{Build: previous, Previous: previous}}
		if err := b.known(ctx); err != nil {
			return nil, nil, err
		}
		why, err := b.likely(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("identity of %s: %w", entity.Name, err)
		}
		how[entity.Name] = b.input
		said = append(said, IdentityCost{entity.Name, why})
	}
	return how, said, nil
}

// likely sets the input as whyFull would, without a table or a row of a source.
func (b *identityBuild) likely(ctx context.Context) (why string, err error) {
	if b.input.Previous == "" {
		return b.reason(nil, previousReads{})
	}
	c, err := b.compiler(ctx)
	if err != nil {
		return "", err
	}
	id := c.Identity(b.entity, b.input)
	blocked := ""
	if len(id.Snapshot()) > 0 {
		exists, err := b.e.Ledger.Exists(ctx, compile.IdentityTablesOf(b.entity, b.input.Previous).Blocked)
		if err != nil {
			return "", err
		}
		if exists { // as the build before has seen them
			if blocked, err = b.mix(ctx, id); err != nil {
				return "", err
			}
		}
	}
	b.input.Rules = id.Rules(blocked)
	before, err := b.previousReads(ctx, id)
	if err != nil {
		return "", err
	}
	if why, err = b.reason(id, before); err != nil {
		return "", err
	}
	b.input.Delta, b.input.Reads = why == "", map[string]compile.Reading{}
	for _, l := range b.entity.Links {
		if was, ok := before.sources[l.Source.Name]; ok && b.input.Delta && compile.Incremental(l.Source) {
			r := compile.Reading{Tail: true, From: was.cut, Cut: was.cut}
			if was.odd > 0 {
				r.Nulls, r.Since = true, before.asOf
			}
			b.input.Reads[l.Source.Name] = r
		}
	}
	return why, nil
}

// foreseen corrects an estimate by how the plan has built.
func (e *Engine) foreseen(ctx context.Context, req *request, cost *Cost, built []EntityReport) (*Cost, error) {
	if cost == nil {
		return nil, nil //nolint:nilnil // no estimate is no error
	}
	var said []IdentityCost
	same := true
	for _, r := range built {
		said = append(said, IdentityCost{r.Entity, r.Full})
		same = same && alike(cost.how[r.Entity], req.inputs[r.Entity])
	}
	if same {
		return cost, nil
	}
	return e.costOf(ctx, req, req.inputs, said)
}

// alike says whether two builds read the same.
func alike(a, b compile.IdentityInput) bool {
	if a.Delta != b.Delta || (a.Previous == "") != (b.Previous == "") {
		return false
	}
	for source, r := range b.Reads {
		if a.Delta && a.Reads[source].Tail != r.Tail {
			return false
		}
	}
	return true
}

// over is the input of a build as an estimate has it: over the tables of a build that is
// there, which stand for those that the build would make. An increment has the same
// tables as the build before it, whatever else of the models has changed.
func over(in compile.IdentityInput, b compile.Build) compile.IdentityInput {
	in.Run = b.Run
	switch {
	case in.Delta:
		in.Build = in.Previous
	case b.ID == noBuild:
		in.Build, in.Previous = b.ID, ""
	default:
		in.Build, in.Previous = b.ID, b.ID
	}
	if in.FullAt.IsZero() {
		in.FullAt = compile.Epoch
	}
	return in
}

// roughly is what a statement reads of the tables of identity that it names and that are
// there: of each the columns that it names, once. It reads scratch tables too, which
// are small beside them.
func (e *Engine) roughly(ctx context.Context, s cdp.Statement, list []buildTable) (bytes uint64, named bool, err error) {
	for _, t := range list {
		columns := t.in(s.SQL)
		if len(columns) == 0 {
			continue
		}
		n, err := e.Estimator.Estimate(ctx, cdp.Statement{Name: s.Name, Model: s.Model, SQL: t.read(columns), Pos: s.Pos})
		if err != nil {
			return 0, false, err
		}
		bytes, named = bytes+n, true
	}
	return bytes, named, nil
}
