package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// Cost is what a run will read, by the warehouse's own estimate of every statement.
// Statements over tables that the run itself makes are estimated on those of the last
// build of the same models. Where there is none, what a statement reads of sources
// counts with all declared columns, and what it reads of the tables of identity with all
// columns that it names (Rough); one that reads neither is Unknown until a plan has run it
// over its own scratch tables (Measured). Prices are in the currency of the rate.
type Cost struct {
	Bytes      uint64          `json:"bytes"`
	Price      float64         `json:"price"`
	Rate       float64         `json:"price_per_tib"`
	Identity   []IdentityCost  `json:"identity,omitempty"`
	Statements []StatementCost `json:"statements"`        // one for each name
	Unknown    []string        `json:"unknown,omitempty"` // names, sorted

	limited uint64                 // of Bytes, what a limit may refuse
	free    map[StatementCost]bool // names and models of what none holds for
	unknown []StatementCost
	how     map[string]compile.IdentityInput // Identity, by entity
}

// StatementCost is what one statement will read, or all statements of one name, such as
// the rounds of identity, of which a run takes as many as the data need.
type StatementCost struct {
	Name     string  `json:"name"`
	Model    string  `json:"model"`
	Bytes    uint64  `json:"bytes"`
	Price    float64 `json:"price"`
	Rough    bool    `json:"rough,omitempty"`
	Measured bool    `json:"measured,omitempty"`
}

// of finds what is known of the statements of a name, or makes room for it.
func (c *Cost) of(name, model string) *StatementCost {
	i := slices.IndexFunc(c.Statements, func(s StatementCost) bool { return s.Name == name && s.Model == model })
	if i < 0 {
		i, c.Statements = len(c.Statements), append(c.Statements, StatementCost{Name: name, Model: model})
	}
	return &c.Statements[i]
}

// total adds up.
func (c *Cost) total() {
	c.Bytes = 0
	for i := range c.Statements {
		s := &c.Statements[i]
		s.Price = price(s.Bytes, c.Rate)
		c.Bytes += s.Bytes
	}
	c.Price = price(c.Bytes, c.Rate)
	c.Unknown = nil
	for _, s := range c.unknown {
		c.Unknown = append(c.Unknown, s.Name)
	}
	slices.Sort(c.Unknown)
}

// price is what reading costs at a rate for each TiB.
func price(bytes uint64, rate float64) float64 { return float64(bytes) / (1 << 40) * rate }

// maxEstimates is how many statements are estimated at once.
const maxEstimates = 8

// affordable estimates a run and refuses one that would read more than MaxBytes, without what no
// limit holds for: who cannot go on from a dead run, or poll its jobs, can never end it. It is nil
// where the warehouse cannot tell.
func (e *Engine) affordable(ctx context.Context, req *request) (*Cost, error) {
	if e.Estimator == nil {
		return nil, nil //nolint:nilnil // no estimate is no error
	}
	cost, err := e.cost(ctx, req)
	if err != nil || e.MaxBytes == 0 || cost.limited <= e.MaxBytes {
		return cost, err
	}
	limited := slices.DeleteFunc(slices.Clone(cost.Statements), func(s StatementCost) bool { return cost.free[StatementCost{Name: s.Name, Model: s.Model}] })
	most := slices.MaxFunc(limited, func(a, b StatementCost) int {
		switch {
		case a.Bytes < b.Bytes:
			return -1
		case a.Bytes > b.Bytes:
			return 1
		}
		return 0
	})
	return nil, &BlockedError{
		Guard: "max_bytes_billed",
		Text:  fmt.Sprintf("the run would read %d bytes, max_bytes_billed is %d; most by %s: %d", cost.limited, e.MaxBytes, most.Name, most.Bytes),
		Help:  "select fewer syncs, narrow the sources (a query with a partition filter), or raise max_bytes_billed of the target",
	}
}

// Check has the warehouse check every statement of the project without running it.
// Errors are those of the statements.
func (e *Engine) Check(ctx context.Context, r Request) (*Cost, []error, error) {
	if e.Estimator == nil {
		return nil, nil, errors.New("the warehouse of this target cannot check statements without running them")
	}
	req, _, err := e.start(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	b, err := e.lastBuild(ctx)
	if err != nil {
		return nil, nil, err
	}
	list, err := e.statements(ctx, req, b, nil)
	if err != nil {
		return nil, nil, err
	}
	return e.estimate(ctx, list, b.ID)
}

// cost estimates what a run will read, and how it will build.
func (e *Engine) cost(ctx context.Context, req *request) (*Cost, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return nil, err
	}
	previous := ""
	if len(last) > 0 {
		previous = last[0].ID
	}
	how, said, err := e.forecast(ctx, req, previous)
	if err != nil {
		return nil, err
	}
	return e.costOf(ctx, req, how, said)
}

// costOf is the cost of a run that builds identities so.
func (e *Engine) costOf(ctx context.Context, req *request, how map[string]compile.IdentityInput, said []IdentityCost) (*Cost, error) {
	b, err := e.lastBuild(ctx)
	if err != nil {
		return nil, err
	}
	builds := []string{b.ID}
	for name, in := range how {
		how[name] = over(in, b)
		builds = append(builds, how[name].Build)
	}
	list, err := e.statements(ctx, req, b, how)
	if err != nil {
		return nil, err
	}
	cost, bad, err := e.estimate(ctx, list, builds...)
	if err == nil && len(bad) > 0 {
		err = bad[0] // the run would fail at it
	}
	if err != nil {
		return nil, err
	}
	cost.Identity, cost.how = said, how
	return cost, nil
}

// noBuild is the id of a build whose tables are not there.
const noBuild = "none"

// lastBuild names the tables of the last build of the same models, if there is one.
func (e *Engine) lastBuild(ctx context.Context) (compile.Build, error) {
	b := compile.Build{ID: noBuild, Run: "none"}
	last, err := e.Ledger.Builds(ctx, 1)
	if err == nil && len(last) > 0 && last[0].Models == e.Compiler.Models() {
		b.ID = last[0].ID
	}
	return b, err
}

// statements are those of a run, over the tables of a build; how says how identities
// are built, as if for the first time where it does not.
func (e *Engine) statements(ctx context.Context, req *request, b compile.Build, how map[string]compile.IdentityInput) ([]cdp.Statement, error) {
	c, err := e.keyed(ctx, req)
	if err != nil {
		return nil, err
	}
	specs := map[string]cdp.DestinationSpec{}
	for _, s := range e.Project.Syncs {
		remote, err := e.Remotes.Describe(s.Destination)
		if err != nil {
			return nil, err
		}
		specs[s.Destination.Name] = remote.Spec
	}
	return slices.DeleteFunc(c.Over(b, specs, how), func(s cdp.Statement) bool {
		name, isSync := strings.CutPrefix(s.Model, "sync ")
		if isSync {
			return !slices.ContainsFunc(req.Syncs, func(x *cdp.Sync) bool { return x.Name == name })
		}
		return !req.Build
	}), nil
}

// estimate asks for every statement.
func (e *Engine) estimate(ctx context.Context, list []cdp.Statement, builds ...string) (*Cost, []error, error) {
	tables, err := e.buildTables(ctx, builds)
	if err != nil {
		return nil, nil, err
	}
	cost := &Cost{Statements: []StatementCost{}, Rate: e.Rate, free: map[StatementCost]bool{}}
	at := make([]*StatementCost, len(list))
	unknown := make([]bool, len(list))
	failed := make([]error, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxEstimates)
	for i, s := range list {
		group.Go(func() error {
			bytes, err := e.Estimator.Estimate(ctx, s)
			var bad *cdp.StatementError
			switch {
			case errors.Is(err, cdp.ErrNotFound):
				if at[i], err = e.rough(ctx, s, tables); at[i] != nil || err != nil {
					return err
				}
				unknown[i] = true
			case errors.As(err, &bad) && !errors.Is(err, cdp.ErrUnreachable):
				failed[i] = err
			case err != nil:
				return err
			default:
				at[i] = &StatementCost{Name: s.Name, Model: s.Model, Bytes: bytes}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for i, s := range at {
		switch {
		case s != nil:
			x := cost.of(s.Name, s.Model)
			x.Bytes, x.Rough = x.Bytes+s.Bytes, x.Rough || s.Rough
			if list[i].Unlimited {
				cost.free[StatementCost{Name: s.Name, Model: s.Model}] = true
			} else {
				cost.limited += s.Bytes
			}
		case unknown[i]:
			x := StatementCost{Name: list[i].Name, Model: list[i].Model}
			if !slices.Contains(cost.unknown, x) {
				cost.unknown = append(cost.unknown, x)
			}
		}
	}
	cost.total()
	return cost, slices.DeleteFunc(failed, func(err error) bool { return err == nil }), nil
}

// rough is what a statement reads of the sources and of the tables of identity that its
// text names; nil when it names none that is there.
func (e *Engine) rough(ctx context.Context, s cdp.Statement, tables []buildTable) (*StatementCost, error) {
	d := e.Warehouse.Dialect()
	var out *StatementCost
	if bytes, named, err := e.roughly(ctx, s, tables); err != nil {
		return nil, err
	} else if named {
		out = &StatementCost{Name: s.Name, Model: s.Model, Rough: true, Bytes: bytes}
	}
	for _, src := range e.Project.Sources {
		query := ""
		if src.Table != nil {
			var columns []string
			for _, c := range src.Columns {
				if c.JSON == "" && c.SQL == nil {
					columns = append(columns, d.Ident(c.Name))
				}
			}
			if len(columns) > 0 && strings.Contains(s.SQL, d.Table(*src.Table)) {
				query = "SELECT " + strings.Join(columns, ", ") + " FROM " + d.Table(*src.Table)
			}
		} else if text, ok := src.Query.For(d.Name()); ok && strings.Contains(s.SQL, strings.TrimSpace(text.Text)) {
			query = "SELECT * FROM (\n" + text.Text + "\n)"
		}
		if query == "" {
			continue
		}
		bytes, err := e.Estimator.Estimate(ctx, cdp.Statement{Name: "source " + src.Name, Model: "source " + src.Name, SQL: query, Pos: src.Pos})
		var bad *cdp.StatementError
		switch {
		case errors.As(err, &bad) && !errors.Is(err, cdp.ErrUnreachable):
			continue // what is wrong with a source is told where it is read alone
		case err != nil:
			return nil, err
		case out == nil:
			out = &StatementCost{Name: s.Name, Model: s.Model, Rough: true}
		}
		out.Bytes += bytes
	}
	return out, nil
}
