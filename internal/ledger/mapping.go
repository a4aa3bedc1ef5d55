package ledger

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Mapping is a recorded version of a sync's fields, and the hash function under which the
// rows of that version were written.
type Mapping struct {
	Sync    string // under whose name it is recorded
	Version uint32
	Hash    string
	Fields  []string
}

// none says that a version is of another life of the name: the sync that has it now has taken
// its mappings over from another name.
func (m Mapping) none() bool { return m.Hash == "" }

// Mappings are all recorded mappings of a sync, oldest first, and the newest version that there
// ever was under its name. Of a sync that an older kith renamed some are under the name that it
// had, which may since be that of another: what came there after its own first is not of it.
func (l *Ledger) Mappings(ctx context.Context, sync, was string) (list []Mapping, newest uint32, err error) {
	list, err = l.recorded(ctx, sync, was)
	for _, m := range list {
		newest = max(newest, m.Version)
	}
	return slices.DeleteFunc(list, Mapping.none), newest, err
}

func (l *Ledger) recorded(ctx context.Context, sync, was string) ([]Mapping, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("mappings_list", map[string]any{"Syncs": l.quoted([]string{sync, was})}))
	if err != nil {
		return nil, err
	}
	var out, before []Mapping
	for _, r := range rows {
		m := Mapping{Sync: Text(r[0]), Version: uint32(Uint(r[1])), Hash: Text(r[2])}
		fields, _ := r[3].([]any)
		for _, f := range fields {
			m.Fields = append(m.Fields, Text(f))
		}
		if m.Sync == sync {
			out = append(out, m)
		} else {
			before = append(before, m)
		}
	}
	if len(out) > 0 {
		before = slices.DeleteFunc(before, func(m Mapping) bool { return m.Version >= out[0].Version })
	}
	return append(before, out...), nil
}

// LastMapping is the newest mapping of a sync; zero when there is none.
func (l *Ledger) LastMapping(ctx context.Context, sync string) (Mapping, error) {
	list, _, err := l.Mappings(ctx, sync, sync)
	if err != nil || len(list) == 0 {
		return Mapping{}, err
	}
	return list[len(list)-1], nil
}

// WriteMappings records mappings, each under the name that it has.
func (l *Ledger) WriteMappings(ctx context.Context, at time.Time, list ...Mapping) error {
	rows := make([]cdp.Row, len(list))
	for i, m := range list {
		fields := make([]any, len(m.Fields))
		for j, f := range m.Fields {
			fields[j] = f
		}
		rows[i] = cdp.Row{m.Sync, uint64(m.Version), m.Hash, fields, at}
	}
	return l.append(ctx, "mappings", []string{"sync", "version", "hash", "fields", "at"}, rows)
}

// TakeMappings records the mappings of a name, and of the one before it, under the name that
// its sync has now, before its state moves: by those versions the rows of its baseline were
// written. What that name had before, in another life, counts no more. It may be repeated.
func (l *Ledger) TakeMappings(ctx context.Context, sync, was, before string, at time.Time) error {
	taken, err := l.recorded(ctx, was, before)
	if err != nil {
		return err
	}
	own, err := l.recorded(ctx, sync, sync)
	if err != nil {
		return err
	}
	for _, m := range own {
		if !slices.ContainsFunc(taken, func(t Mapping) bool { return t.Version == m.Version }) {
			taken = append(taken, Mapping{Version: m.Version})
		}
	}
	taken = slices.DeleteFunc(taken, func(m Mapping) bool { // is so already
		return slices.ContainsFunc(own, func(o Mapping) bool {
			return o.Version == m.Version && o.Hash == m.Hash && slices.Equal(o.Fields, m.Fields)
		})
	})
	if len(taken) == 0 {
		return nil
	}
	for i := range taken {
		taken[i].Sync = sync
	}
	return l.WriteMappings(ctx, at, taken...)
}

// NewestWritten is the newest version of a mapping that a row of a baseline has, also one that
// is not recorded; 0 for none.
func (l *Ledger) NewestWritten(ctx context.Context, baseline string) (uint32, error) {
	row, err := One(ctx, l.w, l.c.Ledger("baseline_newest", map[string]any{"Baseline": baseline}))
	if err != nil {
		return 0, err
	}
	return uint32(Uint(row[0])), nil
}

// Written counts, by mapping, the rows of a baseline that have a hash under one of some
// mappings.
func (l *Ledger) Written(ctx context.Context, baseline string, versions []uint32) (map[uint32]uint64, error) {
	return l.byMapping(ctx, "baseline_mappings", map[string]any{"Baseline": baseline, "Versions": list(versions)})
}

// Rejected counts the rejections of a sync in the same way.
func (l *Ledger) Rejected(ctx context.Context, sync string, versions []uint32) (map[uint32]uint64, error) {
	return l.byMapping(ctx, "rejections_mappings", map[string]any{"Sync": sync, "Versions": list(versions)})
}

func list(versions []uint32) string {
	texts := make([]string, len(versions))
	for i, v := range versions {
		texts[i] = strconv.FormatUint(uint64(v), 10)
	}
	return strings.Join(texts, ", ")
}

func (l *Ledger) byMapping(ctx context.Context, name string, data map[string]any) (map[uint32]uint64, error) {
	rows, err := All(ctx, l.w, l.c.Ledger(name, data))
	if err != nil {
		return nil, err
	}
	out := map[uint32]uint64{}
	for _, r := range rows {
		out[uint32(Uint(r[0]))] = Uint(r[1])
	}
	return out, nil
}
