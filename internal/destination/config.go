package destination

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Config is a configured destination as a room receives it: the values of its
// block in YAML, which the decoder has checked against the Spec of its type.
type Config struct {
	Name string // as in `name:`
	Type string // as in `type:`

	Options map[string]string            // scalars as written; secrets are not in it
	Lists   map[string][]string          // options of kind strings
	Maps    map[string]map[string]string // options of kind map; the values of a secret one are unresolved

	// Secret resolves a secret option, or an entry of a secret map as
	// "headers.X-Key". It returns "" for one that is not given. Rooms call it
	// when they make their first request, never in New, Limits or Endpoint.
	Secret func(option string) (string, error)

	// Sandbox says that base_url is the built-in sandbox and that Secret returns
	// made-up tokens. The address must then be loopback.
	Sandbox bool
	// AllowPrivate allows private and loopback addresses, as does the option
	// allow_private: true.
	AllowPrivate bool
	// Root is the directory of the project. Only files below it are written.
	Root string

	Logger *slog.Logger
	Clock  func() time.Time

	// Transport replaces the network in tests; the guard on addresses is part of
	// the network and goes with it.
	Transport http.RoundTripper
	// Proxy names the proxy for a URL, or nil for none. This package reads no
	// environment: the CLI passes http.ProxyFromEnvironment. It is asked once for
	// a client and never for the sandbox.
	Proxy func(*url.URL) (*url.URL, error)
}

// Now is the time of the injected clock, or of the machine's.
func (c Config) Now() time.Time {
	if c.Clock != nil {
		return c.Clock()
	}
	return time.Now()
}

// String is a scalar option, or def when it is not given.
func (c Config) String(option, def string) string {
	if s, ok := c.Options[option]; ok && s != "" {
		return s
	}
	return def
}

// Int is a whole number between low and high, or def when it is not given.
func (c Config) Int(option string, def, low, high int) (int, error) {
	s := c.String(option, "")
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s: %q is not a whole number from %d to %d", option, s, low, high)
	}
	return n, nil
}

// Bool is true or false, or def when it is not given.
func (c Config) Bool(option string, def bool) (bool, error) {
	switch s := c.String(option, ""); s {
	case "":
		return def, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, fmt.Errorf("%s: %q is neither true nor false", option, s)
	}
}

// Duration is a length of time between low and high, or def when it is not given.
func (c Config) Duration(option string, def, low, high time.Duration) (time.Duration, error) {
	s := c.String(option, "")
	if s == "" {
		return def, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < low || d > high {
		return 0, fmt.Errorf("%s: %q is not a duration from %s to %s", option, s, low, high)
	}
	return d, nil
}

// BaseURL is the address of the destination: base_url where the block gives one,
// else the vendor's own. It is http or https and holds no credentials.
func (c Config) BaseURL(vendors string) (*url.URL, error) {
	s := c.String("base_url", vendors)
	if s == "" {
		return nil, fmt.Errorf("base_url: missing")
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("base_url: not an address") // the parser's text repeats it, secrets and all
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("base_url: the scheme is %q, not http or https", u.Scheme)
	case u.Hostname() == "":
		return nil, fmt.Errorf("base_url: no host in it")
	case u.User != nil:
		return nil, fmt.Errorf("base_url: a name or password in the address; use an option that may hold a secret")
	case u.Fragment != "":
		return nil, fmt.Errorf("base_url: a fragment in the address")
	case c.Sandbox && !loopback(u.Hostname()):
		return nil, fmt.Errorf("base_url: the sandbox is not on this machine")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// secret resolves a secret option; "" for one that is not given.
func (c Config) secret(option string) (string, error) {
	if option == "" || c.Secret == nil {
		return "", nil
	}
	s, err := c.Secret(option)
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	return s, nil
}

// Unread is the error of a secret that cannot be read. What is to be done says who was to
// read it, by an error with a method Help.
func Unread(err error) *cdp.Fatal {
	var own interface{ Help() string }
	if errors.As(err, &own) {
		return &cdp.Fatal{Reason: err.Error(), Help: own.Help()}
	}
	return &cdp.Fatal{Reason: err.Error(), Help: "set the secret, then run again"}
}

// loopback reports whether a host, by name or by address, is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Host is the host and port of a URL, in lower case and with the port that its
// scheme implies: what a credential is bound to.
func Host(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// Endpoint names whom a destination writes to, so that a baseline that was filled
// by one endpoint never silences another: its type, the host, and the account or
// path. It is "sandbox" for the sandbox, and never holds a secret.
func (c Config) Endpoint(base *url.URL, account string) string {
	if c.Sandbox {
		return "sandbox"
	}
	return c.Type + ":" + Host(base) + "/" + strings.TrimPrefix(account, "/")
}
