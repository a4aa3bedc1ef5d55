package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/testkit"
)

// TestShareAttachConsent: on_conflict, merge and the default of a consent by value, in
// every combination. The customers c1 and c2 have one address; the newsletter says yes
// for it, no for c1's own, yes for one that only the newsletter ties to c2, and nothing
// about g.
func TestShareAttachConsent(t *testing.T) {
	t.Parallel()
	files, want := shareAttachConsent(relationProject["kith.yml"])
	p := testkit.NewProject(t, files)
	p.SQL("CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.crm (customer Nullable(String), email Nullable(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY at",
		"CREATE TABLE raw.news (customer Nullable(String), email Nullable(String), device Nullable(String), yes Nullable(Bool), at DateTime64(3)) ENGINE = MergeTree ORDER BY at",
		"INSERT INTO raw.crm VALUES ('c1', 'e@x.nl', '2026-01-01'), ('c1', 'f@x.nl', '2026-01-01'), ('c2', 'e@x.nl', '2026-01-01'), ('c2', 'e@x.nl', '2026-01-02'), ('c2', 'g@x.nl', '2026-01-01')",
		"INSERT INTO raw.news VALUES (NULL, 'e@x.nl', NULL, true, '2026-02-01'), (NULL, 'f@x.nl', NULL, false, '2026-02-01'), ('c2', 'h@x.nl', NULL, true, '2026-02-01')")
	checkShareAttachConsent(t, p, want, func(list string) string {
		return "arrayStringConcat(arraySort(arrayMap(x -> splitByChar('@', x)[1], " + list + ")), ',')"
	})
}

// TestShareAttachConsentGoogle is the same on the emulator.
func TestShareAttachConsentGoogle(t *testing.T) {
	t.Parallel()
	files, want := shareAttachConsent(shopOn("", "")["kith.yml"])
	p := testkit.NewEmulated(t, files)
	p.SQL("CREATE SCHEMA raw",
		"CREATE TABLE raw.crm (customer STRING, email STRING, `at` TIMESTAMP)", "CREATE TABLE raw.news (customer STRING, email STRING, device STRING, yes BOOL, `at` TIMESTAMP)",
		"INSERT INTO raw.crm VALUES ('c1', 'e@x.nl', '2026-01-01'), ('c1', 'f@x.nl', '2026-01-01'), ('c2', 'e@x.nl', '2026-01-01'), ('c2', 'e@x.nl', '2026-01-02'), ('c2', 'g@x.nl', '2026-01-01')",
		"INSERT INTO raw.news VALUES (NULL, 'e@x.nl', NULL, TRUE, '2026-02-01'), (NULL, 'f@x.nl', NULL, FALSE, '2026-02-01'), ('c2', 'h@x.nl', NULL, TRUE, '2026-02-01')")
	checkShareAttachConsent(t, p, want, func(list string) string {
		return "ARRAY_TO_STRING(ARRAY(SELECT SPLIT(x, '@')[OFFSET(0)] FROM UNNEST(" + list + ") AS x ORDER BY x), ',')"
	})
}

// shareAttachConsent is a project with an entity for every combination, and what the
// profiles of each have to be.
func shareAttachConsent(config string) (files, want map[string]string) {
	var entities, traits, consents, segments strings.Builder
	want = map[string]string{}
	for _, conflict := range []string{"assign", "share"} {
		for _, merge := range []string{"true", "false"} {
			for _, otherwise := range []string{"denied", "granted"} {
				name := conflict + "_" + merge + "_" + otherwise
				fmt.Fprintf(&entities, `  - name: %s
    identity:
      identifiers: [{name: customer, max: 1}, {name: email, on_conflict: %s}, {name: device}]
      links: [{source: crm, identifiers: [customer, email]}, {source: news, identifiers: [customer, email, device], merge: %s}]
`, name, conflict, merge)
				fmt.Fprintf(&traits, "  - {name: emails_%s, entity: %s, identifier: email, limit: 9}\n  - {name: rows_%s, entity: %s, from: news, aggregate: count}\n", name, name, name, name)
				fmt.Fprintf(&consents, "  - {name: mail_%s, entity: %s, identifier: email, from: [news.yes], default: %s}\n", name, name, otherwise)
				fmt.Fprintf(&segments, "  - {name: seg_%s, entity: %s, where: {trait: emails_%s, contains: e@x.nl}}\n", name, name, name)
				// values of c1 and c2, those that may be written to, rows of the newsletter
				values := map[string][2]string{"assign": {"f", "e,g"}, "share": {"e,f", "e,g"}}[conflict]
				granted := map[string][2]string{"assign": {"", "e"}, "share": {"e", "e"}}[conflict]
				rows := map[string][2]string{"assign": {"1", "2"}, "share": {"1", "1"}}[conflict]
				if otherwise == "granted" {
					granted[1] += ",g"
				}
				if merge == "true" {
					values[1] += ",h"
					granted[1] += ",h"
				}
				want[name] = fmt.Sprintf("c1: %s | %s | %s; c2: %s | %s | %s", values[0], granted[0], rows[0], values[1], granted[1], rows[1])
			}
		}
	}
	return map[string]string{
		"kith.yml": config,
		"models/all.yml": `sources:
  - {name: crm, table: raw.crm, timestamp: at, columns: {customer: string, email: {type: string, pii: email}, at: timestamp}}
  - {name: news, table: raw.news, timestamp: at, columns: {customer: string, email: {type: string, pii: email}, device: string, yes: bool, at: timestamp}}
entities:
` + entities.String() + "traits:\n" + traits.String() + "consents:\n" + consents.String() + "segments:\n" + segments.String(),
	}, want
}

func checkShareAttachConsent(t *testing.T, p *testkit.Project, want map[string]string, short func(list string) string) {
	t.Helper()
	p.Kith("build", "--json")
	build := fmt.Sprint(p.Query("SELECT build FROM kith.builds ORDER BY epoch DESC LIMIT 1")[0][0])
	got := map[string]string{}
	for name := range want {
		var parts []string
		for _, r := range p.Query("SELECT customer, " + short("emails_"+name) + ", " + short("__kith_granted_mail_"+name) + ", rows_" + name + " FROM kith.profile_" + name + "_" + build + " WHERE customer != '' ORDER BY customer") {
			parts = append(parts, fmt.Sprintf("%s: %s | %s | %v", r...))
		}
		got[name] = strings.Join(parts, "; ")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
