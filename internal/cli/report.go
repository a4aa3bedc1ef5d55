package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/engine"
)

// printReport prints what a run did: with --json the report itself, which is the
// contract for machines, else a view for people.
func (a *app) printReport(r *engine.Report, f *runFlags, where string) error {
	for _, s := range r.Syncs {
		if s.Status == engine.Waited {
			a.err.printf("sync %s waited: %s\n", s.Sync, s.Error)
		}
	}
	if a.json {
		err := a.printJSON(r)
		a.tell(where)
		return err
	}
	for _, e := range r.Entities {
		a.printEntity(e)
	}
	for _, s := range r.Segments {
		a.out.printf("%s\n", a.segmentLine(s))
	}
	for _, s := range r.Syncs {
		a.printSync(s, f)
	}
	for _, note := range r.Notes {
		a.out.printf("note: %s\n", printable(note))
	}
	if r.Error != "" {
		a.out.printf("%s %s\n", a.out.paint(red, "error:"), printable(r.Error))
	}
	if r.Help != "" && !stoppedBuild(r) {
		a.out.printf("%s %s\n", a.out.paint(cyan, "help:"), printable(r.Help))
	}
	a.out.printf("\n%s: %s\n", a.status(r.Status), total(r, f))
	if next := a.nextStep(r, f); next != "" {
		a.out.printf("next: %s\n", next)
	}
	a.tell(where)
	return nil
}

// printEntity is one entity of a build or a plan, with what its guards did first.
func (a *app) printEntity(e engine.EntityReport) {
	a.out.printf("%s\n", entityLine(e))
	for _, s := range e.Whole {
		a.out.printf("  read whole: %s\n", printable(s))
	}
	for _, g := range e.Guards {
		what := g.Guard
		if g.Identifier != "" {
			what = g.Identifier + " " + what
		}
		line := "new: " + number(g.Count) + " " + what
		if g.Largest > 0 {
			line += ", the largest of " + counted(g.Largest, "identifier")
		}
		if len(g.Samples) > 0 {
			line += ": " + strings.Join(g.Samples, ", ")
		}
		a.out.printf("  %s\n", printable(line))
	}
	if s := e.Stopped; s != nil {
		a.out.printf("  %s %s\n", a.out.paint(red, "blocked by "+s.Guard+":"), printable(s.Text))
		a.helpLine(s.Help)
	}
}

func entityLine(e engine.EntityReport) string {
	line := fmt.Sprintf("entity %s: %s, %s", e.Entity, many(e.Entities, "entity", "entities"), counted(e.Identifiers, "identifier"))
	for _, part := range []struct {
		n    uint64
		text string
	}{{e.Merged, "merged"}, {e.Split, "split"}, {e.Quarantined, "quarantined"}, {e.Rejected, "links refused"}, {e.Shared, "shared values"}, {e.Demoted, "values demoted"}, {e.Blocked, "blocked values"}, {e.Invalid, "values not valid"}, {e.Unowned, "rows without an identifier"}} {
		if part.n > 0 {
			line += ", " + number(part.n) + " " + part.text
		}
	}
	if m := e.Match; m != nil {
		line += fmt.Sprintf("; of %s %s tied", many(m.Pairs, "pair compared", "pairs compared"), number(m.Links))
		if m.Held > 0 {
			line += ", " + number(m.Held) + " held back"
		}
		if m.Review > 0 {
			line += ", " + number(m.Review) + " to review"
		}
	}
	return line
}

func (a *app) segmentLine(s engine.SegmentReport) string {
	line := fmt.Sprintf("segment %s: %s", s.Segment, counted(s.Members, "member"))
	if s.Entered > 0 {
		line += "  " + a.out.paint(green, "+"+number(s.Entered))
	}
	if s.Exited > 0 {
		line += "  " + a.out.paint(red, "-"+number(s.Exited))
	}
	return line
}

func (a *app) status(s engine.Status) string {
	c := map[engine.Status]color{engine.Succeeded: green, engine.Partial: yellow, engine.Waited: yellow, engine.Blocked: red, engine.Failed: red, engine.Interrupted: red}[s]
	return a.out.paint(c, string(s))
}

// changes is "+ 12  ~ 3  - 4 (left 3, withdrawn 1)".
func (a *app) changes(added, changed, removed uint64, reasons map[string]uint64) string {
	text := a.out.paint(green, "+ "+number(added)) + "  " + a.out.paint(yellow, "~ "+number(changed)) + "  " + a.out.paint(red, "- "+number(removed))
	if why := counts(reasons); why != "" {
		text += " (" + why + ")"
	}
	return text
}

// counts is "left 3, withdrawn 1", by name.
func counts(m map[string]uint64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] > 0 {
			parts = append(parts, name+" "+number(m[name]))
		}
	}
	return strings.Join(parts, ", ")
}

// printSync is one sync of a run.
func (a *app) printSync(s *engine.SyncReport, f *runFlags) {
	what := ""
	switch {
	case f.Rebaseline && s.Status == engine.Succeeded:
		what = "  taken as delivered, nothing sent"
	case s.First:
		what = "  first sync"
	case s.Full:
		what = "  full"
	}
	a.out.printf("\n%s  %s%s\n", a.out.paint(bold, "sync "+s.Sync), a.status(s.Status), what)
	if s.Rows+s.Baseline+s.Added+s.Changed+s.Removed > 0 {
		a.out.printf("  %s   %s wanted\n", a.changes(s.Added, s.Changed, s.Removed, s.Reasons), counted(s.Rows, "row"))
	}
	if s.Rehashed > 0 {
		a.out.printf("  rehash: the hashes of %s were written anew; nothing was sent for that\n", counted(s.Rehashed, "baseline row"))
	}
	if line := fates(s); line != "" {
		a.out.printf("  %s\n", line)
	}
	if why := counts(s.Codes); why != "" {
		a.out.printf("  why: %s\n", why)
	}
	for _, w := range s.Warnings {
		a.out.printf("  %s %s\n", a.out.paint(yellow, "warning:"), printable(w))
	}
	if s.Approved != "" {
		a.out.printf("  approved by %s\n", printable(s.Approved))
	}
	if s.Plan != "" {
		a.out.printf("  that is what it would have sent: plan %s\n", s.Plan)
	}
	if s.Error != "" && s.Status != engine.Waited {
		a.out.printf("  %s\n", printable(s.Error))
	}
	if s.Help != "" {
		a.out.printf("  help: %s\n", printable(s.Help))
	}
}

// fates is "137 delivered, 2 rejected in 3 requests, 0.8 s".
func fates(s *engine.SyncReport) string {
	var parts []string
	for _, x := range []struct {
		n    uint64
		word string
	}{
		{s.Delivered, "delivered"},
		{s.Rejected, "rejected"},
		{s.Held, "held"},
		{s.Deferred, "deferred"},
		{s.Pending, "pending"},
		{s.Unknown, "unknown"},
		{s.Skipped, "skipped"},
		{s.Expired, "expired"},
		{s.Remote, "rejected later by the vendor"},
	} {
		if x.n > 0 {
			parts = append(parts, number(x.n)+" "+x.word)
		}
	}
	if len(parts) == 0 && s.Requests == 0 {
		if s.Status != engine.Succeeded {
			return ""
		}
		return "nothing to send, " + seconds(s.Seconds)
	}
	if len(parts) == 0 {
		parts = []string{"nothing delivered"}
	}
	line := strings.Join(parts, ", ")
	if s.Requests > 0 {
		line += " in " + counted(s.Requests, "request")
	}
	if s.Retried > 0 {
		line += fmt.Sprintf(" (%s repeated)", number(s.Retried))
	}
	return line + ", " + seconds(s.Seconds)
}

// total is the last line but one.
func total(r *engine.Report, f *runFlags) string {
	var delivered, requests uint64
	for _, s := range r.Syncs {
		delivered, requests = delivered+s.Delivered, requests+s.Requests
	}
	text := f.Command + " " + r.RunID
	if len(r.Syncs) > 0 {
		text = fmt.Sprintf("%s, %s delivered in %s (%s)", counted(uint64(len(r.Syncs)), "sync"), counted(delivered, "row"), counted(requests, "request"), text)
	}
	return text
}

// stoppedBuild reports whether a guard of an entity stopped the build, and was shown with
// its help.
func stoppedBuild(r *engine.Report) bool {
	return slices.ContainsFunc(r.Entities, func(e engine.EntityReport) bool { return e.Stopped != nil })
}

// nextStep is the command to type now, or "": a help has said it.
func (a *app) nextStep(r *engine.Report, f *runFlags) string {
	kith := func(command string) string { return "`kith " + command + a.everywhere + "`" }
	shows, sends := kith("plan"), kith("run")
	if f.plan == "" && f.given != "" { // else it was of a saved plan, which is sent once
		shows, sends = "`kith plan"+f.given+"`", "`kith "+f.Command+f.rest+"`"
	}
	var rejected, backoff, duplicates, open uint64
	var blocked, failed bool
	plan := ""
	for _, s := range r.Syncs {
		stopped := s.Status == engine.Blocked && s.Guard != "plan" // what is not as planned `kith plan` does not show
		if stopped && plan == "" {
			plan = s.Plan
		}
		rejected, backoff, duplicates = rejected+s.Rejected, backoff+s.Codes["backoff"], duplicates+s.Codes["duplicate_key"]
		open += s.Deferred + s.Unknown + s.Pending + s.Codes["key_in_use"]
		blocked, failed = blocked || stopped, failed || s.Status == engine.Failed
	}
	switch {
	case blocked && plan != "":
		return shows + " shows what was blocked; " + kith("approve "+plan) + " lets it pass"
	case blocked || stoppedBuild(r):
		return shows + " shows what was blocked"
	case r.Help != "":
		return ""
	case rejected+backoff > 0:
		return kith("log --rejected") + " shows the rejected rows and when they are tried again"
	case duplicates > 0:
		return shows + " shows the rows that share a key"
	case open > 0:
		return sends + " again sends the rest"
	case failed || r.Status == engine.Failed:
		return kith("doctor") + " checks the warehouse, the sources and the destinations"
	case r.Status == engine.Interrupted && r.Planned: // what is left is not what was planned
		return kith("sync") + " sends the rest; " + kith("plan --out "+quoted(cmp.Or(f.plan, "FILE"))) + " plans it anew"
	case r.Status == engine.Interrupted:
		return "the same command goes on where this one stopped"
	}
	return ""
}
