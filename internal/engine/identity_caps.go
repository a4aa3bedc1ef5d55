package engine

import (
	"context"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// snapshot copies the tables of blocked values, and returns what tells that one of
// them has changed.
func (b *identityBuild) snapshot(ctx context.Context, id *compile.Identity) (string, error) {
	list := id.Snapshot()
	if len(list) == 0 {
		return "", nil
	}
	if err := b.exec(ctx, list...); err != nil {
		return "", err
	}
	return b.mix(ctx, id)
}

func (b *identityBuild) mix(ctx context.Context, id *compile.Identity) (string, error) {
	n, err := b.counts(ctx, id.SnapshotMix())
	if err != nil {
		return "", err
	}
	return fmt.Sprint(n), nil
}

// demote finds the values that are linked with too many others; they link nothing.
func (b *identityBuild) demote(ctx context.Context) error {
	if err := b.exec(ctx, b.id.Demote()...); err != nil {
		return err
	}
	if err := b.countHubs(ctx); err != nil {
		return err
	}
	if b.report.Demoted == 0 {
		b.id.NoneDemoted()
	}
	return nil
}

func (b *identityBuild) countHubs(ctx context.Context) (err error) {
	if s, capped := b.id.HubCount(); capped {
		b.report.Demoted, err = b.count(ctx, s)
	}
	return err
}

// samples reads what the guards of this build did first.
func (b *identityBuild) samples(ctx context.Context) error {
	rows, err := b.e.all(ctx, b.req.id, b.id.Samples())
	if err != nil {
		return err
	}
	for _, r := range rows {
		g := GuardReport{Guard: ledger.Text(r[0]), Identifier: ledger.Text(r[1]), Count: ledger.Uint(r[2]), Largest: ledger.Uint(r[3])}
		list, _ := r[4].([]any)
		for _, s := range list {
			g.Samples = append(g.Samples, ledger.Text(s))
		}
		b.report.Guards = append(b.report.Guards, g)
	}
	return nil
}

// defaultJump is how much of the build before one build may change, in per cent.
const defaultJump = 10.0

// withdrawnWaits is what a guard that stops a build does beside what it is for: consents and
// suppressions are in the tables that it keeps from being published.
const withdrawnWaits = "until a build is published syncs go by the one before, and remove nobody for consent withdrawn or suppression since"

// jump compares the build with the one before: what goes beyond a guard of the
// entity stops it before anything is published.
func (b *identityBuild) jump(ctx context.Context) error {
	if b.input.Previous == "" {
		return nil
	}
	n, err := b.counts(ctx, b.id.Jump())
	if err != nil {
		return err
	}
	entities, gone, before, now, identifiers := n[0], n[1], n[2], n[3], n[4]
	g := b.entity.Guards
	for _, x := range []struct {
		name   string
		guard  cdp.Guard
		n, of  uint64
		what   string
		things string
	}{
		{"max_merged", g.MaxMerged, b.report.Merged, entities, "would become part of another", "entities"},
		{"max_split", g.MaxSplit, b.report.Split, entities, "would fall apart", "entities"},
		{"max_gone", g.MaxGone, gone, entities, "would be gone: no row holds an identifier of theirs any more", "entities"},
		{"max_quarantined", g.MaxQuarantined, now - min(now, before), identifiers, "would come into quarantine", "identifiers"},
	} {
		limit, on := limitOf(x.guard, defaultJump, x.of)
		if !on || x.n <= limit {
			continue
		}
		s := Stopped{
			Guard: x.name, Text: fmt.Sprintf("entity %s: %d of %d %s %s, more than %s allows (%d)", b.entity.Name, x.n, x.of, x.things, x.what, x.name, limit),
			Help: fmt.Sprintf("`kith plan` shows by which links; if this is right, raise `identity: {guards: {%s: %d}}` of the entity for this run; %s", x.name, x.n, withdrawnWaits),
		}
		b.report.Stopped = &s
		if b.req.Command == "plan" {
			return nil
		}
		return &BlockedError{Guard: s.Guard, Text: s.Text, Help: s.Help}
	}
	return nil
}
