package clickhouse

import (
	"context"
	"sync"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// Exec implements [cdp.Warehouse]. Over HTTP only Stats.Took is known.
func (w *Warehouse) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	start := time.Now()
	if err := w.take(ctx); err != nil {
		return cdp.Stats{}, err
	}
	defer w.give()
	c, m := w.newCall(s), newMeter(s.Progress)
	c.options = append(c.options, m.options()...)
	if w.cfg.Protocol == HTTP {
		// The driver does not look into the body of an answer that began with 200.
		c.settings["wait_end_of_query"] = 1
	}
	err := m.run(func() error { return w.conn.Exec(c.context(ctx), s.SQL) })
	stats := m.total()
	stats.Took = time.Since(start)
	if err != nil {
		if ctx.Err() != nil {
			w.kill(c)
		}
		return stats, w.fail(ctx, s, err)
	}
	return stats, nil
}

// meter adds up what the server says about a statement, from the goroutine that
// reads the connection, and reports it from the caller's.
type meter struct {
	report func(cdp.Progress)
	news   chan struct{} // there is something to report

	mu       sync.Mutex
	progress cdp.Progress
	stats    cdp.Stats
}

func newMeter(report func(cdp.Progress)) *meter {
	return &meter{report: report, news: make(chan struct{}, 1)}
}

func (m *meter) options() []chgo.QueryOption {
	return []chgo.QueryOption{chgo.WithProgress(m.add), chgo.WithProfileEvents(m.events)}
}

// add takes one packet: its figures are increments.
func (m *meter) add(p *chgo.Progress) {
	m.mu.Lock()
	m.progress.Rows += p.Rows
	m.progress.Bytes += p.Bytes
	m.progress.Total += p.TotalRows
	m.stats.Written += p.WroteRows
	m.mu.Unlock()
	select {
	case m.news <- struct{}{}:
	default:
	}
}

func (m *meter) events(events []chgo.ProfileEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range events {
		if e.Name == "MemoryTrackerPeakUsage" && e.Value > 0 {
			m.stats.Peak = max(m.stats.Peak, uint64(e.Value))
		}
	}
}

func (m *meter) total() cdp.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.ReadRows, s.ReadBytes = m.progress.Rows, m.progress.Bytes
	return s
}

// tell reports what is new.
func (m *meter) tell() {
	select {
	case <-m.news:
	default:
		return
	}
	if m.report == nil {
		return
	}
	m.mu.Lock()
	p := m.progress
	m.mu.Unlock()
	m.report(p)
}

// run calls f and reports meanwhile.
func (m *meter) run(f func() error) error {
	if m.report == nil {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			m.tell()
			return err
		case <-tick.C:
			m.tell()
		}
	}
}
