package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// SavedPlan is a plan that can be applied later: what `plan --out` writes and
// `sync --plan` reads. It holds counts and fingerprints: no row, no value, no secret.
type SavedPlan struct {
	Format        int         `json:"kith_plan"` // 3
	Kith          string      `json:"kith"`
	Project       string      `json:"project"`
	Target        string      `json:"target"`
	Commit        string      `json:"commit,omitempty"`
	RunID         string      `json:"run_id"`
	AsOf          time.Time   `json:"as_of"`
	Build         bool        `json:"build"`
	Full          bool        `json:"full,omitempty"`
	RetryRejected bool        `json:"retry_rejected,omitempty"`
	Syncs         []SavedSync `json:"syncs"`
}

// savedFormat is the version of the file.
const savedFormat = 3

// SavedSync is what one sync would send. ID names exactly that: it is made of
// all in here that tells what is sent and of the content of the rows, under the ledger's salt.
type SavedSync struct {
	ID       string            `json:"plan_id"`
	Sync     string            `json:"sync"`
	Endpoint string            `json:"endpoint"` // as it is shown
	To       string            `json:"to"`
	Options  string            `json:"options"`           // fingerprint of those of the destination, under the salt
	Mapping  []string          `json:"mapping,omitempty"` // remote fields with their types
	First    bool              `json:"first,omitempty"`
	Rows     uint64            `json:"rows"`
	Baseline uint64            `json:"baseline"`
	Added    uint64            `json:"added"`
	Changed  uint64            `json:"changed"`
	Rekeyed  uint64            `json:"rekeyed"`
	Removed  uint64            `json:"removed"`
	Reasons  map[string]uint64 `json:"reasons,omitempty"`
	Content  string            `json:"content"`         // fingerprint of the rows, under the salt
	Guard    string            `json:"guard,omitempty"` // that stops it, "" for none
	Text     string            `json:"guard_text,omitempty"`
}

// ReadPlan reads what `plan --out` wrote.
func ReadPlan(r io.Reader) (*SavedPlan, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	p := &SavedPlan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("not a plan: %w", err)
	}
	if p.Format != savedFormat {
		return nil, fmt.Errorf("a plan of format %d; this kith reads %d", p.Format, savedFormat)
	}
	return p, nil
}

// sync is the plan of one sync, or nil.
func (p *SavedPlan) sync(name string) *SavedSync {
	if i := slices.IndexFunc(p.Syncs, func(s SavedSync) bool { return s.Sync == name }); i >= 0 {
		return &p.Syncs[i]
	}
	return nil
}

// saved describes a changeset for later: it reads all of it.
func (e *Engine) saved(ctx context.Context, req *request, cs *changeset) (SavedSync, error) {
	return e.describe(ctx, req, cs, false)
}

// waiting is what is left of it when the removals that no guard stops have been sent.
func (e *Engine) waiting(ctx context.Context, req *request, cs *changeset) (SavedSync, error) {
	return e.describe(ctx, req, cs, true)
}

func (e *Engine) describe(ctx context.Context, req *request, cs *changeset, waiting bool) (SavedSync, error) {
	if err := e.list(ctx, req, cs); err != nil {
		return SavedSync{}, err
	}
	row, err := e.one(ctx, req.id, cs.diff.Fingerprint(waiting))
	if err != nil {
		return SavedSync{}, err
	}
	s := SavedSync{
		Sync: cs.sync.Name, Endpoint: e.shown(cs.remote.Endpoint), To: toText(cs.sync), Options: e.options(cs), Mapping: cs.mapping.Fields, First: cs.first,
		Rows: cs.rows, Baseline: cs.known, Added: cs.ops[cdp.Add] - cs.moves, Changed: cs.ops[cdp.Change],
		Rekeyed: cs.ops[cdp.Rekey] + cs.moves, Removed: cs.ops[cdp.Remove] - cs.moves, Reasons: named(cs.reasons),
		Content: e.sign("content", ledger.Text(row[0]), fmt.Sprint(ledger.Uint(row[1]))),
	}
	if sent := cs.reasons[cdp.Withdrawn]; waiting && sent > 0 {
		s.Baseline, s.Removed = s.Baseline-min(sent, s.Baseline), s.Removed-sent
		delete(s.Reasons, cdp.Withdrawn.String())
	}
	s.ID = s.identify(e)
	return s, nil
}

// identify makes the id of a plan: 16 hex digits. The guard is not part of it:
// what is approved is what is sent. Nor is whether it is the first run, which it no
// longer is when a guard, or a plan that had moved, has stopped that; nor how many rows were
// delivered before, to which a run that was stopped may have added some that may be there.
func (s SavedSync) identify(e *Engine) string {
	return e.sign("plan", s.Sync, s.Endpoint, s.To, s.Options, strings.Join(s.Mapping, "\n"), fmt.Sprint(s.Rows, s.Added, s.Changed, s.Rekeyed, s.Removed), s.Content)
}

// sign is a keyed hash: without the salt of the ledger nobody can try values
// against what is in a plan file.
func (e *Engine) sign(parts ...string) string {
	h := hmac.New(sha256.New, []byte(e.Ledger.Salt()))
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// options is a fingerprint of the destination's block, as it is written: a list may be subscribed or a consent
// given by it. Secrets are left out: a token that is rotated sends the same.
func (e *Engine) options(cs *changeset) string {
	parts := []string{"options"}
	options := cs.sync.Destination.Options
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if !slices.ContainsFunc(cs.remote.Spec.Options, func(o cdp.Option) bool { return o.Name == name && o.Secret }) {
			o := options[name]
			parts = append(parts, name, o.Text, fmt.Sprint(len(o.List)), fmt.Sprint(len(o.Map)))
			parts = append(parts, o.List...)
			for _, k := range slices.Sorted(maps.Keys(o.Map)) {
				parts = append(parts, k, o.Map[k])
			}
		}
	}
	return e.sign(parts...)
}

// toText names what a sync writes: "object contacts by email, upsert".
func toText(s *cdp.Sync) string {
	text := string(s.Kind) + " " + s.Remote + s.RemoteID
	if s.Key != nil {
		text += " by " + s.Key.Remote
	}
	if s.Kind == cdp.Object {
		text += ", " + string(s.Mode)
	}
	if s.Existing == cdp.SkipExisting { // to adopt, unasked or not, sends the same
		text += ", existing: skip"
	}
	return text
}

// moved lists what differs between a saved plan and the world as it is now.
func (s SavedSync) moved(now SavedSync) []string {
	var out []string
	for _, x := range []struct{ what, was, is string }{
		{"the endpoint", s.Endpoint, now.Endpoint},
		{"what is written", s.To, now.To},
		{"the mapping", strings.Join(s.Mapping, ", "), strings.Join(now.Mapping, ", ")},
	} {
		if x.was != x.is {
			out = append(out, fmt.Sprintf("%s was %s and is %s", x.what, x.was, x.is))
		}
	}
	if s.Options != now.Options {
		out = append(out, "the options of the destination are others")
	}
	for _, x := range []struct {
		what    string
		was, is uint64
	}{
		{"rows wanted", s.Rows, now.Rows},
		{"rows delivered before", s.Baseline, now.Baseline},
		{"rows to add", s.Added, now.Added},
		{"rows to change", s.Changed, now.Changed},
		{"rows to rename", s.Rekeyed, now.Rekeyed},
		{"rows to remove", s.Removed, now.Removed},
	} {
		if x.was != x.is {
			out = append(out, fmt.Sprintf("%s were %d and are %d", x.what, x.was, x.is))
		}
	}
	if len(out) == 0 && s.Content != now.Content {
		out = append(out, "the counts agree, but other rows or other values would be sent")
	}
	return out
}

// ofBefore refuses a plan of a kith that wrote addresses out: its id is made of one.
func (e *Engine) ofBefore(s SavedSync) error {
	if e.shown(s.Endpoint) == s.Endpoint {
		return nil
	}
	return fmt.Errorf("the plan of sync %s is of a kith that wrote the address of its destination out", s.Sync)
}

// asPlanned refuses when a run is to apply a saved plan and would do anything else.
func (e *Engine) asPlanned(ctx context.Context, req *request, cs *changeset) error {
	if req.Apply == nil {
		return nil
	}
	was := req.Apply.sync(cs.sync.Name)
	if was == nil {
		return fmt.Errorf("the plan has no sync %s", cs.sync.Name)
	}
	if err := e.ofBefore(*was); err != nil {
		return &BlockedError{Guard: "plan", Text: err.Error(), Help: "nothing was sent; `kith plan --out FILE` makes a new plan"}
	}
	now, err := e.saved(ctx, req, cs)
	if err != nil {
		return err
	}
	if now.ID == was.ID {
		return nil
	}
	what := was.moved(now)
	if len(what) == 0 {
		what = []string{"the file was changed, or made on another ledger"}
	}
	return &BlockedError{
		Guard: "plan", Text: fmt.Sprintf("sync %s is not what was planned: %s", cs.sync.Name, strings.Join(what, "; ")),
		Help: "nothing was sent; `kith plan --out FILE` makes a new plan",
	}
}

// behind refuses a saved plan that a later build has overtaken: its moment has passed.
func (e *Engine) behind(ctx context.Context, req *request) error {
	if req.Apply == nil || !req.Build || len(req.Entities) == 0 {
		return nil
	}
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil || len(last) == 0 || !last[0].AsOf.After(req.asOf) {
		return err
	}
	return &BlockedError{
		Guard: "plan", Text: fmt.Sprintf("the plan is as of %s, and a build as of %s has taken its place", req.asOf.UTC().Format(time.RFC3339), last[0].AsOf.UTC().Format(time.RFC3339)),
		Help: "nothing was built or sent; `kith plan --out FILE` makes a new plan",
	}
}
