package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/engine"
)

func (a *app) planCommand() *cobra.Command {
	r := runFlags{Request: engine.Request{Command: "plan", Build: true}}
	detailed, out := false, ""
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what a run would change and send",
		Long: `It says why, too. Nothing is sent; nothing is written but scratch tables, which are
dropped again, and the counts of what a guard would stop, for ` + "`kith approve`" + `.
--out writes a file of counts and fingerprints, without a row and without a secret.`,
		Example: `  kith plan --select people_to_crm --detailed-exitcode
  kith plan --out friday.plan        for kith sync --plan friday.plan`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.plan(c, &r, detailed, out) },
	}
	r.flags(c)
	c.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 4 when a guard would stop the run, else 2 when there are changes")
	c.Flags().StringVar(&out, "out", "", "file to write the plan to, for kith sync --plan FILE")
	return c
}

func (a *app) plan(c *cobra.Command, r *runFlags, detailed bool, out string) error {
	if err := r.check(); err != nil {
		return err
	}
	p, err := a.load()
	if err != nil {
		return err
	}
	if r.Syncs, err = r.syncs(p); err != nil {
		return err
	}
	r.Save = out != ""
	if r.Save && r.Rebaseline {
		return withHelp(errors.New("--out and --rebaseline exclude each other"), "a rebaseline sends nothing, so there is no plan to keep")
	}
	return a.withProject(p, func(s *session) error {
		where := a.opening(s, r.Syncs)
		report, err := observedPlan(a, s, r.Request)
		if err != nil {
			return err
		}
		if a.json {
			if err := a.printJSON(report); err != nil {
				return err
			}
		} else {
			a.printPlan(report)
			if next := a.nextOfPlan(c, report); next != "" && !r.Save { // what is saved is for `kith sync --plan`
				a.out.printf("next: %s\n", next)
			}
		}
		a.tell(where)
		if r.Save {
			if err := a.savePlan(s, r.Request, report, out); err != nil {
				return err
			}
		}
		if a.soft.Err() != nil {
			return exitError(exitInterrupted)
		}
		if code := planCode(report, detailed); code != 0 {
			return exitError(code)
		}
		return nil
	})
}

func observedPlan(a *app, s *session, r engine.Request) (*engine.PlanReport, error) {
	observe, end := a.progress()
	defer end()
	s.engine.Observe = observe
	return s.engine.Plan(a.soft, a.hard, r)
}

// planCode is the exit code of a plan (SEMANTICS section 6).
func planCode(r *engine.PlanReport, detailed bool) int {
	code := 0
	for _, e := range r.Entities {
		if e.Stopped != nil && detailed {
			code = exitBlocked
		}
	}
	for _, s := range r.Syncs {
		switch {
		case s.Status == engine.Failed:
			return exitFailed
		case s.Guard != "" && s.Approved == "" && detailed:
			code = exitBlocked
		case changesOf(s) > 0 && detailed && code == 0:
			code = exitChanges
		}
	}
	return code
}

func changesOf(s *engine.SyncPlan) uint64 { return s.Added + s.Changed + s.Rekeyed + s.Removed }

// printPlan is the plan for people.
func (a *app) printPlan(r *engine.PlanReport) {
	for _, e := range r.Entities {
		a.printEntity(e)
	}
	for _, s := range r.Segments {
		a.out.printf("%s\n", a.segmentLine(s))
	}
	var calls, changes, due, forgotten uint64
	for _, s := range r.Syncs {
		a.printSyncPlan(s)
		calls, changes = calls+s.Calls, changes+changesOf(s)
		if s.Forgets {
			forgotten += s.Removed
		} else {
			due += s.Removed
		}
	}
	if len(r.Orphans) > 0 {
		a.out.printf("\n%s %s\n", a.out.paint(yellow, "orphans:"), shorten(r.Orphans))
		a.out.printf("  the ledger knows them, the project does not any more; what they delivered stays where it is\n")
		a.out.printf("  help: `kith retire %s`, or `was: %s` on the sync that took its place\n", r.Orphans[0], r.Orphans[0])
	}
	for _, note := range r.Notes {
		a.out.printf("note: %s\n", printable(note))
	}
	a.printCost(r.Cost)
	switch {
	case slices.ContainsFunc(r.Syncs, func(s *engine.SyncPlan) bool { return s.Rebaseline }):
		rest := ""
		if due > 0 {
			rest = ", " + counted(due, "row") + " for the next run to remove"
		}
		if forgotten > 0 {
			rest += ", " + counted(forgotten, "row") + " to forget"
		}
		a.out.printf("\n%s to take as delivered%s; nothing is sent\n", counted(changes-due-forgotten, "row"), rest)
	case changes == 0:
		a.out.printf("\nnothing to send\n")
	default:
		a.out.printf("\n%s in %s; nothing was sent\n", counted(changes, "row"), counted(calls, "call"))
	}
}

// nextOfPlan is the command that does what a plan shows, or lets it pass; "" when there is
// nothing to do, or when no command would.
func (a *app) nextOfPlan(c *cobra.Command, r *engine.PlanReport) string {
	does := "`kith run" + given(c) + "`"
	var approve []string
	any := false
	for _, e := range r.Entities {
		if e.Stopped != nil {
			return ""
		}
	}
	for _, s := range r.Syncs {
		any = any || s.Rebaseline || changesOf(s) > 0
		switch {
		case s.Status == engine.Failed || s.Status == engine.Blocked && s.PlanID == "":
			return ""
		case s.Status == engine.Blocked:
			approve = append(approve, "`kith approve "+s.PlanID+a.everywhere+"`")
		}
	}
	switch {
	case len(approve) == 1:
		return approve[0] + " lets pass what was blocked, then " + does + " does it"
	case len(approve) > 1:
		return strings.Join(approve, ", ") + " let pass what was blocked, then " + does + " does it"
	case any:
		return does + " does it"
	}
	return ""
}

// printSyncPlan is one sync of a plan.
func (a *app) printSyncPlan(s *engine.SyncPlan) {
	a.out.printf("\n%s%s\n", a.out.paint(bold, "sync "+s.Sync), planTitle(s))
	if s.Error != "" {
		a.out.printf("  %s %s\n", a.out.paint(red, "error:"), printable(s.Error))
		a.helpLine(s.Help)
		return
	}
	a.out.printf("  %s   %s wanted, %s delivered before\n", a.changes(s.Added, s.Changed+s.Rekeyed, s.Removed, s.Reasons), counted(s.Rows, "row"), number(s.Baseline))
	if s.Rekeyed > 0 {
		a.out.printf("  of ~ %s change their key\n", number(s.Rekeyed))
	}
	for _, x := range []struct {
		word string
		m    map[string]uint64
	}{{"held, not sent", s.Held}, {"skipped", s.Skipped}, {"removed from the segment or source, left where they are", s.Ignored}} {
		if text := counts(x.m); text != "" {
			a.out.printf("  %s: %s\n", x.word, text)
		}
	}
	if s.Expired > 0 {
		a.out.printf("  expired, too old to send: %s\n", number(s.Expired))
	}
	a.printFields(s.Fields)
	for _, x := range s.Samples {
		a.out.printf("  %s\n", a.sample(x))
	}
	if s.Calls > 0 {
		a.out.printf("  %s, about %s at the destination's rate\n", counted(s.Calls, "call"), seconds(s.Seconds))
	}
	if line := existingLine(s.Existing); line != "" {
		a.out.printf("  %s\n", printable(line))
	}
	for _, w := range s.Warnings {
		a.out.printf("  %s %s\n", a.out.paint(yellow, "warning:"), printable(w))
	}
	switch {
	case s.Approved != "":
		a.out.printf("  %s %s; approved by %s\n", a.out.paint(yellow, "guard "+s.Guard+":"), printable(s.GuardText), printable(s.Approved))
	case s.Guard != "":
		a.out.printf("  %s %s\n", a.out.paint(red, "blocked by "+s.Guard+":"), printable(s.GuardText))
	}
	if s.PlanID != "" {
		a.out.printf("  plan %s\n", s.PlanID)
	}
	a.helpLine(s.Help)
}

// existingLine says how many new rows the destination has already.
func existingLine(x *engine.Existing) string {
	if x == nil {
		return ""
	}
	if x.Note != "" {
		return "existing: " + x.Then + "; " + x.Note
	}
	then := "kith takes those over"
	if x.Then == "skip" {
		then = "kith leaves those alone"
	}
	return fmt.Sprintf("existing: of %s looked up, %s there already; %s", counted(x.Looked, "new row"), many(x.Found, "is", "are"), then)
}

func (a *app) helpLine(help string) {
	if help != "" {
		a.out.printf("  help: %s\n", printable(help))
	}
}

// planTitle says what is special about the run.
func planTitle(s *engine.SyncPlan) string {
	var notes []string
	if s.Rebaseline {
		notes = append(notes, "taken as delivered, nothing sent")
	}
	switch {
	case s.First && s.Rebaseline:
		notes = append(notes, "first sync")
	case s.First:
		notes = append(notes, "first sync: every row is new to kith; `existing:` says what becomes of records that are there, --rebaseline takes all as delivered")
	}
	if s.MappingChanged {
		notes = append(notes, "mapping changed")
	}
	if s.Rehash > 0 {
		notes = append(notes, "rehash: the next sync first writes the hashes of "+counted(s.Rehash, "baseline row")+" anew, as another hash function made them; nothing is sent for that")
	}
	if s.Full {
		notes = append(notes, "full: every row is sent that a full run has not sent yet")
	}
	if len(notes) == 0 {
		return ""
	}
	return "  " + strings.Join(notes, "; ")
}

// printFields lists the fields that change most.
func (a *app) printFields(fields []engine.FieldChange) {
	const most = 10
	list := slices.Clone(fields)
	slices.SortStableFunc(list, func(x, y engine.FieldChange) int {
		switch {
		case x.Rows > y.Rows:
			return -1
		case x.Rows < y.Rows:
			return 1
		}
		return strings.Compare(x.Field, y.Field)
	})
	var parts []string
	for i, f := range list {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(list)-most))
			break
		}
		if f.Rows > 0 {
			parts = append(parts, printable(f.Field)+" "+number(f.Rows))
		}
	}
	if len(parts) > 0 {
		a.out.printf("  fields that change: %s\n", strings.Join(parts, ", "))
	}
}

// sample is "~ a…@….com  city=A… lifetime_value=1…  [city]".
func (a *app) sample(x engine.Sample) string {
	c := map[string]color{"+": green, "~": yellow, "-": red}[x.Sign]
	text := a.out.paint(c, x.Sign) + " " + x.Key
	fields := x.Changed
	if len(fields) == 0 {
		fields = slices.Sorted(maps.Keys(x.Fields))
	}
	for _, f := range fields {
		if v, ok := x.Fields[f]; ok {
			text += "  " + f + "=" + v
		} else {
			text += "  " + f
		}
	}
	var why []string
	for _, w := range []string{x.Reason, x.Action} {
		if w != "" {
			why = append(why, w)
		}
	}
	if len(why) > 0 {
		text += " (" + strings.Join(why, ": ") + ")"
	}
	return printable(strings.ReplaceAll(text, "\n", " "))
}
