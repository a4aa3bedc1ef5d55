package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// View is one entity from all sides.
type View struct {
	Entity      string        `json:"entity"`
	ID          string        `json:"id"`
	Asked       string        `json:"asked,omitempty"` // an id that was merged into it
	Created     time.Time     `json:"created_at"`
	Quarantined bool          `json:"quarantined"`
	Identifiers []ViewHandle  `json:"identifiers"`
	Traits      []ViewTrait   `json:"traits"`
	Segments    []ViewSegment `json:"segments"`
	Consents    []ViewConsent `json:"consents"`
	Merges      []ViewMerge   `json:"merges"`
	Syncs       []ViewSync    `json:"syncs"`
	Partial     bool          `json:"partial,omitempty"`
}

// ViewHandle is an identifier of the entity and the sources that link it.
type ViewHandle struct {
	Handle
	Sources []string `json:"sources"`
}

// ViewTrait is a trait and where its value comes from.
type ViewTrait struct {
	Name  string     `json:"name"`
	Type  string     `json:"type"`
	PII   []string   `json:"pii,omitempty"`
	Value string     `json:"value"`
	Null  bool       `json:"null,omitempty"`
	From  string     `json:"from"`          // a source and column, an aggregate, an expression
	Key   string     `json:"key,omitempty"` // of the source row that it was picked from
	At    *time.Time `json:"at,omitempty"`
}

// ViewSegment is a segment that the entity is in.
type ViewSegment struct {
	Name  string     `json:"name"`
	Since *time.Time `json:"since"` // nil: not in the history yet
}

// ViewConsent is a decision; Values are those that were granted when the decision
// belongs to values.
type ViewConsent struct {
	Name    string `json:"name"`
	Granted bool   `json:"granted"`
	Values  string `json:"values,omitempty"`
}

// ViewMerge is an entity that became part of this one.
type ViewMerge struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// ViewSync is what a destination is known to hold of the entity.
type ViewSync struct {
	Sync     string     `json:"sync"`
	State    string     `json:"state"` // delivered, maybe, removed, rejected, none
	Key      string     `json:"key,omitempty"`
	RemoteID string     `json:"remote_id,omitempty"`
	Since    *time.Time `json:"since,omitempty"` // of the run that changed it last
	Code     string     `json:"code,omitempty"`
	Attempts uint64     `json:"attempts,omitempty"`
	NextTry  *time.Time `json:"next_try,omitempty"`
}

// mergesShown bounds the list of merges of one entity.
const mergesShown = 100

// View reads everything that is known of an entity, named by its id or one of its
// identifiers.
func (e *Engine) View(ctx context.Context, entity *cdp.Entity, what string) (*View, error) {
	s, err := e.seek(ctx, entity)
	if err != nil {
		return nil, err
	}
	h, err := s.find(ctx, what)
	if err != nil {
		return nil, err
	}
	rows, err := s.all(ctx, s.look.Entity(h.Entity))
	if err != nil {
		return nil, err
	}
	v := &View{Entity: entity.Name, ID: h.Entity, Segments: []ViewSegment{}, Consents: []ViewConsent{}, Merges: []ViewMerge{}, Syncs: []ViewSync{}}
	if strings.HasPrefix(what, entity.Name[:1]+"_") && what != v.ID && h.Value != what {
		v.Asked = what
	}
	for _, r := range rows {
		v.Created, _ = r[2].(time.Time)
		v.Quarantined = ledger.Uint(r[4]) == 1
	}
	for _, step := range []func(context.Context, *View) error{s.viewIdentifiers, s.viewProfile, s.viewSegments, s.viewMerges, s.viewSyncs} {
		if err := step(ctx, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (s *seeker) viewIdentifiers(ctx context.Context, v *View) error {
	w, nodes, partial, err := s.web(ctx, false, v.ID)
	if err != nil {
		return err
	}
	v.Partial, v.Identifiers = partial, []ViewHandle{}
	list, _ := s.picture(w, nodes, []string{v.ID})
	for _, h := range list {
		if h.Entity != v.ID {
			continue
		}
		x := ViewHandle{Handle: h, Sources: []string{}}
		for _, t := range w.near[h.Node] {
			for _, r := range t.rows {
				if t.why == "" && !slices.Contains(x.Sources, r.Source) {
					x.Sources = append(x.Sources, r.Source)
				}
			}
		}
		slices.Sort(x.Sources)
		v.Identifiers = append(v.Identifiers, x)
	}
	return nil
}

func (s *seeker) viewProfile(ctx context.Context, v *View) error {
	stmt, columns := s.look.Profile(v.ID)
	v.Traits = []ViewTrait{}
	rows, err := s.all(ctx, stmt)
	if err != nil || len(rows) == 0 {
		return err
	}
	row := rows[0]
	for i, c := range columns {
		switch c.Kind {
		case "trait":
			t := ViewTrait{Name: c.Name, Type: c.Trait.Type.String(), Value: ledger.Text(row[i]), Null: row[i] == nil, From: fromOf(c.Trait), PII: c.Trait.PII}
			v.Traits = append(v.Traits, t)
		case "origin":
			t := &v.Traits[len(v.Traits)-1]
			t.origin(c, ledger.Text(row[i]))
		case "segment":
			if ledger.Uint(row[i]) == 1 {
				v.Segments = append(v.Segments, ViewSegment{Name: c.Name})
			}
		case "consent":
			v.Consents = append(v.Consents, ViewConsent{Name: c.Name, Granted: ledger.Uint(row[i]) == 1})
		case "granted":
			v.Consents[len(v.Consents)-1].Values = ledger.Text(row[i])
		}
	}
	return nil
}

// origin takes the row of a source as the one that the trait's value comes from, if
// it wins over those of the sources before.
func (t *ViewTrait) origin(c compile.ProfileColumn, text string) {
	if t.Null || text == "" {
		return
	}
	at, key, _ := strings.Cut(text, "\n")
	var when *time.Time
	if x, err := time.Parse(time.RFC3339Nano, at); err == nil && x.Unix() > 0 {
		when = &x
	}
	if t.Key != "" || t.At != nil { // a source before this one has a value
		later := when != nil && (t.At == nil || when.After(*t.At))
		earlier := when != nil && (t.At == nil || when.Before(*t.At))
		if c.Trait.Pick == "first" || c.Trait.Pick == "latest" && !later || c.Trait.Pick == "earliest" && !earlier {
			return
		}
	}
	from := c.Trait.From[c.Origin]
	t.From, t.Key, t.At = from.Source.Name+"."+from.Column, key, when
}

// fromOf is where the values of a trait come from, as the project has it.
func fromOf(t *cdp.Trait) string {
	var list []string
	for _, f := range t.From {
		list = append(list, f.Source.Name+"."+f.Column)
	}
	switch t.Kind {
	case cdp.IdentifierTrait:
		return "identifier " + t.Ident.Name
	case cdp.PickTrait:
		return t.Pick + " of " + strings.Join(list, ", ")
	case cdp.AggregateTrait:
		if t.Aggregate != nil && t.Aggregate.Func != "" && t.Source != nil {
			return t.Aggregate.Func + "(" + t.Aggregate.Column + ") of " + t.Source.Name
		}
		if t.Source != nil {
			return "aggregate of " + t.Source.Name
		}
	case cdp.BinTrait:
		return "bin of " + t.Bin.Name
	}
	return string(t.Kind)
}

func (s *seeker) viewSegments(ctx context.Context, v *View) error {
	stmt, any := s.look.Segments(v.ID)
	if !any || len(v.Segments) == 0 {
		return nil
	}
	rows, err := s.all(ctx, stmt)
	for _, r := range rows {
		for i := range v.Segments {
			if at, ok := r[1].(time.Time); ok && v.Segments[i].Name == ledger.Text(r[0]) {
				v.Segments[i].Since = &at
			}
		}
	}
	return err
}

func (s *seeker) viewMerges(ctx context.Context, v *View) error {
	rows, err := s.all(ctx, s.look.Merges(v.ID, mergesShown))
	for _, r := range rows {
		m := ViewMerge{ID: ledger.Text(r[0])}
		m.At, _ = r[1].(time.Time)
		v.Merges = append(v.Merges, m)
	}
	return err
}

// viewSyncs reads what each sync of the entity has delivered of it.
func (s *seeker) viewSyncs(ctx context.Context, v *View) error {
	states, err := s.e.Ledger.States(ctx)
	if err != nil {
		return err
	}
	for _, sync := range s.e.Project.Syncs {
		if sync.Entity != s.entity || sync.Source != nil {
			continue
		}
		x := ViewSync{Sync: sync.Name, State: "none"}
		if state, known := states[sync.Name]; known {
			if err := s.viewBaseline(ctx, v.ID, state.Baseline, &x); err != nil {
				return err
			}
		}
		rows, err := s.all(ctx, s.look.Rejection(sync.Name, v.ID))
		if err != nil {
			return err
		}
		for _, r := range rows {
			if ledger.Uint(r[4]) == 0 {
				x.State, x.Code, x.Attempts = "rejected", ledger.Text(r[0]), ledger.Uint(r[1])
				x.NextTry, x.Since = timeOf(r[2]), timeOf(r[3])
			}
		}
		v.Syncs = append(v.Syncs, x)
	}
	slices.SortFunc(v.Syncs, func(a, b ViewSync) int { return cmp.Compare(a.Sync, b.Sync) })
	return nil
}

func timeOf(v any) *time.Time {
	if t, ok := v.(time.Time); ok {
		return &t
	}
	return nil
}

func (s *seeker) viewBaseline(ctx context.Context, id, baseline string, x *ViewSync) error {
	exists, err := s.e.Ledger.Exists(ctx, baseline)
	if err != nil || !exists {
		return err
	}
	rows, err := s.all(ctx, s.look.Baseline(baseline, id))
	if err != nil || len(rows) == 0 {
		return err
	}
	r := rows[0]
	if x.Key, x.RemoteID = ledger.Text(r[0]), ledger.Text(r[1]); x.RemoteID == cdp.NoRecord {
		x.RemoteID = ""
	}
	switch {
	case ledger.Uint(r[5]) == 1:
		x.State = "removed"
	case ledger.Uint(r[2]) != 0:
		x.State = "removed: " + cdp.Reason(ledger.Uint(r[2])).String()
	case ledger.Uint(r[3]) == 0:
		x.State = "maybe"
	default:
		x.State = "delivered"
	}
	runs, err := s.e.Ledger.LastRuns(ctx, x.Sync, 200)
	for _, run := range runs {
		if run.Epoch == ledger.Uint(r[4])>>32 {
			at := run.StartedAt
			x.Since = &at
		}
	}
	return err
}
