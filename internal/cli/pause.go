package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/ledger"
)

// pauseFlags are what is paused, or goes on.
type pauseFlags struct {
	selection
	all    bool
	reason string
}

func (a *app) pauseCommand() *cobra.Command {
	var f pauseFlags
	c := &cobra.Command{
		Use:   "pause [NAME...]",
		Short: "Let the daemon leave syncs alone, until `kith resume`",
		Long: `It is written to the ledger, so that it holds for every daemon of the project, and over
restarts; a daemon knows within half a minute. A run that is on is finished. Runs that
somebody asks for go on happening. build is the name of the scheduled build.`,
		Example: `  kith pause people_to_crm --reason "CRM migration"
  kith pause --all                   every sync, and the build`,
		RunE: func(_ *cobra.Command, args []string) error { return a.pause(f, args, true) },
	}
	f.flags(c)
	c.Flags().StringVar(&f.reason, "reason", "", "why; kith status shows it")
	return c
}

func (a *app) resumeCommand() *cobra.Command {
	var f pauseFlags
	c := &cobra.Command{
		Use:   "resume [NAME...]",
		Short: "Let the daemon run paused syncs again",
		Long: `The runs that were due in the meantime are not made up for: the next tick sends
all that has changed. Nothing changes for what is not paused.`,
		Example: `  kith resume people_to_crm
  kith resume --all`,
		RunE: func(_ *cobra.Command, args []string) error { return a.pause(f, args, false) },
	}
	f.flags(c)
	return c
}

func (f *pauseFlags) flags(c *cobra.Command) {
	c.Flags().SortFlags = false
	f.selection.flags(c, "syncs")
	c.Flags().BoolVar(&f.all, "all", false, "every sync, and the build")
}

// tasks are the names of what was chosen.
func (f *pauseFlags) tasks(p *cdp.Project, args []string) ([]string, error) {
	given := 0
	for _, on := range []bool{f.all, len(args) > 0, !f.selection.empty()} {
		if on {
			given++
		}
	}
	if given != 1 {
		return nil, withHelp(errors.New("say which syncs"), "give their names, or --select, or --all")
	}
	var out []string
	switch {
	case f.all:
		out = append(out, ledger.TaskBuild)
		for _, s := range p.Syncs {
			out = append(out, ledger.TaskOf(s.Name))
		}
	case len(args) > 0:
		known := []string{ledger.TaskBuild}
		for _, s := range p.Syncs {
			known = append(known, s.Name)
		}
		for _, name := range args {
			if err := cmp.Or(notDisabled(p, name), knownSync(name, known)); err != nil {
				return nil, err
			}
			if name != ledger.TaskBuild {
				name = ledger.TaskOf(name)
			}
			out = append(out, name)
		}
	default:
		syncs, err := f.syncs(p)
		if err != nil {
			return nil, err
		}
		for _, s := range syncs {
			out = append(out, ledger.TaskOf(s.Name))
		}
	}
	return out, nil
}

func (a *app) pause(f pauseFlags, args []string, paused bool) error {
	return a.with(func(s *session) error {
		tasks, err := f.tasks(s.project, args)
		if err != nil {
			return err
		}
		p := ledger.Pause{Paused: paused, Reason: f.reason, Since: time.Now().UTC().Truncate(time.Millisecond)}
		if tasks, err = daemon.Pause(a.soft, s.engine.Ledger, s.project, tasks, p); err != nil {
			return err
		}
		if a.json {
			if tasks == nil {
				tasks = []string{}
			}
			return a.printJSON(map[string]any{"tasks": tasks, "paused": paused})
		}
		if len(tasks) == 0 {
			a.out.printf("none of them is paused\nnext: `kith status` shows when they are due\n")
			return nil
		}
		word, next := "paused", "`kith resume` lets the daemon run them again"
		if !paused {
			word, next = "resumed", "`kith status` shows when they are due"
		}
		a.out.printf("%s: %s\nnext: %s\n", word, strings.Join(tasks, ", "), next)
		return nil
	})
}

// scheduleText is a schedule for people: "0 6 * * * (Europe/Amsterdam)".
func scheduleText(s *cdp.Schedule) string {
	if s == nil {
		return ""
	}
	text := s.Cron
	if len(s.After) > 0 {
		text = "after " + strings.Join(s.After, ", ")
	}
	if s.Timezone != "UTC" && s.Cron != "" {
		text += " (" + s.Timezone + ")"
	}
	if s.HoursOn {
		text += fmt.Sprintf(", %02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
	}
	if s.Gated() {
		text += ", when its condition holds"
	}
	return text
}
