package engine

import (
	"context"
	"errors"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// ErrHours ends a run whose hours are over: its context is cancelled with it as the
// cause.
var ErrHours = errors.New("the hours of delivery are over: what was sent is recorded, the rest goes on when they begin again")

// Newest is how new the newest row of each source is, by name. Sources that do not
// say when their rows came are left out; one without rows is the zero time. now is by
// the caller's clock: rows are from the future when the warehouse's thinks so too.
func (e *Engine) Newest(ctx context.Context, sources []*cdp.Source, now time.Time) (map[string]time.Time, error) {
	c, server, err := e.onCurrent(ctx)
	if err != nil {
		return nil, err
	}
	if server.After(now) {
		now = server
	}
	out := map[string]time.Time{}
	for _, s := range sources {
		if s.LoadedAt == "" && s.Timestamp == "" {
			continue
		}
		row, err := ledger.One(ctx, e.Warehouse, c.Newest(s, now))
		if err != nil {
			return nil, err
		}
		out[s.Name] = time.Time{}
		if t, ok := row[0].(time.Time); ok && t.Unix() > 0 {
			out[s.Name] = t.UTC()
		}
	}
	return out, nil
}

// Holds reports whether an expression without names in scope is true.
func (e *Engine) Holds(ctx context.Context, sql *cdp.SQL) (bool, error) {
	row, err := ledger.One(ctx, e.Warehouse, e.Compiler.Holds(sql))
	return err == nil && ledger.Uint(row[0]) == 1, err
}

// onCurrent is the compiler at this moment of the warehouse, over the current build.
func (e *Engine) onCurrent(ctx context.Context) (*compile.Compiler, time.Time, error) {
	now, err := e.Ledger.Now(ctx)
	if err != nil {
		return nil, now, err
	}
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return nil, now, err
	}
	c := e.Compiler.At(now)
	if len(last) > 0 {
		c = c.On(compile.Build{ID: last[0].ID})
	}
	return c, now, nil
}

// NeedsBuild reports whether the models have changed since the last build, or
// nothing has been built.
func (e *Engine) NeedsBuild(ctx context.Context) (bool, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	return len(last) == 0 || last[0].Models != e.Compiler.Models(), err
}

// NoBuild is why syncs cannot deliver from the current build, as a run that meets it says;
// "" when they can.
func (e *Engine) NoBuild(ctx context.Context) (string, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return "", err
	}
	if err := e.serves(last); err != nil {
		return err.Error(), nil
	}
	return "", nil
}
