package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// quiet is for how long nothing is recorded of a task that nobody runs any more: less may be
// between two runs of a daemon that still has the project of before.
const quiet = 24 * time.Hour

// endLeftovers ends the episodes of tasks that the project does not have any more, where it
// has alerts: no run of theirs will. They are told where they were told of, by a later look
// where a place is away.
func (d *Daemon) endLeftovers(ctx context.Context, s *Session, now time.Time) error {
	l := s.Engine.Ledger
	open, err := l.Episodes(ctx, "")
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, e := range open {
		if !d.has(e.Task) {
			gone[e.Task] = true
		}
	}
	for name := range gone {
		switch on, err := recent(ctx, l, name, now); {
		case err != nil:
			return err
		case on:
			continue
		}
		t := task{name: name, gone: true, alerts: s.Engine.Project.Alerts}
		if err := d.episodes(ctx, s, t, ledger.Firing{Task: name}, nil, endings(cdp.AlertKinds...)); err != nil {
			return fmt.Errorf("alerts of %s: %w", name, err)
		}
	}
	return nil
}

// has reports whether the project has a task, under its name or as the former one of another.
func (d *Daemon) has(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.tasks, func(t *task) bool { return t.name == name || t.former() == name })
}

// recent reports whether something was recorded of a task not long ago.
func recent(ctx context.Context, l *ledger.Ledger, name string, now time.Time) (bool, error) {
	known, err := l.Tasks(ctx, name)
	if err != nil {
		return false, err
	}
	last, err := l.LastFirings(ctx, name, 1)
	return slices.ContainsFunc(append(last[name], known[name].Open...), func(f ledger.Firing) bool { return now.Sub(f.At) < quiet }), err
}

// former is the task under the name that a sync had; "" for none.
func (t *task) former() string {
	if t.sync == nil || t.sync.Was == "" {
		return ""
	}
	return ledger.TaskOf(t.sync.Was)
}

// alertLease is the name of the lease under which people are told of a task.
func alertLease(task string) string { return "alert-" + strings.ReplaceAll(task, " ", "-") }

// inherit takes the episodes over that a sync has under its former name: first they are
// written under the new one, so that a death in between loses none.
func (b *book) inherit(ctx context.Context) error {
	l, former := b.s.Engine.Ledger, b.t.former()
	if former == "" {
		return nil
	}
	list, err := l.Episodes(ctx, former)
	if err != nil || len(list) == 0 {
		return err
	}
	lease, err := l.Acquire(ctx, alertLease(former))
	if err != nil {
		return err
	}
	release := keep(ctx, lease)
	defer func() { _ = release() }() // it dies by itself
	if list, err = l.Episodes(ctx, former); err != nil {
		return err
	}
	for i, e := range list {
		if b.find(cdp.AlertKind(e.Kind)) < 0 {
			own := e
			own.Task = b.t.name
			if err := b.write(ctx, own); err != nil {
				return err
			}
			b.known = append(b.known, own)
		}
		e.Open, e.Told = false, true
		if err := l.WriteEpisode(ctx, e, lease.Ver(uint32(i)+1)); err != nil {
			return err
		}
	}
	return nil
}
