package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/datamanager"
	"github.com/kithdata/kith/internal/destination/file"
	"github.com/kithdata/kith/internal/destination/hubspot"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	"github.com/kithdata/kith/internal/destination/webhook"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// engineCommand is the hidden first argument that makes this binary the embedded
// engine's process.
const engineCommand = embedded.ChildCommand

func engineMain(args []string) int { return embedded.ChildMain(args) }

// driver is one kind of destination.
type driver struct {
	spec     func() cdp.DestinationSpec
	fit      func(destination.Config) cdp.DestinationSpec // the spec under the options of a block; nil: they change nothing
	open     func(destination.Config) (cdp.Destination, error)
	limits   func(destination.Config) (cdp.Limits, error)
	endpoint func(destination.Config) (string, error)
	shown    func(text string) string                                    // of endpoints that hold a secret; nil where none does
	sandbox  string                                                      // path of its fake in the sandbox; "" for one that needs none
	named    bool                                                        // the sandbox has one fake for each name
	prepare  func(box *sandbox.Sandbox, token string, s *cdp.Sync) error // does in the sandbox what a sync needs done by hand; or nil
	loopback bool                                                        // with a base_url on this machine it is reached on every target
}

// drivers are all destinations that this kith knows.
func drivers() []driver {
	return []driver{
		{spec: file.Spec, open: file.New, limits: file.Limits, endpoint: file.Endpoint},
		{spec: datamanager.Spec, open: datamanager.New, limits: datamanager.Limits, endpoint: datamanager.Endpoint, sandbox: "/google"},
		{spec: hubspot.Spec, fit: hubspot.Fit, open: hubspot.New, limits: hubspot.Limits, endpoint: hubspot.Endpoint, sandbox: "/hubspot", prepare: hubspotProperties},
		{spec: klaviyo.Spec, fit: klaviyo.Fit, open: klaviyo.New, limits: klaviyo.Limits, endpoint: klaviyo.Endpoint, sandbox: "/klaviyo"},
		{spec: webhook.Spec, open: webhook.New, limits: webhook.Limits, endpoint: webhook.Endpoint, sandbox: "/webhook", named: true, loopback: true, shown: webhook.Shown},
	}
}

// shown is a text that names endpoints as people may read it.
func shown(text string) string {
	for _, d := range drivers() {
		if d.shown != nil {
			text = d.shown(text)
		}
	}
	return text
}

func dialectOf(target string) (cdp.Dialect, error) {
	switch target {
	case "clickhouse":
		return dialect.ClickHouse{}, nil
	case "bigquery":
		return dialect.BigQuery{}, nil
	}
	return nil, fmt.Errorf("target type %q is not in this version yet", target)
}

// user is with which rights a connection is opened.
type user int

const (
	projectUser user = iota // runs the SQL of the project
	fullUser                // also makes and fills the tables of sources: seed, demo
)

// connect opens the warehouse of the target. What it starts is added to s. For the full user the
// state schema is there then; for others where the engine is kith's own, else s.create makes it.
func (a *app) connect(ctx context.Context, s *session, p *cdp.Project, d cdp.Dialect, u user) (cdp.Warehouse, error) {
	var w cdp.Warehouse
	var err error
	_, own := p.Target.Options["embedded"]
	switch {
	case p.Target.Type == "bigquery":
		w, err = a.connectBigQuery(ctx, s, p, d)
	case own:
		var path string
		var settings map[string]string
		if path, settings, err = a.engineOptions(p); err == nil {
			w, err = a.connectEngine(ctx, s, p, d, path, u, settings)
		}
	default:
		w, err = a.connectServer(ctx, s, p, d)
	}
	if err == nil && u == fullUser && s.create != nil {
		err = s.create(ctx, w)
	}
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", p.Target.Name, err)
	}
	if a.debug {
		w = traced{w, a.logger()}
	}
	return w, nil
}

// connectEngine starts the engine of an embedded target, or attaches to it, and
// makes the state schema where it is not there, which only the full user may. settings are
// of every statement.
func (a *app) connectEngine(ctx context.Context, s *session, p *cdp.Project, d cdp.Dialect, path string, u user, settings map[string]string) (cdp.Warehouse, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Root, path)
	}
	e, err := embedded.Open(ctx, embedded.Config{
		Path: path, Lib: a.streams.Env("KITH_CLICKHOUSE_LIB"), CacheDir: cacheDir(), StateDatabase: p.State, ReadDatabases: readDatabases(p, d.Name()),
	})
	if errors.Is(err, embedded.ErrNoLibrary) {
		return nil, noEngine{err}
	}
	if err != nil {
		return nil, err
	}
	s.onClose(e.Close)
	s.engineNote = engineNote(e)
	if u == projectUser {
		w, err := e.Warehouse(ctx, embedded.Fragment, clickhouse.Config{Database: p.State, Settings: settings}, d)
		if err == nil {
			s.onClose(w.Close)
			return w, nil
		}
		if !errors.Is(err, cdp.ErrNotFound) {
			return nil, err
		}
	}
	full, err := e.Warehouse(ctx, embedded.Full, clickhouse.Config{Settings: settings}, d)
	if err != nil {
		return nil, err
	}
	if err := createState(ctx, full, p); err != nil {
		return nil, errors.Join(err, full.Close())
	}
	if u == fullUser {
		s.onClose(full.Close)
		return full, nil
	}
	if err := full.Close(); err != nil {
		return nil, err
	}
	w, err := e.Warehouse(ctx, embedded.Fragment, clickhouse.Config{Database: p.State, Settings: settings}, d)
	if err != nil {
		return nil, err
	}
	s.onClose(w.Close)
	return w, nil
}

// noEngine says that the embedded engine is not installed.
type noEngine struct{ error }

func (e noEngine) Unwrap() error { return e.error }

// engineNote is a weakness of the engine's process that doctor tells.
func engineNote(e *embedded.Engine) string {
	if e.Sandboxed() {
		return ""
	}
	return "this system cannot confine the engine's process (Landlock, Linux 5.19): SQL of the project could read files of this user"
}

// connectServer opens a server that somebody else runs.
func (a *app) connectServer(ctx context.Context, s *session, p *cdp.Project, d cdp.Dialect) (cdp.Warehouse, error) {
	cfg, err := a.serverConfig(p)
	if err != nil {
		return nil, err
	}
	w, err := clickhouse.Open(ctx, cfg, d)
	if err != nil {
		return nil, err
	}
	s.onClose(w.Close)
	s.create = func(ctx context.Context, w cdp.Warehouse) error { return createState(ctx, w, p) }
	return w, nil
}

// connectBigQuery opens a project of BigQuery, or the emulator.
func (a *app) connectBigQuery(ctx context.Context, s *session, p *cdp.Project, d cdp.Dialect) (cdp.Warehouse, error) {
	cfg, rate, err := a.bigqueryConfig(p)
	if err != nil {
		return nil, err
	}
	if isEmulator(p.Target) {
		e, err := emulator.Open(ctx, emulator.Config{
			Path: filepath.Join(p.Root, emulatorDir), Tools: a.streams.Env("KITH_BIGQUERY_TOOLS"), CacheDir: cacheDir(),
		})
		if errors.Is(err, bigquery.ErrNoTools) {
			return nil, noEngine{err}
		}
		if err != nil {
			return nil, err
		}
		s.onClose(e.Close)
		at := e.Config()
		cfg.Project, cfg.Endpoint, cfg.StorageEndpoint, cfg.PagedReads, cfg.Backoff = at.Project, at.Endpoint, at.StorageEndpoint, at.PagedReads, at.Backoff
	}
	w, err := bigquery.Open(ctx, cfg, d)
	if err != nil {
		return nil, err
	}
	s.onClose(w.Close)
	s.estimator, s.maxBytes, s.rate = w, uint64(cfg.MaxBytesBilled), rate
	s.create = func(ctx context.Context, through cdp.Warehouse) error {
		if err := createState(ctx, through, p); err != nil {
			return err
		}
		return stays(ctx, w, p.State)
	}
	return w, stays(ctx, w, p.State)
}

// checker is what validate checks SQL with. It ends with s.
func (a *app) checker(s *session, p *cdp.Project, d cdp.Dialect) (checker, error) {
	if p.Target.Type == "bigquery" {
		path, err := bigquery.Tool(a.streams.Env("KITH_BIGQUERY_TOOLS"), cacheDir(), "analyzer")
		if errors.Is(err, bigquery.ErrNoTools) {
			return nil, noEngine{err}
		}
		if err != nil {
			return nil, err
		}
		an, err := bigquery.StartAnalyzer(path)
		if err != nil {
			return nil, err
		}
		s.onClose(an.Close)
		return analyzed{an, d, p.State}, nil
	}
	path, err := checkPath(s, p)
	if err != nil {
		return nil, err
	}
	full, err := a.connectEngine(a.soft, s, p, d, path, fullUser, nil)
	if err != nil {
		return nil, err
	}
	w, err := a.connectEngine(a.soft, s, p, d, path, projectUser, nil)
	return emptyTables{w, full}, err
}

// analyzed is a checker on the analyzer of GoogleSQL.
type analyzed struct {
	*bigquery.Analyzer
	dialect cdp.Dialect
	state   string // the schema of what a query refers to by a placeholder
}

// Dialect implements checker.
func (x analyzed) Dialect() cdp.Dialect { return x.dialect }

// Declare implements checker.
func (x analyzed) Declare(_ context.Context, t cdp.Table, columns []cdp.Column) error {
	if t.Schema == x.state {
		if err := x.Analyzer.Declare(cdp.Table{Name: t.Name}, columns, x.dialect.Type); err != nil {
			return err
		}
	}
	return x.Analyzer.Declare(t, columns, x.dialect.Type)
}

// emulatorDir is where the emulator keeps its data, below the project.
const emulatorDir = ".kith/bigquery"

func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return dir
}

// bigqueryConfig is what a target says, and the price of reading a TiB.
func (a *app) bigqueryConfig(p *cdp.Project) (bigquery.Config, float64, error) {
	get, errs := a.targetOptions(p)
	cfg := bigquery.Config{
		Project: get("project"), Location: get("location"), Dataset: get("dataset"),
		CredentialsFile: get("credentials_file"), Impersonate: get("impersonate"),
	}
	if cfg.CredentialsFile != "" && !filepath.IsAbs(cfg.CredentialsFile) {
		cfg.CredentialsFile = filepath.Join(p.Root, cfg.CredentialsFile)
	}
	if t := get("max_bytes_billed"); t != "" {
		n, err := sizeOf(t)
		if err != nil {
			*errs = append(*errs, a.optionError(p, "max_bytes_billed", err))
		}
		cfg.MaxBytesBilled = n
	}
	if t := get("job_timeout"); t != "" {
		d, err := time.ParseDuration(t)
		if err != nil {
			*errs = append(*errs, a.optionError(p, "job_timeout", err))
		}
		cfg.JobTimeout = d
	}
	rate, err := rateOf(get("price_per_tib"))
	if err != nil {
		*errs = append(*errs, a.optionError(p, "price_per_tib", err))
	}
	if len(*errs) > 0 {
		return cfg, rate, joinHelp(*errs)
	}
	return cfg, rate, nil
}

func (a *app) serverConfig(p *cdp.Project) (clickhouse.Config, error) {
	secret := a.secrets(p.Root)
	var errs []error
	resolve := func(name, text string) string {
		v, err := secret(text)
		if err != nil {
			errs = append(errs, a.optionError(p, name, err))
		}
		return v
	}
	get := func(name string) string { return resolve(name, p.Target.Options[name].Text) }
	flag := func(name string) bool {
		v := get(name)
		if err := fits(cdp.Option{Kind: cdp.OptBool}, v); err != nil {
			errs = append(errs, a.optionError(p, name, err))
		}
		return v == "true"
	}
	cfg := clickhouse.Config{
		Username: get("username"), Password: get("password"), Database: get("database"), Protocol: clickhouse.Protocol(get("protocol")),
		Secure: flag("secure"), CAFile: get("ca_file"), ServerName: get("server_name"), SkipVerify: flag("skip_verify"),
		Settings: map[string]string{},
	}
	if cfg.CAFile != "" && !filepath.IsAbs(cfg.CAFile) {
		cfg.CAFile = filepath.Join(p.Root, cfg.CAFile)
	}
	fillSettings(p, cfg.Settings, resolve)
	addr := p.Target.Options["addr"]
	list := addr.List
	if addr.Text != "" {
		list = []string{addr.Text}
	}
	if len(list) == 0 {
		errs = append(errs, withHelp(fmt.Errorf("it names no warehouse (%s)", p.Target.Pos), "add `addr: host:port`, or `embedded: {path: .kith/warehouse}`"))
	}
	for _, x := range list {
		cfg.Addr = append(cfg.Addr, resolve("addr", x))
	}
	if t := get("dial_timeout"); t != "" {
		d, err := time.ParseDuration(t)
		if err != nil {
			errs = append(errs, a.optionError(p, "dial_timeout", err))
		}
		cfg.DialTimeout = d
	}
	if len(errs) > 0 {
		return cfg, joinHelp(errs)
	}
	return cfg, nil
}

// engineVersion is the version of the pinned library of the embedded engine.
func engineVersion() string { return clickhouse.EngineLock().Version }
