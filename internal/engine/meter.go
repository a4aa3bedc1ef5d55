package engine

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
)

// meter is a warehouse that counts what each statement reads: what no estimate can tell,
// since the run makes the tables itself, a plan finds out by making them.
type meter struct {
	cdp.Warehouse
	mu   sync.Mutex
	read map[metered]uint64 // bytes
}

// metered are the statements of one name.
type metered struct{ name, model string }

// Exec implements [cdp.Warehouse].
func (m *meter) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	stats, err := m.Warehouse.Exec(ctx, s)
	if err == nil {
		m.add(s, stats.ReadBytes)
	}
	return stats, err
}

// Query implements [cdp.Warehouse].
func (m *meter) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	most, told := uint64(0), s.Progress
	s.Progress = func(p cdp.Progress) {
		most = max(most, p.Bytes)
		if told != nil {
			told(p)
		}
	}
	return func(yield func(cdp.Row, error) bool) {
		defer func() { m.add(s, most) }()
		m.Warehouse.Query(ctx, s)(yield)
	}
}

func (m *meter) add(s cdp.Statement, bytes uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read[metered{s.Name, s.Model}] += bytes
}

// metered is the engine with every statement counted.
func (e *Engine) metered() (*Engine, *meter) {
	m := &meter{Warehouse: e.Warehouse, read: map[metered]uint64{}}
	counting := *e
	counting.Warehouse = m
	return &counting, m
}

// fill adds what the plan has measured of statements that could not be estimated: those
// over tables that it made itself, and rounds of identity that nobody could foresee.
func (m *meter) fill(c *Cost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	estimated := map[metered]bool{}
	for _, s := range c.Statements {
		at := metered{s.Name, s.Model}
		estimated[at] = !s.Rough || m.read[at] == 0 // the emulator does not tell what it has read
	}
	for _, s := range c.unknown {
		delete(estimated, metered{s.Name, s.Model}) // of some of its name only
	}
	for _, s := range slices.SortedFunc(maps.Keys(m.read), func(a, b metered) int { return strings.Compare(a.name, b.name) }) {
		foreseen := slices.ContainsFunc(c.unknown, func(x StatementCost) bool { return x.Name == s.name && x.Model == s.model })
		known, told := estimated[s]
		if !known && (foreseen || told || strings.HasPrefix(s.model, "entity ")) {
			x := c.of(s.name, s.model)
			x.Bytes, x.Rough, x.Measured = m.read[s], false, true
		}
	}
	c.unknown = slices.DeleteFunc(c.unknown, func(x StatementCost) bool {
		_, ran := m.read[metered{x.Name, x.Model}]
		return ran
	})
	c.total()
}
