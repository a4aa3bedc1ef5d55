package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	osuser "os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// approveFlags are who approves and for how long.
type approveFlags struct {
	by    string
	lasts time.Duration
	yes   bool
}

func (a *app) approveCommand() *cobra.Command {
	f := approveFlags{lasts: engine.ApprovalLasts}
	c := &cobra.Command{
		Use:   "approve PLAN",
		Short: "Let a run do what a guard stopped",
		Long: `PLAN is the id that a blocked run or a plan shows, or a file of ` + "`kith plan --out`" + `.
Exactly that is allowed, once: the same rows with the same values. If anything has moved
by the time of the run it is blocked again, under another id, and of a sync only the last
id can be approved: ` + "`kith status`" + ` shows it. An approved run that dies
or is interrupted may go on; its plan needs, and takes, no second approval until then.
A no to the question is exit 1, so that no run comes after it.`,
		Example: `  kith approve 3f9c2a81d04b7e65     shows what it is, and asks
  kith approve friday.plan --yes --by "$CI_USER" --lasts 2h`,
		Args: oneArg("a plan id, or a file of `kith plan --out`"),
		RunE: func(_ *cobra.Command, args []string) error { return a.approve(args[0], f) },
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&f.by, "by", "", "who approves (default: this user at this machine)")
	c.Flags().DurationVar(&f.lasts, "lasts", f.lasts, "how long the approval is good")
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) approve(arg string, f approveFlags) error {
	const longest = 30 * 24 * time.Hour
	if f.lasts < time.Minute || f.lasts > longest {
		return withHelp(fmt.Errorf("--lasts %s is not between 1m and %s", f.lasts, longest), "an approval is for one run that comes soon")
	}
	if f.by == "" {
		f.by = whoami()
	}
	return a.with(func(s *session) error {
		plans, err := a.toApprove(s, arg)
		if err != nil {
			return err
		}
		if !a.json {
			a.showStopped(a.out, plans)
		}
		if !f.yes {
			if a.json { // stdout is for the document
				a.showStopped(a.err, plans)
			}
			what := "this"
			if len(plans) > 1 {
				what = "these"
			}
			ok, err := a.confirm(fmt.Sprintf("let %s pass, once, within %s?", what, f.lasts))
			if err != nil {
				return err
			}
			if !ok { // what would have come after it must not go on
				return errors.New("nothing is approved: the answer was no")
			}
		}
		approved, inUse := []engine.SavedSync{}, map[string]string{}
		for _, p := range plans {
			run, err := s.engine.Approve(a.soft, p, f.by, f.lasts)
			switch {
			case err != nil:
				return err
			case run == "":
				approved = append(approved, p)
				continue
			}
			inUse[p.ID] = run
			if !a.json {
				a.out.printf("plan %s is in use: run %s goes by an approval of it already, and should it not come to its end the next run goes on with it\n", p.ID, run)
			}
		}
		if a.json {
			doc := map[string]any{"approved": approved, "by": f.by, "lasts": f.lasts.String()}
			if len(inUse) > 0 {
				doc["in_use"] = inUse // plans by which a run goes
			}
			return a.printJSON(doc)
		}
		if len(approved) > 0 {
			a.out.printf("approved by %s, for one run within %s\n", printable(f.by), f.lasts)
		}
		return nil
	})
}

// showStopped shows what is asked about.
func (a *app) showStopped(to printer, plans []engine.SavedSync) {
	for _, p := range plans {
		to.printf("%s  plan %s\n", to.paint(bold, "sync "+p.Sync), p.ID)
		to.printf("  %s   %s wanted, %s delivered before, to %s\n", a.changes(p.Added, p.Changed+p.Rekeyed, p.Removed, p.Reasons), counted(p.Rows, "row"), number(p.Baseline), printable(shown(p.Endpoint)))
		to.printf("  stopped by %s: %s\n", p.Guard, printable(shown(p.Text)))
	}
}

// toApprove are the stopped plans that an argument names: an id, or those in a file.
func (a *app) toApprove(s *session, arg string) ([]engine.SavedSync, error) {
	saved, err := a.readPlan(arg)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p, err := s.engine.Stopped(a.soft, arg)
		var stale *engine.StaleError
		switch {
		case errors.Is(err, engine.ErrNoPlan):
			return nil, withHelp(err, "a blocked run and `kith plan` show the id of what a guard stops")
		case errors.As(err, &stale):
			return nil, withHelp(err, "`kith plan --select %s%s` shows what it would do now, `kith approve %s%s` shows the counts of that plan, and asks", stale.Sync, a.everywhere, stale.Newest, a.everywhere)
		case err != nil:
			return nil, err
		}
		return []engine.SavedSync{*p}, nil
	case err != nil:
		return nil, err
	}
	var out []engine.SavedSync
	for _, p := range saved.Syncs {
		if p.Guard != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, withHelp(fmt.Errorf("no guard stops anything in %s", arg), "`kith sync --plan %s` applies it", arg)
	}
	return out, nil
}

// whoami is who runs this process, for the record.
func whoami() string {
	name := "somebody"
	if u, err := osuser.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// readPlan reads a file of `kith plan --out`.
func (a *app) readPlan(name string) (*engine.SavedPlan, error) {
	b, err := os.ReadFile(a.path(name))
	if err != nil {
		return nil, err
	}
	p, err := engine.ReadPlan(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// savePlan writes a plan for `kith sync --plan`.
func (a *app) savePlan(s *session, r engine.Request, report *engine.PlanReport, name string) error {
	saved, err := s.engine.Saved(r, report)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(saved, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.path(name), append(b, '\n'), 0o600); err != nil {
		return err
	}
	first := ""
	if slices.ContainsFunc(report.Syncs, func(s *engine.SyncPlan) bool { return s.Status == engine.Blocked }) {
		first = "`kith approve " + quoted(name) + a.everywhere + "` lets pass what was blocked, then "
	}
	a.notef("the plan is in %s; %s`kith sync --plan %s%s` applies it\n", name, first, quoted(name), a.everywhere)
	return nil
}

// usePlan makes the request of a saved plan.
func (a *app) usePlan(p *cdp.Project, r *runFlags) error {
	if r.Full || r.RetryRejected || r.Rebaseline || r.asOf != "" || !r.selection.empty() {
		return withHelp(errors.New("--plan says what is sent, and when it was planned"), "leave out --select, --exclude, --full, --rebaseline, --retry-rejected and --as-of")
	}
	saved, err := a.readPlan(r.plan)
	if err != nil {
		return err
	}
	if saved.Project != p.Name || saved.Target != p.Target.Name {
		return withHelp(fmt.Errorf("%s is a plan of project %s on target %s, and this is %s on %s", r.plan, saved.Project, saved.Target, p.Name, p.Target.Name), "--target chooses the target")
	}
	all := r.Syncs
	r.Syncs = nil
	var missing []string
	for _, x := range saved.Syncs {
		found := false
		for _, s := range all {
			if s.Name == x.Sync {
				r.Syncs, found = append(r.Syncs, s), true
			}
		}
		if !found {
			missing = append(missing, x.Sync)
		}
	}
	if len(missing) > 0 {
		return withHelp(fmt.Errorf("the project has no sync %s any more", strings.Join(missing, ", ")), "`kith plan --out %s` makes a new plan", r.plan)
	}
	r.Apply, r.Build, r.Full, r.RetryRejected, r.AsOf = saved, saved.Build, saved.Full, saved.RetryRejected, saved.AsOf
	return nil
}
