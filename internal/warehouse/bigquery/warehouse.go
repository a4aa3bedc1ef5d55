package bigquery

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	bq "cloud.google.com/go/bigquery"
	"cloud.google.com/go/bigquery/storage/managedwriter"
	rest "google.golang.org/api/bigquery/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// Warehouse is a [cdp.Warehouse] on one project. It is safe for concurrent use.
type Warehouse struct {
	cfg     Config
	dialect cdp.Dialect
	jobs    *rest.Service
	reader  *bq.Client // of the Storage Read API
	writer  *managedwriter.Client

	streams streams
	seen    atomic.Pointer[string] // where the last job was
	loose   sync.WaitGroup         // cancellations that outlive their statement
	closing sync.Once
}

var (
	_ cdp.Warehouse = (*Warehouse)(nil)
	_ cdp.Estimator = (*Warehouse)(nil)
)

// Open makes the clients and asks for the right to run a job. The Warehouse must be
// closed. Errors are *[cdp.StatementError] where they come from the service.
func Open(ctx context.Context, cfg Config, d cdp.Dialect) (*Warehouse, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = time.Second
	}
	w := &Warehouse{cfg: cfg, dialect: d}
	api, storage, err := cfg.options()
	if err != nil {
		return nil, w.fail(ctx, cdp.Statement{}, err)
	}
	long := context.WithoutCancel(ctx) // the clients outlive the call
	if w.jobs, err = rest.NewService(long, api...); err != nil {
		return nil, w.fail(ctx, cdp.Statement{}, err)
	}
	if w.reader, err = bq.NewClient(long, cfg.Project, api...); err != nil {
		return nil, w.fail(ctx, cdp.Statement{}, err)
	}
	if !cfg.PagedReads {
		if err := w.reader.EnableStorageReadClient(long, storage...); err != nil {
			return nil, errors.Join(w.fail(ctx, cdp.Statement{}, err), w.Close())
		}
	}
	if w.writer, err = managedwriter.NewClient(long, cfg.Project, storage...); err != nil {
		return nil, errors.Join(w.fail(ctx, cdp.Statement{}, err), w.Close())
	}
	if err := w.Ping(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Ping reports whether the service answers and lets this account run jobs.
func (w *Warehouse) Ping(ctx context.Context) error {
	_, err := w.dry(ctx, cdp.Statement{SQL: "SELECT 1"})
	return err
}

// Dialect is the dialect that was given to Open.
func (w *Warehouse) Dialect() cdp.Dialect { return w.dialect }

// Project is the project that runs the jobs.
func (w *Warehouse) Project() string { return w.cfg.Project }

// Close waits for cancellations that are under way and closes the connections. It may be
// called again.
func (w *Warehouse) Close() (err error) {
	w.closing.Do(func() { err = w.shut() })
	return err
}

func (w *Warehouse) shut() error {
	w.loose.Wait()
	errs := []error{w.streams.close()}
	if w.reader != nil {
		errs = append(errs, w.reader.Close())
	}
	if w.writer != nil {
		errs = append(errs, w.writer.Close())
	}
	return errors.Join(errs...)
}
