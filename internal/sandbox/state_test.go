package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// busy fills a state with something of everything that is persisted.
func (c *client) busy(t *testing.T) {
	t.Helper()
	made := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com", "bob@example.com", "eve@example.com", "al@example.com")))
	id := func(i int) string { return made.Results[i].ID }
	c.want(207, "POST", upsertPath, upsert("x@rejected.example"))
	list := newList(t, c, "VIP")
	gone := newList(t, c, "gone")
	c.want(204, "DELETE", "/hubspot/crm/v3/lists/"+gone, nil)
	c.want(200, "PUT", "/hubspot/crm/v3/lists/"+list+"/memberships/add", []string{id(0), id(1), id(2)})
	c.want(200, "PUT", "/hubspot/crm/v3/lists/"+list+"/memberships/remove", []string{id(1)})
	c.want(204, "POST", contactsPath+"/batch/archive", inputs(object{"id": id(2)}))
	c.want(200, "POST", contactsPath+"/merge", object{"primaryObjectId": id(0), "objectIdToMerge": id(3)})
	c.want(204, "POST", contactsPath+"/gdpr-delete", object{"objectId": id(1)})
	c.want(204, "POST", contactsPath+"/gdpr-delete", object{"objectId": "no@example.com", "idProperty": "email"})
	c.want(200, "POST", "/hubspot/crm/v3/objects/orders/batch/upsert",
		inputs(object{"id": "o1", "idProperty": "number", "properties": object{"total": "7"}}))
	c.push(people(change("add", "ada", "1", object{"n": 1}), change("add", "bob", "2", nil)), "Idempotency-Key", "b")
	c.push(people(change("change", "ada", "3", object{"m": 1}), change("remove", "bob", "4", nil)))
	event := object{"sync": "s", "event": "Purchase", "rows": []object{change("add", "k", "e", nil)}}
	c.push(event, "Idempotency-Key", "b2")
	c.push(event, "Idempotency-Key", "b2")
	if err := c.s.SetFaults([]sandbox.Fault{{Do: sandbox.Answer, Status: 500, Path: "/hubspot/crm", Nth: 2}}); err != nil {
		t.Fatal(err)
	}
	c.want(200, "GET", contactsPath+"/"+id(0), nil)
}

// everything is what a process can see of a state.
func everything(t *testing.T, s *sandbox.Sandbox) map[string]any {
	t.Helper()
	state, err1 := s.State(0)
	counters, err2 := s.Counters()
	requests, err3 := s.Requests()
	faults, err4 := s.Faults()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(object{"state": state, "counters": counters, "requests": requests, "faults": faults})
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStateSurvives(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, unlimited())
	c.busy(t)
	want := everything(t, c.s)

	reopened := open(t, dir, unlimited())
	if diff := cmp.Diff(want, everything(t, reopened.s)); diff != "" {
		t.Errorf("reopened: %s", diff)
	}
	before := size(t, dir)
	opts := unlimited()
	opts.CompactAt = 1
	padding := bytes.Repeat([]byte("x"), 4096)
	for i := range 20 { // history that compaction drops
		c.push(people(change("change", "ada", fmt.Sprint("p", i), object{"m": string(padding)})))
	}
	c.push(people(change("change", "ada", "3", object{"m": 1})))
	want = everything(t, c.s)
	compacted := open(t, dir, opts)
	if diff := cmp.Diff(want, everything(t, compacted.s)); diff != "" {
		t.Errorf("compacted: %s", diff)
	}
	if after := size(t, dir); after > 2*before {
		t.Errorf("the journal had %d bytes, compacted it has %d", before, after)
	}
	// The others notice the new generation, and it goes on.
	if diff := cmp.Diff(want, everything(t, c.s)); diff != "" {
		t.Errorf("the old handle: %s", diff)
	}
	c.want(500, "GET", contactsPath+"/1", nil) // the second request that its fault sees, counted across all of this
	if made := parseBatch(t, compacted.want(200, "POST", upsertPath, upsert("new@example.com"))); made.Results[0].ID != "100006" {
		t.Errorf("ids are given again: %+v", made.Results)
	}
	if diff := cmp.Diff(everything(t, c.s), everything(t, compacted.s)); diff != "" {
		t.Errorf("two handles: %s", diff)
	}
}

func size(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// Several processes serve one directory at once: here several handles, which the files' lock keeps apart all the same.
func TestManyOwners(t *testing.T) {
	dir := t.TempDir()
	const owners, batches = 3, 20
	clients := make([]*client, owners)
	for i := range clients {
		opts := unlimited()
		opts.CompactAt = 1
		clients[i] = open(t, dir, opts)
	}
	var wg sync.WaitGroup
	for o, c := range clients {
		wg.Go(func() {
			for b := range batches {
				emails := make([]string, 10)
				for i := range emails {
					emails[i] = fmt.Sprintf("p%d-%d-%d@example.com", o, b, i)
				}
				if a, err := c.send("POST", upsertPath, upsert(append(emails, "shared@example.com")...)); err != nil || a.status != 200 {
					t.Errorf("%d %v", a.status, err)
				}
			}
		})
	}
	wg.Add(1)
	go func() { // and one that keeps coming and going, and compacts
		defer wg.Done()
		for range 10 {
			opts := unlimited()
			opts.CompactAt = 1
			s, err := sandbox.Open(dir, opts)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}()
	wg.Wait()
	want := everything(t, clients[0].s)
	for _, c := range clients {
		if got := len(c.contacts()); got != owners*batches*10+1 {
			t.Errorf("%d contacts", got)
		}
		if n := c.counters(); n.Requests != owners*batches || n.Rows != owners*batches*11 {
			t.Errorf("%+v", n)
		}
		if diff := cmp.Diff(want, everything(t, c.s)); diff != "" {
			t.Error(diff)
		}
	}
	ids := map[string]bool{}
	for _, r := range clients[0].contacts() {
		ids[r.ID] = true
	}
	if len(ids) != len(clients[0].contacts()) {
		t.Error("an id was given twice")
	}
}

// The rate limit and the counters are of the state, not of a process.
func TestTwoProcessesShareALimit(t *testing.T) {
	dir, at := t.TempDir(), newClock()
	opts := sandbox.Options{Now: at.Now, HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: 10}}}
	a, b := open(t, dir, opts), open(t, dir, opts)
	for range 5 {
		a.want(200, "GET", "/hubspot/account-info/v3/details", nil)
		b.want(200, "GET", "/hubspot/account-info/v3/details", nil)
	}
	a.want(429, "GET", "/hubspot/account-info/v3/details", nil)
	at.add(10 * time.Second)
	b.want(200, "GET", "/hubspot/account-info/v3/details", nil)
	if n := b.counters(); n.Requests != 12 || n.RateLimited != 1 {
		t.Errorf("%+v", n)
	}
}

// A process may die at any byte of its record: whatever is left of it, the state is that before the request, and the next
// request is written where it began.
func TestATornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, unlimited())
	c.want(200, "POST", upsertPath, upsert("ada@example.com"))
	whole := size(t, dir)
	c.want(200, "POST", upsertPath, upsert("bob@example.com"))
	journal, err := os.ReadFile(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(len(journal)) {
		if n > 40 && n < whole-3 {
			continue // between, it is cut in the middle of an older record, which is the same thing
		}
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, "journal"), journal[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := sandbox.Open(torn, unlimited())
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		got, err := s.HubSpot(token).Objects("contacts")
		want := 1
		if n < whole {
			want = 0
		}
		if err != nil || len(got) != want {
			t.Errorf("%d bytes: %d contacts, %v", n, len(got), err)
		}
		if cut := size(t, torn); cut > max(n, 16) || n > whole && cut != whole {
			t.Errorf("%d bytes: %d are left", n, cut)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestADirectoryThatIsRemovedIsMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sandbox")
	c := open(t, dir, unlimited())
	c.want(200, "POST", upsertPath, upsert("ada@example.com"))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.want(200, "POST", upsertPath, upsert("bob@example.com"))
	if got := c.contacts(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestReset(t *testing.T) {
	dir := t.TempDir()
	c, other := open(t, dir, unlimited()), open(t, dir, unlimited())
	c.busy(t)
	other.want(200, "POST", "/_sandbox/reset", nil)
	if n := c.counters(); n.Requests != 0 || len(c.contacts()) != 0 {
		t.Errorf("%+v", n)
	}
	c.want(200, "POST", upsertPath, upsert("ada@example.com"))
	rs, err := other.s.Requests()
	if err != nil || len(rs) != 1 || !rs[0].Kept || rs[0].Seq < 10 {
		t.Errorf("%+v %v", rs, err)
	}
	memory := open(t, "", unlimited())
	memory.busy(t)
	page := memory.want(200, "POST", "/_sandbox/reset", nil, "Accept", "text/html") // a form is taken back to the page
	contains(t, page.body, "No request yet.")
}

func TestNothingOfTheStateIsPublic(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sandbox")
	c := open(t, dir, sandbox.Options{})
	const secret = "pat-very-secret"
	c.want(200, "POST", upsertPath+"?hapikey="+secret, upsert("ada@example.com"), "Authorization", "Bearer "+secret, "Kith-Signature", secret,
		"X-Api-Key", secret, "Cookie", secret)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("the token is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/_sandbox/", "/_sandbox/state", "/_sandbox/requests?bodies=1", "/_sandbox/counters"} {
		if a := c.want(200, "GET", path, nil); bytes.Contains(a.body, []byte(secret)) {
			t.Errorf("the token is in %s", path)
		}
	}
	contains(t, c.want(200, "GET", "/_sandbox/requests?bodies=1", nil).body, `"Authorization":["Bearer ***"]`)
}

func TestTheLogIsBounded(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		opts := unlimited()
		opts.Log, opts.Bodies = 6, 2
		c := open(t, dir, opts)
		for i := range 9 {
			c.want(200, "POST", upsertPath, upsert(fmt.Sprintf("p%d@example.com", i)))
		}
		rs, err := c.s.Requests()
		if err != nil || len(rs) != 6 {
			t.Fatalf("%d %v", len(rs), err)
		}
		for i, r := range rs {
			if r.Seq != int64(i+4) || r.Kept != (i >= 4) || r.Kept && !bytes.Contains(r.Body, fmt.Appendf(nil, "p%d@", i+3)) {
				t.Errorf("%d: %+v", i, r)
			}
		}
		if n := c.counters(); n.Requests != 9 || len(n.By) != 1 || n.By[0].Route != "/crm/v3/objects/{type}/batch/upsert" {
			t.Errorf("%+v", n)
		}
	}
}

func TestForeignAndDamagedJournals(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "journal")
	if err := os.WriteFile(file, []byte("somebody else's file, and a long one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Open(dir, sandbox.Options{}); err == nil {
		t.Error("a foreign file was taken")
	}
	dir = t.TempDir()
	c := open(t, dir, unlimited())
	for range 3 {
		c.want(200, "POST", upsertPath, upsert("ada@example.com"))
	}
	b, err := os.ReadFile(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	b[30] ^= 0xff
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "journal"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Open(damaged, sandbox.Options{}); err == nil {
		t.Error("a damaged journal was taken")
	}
}

func TestClosed(t *testing.T) {
	c := open(t, "", sandbox.Options{})
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.s.Counters(); !errors.Is(err, sandbox.ErrClosed) {
		t.Error(err)
	}
	if _, err := c.s.Serve(t.Context(), ""); !errors.Is(err, sandbox.ErrClosed) {
		t.Error(err)
	}
}
