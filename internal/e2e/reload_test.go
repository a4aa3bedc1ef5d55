package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// slowReceiver takes calls that last a while, and counts those of some syncs that are on their way.
type slowReceiver struct {
	mu    sync.Mutex
	busy  int
	most  int
	calls map[string]int
}

func (s *slowReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.busy++
	s.most = max(s.most, s.busy)
	for _, name := range []string{"first", "second"} {
		if bytes.Contains(body, []byte(`"`+name+`"`)) {
			s.calls[name]++
		}
	}
	s.mu.Unlock()
	time.Sleep(200 * time.Millisecond)
	s.mu.Lock()
	s.busy--
	s.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// made is the calls of a sync, and the most that were on their way at once.
func (s *slowReceiver) made(name string) (calls, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[name], s.most
}

// TestAtOnceOverAReload: a daemon whose files are read again while a sync runs keeps that one and
// those that begin then to the calls at once of their destination together.
func TestAtOnceOverAReload(t *testing.T) {
	t.Parallel()
	const atOnce, rows = 3, 400
	receiver := &slowReceiver{calls: map[string]int{}}
	hook := httptest.NewServer(receiver)
	defer hook.Close()
	p := newProjectOn(t, "clickhouse", map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: shop
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: hook, type: webhook, base_url: "%s", allow_private: true, concurrency: %d, batch_size: 1}
`, hook.URL, atOnce),
		"models/m.yml": `sources:
  - {name: people, table: raw.people, key: id, columns: {id: int, name: string}}
syncs:
  - {name: first, from: {source: people}, to: {destination: hook, object: people}, key: {id: id}, fields: {name: name}}
  - {name: second, from: {source: people}, to: {destination: hook, object: others}, key: {id: id}, fields: {name: name}}
`,
	})
	people := sourceTable{"people", []string{"id int", "name string"}}
	people.create(p)
	var list []cdp.Row
	for i := range rows {
		list = append(list, cdp.Row{int64(i), "somebody"})
	}
	people.add(p, list...)
	s := startServer(t, p)
	s.ask(`"first"`)
	s.await("the first calls", func() bool { n, _ := receiver.made("first"); return n > 2*atOnce })
	p.Write("syncs/x.yml", "syncs: [{name: more, from: {source: people}, to: {destination: hook, object: more}, key: {id: id}, fields: {name: name}}]")
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.await("the files are read", func() bool { return strings.Contains(s.log.String(), "the project was read again") })
	s.ask(`"second"`)
	s.await("the second calls", func() bool { n, _ := receiver.made("second"); return n > 2*atOnce })
	made, most := receiver.made("first")
	if made >= rows {
		t.Fatalf("the first sync has ended: %d calls", made)
	}
	if most != atOnce {
		t.Errorf("%d calls at once, %d are allowed", most, atOnce)
	}
}
