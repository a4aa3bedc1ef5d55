package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Job is an asynchronous job of a vendor.
type Job struct {
	ID    string
	Run   string
	Epoch uint64
}

// OpenJobs are the jobs of a sync whose end is not known.
func (l *Ledger) OpenJobs(ctx context.Context, sync string) ([]Job, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("jobs_open", map[string]any{"Sync": sync}))
	if err != nil {
		return nil, err
	}
	out := make([]Job, len(rows))
	for i, r := range rows {
		out[i] = Job{Text(r[0]), Text(r[1]), Uint(r[2])}
	}
	return out, nil
}

// openJobs writes the jobs that answers name, with their rows.
func (l *Ledger) openJobs(ctx context.Context, run SyncRun, acks []Ack) error {
	var rows, jobs []cdp.Row
	seen := map[string]bool{}
	for _, a := range acks {
		if a.Result.Fate != cdp.Pending {
			continue
		}
		d := a.Row
		rows = append(rows, cdp.Row{a.Result.Job, d.KH, d.RowID, uint64(d.Op), d.H, d.Key, a.FH, string(d.Match), uint64(d.Reason), string(d.Action), uint64(a.Mapping), a.At})
		if !seen[a.Result.Job] {
			seen[a.Result.Job] = true
			jobs = append(jobs, cdp.Row{a.Result.Job, run.Sync, run.Run, run.Epoch, a.At, "open", uint64(0), uint64(1)})
		}
	}
	err := l.append(ctx, "job_rows", []string{"job", "kh", "row_id", "op", "h", "key", "fh", "match", "reason", "action", "mapping", "at"}, rows)
	if err != nil {
		return err
	}
	return l.append(ctx, "jobs", []string{"job", "sync", "run_id", "epoch", "opened_at", "state", "rejected_remote", "ver"}, jobs)
}

// CloseJob writes the fates of a job's rows, then closes it. Rows that the vendor
// names are rejected, the others delivered; of a failed job all are unknown.
func (l *Ledger) CloseJob(ctx context.Context, sync, baseline, destination string, job Job, state cdp.JobState, ver uint64, at time.Time) error {
	run := SyncRun{Sync: sync, Run: job.Run, Epoch: job.Epoch}
	after, afterID := uint64(0), ""
	for {
		rows, err := All(ctx, l.w, l.c.Ledger("job_rows_page", map[string]any{"Job": job.ID, "AfterKH": after, "AfterID": afterID, "Limit": 10_000}))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		acks := make([]Ack, len(rows))
		for i, r := range rows {
			fh := Hashes(r[5])
			d := cdp.Delta{
				KH: Uint(r[0]), RowID: Text(r[1]), Op: cdp.Op(Uint(r[2])), H: Uint(r[3]), Key: Text(r[4]), Match: []byte(Text(r[6])),
				Reason: cdp.Reason(Uint(r[7])), Action: cdp.Action(Text(r[8])),
			}
			result := cdp.Result{Fate: cdp.Delivered}
			if x, ok := state.Rejected[d.RowID]; ok {
				result = x
			}
			if state.Failed {
				result = cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: "the vendor's job failed or expired"}
			}
			result.Job = job.ID
			acks[i] = Ack{Row: d, Result: result, Attempt: 1, FH: fh, Ver: ver, Mapping: uint32(Uint(r[9])), At: at}
			after, afterID = d.KH, d.RowID
		}
		if err := l.Acknowledge(ctx, run, baseline, destination, acks); err != nil {
			return err
		}
	}
	if err := l.Fold(ctx, baseline, ver); err != nil {
		return err
	}
	end := "done"
	if state.Failed {
		end = "failed"
	}
	err := l.append(ctx, "jobs", []string{"job", "sync", "run_id", "epoch", "opened_at", "state", "rejected_remote", "ver"},
		[]cdp.Row{{job.ID, sync, job.Run, job.Epoch, at, end, uint64(state.Refused), uint64(2)}})
	if err != nil {
		return err
	}
	return l.exec(ctx, "job_rows_sweep", map[string]any{"Job": job.ID})
}

// MarkFailed writes verdicts on rows of a session.
func (l *Ledger) MarkFailed(ctx context.Context, table string, rows []cdp.Row) error {
	return l.append(ctx, table, []string{"kh", "row_id", "op", "verdict", "reason", "code"}, rows)
}
