package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// TestBuildsDuringADelivery: a sync that delivers while the build that it read is dropped, as
// two newer ones are there, ends as any other, with the label of everybody whom it delivered.
func TestBuildsDuringADelivery(t *testing.T) {
	t.Parallel()
	held, release := make(chan struct{}, 10), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		held <- struct{}{}
		<-release
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	p := newProjectOn(t, "clickhouse", map[string]string{
		"kith.yml": fmt.Sprintf("version: 1\nname: holdout\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/hook\", allow_private: true, timeout: 5m}]\n", embeddedTarget, receiver.URL),
		"models/people.yml": `sources:
  - {name: people, table: raw.people, key: id, columns: {id: int, email: string}}
entities:
  - {name: person, identity: {identifiers: [{name: email, normalize: email}], links: [{source: people, identifiers: [email]}]}}
traits:
  - {name: holdout, entity: person, split: {salt: "o'neil", shares: {out: 20, a: 40, b: 40}}}
segments:
  - {name: treated, entity: person, where: {not: {trait: holdout, eq: out}}}
syncs:
  - {name: hook, from: {segment: treated}, to: {destination: hook, object: people}, key: {email: email}, fields: {variant: holdout}}
`,
	})
	people := sourceTable{"people", []string{"id int", "email string"}}
	people.create(p)
	for i := range 30 {
		people.add(p, cdp.Row{int64(i), fmt.Sprintf("p%d@example.com", i)})
	}
	p.Kith("build", "--json")
	read := buildOf(p)
	c := p.Command(nil, "sync", "--json")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-held:
	case <-time.After(time.Minute):
		t.Error("nothing was pushed")
	}
	for range 2 {
		p.Kith("build", "--json")
	}
	if n := len(p.Query("SELECT name FROM system.tables WHERE database = 'kith' AND name = 'profile_person_" + read + "'")); n != 0 {
		t.Error("the build that the sync reads is there, and was to be dropped")
	}
	close(release)
	_ = c.Wait()
	r := parse(t, out.String()).Syncs[0]
	if code := c.ProcessState.ExitCode(); code != 0 || r.Status != "succeeded" || r.Delivered == 0 || r.Delivered >= 30 {
		t.Fatalf("exit %d: %+v\n%s", code, r, errs.String())
	}
	if got := fmt.Sprint(newest(p, "status", "sync_runs", "epoch", "sync = 'hook'")); got != "[[succeeded]]" {
		t.Errorf("the run is recorded as %s", got)
	}
	const of = "SELECT entity_id, %s FROM kith.%s WHERE %s ORDER BY entity_id"
	got := fmt.Sprint(p.Query(fmt.Sprintf(of, "label", "exposures", "sync = 'hook' AND trait = 'holdout'")))
	if want := fmt.Sprint(p.Query(fmt.Sprintf(of, "holdout", "profile_person_"+buildOf(p), "holdout != 'out'"))); got != want {
		t.Errorf("labels recorded:\n%s\nof the profile:\n%s", got, want)
	}
}

// halvesModel is of people of whom each half has a label.
const halvesModel = `sources:
  - {name: people, table: raw.people, key: id, timestamp: seen, columns: {id: int, email: string, seen: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: email, normalize: email}], links: [{source: people, identifiers: {email: email}}]}}
traits:
  - {name: half, entity: person, split: {salt: s, shares: {a: 50, b: 50}}}
segments:
  - {name: all_people, entity: person, where: {event: people}}
`

// labelled checks of how many people a label of halvesModel is recorded.
func labelled(t *testing.T, p *testkit.Project, want uint64) {
	t.Helper()
	if n := ledger.Uint(p.Query("SELECT COUNT(DISTINCT entity_id) FROM kith.exposures WHERE trait = 'half'")[0][0]); n != want {
		t.Errorf("%d people have a label recorded, want %d", n, want)
	}
}

// TestLabelsOfAJob: of everybody whom a job delivered the label is recorded, also when the run that
// hears of it dies as soon as it has closed the job.
func TestLabelsOfAJob(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		const rows = 8
		w := newKlaviyoOn(t, warehouse, rows, "0s", klaviyo.Config{JobTime: time.Hour})
		w.Write("models/people.yml", halvesModel)
		w.Write("syncs/people.yml", "syncs:\n  - {name: people, from: {segment: all_people}, to: {destination: email, object: profiles}, key: {email: email}, fields: {half: half}}\n")
		if s := parse(t, w.Run(nil, "run", "--json").Out).Syncs[0]; s.Pending != rows {
			t.Fatalf("%+v", s)
		}
		w.ahead.Store(int64(2 * time.Hour))
		killed(t, w.Project, "appended jobs", "sync")
		w.Kith("sync", "--json")
		labelled(t, w.Project, rows)
	})
}
