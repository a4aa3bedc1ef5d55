package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// gate stands between kith and a server, and can cut all connections.
type gate struct {
	addr string
	to   string

	mu    sync.Mutex
	away  bool
	cut   int // connections, so far
	conns []net.Conn
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	g := &gate{addr: l.Addr().String(), to: to}
	go func() { // ends with the listener
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			g.pass(in)
		}
	}()
	return g
}

func (g *gate) pass(in net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out, err := net.Dial("tcp", g.to)
	if err != nil || g.away {
		g.cut++
		_ = in.Close()
		return
	}
	g.conns = append(g.conns, in, out)
	pipe := func(to, from net.Conn) { _, _ = io.Copy(to, from); _ = to.Close(); _ = from.Close() }
	go pipe(in, out) // both end with either connection
	go pipe(out, in)
}

// open lets connections through, or cuts all there are and takes no more.
func (g *gate) open(on bool) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away = !on; !on {
		for _, c := range g.conns {
			_ = c.Close()
		}
		g.conns = nil
	}
	return g.cut
}

// gated puts gates before the emulator of a project, for every kith that is started. open
// returns how many connections were cut so far.
func gated(t *testing.T, p *testkit.Project) (open func(on bool) int) {
	t.Helper()
	name := filepath.Join(".kith/bigquery", "kith-emulator.json")
	var at map[string]any
	if err := json.Unmarshal([]byte(p.Read(name)), &at); err != nil {
		t.Fatal(err)
	}
	var gates []*gate
	for _, key := range []string{"rest", "grpc"} {
		g := newGate(t, fmt.Sprint(at[key]))
		at[key], gates = g.addr, append(gates, g)
	}
	b, err := json.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	p.Write(name, string(b))
	return func(on bool) (cut int) {
		for _, g := range gates {
			cut += g.open(on)
		}
		return cut
	}
}

// TestBigQueryAway: BigQuery cannot be reached for a while in the middle of a sync, before
// the first answer is written and after. The sync goes on when it is back, or ends and says
// so, when that took longer than its lease bears; in the end everything has arrived once.
func TestBigQueryAway(t *testing.T) {
	t.Parallel()
	p, box, add := newEventsOn(t, "bigquery", 2)
	open := gated(t, p)
	p.Kith("status", "--json") // makes the ledger
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(250 * time.Millisecond), Every: 1}}); err != nil {
		t.Fatal(err)
	}
	cut := 0
	for i, lease := range []string{"5s,30s,20s", "300ms,4s,1s"} {
		add(1000*i, 60)
		before, err := box.Counters()
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan testkit.Result, 1)
		go func() { done <- p.Run([]string{"KITH_TEST_LEASE=" + lease}, "sync", "--json") }() // read below
		for range 1500 {                                                                      // half a minute, as the machine may be busy
			if n, err := box.Counters(); err == nil && n.Rows > before.Rows {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		open(false)
		time.Sleep(2 * time.Second)
		for range 400 { // until it has noticed
			if open(false) > cut {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		now := open(true)
		if now == cut {
			t.Error("nothing of kith's was cut off")
		}
		cut = now
		r := <-done
		// The second may have sent all that there was before it gave up its lease.
		if s := parse(t, r.Out).Syncs[0]; r.Code > i || r.Code == 0 && s.Delivered != 60 || r.Code == 1 && !strings.Contains(r.Out, "lease") {
			t.Errorf("%d: exit %d, %+v\n%s", i, r.Code, s, r.Err)
		}
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	p.Kith("sync", "--json")
	complain(t, eventProblems(t, box, p.Query("SELECT id FROM raw.purchases")))
	if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
		t.Errorf("a run without a change after all that: %+v", s)
	}
}
