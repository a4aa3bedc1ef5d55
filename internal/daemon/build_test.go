package daemon

import (
	"strings"
	"testing"
)

// TestFreshBuilt: what waits for rows delivers from a build that has them, also where
// another sync has built in the meantime, which does not serve the tick of the build.
func TestFreshBuilt(t *testing.T) {
	w := newWorld(t, "schedule: {cron: \"0 6 * * *\", when: fresh}\n", "syncs:\n"+entitySync("a", `schedule: {cron: "10 6 * * *", when: fresh}`)+
		strings.Replace(entitySync("d", `schedule: {cron: "0 6 * * *", when: fresh, until: "09:00"}`), "label: label", "note: note", 1))
	w.sql("CREATE TABLE " + w.schema + ".src_notes (id String, note String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id")
	w.write("models/notes.yml", `sources:
  - {name: notes, table: SCHEMA.src_notes, key: id, timestamp: at, columns: {id: string, note: string, at: timestamp}}
traits: [{name: note, from: notes.note, pick: latest}]
`)
	w.write("models/m.yml", strings.Replace(baseModels, "{source: people, identifiers: {pid: id}}", "{source: people, identifiers: {pid: id}}, {source: notes, identifiers: {pid: id}}", 1))
	w.people("1")
	w.serve("one")
	w.until(at("2026-11-01T06:40:00"))
	same(t, "a has its rows", []string{"01T06:10 succeeded"}, w.firings("sync a"))
	same(t, "d waits", []string{}, w.firings("sync d"))
	w.sql("INSERT INTO " + w.schema + ".src_notes VALUES ('1', 'a note', '2026-11-01 06:40:00')")
	w.until(at("2026-11-01T06:50:00"))
	same(t, "d", []string{"01T06:00 succeeded"}, w.firings("sync d"))
	for _, fields := range w.dest.state("d") {
		if !strings.Contains(fields, "a note") {
			t.Errorf("d delivered %s, from a build that is older than the note", fields)
		}
	}
	if n := len(w.dest.state("d")); n != 1 {
		t.Errorf("d delivered %d rows", n)
	}
	if got := w.firings("build"); got[0] != "01T06:00 succeeded" {
		t.Errorf("the build was not run when its sources were fresh: %q", got)
	}
}
