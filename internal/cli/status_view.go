package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/engine"
)

// printStatus shows where everything stands: a table, then what needs a person.
func (a *app) printStatus(doc statusDocument) {
	list := doc.Syncs
	rows := make([][]string, len(list))
	var orphans []string
	for i, x := range list {
		status := x.Status
		if x.State != stateActive {
			status = x.State
		}
		rows[i] = []string{x.Sync, status, a.when(x.LastRun), a.nextDue(x.schedule), number(x.Rows), number(x.Held), a.when(x.NextTry), orDash(x.Endpoint)}
		if x.State == stateOrphan {
			orphans = append(orphans, x.Sync)
		}
	}
	if len(list) == 0 {
		a.out.printf("the project has no sync\n")
	} else {
		a.out.table([]string{"SYNC", "STATUS", "LAST RUN", "NEXT RUN", "ROWS>", "HELD>", "NEXT TRY", "ENDPOINT"}, rows)
	}
	if doc.Build.Schedule != "" {
		a.out.printf("build: %s, next %s\n", doc.Build.Schedule, a.nextDue(doc.Build))
	}
	a.printTroubles("build", &syncStatus{schedule: doc.Build})
	for i := range list {
		a.printTroubles("sync "+list[i].Sync, &list[i])
	}
	if len(orphans) > 0 {
		a.out.printf("\norphans: %s are in the ledger and not in the project; `kith retire %s` forgets them\n", shorten(orphans), orphans[0])
	}
	unserved := func(s schedule) bool { return s.Overdue && s.Behind == "" }
	overdue := unserved(doc.Build) || slices.ContainsFunc(list, func(x syncStatus) bool { return unserved(x.schedule) })
	switch {
	case overdue:
		a.out.printf("\nnext: `kith serve` runs what is due; none seems to\n")
	case slices.ContainsFunc(list, func(x syncStatus) bool { return x.Rejected > 0 }):
		a.out.printf("\nnext: `kith log --rejected` shows the rejected rows\n")
	}
}

// nextDue is when a task runs next: a time, paused, overdue, or nothing.
func (a *app) nextDue(s schedule) string {
	switch {
	case s.Paused != nil:
		return "paused"
	case s.Overdue:
		return a.out.paint(red, "overdue")
	case s.NextDue == nil && strings.HasPrefix(s.Schedule, "after "):
		return s.Schedule
	}
	return a.when(s.NextDue)
}

// printTroubles says what is wrong with a task, why, and what to do.
func (a *app) printTroubles(what string, x *syncStatus) {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, printable(fmt.Sprintf(format, args...))) }
	if x.Paused != nil {
		reason := ""
		if x.Paused.Reason != "" {
			reason = ": " + x.Paused.Reason
		}
		say("paused since %s%s", a.when(&x.Paused.Since), reason)
	}
	about := ""
	switch {
	case x.Waiting != "":
		about = x.Waiting
	case x.Overdue:
		about = "was due at " + a.when(x.NextDue)
	}
	switch {
	case x.Overdue && x.Behind != "":
		about += "; waits for " + x.Behind
	case x.Overdue && x.Waiting != "":
		about += "; no process is at it"
	}
	if about != "" {
		say("%s", about)
	}
	told := false
	for _, t := range x.Troubles {
		told = told || t.Text == x.Error
		say("%s since %s: %s", t.Kind, a.when(&t.Since), t.Text)
		if len(t.Untold) > 0 {
			say("not told yet: %s; `kith doctor` checks the places of alerts", shorten(t.Untold))
		}
	}
	if x.Error != "" && !told && x.Status != string(engine.Succeeded) {
		say("%s: %s", x.Status, x.Error)
	}
	if left := counts(x.Left); x.Status == string(engine.Partial) && left != "" {
		why := counts(x.Codes)
		if why != "" {
			why = " (" + why + ")"
		}
		say("rows that the last run has left: %s%s", left, why)
	}
	if x.Help != "" && x.Status != string(engine.Succeeded) {
		say("help: %s", x.Help)
	}
	if x.Rejected > 0 {
		next := ""
		if x.NextTry != nil {
			next = ", tried again from " + x.NextTry.UTC().Format(time.DateTime)
		}
		say("%s rejected%s; `kith log --rejected --sync %s` shows which and why", counted(x.Rejected, "row"), next, x.known())
	}
	if x.Remote > 0 {
		say("%s of the last run refused by the vendor, which does not say which", counted(x.Remote, "row"))
	}
	if len(lines) == 0 {
		return
	}
	a.out.printf("\n%s\n", a.out.paint(bold, what))
	for _, l := range lines {
		a.out.printf("  %s\n", l)
	}
}
