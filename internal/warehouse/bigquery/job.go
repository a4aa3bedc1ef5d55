package bigquery

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// patience is how long the service holds a request for a job that still runs.
const patience = 10 * time.Second

// labels say who asks. The service takes lower case letters, digits, - and _.
func (w *Warehouse) labels(s cdp.Statement) map[string]string {
	out := map[string]string{"app": "kith"}
	for name, v := range map[string]string{"run": s.Run, "statement": s.Name, "model": s.Model} {
		if v = labelOf(v); v != "" {
			out[name] = v
		}
	}
	maps.Copy(out, w.cfg.Labels)
	return out
}

func labelOf(text string) string {
	var b strings.Builder
	for n, r := range strings.ToLower(text) {
		if n >= 63 || b.Len() >= 63 {
			break
		}
		if idRune(r) != r {
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// limit is what a statement may be billed; 0 for no limit.
func (w *Warehouse) limit(s cdp.Statement) int64 {
	if s.Unlimited {
		return 0
	}
	return w.cfg.MaxBytesBilled
}

// random is the part of an id that tells one call from another.
func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// jobID names one attempt of one call.
func jobID(s cdp.Statement, call string, attempt int) string {
	parts := []string{"kith"}
	for _, p := range []string{s.Run, labelOf(s.Name)} {
		if p != "" {
			parts = append(parts, strings.Map(idRune, p))
		}
	}
	return strings.Join(append(parts, call, strconv.Itoa(attempt)), "_")
}

func idRune(r rune) rune {
	if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '_'
}

// run is one statement as jobs: the next attempt follows only when the service says
// that the one before failed for a reason of its own, or for other statements. It
// returns the job that ended well.
func (w *Warehouse) run(ctx context.Context, s cdp.Statement) (*rest.Job, error) {
	call, wait := cmp.Or(s.Key, random()), w.cfg.Backoff
	for attempt := 1; ; attempt++ {
		job, err := w.attempt(ctx, s, jobID(s, call, attempt))
		if err == nil || !mayRun(err) || attempt == attempts {
			return job, err
		}
		if pause(ctx, wait) != nil {
			return nil, ctx.Err()
		}
		wait = min(2*wait, 32*w.cfg.Backoff)
	}
}

// attempt starts the job of an id, or finds it when an answer was lost, and waits
// for its end.
func (w *Warehouse) attempt(ctx context.Context, s cdp.Statement, id string) (*rest.Job, error) {
	job := &rest.Job{
		JobReference: w.reference(id, w.cfg.Location),
		Configuration: &rest.JobConfiguration{
			Labels: w.labels(s),
			Query: &rest.JobConfigurationQuery{
				Query: s.SQL, UseLegacySql: no(), MaximumBytesBilled: w.limit(s), ForceSendFields: []string{"UseLegacySql"},
				DefaultDataset: w.defaultDataset(), ConnectionProperties: utc(),
			},
			JobTimeoutMs: w.cfg.JobTimeout.Milliseconds(),
		},
	}
	asked := s.Key != ""
	err := w.again(ctx, s, func() error {
		got, err := w.jobs.Jobs.Insert(w.cfg.Project, job).Context(ctx).Do()
		if err == nil {
			job = got
			return nil
		}
		if asked && errors.Is(w.fail(ctx, s, err), cdp.ErrExists) {
			// An earlier request of ours made it. A first request without a key cannot meet its own id.
			got, getErr := w.jobs.Jobs.Get(w.cfg.Project, id).Location(w.place(id, err)).Context(ctx).Do()
			if getErr == nil {
				job = got
				return nil
			}
			err = getErr
		}
		asked = true
		return err
	})
	if err == nil {
		if ref := job.JobReference; ref != nil {
			w.seen.Store(&ref.Location)
		}
		job, err = w.wait(ctx, s, job)
	}
	if ctx.Err() != nil {
		w.cancel(ctx, job.JobReference)
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if e := job.Status.ErrorResult; e != nil {
		return nil, w.fail(ctx, s, &jobError{e})
	}
	return job, nil
}

// place is where the job of an id is, which the service wants to be told outside of the US
// and the EU: as configured, as the refusal to make it again says ("Already Exists: Job
// acme:europe-west4.id"), or where the jobs before were.
func (w *Warehouse) place(id string, refusal error) string {
	if w.cfg.Location != "" {
		return w.cfg.Location
	}
	if before, _, ok := strings.Cut(refusal.Error(), "."+id); ok {
		return before[strings.LastIndex(before, ":")+1:]
	}
	if seen := w.seen.Load(); seen != nil {
		return *seen
	}
	return ""
}

func (w *Warehouse) defaultDataset() *rest.DatasetReference {
	if w.cfg.Dataset == "" {
		return nil
	}
	return &rest.DatasetReference{ProjectId: w.cfg.Project, DatasetId: w.cfg.Dataset}
}

func (w *Warehouse) reference(id, location string) *rest.JobReference {
	return &rest.JobReference{ProjectId: w.cfg.Project, JobId: id, Location: location}
}

// wait waits until a job is done. The service holds the request meanwhile.
func (w *Warehouse) wait(ctx context.Context, s cdp.Statement, job *rest.Job) (*rest.Job, error) {
	for job.Status == nil || job.Status.State != "DONE" {
		ref := job.JobReference
		if _, err := w.page(ctx, ref, "", 0).Do(); err != nil {
			if ctx.Err() != nil {
				return job, ctx.Err()
			}
			// An error of the job is in its status; one of the request must not make us hurry.
			if pause(ctx, w.cfg.Backoff) != nil {
				return job, ctx.Err()
			}
		}
		err := w.again(ctx, s, func() error {
			got, err := w.jobs.Jobs.Get(ref.ProjectId, ref.JobId).Location(ref.Location).Context(ctx).Do()
			if err == nil {
				job = got
			}
			return err
		})
		if err != nil {
			return job, err
		}
		tell(s, job)
	}
	return job, nil
}

// page is the request for a page of a job's result: at most limit rows of it, as many
// as the service likes when limit is negative. With 0 it only waits for the job's end.
func (w *Warehouse) page(ctx context.Context, ref *rest.JobReference, token string, limit int64) *rest.JobsGetQueryResultsCall {
	call := w.jobs.Jobs.GetQueryResults(ref.ProjectId, ref.JobId).Location(ref.Location).Context(ctx).
		FormatOptionsUseInt64Timestamp(true).TimeoutMs(patience.Milliseconds())
	if token != "" {
		call = call.PageToken(token)
	}
	if limit >= 0 {
		call = call.MaxResults(limit)
	}
	return call
}

// results asks for a page of a job's result.
func (w *Warehouse) results(ctx context.Context, s cdp.Statement, ref *rest.JobReference, token string) (*rest.GetQueryResultsResponse, error) {
	var page *rest.GetQueryResultsResponse
	err := w.again(ctx, s, func() (err error) {
		page, err = w.page(ctx, ref, token, -1).Do()
		return err
	})
	return page, err
}

// cancel asks the service to end a job whose caller has gone.
func (w *Warehouse) cancel(ctx context.Context, ref *rest.JobReference) {
	if ref == nil || ref.JobId == "" {
		return
	}
	ctx = context.WithoutCancel(ctx)
	w.loose.Go(func() {
		ctx, stop := context.WithTimeout(ctx, 5*time.Second)
		defer stop()
		// Without an answer the job runs to its end, or to its timeout.
		_, _ = w.jobs.Jobs.Cancel(ref.ProjectId, ref.JobId).Location(ref.Location).Context(ctx).Do()
	})
}

func tell(s cdp.Statement, job *rest.Job) {
	if s.Progress == nil || job.Statistics == nil {
		return
	}
	p := cdp.Progress{Bytes: uint64(max(0, job.Statistics.TotalBytesProcessed))}
	if q := job.Statistics.Query; q != nil {
		p.Total = uint64(max(0, q.EstimatedBytesProcessed))
		p.Rows = readRows(q)
	}
	s.Progress(p)
}

// readRows adds up what the stages without an input stage read: the tables.
func readRows(q *rest.JobStatistics2) uint64 {
	var rows uint64
	for _, stage := range q.QueryPlan {
		if len(stage.InputStages) == 0 {
			rows += uint64(max(0, stage.RecordsRead))
		}
	}
	return rows
}

func no() *bool {
	f := false
	return &f
}
