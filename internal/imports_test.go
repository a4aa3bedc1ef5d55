package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/kithdata/kith"

// file is one Go file of the main module. Paths have slashes and are relative to the root of the repository.
type file struct {
	name    string
	dir     string
	test    bool
	imports map[string]string // path to the name in the file
	syntax  *ast.File
}

// ours are the packages of this module that the file imports, as folders, sorted.
func (f file) ours() []string {
	var dirs []string
	for p := range f.imports {
		if dir, ok := strings.CutPrefix(p, module+"/"); ok {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// goFiles parses the main module: no hidden folder, no test data, no folder that is a module of its own.
func goFiles(tree fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "." {
				return nil
			}
			if base := path.Base(name); strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
				return fs.SkipDir
			}
			if _, err := fs.Stat(tree, name+"/go.mod"); err == nil {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parseFile(tree, name)
		files = append(files, f)
		return err
	})
	return files, err
}

func parseFile(tree fs.FS, name string) (file, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return file{}, err
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{
		name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
		imports: map[string]string{}, syntax: syntax,
	}
	for _, spec := range syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		f.imports[p] = path.Base(p)
		if spec.Name != nil {
			f.imports[p] = spec.Name.Name
		}
	}
	return f, nil
}

// room is a row of a table in README.md.
type room struct {
	name     string
	imports  []string // "*" stands for every room
	forTests bool
}

func (r room) program() bool { return strings.HasPrefix(r.name, "cmd/") || r.name == "internal/bench" }

func matches(pattern, dir string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "<x>", "*"), dir)
	return ok && err == nil
}

// rooms are the rows in the order of the page.
type rooms []room

func readRooms(page string) (rooms, error) {
	var rs rooms
	forTests := false
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		switch {
		case strings.HasPrefix(line, "| Room for tests |"):
			forTests = true
		case strings.HasPrefix(line, "| `") && len(cells) == 5:
			r := room{name: strings.Trim(cells[1], " `"), forTests: forTests}
			if allowed := strings.TrimSpace(cells[3]); allowed != "-" {
				for name := range strings.SplitSeq(allowed, ",") {
					r.imports = append(r.imports, strings.Trim(name, " `"))
				}
			}
			rs = append(rs, r)
		case strings.HasPrefix(line, "| `"):
			return nil, fmt.Errorf("a row needs three cells: %s", line)
		}
	}
	if len(rs) == 0 {
		return nil, fmt.Errorf("no table found")
	}
	return rs, nil
}

// find returns the room of a folder: by its name, else by a pattern.
func (rs rooms) find(dir string) (room, bool) {
	for _, same := range []func(name string) bool{
		func(name string) bool { return name == dir },
		func(name string) bool { return matches(name, dir) },
	} {
		if i := slices.IndexFunc(rs, func(r room) bool { return same(r.name) }); i >= 0 {
			return rs[i], true
		}
	}
	return room{}, false
}

// allow says whether a file of one room may import another, which is a row of the tables itself.
func (rs rooms) allow(from, to room) bool {
	if to.forTests && !from.forTests || to.program() {
		return false
	}
	return slices.Contains(from.imports, to.name) || slices.Contains(from.imports, "*")
}

// rules return what is wrong, one line each.
var rules = map[string]func(fs.FS, []file, rooms) []string{
	"the table goes down only":           tableGoesDown,
	"imports are in the table":           importsAreInTable,
	"siblings do not know each other":    siblingsApart,
	"builtin.go names the drivers":       builtinNamesDrivers,
	"the sandbox stands alone":           sandboxStandsAlone,
	"heavy modules stay out":             heavyModulesOut,
	"only the CLI reads the environment": environmentIsRead,
	"no init":                            noInit,
}

func tableGoesDown(_ fs.FS, _ []file, rs rooms) (wrong []string) {
	for i, r := range rs {
		for j, other := range rs {
			if j < i && other.name == r.name {
				wrong = append(wrong, r.name+" is listed twice")
			}
		}
		for _, name := range r.imports {
			at := slices.IndexFunc(rs, func(other room) bool { return other.name == name })
			switch {
			case name == "*":
			case at < 0:
				wrong = append(wrong, fmt.Sprintf("%s may import %s, which is not a row", r.name, name))
			case at <= i && !r.forTests:
				wrong = append(wrong, fmt.Sprintf("%s may import %s, which is not below it", r.name, name))
			}
		}
	}
	return wrong
}

func importsAreInTable(_ fs.FS, files []file, rs rooms) (wrong []string) {
	for _, f := range files {
		if f.test {
			continue
		}
		from, ok := rs.find(f.dir)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: the folder %s is not in internal/README.md", f.name, f.dir))
			continue
		}
		for _, dir := range f.ours() {
			if to, ok := rs.find(dir); !ok || !rs.allow(from, to) {
				wrong = append(wrong, fmt.Sprintf("%s: internal/README.md does not let %s import %s", f.name, from.name, dir))
			}
		}
	}
	return wrong
}

// driver splits the folder of a concrete driver, such as internal/warehouse and clickhouse.
func driver(rs rooms, dir string) (kind, name string, ok bool) {
	if r, found := rs.find(dir); found && r.forTests {
		return "", "", false
	}
	for _, kind := range []string{"internal/warehouse", "internal/destination"} {
		if rest, ok := strings.CutPrefix(dir, kind+"/"); ok {
			name, _, _ = strings.Cut(rest, "/")
			return kind, name, true
		}
	}
	return "", "", false
}

func siblingsApart(_ fs.FS, files []file, rs rooms) (wrong []string) {
	for _, f := range files {
		kind, name, ok := driver(rs, f.dir)
		for _, dir := range f.ours() {
			if k, n, is := driver(rs, dir); ok && is && !f.test && (k != kind || n != name) {
				wrong = append(wrong, fmt.Sprintf("%s imports its sibling %s", f.name, dir))
			}
		}
	}
	return wrong
}

func builtinNamesDrivers(_ fs.FS, files []file, rs rooms) (wrong []string) {
	for _, f := range files {
		from, _ := rs.find(f.dir)
		if f.test || from.forTests || from.program() || f.name == "internal/cli/builtin.go" {
			continue
		}
		for _, dir := range f.ours() {
			_, _, concrete := driver(rs, dir)
			if _, _, inside := driver(rs, f.dir); concrete && !inside {
				wrong = append(wrong, fmt.Sprintf("%s names the driver %s: only internal/cli/builtin.go does", f.name, dir))
			}
		}
	}
	return wrong
}

// sandboxStandsAlone keeps a misreading of a vendor's page from being made twice, in the client and in its fake.
func sandboxStandsAlone(_ fs.FS, files []file, _ rooms) (wrong []string) {
	inside := func(dir, room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }
	for _, f := range files {
		for _, dir := range f.ours() {
			switch {
			case inside(f.dir, "internal/sandbox") && (inside(dir, "internal/destination") || inside(dir, "internal/engine")),
				inside(f.dir, "internal/sandbox") && !inside(dir, "internal/sandbox") && !f.test,
				inside(f.dir, "internal/destination") && inside(dir, "internal/sandbox") && !f.test:
				wrong = append(wrong, fmt.Sprintf("%s imports %s", f.name, dir))
			}
		}
	}
	return wrong
}

// heavy begins the paths of what needs minutes and gigabytes to build; internal/tools has a go.mod of its own for it.
var heavy = []string{"github.com/goccy/bigquery-emulator", "github.com/goccy/go-googlesql", "github.com/goccy/googlesql"}

func heavyModulesOut(tree fs.FS, files []file, _ rooms) (wrong []string) {
	isHeavy := func(p string) bool {
		return slices.ContainsFunc(heavy, func(h string) bool { return strings.HasPrefix(p, h) })
	}
	for _, f := range files {
		for p := range f.imports {
			if isHeavy(p) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", f.name, p))
			}
		}
	}
	gomod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return append(wrong, err.Error())
	}
	for _, word := range strings.Fields(string(gomod)) {
		if isHeavy(word) {
			wrong = append(wrong, "go.mod requires "+word)
		}
	}
	return wrong
}

func environmentIsRead(_ fs.FS, files []file, rs rooms) (wrong []string) {
	for _, f := range files {
		from, _ := rs.find(f.dir)
		if f.test || from.forTests || from.program() || from.name == "internal/cli" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := selector.X.(*ast.Ident)
			if ok && (x.Name == f.imports["os"] || x.Name == f.imports["syscall"]) &&
				slices.Contains([]string{"Getenv", "LookupEnv", "ExpandEnv"}, selector.Sel.Name) {
				wrong = append(wrong, fmt.Sprintf("%s calls %s.%s", f.name, x.Name, selector.Sel.Name))
			}
			return true
		})
	}
	return wrong
}

func noInit(_ fs.FS, files []file, _ rooms) (wrong []string) {
	for _, f := range files {
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && !f.test && fn.Recv == nil && fn.Name.Name == "init" {
				wrong = append(wrong, f.name+" has a func init")
			}
		}
	}
	return wrong
}

func TestRooms(t *testing.T) {
	tree := os.DirFS("..")
	page, err := fs.ReadFile(tree, "internal/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rs, err := readRooms(string(page))
	if err != nil {
		t.Fatal(err)
	}
	files, err := goFiles(tree)
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range rule(tree, files, rs) {
				t.Error(wrong)
			}
		})
	}
}
