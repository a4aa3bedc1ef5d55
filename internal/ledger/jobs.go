package ledger

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// Job is an asynchronous job of a vendor.
type Job struct {
	ID       string
	Sync     string
	Run      string
	Epoch    uint64
	OpenedAt time.Time

	ver uint64
}

// OpenJobs are the jobs of a sync whose end is not known; the oldest first.
func (l *Ledger) OpenJobs(ctx context.Context, sync string) ([]Job, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("jobs_open", map[string]any{"Sync": sync}))
	if err != nil {
		return nil, err
	}
	out := make([]Job, len(rows))
	for i, r := range rows {
		out[i] = Job{ID: Text(r[0]), Sync: sync, Run: Text(r[1]), Epoch: Uint(r[2]), ver: Uint(r[4])}
		out[i].OpenedAt, _ = r[3].(time.Time)
	}
	return out, nil
}

var (
	jobRowColumns = []string{
		"job", "kh", "row_id", "op", "h", "key", "fh", "match", "reason", "action", "mapping", "remote_id", "place", "places", "batch", "ver", "at",
	}
	jobColumns = []string{"job", "sync", "run_id", "epoch", "opened_at", "state", "rejected_remote", "ver"}
)

// openJobs writes the jobs that answers name. The rows come first: a job that is
// open has all its rows.
func (l *Ledger) openJobs(ctx context.Context, run SyncRun, acks []Ack) error {
	var rows, jobs []cdp.Row
	seen := map[string]bool{}
	for _, a := range acks {
		if a.Result.Fate != cdp.Pending {
			continue
		}
		d := a.Row
		rows = append(rows, cdp.Row{
			a.Result.Job, d.KH, d.RowID, uint64(d.Op), d.H, d.Key, a.FH, string(d.Match), uint64(d.Reason), string(d.Action), uint64(a.Mapping),
			d.RemoteID, uint64(a.Result.Place), uint64(max(1, a.Result.Places)), uint64(a.Batch), a.Ver, a.At,
		})
		if !seen[a.Result.Job] {
			seen[a.Result.Job] = true
			jobs = append(jobs, cdp.Row{a.Result.Job, run.Sync, run.Run, run.Epoch, a.At, "open", uint64(0), uint64(1)})
		}
	}
	if err := l.append(ctx, "job_rows", jobRowColumns, rows); err != nil {
		return err
	}
	return l.append(ctx, "jobs", jobColumns, jobs)
}

// Ended is a job whose end is known.
type Ended struct {
	Job   Job
	State cdp.JobState
	Ver   uint64 // newer than everything in the baseline: of rows that were overtaken
}

// Closing says how jobs are closed.
type Closing struct {
	Run         SyncRun // the run that closes them
	Baseline    string
	Destination string
	Recognised  cdp.Recognised // how the vendor knows the members of an audience
	At          time.Time
	Settles     bool // rows of the sync were rejected before, some of which the jobs may have delivered
	// Delivered is called while the jobs are open, when rows of them are delivered in the baseline, by runs
	// from an epoch on: for what no later run writes of them. It may be repeated.
	Delivered func(ctx context.Context, since uint64) error
	// Held is the error of a holder that may have lost its lease, asked before the answers of each job are
	// written, and before they are folded; nil for nothing.
	Held func() error
	// Fail is called before and after the answers of each job are written, and before and after
	// all are closed; nil for nothing.
	Fail func(point string)
}

// Closed counts the fates of a job's rows; Remote are those that the vendor refused
// without a name.
type Closed struct {
	Fates  map[cdp.Fate]map[cdp.Code]uint64
	Remote uint64
}

// settled says whether the answers of a job may take rejections back.
func (c Closed) settled() bool { return len(c.Fates[cdp.Delivered])+len(c.Fates[cdp.Skipped]) > 0 }

// CloseJobs writes the fates of the rows of jobs, folds them once, then closes the jobs: until then
// all of them are open, and the next run asks about them again. Rows that the vendor
// names are rejected, the others delivered; of a failed job all are unknown. Where the
// vendor has refused a row that cannot be found, those that it does not name are unknown.
// What is written about a row carries the version next to that under which it was sent, so
// that closing a job twice, or late, overrules nothing newer.
func (l *Ledger) CloseJobs(ctx context.Context, c Closing, jobs []Ended) ([]Closed, error) {
	stage, err := l.gather(ctx, c, jobs)
	if err != nil {
		return nil, err
	}
	closed, err := l.closeJobs(ctx, c, jobs, stage)
	if stage != "" {
		_ = l.Drop(ctx, stage) // one that stays is swept: it undoes no answer
	}
	return closed, err
}

func (l *Ledger) closeJobs(ctx context.Context, c Closing, jobs []Ended, stage string) (_ []Closed, err error) {
	closed, rows := make([]Closed, len(jobs)), make([]cdp.Row, len(jobs))
	// Nothing is answered under an older version than that of the run that sent it.
	since, settled, delivered := uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64)
	for i, j := range jobs {
		c.fail("before job")
		if err := c.held(); err != nil {
			return nil, err
		}
		if closed[i], err = l.answerJob(ctx, c, j, stage); err != nil {
			return nil, err
		}
		c.fail("after job")
		since = min(since, j.Job.Epoch<<32, j.Ver)
		if closed[i].settled() {
			settled = min(settled, j.Job.Epoch)
		}
		if len(closed[i].Fates[cdp.Delivered]) > 0 {
			delivered = min(delivered, j.Job.Epoch)
		}
		end := "done"
		if j.State.Failed {
			end = "failed"
		}
		rows[i] = cdp.Row{j.Job.ID, j.Job.Sync, j.Job.Run, j.Job.Epoch, j.Job.OpenedAt, end, closed[i].Remote, j.Job.ver + 1}
	}
	if err := c.held(); err != nil {
		return nil, err
	}
	if err := l.Fold(ctx, c.Baseline, since); err != nil {
		return nil, err
	}
	if c.Settles && settled != math.MaxUint64 { // while they are open: no later run looks at what they delivered
		if err := l.ClearRejections(ctx, c.Run.Sync, c.Baseline, settled<<32); err != nil {
			return nil, err
		}
	}
	if c.Delivered != nil && delivered != math.MaxUint64 {
		if err := c.Delivered(ctx, delivered); err != nil {
			return nil, err
		}
	}
	c.fail("before jobs")
	if err := l.append(ctx, "jobs", jobColumns, rows); err != nil {
		return nil, err
	}
	c.fail("after jobs")
	return closed, nil
}

func (c Closing) held() error {
	if c.Held == nil {
		return nil
	}
	return c.Held()
}

func (c Closing) fail(point string) {
	if c.Fail != nil {
		c.Fail(point)
	}
}

// gather puts the rows of jobs together in a table, with what has become of each since, where that
// is not found by their ids: for all jobs the baseline is read once. The table is "" where there is no need.
func (l *Ledger) gather(ctx context.Context, c Closing, jobs []Ended) (stage string, err error) {
	ids, since := make([]string, len(jobs)), uint64(math.MaxUint64)
	for i, j := range jobs {
		ids[i], since = j.Job.ID, min(since, j.Job.Epoch<<32) // what was answered before overtakes no row of them
	}
	key := random(8)
	s := l.c.GatherJobs(c.Baseline, key, c.Run.Sync, l.quoted(ids), since)
	if s.SQL == "" {
		return "", nil
	}
	return compile.GatheredJobs(c.Baseline, key), l.once(ctx, s)
}

// answerJob writes the fates of the rows of one job.
func (l *Ledger) answerJob(ctx context.Context, c Closing, j Ended, stage string) (Closed, error) {
	out := Closed{Fates: map[cdp.Fate]map[cdp.Code]uint64{}}
	names := rejections(j.State.Rejected, c.Recognised)
	rest, err := l.rest(ctx, c, j, stage, names)
	if err != nil {
		return out, err
	}
	run := SyncRun{Sync: c.Run.Sync, Run: j.Job.Run, Epoch: j.Job.Epoch}
	full, err := l.full(ctx, j)
	if err != nil {
		return out, err
	}
	err = l.jobRows(ctx, c, j, stage, func(rows []cdp.Row) error {
		acks := make([]Ack, 0, len(rows))
		for _, r := range rows {
			a := c.ack(j, r, names, rest)
			a.Again = full
			if a.Ver != 0 {
				acks = append(acks, a)
			}
			out.count(a.Result)
		}
		return l.Acknowledge(ctx, run, c.Baseline, c.Destination, acks)
	})
	if rest.Fate != cdp.Rejected { // whom it did not name is found
		out.Remote = uint64(j.State.Refused) + names.unused()
	}
	return out, err
}

// full reports whether a job of which rows were refused is of a full run.
func (l *Ledger) full(ctx context.Context, j Ended) (bool, error) {
	if len(j.State.Rejected) == 0 && j.State.Refused == 0 && j.State.All == nil {
		return false, nil
	}
	row, err := One(ctx, l.w, l.c.Ledger("sync_full", map[string]any{"Run": j.Job.Run, "Epoch": j.Job.Epoch}))
	if err != nil {
		return false, err
	}
	return Uint(row[0]) != 0, nil
}

// jobRows reads the rows of a job, as job_rows_page has them, a page at a time. Where the rows of
// jobs were gathered, one of which none is there although it has some is an error.
func (l *Ledger) jobRows(ctx context.Context, c Closing, j Ended, stage string, each func([]cdp.Row) error) error {
	const page = 10_000
	after, afterID := uint64(0), ""
	for {
		rows, err := All(ctx, l.w, l.c.Ledger("job_rows_page", map[string]any{
			"Stage": stage, "Job": j.Job.ID, "Baseline": c.Baseline, "Sync": c.Run.Sync, "AfterKH": after, "AfterID": afterID, "Limit": page,
		}))
		if err == nil && len(rows) == 0 && after == 0 && afterID == "" && stage != "" {
			return l.none(ctx, j, stage)
		}
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := each(rows); err != nil || len(rows) < page {
			return err
		}
		last := rows[len(rows)-1]
		after, afterID = Uint(last[0]), Text(last[1])
	}
}

// none is an error where a job has rows.
func (l *Ledger) none(ctx context.Context, j Ended, stage string) error {
	row, err := One(ctx, l.w, l.c.Ledger("job_rows_count", map[string]any{"Job": j.Job.ID}))
	if err != nil || Uint(row[0]) == 0 {
		return err
	}
	return fmt.Errorf("%s has none of the %d rows of job %s", stage, Uint(row[0]), j.Job.ID)
}

// SweepJobs drops the rows of jobs that have ended, of any sync.
func (l *Ledger) SweepJobs(ctx context.Context) error {
	return l.exec(ctx, "job_rows_sweep", nil)
}

// ack is the answer about one row of a job; columns as in job_rows_page. Its version
// is 0 when nothing is to be written.
func (c Closing) ack(j Ended, r cdp.Row, names rejected, rest cdp.Result) Ack {
	fh := Hashes(r[5])
	d := cdp.Delta{
		KH: Uint(r[0]), RowID: Text(r[1]), Op: cdp.Op(Uint(r[2])), H: Uint(r[3]), Key: Text(r[4]), Match: []byte(Text(r[6])),
		Reason: cdp.Reason(Uint(r[7])), Action: cdp.Action(Text(r[8])), RemoteID: Text(r[10]),
	}
	result := rest
	no, ok := names.of(r)
	switch {
	case j.State.Failed:
		reason := "the vendor's job failed or expired"
		if j.State.Reason != "" {
			reason = j.State.Reason
		}
		result = cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: reason}
	case j.State.All != nil:
		result = *j.State.All
	case ok:
		result = no
	}
	result.Job = j.Job.ID
	sent, newest := Uint(r[14]), Uint(r[15])
	a := Ack{Row: d, Result: result, Suspect: !ok && result.Fate == cdp.Unknown && !j.State.Failed, Batch: uint32(Uint(r[13])), Attempt: 1, FH: fh, Ver: sent + 1, Mapping: uint32(Uint(r[9])), At: c.At}
	if sent == 0 { // written by a kith that kept no version
		a.Ver = j.Ver
	}
	if sent == 0 || newest <= a.Ver {
		return a
	}
	// Something newer was sent while the job was open, and the vendor may have applied
	// the two in either order: only sending the row once more makes it certain.
	if result.Fate == cdp.Rejected {
		a.Ver = 0
		return a
	}
	a.Ver, a.Suspect = j.Ver, false
	a.Result = cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: "sent again before its job had ended", Job: j.Job.ID}
	return a
}

func (c *Closed) count(r cdp.Result) {
	if c.Fates[r.Fate] == nil {
		c.Fates[r.Fate] = map[cdp.Code]uint64{}
	}
	c.Fates[r.Fate][r.Code]++
}

// MarkFailed writes verdicts on rows of a session.
func (l *Ledger) MarkFailed(ctx context.Context, table string, rows []cdp.Row) error {
	return l.append(ctx, table, []string{"kh", "row_id", "op", "verdict", "reason", "code"}, rows)
}

// quoted is a list of literals for IN.
func (l *Ledger) quoted(texts []string) string {
	out := ""
	for i, s := range texts {
		if i > 0 {
			out += ", "
		}
		out += l.c.Dialect().Quote(s)
	}
	return out
}
