package bigquery

import (
	"context"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// Exec implements [cdp.Warehouse]. The service does not say how much memory a
// statement took.
func (w *Warehouse) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	start := time.Now()
	if err := ctx.Err(); err != nil {
		return cdp.Stats{}, err
	}
	job, err := w.run(ctx, s)
	stats := cdp.Stats{Took: time.Since(start)}
	if err != nil {
		return stats, err
	}
	tell(s, job)
	if st := job.Statistics; st != nil {
		stats.ReadBytes = uint64(max(0, st.TotalBytesProcessed))
		if q := st.Query; q != nil {
			stats.ReadRows, stats.Written = readRows(q), written(q)
		}
	}
	return stats, nil
}

func written(q *rest.JobStatistics2) uint64 {
	if q.NumDmlAffectedRows > 0 {
		return uint64(q.NumDmlAffectedRows)
	}
	if len(q.QueryPlan) > 0 && q.DdlOperationPerformed != "" { // CREATE TABLE AS
		return uint64(max(0, q.QueryPlan[len(q.QueryPlan)-1].RecordsWritten))
	}
	return 0
}

// Estimate implements [cdp.Estimator] by a dry run, which costs nothing.
func (w *Warehouse) Estimate(ctx context.Context, s cdp.Statement) (uint64, error) {
	r, err := w.dry(ctx, s)
	if err != nil {
		return 0, err
	}
	return uint64(max(0, r.TotalBytesProcessed)), nil
}

// dry has the service check a statement without running it.
func (w *Warehouse) dry(ctx context.Context, s cdp.Statement) (*rest.QueryResponse, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	request := w.request(s)
	request.DryRun, request.MaximumBytesBilled = true, 0 // it reads nothing, and says how much it would
	var r *rest.QueryResponse
	err := w.again(ctx, s, func() (err error) {
		r, err = w.jobs.Jobs.Query(w.cfg.Project, request).Context(ctx).Do()
		return err
	})
	return r, err
}
