package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// merging is a warehouse that keeps what it was told under the name of a fold's merge, and answers
// to the nth of them, before or after it has run.
type merging struct {
	cdp.Warehouse
	mu            sync.Mutex
	told          []string // "key: first word"
	before, after map[int]error
	waited        func() // after a wait for the merge of another fold; may be nil
}

func (m *merging) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	if s.Name != "fold_merge" {
		return m.Warehouse.Exec(ctx, s)
	}
	m.mu.Lock()
	m.told = append(m.told, s.Key+": "+strings.Fields(s.SQL)[0])
	n := len(m.told)
	m.mu.Unlock()
	if err := m.before[n]; err != nil {
		return cdp.Stats{}, err
	}
	stats, err := m.Warehouse.Exec(ctx, s)
	if m.waited != nil && strings.HasPrefix(s.SQL, "SELECT") {
		m.waited()
	}
	if m.after[n] != nil {
		return cdp.Stats{}, m.after[n]
	}
	return stats, err
}

// TestFoldsNeverMeet: on BigQuery two merges at once that only insert both do, and every row would
// be there twice. A merge whose outcome is not known is asked about by its key, and who finds
// what a dead run was to merge waits for the merge of that one, by its key, before its own.
func TestFoldsNeverMeet(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	m := &merging{Warehouse: u.w, after: map[int]error{1: cdp.ErrUnreachable}, before: map[int]error{3: cdp.ErrDenied}}
	u.w = m
	e := u.kith("{a: a}", compile.FirstHash)
	if r, _ := u.run(e, "people", Request{}); r.Status != Succeeded || r.Delivered != 14 {
		t.Fatalf("%+v", r)
	}
	u.set("a = 'x'", "p01 p02")
	if r, _ := u.run(e, "people", Request{}); r.Status != Failed || r.Delivered != 2 {
		t.Fatalf("no merge: %+v", r)
	}
	u.sends("next", e, Request{}, Succeeded, 0, "")
	var keys, words []string
	for _, told := range m.told {
		key, word, _ := strings.Cut(told, ": ")
		keys, words = append(keys, key), append(words, word)
	}
	if got := strings.Join(words, " "); got != "MERGE MERGE MERGE SELECT MERGE MERGE" {
		t.Fatalf("told %s", got)
	}
	if keys[0] == "" || keys[0] != keys[1] || keys[1] == keys[2] || keys[2] != keys[3] || keys[3] == keys[4] || keys[4] == keys[5] {
		t.Errorf("under the keys %v", keys)
	}
	if got := u.query("SELECT COUNT(*), COUNT(DISTINCT row_id), COUNTIF(h != 0) FROM " + u.schema + ".baseline_people"); got != "[[14 14 14]]" {
		t.Errorf("the baseline: %s", got)
	}
	if got := u.query("SELECT COUNT(*) FROM " + u.schema + ".INFORMATION_SCHEMA.TABLES WHERE table_name LIKE 'scratch_fold%'"); got != "[[0]]" {
		t.Errorf("%s tables of folds are left", got)
	}
}

// TestBusyMerge: a merge of which the warehouse says that it is busy is left to the next run, which
// waits for it under the only key that it had: none runs under a key of which nobody knows. Who is
// stopped when the wait has ended has folded nothing, and says so.
func TestBusyMerge(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	m := &merging{Warehouse: u.w, before: map[int]error{1: cdp.ErrBusy}}
	u.w = m
	e := u.kith("{a: a}", compile.FirstHash)
	r, _ := u.run(e, "people", Request{})
	if r.Status != Failed || r.Delivered != 14 || len(m.told) != 1 {
		t.Fatalf("%v: %+v", m.told, r)
	}
	key, _, _ := strings.Cut(m.told[0], ": ")
	ctx, stop := context.WithCancel(t.Context())
	m.waited = stop
	if err := e.Ledger.Fold(ctx, "baseline_people", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	m.waited, m.told = nil, m.told[:1]
	u.sends("next", e, Request{}, Succeeded, 0, "")
	if len(m.told) < 3 || m.told[1] != key+": SELECT" || strings.Contains(strings.Join(m.told[2:], " "), key) {
		t.Errorf("%v", m.told)
	}
	if got := u.query("SELECT COUNT(*), COUNT(DISTINCT row_id), COUNTIF(h != 0) FROM " + u.schema + ".baseline_people"); got != "[[14 14 14]]" {
		t.Errorf("the baseline: %s", got)
	}
}
