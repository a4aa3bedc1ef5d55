package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// createRaw makes the raw changeset, which is the changeset where nothing is held back.
func (e *Engine) createRaw(ctx context.Context, req *request, cs *changeset) error {
	cs.makes(cs.in.Raw)
	cs.listed = true
	_, err := e.exec(ctx, req.id, "sync "+cs.sync.Name, cs.diff.CreateChangeset(cs.in.Raw))
	return err
}

// list makes the changeset of a run that sends nothing, for who reads it all the same.
func (e *Engine) list(ctx context.Context, req *request, cs *changeset) error {
	if cs.listed {
		return nil
	}
	if err := e.createRaw(ctx, req, cs); err != nil {
		return err
	}
	cs.scratch = without(cs.scratch, cs.table)
	return nil
}

// makes notes tables that are about to be made, to be dropped at the end.
func (cs *changeset) makes(names ...string) {
	for _, name := range names {
		if !slices.Contains(cs.scratch, name) {
			cs.scratch = append(cs.scratch, name)
		}
	}
}

// store stores the desired rows and returns the diff that reads those.
func (e *Engine) store(ctx context.Context, req *request, cs *changeset, d *compile.Diff) (*compile.Diff, error) {
	cs.stored = true
	cs.makes(cs.in.Desired)
	return d.Stored(), e.runAll(ctx, req, "sync "+cs.sync.Name, []cdp.Statement{d.CreateDesired()})
}

// drop removes at the end what only this run needed, by one statement; the changeset of a run
// without an end stays until the next has looked at it.
func (e *Engine) drop(ctx context.Context, s *cdp.Sync, names []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropping)
	defer cancel()
	if err := e.Ledger.Drop(ctx, names...); err != nil {
		e.Log.WarnContext(ctx, "tables of ended runs left behind", "sync", s.Name, "err", err) // the sweep of a later run drops them
	}
}

func tableID(run string) string { return strings.ReplaceAll(run, "-", "_") }

func without(list []string, drop string) []string {
	out := list[:0]
	for _, s := range list {
		if s != drop {
			out = append(out, s)
		}
	}
	return out
}
