package bigquery

import (
	"context"
	"errors"
	"iter"

	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"

	"github.com/kithdata/kith/internal/cdp"
)

// request is a SELECT as one request. The service runs it once, however often it
// gets the same request id.
func (w *Warehouse) request(s cdp.Statement) *rest.QueryRequest {
	return &rest.QueryRequest{
		Query: s.SQL, UseLegacySql: no(), ForceSendFields: []string{"UseLegacySql"},
		Location: w.cfg.Location, DefaultDataset: w.defaultDataset(), Labels: w.labels(s), RequestId: newRequestID(),
		MaximumBytesBilled: w.limit(s), JobTimeoutMs: w.cfg.JobTimeout.Milliseconds(),
		TimeoutMs:     patience.Milliseconds(),
		FormatOptions: &rest.DataFormatOptions{UseInt64Timestamp: true}, ConnectionProperties: utc(),
	}
}

// utc keeps the default time zone of a project, which an administrator may set for all its
// queries, from moving what a DATETIME, a DATE or a text without a zone stands for.
func utc() []*rest.ConnectionProperty {
	return []*rest.ConnectionProperty{{Key: "time_zone", Value: "UTC"}}
}

func newRequestID() string { return "kith-" + random() }

// Query implements [cdp.Warehouse]. The rows share one slice; memory holds a page
// of the service (at most 20 MB), or a few batches of the Storage Read API.
func (w *Warehouse) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	return func(yield func(cdp.Row, error) bool) {
		first, err := w.ask(ctx, s)
		if err != nil {
			yield(nil, err)
			return
		}
		r := &result{w: w, s: s, ref: first.JobReference}
		if !first.JobComplete {
			if err = r.wait(ctx); err != nil {
				yield(nil, err)
				return
			}
		} else {
			r.schema, r.rows, r.token = first.Schema, first.Rows, first.PageToken
		}
		if s.Progress != nil {
			s.Progress(cdp.Progress{Rows: first.TotalRows, Total: first.TotalRows, Bytes: uint64(max(0, first.TotalBytesProcessed))})
		}
		more, err := r.stream(ctx, yield)
		if ctx.Err() != nil && more {
			yield(nil, ctx.Err())
		} else if err != nil && more {
			yield(nil, w.fail(ctx, s, err))
		}
	}
}

// ask sends the request. The answer names the job, after [patience] at the latest; a
// caller that leaves before returns at once, and the job is cancelled as soon as it
// has a name.
func (w *Warehouse) ask(ctx context.Context, s cdp.Statement) (*rest.QueryResponse, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type answer struct {
		*rest.QueryResponse
		err error
	}
	done := make(chan answer, 1)
	request, long := w.request(s), context.WithoutCancel(ctx)
	w.loose.Go(func() {
		var r *rest.QueryResponse
		err := w.again(long, s, func() (err error) {
			if ctx.Err() != nil && r == nil {
				return ctx.Err() // nobody waits for another try
			}
			r, err = w.jobs.Jobs.Query(w.cfg.Project, request).Context(long).Do()
			var refused *googleapi.Error
			if errors.As(err, &refused) && refused.Code < 500 {
				request.RequestId = newRequestID() // it has failed: the old id would be told so again
			}
			return err
		})
		done <- answer{r, err}
		if ctx.Err() != nil && err == nil && !r.JobComplete {
			w.cancel(ctx, r.JobReference)
		}
	})
	select {
	case a := <-done:
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return a.QueryResponse, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// result is what a job has found, page by page.
type result struct {
	w   *Warehouse
	s   cdp.Statement
	ref *rest.JobReference

	schema *rest.TableSchema
	rows   []*rest.TableRow
	token  string
}

// wait waits for the end of a job that took longer than the first request.
func (r *result) wait(ctx context.Context) error {
	for {
		page, err := r.w.results(ctx, r.s, r.ref, "")
		if ctx.Err() != nil {
			r.w.cancel(ctx, r.ref)
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if page.JobComplete {
			r.schema, r.rows, r.token = page.Schema, page.Rows, page.PageToken
			return nil
		}
	}
}

// stream yields all rows. It returns false when the consumer has had enough.
func (r *result) stream(ctx context.Context, yield func(cdp.Row, error) bool) (bool, error) {
	if r.schema == nil { // a statement without a result
		return true, nil
	}
	if r.token != "" && !r.w.cfg.PagedReads && !unseen(r.s.SQL) {
		if fast := r.w.accelerated(ctx, r.ref); fast != nil {
			return fast.stream(yield)
		}
	}
	row := make(cdp.Row, len(r.schema.Fields))
	for {
		for _, cells := range r.rows {
			if err := ctx.Err(); err != nil {
				return true, err
			}
			for i, f := range r.schema.Fields {
				v, err := cellValue(f, cells.F[i].V)
				if err != nil {
					return true, err
				}
				row[i] = v
			}
			if !yield(row, nil) {
				return false, nil
			}
		}
		if r.token == "" {
			return true, nil
		}
		page, err := r.w.results(ctx, r.s, r.ref, r.token)
		if err != nil {
			return true, err
		}
		r.rows, r.token = page.Rows, page.PageToken
	}
}
