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

// Mappings are all recorded mappings of a sync, oldest first. A sync that was renamed goes
// on from those of the name that it had, which may since be that of another: what came
// there after its own first is not of it.
func (l *Ledger) Mappings(ctx context.Context, sync, was string) ([]Mapping, error) {
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
	list, err := l.Mappings(ctx, sync, sync)
	if err != nil || len(list) == 0 {
		return Mapping{}, err
	}
	return list[len(list)-1], nil
}

// WriteMapping records a mapping.
func (l *Ledger) WriteMapping(ctx context.Context, sync string, m Mapping, at time.Time) error {
	fields := make([]any, len(m.Fields))
	for i, f := range m.Fields {
		fields[i] = f
	}
	return l.append(ctx, "mappings", []string{"sync", "version", "hash", "fields", "at"},
		[]cdp.Row{{sync, uint64(m.Version), m.Hash, fields, at}})
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
