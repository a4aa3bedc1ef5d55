package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/alert"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/project"
	"github.com/kithdata/kith/internal/rate"
	"github.com/kithdata/kith/internal/web"
)

// serveFlags are how the daemon serves.
type serveFlags struct {
	addr, tokenFile string
	runs            int
}

func (a *app) serveCommand() *cobra.Command {
	f := serveFlags{addr: "127.0.0.1:8710", runs: 4}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run what is scheduled, until it is told to stop",
		Long: `It runs builds and syncs by their schedule, under leases in the ledger: any number of
processes may serve one project, and each run happens once. SIGHUP, or a change of the
files, reads the project again; one that is invalid is refused, and the one before goes
on. SIGTERM finishes and records what is in flight, a second one aborts.

/healthz, /readyz and /metrics are for probes, /api/status and /api/runs for programs;
POST /api/runs needs the token of KITH_SERVE_TOKEN or --token-file, and so does any
address that is not this machine's. Traces are sent where OTEL_EXPORTER_OTLP_ENDPOINT
says.`,
		Example: `  kith serve                         the default target, http://127.0.0.1:8710
  kith serve --target prod --addr 0.0.0.0:8710 --token-file /run/secrets/kith`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.serve(f) },
	}
	c.Flags().StringVar(&f.addr, "addr", f.addr, "address to listen on; port 0 is a free one, none for no HTTP")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token of the API (default: KITH_SERVE_TOKEN)")
	c.Flags().IntVar(&f.runs, "parallel", f.runs, "runs at a time")
	return c
}

func (a *app) serve(f serveFlags) error {
	log := a.daemonLog()
	if f.runs < 1 {
		return withHelp(fmt.Errorf("--parallel %d runs nothing", f.runs), "give a number from 1")
	}
	dir, err := a.projectDir()
	if err != nil {
		return err
	}
	times, err := a.daemonTimes()
	if err != nil {
		return err
	}
	times.Runs = f.runs
	if a.tracer, err = a.tracing(a.hard, log); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	token, err := a.serveToken(f)
	if err != nil {
		return err
	}
	s := &serving{app: a, log: log}
	d := &daemon.Daemon{
		Load: s.load, Files: func() (string, error) { return project.Fingerprint(dir) },
		Clock: engine.SystemClock{}, Log: log, Tell: s.tell, Fail: a.failpoint(), Trace: a.tracer, Times: times,
	}
	defer a.hangups(d)()
	stop, err := a.serveHTTP(f, d, token, log)
	if err != nil {
		return err
	}
	defer stop()
	return d.Run(a.soft, a.hard)
}

// serveToken is the token of the API, or "".
func (a *app) serveToken(f serveFlags) (string, error) {
	given := a.streams.Env("KITH_SERVE_TOKEN")
	token := strings.TrimSpace(given)
	if f.tokenFile != "" {
		b, err := os.ReadFile(a.path(f.tokenFile))
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		if token = strings.TrimSpace(string(b)); token == "" {
			return "", withHelp(fmt.Errorf("--token-file: %s is empty", f.tokenFile), "write a token into it: openssl rand -hex 32")
		}
	}
	const least = 16
	if given+token != "" && len(token) < least {
		return "", withHelp(fmt.Errorf("the token has %d characters", len(token)), "make one of at least %d: openssl rand -hex 32", least)
	}
	return token, nil
}

// serveHTTP answers until the process ends; the returned function waits for it.
func (a *app) serveHTTP(f serveFlags, d *daemon.Daemon, token string, log *slog.Logger) (stop func(), err error) {
	if f.addr == "none" {
		return func() {}, nil
	}
	server := web.New(web.Options{
		Daemon: d, Token: token, Clock: d.Clock, Log: log, Version: Version,
		Status: func(ctx context.Context) (any, error) {
			open := d.Session()
			if open == nil {
				return nil, errors.New("the daemon is starting")
			}
			return a.statusDocument(ctx, &session{project: open.Engine.Project, engine: open.Engine}, false)
		},
	})
	d.Observe = server.Observe
	ln, err := server.Listen(a.soft, f.addr)
	if err != nil {
		return nil, withHelp(err, "--addr names another one, or none; elsewhere than on this machine it needs KITH_SERVE_TOKEN or --token-file")
	}
	if l := a.lines.Load(); l != nil {
		l.Info("serving", "addr", "http://"+ln.Addr().String())
	} else {
		a.notef("serving on http://%s: Ctrl-C stops\n", ln.Addr())
	}
	ctx, cancel := context.WithCancel(a.hard)
	done := make(chan struct{})
	go func() { // ends with ctx: after the daemon, which answers probes while it stops
		defer close(done)
		if err := server.Serve(ctx, ln); err != nil {
			log.ErrorContext(ctx, "http", "err", err)
		}
	}()
	return func() { cancel(); <-done }, nil
}

// daemonTimes lowers the times of the daemon for tests: KITH_TEST_DAEMON is its nap.
func (a *app) daemonTimes() (daemon.Times, error) {
	s := a.streams.Env("KITH_TEST_DAEMON")
	if s == "" {
		return daemon.Times{}, nil
	}
	nap, err := time.ParseDuration(s)
	if err != nil {
		return daemon.Times{}, fmt.Errorf("KITH_TEST_DAEMON: %w", err)
	}
	return daemon.Times{Nap: nap, Read: 2 * nap, Settle: 2 * nap, Gate: 2 * nap, Retry: nap}, nil
}

// daemonLog is a log for machines and operators: one record a line, on stderr. With --json
// all that is told there is a record.
func (a *app) daemonLog() *slog.Logger {
	switch {
	case a.json:
		a.lines.Store(a.jsonLog())
		return a.lines.Load()
	case a.debug: // shows SQL, which only this one masks
		return a.logger()
	}
	return slog.New(slog.NewTextHandler(a.err.w, nil))
}

// hangups makes SIGHUP read the project again, until the returned function is called.
func (a *app) hangups(d *daemon.Daemon) (stop func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGHUP)
	done := make(chan struct{})
	go func() { // ends with the channel
		defer close(done)
		for range ch {
			d.Reload()
		}
	}()
	return func() { signal.Stop(ch); close(ch); <-done }
}

// serving opens the project for the daemon, again and again.
type serving struct {
	app *app
	log *slog.Logger

	mu       sync.Mutex
	rates    *rate.Accounts  // of the process: of every session
	circuit  *engine.Circuit // likewise
	project  *cdp.Project
	channels map[*cdp.Channel]*alert.Channel
}

// load opens the project. An embedded engine that it starts lives as long as the
// process: sessions that come later use it too.
func (s *serving) load(ctx context.Context) (*daemon.Session, error) {
	a := s.app
	p, err := a.load()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", daemon.ErrInvalid, err)
	}
	open := &session{project: p}
	if err := a.open(ctx, open); err != nil {
		return nil, errors.Join(err, open.Close())
	}
	open.engine.Log = s.log
	s.mu.Lock()
	if s.rates == nil {
		s.rates, s.circuit = open.engine.Rates, open.engine.Circuit
	}
	open.engine.Rates, open.engine.Circuit = s.rates, s.circuit
	s.project, s.channels = p, map[*cdp.Channel]*alert.Channel{}
	s.mu.Unlock()
	end := open.Close
	if _, embedded := p.Target.Options["embedded"]; embedded {
		a.finished = append(a.finished, func() {
			if err := open.Close(); err != nil {
				s.log.WarnContext(ctx, "closing the engine", "err", err)
			}
		})
		end = func() error { return nil }
	}
	s.log.InfoContext(ctx, "project", "name", p.Name, "target", p.Target.Name, "destinations", open.remotes.where(p.Syncs), "syncs", len(p.Syncs))
	s.places(ctx, p)
	return &daemon.Session{Engine: open.engine, Close: end}, nil
}

// places says at once which places of the project could not be told: not when something is
// to be told, which may be the night in which nobody is.
func (s *serving) places(ctx context.Context, p *cdp.Project) {
	for _, to := range placesOf(p) {
		c, err := s.channel(to)
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			s.log.WarnContext(ctx, "alerts: a place cannot be told", "place", to.Name, "err", err, "help", s.app.helpFor(err))
		}
	}
}

// tell sends an alert. A channel that could not be opened is tried again: a secret that is
// missing keeps nothing from running.
func (s *serving) tell(ctx context.Context, to *cdp.Channel, m alert.Message) error {
	c, err := s.channel(to)
	if err != nil {
		return err
	}
	return c.Tell(ctx, m)
}

func (s *serving) channel(to *cdp.Channel) (*alert.Channel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.channels[to]; ok {
		return c, nil
	}
	c, err := s.app.openChannel(s.project, to)
	if err != nil {
		return nil, err
	}
	s.channels[to] = c
	return c, nil
}
