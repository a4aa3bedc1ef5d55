package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// finding is the outcome of one check of doctor.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warn, fail, skip
	Text   string `json:"text"`
	Help   string `json:"help,omitempty"`
}

// The outcomes.
const (
	checkOK   = "ok"
	checkWarn = "warn"
	checkFail = "fail"
	checkSkip = "skip"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check the target, the ledger and the destinations",
		Long: `It looks at connection, version, rights, leases, clocks, leftovers, credentials, and at
what has to hold of identity. No row of a source is read, none is sent, and nothing is
made at a destination, each of which is checked for every sync to it.`,
		Example: `  kith doctor                        the default target
  kith doctor --target prod --json   for a monitor: exit 1 when something fails`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.doctor() },
	}
}

// doctor collects findings; one that fails does not keep the rest from being looked at.
type doctor struct {
	app  *app
	list []finding
}

func (d *doctor) add(check, status, format string, args ...any) {
	d.list = append(d.list, finding{Check: check, Status: status, Text: fmt.Sprintf(format, args...)})
}

func (d *doctor) fail(check string, err error) {
	d.list = append(d.list, finding{Check: check, Status: checkFail, Text: err.Error(), Help: d.app.helpFor(err)})
}

func (a *app) doctor() (err error) {
	p, err := a.load()
	if err != nil {
		return err
	}
	d := &doctor{app: a}
	d.add("project", checkOK, "%s; target %s (%s)", inventory(p), p.Target.Name, p.Target.Type)
	s := &session{project: p}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	d.warehouse(a.soft, s)
	d.alerts(a.soft, p)
	if a.soft.Err() != nil {
		return a.soft.Err()
	}
	if a.json {
		err = a.printJSON(map[string]any{"target": p.Target.Name, "checks": d.list})
	} else {
		d.print()
	}
	if err != nil {
		return err
	}
	for _, f := range d.list {
		if f.Status == checkFail {
			return exitError(exitFailed)
		}
	}
	return nil
}

// warehouse checks from the connection on; without one the rest is skipped.
func (d *doctor) warehouse(ctx context.Context, s *session) {
	a := d.app
	compiler, err := a.compiler(s.project)
	if err != nil {
		d.fail("warehouse", err)
		return
	}
	s.compiler = compiler
	start := time.Now()
	if s.warehouse, err = a.connect(ctx, s, s.project, compiler.Dialect(), projectUser); err == nil && s.create != nil {
		err = s.create(ctx, s.warehouse)
	}
	if err != nil {
		d.fail("warehouse", err)
		d.add("ledger", checkSkip, "no connection")
		s.engine = nil
		d.destinations(ctx, s)
		return
	}
	d.version(ctx, s, time.Since(start))
	d.rights(ctx, s)
	d.sources(ctx, s)
	switch err := a.open(ctx, s); {
	case errors.Is(err, errNodes):
		d.fail("nodes", err)
	case err != nil:
		d.fail("ledger", err)
	default:
		d.ledger(ctx, s)
	}
	d.destinations(ctx, s)
}

// errNodes says that a target has several addresses which do not have one state.
var errNodes = errors.New("the nodes do not share the state")

// oneState refuses a target of several addresses where what kith writes to one node is not
// on all: two processes could take one lease on two of them, and a node without the
// baseline would be a first sync.
func oneState(ctx context.Context, s *session) error {
	if len(s.project.Target.Options["addr"].List) < 2 {
		return nil
	}
	stmt, err := statement(s.compiler.Dialect(), "state_engine", map[string]any{"Schema": s.project.State})
	if err != nil {
		return err
	}
	row, err := ledger.One(ctx, s.warehouse, stmt)
	if err != nil {
		return err
	}
	where := "is on each node for itself: two processes could both hold a lease"
	switch engine := ledger.Text(row[0]); engine {
	case "Shared":
		return nil
	case "Replicated":
		where = "has its tables on every node, and their rows on one"
		fallthrough
	default:
		return withHelp(fmt.Errorf("%w: state schema %s (database engine %s) %s", errNodes, s.project.State, engine, where), "name one address in target %s", s.project.Target.Name)
	}
}

func (d *doctor) version(ctx context.Context, s *session, took time.Duration) {
	stmt, err := statement(s.compiler.Dialect(), "server_version", nil)
	if err != nil {
		d.fail("warehouse", err)
		return
	}
	row, err := ledger.One(ctx, s.warehouse, stmt)
	if err != nil {
		d.fail("warehouse", err)
		return
	}
	d.add("warehouse", checkOK, "%s %s answers, connected in %s", s.project.Target.Type, ledger.Text(row[0]), seconds(took.Seconds()))
	if s.engineNote != "" {
		d.list = append(d.list, finding{"engine", checkWarn, s.engineNote, "run projects of others on Linux, or on a server with the rights of `kith grants`"})
	}
}

func (d *doctor) rights(ctx context.Context, s *session) {
	if err := ledger.CheckRights(ctx, s.warehouse, s.compiler); err != nil {
		d.fail("rights", fmt.Errorf("state schema %s: %w", s.project.State, err))
		return
	}
	d.add("rights", checkOK, "tables can be made, written and dropped in state schema %s", s.project.State)
}

// sources checks that every table is there, readable, and has the declared columns.
func (d *doctor) sources(ctx context.Context, s *session) {
	good := 0
	for _, src := range s.project.Sources {
		if src.Disabled {
			continue
		}
		if err := readable(ctx, s, src); err != nil {
			f := finding{Check: "source " + src.Name, Status: checkFail, Text: err.Error(), Help: d.app.helpFor(err)}
			if errors.Is(err, cdp.ErrNotFound) {
				f.Help = "load it with `kith seed FILE --source " + src.Name + "`, or correct `table:` (" + src.Pos.String() + ")"
				if s.project.Target.Live { // whose tables kith seed does not write
					f.Help = "correct `table:` (" + src.Pos.String() + "), or have it loaded"
				}
			}
			d.list = append(d.list, f)
			continue
		}
		good++
	}
	if good > 0 {
		d.add("sources", checkOK, "%d of %d can be read", good, len(s.project.Sources))
	}
}

func readable(ctx context.Context, s *session, src *cdp.Source) error {
	if src.Query != nil {
		text, _ := src.Query.For(s.compiler.Dialect().Name())
		_, err := s.warehouse.Describe(ctx, text.Text)
		return err
	}
	var columns []string
	for _, c := range physicalColumns(src) {
		columns = append(columns, c.Name)
	}
	stmt, err := statement(s.compiler.Dialect(), "source_readable", map[string]any{"Table": *src.Table, "Columns": columns})
	if err != nil {
		return err
	}
	_, err = ledger.All(ctx, s.warehouse, stmt)
	return err
}

// maxSkew is how far clocks may be apart before somebody should know: schedules go
// by this machine's clock, everything else by the warehouse's.
const maxSkew = 5 * time.Second

func (d *doctor) ledger(ctx context.Context, s *session) {
	l := s.engine.Ledger
	d.add("ledger", checkOK, "version %d", ledger.Version)
	before := time.Now()
	now, err := l.Now(ctx)
	if err != nil {
		d.fail("clock", err)
		return
	}
	skew := now.Sub(before.Add(time.Since(before) / 2)).Round(time.Millisecond)
	if skew.Abs() > maxSkew {
		d.list = append(d.list, finding{"clock", checkWarn, fmt.Sprintf("the warehouse's clock is %s off this machine's", skew), "set both by NTP: schedules go by this machine, leases and windows by the warehouse"})
	} else {
		d.add("clock", checkOK, "%s apart", skew.Abs())
	}
	d.leases(ctx, s)
	d.leftovers(ctx, s)
	for _, e := range s.project.Entities {
		d.identity(ctx, s, e)
	}
}

// identity verifies the tables of an entity in the current build.
func (d *doctor) identity(ctx context.Context, s *session, entity *cdp.Entity) {
	name := "identity " + entity.Name
	built, err := s.engine.Current(ctx, entity)
	switch {
	case err != nil:
		d.fail(name, err)
		return
	case !built:
		d.add(name, checkSkip, "not built yet")
		return
	}
	c, err := s.engine.CheckIdentity(ctx, entity)
	if err != nil {
		d.fail(name, err)
		return
	}
	for _, x := range c.Broken {
		d.list = append(d.list, finding{name, checkFail, x, "`kith build --full` makes the tables anew; please report it: kith should not have written this"})
	}
	for _, x := range c.Strangers {
		d.list = append(d.list, finding{name, checkWarn, x, "the next run removes them as gone, as `on_removed` says"})
	}
	if len(c.Broken) == 0 {
		text := "every identifier is in one entity, and every link leads to one"
		if c.Merged > 0 {
			text += ", " + counted(c.Merged, "merged id")
		}
		if c.Collisions > 0 {
			text += ", " + counted(c.Collisions, "value") + " moved because of a hash collision"
		}
		d.add(name, checkOK, "%s", text)
	}
}

func (d *doctor) leases(ctx context.Context, s *session) {
	names := []string{"migrate", "build"}
	for _, x := range s.project.Syncs {
		names = append(names, x.Name)
	}
	list, err := s.engine.Ledger.Leases(ctx, names)
	if err != nil {
		d.fail("leases", err)
		return
	}
	held := 0
	for _, x := range list {
		if !x.Free {
			held++
			d.add("lease "+x.Name, checkWarn, "held by %s", x.Holder)
		}
	}
	if held == 0 {
		d.add("leases", checkOK, "none is held")
	}
}

func (d *doctor) leftovers(ctx context.Context, s *session) {
	stale, err := s.engine.Ledger.Stale(ctx)
	switch {
	case err != nil:
		d.fail("leftovers", err)
	case len(stale) > 0:
		d.list = append(d.list, finding{"leftovers", checkWarn, fmt.Sprintf("%d tables that runs left behind are older than a day: %s", len(stale), shorten(stale)), "the next run drops them"})
	default:
		d.add("leftovers", checkOK, "no run has left a table behind that is older than a day")
	}
}

func (d *doctor) print() {
	p := d.app.out
	colors := map[string]color{checkOK: green, checkWarn: yellow, checkFail: red, checkSkip: dim}
	bad := 0
	for _, f := range d.list {
		p.printf("%s %s: %s\n", p.paint(colors[f.Status], fmt.Sprintf("%-4s", f.Status)), f.Check, printable(f.Text))
		if f.Help != "" {
			p.printf("     help: %s\n", printable(f.Help))
		}
		if f.Status == checkFail {
			bad++
		}
	}
	if bad == 0 {
		p.printf("\nall is well\n")
		return
	}
	p.printf("\n%s failed\n", counted(uint64(bad), "check"))
}
