package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// ten are the ids of ten people.
func ten(name string) (ids []string) {
	for i := range 10 {
		ids = append(ids, fmt.Sprint(name, i))
	}
	return ids
}

// hourly adds people, and goes on until the next full hour's run has ended.
func (w *world) hourly() func(ids ...string) {
	hour := start.Truncate(time.Hour)
	return func(ids ...string) {
		w.people(ids...)
		hour = hour.Add(time.Hour)
		w.until(hour.Add(time.Minute))
	}
}

// TestRefusedByNumber: rows that a vendor refuses without a name are told of like those that it
// names, and it is not over because nothing is sent.
func TestRefusedByNumber(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	hourly := w.hourly()
	run := func(refused int, ids ...string) {
		w.dest.mu.Lock()
		w.dest.job = &cdp.JobState{Done: true, Refused: refused}
		w.dest.mu.Unlock()
		hourly(ids...)
	}
	w.serve("one")
	run(6, ten("a")...)
	same(t, "refused", []string{"sync a rejected"}, w.messages())
	if m := w.messages(); len(m) > 0 && w.told[0].Text != "6 of 10 rows rejected (60.0%, more than 5%): 6 that the vendor does not name" {
		t.Errorf("message: %s", w.told[0].Text)
	}
	run(0)
	run(9, ten("b")...)
	same(t, "it goes on", []string{"sync a rejected"}, w.messages())
	run(0, ten("c")...)
	same(t, "it is over", []string{"sync a rejected", "sync a recovered"}, w.messages())
}

// TestRefusedAndHeld: rows that were refused and wait for their next try are refused still, so
// that one message is told of them, and one when they are there no more.
func TestRefusedAndHeld(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people(append(ten("a"), ten("poison")...)...)
	w.serve("one")
	run := w.hourly()
	run()
	run(ten("b")...)
	w.sql("ALTER TABLE " + w.schema + ".rejections UPDATE next_try = at WHERE 1 SETTINGS mutations_sync = 1")
	run(ten("c")...)
	run(ten("d")...)
	same(t, "they are refused", []string{"sync a rejected"}, w.messages())
	if text := w.told[0].Text; text != "10 of 20 rows rejected (50.0%, more than 5%): invalid_value 10" {
		t.Errorf("message: %s", text)
	}
	rows := w.query("SELECT max(attempts) FROM SCHEMA.rejections FINAL")
	if got := fmt.Sprint(rows); got != "[[2]]" {
		t.Errorf("they were tried %s times", got)
	}
	w.sql("DELETE FROM " + w.schema + ".src_people WHERE id LIKE 'poison%'")
	run()
	same(t, "they are gone", []string{"sync a rejected", "sync a recovered"}, w.messages())
}

// TestUnconfirmedIsNotRefused: removals that wait until somebody confirms are no refusals, however
// many and however often they are looked for; real ones beside them are.
func TestUnconfirmedIsNotRefused(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people(append(ten("a"), ten("asked")[:5]...)...)
	w.serve("one")
	run := w.hourly()
	run()
	w.sql("DELETE FROM " + w.schema + ".src_people WHERE id LIKE 'asked%'")
	run(append(ten("b"), ten("c")...)...)
	run()
	w.sql("ALTER TABLE " + w.schema + ".rejections UPDATE next_try = at WHERE 1 SETTINGS mutations_sync = 1")
	run()
	same(t, "they wait", []string{}, w.messages())
	if got := fmt.Sprint(w.query("SELECT count(), min(attempts), max(code) FROM SCHEMA.rejections FINAL")); got != "[[5 2 unconfirmed]]" {
		t.Errorf("rejections: %s", got)
	}
	run(append(ten("d"), ten("poison")...)...)
	same(t, "others are refused", []string{"sync a rejected"}, w.messages())
	if text := w.told[0].Text; text != "10 of 20 rows rejected (50.0%, more than 5%): invalid_value 10" {
		t.Errorf("message: %s", text)
	}
	w.sql("DELETE FROM " + w.schema + ".src_people WHERE id LIKE 'poison%'")
	run()
	same(t, "they are gone", []string{"sync a rejected", "sync a recovered"}, w.messages())
}
