package bigquery

import (
	"context"
	"errors"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Expires says what the service deletes by itself of what is to stay: tables that are made
// in the dataset of t get an end after def, and t itself has one at at. Both are zero where
// nothing expires, where there is no such dataset or table yet, and where kith may not look.
func (w *Warehouse) Expires(ctx context.Context, t cdp.Table) (def time.Duration, at time.Time, err error) {
	err = w.metadata(ctx, "dataset "+t.Schema, func() error {
		d, err := w.jobs.Datasets.Get(w.cfg.Project, t.Schema).Context(ctx).Do()
		if err == nil {
			def = time.Duration(d.DefaultTableExpirationMs) * time.Millisecond
		}
		return err
	})
	if err != nil {
		return 0, time.Time{}, err
	}
	err = w.metadata(ctx, "table "+t.Name, func() error {
		found, err := w.jobs.Tables.Get(w.cfg.Project, t.Schema, t.Name).Context(ctx).Do()
		if err == nil && found.ExpirationTime > 0 {
			at = time.UnixMilli(found.ExpirationTime).UTC()
		}
		return err
	})
	return def, at, err
}

// metadata asks for what describes a dataset or a table, which costs nothing.
func (w *Warehouse) metadata(ctx context.Context, name string, request func() error) error {
	err := w.again(ctx, cdp.Statement{Name: name, Model: "ledger"}, request)
	if errors.Is(err, cdp.ErrNotFound) || errors.Is(err, cdp.ErrDenied) {
		return nil
	}
	return err
}
