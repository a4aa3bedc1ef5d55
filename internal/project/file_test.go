package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFileLinks: a link within the project is read, as where a file is mounted; one that
// leaves it is not, so that a proposed change shows no file of the machine.
func TestFileLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.yml")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(outside, "password")
	for to, want := range map[string]string{
		outside:                  "this is a link to nothing in the project",
		"../../x.yml":            "this is a link to nothing in the project",
		"/dev/zero":              "this is a link to nothing in the project",
		"gone.yml":               "this is a link to nothing in the project",
		".":                      "this is no file",
		"..data/m.yml":           "",
		"../models/..data/m.yml": "",
	} {
		root := t.TempDir()
		write(filepath.Join(root, "kith.yml"), "version: 1\nname: t\ntargets: {a: {type: clickhouse, embedded: {}}}\n")
		write(filepath.Join(root, "models", "..1", "m.yml"), "sources: [{name: s, table: a.b, columns: {c: int}}]\n")
		for name, to := range map[string]string{"..data": "..1", "m.yml": to} {
			if err := os.Symlink(to, filepath.Join(root, "models", name)); err != nil {
				t.Fatal(err)
			}
		}
		p, problems := Load(root, Options{Specs: testSpecs()})
		_, printErr := Fingerprint(root)
		if want == "" {
			if len(problems) > 0 || len(p.Sources) != 1 || printErr != nil {
				t.Errorf("%s: %v, %v", to, problems, printErr)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Summary != want || problems[0].Pos.File != "models/m.yml" || printErr == nil {
			t.Errorf("%s: %v, %v", to, problems, printErr)
		}
		if _, err := ReadFile(root, "models/m.yml"); err == nil || strings.Contains(err.Error(), outside) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// TestFolderLinks: a link to a folder is said not to be followed, wherever it leads; what
// is hidden is left alone, as where a folder is mounted.
func TestFolderLinks(t *testing.T) {
	outside := t.TempDir()
	for name, to := range map[string]string{"models/shared": "../common", "models/there": outside, "models/..data": "../common", "syncs": "common", "models/readme": "gone"} {
		root := t.TempDir()
		for _, dir := range []string{"models", "common"} {
			if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(root, "kith.yml"), []byte("version: 1\nname: t\ntargets: {a: {type: clickhouse, embedded: {}}}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		_, problems := Load(root, Options{Specs: testSpecs()})
		_, printErr := Fingerprint(root)
		if name == "models/..data" || name == "models/readme" {
			if len(problems) > 0 || printErr != nil {
				t.Errorf("%s: %v, %v", name, problems, printErr)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Summary != "this is a link to a folder, and such are not followed" || problems[0].Pos.File != name || printErr == nil {
			t.Errorf("%s: %v, %v", name, problems, printErr)
		}
	}
}
