package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kithdata/kith/internal/testkit"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// TestScripts runs the built kith, on the embedded engine, through testdata/script.
func TestScripts(t *testing.T) {
	t.Parallel()
	bin := testkit.Binary(t, "")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lib := os.Getenv("KITH_CLICKHOUSE_LIB")
	if _, err := os.Stat(embedded.LibraryPath(cache)); err != nil && lib == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(embedded.ErrNoLibrary)
		}
		t.Skip(embedded.ErrNoLibrary)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(bin)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("XDG_CACHE_HOME", cache)
			env.Setenv("KITH_CLICKHOUSE_LIB", lib)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"json":   jsonCommand,
			"await":  awaitCommand,
			"engine": func(ts *testscript.TestScript, _ bool, _ []string) { engineCommand(ts, bin, cache, lib) },
		},
	})
}

// engineCommand keeps the engine of .kith/warehouse running until the script ends; without
// it each run of kith starts one and stops it.
func engineCommand(ts *testscript.TestScript, bin, cache, lib string) {
	e, err := embedded.Open(context.Background(), embedded.Config{Path: ts.MkAbs(".kith/warehouse"), CacheDir: cache, Lib: lib, Exe: bin, StateDatabase: "kith", ReadDatabases: []string{"raw"}})
	ts.Check(err)
	ts.Defer(func() { ts.Check(e.Close()) })
}

// jsonCommand is `json FILE path value`: the value at a dotted path of a document,
// as JSON or as plain text. `json FILE path` asks whether it is there. FILE may be stdout.
func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: json FILE path [value]")
	}
	var doc any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if dec.More() {
		ts.Fatalf("%s: more than one document", args[0])
	}
	got, found := lookup(doc, strings.Split(args[1], "."))
	ok := found
	if len(args) == 3 {
		ok = found && got == args[2]
	}
	if ok == neg {
		ts.Fatalf("%s at %s: %q (there: %v)", args[0], args[1], got, found)
	}
}

// lookup follows a path; "len" is a length, "keys" the names of an object, sorted.
func lookup(doc any, path []string) (string, bool) {
	for _, p := range path {
		switch x := doc.(type) {
		case map[string]any:
			if p == "keys" {
				var keys []string
				for k := range x {
					keys = append(keys, k)
				}
				slices.Sort(keys)
				return strings.Join(keys, " "), true
			}
			v, ok := x[p]
			if !ok {
				return "", false
			}
			doc = v
		case []any:
			if p == "len" {
				return strconv.Itoa(len(x)), true
			}
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(x) {
				return "", false
			}
			doc = x[i]
		default:
			return "", false
		}
	}
	if s, ok := doc.(string); ok {
		return s, true
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return fmt.Sprint(err), false
	}
	return strings.TrimSpace(b.String()), true
}

// awaitCommand is `await FILE text`: until a file holds a text.
func awaitCommand(ts *testscript.TestScript, _ bool, args []string) {
	for range 200 {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(b), args[1]) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s never held %q", args[0], args[1])
}
