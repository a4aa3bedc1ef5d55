package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// build makes identity, profiles and segments of the entities that are asked for,
// under the lease of the build. All its tables carry its id; they count from the
// moment at which the pointer names it, which is one row.
func (e *Engine) build(ctx, hard context.Context, req *request, report *Report) error {
	entities := req.Entities
	if len(entities) == 0 {
		return nil
	}
	lease, err := e.Ledger.Acquire(ctx, "build")
	if err != nil {
		return err
	}
	defer e.keep(hard, lease)()

	last, err := e.Ledger.Builds(ctx, ledger.KeptBuilds)
	if err != nil {
		return err
	}
	previous := ""
	if len(last) > 0 {
		previous = last[0].ID
	}
	b := compile.Build{ID: tableID(req.id), Run: tableID(req.id)}
	if err := e.buildAll(ctx, hard, req, report, lease, b, previous); err != nil {
		e.dropBuild(hard, b.ID)
		return err
	}
	rep, err := json.Marshal(report)
	if err != nil {
		return err
	}
	e.fail("before publish")
	if err := regained(ctx, lease); err != nil { // of two builds of one time the merges of both would count
		e.dropBuild(hard, b.ID)
		return err
	}
	if err := e.Ledger.Publish(hard, ledger.Build{ID: b.ID, Epoch: lease.Epoch, Run: req.id, AsOf: req.asOf, At: e.Clock.Now(), Report: string(rep), Models: e.Compiler.Models()}); err != nil {
		return err
	}
	e.fail("after publish")
	for _, old := range last[min(1, len(last)):] {
		e.dropBuild(hard, old.ID) // a sync may still read the one before this
	}
	return nil
}

// regained is held for what can wait: a long statement may have kept heartbeats away without
// anybody having taken over, as where statements run one at a time.
func regained(ctx context.Context, lease *ledger.Lease) error {
	return held(func() bool { return lease.Regained(ctx) })
}

// keep writes heartbeats until the returned function releases the lease. One that cannot be
// given back ends by itself: what was done under it is done.
func (e *Engine) keep(hard context.Context, lease *ledger.Lease) (release func()) {
	beating, stop := context.WithCancel(context.WithoutCancel(hard))
	done := make(chan struct{})
	go func() { defer close(done); lease.Keep(beating) }() // ended by release
	return func() {
		stop()
		<-done
		ctx, cancel := context.WithTimeout(context.WithoutCancel(hard), 10*time.Second)
		defer cancel()
		if err := lease.Release(ctx); err != nil {
			e.Log.WarnContext(ctx, "lease not given back: it is free again half a minute after its last heartbeat", "lease", lease.Name, "err", err)
		}
	}
}

func (e *Engine) buildAll(ctx, hard context.Context, req *request, report *Report, lease *ledger.Lease, b compile.Build, previous string) error {
	req.build = b
	c, err := e.keyed(ctx, req)
	if err != nil {
		return err
	}
	var made []compile.Profile
	for i, group := range c.Profiles(b) {
		wanted := func(p compile.Profile) bool { return slices.Contains(req.Entities, p.Entity) }
		if !slices.ContainsFunc(group.Profiles, wanted) {
			continue
		}
		if err := e.buildGroup(ctx, hard, req, report, i, group, previous); err != nil {
			return err
		}
		made = append(made, group.Profiles...)
	}
	e.fail("before members")
	if req.History {
		if err := regained(ctx, lease); err != nil {
			return err
		}
	}
	for _, p := range made { // the history has no build of its own to forget: nothing else comes between it and publishing
		segments, err := e.members(ctx, req, c, p, lease, req.History)
		if err != nil {
			return err
		}
		report.Segments = append(report.Segments, segments...)
	}
	return nil
}

// buildGroup makes identities, profiles and segments of entities that read each
// other: the i-th group of the compiler.
func (e *Engine) buildGroup(ctx, hard context.Context, req *request, report *Report, i int, group compile.Profiles, previous string) error {
	for _, p := range group.Profiles {
		er, err := e.buildIdentity(ctx, req, p.Entity, req.build.ID, previous)
		if er.Entity != "" {
			report.Entities = append(report.Entities, er)
		}
		if err != nil {
			return fmt.Errorf("identity of %s: %w", p.Entity.Name, err)
		}
	}
	c, err := e.keyed(ctx, req) // identity may have added keys
	if err != nil {
		return err
	}
	group = c.Profiles(req.build)[i]
	err = e.runAll(ctx, req, "build", group.Statements)
	if err = errors.Join(err, e.Ledger.Drop(context.WithoutCancel(hard), group.Scratch...)); err != nil {
		return err
	}
	for _, p := range group.Profiles {
		e.observe(Event{Item: "build", Step: p.Entity.Name, End: true})
	}
	return nil
}

func (e *Engine) runAll(ctx context.Context, req *request, item string, list []cdp.Statement) error {
	for _, s := range list {
		if _, err := e.exec(ctx, req.id, item, s); err != nil {
			return err
		}
	}
	return nil
}

// members counts who is in, who entered and who left each segment, and writes the
// history unless this is only a plan.
func (e *Engine) members(ctx context.Context, req *request, c *compile.Compiler, p compile.Profile, lease *ledger.Lease, write bool) ([]SegmentReport, error) {
	if len(p.Segments) == 0 {
		return nil, nil
	}
	m := c.Members(p, lease.Ver(0))
	if write {
		if err := e.runAll(ctx, req, "build", m.Merge); err != nil {
			return nil, err
		}
	}
	rows, err := e.all(ctx, req.id, m.Counts)
	if err != nil {
		return nil, err
	}
	counts := map[string][3]uint64{}
	for _, r := range rows {
		counts[ledger.Text(r[0])] = [3]uint64{ledger.Uint(r[1]), ledger.Uint(r[2]), ledger.Uint(r[3])}
	}
	var out []SegmentReport
	for _, s := range p.Segments {
		n := counts[s.Name]
		out = append(out, SegmentReport{Segment: s.Name, Members: n[0] - n[2], Entered: n[1], Exited: n[2]})
	}
	if !write {
		return out, nil
	}
	return out, e.runAll(ctx, req, "build", m.Write)
}

// dropping is how long tables that are done with may take to be dropped: BigQuery takes
// about a second for each.
const dropping = 2 * time.Minute

// dropBuild drops the tables of a build that is not, or no longer, current.
func (e *Engine) dropBuild(hard context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(hard), dropping)
	defer cancel()
	if err := e.runAll(ctx, &request{id: id}, "build", e.Compiler.ForgetIdentity(id)); err != nil {
		e.Log.WarnContext(ctx, "rows of an old build left behind", "err", err)
	}
	tables, err := e.Ledger.Tables(ctx)
	if err != nil {
		return
	}
	var old []string
	for name := range tables {
		ours := strings.HasPrefix(name, "profile_") || strings.HasPrefix(name, "identity_") || strings.HasPrefix(name, "entity_")
		if ours && strings.HasSuffix(name, "_"+id) {
			old = append(old, name)
		}
	}
	slices.Sort(old)
	if err := e.Ledger.Drop(ctx, old...); err != nil {
		e.Log.WarnContext(ctx, "tables of an old build left behind", "err", err)
	}
}

// currentBuild takes the pointer for a run that does not build.
func (e *Engine) currentBuild(ctx context.Context, req *request) error {
	needed := slices.ContainsFunc(req.Syncs, func(s *cdp.Sync) bool { return s.Entity != nil })
	if !needed {
		return nil
	}
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return err
	}
	if err := e.serves(last); err != nil {
		return err
	}
	req.build = compile.Build{ID: last[0].ID, Run: tableID(req.id)}
	return nil
}

// serves says why the current one of the last builds is none to deliver from.
func (e *Engine) serves(last []ledger.Build) error {
	switch {
	case len(last) == 0:
		return &NoBuildError{"nothing has been built yet"}
	case last[0].Models != e.Compiler.Models():
		return &NoBuildError{"the models have changed since the last build"}
	}
	return nil
}

// onNewest is the request with the build from which a sync delivers, once it has waited for
// those before it and for its jobs: others may have built meanwhile, and only the last two
// builds are kept. It stays with the one that it has, while that is there, when it applies a
// saved plan, or when the current one was made from other models.
func (e *Engine) onNewest(ctx context.Context, req *request, s *cdp.Sync) (*request, error) {
	if s.Entity == nil {
		return req, nil
	}
	last, err := e.Ledger.Builds(ctx, 2)
	if err != nil {
		return nil, err
	}
	none := e.serves(last)
	i := slices.IndexFunc(last, func(b ledger.Build) bool { return b.ID == req.build.ID })
	switch {
	case i == 0, i > 0 && (none != nil || req.Apply != nil):
		return req, nil
	case none != nil:
		return nil, none
	}
	own := *req
	own.build.ID = last[0].ID
	own.compiler, err = e.keyed(ctx, &own)
	return &own, err
}

// entityVerdicts corrects the reasons of removals.
func (e *Engine) entityVerdicts(_ context.Context, _ *request, cs *changeset, raw *compile.Diff, removes uint64, run func(cdp.Statement) error) error {
	if removes == 0 || cs.diff.Event() || cs.diff.OneReason() {
		return nil
	}
	return run(raw.Reasons())
}
