package cli

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

func remotesOf(live bool, env map[string]string) *remotes {
	a := &app{streams: Streams{Env: func(name string) string { return env[name] }}}
	p := &cdp.Project{Root: "/project", Target: cdp.Target{Name: "t", Live: live}}
	return newRemotes(a, &session{project: p}, p)
}

func block(kind string, options map[string]string) *cdp.DestinationConfig {
	c := &cdp.DestinationConfig{Type: kind, Options: map[string]cdp.Setting{}}
	c.Name = "mine"
	for name, text := range options {
		c.Options[name] = cdp.Setting{Text: text}
	}
	return c
}

// TestOnlyLiveTargetsReachVendors: LANGUAGE section 2.
func TestOnlyLiveTargetsReachVendors(t *testing.T) {
	env := map[string]string{"HOME_HOOK": "http://127.0.0.1:9/x", "THEIR_HOOK": "https://example.com/x"}
	for _, test := range []struct {
		kind, url string
		live      bool
		want      reach
		endpoint  string
	}{
		{"hubspot", "", false, reachSandbox, "sandbox"},
		{"hubspot", "http://127.0.0.1:9", false, reachSandbox, "sandbox"},
		{"hubspot", "", true, reachLive, "hubspot:api.hubapi.com:443/"},
		{"webhook", "https://example.com/x", false, reachSandbox, "sandbox"},
		{"webhook", "${THEIR_HOOK}", false, reachSandbox, "sandbox"},
		{"webhook", "${NO_SUCH_HOOK}", false, reachSandbox, "sandbox"},
		{"webhook", "https://example.com/x", true, reachLive, "webhook:example.com:443/x"},
		{"webhook", "http://localhost:9/x", false, reachLocal, "webhook:localhost:9/x"},
		{"webhook", "http://[::1]:9/x", false, reachLocal, "webhook:[::1]:9/x"},
		{"webhook", "${HOME_HOOK}", false, reachLocal, "webhook:127.0.0.1:9/x"},
		{"webhook", "http://127.0.0.1.example.com/x", false, reachSandbox, "sandbox"},
		{"webhook", "http://localhost@example.com/x", false, reachSandbox, "sandbox"},
		{"file", "", false, reachLocal, "file:out"},
		{"file", "", true, reachLocal, "file:out"},
	} {
		options := map[string]string{}
		if test.url != "" {
			options["base_url"] = test.url
		}
		if test.kind == "file" {
			options["dir"] = "out"
		}
		r, cfg := remotesOf(test.live, env), block(test.kind, options)
		d, err := driverOf(test.kind)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.reach(d, cfg); got != test.want {
			t.Errorf("%s %s (live: %v) reaches %s, want %s", test.kind, test.url, test.live, got, test.want)
		}
		remote, err := r.Describe(cfg)
		if err != nil || remote.Endpoint != test.endpoint {
			t.Errorf("%s %s (live: %v): endpoint %q, %v, want %q", test.kind, test.url, test.live, remote.Endpoint, err, test.endpoint)
		}
	}
}

// TestSandboxReadsNoSecret: neither the environment nor a file nor a command.
func TestSandboxReadsNoSecret(t *testing.T) {
	r := remotesOf(false, nil)
	r.resolve = func(text string) (string, error) {
		t.Errorf("%q was resolved", text)
		return "", nil
	}
	cfg := block("webhook", map[string]string{"base_url": "https://example.com", "token": "${NO_SUCH}", "secret": "exec:false"})
	cfg.Options["headers"] = cdp.Setting{Map: map[string]string{"X-Key": "file:nowhere"}}
	_, c, err := r.config(cfg, "http://127.0.0.1:7")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Options["base_url"]; got != "http://127.0.0.1:7/webhook/mine" {
		t.Errorf("base_url %q", got)
	}
	for _, option := range []string{"token", "secret", "headers.X-Key"} {
		if got, err := c.Secret(option); err != nil || got != "sandbox-mine" {
			t.Errorf("%s: %q, %v", option, got, err)
		}
	}
	if _, ok := c.Options["token"]; ok {
		t.Error("a secret is among the options")
	}
	plain := block("webhook", map[string]string{"base_url": "https://example.com"})
	if _, c, err = r.config(plain, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Secret("secret"); err != nil || got != "" {
		t.Errorf("a secret that is not given: %q, %v", got, err)
	}
}

// TestSecrets: a prefix counts only as it is written in the file.
func TestSecrets(t *testing.T) {
	a := &app{streams: Streams{Env: func(name string) string {
		return map[string]string{"A": "one", "EVIL": "exec:touch /tmp/x", "FILE": "file:/etc/hosts"}[name]
	}}}
	secret := a.secrets(t.TempDir())
	for text, want := range map[string]string{
		"plain":             "plain",
		"${A}":              "one",
		"x${A}y${A}":        "xoneyone",
		"${B:-two}":         "two",
		"${A:-two}":         "one",
		"${EVIL}":           "exec:touch /tmp/x",
		"${FILE}":           "file:/etc/hosts",
		"${B}":              "environment variable B is not set",
		"${A":               "${ without }",
		"exec:echo x":       "a secret is an exec: command, which is not allowed",
		"file:nowhere/file": "secret file: ",
	} {
		got, err := secret(text)
		if err != nil {
			got = err.Error()
		}
		same := got == want || strings.HasSuffix(want, ": ") && strings.HasPrefix(got, want)
		if !same {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
