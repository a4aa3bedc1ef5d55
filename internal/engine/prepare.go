package engine

import (
	"context"
	"fmt"
	"math"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// changeset is a computed diff: what a sync would send. Plan, guards and delivery
// all read this one table.
type changeset struct {
	sync    *cdp.Sync
	remote  Remote
	place   string // where its rows go now
	name    string // under which the ledger has what holds its rows back
	left    string // of a plan: the name of before, under which an older kith has left some of it; "" for none
	diff    *compile.Diff
	table   string
	listed  bool              // it was made: there is none where nothing differs
	in      compile.DiffInput // the names of all tables
	scratch []string          // those that were made, to be dropped at the end

	state     ledger.SyncState
	read      ledger.SyncState // as the ledger has it
	last      []ledger.SyncRun
	baseline  string
	mapping   ledger.Mapping
	before    ledger.Mapping   // the last recorded one; zero for none
	changed   bool             // its fields differ from the recorded ones
	unwritten []ledger.Mapping // what is not in the ledger yet under the name of the sync
	earlier   []written        // what mappings under another hash function have left
	rehashed  uint64           // rows of the baseline whose hashes were written anew
	stored    bool             // the desired rows have been stored
	moved     bool             // this run takes the state over from the name that the sync had
	handover  ledger.Handover  // to another endpoint, by this run; zero for none
	made      bool             // the baseline's tables are there
	first     bool             // nothing has been acknowledged yet
	blank     bool             // of a rebaseline: there is nothing in the baseline either
	folded    bool             // all that was written is in the baseline
	full      uint64           // rows with a smaller version are sent as they are; 0 for none
	asked     bool             // somebody asked for all rows
	goesOn    bool             // a full run to where the rows are has not ended
	former    uint64           // versions up to it are of the former endpoint, of which a full run knows nothing

	rows, known   uint64           // desired, live baseline
	remapped      uint64           // rows of the baseline that another mapping wrote
	gone          uint64           // 0 where no row has left the sync and stayed at the destination
	mappings      []ledger.Mapping // all that are recorded
	noKey         uint64
	expired       uint64
	ops           map[cdp.Op]uint64
	differing     uint64                // changes of which a field differs
	again         uint64                // changes that an ended full run has left, of which nothing does; where a guard asks
	reasons       map[cdp.Reason]uint64 // removals that are sent
	ignored       map[cdp.Reason]uint64 // removals that need no call
	held          map[cdp.Code]uint64
	pending       uint64
	moves         uint64 // remove + add pairs of rows whose key changed
	spared        uint64 // removals that spare what others have
	foreign       uint64 // rows that the destination had before kith
	spotless      bool   // it was looked, and the sync has no rejections
	dirty, joined uint64
}

// changes is the number of rows that the changeset sends.
func (cs *changeset) changes() uint64 {
	return cs.ops[cdp.Remove] + cs.ops[cdp.Rekey] + cs.ops[cdp.Change] + cs.ops[cdp.Add]
}

// prepare computes the changeset of a sync; last are its last runs, if they were read.
// Without a lease nothing but scratch tables are written: that is what plan does.
func (e *Engine) prepare(ctx context.Context, req *request, s *cdp.Sync, last past, lease *ledger.Lease) (*changeset, error) {
	scratch := lease == nil
	remote, err := e.Remotes.Describe(s.Destination)
	if err == nil && last.names == nil {
		last, err = e.past(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	cs := &changeset{sync: s, remote: remote, place: place(remote, s), name: s.Name, ops: map[cdp.Op]uint64{}, reasons: map[cdp.Reason]uint64{}, ignored: map[cdp.Reason]uint64{}, held: map[cdp.Code]uint64{}}
	if err := e.readState(ctx, req, cs, last, lease); err != nil {
		return nil, err
	}
	base := "changeset_" + s.Name + "_" + tableID(req.id)
	work := "scratch_" + tableID(req.id) + "_" + s.Name
	in := compile.DiffInput{
		Baseline: cs.baseline, Changeset: base, Raw: base + "_raw", Digest: work + "_digest", Desired: work + "_desired", Pairs: work + "_pairs", Fix: work + "_fix", Spared: work + "_spared", Rehash: work + "_rehash",
		Mapping: cs.mapping.Version, FullSince: cs.full, Name: cs.name, Former: cs.former, Build: req.build, Started: e.Compiler.Dialect().Time(cs.state.StartedAt),
	}
	in.Remapped = cs.mapping.Version > 1
	for _, w := range cs.earlier {
		in.Earlier = append(in.Earlier, w.Earlier)
	}
	if query, ok := req.compiler.Describes(s); ok {
		// What cannot be described fails where it is read, with the statement that needs it.
		in.Physical, _ = e.Warehouse.Describe(ctx, query)
	}
	if scratch && cs.first {
		in.Baseline = work + "_baseline"
		cs.scratch = append(cs.scratch, in.Baseline, req.compiler.Acks(in.Baseline))
	}
	if scratch && !cs.first {
		if err := e.planBaseline(ctx, req, cs, &in, work+"_baseline"); err != nil {
			return nil, err
		}
	}
	cs.baseline = in.Baseline
	cs.in, cs.table = in, base
	cs.diff = req.compiler.Diff(s, remote.Spec, in)
	if !cs.made || in.Baseline != cs.state.Baseline {
		if err := e.runAll(ctx, req, "sync "+s.Name, cs.diff.CreateBaseline()); err != nil {
			return cs, err
		}
	}
	if err := e.rehash(ctx, req, cs, lease); err != nil {
		return cs, err
	}
	if req.Rebaseline && !scratch {
		if blank, err := e.blank(ctx, req, cs); err != nil {
			return cs, err
		} else if blank {
			return cs, e.allNew(ctx, req, cs)
		}
	}
	return cs, e.compare(ctx, req, cs)
}

// planBaseline gives a plan its own baseline when a run would first write that of the
// sync: to move the rows of entities that have merged since the last run to the survivors,
// or because of another hash function. A plan writes nothing of the sync's own.
func (e *Engine) planBaseline(ctx context.Context, req *request, cs *changeset, in *compile.DiffInput, own string) error {
	merged := uint64(0)
	if cs.sync.Entity != nil && cs.sync.Source == nil && cs.former == 0 { // as followMerges does
		row, err := e.one(ctx, req.id, req.compiler.Diff(cs.sync, cs.remote.Spec, *in).CountMerged())
		if err != nil {
			return err
		}
		merged = ledger.Uint(row[0])
	}
	if merged == 0 && cs.outdated() == 0 {
		return nil
	}
	of := in.Baseline
	in.Baseline = own
	if merged > 0 {
		in.Unmerged = of
	}
	cs.scratch = append(cs.scratch, own, req.compiler.Acks(own))
	d := req.compiler.Diff(cs.sync, cs.remote.Spec, *in)
	if err := e.runAll(ctx, req, "sync "+cs.sync.Name, append(d.CreateBaseline(), d.CopyBaseline(of))); err != nil || merged == 0 {
		return err
	}
	const newest = 1 << 62 // later than every row of the copy
	return e.writeBaseline(ctx, req, cs.sync, own, newest, d.Merged(newest), d.FollowMerged(newest+1))
}

// readState reads what the ledger knows of the sync, and refuses when it does not fit.
func (e *Engine) readState(ctx context.Context, req *request, cs *changeset, last past, lease *ledger.Lease) error {
	s := cs.sync
	states, err := e.statesOf(ctx, s, last)
	if err != nil {
		return err
	}
	state, known := states[s.Name]
	was := state.Was
	known = known && state.Baseline != "" // else it lives on under another name
	if old, ok := Former(states, s); ok {
		state, known, cs.moved = old, true, true
		state.Sync, state.Was = s.Name, s.Was
		was = s.Was
		switch {
		case lease == nil:
			cs.name, was = s.Was, old.Was // a plan copies nothing
		case lease.Was == nil: // it has come since the lease was taken
			return &ledger.HeldError{Name: s.Was}
		}
	}
	if lease == nil && leftUnder(states, cs.name) {
		cs.left = states[cs.name].Was
	}
	switch {
	case !known:
		if lease != nil { // who had the name may have died before it left, or was not to have it after all
			if err := e.leave(ctx, lease, lease.Ver(0), lease.Alive); err != nil {
				return err
			}
		}
		state = ledger.SyncState{Sync: s.Name, Endpoint: cs.place, Baseline: newBaseline(states, s.Name), StartedAt: req.asOf}
	case state.Retired:
		state = comeBack(state, req)
	}
	cs.last = last.runs
	exists := state.There
	if !known { // who was to write it may have died when the table was made
		if exists, err = e.Ledger.Exists(ctx, state.Baseline); err != nil {
			return err
		}
	}
	if h, begun := state.Handover(); begun && h.To == cs.place && !req.Full && !req.Rebaseline && cs.moved && lease != nil { // else it is moved when the run begins
		if err := e.moveState(ctx, state, lease); err != nil {
			return err
		}
		cs.moved = false
	}
	if state, err = e.endHandover(ctx, req, placed(state, cs.remote, s), cs.place, lease); err != nil {
		return err
	}
	h, begun := state.Handover()
	t, taken := state.Taking()
	switch {
	case known && !exists && len(cs.last) > 0 && !req.Full && !req.Rebaseline:
		return &BlockedError{
			Guard: "baseline", Text: fmt.Sprintf("the baseline of sync %s is gone (table %s): kith no longer knows what %s has", s.Name, state.Baseline, s.Destination.Name),
			Help: "--rebaseline takes the desired rows as delivered and sends nothing; --full sends every row again",
		}
	case begun && !req.Full && !req.Rebaseline:
		return e.handoverUnended(cs, h)
	case taken && !req.Full && !req.Rebaseline:
		return e.rebaselineUnended(cs, t)
	case known && state.Endpoint != cs.place && !req.Full && !req.Rebaseline:
		return e.elsewhere(cs, state.Endpoint)
	}
	cs.state, cs.read, cs.baseline = state, states[s.Name], state.Baseline
	cs.first, cs.made = !exists, exists && state.There && state.Acks
	if err := e.readMappings(ctx, req, cs, was); err != nil {
		return err
	}
	if req.Full {
		cs.full, cs.asked = math.MaxInt64, true // no row has a greater ver
		switch {
		case begun && h.To == cs.place: // what was acknowledged there is not sent again
			cs.former, cs.full = h.UpTo(), h.Since<<32
		case state.Endpoint != cs.place:
			cs.former = math.MaxInt64
		}
	}
	if begun || taken { // neither has one to go on with
		return nil
	}
	// What a full run to this place has left when it died, or was stopped, is as it was sent before:
	// nothing else would send it. So the next run goes on with it, whether it is a full one or not.
	epoch, err := e.unendedFull(ctx, last)
	if cs.goesOn = epoch > 0; cs.goesOn && !req.Rebaseline && state.Endpoint == cs.place {
		cs.full = epoch << 32
	}
	return err
}

// compare fills the changeset.
func (e *Engine) compare(ctx context.Context, req *request, cs *changeset) (err error) {
	d := cs.diff
	if d.Materialise() && !cs.stored {
		if d, err = e.store(ctx, req, cs, d); err != nil {
			return err
		}
	}
	bits, err := e.digest(ctx, req, cs, d)
	if err != nil {
		return err
	}
	if err := e.countExpired(ctx, req, cs, d); err != nil {
		return err
	}
	all := cs.full > 0 || d.Event()
	if all {
		cs.joined = max(cs.rows, cs.known)
	}
	stronger := d.Stronger() && !cs.first && cs.gone > 0
	if cs.joined == 0 && !stronger {
		return e.summarise(ctx, req, cs, d, 0)
	}
	if err := e.createRaw(ctx, req, cs); err != nil {
		return err
	}
	n := 1
	if cs.joined > 0 {
		if d, err = e.mapped(ctx, cs, d); err != nil {
			return err
		}
		if d, n, err = e.fill(ctx, req, cs, d, bits, all); err != nil {
			return err
		}
	}
	if stronger {
		if err := e.runAll(ctx, req, "sync "+cs.sync.Name, []cdp.Statement{d.FillStronger()}); err != nil {
			return err
		}
	}
	if cs.joined == 0 { // most often no reason is stronger, and there is nothing to judge
		counts, err := e.all(ctx, req.id, d.Named(cs.in.Raw).Counts())
		if err != nil {
			return err
		}
		if len(counts) == 0 {
			n = 0
		}
	}
	return e.summarise(ctx, req, cs, d, n)
}

// summarise applies holds and reasons, and counts what is left.
func (e *Engine) summarise(ctx context.Context, req *request, cs *changeset, d *compile.Diff, n int) error {
	item := "sync " + cs.sync.Name
	run := func(s cdp.Statement) error {
		_, err := e.exec(ctx, req.id, item, s)
		return err
	}
	cs.diff = d
	raw := d.Named(cs.in.Raw)
	var (
		counts []cdp.Row // none where nothing was compared
		any    bool
		err    error
	)
	if n > 0 {
		if counts, any, err = e.verdicts(ctx, req, cs, raw, n, run); err != nil {
			return err
		}
	}
	if !any {
		// The raw changeset is the changeset.
		cs.diff, cs.table = raw, cs.in.Raw
		cs.scratch = without(cs.scratch, cs.table)
	} else {
		if err := run(d.CreateChangeset(cs.table)); err != nil {
			return err
		}
		for _, slice := range d.Slices(n) {
			if err := run(d.Apply(slice)); err != nil {
				return err
			}
		}
	}
	if cs.spared > 0 {
		for _, s := range cs.diff.Narrow() {
			if err := run(s); err != nil {
				return err
			}
		}
	}
	if any {
		if counts, err = e.all(ctx, req.id, cs.diff.Counts()); err != nil {
			return err
		}
	}
	cs.count(counts) // narrowing them leaves as many rows
	return nil
}

// count takes the numbers that plan, guards and reports show.
func (cs *changeset) count(rows []cdp.Row) {
	for _, r := range rows {
		op, reason, n := cdp.Op(ledger.Uint(r[0])), cdp.Reason(ledger.Uint(r[1])), ledger.Uint(r[3])
		cs.ops[op] += n
		if op == cdp.Change {
			cs.differing += ledger.Uint(r[4])
		}
		switch {
		case op == cdp.Remove && reason == cdp.NoReason:
			cs.moves += n
		case op == cdp.Remove:
			cs.reasons[reason] += n
		case op == cdp.Silent && reason != cdp.NoReason:
			cs.ignored[reason] += n
		}
	}
}

// origin names where the rows of the sync come from.
func (cs *changeset) origin() string {
	switch {
	case cs.sync.Segment != nil:
		return "segment " + cs.sync.Segment.Name
	case cs.sync.Source != nil:
		return "source " + cs.sync.Source.Name
	}
	return "entity " + cs.sync.Entity.Name
}

func (cs *changeset) keyColumns() []string {
	if cs.sync.Source != nil {
		return cs.sync.Source.Key
	}
	return []string{"entity_id"}
}
