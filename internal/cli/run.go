package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// runFlags are what plan, run, build and sync share.
type runFlags struct {
	engine.Request
	selection
	asOf string
	plan string // file of a saved plan

	given string // those that say what is done, as they are typed, all of the command's
	rest  string // those of them under which a run sends what is left
}

func (r *runFlags) flags(c *cobra.Command) {
	c.Flags().SortFlags = false
	r.selection.flags(c, "syncs")
	c.Flags().BoolVar(&r.Full, "full", false, "read and send every row again, removals included")
	c.Flags().BoolVar(&r.Rebaseline, "rebaseline", false, "take the desired rows as delivered, send nothing; the next run removes who is to go")
	c.Flags().BoolVar(&r.RetryRejected, "retry-rejected", false, "send rejected rows again at once")
	r.asOfFlag(c)
}

func (r *runFlags) asOfFlag(c *cobra.Command) {
	c.Flags().StringVar(&r.asOf, "as-of", "", "the run's moment, RFC 3339 (default: the warehouse's clock); for tests and replays")
}

// check reads the flags against each other.
func (r *runFlags) check() error {
	if r.Full && r.Rebaseline {
		return withHelp(errors.New("--full and --rebaseline exclude each other"), "--full sends every row, --rebaseline sends none and takes all as delivered")
	}
	if r.asOf == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339, r.asOf)
	if err != nil {
		return withHelp(fmt.Errorf("--as-of %q is not a time", r.asOf), "write it as 2026-11-01T12:00:00Z")
	}
	r.AsOf = at.UTC()
	return nil
}

func (a *app) runCommand() *cobra.Command {
	r := runFlags{Request: engine.Request{Command: "run", Build: true}}
	c := &cobra.Command{
		Use:   "run",
		Short: "Build what is needed, then push what changed",
		Example: `  kith run                           everything
  kith run --select tag:daily        the syncs with a tag, and what they need`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.execute(c, &r) },
	}
	r.flags(c)
	return c
}

func (a *app) syncCommand() *cobra.Command {
	r := runFlags{Request: engine.Request{Command: "sync"}}
	c := &cobra.Command{
		Use:   "sync",
		Short: "Push what changed, from the last build",
		Example: `  kith sync --select people_to_crm   one of them
  kith sync --plan friday.plan       exactly what was planned, or exit 4`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.execute(c, &r) },
	}
	r.flags(c)
	c.Flags().StringVar(&r.plan, "plan", "", "apply the plan that kith plan --out FILE wrote, its build included, or refuse when the world has moved")
	return c
}

func (a *app) buildCommand() *cobra.Command {
	r := runFlags{Request: engine.Request{Command: "build", Build: true}}
	c := &cobra.Command{
		Use:   "build",
		Short: "Build identity, profiles and segments; push nothing",
		Long:  `A build is atomic: all its tables become current at once, so it has no --select.`,
		Example: `  kith build                         as of now
  kith build --full                  read every row again, not only what is new`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.execute(c, &r) },
	}
	c.Flags().BoolVar(&r.Full, "full", false, "read every row of the sources again; else identity reads what is new")
	r.asOfFlag(c)
	return c
}

// execute runs a request and prints its report.
func (a *app) execute(c *cobra.Command, r *runFlags) error {
	r.given, r.rest = given(c), rest(c)
	if err := r.check(); err != nil {
		return err
	}
	p, err := a.load()
	if err != nil {
		return err
	}
	if r.Command != "build" {
		if r.Syncs, err = r.syncs(p); err != nil {
			return err
		}
		if r.plan != "" {
			if err := a.usePlan(p, r); err != nil {
				return err
			}
		}
		if len(r.Syncs) == 0 && r.Command == "sync" {
			return withHelp(errors.New("the project has no enabled sync"), "declare one under `syncs:`; `kith destinations` shows where it can write")
		}
	}
	return a.withProject(p, func(s *session) error {
		where := a.opening(s, r.Syncs)
		report, err := a.observed(s, func() (*engine.Report, error) { return s.engine.Run(a.soft, a.hard, r.Request) })
		if report == nil {
			return err
		}
		if report.Help == "" && report.Err != nil {
			report.Help = a.helpFor(report.Err)
		}
		if printErr := a.printReport(report, r, where); printErr != nil {
			return printErr
		}
		if err != nil {
			return err
		}
		if code := report.Status.ExitCode(); code != 0 {
			return exitError(code)
		}
		return nil
	})
}

// opening says first where the rows go: on stdout, with --json on stderr.
func (a *app) opening(s *session, syncs []*cdp.Sync) string {
	where := s.remotes.where(syncs)
	a.tell(where)
	return where
}

func (a *app) tell(where string) {
	switch {
	case where == "":
	case a.json:
		a.notef("%s\n", where)
	default:
		a.out.printf("%s\n", a.out.paint(dim, where))
	}
}

// observed shows progress while f runs.
func (a *app) observed(s *session, f func() (*engine.Report, error)) (*engine.Report, error) {
	observe, end := a.progress()
	defer end()
	s.engine.Observe = observe
	return f()
}
