package e2e

import (
	"strings"
	"testing"
)

// TestSavedPlanOfEvents: events are told apart by their ids, and a plan of them covers
// their values and their times all the same.
func TestSavedPlanOfEvents(t *testing.T) {
	t.Parallel()
	p, _, add := newEventsOn(t, "clickhouse", 100)
	add(0, 3)
	p.Kith("plan", "--out", "a.plan")
	for _, set := range []string{"amount = 2", "at = '2026-03-02 00:00:00'"} {
		update(p, "purchases", set, "id = 1")
		if s := stopped(t, p, nil, 4, "sync", "--plan", "a.plan"); s.Guard != "plan" || !strings.Contains(s.Error, "other values") || s.Requests != 0 {
			t.Errorf("after %s: %+v", set, s)
		}
		p.Kith("plan", "--out", "a.plan")
	}
	if s := stopped(t, p, nil, 0, "sync", "--plan", "a.plan"); s.Delivered != 3 {
		t.Errorf("applied: %+v", s)
	}
}

// TestSavedPlanOfSettings: what the project says of a sync and of its destination beside
// the rows is part of a plan where it changes what is sent.
func TestSavedPlanOfSettings(t *testing.T) {
	t.Parallel()
	p, _ := newHubSpotProject(t, 30)
	p.Kith("plan", "--out", "a.plan")
	for _, x := range []struct{ file, old, now, says string }{
		{"syncs/people.yml", "on_removed: archive", "on_removed: archive\n    existing: skip", "what is written was"},
		{"syncs/people.yml", ", on_null: clear", "", "other values"},
		{"kith.yml", "allow_private: true", "allow_private: true, create_missing: false", "the options of the destination"},
	} {
		was := p.Read(x.file)
		now := strings.Replace(was, x.old, x.now, 1)
		if now == was {
			t.Fatalf("%s has no %s", x.file, x.old)
		}
		p.Write(x.file, now)
		if s := stopped(t, p, nil, 4, "sync", "--plan", "a.plan"); s.Guard != "plan" || !strings.Contains(s.Error, x.says) || s.Requests != 0 {
			t.Errorf("after %q became %q: %+v", x.old, x.now, s)
		}
		p.Write(x.file, was)
	}
	if s := stopped(t, p, nil, 0, "sync", "--plan", "a.plan"); s.Delivered != 30 {
		t.Errorf("applied: %+v", s)
	}
}
