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

// PlanReport is what a run would change. It is made from the same changeset tables
// that a run sends.
type PlanReport struct {
	RunID    string          `json:"run_id"`
	AsOf     time.Time       `json:"as_of"`
	Entities []EntityReport  `json:"entities"`
	Segments []SegmentReport `json:"segments"`
	Syncs    []*SyncPlan     `json:"syncs"`
	Orphans  []string        `json:"orphans,omitempty"` // in the ledger, not in the project
	Notes    []string        `json:"notes,omitempty"`
	Cost     *Cost           `json:"cost,omitempty"` // nil where the warehouse cannot tell
}

// SyncPlan is what one sync would send.
type SyncPlan struct {
	Sync           string            `json:"sync"`
	Status         Status            `json:"status"` // succeeded, blocked, failed, waited
	First          bool              `json:"first,omitempty"`
	MappingChanged bool              `json:"mapping_changed,omitempty"`
	Full           bool              `json:"full,omitempty"`
	Rebaseline     bool              `json:"rebaseline,omitempty"` // what differs is taken as delivered: no call, and no guard
	Forgets        bool              `json:"forgets,omitempty"`    // a rebaseline to another place: who is not wanted is forgotten, not removed by the next run
	Rehash         uint64            `json:"rehash,omitempty"`     // rows of the baseline whose hashes the next run first writes anew
	Rows           uint64            `json:"rows"`
	Baseline       uint64            `json:"baseline"`
	Added          uint64            `json:"added"`
	Changed        uint64            `json:"changed"`
	Rekeyed        uint64            `json:"rekeyed"`
	Removed        uint64            `json:"removed"`
	Reasons        map[string]uint64 `json:"reasons,omitempty"`
	Ignored        map[string]uint64 `json:"ignored,omitempty"`
	Held           map[string]uint64 `json:"held,omitempty"`
	Skipped        map[string]uint64 `json:"skipped,omitempty"`
	Expired        uint64            `json:"expired,omitempty"`
	Fields         []FieldChange     `json:"fields,omitempty"`
	Samples        []Sample          `json:"samples,omitempty"`
	Calls          uint64            `json:"calls"`
	Seconds        float64           `json:"seconds"`
	Guard          string            `json:"guard,omitempty"`
	GuardText      string            `json:"guard_text,omitempty"`
	Help           string            `json:"help,omitempty"`
	Warnings       []string          `json:"warnings,omitempty"`
	Error          string            `json:"error,omitempty"`
	Approved       string            `json:"approved_by,omitempty"`
	Existing       *Existing         `json:"existing,omitempty"`
	PlanID         string            `json:"plan_id,omitempty"` // with Save, or when a guard would stop it

	saved SavedSync
}

// FieldChange counts the rows in which a field changed.
type FieldChange struct {
	Field string `json:"field"`
	Rows  uint64 `json:"rows"`
}

// Sample is a row of the changeset, masked.
type Sample struct {
	Sign    string            `json:"sign"`
	Key     string            `json:"key"`
	Fields  map[string]string `json:"fields,omitempty"`
	Changed []string          `json:"changed,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Action  string            `json:"action,omitempty"`
}

// Plan computes what Run would do and writes nothing but scratch tables, which it
// drops.
func (e *Engine) Plan(ctx, hard context.Context, r Request) (*PlanReport, error) {
	r.History = false
	req, _, err := e.start(ctx, r)
	if err != nil {
		return nil, err
	}
	cost, err := e.affordable(ctx, req)
	if err != nil {
		return nil, err
	}
	if cost != nil {
		var m *meter
		e, m = e.metered()
		defer m.fill(cost)
	}
	out := &PlanReport{RunID: req.id, AsOf: req.asOf, Entities: []EntityReport{}, Segments: []SegmentReport{}, Syncs: []*SyncPlan{}, Cost: cost}
	if req.Build && len(req.Entities) > 0 {
		defer e.dropBuild(hard, tableID(req.id))
		if err := e.planBuild(ctx, hard, req, out); err != nil {
			return nil, err
		}
		if out.Cost, err = e.foreseen(ctx, req, cost, out.Entities); err != nil {
			return nil, err
		}
	} else if err := e.currentBuild(ctx, req); err != nil {
		return nil, err
	}
	if err := e.compilerOf(ctx, req); err != nil {
		return nil, err
	}
	defer e.Rates.Release()
	for _, s := range req.Syncs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out.Syncs = append(out.Syncs, e.planSync(ctx, hard, req, s))
	}
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return nil, err
	}
	for name, state := range states {
		if !state.Retired && e.Project.SyncOf(name) == nil {
			out.Orphans = append(out.Orphans, name)
		}
	}
	slices.Sort(out.Orphans)
	return out, nil
}

// planBuild builds into tables that only this plan sees.
func (e *Engine) planBuild(ctx, hard context.Context, req *request, out *PlanReport) error {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return err
	}
	previous := ""
	if len(last) > 0 {
		previous = last[0].ID
	}
	b := compile.Build{ID: tableID(req.id), Run: tableID(req.id)}
	req.inputs = map[string]compile.IdentityInput{}
	var report Report
	if err := e.buildAll(ctx, hard, req, &report, &ledger.Lease{}, b, previous); err != nil {
		return err
	}
	req.build = b
	out.Entities = append(out.Entities, report.Entities...)
	out.Segments = append(out.Segments, report.Segments...)
	return nil
}

func (e *Engine) planSync(ctx, hard context.Context, req *request, s *cdp.Sync) *SyncPlan {
	plan := &SyncPlan{Sync: s.Name, Status: Succeeded, Full: req.Full, Rebaseline: req.Rebaseline}
	begun := e.Clock.Now()
	cs, err := e.prepare(ctx, req, s, past{}, nil)
	comparing := e.Clock.Now().Sub(begun)
	if cs != nil {
		defer func() {
			if cs.listed {
				cs.makes(cs.table)
			}
			e.drop(hard, s, cs.scratch)
		}()
	}
	var blocked *BlockedError
	switch {
	case errors.As(err, &blocked):
		plan.Status, plan.Guard, plan.GuardText, plan.Help = Blocked, blocked.Guard, blocked.Text, blocked.Help
		return plan
	case err != nil:
		plan.Status, plan.Error, plan.Help = Failed, err.Error(), helpOf(err)
		return plan
	}
	plan.Full, plan.Forgets = cs.full > 0, req.Rebaseline && cs.elsewhere()
	if err := plan.fill(ctx, e, req, cs); err != nil {
		plan.Status, plan.Error = Failed, err.Error()
	}
	if req.Rebaseline {
		return plan
	}
	if err := e.foresee(ctx, req, cs, plan); err != nil {
		plan.Status, plan.Error = Failed, err.Error()
	}
	used, err := e.used(ctx, cs)
	if err != nil {
		plan.Status, plan.Error = Failed, err.Error()
	}
	plan.Calls, plan.Seconds = cs.estimate(comparing, plan.Existing, used)
	return plan
}

// foresee says what a guard would do, and gives the plan its id.
func (e *Engine) foresee(ctx context.Context, req *request, cs *changeset, plan *SyncPlan) error {
	var report SyncReport
	blocked, err := e.guard(ctx, req, cs, &report)
	if err != nil {
		return err
	}
	plan.Warnings = report.Warnings
	plan.Existing = e.preview(ctx, req, cs)
	if blocked == nil && !req.Save {
		return nil
	}
	saved, err := e.saved(ctx, req, cs)
	if err != nil {
		return err
	}
	plan.PlanID = saved.ID
	if blocked != nil {
		saved.Guard, saved.Text = blocked.Guard, blocked.Text
		plan.Status, plan.Guard, plan.GuardText, plan.Help = Blocked, blocked.Guard, blocked.Text, approveHelp(saved.ID, blocked.Help)
		if a, ok, err := e.Ledger.Approval(ctx, saved.Sync, saved.ID); err != nil {
			return err
		} else if ok && a.Live && a.UsedBy == "" {
			plan.Status, plan.Approved, plan.Help = Succeeded, a.By, ""
		}
		if err := e.record(ctx, req, saved); err != nil {
			return err
		}
	}
	plan.saved = saved
	return nil
}

// Saved is a plan as a file keeps it. It fails when a sync could not be planned, with a
// *BlockedError when guards are all that was in the way.
func (e *Engine) Saved(r Request, p *PlanReport) (*SavedPlan, error) {
	out := &SavedPlan{
		Format: savedFormat, Kith: e.Version, Project: e.Project.Name, Target: e.Project.Target.Name, Commit: e.Commit,
		RunID: p.RunID, AsOf: p.AsOf, Build: r.Build, Full: r.Full, RetryRejected: r.RetryRejected,
	}
	var blocked error
	for _, s := range p.Syncs {
		switch {
		case s.saved.ID != "":
			out.Syncs = append(out.Syncs, s.saved)
		case s.Status != Blocked:
			return nil, fmt.Errorf("no plan is kept: sync %s could not be planned: %s", s.Sync, s.Error)
		case blocked == nil:
			blocked = &BlockedError{Guard: s.Guard, Text: "no plan is kept: " + s.GuardText, Help: s.Help}
		}
	}
	return out, blocked
}

func (p *SyncPlan) fill(ctx context.Context, e *Engine, req *request, cs *changeset) error {
	p.First, p.MappingChanged = cs.first, cs.changed && !cs.first
	p.Rehash = cs.rehashed
	p.Rows, p.Baseline, p.Expired = cs.rows, cs.known, cs.expired
	p.Added, p.Changed, p.Rekeyed = cs.ops[cdp.Add]-cs.moves, cs.ops[cdp.Change], cs.ops[cdp.Rekey]+cs.moves
	p.Removed = cs.ops[cdp.Remove] - cs.moves
	p.Reasons, p.Ignored = named(cs.reasons), named(cs.ignored)
	p.Held, p.Skipped = map[string]uint64{}, map[string]uint64{}
	for code, n := range cs.held {
		p.Held[string(code)] = n
	}
	if cs.pending > 0 {
		p.Held["pending"] = cs.pending
	}
	if cs.noKey > 0 {
		p.Skipped[string(cdp.NoKey)] = cs.noKey
	}
	if cs.changes() == 0 {
		return nil
	}
	counts, err := e.all(ctx, req.id, cs.diff.FieldCounts())
	if err != nil {
		return err
	}
	for _, r := range counts {
		if i := int(ledger.Uint(r[0])); i < len(cs.sync.Fields) {
			p.Fields = append(p.Fields, FieldChange{cs.sync.Fields[i].Remote, ledger.Uint(r[1])})
		}
	}
	for _, op := range ops {
		if cs.ops[op] == 0 {
			continue
		}
		rows, err := e.all(ctx, req.id, cs.diff.Sample(op, 3))
		if err != nil {
			return err
		}
		for _, r := range rows {
			p.Samples = append(p.Samples, sample(cs.sync, op, r))
		}
	}
	return nil
}

func named(m map[cdp.Reason]uint64) map[string]uint64 {
	out := map[string]uint64{}
	for r, n := range m {
		out[r.String()] = n
	}
	return out
}

// sample masks a row: op, action, reason, key, fields, changed.
func sample(s *cdp.Sync, op cdp.Op, r cdp.Row) Sample {
	x := Sample{Sign: op.Sign(), Action: ledger.Text(r[1]), Reason: cdp.Reason(ledger.Uint(r[2])).String(), Key: Mask(ledger.Text(r[3])), Fields: map[string]string{}}
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(ledger.Text(r[4])), &fields) == nil {
		for name, v := range fields {
			x.Fields[name] = Mask(strings.Trim(string(v), `"`))
		}
	}
	changed, _ := r[5].([]any)
	for _, i := range changed {
		if n := int(ledger.Uint(i)); n < len(s.Fields) {
			x.Changed = append(x.Changed, s.Fields[n].Remote)
		}
	}
	return x
}

// Mask keeps the first character and the shape of a value, so that a sample can be
// recognised by who knows it and by nobody else.
func Mask(s string) string {
	const long = 24
	runes := []rune(s)
	if len(runes) > long {
		runes = append(runes[:long], '…')
	}
	for i, r := range runes {
		if i > 0 && !strings.ContainsRune("@.-+: …", r) {
			runes[i] = '*'
		}
	}
	return string(runes)
}
