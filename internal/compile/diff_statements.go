package compile

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// Silent moves the baseline for the rows that need no call.
func (d *Diff) Silent(ver uint64) cdp.Statement {
	return d.stmt("silent rows", "baseline_silent", map[string]any{"Ver": ver})
}

// Reasons says why removed rows are no longer desired, where it is not what the
// changeset assumed.
func (d *Diff) Reasons() cdp.Statement {
	return d.stmt("reasons", "fix_reasons", map[string]any{"Reasons": d.c.reasons(d.sync, d.dest, d.in)})
}

// OneReason says that what is removed has the reason that the changeset assumes: it is no
// longer in the source, of which the sync takes every row that has a key.
func (d *Diff) OneReason() bool {
	s := d.sync
	return s.Entity == nil && s.Where == nil && s.Start == nil && s.Window == nil && KeyIsID(s, d.spec)
}

// Doubts reports whether a row may be under a key that it is not known to have.
func (d *Diff) Doubts() bool { return d.sync.Kind == cdp.Object && d.sync.Key != nil }

// Doubtful gives the removals of doubtful keys the reason of their row, where that is to
// go too.
func (d *Diff) Doubtful() cdp.Statement {
	return d.stmt("doubtful keys", "fix_doubtful", map[string]any{"Reasons": d.c.reasons(d.sync, d.dest, d.in)})
}

// Shares reports whether two rows may be one member of the audience to the vendor.
func (d *Diff) Shares() bool { return d.sync.Kind == cdp.Audience && len(d.spec.Recognised.Alone) > 0 }

// CreateSpared makes the table of the rows whose removal has to spare what others have.
func (d *Diff) CreateSpared() cdp.Statement {
	return d.stmt("spared members table", "spared_create", nil)
}

// FindSpared finds those of a slice: it reads all desired rows.
func (d *Diff) FindSpared(s Slice) cdp.Statement {
	return d.stmt("spared members", "spared_find", map[string]any{"Lo": s.Lo, "Hi": s.Hi})
}

// CountSpared counts them.
func (d *Diff) CountSpared() cdp.Statement {
	return d.stmt("spared members count", "spared_count", nil)
}

// FixSpared forgets those of which nothing is left to remove.
func (d *Diff) FixSpared() cdp.Statement { return d.stmt("wholly spared members", "fix_spared", nil) }

// Narrow leaves in the other removals of the changeset what is theirs alone.
func (d *Diff) Narrow() []cdp.Statement {
	return []cdp.Statement{d.stmt("narrow removals", "changeset_narrow", nil), d.stmt("wide removals", "changeset_wide", nil)}
}

// Spared keeps in mind that what a removal spared may be there for a row that is yet to
// be added.
func (d *Diff) Spared(ver uint64) cdp.Statement {
	return d.stmt("spared values", "baseline_spared", map[string]any{"Ver": ver})
}

// Stronger reports whether a removal that kept its record may have to be removed
// again for a stronger reason.
func (d *Diff) Stronger() bool {
	for _, r := range cdp.Reasons {
		if d.removal(r).Action == cdp.ActionIgnore {
			continue
		}
		for _, weaker := range cdp.Reasons {
			if weaker < r && d.removal(weaker).Action.KeepsRecord() {
				return !d.Event()
			}
		}
	}
	return false
}

// FillStronger adds those removals to the raw changeset.
func (d *Diff) FillStronger() cdp.Statement {
	return d.stmt("stronger reasons", "changeset_stronger", map[string]any{
		"Reasons": d.c.reasons(d.sync, d.dest, d.in), "Action": d.action("reason"), "SetFields": d.setFields("reason"),
	})
}

// Merged moves the baseline rows of entities that have merged to their survivors,
// where those have none: ver for the survivors' rows, then FollowMerged with a
// later one for the rows that stay behind.
func (d *Diff) Merged(ver uint64) cdp.Statement {
	return d.stmt("merged entities", "baseline_merge", map[string]any{"Merges": d.c.merges(d.sync.Entity, d.in.Build), "Ver": ver, "NewKH": d.c.d.RowHash("new_id")})
}

// ForeignMerged says of the survivors to which Merged moves a row whether the record is
// kith's: as it was of the row. It comes before Merged.
func (d *Diff) ForeignMerged(ver uint64) cdp.Statement {
	return d.stmt("merged rows of others", "foreign_merge", map[string]any{"Of": d.in.Baseline, "Merges": d.c.merges(d.sync.Entity, d.in.Build), "Ver": ver, "NewKH": d.c.d.RowHash("new_id")})
}

// CountMerged counts the baseline rows of entities that have merged into others.
func (d *Diff) CountMerged() cdp.Statement {
	return d.stmt("merged entities waiting", "baseline_merged", map[string]any{"Merges": d.c.merges(d.sync.Entity, d.in.Build)})
}

// CopyBaseline fills the baseline of a plan from the real one, so that the plan can
// move rows in it.
func (d *Diff) CopyBaseline(of string) cdp.Statement {
	return d.stmt("copy of the baseline", "baseline_copy", map[string]any{"Of": of})
}

// FollowMerged drops the rows that Merged has copied.
func (d *Diff) FollowMerged(ver uint64) cdp.Statement {
	return d.stmt("merged entities left", "baseline_merge_drop", map[string]any{"Merges": d.c.merges(d.sync.Entity, d.in.Build), "Ver": ver})
}

// CountExpired counts events that are too old and were never sent; ok is false when
// none can be.
func (d *Diff) CountExpired() (s cdp.Statement, ok bool) {
	return d.stmt("expired events", "events_expired", nil), d.want.expired != ""
}

// CreateFix makes the table of verdicts over raw rows.
func (d *Diff) CreateFix() cdp.Statement { return d.stmt("verdicts", "fix_create", nil) }

// Duplicates holds the rows whose remote key another desired row has, one part of
// the keys at a time.
func (d *Diff) Duplicates(part, parts int) cdp.Statement {
	return d.stmt("duplicate keys", "fix_duplicates", map[string]any{"Part": part, "Parts": parts})
}

// Passed leaves to whoever was sent later the record of a row that was left: one that returns is
// added, with Returned, and one that is to go for a stronger reason is forgotten.
func (d *Diff) Passed() cdp.Statement { return d.stmt("passed records", "fix_passed", nil) }

// Returned leaves to another desired row the remote key under which a row was left that
// returns under another one: it is added under that.
func (d *Diff) Returned() []cdp.Statement {
	return []cdp.Statement{d.stmt("returned keys", "fix_returned", nil), d.stmt("returned rows", "changeset_returned", nil)}
}

// InUse holds the rows whose remote key is that of another's record, which is renamed by
// this run, or waits to be; every takes all that are to be renamed as waiting.
func (d *Diff) InUse(every bool) cdp.Statement {
	return d.stmt("keys in use", "fix_in_use", map[string]any{"Every": every})
}

// Rings gives the rows whose remote keys go round in a ring, as far as they wait for nobody else,
// the records that stand under their new keys.
func (d *Diff) Rings() []cdp.Statement {
	return []cdp.Statement{d.stmt("keys in rings", "fix_rings", nil), d.stmt("rows of rings", "changeset_rings", nil)}
}

// Taken forgets removals of a remote key that another desired row holds.
func (d *Diff) Taken() cdp.Statement { return d.stmt("taken keys", "fix_taken", nil) }

// Consent takes that back of who withdrew consent, where that row is not delivered. It comes
// when all who are held are known.
func (d *Diff) Consent() cdp.Statement {
	return d.stmt("keys of withdrawn", "fix_consent", map[string]any{"Leaves": d.sync.LeavesFound()})
}

// Misses reports whether the destination may have said of a row that it has no record of it.
func (d *Diff) Misses() bool { return slices.Contains(d.spec.Modes, cdp.Update) }

// Foreign forgets removals of rows that the destination had before kith, or had no record of
// when it was last asked, and takes changes of the former as sent.
func (d *Diff) Foreign() cdp.Statement {
	data := map[string]any{"Merging": d.in.Unmerged != ""}
	if d.in.Unmerged != "" {
		data["Of"], data["Merges"] = d.in.Unmerged, d.c.merges(d.sync.Entity, d.in.Build)
	}
	return d.stmt("rows of others", "fix_foreign", data)
}

// NewPage reads adds of rows that were never sent, in order, after a position; columns
// as those of Page.
func (d *Diff) NewPage(afterKH uint64, afterID string, limit int) cdp.Statement {
	return d.stmt("page of new rows", "existing_page", map[string]any{"AfterKH": afterKH, "AfterID": afterID, "Limit": limit})
}

// Ours reads of new rows in a range of hashes under whose key kith has made a record: the row, the
// id of the record, "" for one that is not known, and whether the row that it was made for has left.
func (d *Diff) Ours(lo, hi uint64) cdp.Statement {
	return d.stmt("records of other rows", "existing_ours", map[string]any{"Lo": lo, "Hi": hi})
}

// DropForeign takes the adds of rows that the destination has out of the changeset.
func (d *Diff) DropForeign() cdp.Statement {
	return d.stmt("without rows of others", "existing_drop", nil)
}

// Leave takes adds out of the changeset that are not to be sent by this run.
func (d *Diff) Leave(rows []cdp.Delta) cdp.Statement {
	return d.stmt("without rows that were not looked up", "existing_leave", map[string]any{"Rows": rows})
}

// Backoff holds the rows that were rejected as they are now.
func (d *Diff) Backoff(now string) cdp.Statement {
	return d.stmt("backoff", "fix_backoff", map[string]any{"Now": now, "Of": 0})
}

// Pending holds the rows that are in an open job as they are now.
func (d *Diff) Pending() cdp.Statement { return d.stmt("pending", "fix_pending", nil) }

// FixCounts counts the rows that are held back by the code of their verdict. Verdicts
// without one are a row of it, not counted.
func (d *Diff) FixCounts() cdp.Statement { return d.stmt("held rows", "fix_counts", nil) }

// Apply writes one slice of the changeset from the raw one and the verdicts.
func (d *Diff) Apply(s Slice) cdp.Statement {
	return d.stmt("changeset with verdicts", "changeset_fix", map[string]any{
		"Lo": s.Lo, "Hi": s.Hi, "ActionOfWhy": d.action("why"), "SetFieldsOfWhy": d.setFields("why"),
	})
}

// Counts counts the changeset by operation, reason and action: rows, those of which a field
// differs, those that return under another key, and of removals those whose key is not their id.
func (d *Diff) Counts() cdp.Statement { return d.stmt("changeset counts", "changeset_counts", nil) }

// Again counts the changes of rows that differ in nothing from what was sent before, and of which
// a full run that has ended was refused, or put off.
func (d *Diff) Again() cdp.Statement { return d.stmt("changeset again", "changeset_again", nil) }

// Fingerprint is a sum over everything that the changeset sends, and how many rows that are; waiting
// leaves out the removals that no guard stops.
func (d *Diff) Fingerprint(waiting bool) cdp.Statement {
	return d.stmt("changeset fingerprint", "changeset_fingerprint", map[string]any{"Waiting": waiting, "Event": d.Event()})
}

// Beyond counts the removals and changes that another changeset does not have.
func (d *Diff) Beyond(of string) cdp.Statement {
	return d.stmt("changeset beyond", "changeset_beyond", map[string]any{"Of": of})
}

// FieldCounts counts how often each field changed, by its index.
func (d *Diff) FieldCounts() cdp.Statement { return d.stmt("changed fields", "changeset_fields", nil) }

// Repeated counts row ids of a slice that stand more than once in the changeset.
func (d *Diff) Repeated(s Slice) cdp.Statement {
	return d.stmt("repeated row ids", "changeset_duplicates", map[string]any{"Lo": s.Lo, "Hi": s.Hi})
}

// Compact makes a baseline fast to read of which much has been written. ok is false
// where there is nothing to do.
func (d *Diff) Compact() (s cdp.Statement, ok bool) {
	if !d.c.has("baseline_compact") {
		return s, false
	}
	return d.stmt("compact the baseline", "baseline_compact", nil), true
}

// DesiredRepeated counts row ids of a slice that stand more than once among all desired
// rows.
func (d *Diff) DesiredRepeated(s Slice) cdp.Statement {
	return d.stmt("repeated desired rows", "desired_repeated", map[string]any{"Lo": s.Lo, "Hi": s.Hi})
}

// Sample reads a few rows of an operation.
func (d *Diff) Sample(op cdp.Op, limit int) cdp.Statement {
	return d.stmt("sample", "changeset_sample", map[string]any{"Op": uint8(op), "Limit": limit})
}

// Page reads rows of one operation in order, after a position and up to a hash; only
// removals of one reason when it is given.
func (d *Diff) Page(op cdp.Op, afterKH uint64, afterID string, upTo uint64, limit int, only cdp.Reason) cdp.Statement {
	return d.ends("page", "changeset_page", map[string]any{
		"Op": uint8(op), "AfterKH": afterKH, "AfterID": afterID, "UpTo": upTo, "Limit": limit, "Only": uint8(only),
	})
}

// Commit acknowledges, after a session has been committed, every row of the
// changeset that is not in the table of rows that failed; only removals of one
// reason when only those were sent.
func (d *Diff) Commit(ver uint64, only cdp.Reason) cdp.Statement {
	return d.ends("commit", "baseline_commit", map[string]any{"Ver": ver, "Only": uint8(only)})
}

// CommitLog writes the log of a committed session.
func (d *Diff) CommitLog(run, destination string, only cdp.Reason) cdp.Statement {
	return d.ends("commit log", "log_commit", map[string]any{"Run": run, "Destination": destination, "Only": uint8(only)})
}

// BaselineRows counts the live rows of the baseline and all of them.
func (d *Diff) BaselineRows() cdp.Statement { return d.stmt("baseline rows", "baseline_rows", nil) }

// FixTable is the table of verdicts.
func (d *Diff) FixTable() string { return d.in.Fix }

// Exposures records, for the rows that were delivered since a version, which label
// of a split they had when they were first delivered. It reads no build.
func (d *Diff) Exposures(since uint64) []cdp.Statement {
	if d.sync.Entity == nil || d.sync.Source != nil {
		return nil
	}
	var out []cdp.Statement
	for _, t := range splits(d.sync) {
		out = append(out, d.ends("exposures "+t.Name, "exposures_add", map[string]any{
			"Trait": t.Name, "Label": d.c.label(t.Split, "row_id"), "Since": since,
		}))
	}
	return out
}
