package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// demoOptions are the flags of `kith demo`.
type demoOptions struct {
	dir    string
	people int
	sized  bool // people was given
	asOf   string
}

// demoSize is how many people the demo's shop can have. Below the least the cast of
// the story (see sql/clickhouse/demo.sql) would be most of it.
type demoSize struct{ least, usual, most int }

var (
	engineSize   = demoSize{1_000, 52_000, 500_000}
	emulatorSize = demoSize{300, 400, 5_000}
)

// demoEmulated is the target of the reference project that is the emulator.
const demoEmulated = "dev"

func sizeOn(target string) demoSize {
	if target == demoEmulated {
		return emulatorSize
	}
	return engineSize
}

func (a *app) demoCommand() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole on this machine: a shop, a real ClickHouse, the vendors' stand-ins",
		Long: `Show the whole on this machine: generate a shop in a real ClickHouse, run the reference
project over it, run it again, let a day pass, and run it once more.

With --target dev the warehouse is BigQuery's emulator (` + "`make engine`" + ` builds it): the
same story in GoogleSQL, of fewer people, since SQLite runs it. docs/bigquery.md says
what the emulator does not do.

Every demo starts from nothing in a folder of its own. Nothing leaves the machine: what
would go to HubSpot and to the shop's services goes to the sandbox. With --json the three
runs are printed, each as ` + "`kith run --json`" + ` prints it.`,
		Example: `  kith demo                          the story, in about half a minute
  kith demo --target dev             the same on BigQuery's emulator, in some minutes`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.sized = c.Flags().Changed("people")
			return a.demo(o)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&o.dir, "dir", ".kith/demo", "the folder, made anew")
	c.Flags().IntVar(&o.people, "people", 0, fmt.Sprintf("how many people the shop has (default %d, on the emulator %d)", engineSize.usual, emulatorSize.usual))
	c.Flags().StringVar(&o.asOf, "as-of", "", "the moment of the last run, RFC 3339 (default: the present hour)")
	return c
}

// check reads the flags and chooses the size when none is given; the time is zero when
// none is given.
func (o *demoOptions) check(a *app) (at time.Time, err error) {
	if a.dir != "" {
		return at, withHelp(errors.New("the demo has a project of its own, so -C says nothing to it"), "--dir says where to make it")
	}
	size := sizeOn(a.target)
	if !o.sized {
		o.people = size.usual
	}
	if o.people < size.least || o.people > size.most {
		return at, withHelp(fmt.Errorf("--people is %s", number(o.people)), "choose a number from %s to %s", number(size.least), number(size.most))
	}
	if o.asOf == "" {
		return at, nil
	}
	if at, err = time.Parse(time.RFC3339, o.asOf); err != nil {
		return at, withHelp(fmt.Errorf("--as-of %q is not a time", o.asOf), "write it as 2026-11-01T12:00:00Z")
	}
	return at.UTC(), nil
}

// demoDocument is what `kith demo --json` prints.
type demoDocument struct {
	Runs []*engine.Report `json:"runs"` // the first, a repeat without changes, the day after
}

// demonstration is one `kith demo`.
type demonstration struct {
	*app
	*session
	dir  string
	shop demoShop
	cast map[uint64]person // by number
	seen *look             // at the sandbox, after the last run
	runs []*engine.Report
}

func (a *app) demo(o demoOptions) error {
	at, err := o.check(a)
	if err != nil {
		return err
	}
	folder, err := a.demoFolder(o.dir)
	if err != nil {
		return err
	}
	defer folder.release()
	if err := folder.fill(); err != nil {
		return err
	}
	a.dir = folder.path
	a.streams.Env = saltedEnv(a.streams.Env)
	p, err := a.load()
	if err != nil {
		return err
	}
	if p.Target.Live {
		return withHelp(fmt.Errorf("the demo makes tables and sends made-up people, and target %s is live", p.Target.Name), "leave --target out: the demo runs on a ClickHouse of its own; with --target dev on BigQuery's emulator")
	}
	return a.withProject(p, func(s *session) error {
		d := &demonstration{app: a, session: s, dir: o.dir, shop: demoShop{People: o.people}}
		s.engine.Estimator = nil // the story tells no bytes, and what the emulator estimates it runs
		err := d.play(at)
		if a.json && len(d.runs) > 0 {
			err = errors.Join(a.printJSON(demoDocument{d.runs}), err)
		}
		return err
	})
}

// demoSalt is the salt of the demo's ledger, so that every demo gives the same ids.
const demoSalt = "kith demo"

func saltedEnv(env func(string) string) func(string) string {
	return func(name string) string {
		if v := env(name); name != "KITH_SALT" || v != "" {
			return v
		}
		return demoSalt
	}
}

// play is the story, in its order.
func (d *demonstration) play(at time.Time) error {
	if at.IsZero() {
		now, err := d.engine.Ledger.Now(d.soft)
		if err != nil {
			return err
		}
		at = now.Truncate(time.Hour)
	}
	d.shop.Next, d.shop.At = at, at.Add(-24*time.Hour)
	for _, act := range []func() error{d.prologue, d.firstRun, d.repeat, d.dayPasses, d.plan, d.dayAfter, d.epilogue} {
		if err := act(); err != nil {
			return err
		}
	}
	return nil
}

// run runs the project as of a moment. The look is at what the run has done to the
// sandbox.
func (d *demonstration) run(at time.Time) (*engine.Report, *look, error) {
	report, err := d.observed(d.session, func() (*engine.Report, error) {
		return d.engine.Run(d.soft, d.hard, engine.Request{Command: "demo", Build: true, Syncs: d.syncs(), AsOf: at})
	})
	if report != nil {
		d.runs = append(d.runs, report)
	}
	if err != nil {
		return nil, nil, err
	}
	// Partial is part of the story: HubSpot refuses some rows, always.
	if s := report.Status; s != engine.Succeeded && s != engine.Partial {
		d.failed(report)
		return nil, nil, exitError(s.ExitCode())
	}
	after, err := d.look(d.seen)
	d.seen = after
	return report, after, err
}

func (d *demonstration) syncs() []*cdp.Sync {
	var out []*cdp.Sync
	for _, s := range d.session.project.Syncs {
		if !s.Disabled {
			out = append(out, s)
		}
	}
	return out
}
