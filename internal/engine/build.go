package engine

import (
	"context"
	"errors"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

func (e *Engine) build(_, _ context.Context, _ *request, _ *Report) error { return nil }

func (e *Engine) currentBuild(_ context.Context, _ *request) error { return nil }

func (e *Engine) entityVerdicts(_ context.Context, _ *request, _ *changeset, _ *compile.Diff, _ uint64, _ func(cdp.Statement) error) error {
	return nil
}

func statusOf(err error) Status {
	var held *ledger.HeldError
	var blocked *BlockedError
	switch {
	case errors.As(err, &held):
		return Waited
	case errors.As(err, &blocked):
		return Blocked
	}
	return Failed
}
