package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// ReviewPair is two records of which it is not sure whether they are of one entity.
type ReviewPair struct {
	Pair        string   `json:"pair"`
	Entity      string   `json:"entity"`
	Probability float64  `json:"probability"`
	Why         string   `json:"why,omitempty"` // max, size, apart: probable, and held back
	A           Reviewed `json:"a"`
	B           Reviewed `json:"b"`
}

// Reviewed is one of the two.
type Reviewed struct {
	EntityID string            `json:"entity_id"`
	Values   map[string]string `json:"values"` // as compared
}

// Decided is what somebody has said of a pair.
type Decided struct {
	Pair     string    `json:"pair"`
	Entity   string    `json:"entity"`
	Decision string    `json:"decision"`
	At       time.Time `json:"at"`
}

// Review lists pairs of the current build that wait for a decision, the most probable
// first.
func (e *Engine) Review(ctx context.Context, entity *cdp.Entity, limit int) ([]ReviewPair, error) {
	build, err := e.reviewed(ctx, entity)
	if err != nil {
		return nil, err
	}
	if build == "" {
		return nil, &NoBuildError{"no build has matched the records of " + entity.Name + " yet"}
	}
	rows, err := ledger.All(ctx, e.Warehouse, e.Compiler.OpenPairs(entity, build, limit))
	if err != nil {
		return nil, err
	}
	out := make([]ReviewPair, len(rows))
	for i, r := range rows {
		p, _ := r[3].(float64)
		out[i] = ReviewPair{
			Pair: ledger.Text(r[0]), Entity: entity.Name, Probability: p, Why: ledger.Text(r[4]),
			A: Reviewed{ledger.Text(r[5]), valuesOf(entity, r[7])}, B: Reviewed{ledger.Text(r[6]), valuesOf(entity, r[8])},
		}
	}
	return out, nil
}

// reviewed is the current build when it has pairs to review, else "".
func (e *Engine) reviewed(ctx context.Context, entity *cdp.Entity) (string, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil || len(last) == 0 {
		return "", err
	}
	exists, err := e.Ledger.Exists(ctx, compile.IdentityTablesOf(entity, last[0].ID).Review)
	if err != nil || !exists {
		return "", err
	}
	return last[0].ID, nil
}

// valuesOf names the values of a record.
func valuesOf(entity *cdp.Entity, list any) map[string]string {
	out := map[string]string{}
	values, _ := list.([]any)
	for i, c := range entity.Match.Compare {
		if i < len(values) {
			out[c.Name] = ledger.Text(values[i])
		}
	}
	return out
}

// Decisions lists what has been decided, the latest first.
func (e *Engine) Decisions(ctx context.Context, entity *cdp.Entity, limit int) ([]Decided, error) {
	rows, err := ledger.All(ctx, e.Warehouse, e.Compiler.Decisions(entity, limit))
	if err != nil {
		return nil, err
	}
	out := make([]Decided, len(rows))
	for i, r := range rows {
		at, _ := r[2].(time.Time)
		out[i] = Decided{ledger.Text(r[0]), entity.Name, ledger.Text(r[1]), at}
	}
	return out, nil
}

// UnknownPairError names pairs that are neither in the current build nor decided.
type UnknownPairError struct{ Pairs []string }

func (e *UnknownPairError) Error() string {
	return "there is no pair " + strings.Join(e.Pairs, ", ") + " to review"
}

// Decide records what somebody says of pairs, by name: accepted, refused, or undecided
// to take it back. All are known, or nothing is recorded. The next build applies it.
func (e *Engine) Decide(ctx context.Context, entities []*cdp.Entity, says map[string]string) error {
	var list []ledger.Decision
	var missing []string
	for pair := range says {
		missing = append(missing, pair)
	}
	slices.Sort(missing)
	names := slices.Clone(missing)
	for _, entity := range entities {
		build, err := e.reviewed(ctx, entity)
		if err != nil {
			return err
		}
		rows, err := ledger.All(ctx, e.Warehouse, e.Compiler.NamedPairs(entity, build, names))
		if err != nil {
			return fmt.Errorf("pairs of %s: %w", entity.Name, err)
		}
		for _, r := range rows {
			pair := ledger.Text(r[0])
			list = append(list, ledger.Decision{Entity: entity.Name, A: ledger.Uint(r[1]), B: ledger.Uint(r[2]), Says: says[pair]})
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == pair })
		}
	}
	if len(missing) > 0 {
		return &UnknownPairError{missing}
	}
	at, err := e.Ledger.Now(ctx)
	if err != nil {
		return err
	}
	e.fail("before decisions")
	if err := e.Ledger.WriteDecisions(ctx, list, at); err != nil {
		return err
	}
	e.fail("after decisions")
	return nil
}
