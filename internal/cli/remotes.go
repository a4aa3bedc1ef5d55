package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/sandbox"
)

// sandboxDir is where the built-in sandbox keeps its state, below the project.
const sandboxDir = ".kith/sandbox"

// reach is how far a destination goes on a target.
type reach string

const (
	reachLive    reach = "live"    // the vendor itself
	reachLocal   reach = "local"   // this machine, on every target
	reachSandbox reach = "sandbox" // the built-in fake
)

func specs() map[string]cdp.DestinationSpec {
	out := map[string]cdp.DestinationSpec{}
	for _, d := range drivers() {
		s := d.spec()
		out[s.Type] = s
	}
	return out
}

// specsOf are what the destinations of a project can do, by their names. An option that
// cannot be read here changes nothing.
func (a *app) specsOf(p *cdp.Project) map[string]cdp.DestinationSpec {
	r, kinds, out := newRemotes(a, &session{project: p}, p), specs(), map[string]cdp.DestinationSpec{}
	for _, s := range p.Syncs {
		out[s.Destination.Name] = kinds[s.Destination.Type]
		if remote, err := r.Describe(s.Destination); err == nil {
			out[s.Destination.Name] = remote.Spec
		}
	}
	return out
}

func driverOf(kind string) (driver, error) {
	var known []string
	for _, d := range drivers() {
		s := d.spec()
		if s.Type == kind {
			return d, nil
		}
		known = append(known, s.Type)
	}
	help := "there are: " + strings.Join(known, ", ")
	if near := nearest(kind, known); near != "" {
		help = "did you mean " + near + "?"
	}
	return driver{}, withHelp(fmt.Errorf("there is no destination type %q", kind), "%s", help)
}

// remotes are the destinations of a project on its target: live, local or sandboxed.
type remotes struct {
	app     *app
	project *cdp.Project
	resolve func(string) (string, error)
	serve   func() (base string, err error) // starts the sandbox, once
	box     *sandbox.Sandbox                // nil until it is served
}

func newRemotes(a *app, s *session, p *cdp.Project) *remotes {
	r := &remotes{app: a, project: p, resolve: a.secrets(p.Root)}
	r.serve = sync.OnceValues(func() (string, error) {
		box, err := sandbox.Open(filepath.Join(p.Root, sandboxDir), sandbox.Options{})
		if err != nil {
			return "", err
		}
		s.onClose(box.Close)
		r.box = box
		return box.Serve(a.hard, "")
	})
	return r
}

// reach decides it: only a target with `deliver: live` reaches vendors.
func (r *remotes) reach(d driver, cfg *cdp.DestinationConfig) reach {
	switch {
	case d.spec().Local:
		return reachLocal
	case d.loopback && r.loopback(cfg.Options["base_url"].Text):
		return reachLocal
	case r.project.Target.Live:
		return reachLive
	}
	return reachSandbox
}

// loopback reports whether an address is this machine's; one that cannot be
// resolved now is not.
func (r *remotes) loopback(text string) bool {
	v, err := r.app.expand(text)
	if err != nil {
		return false
	}
	u, err := url.Parse(v)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// placeholder stands for the sandbox while nothing is opened.
const placeholder = "http://127.0.0.1"

// config is the block of a destination as its driver wants it. base is the
// sandbox's address.
func (r *remotes) config(cfg *cdp.DestinationConfig, base string) (driver, destination.Config, error) {
	d, err := driverOf(cfg.Type)
	if err != nil {
		return driver{}, destination.Config{}, err
	}
	out := destination.Config{
		Name: cfg.Name, Type: cfg.Type, Root: r.project.Root, Logger: r.app.logger(), Proxy: proxy,
		Options: map[string]string{}, Lists: map[string][]string{}, Maps: map[string]map[string]string{},
	}
	out.Sandbox = r.reach(d, cfg) == reachSandbox
	options := map[string]cdp.Option{}
	for _, o := range d.spec().Options {
		options[o.Name] = o
	}
	for name, v := range cfg.Options {
		if err := r.option(&out, name, v, options[name]); err != nil {
			return driver{}, destination.Config{}, fmt.Errorf("%s (%s): %w", name, v.Pos, err)
		}
	}
	out.Secret = r.secret(cfg)
	if out.Sandbox {
		out.Options["base_url"] = base + d.sandbox
		if d.named {
			out.Options["base_url"] += "/" + url.PathEscape(cfg.Name)
		}
		out.Secret = sandboxSecret(cfg, d.spec())
	}
	return d, out, nil
}

func (r *remotes) option(out *destination.Config, name string, v cdp.Setting, o cdp.Option) error {
	switch {
	case v.Map != nil:
		out.Maps[name] = v.Map // secret: its values are resolved by the driver's call of Secret
		if !o.Secret {
			out.Maps[name] = map[string]string{}
		}
		for key, text := range v.Map {
			if o.Secret {
				break
			}
			x, err := r.app.expand(text)
			if err != nil && !out.Sandbox {
				return err
			}
			out.Maps[name][key] = x
		}
	case v.List != nil:
		for _, text := range v.List {
			x, err := r.app.expand(text)
			if err != nil && !out.Sandbox {
				return err
			}
			out.Lists[name] = append(out.Lists[name], x)
		}
	case o.Secret:
	default:
		x, err := r.app.expand(v.Text)
		if err != nil {
			if out.Sandbox {
				return nil // as if it were not given: the sandbox needs no account
			}
			return err
		}
		if err := fits(o, x); err != nil {
			return err
		}
		out.Options[name] = x
	}
	return nil
}

// secret resolves the secret options of a block when its driver asks.
func (r *remotes) secret(cfg *cdp.DestinationConfig) func(string) (string, error) {
	return func(option string) (string, error) {
		name, key, isMap := strings.Cut(option, ".")
		text := cfg.Options[name].Text
		if isMap {
			text = cfg.Options[name].Map[key]
		}
		return r.resolve(text)
	}
}

// sandboxSecret makes up what the sandbox is told: no secret of the project is
// read. A destination has one account there, by its name.
func sandboxSecret(cfg *cdp.DestinationConfig, spec cdp.DestinationSpec) func(string) (string, error) {
	return func(option string) (string, error) {
		name, _, _ := strings.Cut(option, ".")
		required := slices.ContainsFunc(spec.Options, func(o cdp.Option) bool { return o.Name == name && o.Required })
		if _, given := cfg.Options[name]; !given && !required {
			return "", nil
		}
		return sandboxToken(cfg.Name), nil
	}
}

// sandboxToken is the token under which a destination has its account in the sandbox.
func sandboxToken(destination string) string { return "sandbox-" + destination }

// proxy is the operator's choice, from the environment.
func proxy(u *url.URL) (*url.URL, error) {
	return http.ProxyFromEnvironment(&http.Request{URL: u})
}

// Describe implements engine.Remotes. It reads no secret and starts nothing.
func (r *remotes) Describe(cfg *cdp.DestinationConfig) (engine.Remote, error) {
	d, c, err := r.config(cfg, placeholder)
	if err != nil {
		return engine.Remote{}, fmt.Errorf("destination %s: %w", cfg.Name, err)
	}
	limits, err := d.limits(c)
	if err != nil {
		return engine.Remote{}, fmt.Errorf("destination %s: %w", cfg.Name, err)
	}
	endpoint, err := d.endpoint(c)
	if err != nil {
		return engine.Remote{}, fmt.Errorf("destination %s: %w", cfg.Name, err)
	}
	spec := d.spec()
	if d.fit != nil {
		spec = d.fit(c)
	}
	return engine.Remote{Spec: spec, Limits: limits, Endpoint: endpoint, Account: account(cfg, d.spec(), c.Sandbox, endpoint)}, nil
}

// account names whose rates the calls count against: an endpoint under credentials.
// Those are told apart by what is written in the project, which is not the secret
// itself; nothing is read. The sandbox has an account for each destination.
func account(cfg *cdp.DestinationConfig, spec cdp.DestinationSpec, boxed bool, endpoint string) string {
	if boxed {
		return "sandbox:" + cfg.Type + "/" + cfg.Name
	}
	h := sha256.New()
	for _, o := range spec.Options {
		if o.Secret {
			_, _ = fmt.Fprintf(h, "%s=%q\n", o.Name, cfg.Options[o.Name].Text)
		}
	}
	return endpoint + "#" + hex.EncodeToString(h.Sum(nil)[:6])
}

// Open implements engine.Remotes.
func (r *remotes) Open(_ context.Context, cfg *cdp.DestinationConfig) (cdp.Destination, error) {
	d, err := driverOf(cfg.Type)
	if err != nil {
		return nil, err
	}
	base := ""
	if r.reach(d, cfg) == reachSandbox {
		if base, err = r.serve(); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		if err := r.prepare(d, cfg); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	d, c, err := r.config(cfg, base)
	if err != nil {
		return nil, err
	}
	return d.open(c)
}

// where says, for the first and the last line, where the rows of syncs go; "" when
// all of it stays on this machine anyway.
func (r *remotes) where(syncs []*cdp.Sync) string {
	var live []string
	boxed := false
	for _, s := range syncs {
		d, err := driverOf(s.Destination.Type)
		if err != nil {
			continue // Describe says so
		}
		switch r.reach(d, s.Destination) {
		case reachSandbox:
			boxed = true
		case reachLive:
			if !slices.Contains(live, s.Destination.Name) {
				live = append(live, s.Destination.Name)
			}
		}
	}
	switch {
	case boxed:
		return "destinations: sandbox (" + sandboxDir + "); `deliver: live` on a target reaches vendors"
	case len(live) > 0:
		return "destinations: live (target " + r.project.Target.Name + "): " + shorten(live)
	}
	return ""
}
