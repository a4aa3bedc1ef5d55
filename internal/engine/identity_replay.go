package engine

import (
	"context"
	"errors"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// ReplayReport is what a build without the ledger's earlier builds would make of an
// entity: the same partition, and ids that follow from the rows alone.
type ReplayReport struct {
	Entity string      `json:"entity"`
	IDs    uint64      `json:"ids"`    // entities whose id would be another
	Moved  uint64      `json:"moved"`  // identifiers that would be with others
	Differ []OtherID   `json:"differ"` // a bounded list
	Kept   uint64      `json:"kept"`   // entities whose id would be the same
	Build  ReplayBuild `json:"build"`
}

// ReplayBuild is what the replay itself found.
type ReplayBuild struct {
	Entities    uint64 `json:"entities"`
	Identifiers uint64 `json:"identifiers"`
}

// OtherID is an entity that would have another id.
type OtherID struct {
	ID       string `json:"id"`
	Replayed string `json:"replayed"`
	Size     uint64 `json:"identifiers"` // that they share
}

// replayIDs bounds the list of a replay.
const replayIDs = 10_000

// Replay builds the identity of entities as if the ledger had no earlier build, and
// says what would differ from the current one. Nothing of it stays.
func (e *Engine) Replay(ctx context.Context, entities []*cdp.Entity) ([]*ReplayReport, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, &NoBuildError{"nothing has been built yet"}
	}
	req, _, err := e.start(ctx, Request{Command: "replay"})
	if err != nil {
		return nil, err
	}
	var out []*ReplayReport
	for _, entity := range entities {
		r, err := e.replayed(ctx, req, entity, last[0].ID)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (e *Engine) replayed(ctx context.Context, req *request, entity *cdp.Entity, current string) (r *ReplayReport, err error) {
	build := tableID(req.id) + "_replay"
	found, err := e.stitch(ctx, req, entity, build, "", finishEdges)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, t := range compile.IdentityTablesOf(entity, build).List() {
			err = errors.Join(err, e.Ledger.Drop(context.WithoutCancel(ctx), t))
		}
		for _, s := range e.Compiler.ForgetIdentity(build) {
			_, execErr := e.exec(context.WithoutCancel(ctx), req.id, "replay", s)
			err = errors.Join(err, execErr)
		}
	}()
	r = &ReplayReport{Entity: entity.Name, Build: ReplayBuild{found.Entities, found.Identifiers}, Differ: []OtherID{}}
	count, list := e.Compiler.Differ(entity, current, build, replayIDs)
	row, err := e.one(ctx, req.id, count)
	if err != nil {
		return nil, err
	}
	r.IDs, r.Kept, r.Moved = ledger.Uint(row[0]), ledger.Uint(row[1]), ledger.Uint(row[2])
	rows, err := e.all(ctx, req.id, list)
	if err != nil {
		return nil, err
	}
	for _, x := range rows {
		r.Differ = append(r.Differ, OtherID{ledger.Text(x[0]), ledger.Text(x[1]), ledger.Uint(x[2])})
	}
	return r, nil
}
