package project

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// testSpecs are destinations as the tests need them: one of each kind of ability.
func testSpecs() map[string]cdp.DestinationSpec {
	secret := cdp.Option{Name: "token", Kind: cdp.OptString, Required: true, Secret: true, Doc: "The token."}
	keep := []cdp.Action{cdp.ActionIgnore, cdp.ActionDelete, cdp.ActionArchive, cdp.ActionSet}
	member := []cdp.Action{cdp.ActionIgnore, cdp.ActionRemove}
	people := map[string]cdp.MatchSpec{
		"email": {Name: "em", Normalize: "email", Hash: true}, "phone": {Name: "ph", Normalize: "phone", Hash: true},
		"first_name": {Name: "fn", Hash: true}, "last_name": {Name: "ln", Hash: true}, "country": {Name: "country", Hash: true},
	}
	return map[string]cdp.DestinationSpec{
		"file": {
			Type: "file", Title: "Files", Doc: "Writes files.", Local: true,
			Options: []cdp.Option{
				{Name: "dir", Kind: cdp.OptString, Required: true, Doc: "The directory."},
				{Name: "format", Kind: cdp.OptEnum, Values: []string{"jsonl", "csv"}, Default: "jsonl", Doc: "The format."},
			},
			Writes: []cdp.RemoteSpec{{Kind: cdp.Object, Actions: keep}, {Kind: cdp.Audience, Actions: member}, {Kind: cdp.EventTo}},
			Match:  people,
		},
		"hubspot": {
			Type: "hubspot", Title: "HubSpot", Doc: "Writes records.",
			Options: []cdp.Option{
				secret,
				{Name: "tier", Kind: cdp.OptEnum, Values: []string{"free", "pro"}, Default: "free", Doc: "The tier."},
				{Name: "rate", Kind: cdp.OptInt, Doc: "Calls per second."},
				{Name: "timeout", Kind: cdp.OptDuration, Default: "30s", Doc: "How long a call may take."},
				{Name: "headers", Kind: cdp.OptMap, Secret: true, Doc: "Headers."},
				{Name: "scopes", Kind: cdp.OptStrings, Doc: "Scopes."},
				{Name: "budget", Kind: cdp.OptBytes, Doc: "Bytes."},
				{Name: "create", Kind: cdp.OptBool, Default: "true", Doc: "Whether to create."},
			},
			Writes: []cdp.RemoteSpec{
				{Kind: cdp.Object, Modes: []cdp.Mode{cdp.Upsert, cdp.Update}, Actions: keep},
				{Kind: cdp.Audience, Actions: member},
			},
			Match: map[string]cdp.MatchSpec{"email": {Name: "email", Normalize: "email"}},
		},
		"meta_audiences": {
			Type: "meta_audiences", Title: "Meta audiences", Doc: "Writes custom audiences.",
			Options: []cdp.Option{secret, {Name: "ad_account", Kind: cdp.OptString, Required: true, Doc: "The account."}},
			Writes:  []cdp.RemoteSpec{{Kind: cdp.Audience, Actions: member}},
			Match:   people,
		},
		"meta_conversions": {
			Type: "meta_conversions", Title: "Meta conversions", Doc: "Writes events.",
			Options: []cdp.Option{secret, {Name: "dataset", Kind: cdp.OptString, Required: true, Doc: "The dataset."}},
			Writes:  []cdp.RemoteSpec{{Kind: cdp.EventTo, Names: []string{"Purchase", "Lead", "ViewContent"}, MaxAge: 7 * 24 * time.Hour}},
			Match:   people,
		},
	}
}

// loadText loads a project that is written out in a test.
func loadText(t testing.TB, files map[string]string, o Options) (*cdp.Project, diag.List) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(dir, o)
}
