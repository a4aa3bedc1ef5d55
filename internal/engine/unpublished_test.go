package engine

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// twoEntities are people, and those who ordered.
func twoEntities(u *upgrade) *Engine {
	return u.kithOf("sources:\n  - {name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string}}\n"+
		"  - {name: orders, table: "+u.schema+".orders, key: id, timestamp: ordered, columns: {id: string, ordered: timestamp}}\n"+
		"entities:\n  - {name: person, identity: {identifiers: [{name: pid}, {name: mail}], links: [{source: people, identifiers: {pid: id, mail: email}}]}}\n"+
		"  - {name: buyer, identity: {identifiers: [{name: oid}], links: [{source: orders, identifiers: {oid: id}}]}}\n"+
		"segments: [{name: people, entity: person, where: {trait: mail, exists: true}}, {name: buyers, entity: buyer, where: {trait: oid, exists: true}}]\n", compile.FirstHash)
}

// history is the entries and exits of the segments.
func (u *upgrade) history() string {
	return u.query("SELECT segment, count(*), count(exited_at) FROM " + u.schema + ".members_history GROUP BY segment ORDER BY segment")
}

// TestHistoryOfPublished: the history of members has no entry of a build that is not
// published since a later entity of it fails.
func TestHistoryOfPublished(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		u := newPeople(t, d)
		e := twoEntities(u)
		if r, err := e.Run(t.Context(), t.Context(), Request{Command: "build", Build: true}); err != nil || r.Status != Succeeded || len(r.Segments) != 2 || r.Segments[0].Entered != 14 || r.Segments[1].Members != 2 {
			t.Fatalf("build: %+v %v", r, err)
		}
		before := u.history()
		if before != "[[buyers 2 0] [people 14 0]]" {
			t.Errorf("the history is %s", before)
		}
		u.append("people", []string{"id", "email"}, cdp.Row{"p15", "p15@example.com"})
		u.sql("DROP TABLE " + u.schema + ".orders")
		if r, err := e.Run(t.Context(), t.Context(), Request{Command: "build", Build: true}); err != nil || r.Status != Failed || len(r.Segments) > 0 {
			t.Errorf("a build without a table: %+v %v", r, err)
		}
		if after := u.history(); after != before {
			t.Errorf("the history was %s and is %s", before, after)
		}
	})
}

// TestBuildWithoutLease: a build whose process was stopped for so long that another may have
// built is not published when one has begun to, and who it has merged are not merged. When none
// has, it goes on.
func TestBuildWithoutLease(t *testing.T) {
	for _, point := range []string{"before members", "before publish"} {
		t.Run(point, func(t *testing.T) {
			bothDialects(t, func(t *testing.T, d cdp.Dialect) {
				u := newPeople(t, d)
				e := twoEntities(u)
				var asleep atomic.Int64
				l, err := ledger.Open(t.Context(), u.w, e.Compiler, ledger.Options{Salt: testSalt, Holder: ledger.Self(), Timing: ledger.Timing{Beat: time.Second, Dead: 30 * time.Second, Stop: 20 * time.Second}, Now: func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) }})
				if err != nil {
					t.Fatal(err)
				}
				e.Ledger = l
				build := func() *Report {
					r, err := e.Run(t.Context(), t.Context(), Request{Command: "build", Build: true})
					if err != nil {
						t.Fatal(err)
					}
					return r
				}
				if r := build(); r.Status != Succeeded {
					t.Fatalf("build: %+v", r)
				}
				known := func() string {
					return u.query("SELECT count(*) FROM "+u.schema+".builds") + u.query("SELECT count(*) FROM "+u.schema+".entity_merges")
				}
				before, history := known(), u.history()
				if before != "[[1]][[0]]" {
					t.Errorf("builds and merges: %s", before)
				}
				u.append("people", []string{"id", "email"}, cdp.Row{"p13", "p14@example.com"})
				taken := true
				e.Fail = func(at string) {
					if at != point {
						return
					}
					if taken { // and given back
						u.sql("INSERT INTO " + u.schema + ".heartbeats (lease, epoch, host, boot, pid, process_start, `at`, released) " +
							"SELECT lease, MAX(epoch) + 1, 'other', 'other', 1, '', MAX(`at`), 1 FROM " + u.schema + ".heartbeats WHERE lease = 'build' GROUP BY lease")
					}
					asleep.Add(int64(time.Hour))
				}
				if r := build(); r.Status != Failed || !r.Again || !strings.Contains(r.Error, ErrLeaseLost.Error()) {
					t.Errorf("after the pause: %+v", r)
				}
				if after := known(); after != before {
					t.Errorf("builds and merges were %s and are %s", before, after)
				}
				if after := u.history(); point == "before members" && after != history {
					t.Errorf("the history was %s and is %s", history, after)
				}
				taken = false
				if r := build(); r.Status != Succeeded || r.Entities[0].Merged != 1 {
					t.Errorf("the next build: %+v", r)
				}
			})
		})
	}
}
