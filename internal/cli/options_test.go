package cli

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

// TestOptionsFromEnvironment: what a variable holds is checked as what is written: 1, yes
// and True would else have been false, and a connection without TLS.
func TestOptionsFromEnvironment(t *testing.T) {
	target := func(options map[string]cdp.Setting) *cdp.Project {
		return &cdp.Project{Root: "/project", Target: cdp.Target{Name: "t", Type: "clickhouse", Options: options}}
	}
	for value, want := range map[string]string{"true": "", "false": "", "1": "none of: true, false", "yes": "none of: true, false", "True": "none of: true, false"} {
		a := &app{streams: Streams{Env: func(string) string { return value }}}
		for _, option := range []string{"secure", "skip_verify"} {
			cfg, err := a.serverConfig(target(map[string]cdp.Setting{"addr": {Text: "ch:9000"}, option: {Text: "${X}"}}))
			switch {
			case want != "":
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), option) {
					t.Errorf("%s: %s: %v", option, value, err)
				}
			case err != nil || (cfg.Secure || cfg.SkipVerify) != (value == "true"):
				t.Errorf("%s: %s: %+v, %v", option, value, cfg, err)
			}
		}
		_, c, err := remotesOf(true, map[string]string{"X": value}).config(block("hubspot", map[string]string{"create_missing": "${X}"}), "")
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) || want == "" && (err != nil || c.Options["create_missing"] != value) {
			t.Errorf("create_missing: %s: %v, %v", value, c.Options, err)
		}
	}
	_, _, err := remotesOf(true, map[string]string{"X": "gold"}).config(block("hubspot", map[string]string{"tier": "${X}"}), "")
	if err == nil || !strings.Contains(err.Error(), "none of: free, pro, addon") {
		t.Errorf("an enum: %v", err)
	}

	a := &app{streams: Streams{Env: func(name string) string { return map[string]string{"KITH_DATA": "/data"}[name] }}}
	for path, want := range map[string]string{"${KITH_DATA}/warehouse": "/data/warehouse", "": ".kith/warehouse", "here": "here", "${NONE:-there}": "there"} {
		got, _, err := a.engineOptions(target(map[string]cdp.Setting{"embedded": {Map: map[string]string{"path": path}}}))
		if err != nil || got != want {
			t.Errorf("path %q: %q, %v", path, got, err)
		}
	}
	_, _, err = a.engineOptions(target(map[string]cdp.Setting{"embedded": {Map: map[string]string{"path": "${NONE}"}}}))
	if err == nil || !strings.Contains(err.Error(), "embedded.path: environment variable NONE is not set") {
		t.Errorf("a path that is not there: %v", err)
	}
}
