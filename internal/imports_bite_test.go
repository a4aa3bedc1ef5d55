package internal_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// TestRulesBite breaks every rule once, so that none of them passes because it looks at nothing.
func TestRulesBite(t *testing.T) {
	const page = "| Room | Purpose | May import |\n|---|---|---|\n" +
		"| `cmd/kith` | p | `internal/cli` |\n" +
		"| `internal/cli` | p | `*` |\n" +
		"| `internal/engine` | p | `internal/cdp` |\n" +
		"| `internal/destination/<x>` | p | `internal/destination`, `internal/cdp` |\n" +
		"| `internal/destination` | p | `internal/cdp` |\n" +
		"| `internal/warehouse/<x>` | p | `internal/cdp` |\n" +
		"| `internal/sandbox` | p | - |\n" +
		"| `internal/cdp` | p | - |\n" +
		"\n| Room for tests | Purpose | May import |\n|---|---|---|\n" +
		"| `internal/testkit` | p | `*` |\n" +
		"| `internal/destination/destinationtest` | p | `internal/testkit` |\n"
	source := func(body string, imports ...string) string {
		var b strings.Builder
		b.WriteString("package p\n")
		for _, p := range imports {
			if strings.HasPrefix(p, "internal/") || strings.HasPrefix(p, "cmd/") {
				p = module + "/" + p
			}
			b.WriteString("import " + strconv.Quote(p) + "\n")
		}
		return b.String() + body
	}
	for _, test := range []struct {
		rule, page, file, text string
		want                   int
	}{
		{"the table goes down only", page, "", "", 0},
		{"the table goes down only", strings.Replace(page, "| `internal/cdp` | p | - |", "| `internal/cdp` | p | `internal/engine` |", 1), "", "", 1},
		{"the table goes down only", strings.Replace(page, "`internal/engine` | p | `internal/cdp`", "`internal/engine` | p | `internal/cdb`", 1), "", "", 1},
		{"the table goes down only", page + "| `internal/cdp` | p | - |\n", "", "", 1},

		{"imports are in the table", page, "internal/engine/a.go", source("", "internal/cdp", "fmt"), 0},
		{"imports are in the table", page, "internal/engine/a.go", source("", "internal/destination"), 1},
		{"imports are in the table", page, "internal/engine/a_test.go", source("", "internal/destination"), 0},
		{"imports are in the table", page, "internal/cli/a.go", source("", "internal/engine", "internal/destination/hubspot"), 0},
		{"imports are in the table", page, "internal/cli/a.go", source("", "cmd/kith"), 1},
		{"imports are in the table", page, "internal/cli/a.go", source("", "internal/testkit"), 1},
		{"imports are in the table", page, "internal/cli/a_test.go", source("", "internal/testkit"), 0},
		{"imports are in the table", page, "internal/cli/a.go", source("", "internal/util"), 1},
		{"imports are in the table", page, "internal/util/a.go", source(""), 1},
		{"imports are in the table", page, "internal/util/a_test.go", source(""), 0},
		{"imports are in the table", page, "internal/destination/hubspot/a.go", source("", "internal/destination"), 0},
		{"imports are in the table", page, "internal/destination/hubspot/deep/a.go", source(""), 1},
		{"imports are in the table", page, "internal/destination/destinationtest/a.go", source("", "internal/testkit"), 0},
		{"imports are in the table", page, "internal/destination/destinationtest/a.go", source("", "internal/cdp"), 1},
		{"imports are in the table", page, "internal/tools/go.mod", "", 0},

		{"siblings do not know each other", page, "internal/destination/meta/a.go", source("", "internal/destination/hubspot"), 1},
		{"siblings do not know each other", page, "internal/destination/meta/a.go", source("", "internal/warehouse/bigquery"), 1},
		{"siblings do not know each other", page, "internal/destination/meta/a.go", source("", "internal/destination", "internal/destination/meta/part"), 0},
		{"siblings do not know each other", page, "internal/destination/meta/a_test.go", source("", "internal/destination/destinationtest"), 0},

		{"builtin.go names the drivers", page, "internal/cli/builtin.go", source("", "internal/destination/meta"), 0},
		{"builtin.go names the drivers", page, "internal/cli/sync.go", source("", "internal/destination/meta"), 1},
		{"builtin.go names the drivers", page, "internal/engine/a.go", source("", "internal/warehouse/bigquery"), 1},
		{"builtin.go names the drivers", page, "internal/engine/a.go", source("", "internal/destination"), 0},
		{"builtin.go names the drivers", page, "internal/testkit/a.go", source("", "internal/warehouse/bigquery"), 0},

		{"the sandbox stands alone", page, "internal/sandbox/a.go", source("", "internal/cdp"), 1},
		{"the sandbox stands alone", page, "internal/sandbox/a.go", source("", "internal/sandbox/fake"), 0},
		{"the sandbox stands alone", page, "internal/sandbox/fake/a_test.go", source("", "internal/destination/meta"), 1},
		{"the sandbox stands alone", page, "internal/destination/meta/a_test.go", source("", "internal/sandbox"), 0},
		{"the sandbox stands alone", page, "internal/destination/meta/a.go", source("", "internal/sandbox"), 1},

		{"heavy modules stay out", page, "internal/engine/a_test.go", source("", "github.com/goccy/bigquery-emulator/server"), 1},
		{"heavy modules stay out", page, "go.mod", "require github.com/goccy/go-googlesql v0.4.0", 1},

		{"only the CLI reads the environment", page, "internal/engine/a.go", source("var v = os.Getenv(\"V\")", "os"), 1},
		{"only the CLI reads the environment", page, "internal/engine/a.go", "package p; import env \"os\"; var v, ok = env.LookupEnv(\"V\")", 1},
		{"only the CLI reads the environment", page, "internal/engine/a.go", source("var v = cfg.Getenv(\"V\")", "os"), 0},
		{"only the CLI reads the environment", page, "internal/cli/a.go", source("var v = os.Getenv(\"V\")", "os"), 0},
		{"only the CLI reads the environment", page, "internal/engine/a_test.go", source("var v = os.Getenv(\"V\")", "os"), 0},

		{"no init", page, "internal/engine/a.go", source("func init() {}"), 1},
		{"no init", page, "internal/engine/a.go", source("type t int; func (t) init() {}"), 0},
	} {
		tree := fstest.MapFS{"go.mod": {Data: []byte("module " + module)}}
		if test.file != "" {
			tree[test.file] = &fstest.MapFile{Data: []byte(test.text)}
		}
		rs, err := readRooms(test.page)
		if err != nil {
			t.Fatal(err)
		}
		files, err := goFiles(tree)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := rules[test.rule](tree, files, rs); len(wrong) != test.want {
			t.Errorf("%s: %s:\n%s\nfound %q, want %d", test.rule, test.file, test.text, wrong, test.want)
		}
	}
}
