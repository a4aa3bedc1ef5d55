package ledger

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Ack is what is written about one row after an attempt.
type Ack struct {
	Row     cdp.Delta
	Result  cdp.Result
	Batch   uint32
	Attempt uint16
	FH      []uint32 // hashes of the fields
	Ver     uint64
	Mapping uint32
	At      time.Time
	Doubt   bool // no answer to an earlier try says that it was not applied: what exists may be of that one
	Suspect bool // one of several rows of which the vendor refused some without saying which
	Alone   bool // the destination failed at the row alone, and answered others meanwhile: it waits as one that was rejected does
	Again   bool // of a full run: the row may be as it was sent before
}

// BaselineRow is the row of the baseline that an answer leads to; ok is false when
// the baseline stays as it was.
func (a Ack) BaselineRow() (row cdp.Row, ok bool) {
	d := a.Row
	base := func(key, match string, h uint64, fh []uint32, gone cdp.Reason, del uint64) cdp.Row {
		id := a.Result.RemoteID
		if id == "" && (h != 0 || len(d.Match) == 0 || d.Op == cdp.Remove) {
			id = d.RemoteID // of who was matched before: who may be matched now has none that is known
		}
		return cdp.Row{d.KH, d.RowID, key, h, fh, id, match, uint64(gone), uint64(a.Mapping), a.Ver, del}
	}
	switch {
	case a.unknown():
		key := d.Key
		if d.Op == cdp.Rekey {
			key = d.OldKey
		}
		return base(key, string(d.Match), 0, nil, cdp.NoReason, 0), true
	case a.missed(): // who returns is added anew; until then it is to be removed still
		return base(d.Key, string(d.Match), 0, nil, cdp.NoReason, 0), true
	case a.lost(): // the next run adds the row: what has its new key is no record of it
		return base(d.Key, "", 0, nil, cdp.NoReason, 1), true
	case a.Result.Fate == cdp.Delivered, a.Result.Fate == cdp.Skipped:
		if d.Op != cdp.Remove {
			if a.Result.Fate == cdp.Skipped && a.Result.Code == cdp.NotFound && len(d.Match) == 0 {
				a.Result.RemoteID = cdp.NoRecord
			}
			return base(d.Key, string(d.Match), d.H, a.FH, cdp.NoReason, 0), true
		}
		if d.Action.KeepsRecord() {
			return base(d.Key, string(d.Match), 0, a.FH, d.Reason, 0), true
		}
		return base(d.Key, "", 0, nil, cdp.NoReason, 1), true
	case a.Result.Fate == cdp.Pending:
		// The job holds what it will mean. Only an add leaves a trace, so that a
		// removal for withdrawn consent need not wait for the end of the job.
		if d.Op == cdp.Add {
			return base(d.Key, string(d.Match), 0, nil, cdp.NoReason, 0), true
		}
	case a.Again && d.Op == cdp.Change && (a.Result.Fate == cdp.Deferred || a.Result.Fate == cdp.Rejected):
		// Else nothing would differ: the next run is to send it, as a change of what is there.
		id := d.RemoteID
		if d.Missing {
			id = cdp.NoRecord
		}
		return cdp.Row{d.KH, d.RowID, d.Key, uint64(0), a.FH, id, string(d.Match), uint64(cdp.NoReason), uint64(a.Mapping), a.Ver, uint64(0)}, true
	}
	return nil, false
}

// unknown reports that nobody knows whether the row was applied: no try got an answer, or
// a later one was rejected for something that may not have been so at the first, or did not
// find under its old key a record that the first may have renamed.
func (a Ack) unknown() bool {
	return a.Result.Fate == cdp.Unknown || a.Result.Fate == cdp.Rejected && a.Doubt && !a.Result.Code.OfValues() ||
		a.lost() && a.Doubt && a.Row.RemoteID == ""
}

// lost reports that the record of a row that was to be renamed is not there.
func (a Ack) lost() bool {
	return a.Row.Op == cdp.Rekey && a.Result.Fate == cdp.Skipped && a.Result.Code == cdp.NotFound
}

// missed reports that a row that was to be removed was not found, and may be there yet. Of one
// that the baseline has no hash of it says so already, or why the row has gone.
func (a Ack) missed() bool {
	return a.Row.Op == cdp.Remove && a.Row.Reason != cdp.NoReason && a.Row.H != 0 && a.Result.Fate == cdp.Rejected &&
		(a.Result.Code == cdp.NotFound || a.Result.Code == cdp.Unconfirmed)
}

// DoubtfulRow is the row of the baseline for the key that a rekey in doubt may have given, where
// nothing but the key finds the record; ok is false for every other answer.
func (a Ack) DoubtfulRow() (row cdp.Row, ok bool) {
	d := a.Row
	if d.Op != cdp.Rekey || !a.unknown() || d.RemoteID != "" || a.Result.RemoteID != "" || d.Key == d.OldKey {
		return nil, false
	}
	return cdp.Row{d.KH, cdp.DoubtfulID(d.RowID, d.Key), d.Key, uint64(0), []uint32(nil), "", "", uint64(0), uint64(a.Mapping), a.Ver, uint64(0)}, true
}

// BaselineColumns are the columns of a baseline, in the order of BaselineRow.
var BaselineColumns = []string{"kh", "row_id", "key", "h", "fh", "remote_id", "match", "gone", "mapping", "ver", "del"}

// Acknowledge writes answers: open jobs with their rows, then which
// records are not ours, then the baseline, which
// is what keeps a row from being sent again, then the rejections, then the log. Each write may be
// repeated. Of spans, which only a Ledger that Spans takes, the warehouse writes baseline and
// log itself, from the changeset of the run.
func (l *Ledger) Acknowledge(ctx context.Context, run SyncRun, baseline, destination string, acks []Ack, spans ...Span) error {
	acks = legible(acks)
	if err := l.openJobs(ctx, run, acks); err != nil {
		return err
	}
	rows := make([]cdp.Row, 0, len(acks))
	for _, a := range acks {
		if row, ok := a.BaselineRow(); ok {
			rows = append(rows, row)
		}
		if row, ok := a.DoubtfulRow(); ok {
			rows = append(rows, row)
		}
	}
	if err := l.foreign(ctx, run, baseline, acks); err != nil {
		return err
	}
	if err := l.append(ctx, l.c.Acks(baseline), BaselineColumns, rows); err != nil {
		return err
	}
	groups := groupSpans(spans)
	for _, g := range groups {
		if err := l.exec(ctx, "baseline_spans", l.data(g, run, baseline, destination)); err != nil {
			return err
		}
	}
	if err := l.reject(ctx, run, acks); err != nil {
		return err
	}
	for _, g := range groups {
		if err := l.exec(ctx, "log_spans", l.data(g, run, baseline, destination)); err != nil {
			return err
		}
	}
	return l.log(ctx, run, destination, acks)
}

// legible makes text of what a vendor said where it is none: BigQuery keeps no other bytes.
func legible(acks []Ack) []Ack {
	copied := false
	for i, a := range acks {
		r := a.Result
		for _, s := range []*string{&r.Vendor, &r.Reason, &r.RemoteID, &r.Job} {
			*s = strings.ToValidUTF8(*s, "\uFFFD")
		}
		if r == a.Result {
			continue
		}
		if !copied {
			acks, copied = slices.Clone(acks), true
		}
		acks[i].Result = r
	}
	return acks
}

// Fold moves what was acknowledged since a version into the baseline, where that is
// not done by appending. It may be repeated; the holder of the sync's lease calls it
// when nothing is in flight. Of a process that died the merge may still run: two that only
// insert do not stand in each other's way, and the rows would be there twice. So the table that
// is merged has the key of its merge in its name, and whoever finds it waits for that one first.
func (l *Ledger) Fold(ctx context.Context, baseline string, since uint64) error {
	key := random(8)
	f, ok := l.c.Fold(baseline, since, key)
	if !ok {
		return nil
	}
	row, err := One(ctx, l.w, f.Count)
	if err != nil {
		return err
	}
	var drop []string
	for left := range strings.FieldsFuncSeq(Text(row[1]), func(r rune) bool { return r == ',' }) {
		s := f.Wait
		s.Key = left
		if err := l.once(ctx, s); errors.Is(err, cdp.ErrUnreachable) || ctx.Err() != nil {
			return cmp.Or(err, ctx.Err())
		} // a merge that has failed has ended, too
		drop = append(drop, f.Left(left))
	}
	if Uint(row[0]) > 0 {
		if err := l.once(ctx, f.Stage); err != nil {
			return err
		}
		s := f.Merge
		s.Key = key
		if err := l.once(ctx, s); err != nil {
			return err
		}
		drop = append(drop, f.Scratch)
	}
	return l.Drop(ctx, drop...)
}

// Log appends to sync_log. A row is named by its hash, never by its id.
func (l *Ledger) Log(ctx context.Context, run SyncRun, destination string, acks []Ack) error {
	return l.log(ctx, run, destination, legible(acks))
}

func (l *Ledger) log(ctx context.Context, run SyncRun, destination string, acks []Ack) error {
	rows := make([]cdp.Row, 0, len(acks))
	for _, a := range acks {
		r := a.Result
		rows = append(rows, cdp.Row{
			a.At, run.Sync, run.Run, destination, uint64(a.Batch), uint64(a.Attempt), a.Row.KH, a.Row.Op.String(), string(a.Row.Action),
			string(r.Fate), string(r.Code), r.Vendor, r.Reason, r.Job,
		})
	}
	return l.append(ctx, "sync_log", []string{
		"at", "sync", "run_id", "destination", "batch", "attempt", "kh", "op", "action", "fate", "code", "vendor_code", "reason", "job",
	}, rows)
}

// FirstBackoff is how long a rejected row waits before its second try; it doubles
// up to MaxBackoff.
const (
	FirstBackoff = time.Hour
	MaxBackoff   = 7 * 24 * time.Hour
)

// wait is how long a row waits that was rejected for the nth time. The next run sends a
// suspect again; from then on, each time, one half of the suspects is sent again at once
// and the other waits, by a bit of their hash that changes with n: a job has ever fewer of
// them, until the vendor's answer is about one row, and no row is sent in every run.
func (a Ack) wait(n uint64) time.Duration {
	if a.Suspect {
		if n--; n == 0 || a.Row.KH>>(n%64)&1 == 0 {
			return 0
		}
	}
	if n >= 12 {
		return MaxBackoff
	}
	return min(MaxBackoff, FirstBackoff<<(n-1))
}

// reject writes rejections with their next try, counting on from earlier ones of
// the same value; a suspect is kept among them, as unknown as it is, and so is a row at which
// the destination fails.
func (l *Ledger) reject(ctx context.Context, run SyncRun, acks []Ack) error {
	var rejected []Ack
	for _, a := range acks {
		if a.Result.Fate == cdp.Rejected || a.Suspect || a.Alone {
			rejected = append(rejected, a)
		}
	}
	if len(rejected) == 0 {
		return nil
	}
	before, err := l.attempts(ctx, run.Sync, rejected)
	if err != nil {
		return err
	}
	rows := make([]cdp.Row, len(rejected))
	for i, a := range rejected {
		n := before[attemptKey{a.Row.RowID, a.Row.Op, a.refused()}] + 1
		rows[i] = cdp.Row{
			run.Sync, a.Row.KH, a.Row.RowID, uint64(a.Row.Op), a.refused(), uint64(a.Mapping), string(a.Result.Code), a.Result.Vendor,
			a.Result.Reason, n, a.At.Add(a.wait(n)), run.Run, a.At, a.Ver, uint64(0),
		}
	}
	return l.append(ctx, "rejections", []string{
		"sync", "kh", "row_id", "op", "h", "mapping", "code", "vendor_code", "reason", "attempts", "next_try", "run_id", "at", "ver", "del",
	}, rows)
}

// refused is the hash of what was refused: of a removal its reason is a part, beside the hash
// that the baseline has from then on.
func (a Ack) refused() uint64 {
	if a.missed() {
		return uint64(a.Row.Reason)
	}
	if a.Row.Op == cdp.Remove {
		return a.Row.H ^ uint64(a.Row.Reason)
	}
	return a.Row.H
}

type attemptKey struct {
	rowID string
	op    cdp.Op
	h     uint64
}

// attempts reads how often the same rows were rejected before.
func (l *Ledger) attempts(ctx context.Context, sync string, acks []Ack) (map[attemptKey]uint64, error) {
	khs := make([]uint64, len(acks))
	for i, a := range acks {
		khs[i] = a.Row.KH
	}
	rows, err := l.ofHashes(ctx, "rejections_of", khs, map[string]any{"Sync": sync})
	if err != nil {
		return nil, err
	}
	out := map[attemptKey]uint64{}
	for _, r := range rows {
		out[attemptKey{Text(r[0]), cdp.Op(Uint(r[1])), Uint(r[2])}] = Uint(r[3])
	}
	return out, nil
}

// ClearRejections forgets the rejections of rows that were delivered since a version, and
// since they were rejected, removals among them.
func (l *Ledger) ClearRejections(ctx context.Context, sync, baseline string, since uint64) error {
	return l.exec(ctx, "rejections_clear", map[string]any{"Sync": sync, "Baseline": baseline, "Acks": l.c.Acks(baseline), "Since": since})
}
