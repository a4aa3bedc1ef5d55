package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// newKlaviyoVIP is a project of people whose segment is a list of a Klaviyo account.
func newKlaviyoVIP(t *testing.T, warehouse string, people int, cfg klaviyo.Config) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	cfg.JobTime, cfg.Limits = 10*time.Millisecond, klaviyo.Limits{Burst: -1, Steady: -1}
	box, base := served(t, sandbox.Options{Klaviyo: cfg})
	p := newProjectOn(t, warehouse, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: email
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - %s
`, emailDestination(base, "20s")),
		"models/people.yml": adsModel,
		"syncs/vip.yml":     strings.ReplaceAll(adsSync, "destination: ads", "destination: email"),
	})
	p.Env = []string{"KLAVIYO_KEY=" + klaviyoKey, "KITH_TEST_RATE=alone"}
	makeAds(p, people)
	return p, box
}

// TestMemberWithoutAPlace: a member whom Klaviyo refuses is rejected, whatever the error of
// the job points to, and the others are delivered: by the address that Klaviyo repeats.
func TestMemberWithoutAPlace(t *testing.T) { onBoth(t, memberWithoutAPlace) }

func memberWithoutAPlace(t *testing.T, warehouse string) {
	pointers := []string{"", "null", "/data"}
	if warehouse == "bigquery" { // what the vendor answers is the same there
		pointers = pointers[:1]
	}
	for _, pointer := range pointers {
		t.Run("pointer "+pointer, func(t *testing.T) {
			p, box := newKlaviyoVIP(t, warehouse, 30, klaviyo.Config{Pointer: pointer})
			adsTable.add(p, cdp.Row{"c900", "No.Such@Rejected.example", int64(50), true, day("2026-01-01")})
			r := p.Run(nil, "run", "--json")
			s := parse(t, r.Out).Syncs[0]
			if r.Code != 3 || s.Delivered != 30 || s.Rejected != 1 || s.Unknown != 0 {
				t.Fatalf("exit %d, %+v\n%s", r.Code, s, r.Err)
			}
			lists, err := box.Klaviyo(klaviyoKey).Lists()
			if err != nil {
				t.Fatal(err)
			}
			if list := lists["VIP"]; len(list) != 30 || slices.Contains(list, "no.such@rejected.example") {
				t.Errorf("%d members", len(list))
			}
			if s := parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]; s.Held != 1 || s.Requests != 0 {
				t.Errorf("a run without a change: %+v", s)
			}
			for _, c := range p.Query("SELECT reason FROM kith.rejections") {
				if strings.Contains(strings.ToLower(fmt.Sprint(c[0])), "no.such") {
					t.Errorf("an address is kept: %v", c[0])
				}
			}
		})
	}
}

// TestProfileWithoutAPlace: an error that names nobody makes nobody delivered who may be
// meant; those are sent again, in ever smaller jobs, until it is known whom Klaviyo refuses,
// and no run sends them without end.
func TestProfileWithoutAPlace(t *testing.T) { onBoth(t, profileWithoutAPlace) }

func profileWithoutAPlace(t *testing.T, warehouse string) {
	w := newKlaviyoOn(t, warehouse, 12, "20s", klaviyo.Config{JobTime: 10 * time.Millisecond, Pointer: "null", NoPayload: true})
	w.noNulls()
	addPerson(w.Project, 9000, "no@rejected.example", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	sync := func() syncReport {
		r := w.Run(nil, "sync", "--json")
		if r.Code != 3 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		return parse(t, r.Out).Syncs[0]
	}
	for n := range 2 { // whoever may be meant is sent again by the next run
		if s := sync(); s.Delivered != 0 || s.Rejected != 0 || s.Unknown != 13 {
			t.Fatalf("run %d: %+v", n, s)
		}
	}
	if !onClickHouse(w.Project) {
		if s := sync(); s.Held == 0 || s.Held == 13 || s.Delivered+s.Unknown+s.Rejected+s.Held != 13 {
			t.Errorf("half of them wait: %+v", s)
		}
		return
	}
	// pass lets the time pass until the first of them is due.
	pass := func() {
		w.SQL("ALTER TABLE kith.rejections UPDATE next_try = now() - 1 WHERE code = 'no_answer' AND next_try < (SELECT min(next_try) + INTERVAL 30 MINUTE FROM kith.rejections FINAL WHERE code = 'no_answer' AND next_try > now()) SETTINGS mutations_sync = 2")
	}
	runs, rejected := 2, uint64(0)
	for ; rejected == 0 && runs < 60; runs++ {
		s := sync()
		if rejected = s.Rejected; s.Requests == 0 {
			pass()
		}
	}
	for n := 0; n < 9 && fmt.Sprint(w.Query("SELECT count() FROM kith.rejections FINAL WHERE code = 'no_answer'")) != "[[0]]"; n++ {
		pass() // who waited beside it is delivered
		sync()
	}
	if s := sync(); rejected != 1 || s.Held != 1 || s.Requests != 0 {
		t.Errorf("after %d runs: %d rejected, %+v", runs, rejected, s)
	}
	total := 0
	for _, n := range w.jobs(t) {
		total += n
	}
	if total > 13*10 {
		t.Errorf("%d profiles were sent for 13, in %d jobs", total, len(w.jobs(t)))
	}
	w.check(t)
}
