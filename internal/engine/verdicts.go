package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// verdicts finds rows that must not be sent as they are; n is into how many slices the
// changeset is cut. It counts the changeset as it was before, and says whether there are
// any.
func (e *Engine) verdicts(ctx context.Context, req *request, cs *changeset, raw *compile.Diff, n int, run func(cdp.Statement) error) (counts []cdp.Row, any bool, err error) {
	var list []cdp.Statement
	for _, s := range raw.Slices(n) {
		list = append(list, raw.Repeated(s))
	}
	if err := e.repeated(ctx, req, cs, list...); err != nil {
		return nil, false, err
	}
	cs.makes(cs.in.Fix)
	if err := run(raw.CreateFix()); err != nil {
		return nil, false, err
	}
	standing, err := e.Ledger.Standing(ctx, cs.name)
	if err != nil {
		return nil, false, err
	}
	cs.foreign = standing.Foreign
	// What wrote no end may still be writing.
	cs.spotless = standing.Rejected == 0 && (len(cs.last) == 0 || cs.last[0].Status == string(Succeeded) || cs.last[0].Status == string(Partial))
	counts, err = e.all(ctx, req.id, raw.Counts())
	if err != nil {
		return nil, false, err
	}
	of := sum(counts, cs.known)
	// A copy of a row that has not changed is in no changeset, but it is counted. Rows
	// that return do not add up either, so that a look at all of them decides.
	if !cs.diff.Event() && of.distinct != int64(cs.rows) {
		list = nil
		for _, s := range raw.Slices(e.Compiler.Dialect().Statements(cs.rows)) {
			list = append(list, cs.diff.DesiredRepeated(s))
		}
		if err := e.repeated(ctx, req, cs, list...); err != nil {
			return nil, false, err
		}
	}
	if err := e.keys(cs, raw, of, run); err != nil {
		return nil, false, err
	}
	if raw.Shares() && of.removes > 0 {
		if err := e.spare(ctx, req, cs, raw, of.removes, run); err != nil {
			return nil, false, err
		}
	}
	if cs.sync.Kind == cdp.Object && (standing.Foreign > 0 || of.removes > 0 && raw.Misses()) {
		if err := run(raw.Foreign()); err != nil {
			return nil, false, err
		}
	}
	if err := e.entityVerdicts(ctx, req, cs, raw, of.removes, run); err != nil {
		return nil, false, err
	}
	if of.doubtful > 0 {
		if err := run(raw.Doubtful()); err != nil {
			return nil, false, err
		}
	}
	if standing.Rejected > 0 && !req.RetryRejected && !cs.changed {
		for _, s := range cs.backoffs(raw, e.Compiler.Dialect().Time(req.now)) {
			if err := run(s); err != nil {
				return nil, false, err
			}
		}
	}
	if standing.Jobs > 0 {
		if err := run(raw.Pending()); err != nil {
			return nil, false, err
		}
	}
	if cs.left != "" {
		if err := e.leftVerdicts(ctx, req, cs, raw.Under(cs.left), run); err != nil {
			return nil, false, err
		}
	}
	any, err = e.held(ctx, req, cs, raw, of, run)
	if err == nil && any && taken(cs, of) && of.sends > 0 && len(cs.sync.Consents) > 0 {
		err = run(raw.Consent())
	}
	return counts, any, err
}

// leftVerdicts finds for a plan what the run fetches from the name that the sync had.
func (e *Engine) leftVerdicts(ctx context.Context, req *request, cs *changeset, raw *compile.Diff, run func(cdp.Statement) error) error {
	standing, err := e.Ledger.Standing(ctx, cs.left)
	if err != nil {
		return err
	}
	var list []cdp.Statement
	if cs.sync.Kind == cdp.Object && standing.Foreign > 0 {
		list = append(list, raw.Foreign())
	}
	if standing.Rejected > 0 && !req.RetryRejected && !cs.changed {
		list = append(list, cs.backoffs(raw, e.Compiler.Dialect().Time(req.now))...)
	}
	if standing.Jobs > 0 {
		list = append(list, raw.Pending())
	}
	for _, s := range list {
		if err := run(s); err != nil {
			return err
		}
	}
	return nil
}

// repeated refuses ids that stand on several rows; the statements count them.
func (e *Engine) repeated(ctx context.Context, req *request, cs *changeset, list ...cdp.Statement) error {
	values := uint64(0)
	for _, s := range list {
		rows, err := e.all(ctx, req.id, s)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			values += ledger.Uint(rows[0][0])
		}
	}
	if values == 0 {
		return nil
	}
	return fmt.Errorf("%w: the key of %s is not unique: %d values of (%s) stand on several rows; declare `dedupe: true` on the source, or add columns to its key",
		ErrData, cs.origin(), values, strings.Join(cs.keyColumns(), ", "))
}

// values is how many rows of a join one removal from an audience takes the memory of: it
// has some values of 64 bytes each (2026-11-29: 130,000 rows with one value took 250 MB).
const values = 16

// spare lets removals from an audience take out nothing by which another is in it.
func (e *Engine) spare(ctx context.Context, req *request, cs *changeset, raw *compile.Diff, removes uint64, run func(cdp.Statement) error) error {
	cs.makes(cs.in.Spared)
	if err := run(raw.CreateSpared()); err != nil {
		return err
	}
	for _, s := range raw.Slices(e.Compiler.Dialect().Statements(values * removes)) {
		if err := run(raw.FindSpared(s)); err != nil {
			return err
		}
	}
	row, err := e.one(ctx, req.id, raw.CountSpared())
	if err != nil {
		return err
	}
	if cs.spared = ledger.Uint(row[0]); cs.spared == 0 {
		return nil
	}
	return run(raw.FixSpared())
}
