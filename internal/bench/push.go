package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// receiver is a webhook that reads and forgets.
type receiver struct {
	mu          sync.Mutex
	first, last time.Time
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	now := time.Now()
	_, _ = io.Copy(io.Discard, q.Body)
	r.mu.Lock()
	if r.first.IsZero() {
		r.first = now
	}
	r.last = time.Now()
	r.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

// push measures rows a second to a loopback receiver, and the memory of the kith
// process at several numbers of changed rows.
func (b *bench) push(ctx context.Context) error {
	var largest, smallest float64
	for _, n := range []int{100_000, 1_000_000, 5_000_000} {
		n = int(float64(n) * b.size)
		r := &receiver{}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(l) }() // ended by Close
		table := fmt.Sprintf("rows_%d", n)
		if err := b.rows(ctx, table, n); err != nil {
			return err
		}
		if err := b.project(table, fmt.Sprintf("{name: hook, type: webhook, base_url: \"http://%s/\", allow_private: true}", l.Addr()), "{destination: hook, object: people}"); err != nil {
			return err
		}
		o, err := b.kith(ctx, "sync")
		if err != nil {
			return err
		}
		_ = server.Close()
		rate := float64(o.Syncs[0].Delivered) / r.last.Sub(r.first).Seconds()
		fmt.Printf("push %d rows: %.0f rows/s, kith's peak %.0f MB\n", n, rate, o.peak)
		if n == int(1_000_000*b.size) {
			b.add("push_webhook", rate, "rows/s", 0, 200_000)
		}
		largest = max(largest, o.peak)
		if smallest == 0 || o.peak < smallest {
			smallest = o.peak
		}
	}
	b.add("rss_mb", largest, "MB", 0, 150)
	b.add("rss_spread_mb", largest-smallest, "MB", 0, 20)
	return nil
}
