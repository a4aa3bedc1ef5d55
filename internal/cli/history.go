package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// runEntry is a run as `runs --json` prints it.
type runEntry struct {
	RunID    string          `json:"run_id"`
	Command  string          `json:"command"`
	Status   string          `json:"status"`
	Commit   string          `json:"git_commit,omitempty"`
	AsOf     time.Time       `json:"as_of"`
	Started  time.Time       `json:"started_at"`
	Finished *time.Time      `json:"finished_at,omitempty"`
	Report   json.RawMessage `json:"report,omitempty"`
}

func (a *app) runsCommand() *cobra.Command {
	limit := 20
	c := &cobra.Command{
		Use:   "runs [RUN_ID]",
		Short: "List runs, or show one",
		Example: `  kith runs                          the last 20
  kith runs 20261122t153000-1f2e3d4c --json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return oneArg("a run")(c, args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runs(strings.Join(args, ""), limit) },
	}
	c.Flags().IntVar(&limit, "limit", limit, "how many")
	return c
}

func (a *app) runs(id string, limit int) error {
	if err := positive(limit); err != nil {
		return err
	}
	return a.with(func(s *session) error {
		runs, err := s.engine.Ledger.Runs(a.soft, id, limit)
		if err != nil {
			return err
		}
		if id != "" && len(runs) == 0 {
			return withHelp(fmt.Errorf("there is no run %s", id), "`kith runs` lists them")
		}
		list := []runEntry{}
		for _, r := range runs {
			e := runEntry{RunID: r.ID, Command: r.Command, Status: r.Status, Commit: r.Commit, AsOf: r.AsOf, Started: r.StartedAt, Finished: r.FinishedAt}
			if report := shown(r.Report); json.Valid([]byte(report)) {
				e.Report = json.RawMessage(report)
			}
			list = append(list, e)
		}
		switch {
		case a.json && id != "":
			return a.printJSON(list[0])
		case a.json:
			return a.printJSON(map[string]any{"runs": list})
		case id != "":
			return a.printRun(list[0])
		}
		a.printRuns(list)
		return nil
	})
}

func positive(limit int) error {
	if limit < 1 {
		return withHelp(fmt.Errorf("--limit %d lists nothing", limit), "give a number from 1")
	}
	return nil
}

func (a *app) printRun(r runEntry) error {
	a.out.printf("run %s (%s)\nas of %s, began %s", r.RunID, r.Command, a.when(&r.AsOf), a.when(&r.Started))
	if r.Finished != nil {
		a.out.printf(", took %s", seconds(r.Finished.Sub(r.Started).Seconds()))
	}
	if r.Commit != "" {
		a.out.printf(", commit %s", r.Commit)
	}
	a.out.printf("\n")
	var report engine.Report
	if len(r.Report) == 0 || json.Unmarshal(r.Report, &report) != nil {
		a.out.printf("%s: it has written no end; it goes on, or it died\n", r.Status)
		return nil
	}
	return a.printReport(&report, &runFlags{Request: engine.Request{Command: r.Command}}, "")
}

func (a *app) printRuns(list []runEntry) {
	if len(list) == 0 {
		a.out.printf("nothing has run yet; next: `kith run`\n")
		return
	}
	rows := make([][]string, len(list))
	for i, r := range list {
		took, delivered := "-", "-"
		if r.Finished != nil {
			took = seconds(r.Finished.Sub(r.Started).Seconds())
		}
		var report engine.Report
		if json.Unmarshal(r.Report, &report) == nil {
			n := uint64(0)
			for _, s := range report.Syncs {
				n += s.Delivered
			}
			delivered = number(n)
		}
		rows[i] = []string{r.RunID, r.Command, r.Status, a.when(&r.Started), took, delivered, orDash(r.Commit), whyRun(&report)}
	}
	a.out.table([]string{"RUN", "COMMAND", "STATUS", "STARTED (UTC)", "TOOK>", "DELIVERED>", "COMMIT", "WHY"}, rows)
}

// whyRun is, in a few words, why a run did not succeed; `kith runs ID` has all of it.
func whyRun(r *engine.Report) string {
	const most = 60
	text := r.Error
	for _, s := range r.Syncs {
		if text != "" {
			break
		}
		if text = s.Error; text == "" {
			text = counts(s.Codes)
		}
		if text != "" {
			text = s.Sync + ": " + text
		}
	}
	if cut := []rune(printable(text)); len(cut) > most {
		return string(cut[:most]) + "…"
	}
	return orDash(printable(text))
}

// logFlags narrow the log.
type logFlags struct {
	sync, run, fate  string
	rejected, unmask bool
	limit            int
}

func (a *app) logCommand() *cobra.Command {
	f := logFlags{limit: 50}
	c := &cobra.Command{
		Use:   "log",
		Short: "Show what became of rows",
		Long: `Newest first. A row is named by a hash of its id; rejected rows by their id, masked, with
the reason and the next try.`,
		Example: `  kith log --rejected                rows that wait for their next try, and why
  kith log --sync people_to_crm --fate unknown --limit 10`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.log(f) },
	}
	c.Flags().StringVar(&f.sync, "sync", "", "only this sync")
	c.Flags().StringVar(&f.run, "run", "", "only this run")
	c.Flags().StringVar(&f.fate, "fate", "", "only rows with this fate: "+fateNames())
	c.Flags().BoolVar(&f.rejected, "rejected", false, "the rejected rows that were not delivered since")
	c.Flags().BoolVar(&f.unmask, "unmask", false, "with --rejected: show whole ids, which may be personal data")
	c.Flags().IntVar(&f.limit, "limit", f.limit, "how many")
	return c
}

func fateNames() string {
	var list []string
	for _, f := range cdp.Fates {
		list = append(list, string(f))
	}
	return strings.Join(list, " ")
}

func (a *app) checkLog(s *session, f logFlags) error {
	if err := positive(f.limit); err != nil {
		return err
	}
	if f.rejected && f.fate != "" {
		return withHelp(errors.New("--rejected and --fate cannot be combined"), "--rejected lists the rows that wait for their next try, --fate what became of each attempt")
	}
	if fates := strings.Fields(fateNames()); f.fate != "" && !strings.Contains(" "+fateNames()+" ", " "+f.fate+" ") {
		if near := nearest(f.fate, fates); near != "" {
			return withHelp(fmt.Errorf("there is no fate %q", f.fate), "did you mean --fate %s?", near)
		}
		return withHelp(fmt.Errorf("there is no fate %q", f.fate), "there are: %s", strings.Join(fates, ", "))
	}
	if f.sync == "" {
		return nil
	}
	states, err := s.engine.Ledger.States(a.soft)
	if err != nil {
		return err
	}
	var known []string
	for name := range states {
		known = append(known, name)
	}
	for _, x := range s.project.Syncs {
		known = append(known, x.Name)
	}
	return knownSync(f.sync, known)
}

// knownSync refuses a name that nobody knows.
func knownSync(name string, known []string) error {
	for _, k := range known {
		if k == name {
			return nil
		}
	}
	if near := nearest(name, known); near != "" {
		return withHelp(fmt.Errorf("there is no sync %q", name), "did you mean %s?", near)
	}
	return withHelp(fmt.Errorf("there is no sync %q", name), "`kith status` lists them")
}

// logEntry is an attempt as `log --json` prints it.
type logEntry struct {
	At      time.Time `json:"at"`
	Sync    string    `json:"sync"`
	Run     string    `json:"run_id"`
	Row     string    `json:"row"` // hash of its id
	Op      string    `json:"op"`
	Action  string    `json:"action,omitempty"`
	Fate    string    `json:"fate"`
	Code    string    `json:"code,omitempty"`
	Vendor  string    `json:"vendor_code,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Batch   uint64    `json:"batch"`
	Attempt uint64    `json:"attempt"`
}

// rejectedEntry is a rejected row as `log --rejected --json` prints it.
type rejectedEntry struct {
	At       time.Time `json:"at"`
	Sync     string    `json:"sync"`
	Run      string    `json:"run_id"`
	Row      string    `json:"row"`
	RowID    string    `json:"row_id"` // masked, unless --unmask
	Op       string    `json:"op"`
	Code     string    `json:"code"`
	Vendor   string    `json:"vendor_code,omitempty"`
	Reason   string    `json:"reason"`
	Attempts uint64    `json:"attempts"`
	NextTry  time.Time `json:"next_try"`
}

func rowName(kh uint64) string { return fmt.Sprintf("%016x", kh) }

func (a *app) log(f logFlags) error {
	return a.with(func(s *session) error {
		if err := a.checkLog(s, f); err != nil {
			return err
		}
		if f.rejected {
			return a.rejected(s, f)
		}
		entries, err := s.engine.Ledger.LogEntries(a.soft, ledger.LogFilter{Sync: f.sync, Run: f.run, Fate: cdp.Fate(f.fate), Limit: f.limit})
		if err != nil {
			return err
		}
		list := make([]logEntry, len(entries))
		rows := make([][]string, len(entries))
		for i, e := range entries {
			list[i] = logEntry{e.At, e.Sync, e.Run, rowName(e.KH), e.Op, e.Action, e.Fate, e.Code, e.Vendor, e.Reason, e.Batch, e.Attempt}
			rows[i] = []string{a.when(&e.At), e.Sync, rowName(e.KH), strings.TrimSpace(e.Op + " " + e.Action), e.Fate, because(e.Code, e.Vendor, e.Reason)}
		}
		if a.json {
			return a.printJSON(map[string]any{"log": list})
		}
		if len(rows) == 0 {
			a.out.printf("no row was sent that fits\n")
			return nil
		}
		a.out.table([]string{"AT (UTC)", "SYNC", "ROW", "OP", "FATE", "WHY"}, rows)
		var codes []string
		for _, e := range entries {
			codes = append(codes, e.Code)
		}
		a.printAdvice(codes)
		return nil
	})
}

func (a *app) rejected(s *session, f logFlags) error {
	entries, err := s.engine.Ledger.Rejections(a.soft, f.sync, f.run, f.limit)
	if err != nil {
		return err
	}
	list := []rejectedEntry{}
	var rows [][]string
	for _, e := range entries {
		id := e.RowID
		if !f.unmask {
			id = maskID(id)
		}
		list = append(list, rejectedEntry{e.At, e.Sync, e.Run, rowName(e.KH), id, e.Op.String(), e.Code, e.Vendor, e.Reason, e.Attempts, e.NextTry})
		rows = append(rows, []string{e.Sync, id, e.Op.Sign(), because(e.Code, e.Vendor, e.Reason), number(e.Attempts), a.when(&e.NextTry)})
	}
	if a.json {
		return a.printJSON(map[string]any{"rejected": list})
	}
	if len(rows) == 0 {
		a.out.printf("no row is rejected\n")
		return nil
	}
	a.out.table([]string{"SYNC", "ROW", "OP", "WHY", "TRIES>", "NEXT TRY (UTC)"}, rows)
	var codes []string
	for _, e := range list {
		codes = append(codes, e.Code)
	}
	a.printAdvice(codes)
	a.out.printf("\nnext: correct the values in the source, or send them again now: `kith sync --retry-rejected`\n")
	return nil
}

// because is "invalid_value (INVALID_EMAIL): the property is not an address".
func because(code, vendor, reason string) string {
	text := code
	if vendor != "" && vendor != code {
		text = strings.TrimSpace(text + " (" + vendor + ")")
	}
	if reason != "" {
		if text != "" {
			text += ": "
		}
		text += reason
	}
	return orDash(text)
}
