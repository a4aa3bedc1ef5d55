package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// receiver is a webhook that reads and forgets.
type receiver struct {
	spent func() spent

	mu            sync.Mutex
	first, last   time.Time
	before, after spent // at the first row and the last
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	if r.first.IsZero() {
		r.first, r.before = time.Now(), r.spent()
	}
	r.mu.Unlock()
	_, _ = io.Copy(io.Discard, q.Body)
	r.mu.Lock()
	r.last, r.after = time.Now(), r.spent()
	r.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

// push measures rows a second to a loopback receiver, the memory of the kith process
// at several numbers of changed rows, and what acknowledging takes.
func (b *bench) push(ctx context.Context) error {
	var largest, smallest float64
	for _, n := range []int{100_000, 1_000_000, 10_000_000} {
		n = int(float64(n) * b.size)
		table := fmt.Sprintf("rows_%d", n)
		if err := b.rows(ctx, table, n); err != nil {
			return err
		}
		o, err := b.hook(ctx, table, func() (*outcome, error) { return b.kith(ctx, "sync") })
		if err != nil {
			return err
		}
		if n == int(1_000_000*b.size) {
			b.add("push_webhook", o.rate, "rows/s", 0, 200_000)
			b.add("push_cpu_us", o.cpu, "us/row", 0, 10) // two processors, 200,000 rows a second
		}
		largest = max(largest, o.peak)
		if smallest == 0 || o.peak < smallest {
			smallest = o.peak
		}
	}
	b.add("rss_mb", largest, "MB", 0, 100)
	b.add("rss_spread_mb", largest-smallest, "MB", 0, 20)
	return b.acks(ctx)
}

// acks measures what acknowledging takes of a sync of ten million rows of which one in
// a hundred has changed.
func (b *bench) acks(ctx context.Context) error {
	if err := b.rows(ctx, "acks", int(10_000_000*b.size)); err != nil {
		return err
	}
	o, err := b.hook(ctx, "acks", func() (*outcome, error) {
		if _, err := b.kith(ctx, "sync", "--rebaseline"); err != nil {
			return nil, err
		}
		if err := b.sql(ctx, "ALTER TABLE bench.acks UPDATE age = age + 1 WHERE id % 100 = 0 SETTINGS mutations_sync = 2"); err != nil {
			return nil, err
		}
		return b.kith(ctx, "sync")
	})
	if err != nil {
		return err
	}
	s := o.Syncs[0]
	if s.Acks <= 0 || s.Delivered != s.Changed || s.Delivered == 0 {
		return errors.New("nothing was acknowledged")
	}
	b.add("ack_share", s.Acks/s.Seconds, "of the sync", 0, 0.05)
	return nil
}

// pushed is a sync to a receiver.
type pushed struct {
	*outcome

	rate float64 // rows a second, between the first row and the last
	cpu  float64 // microseconds a row of all three sides, in the same time
}

// hook syncs a table to a receiver of its own.
func (b *bench) hook(ctx context.Context, table string, run func() (*outcome, error)) (*pushed, error) {
	r := &receiver{spent: b.spent}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // ended by Close
	defer func() { _ = server.Close() }()
	hook := fmt.Sprintf("{name: hook, type: webhook, base_url: \"http://%s/\", allow_private: true}", l.Addr())
	if err := b.project(table, hook, "{destination: hook, object: people}"); err != nil {
		return nil, err
	}
	begun := time.Now()
	o, err := run()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := o.Syncs[0]
	engine, kith, received := r.after.perRow(r.before, s.Delivered)
	p := &pushed{outcome: o, rate: float64(s.Delivered) / r.last.Sub(r.first).Seconds(), cpu: engine + kith + received}
	fmt.Printf("push %d rows: %.0f rows/s, %.1f us of processor a row (engine %.1f, kith %.1f, receiver %.1f), kith's peak %.0f MB, answers %.3f s of %.3f s\n",
		s.Delivered, p.rate, p.cpu, engine, kith, received, o.peak, s.Acks, s.Seconds)
	if !b.verbose {
		return p, nil
	}
	if err := b.sql(ctx, "SYSTEM FLUSH LOGS"); err != nil {
		return nil, err
	}
	return p, b.longest(ctx, fmt.Sprintf("event_time_microseconds >= toDateTime64('%s', 6, 'UTC')", begun.UTC().Format("2006-01-02 15:04:05.000000")))
}
