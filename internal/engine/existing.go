package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// leaveExisting asks the destination which new rows it has already and takes those
// out of the changeset, for good: with `existing: skip` they are neither changed nor
// removed. It comes before the first row is sent, so that what is found cannot be of
// this run; rows that an earlier run may have sent are not asked about. A row of which the
// destination does not say whether it has it is not sent by this run: it might be of somebody else.
// What is found may be kith's, made for another row: of one that is yet to be renamed the new row
// waits until it is, and of one that has left it takes the record over.
func (d *delivery) leaveExisting(ctx, hard context.Context) error {
	finder, ok := d.dest.(cdp.Finder)
	if !ok {
		return fmt.Errorf("destination %s cannot say what it has already", d.cs.sync.Destination.Name)
	}
	var found uint64
	err := d.newRows(ctx, 0, func(rows []cdp.Delta) error {
		list, err := d.find(ctx, hard, finder, rows)
		if err != nil {
			return err
		}
		ours, err := d.ours(ctx, rows, list)
		if err != nil {
			return err
		}
		var (
			acks []ledger.Ack
			left []cdp.Delta
		)
		b := d.batch(cdp.Add, cdp.NoAction, rows)
		for i, f := range list {
			switch {
			case f.not != nil:
				acks, left = append(acks, d.ack(b, rows[i], *f.not, 1)), append(left, rows[i])
			case ours[rows[i].RowID].is(f.id) && ours[rows[i].RowID].left:
			case ours[rows[i].RowID].is(f.id):
				acks, left = append(acks, d.ack(b, rows[i], keyKept, 1)), append(left, rows[i])
			case f.id != "":
				found++
				acks = append(acks, d.ack(b, rows[i], cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists, RemoteID: f.id, Reason: "it was there before kith"}, 1))
			}
		}
		d.e.fail("before existing")
		if err := d.held(); err != nil { // else what another run has made meanwhile would pass for a record from before kith, for good
			return err
		}
		d.tally(answers{acks: acks})
		if err := d.e.Ledger.Acknowledge(hard, d.run, d.cs.baseline, d.cs.sync.Destination.Name, acks); err != nil {
			return err
		}
		return d.leaveOut(hard, left)
	})
	if err != nil || found == 0 {
		return err
	}
	d.e.fail("after existing")
	d.cs.ops[cdp.Add] -= found
	_, err = d.e.exec(hard, d.req.id, "sync "+d.cs.sync.Name, d.cs.diff.DropForeign())
	return err
}

// made is a record that kith has made for another row, under the key of a new one.
type made struct {
	known bool
	id    string // at the destination; "" where nobody knows it
	left  bool   // the row has left the sync, and the record stayed
}

// is reports whether a record that was found is that one.
func (m made) is(found string) bool { return m.known && found != "" && (m.id == "" || m.id == found) }

// ours are, by new row of a page, the records under their keys that kith has made for others.
func (d *delivery) ours(ctx context.Context, rows []cdp.Delta, list []finding) (map[string]made, error) {
	if d.cs.first || !slices.ContainsFunc(list, func(f finding) bool { return f.id != "" }) {
		return nil, nil
	}
	known, err := d.e.all(ctx, d.req.id, d.cs.diff.Ours(rows[0].KH, rows[len(rows)-1].KH))
	if err != nil {
		return nil, err
	}
	out := map[string]made{}
	for _, r := range known {
		m := made{known: true, id: ledger.Text(r[1]), left: ledger.Uint(r[2]) > 0}
		if was := out[ledger.Text(r[0])]; !was.known || was.left { // of several it is that of who is still here
			out[ledger.Text(r[0])] = m
		}
	}
	return out, nil
}

// leaveOut takes adds out of the changeset, as many with a statement as it has room for.
func (d *delivery) leaveOut(ctx context.Context, rows []cdp.Delta) error {
	const most = 64 << 10 // bytes: ClickHouse reads 256 KiB of a statement by default
	d.cs.ops[cdp.Add] -= uint64(len(rows))
	for len(rows) > 0 {
		n, size := 0, 0
		for n < len(rows) && (n == 0 || size < most) {
			size += len(rows[n].RowID) + 24 // the hash, and what stands between
			n++
		}
		if _, err := d.e.exec(ctx, d.req.id, "sync "+d.cs.sync.Name, d.cs.diff.Leave(rows[:n])); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// askedRows are read at once, to be looked up.
const askedRows = 5_000

// newRows pages through the adds of rows that were never sent; most bounds them, 0 not.
func (d *delivery) newRows(ctx context.Context, most int, f func([]cdp.Delta) error) error {
	var (
		afterKH uint64
		afterID string
	)
	for n := 0; most == 0 || n < most; {
		limit := askedRows
		if most > 0 {
			limit = min(limit, most-n)
		}
		var (
			page []cdp.Delta
			kept arena
		)
		rows, err := d.e.all(ctx, d.req.id, d.cs.diff.NewPage(afterKH, afterID, limit))
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			text, err := pack(r)
			if err != nil {
				return err
			}
			x, err := unpack(cdp.Add, text, &kept)
			if err != nil {
				return err
			}
			page = append(page, x)
		}
		afterKH, afterID = page[len(page)-1].KH, page[len(page)-1].RowID
		if err := f(page); err != nil {
			return err
		}
		n += len(page)
	}
	return nil
}

// finding is what a destination says of a row that was looked up: its id there, "" for none,
// or why it was not looked up.
type finding struct {
	id  string
	not *cdp.Result
}

// find looks rows up, as many at once as the destination takes, and again when it
// wants to be left alone for a while.
func (d *delivery) find(ctx, hard context.Context, finder cdp.Finder, rows []cdp.Delta) ([]finding, error) {
	out := make([]finding, len(rows))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(max(1, d.limits.Concurrent))
	for from := 0; from < len(rows); {
		to := min(from+max(1, d.limits.MaxRows), len(rows))
		part, found := rows[from:to], out[from:to] // of one worker
		group.Go(func() error { return d.findPart(asking, hard, finder, part, found) })
		from = to
	}
	return out, group.Wait()
}

// findPart looks up the rows of one question. One that the destination refuses, or fails at while
// it answers others, is asked by halves, until the row that is at fault stands alone. It may
// still have a record of that value, so nothing is written in its name: a row that is refused
// is rejected, one that it fails at is put off.
func (d *delivery) findPart(ctx, hard context.Context, finder cdp.Finder, part []cdp.Delta, found []finding) error {
	type stretch struct{ from, to int }
	todo, iso := []stretch{{0, len(part)}}, newIsolation(len(part))
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		half := s.from + (s.to-s.from)/2
		parts := []stretch{{half, s.to}, {s.from, half}}
		most := d.retries()
		if iso.on {
			most = 0
		}
		ids, err := d.findOnce(ctx, hard, finder, part[s.from:s.to], most)
		var refused *cdp.Refused
		switch is := errors.As(err, &refused); {
		case err == nil:
			for i, id := range ids {
				found[s.from+i].id = id
			}
		case is && half == s.from:
			no := refused.Rejection()
			found[s.from].not = &no
		case is:
			todo = append(todo, parts...)
		case !failed(err):
			return err
		default:
			d.notes(iso)
			if !d.living(iso) {
				return err
			}
			if half > s.from && iso.left > 0 {
				iso.on = true
				iso.left--
				todo = append(parts, todo...)
				continue
			}
			for i := s.from; i < s.to; i++ {
				found[i].not = &cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: brief(err)}
			}
		}
	}
	return nil
}

func (d *delivery) findOnce(ctx, hard context.Context, finder cdp.Finder, rows []cdp.Delta, most int) (ids []string, err error) {
	err = d.ask(ctx, hard, 1, most, func(ctx context.Context) error {
		ids, err = finder.Find(ctx, d.target, rows)
		return err
	}, func(made, tries int) { d.report.addRequests(uint64(made), uint64(min(tries-1, 1)), 0) })
	if err == nil && len(ids) != len(rows) {
		err = fmt.Errorf("destination answered %d records for %d rows", len(ids), len(rows))
	}
	var refused *cdp.Refused
	if err == nil || errors.As(err, &refused) {
		d.hear()
	}
	return ids, err
}

// Existing is what a plan found when it looked which new rows are there already.
type Existing struct {
	Looked uint64 `json:"looked"` // of the new rows, the first ones
	Found  uint64 `json:"found"`
	Then   string `json:"then"` // adopt or skip
	Note   string `json:"note,omitempty"`
}

// mostLooked bounds what a plan asks a destination.
const mostLooked = 1000

// preview looks up some of the new rows of a plan, where the sync says what is to
// become of records that are there. A destination that cannot be asked now is a note.
func (e *Engine) preview(ctx context.Context, req *request, cs *changeset) *Existing {
	if cs.sync.Existing == cdp.AdoptUnasked || cs.ops[cdp.Add] == 0 {
		return nil
	}
	out := &Existing{Then: string(cs.sync.Existing)}
	if err := e.look(ctx, req, cs, out); err != nil {
		out.Note = "not looked up: " + brief(err)
	}
	return out
}

func (e *Engine) look(ctx context.Context, req *request, cs *changeset, out *Existing) error {
	dest, err := e.Remotes.Open(ctx, cs.sync.Destination)
	if err != nil {
		return err
	}
	defer func() { _ = dest.Close() }() // nothing was written
	finder, ok := dest.(cdp.Finder)
	if !ok {
		return errors.New("the destination cannot say what it has already")
	}
	lane, err := e.join(ctx, cs.remote, cs.sync.Priority)
	if err != nil {
		return err
	}
	defer lane.Leave()
	d := &delivery{
		e: e, req: req, cs: cs, dest: dest, limits: cs.remote.Limits, report: &SyncReport{}, lane: lane,
		target: target(cs.sync, cs.remote.Spec, req.id, 0), run: ledger.SyncRun{Sync: cs.sync.Name},
	}
	return d.newRows(ctx, mostLooked, func(rows []cdp.Delta) error {
		list, err := d.find(ctx, ctx, finder, rows)
		if err != nil {
			return err
		}
		ours, err := d.ours(ctx, rows, list)
		if err != nil {
			return err
		}
		for i, f := range list {
			if f.not == nil {
				out.Looked++
			}
			if f.id != "" && !ours[rows[i].RowID].is(f.id) {
				out.Found++
			}
		}
		return nil
	})
}
