package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// pollJobs asks for the state of the jobs that earlier runs left open, before
// anything is compared: a row in an open job is not sent again as it is.
func (e *Engine) pollJobs(ctx, hard context.Context, req *request, s *cdp.Sync, lease *ledger.Lease, report *SyncReport) error {
	jobs, err := e.Ledger.OpenJobs(ctx, s.Name)
	if err != nil || len(jobs) == 0 {
		return err
	}
	dest, err := e.Remotes.Open(ctx, s.Destination)
	if err != nil {
		return err
	}
	defer func() { _ = dest.Close() }()
	poller, ok := dest.(cdp.Poller)
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return err
	}
	for _, job := range jobs {
		state := cdp.JobState{Done: true, Failed: true} // a job nobody can ask about is unknown
		if ok {
			if state, err = poller.Poll(ctx, target(s, req.id, lease.Epoch), job.ID); err != nil {
				return err
			}
		}
		report.addRequests(1, 0, 0)
		if !state.Done {
			continue
		}
		e.fail("before job")
		if err := e.Ledger.CloseJob(hard, s.Name, states[s.Name].Baseline, s.Destination.Name, job, state, lease.Ver(0), e.Clock.Now()); err != nil {
			return err
		}
		report.Remote += uint64(state.Refused)
		e.fail("after job")
	}
	return nil
}
