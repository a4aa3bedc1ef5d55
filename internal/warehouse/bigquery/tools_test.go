package bigquery_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

const root = "../../../"

// TestToolsLock: the lock names the sources from which `make engine` builds. The hash
// is that of .ci/tools.
func TestToolsLock(t *testing.T) {
	tree := os.DirFS(root + "internal/tools")
	var names []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if base := path.Base(name); err == nil && !entry.IsDir() && (strings.HasSuffix(base, ".go") || base == "go.mod" || base == "go.sum") {
			names = append(names, "./"+name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(tree, strings.TrimPrefix(name, "./"))
		if err != nil {
			t.Fatal(err)
		}
		h.Write([]byte(name + "\n"))
		h.Write(b)
	}
	if got := hex.EncodeToString(h.Sum(nil))[:16]; got != bigquery.ToolsVersion() {
		t.Errorf("internal/tools is %s, tools.lock names %s: run .ci/tools lock", got, bigquery.ToolsVersion())
	}
}

// TestToolsAreApart: what takes minutes and gigabytes to build is in no module that
// the main one needs.
func TestToolsAreApart(t *testing.T) {
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(root + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range []string{"goccy/bigquery-emulator", "goccy/go-googlesql", "goccy/googlesqlite", "kith/internal/tools"} {
			if strings.Contains(string(b), module) {
				t.Errorf("%s needs %s", name, module)
			}
		}
	}
}
