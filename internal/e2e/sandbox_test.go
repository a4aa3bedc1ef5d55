package e2e

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// TestEveryVendorInTheSandbox: a target that is not live needs no account and no
// secret for any vendor, and its jobs end in the run after.
func TestEveryVendorInTheSandbox(t *testing.T) {
	t.Parallel()
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": `version: 1
name: box
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: crm, type: hubspot, token: "${NOT_SET_1}"}
  - {name: email, type: klaviyo, token: "${NOT_SET_2}"}
  - {name: ads, type: google_data_manager, account: "${NOT_SET_3}", credentials: "${NOT_SET_4}"}
`,
		"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, timestamp: at, columns: {id: string, email: {type: string, pii: email}, ok: bool, at: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id, max: 1}, {name: email, normalize: email, max: 5}], links: [{source: crm, identifiers: {customer_id: id, email: email}}]}}
consents:
  - {name: all, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: everyone, entity: person, where: {trait: email, exists: true}}
`,
		"syncs/all.yml": `syncs:
  - {name: to_crm, from: {segment: everyone}, to: {destination: crm, object: contacts}, key: {email: email}, consent: all}
  - {name: to_email, from: {segment: everyone}, to: {destination: email, audience: All}, match: [email], consent: all}
  - {name: to_ads, from: {segment: everyone}, to: {destination: ads, audience: All}, match: [email], consent: all}
`,
	})
	p.SQL(
		"CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.crm (id String, email String, ok Bool, at DateTime64(3)) ENGINE = MergeTree ORDER BY id",
		"INSERT INTO raw.crm SELECT concat('c', toString(number)), concat('p', toString(number), '@example.com'), true, '2026-01-01 00:00:00' FROM numbers(20)",
	)
	r := p.Run(nil, "run", "--json")
	for _, s := range parse(t, r.Out).Syncs {
		want := syncReport{Delivered: 20}
		if s.Sync == "to_ads" {
			want = syncReport{Pending: 20}
		}
		if s.Delivered != want.Delivered || s.Pending != want.Pending {
			t.Errorf("exit %d, %+v", r.Code, s)
		}
	}
	time.Sleep(time.Second) // Google's hours
	p.Kith("run", "--json")
	box, err := sandbox.Open(filepath.Join(p.Dir, ".kith/sandbox"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = box.Close() }()
	contacts, err1 := box.HubSpot("sandbox-crm").Objects("contacts")
	lists, err2 := box.Klaviyo("sandbox-email").Lists()
	audiences, err3 := box.Google("sandbox-ads").Lists()
	if err1 != nil || err2 != nil || err3 != nil || len(contacts) != 20 || len(lists["All"]) != 20 || len(audiences["All"]) != 20 {
		t.Errorf("%d contacts, %d on the list, %d in the audience; %v %v %v", len(contacts), len(lists["All"]), len(audiences["All"]), err1, err2, err3)
	}
	r = p.Run(nil, "run", "--json")
	for _, s := range parse(t, r.Out).Syncs {
		if s.Requests != 0 {
			t.Errorf("a run without a change: %+v", s)
		}
	}
}

// served is a sandbox in memory that listens, and where.
func served(t *testing.T, o sandbox.Options) (box *sandbox.Sandbox, base string) {
	t.Helper()
	box, err := sandbox.Open("", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	if base, err = box.Serve(context.WithoutCancel(t.Context()), ""); err != nil {
		t.Fatal(err)
	}
	return box, base
}
