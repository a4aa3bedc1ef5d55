package engine

import (
	"context"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// IdentityCheck is what was found of the identity of one entity in the current build.
type IdentityCheck struct {
	Broken     []string // invariants that do not hold, with how often
	Strangers  []string // baselines with rows of nobody
	Collisions uint64   // values that have another node than their hash
	Merged     uint64   // ids that were merged
}

// CheckIdentity verifies the tables of an entity's identity: every identifier in
// exactly one entity, links and merged ids that lead somewhere, no two values with
// one node, and whom the rows belong to that destinations hold.
func (e *Engine) CheckIdentity(ctx context.Context, entity *cdp.Entity) (*IdentityCheck, error) {
	s, err := e.seek(ctx, entity)
	if err != nil {
		return nil, err
	}
	out := &IdentityCheck{}
	for _, check := range s.look.Checks() {
		row, err := e.one(ctx, s.req.id, check.Statement)
		if err != nil {
			return nil, err
		}
		for i, what := range check.Broken {
			n := ledger.Uint(row[i])
			switch {
			case what != "" && n > 0:
				out.Broken = append(out.Broken, fmt.Sprintf("%d %s", n, what))
			case what == "" && check.Name == "check_collisions":
				out.Collisions = n
			case what == "" && check.Name == "check_aliases":
				out.Merged = n
			}
		}
	}
	return out, s.strangers(ctx, out)
}

func (s *seeker) strangers(ctx context.Context, out *IdentityCheck) error {
	states, err := s.e.Ledger.States(ctx)
	if err != nil {
		return err
	}
	for _, sync := range s.e.Project.Syncs {
		state, known := states[sync.Name]
		if !known || sync.Entity != s.entity || sync.Source != nil {
			continue
		}
		exists, err := s.e.Ledger.Exists(ctx, state.Baseline)
		if err != nil {
			return err
		}
		if !exists {
			continue
		}
		row, err := s.e.one(ctx, s.req.id, s.look.CheckBaseline(state.Baseline))
		if err != nil {
			return err
		}
		if n := ledger.Uint(row[1]); n > 0 {
			out.Strangers = append(out.Strangers, fmt.Sprintf("%d of %d rows that sync %s has delivered are of nobody any more", n, ledger.Uint(row[0]), sync.Name))
		}
	}
	return nil
}

// Current reports whether there is a build that holds the entity.
func (e *Engine) Current(ctx context.Context, entity *cdp.Entity) (bool, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil || len(last) == 0 {
		return false, err
	}
	return e.Ledger.Exists(ctx, compile.IdentityTablesOf(entity, last[0].ID).Reads)
}
