package ledger

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// rejected finds the rejections of the rows of a job.
type rejected struct {
	list       []cdp.JobRejection
	recognised cdp.Recognised
	byName     map[string][]int
	byPlace    map[int][]int
	used       map[int]bool
}

func rejections(list []cdp.JobRejection, by cdp.Recognised) rejected {
	out := rejected{list: list, recognised: by, byName: map[string][]int{}, byPlace: map[int][]int{}, used: map[int]bool{}}
	for i, r := range list {
		for _, name := range rejectedNames(r) {
			out.byName[name] = append(out.byName[name], i)
		}
		if r.Place >= 0 {
			out.byPlace[r.Place] = append(out.byPlace[r.Place], i)
		}
	}
	return out
}

func keyName(key string) string { return "key " + key }

// matchName is the same for a value as it was sent and as a vendor has it, whatever a
// warehouse's lower case is.
func matchName(name, value string) string {
	return "match " + name + " " + strings.ToLower(strings.TrimSpace(value))
}

// rejectedNames are what a vendor calls a row.
func rejectedNames(r cdp.JobRejection) (names []string) {
	if r.Key != "" {
		names = append(names, keyName(r.Key))
	}
	for name, value := range r.Match {
		names = append(names, matchName(name, value))
	}
	return names
}

// names are what a vendor may call the row of a key and of match values.
func (r rejected) names(key, match string) []string {
	names := []string{keyName(key)}
	if len(r.recognised.Alone) == 0 || match == "" {
		return names
	}
	var values map[string][]string
	if json.Unmarshal([]byte(match), &values) == nil {
		r.recognised.Known(values, func(name, value string) { names = append(names, matchName(name, value)) })
	}
	return names
}

// of is the rejection of a row, with its columns as in job_rows_page: of several the first.
// What names a row by more than its place is of no other one at that place.
func (r rejected) of(row cdp.Row) (cdp.Result, bool) {
	if len(r.list) == 0 {
		return cdp.Result{}, false
	}
	names := r.names(Text(row[4]), Text(row[6]))
	var found []int
	for _, name := range names {
		found = append(found, r.byName[name]...)
	}
	first := int(Uint(row[11]))
	for p := first; p < first+max(1, int(Uint(row[12]))); p++ {
		for _, i := range r.byPlace[p] {
			if len(rejectedNames(r.list[i])) == 0 {
				found = append(found, i)
			}
		}
	}
	if len(found) == 0 {
		return cdp.Result{}, false
	}
	for _, i := range found {
		r.used[i] = true
	}
	return r.list[slices.Min(found)].Result, true
}

// unused counts the rejections that belong to no row.
func (r rejected) unused() uint64 { return uint64(len(r.list) - len(r.used)) }

// rest is the fate of the rows of a job that the vendor does not name: delivered, unless it
// names whom it refuses and has refused somebody who is none of the job's named rows. Then
// one of the others is meant; a single row that was the whole job is that one.
func (l *Ledger) rest(ctx context.Context, c Closing, j Ended, stage string, names rejected) (cdp.Result, error) {
	delivered := cdp.Result{Fate: cdp.Delivered}
	if s := j.State; !s.Names || s.Failed || s.All != nil || len(s.Rejected) == 0 && s.Refused == 0 {
		return delivered, nil
	}
	rows := 0
	err := l.jobRows(ctx, c, j, stage, func(page []cdp.Row) error {
		for _, r := range page {
			names.of(r)
		}
		rows += len(page)
		return nil
	})
	if err != nil || j.State.Refused == 0 && names.unused() == 0 {
		return delivered, err
	}
	if rows > 1 || len(names.used) > 0 {
		return cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: "the vendor refused a part of its job and does not say which"}, nil
	}
	no := cdp.Result{Fate: cdp.Rejected, Code: cdp.OtherRejection, Reason: "the vendor refused it and does not say why"}
	if len(names.list) > 0 {
		no = names.list[0].Result
	}
	return no, nil
}
