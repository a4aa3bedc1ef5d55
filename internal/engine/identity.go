package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// identityBuild finds the entities of one kind for one build, inside the warehouse.
// Its order is that of the guards: what is blocked makes no node, components are
// found, those with too many values of an identifier are split, those that are
// still too large go into quarantine, then ids are given.
type identityBuild struct {
	e      *Engine
	req    *request
	entity *cdp.Entity
	input  compile.IdentityInput
	id     *compile.Identity
	finish uint64 // edges up to this number are contracted here, not in the warehouse

	edges   uint64
	guarded bool // an increment touches what a guard took apart before

	blocked string // the mix of the tables of blocked values

	rejected, quarantined uint64 // by the guards of this build, among what it stitched
	report                EntityReport
}

// buildIdentity writes the tables compile.IdentityTablesOf(entity, build). previous
// is the build whose ids are kept, "" for none. Nothing that it writes is visible
// before the build is published: tables carry its id, rows of entity_merges and
// identity_audit count when the build is in the ledger. When it fails it drops what
// it made.
func (e *Engine) buildIdentity(ctx context.Context, req *request, entity *cdp.Entity, build, previous string) (EntityReport, error) {
	return e.stitch(ctx, req, entity, build, previous, finishEdges)
}

func (e *Engine) stitch(ctx context.Context, req *request, entity *cdp.Entity, build, previous string, finish uint64) (EntityReport, error) {
	b := &identityBuild{
		e: e, req: req, entity: entity, finish: finish,
		input: compile.IdentityInput{Build: build, Previous: previous, Run: tableID(req.id)},
	}
	err := b.known(ctx)
	if err == nil {
		err = b.run(ctx)
	}
	if b.id == nil {
		return b.report, err
	}
	if req.inputs != nil {
		req.inputs[entity.Name] = b.input
	}
	return b.report, errors.Join(err, b.clean(ctx, err != nil))
}

// known takes the newest of the last builds that has the entity for the previous one, and forgets
// it where none has: the entity may be new in the project. A build of a branch without it is none
// that its ids are to be forgotten by.
func (b *identityBuild) known(ctx context.Context) error {
	exists := func() (bool, error) {
		return b.e.Ledger.Exists(ctx, compile.IdentityTablesOf(b.entity, b.input.Previous).Entity)
	}
	if b.input.Previous == "" {
		return nil
	}
	if ok, err := exists(); err != nil || ok {
		return err
	}
	last, err := b.e.Ledger.Builds(ctx, ledger.KeptBuilds)
	if err != nil {
		return err
	}
	for _, build := range last {
		b.input.Previous = build.ID
		if ok, err := exists(); err != nil || ok {
			return err
		}
	}
	b.input.Previous = ""
	return nil
}

// keyed is the compiler of a run with the keys of the ledger, which all ids of
// identifiers depend on. buildIdentity may add keys: take it after that.
func (e *Engine) keyed(ctx context.Context, req *request) (*compile.Compiler, error) {
	keys := compile.Keys{Salt: e.Ledger.Salt()}
	for _, entity := range e.Project.Entities {
		list, err := e.Ledger.Collisions(ctx, entity)
		if err != nil {
			return nil, err
		}
		keys.Collisions = append(keys.Collisions, list...)
	}
	return e.Compiler.At(req.asOf).Keyed(keys).On(req.build), nil
}

// run builds by an increment where it can, else by reading everything.
func (b *identityBuild) run(ctx context.Context) error {
	why, err := b.whyFull(ctx)
	if err != nil {
		return err
	}
	if why == "" {
		err = b.steps(ctx, b.increment, b.components, b.publish, b.record, b.samples, b.jump)
		if !errors.Is(err, errNewCollision) {
			return err
		}
		if err := b.clean(ctx, true); err != nil {
			return err
		}
		why = "two values have one hash"
	}
	b.input.Delta, b.input.FullAt, b.guarded = false, b.req.now, false
	b.report = EntityReport{Entity: b.entity.Name, Full: why}
	return b.steps(ctx, b.extract, b.link, b.match, b.components, b.publish, b.record, b.samples, b.jump)
}

func (b *identityBuild) steps(ctx context.Context, list ...func(context.Context) error) error {
	for _, step := range list {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *identityBuild) exec(ctx context.Context, list ...cdp.Statement) error {
	for _, s := range list {
		if _, err := b.e.exec(ctx, b.req.id, "build", s); err != nil {
			return err
		}
	}
	return nil
}

// counts reads the one row of a statement that counts.
func (b *identityBuild) counts(ctx context.Context, s cdp.Statement) ([]uint64, error) {
	row, err := b.e.one(ctx, b.req.id, s)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, len(row))
	for i, v := range row {
		out[i] = ledger.Uint(v)
	}
	return out, nil
}

func (b *identityBuild) count(ctx context.Context, s cdp.Statement) (uint64, error) {
	n, err := b.counts(ctx, s)
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// clean drops the scratch tables, and those of the build when it failed.
func (b *identityBuild) clean(ctx context.Context, failed bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropping)
	defer cancel()
	err := b.e.Ledger.DropAll(ctx, b.id.ScratchPrefix())
	if failed {
		err = errors.Join(err, b.e.Ledger.Drop(ctx, b.id.Tables().List()...))
	}
	return err
}

// link makes the edges from the rows, which are then done with.
func (b *identityBuild) link(ctx context.Context) error {
	if err := b.exec(ctx, b.id.Edges(), b.id.Reads()); err != nil {
		return err
	}
	if err := b.dropRows(ctx); err != nil {
		return err
	}
	n, err := b.counts(ctx, b.id.NodeCount())
	if err != nil {
		return err
	}
	b.edges = n[1]
	return b.demote(ctx)
}

func (b *identityBuild) dropRows(ctx context.Context) error {
	return b.e.Ledger.Drop(ctx, b.id.RowTables()...)
}

// components finds them and applies max and max_size.
func (b *identityBuild) components(ctx context.Context) error {
	labels, rounds, err := b.contract(ctx, b.id.Contraction(), b.edges)
	if err != nil {
		return err
	}
	b.report.Rounds = rounds
	if err := b.exec(ctx, b.id.Found(labels), b.id.Parts()); err != nil {
		return err
	}
	n, err := b.counts(ctx, b.id.Breaks())
	if err != nil {
		return err
	}
	if over, large := n[0], n[1]; over > 0 || large > 0 || b.guarded {
		return b.guard(ctx, over > 0)
	}
	return nil
}

// publish gives ids and writes the tables of the build.
func (b *identityBuild) publish(ctx context.Context) error {
	list := b.id.Inherit()
	if b.input.Delta {
		list = append(list, b.id.Remove()...)
	}
	if err := b.exec(ctx, append(list, b.id.Publish()...)...); err != nil {
		return err
	}
	n, err := b.counts(ctx, b.id.EntityCount())
	if err != nil {
		return err
	}
	r := &b.report
	r.Entities, r.Identifiers, r.Quarantined, r.Rejected, r.Unowned, r.Blocked, r.Invalid = n[0], n[1]+r.Shared, n[2], n[3], n[4], n[5], n[6]
	if n[7] != n[1] {
		return fmt.Errorf("the entities have %d identifiers in all, the map %d: this is a bug in kith", n[1], n[7])
	}
	if b.id.Shares() {
		if err := b.exec(ctx, b.id.PublishShared()); err != nil {
			return err
		}
	}
	if m := b.id.Match(); m != nil {
		create, count := m.PublishReview()
		if err := b.exec(ctx, create); err != nil {
			return err
		}
		b.report.Match.Review, err = b.count(ctx, count)
	}
	return err
}

// record writes what became of the ids of the previous build, and which merged ones live again,
// as they may without a previous build too. A build that changes nothing records nothing.
func (b *identityBuild) record(ctx context.Context) error {
	list := []cdp.Statement{}
	if b.rejected > 0 {
		known, err := b.knows(ctx, compile.IdentityTablesOf(b.entity, b.input.Previous).Refused)
		if err != nil {
			return err
		}
		list = append(list, b.id.AuditRejected(known))
	}
	if b.report.Shared > 0 {
		known, err := b.knows(ctx, compile.IdentityTablesOf(b.entity, b.input.Previous).Shared)
		if err != nil {
			return err
		}
		list = append(list, b.id.AuditShared(known))
	}
	if b.quarantined > 0 {
		list = append(list, b.id.AuditQuarantined())
	}
	known, err := b.knows(ctx, compile.IdentityTablesOf(b.entity, b.input.Previous).Hubs)
	if err != nil {
		return err
	}
	list = append(list, b.id.AuditValues(known)...)
	if b.input.Previous != "" {
		if err := b.exec(ctx, b.id.Merged()); err != nil {
			return err
		}
	}
	n, err := b.counts(ctx, b.id.Changes())
	if err != nil {
		return err
	}
	merged, split, revived := n[0], n[1], n[2]
	b.report.Merged, b.report.Split = merged, split
	if merged > 0 {
		list = append(list, b.id.AuditMerged())
	}
	if split > 0 {
		list = append(list, b.id.AuditSplit())
	}
	if merged > 0 || revived > 0 {
		list = append(list, b.id.Merges())
	}
	return b.exec(ctx, list...)
}
