package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
)

// compiled is a statement as `compile --json` prints it.
type compiled struct {
	Name     string   `json:"name"`
	Model    string   `json:"model"`
	Position string   `json:"position,omitempty"`
	Needs    []string `json:"needs"`
	SQL      string   `json:"sql"`
	File     string   `json:"file,omitempty"`
}

func (a *app) compileCommand() *cobra.Command {
	var sel selection
	out := ""
	c := &cobra.Command{
		Use:   "compile",
		Short: "Print the SQL of every statement, offline",
		Long: `Each statement that a build and the syncs run on the target stands below its name and
the place in the YAML that made it. It needs no connection.`,
		Example: `  kith compile                       all statements on stdout
  kith compile --select people_to_crm --out target/sql`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.compile(&sel, out) },
	}
	sel.flags(c, "models")
	c.Flags().StringVar(&out, "out", "", "write one file per statement into this directory, in place of those of the compile before")
	return c
}

func (a *app) compile(sel *selection, out string) error {
	p, err := a.load()
	if err != nil {
		return err
	}
	compiler, err := a.compiler(p)
	if err != nil {
		return err
	}
	statements, err := selectStatements(sel, p, compiler.All(a.specsOf(p)))
	if err != nil {
		return err
	}
	list := make([]compiled, len(statements))
	for i, s := range statements {
		list[i] = compiled{Name: s.Name, Model: s.Model, Needs: append([]string{}, s.Needs...), SQL: s.SQL}
		if s.Pos.IsValid() {
			list[i].Position = s.Pos.String()
		}
	}
	if out != "" {
		if err := writeStatements(a.path(out), list); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"target": p.Target.Name, "dialect": compiler.Dialect().Name(), "statements": list})
	}
	if out != "" {
		a.out.printf("%s in %s\n", counted(uint64(len(list)), "statement"), out)
		return nil
	}
	for i, s := range list {
		if i > 0 {
			a.out.printf("\n")
		}
		a.out.printf("%s", text(s))
	}
	return nil
}

// compiledMark begins what is a statement of a compile: by it, and by nothing less,
// a later one knows which files it may remove.
const compiledMark = "-- kith compile: "

// text is a statement below its name, as SQL.
func text(s compiled) string {
	head := compiledMark + s.Name + " (" + s.Model + ")\n"
	if s.Position != "" {
		head += "-- " + s.Position + "\n"
	}
	if len(s.Needs) > 0 {
		head += "-- after: " + strings.Join(s.Needs, ", ") + "\n"
	}
	return head + s.SQL + ";\n"
}

// selectStatements keeps the statements of the selected models: items of any list,
// by name and tags.
func selectStatements(sel *selection, p *cdp.Project, all []cdp.Statement) ([]cdp.Statement, error) {
	if sel.empty() {
		return all, nil
	}
	tags := tagsOf(p)
	var items []item
	at := map[string]int{}
	for _, s := range all {
		if _, ok := at[s.Model]; !ok {
			at[s.Model] = len(items)
			_, name, _ := strings.Cut(s.Model, " ")
			if name == "" {
				name = s.Model
			}
			items = append(items, item{name, tags[s.Model]})
		}
	}
	chosen, err := sel.choose("model", items)
	if err != nil {
		return nil, err
	}
	in := map[int]bool{}
	for _, i := range chosen {
		in[i] = true
	}
	var out []cdp.Statement
	for _, s := range all {
		if in[at[s.Model]] {
			out = append(out, s)
		}
	}
	return out, nil
}

// tagsOf are the tags of all items, by "kind name" as statements call their model.
func tagsOf(p *cdp.Project) map[string][]string {
	out := map[string][]string{}
	add := func(kind string, it cdp.Item) { out[kind+" "+it.Name] = it.Tags }
	for _, x := range p.Sources {
		add("source", x.Item)
	}
	for _, x := range p.Entities {
		add("entity", x.Item)
	}
	for _, x := range p.Traits {
		add("trait", x.Item)
	}
	for _, x := range p.Consents {
		add("consent", x.Item)
	}
	for _, x := range p.Segments {
		add("segment", x.Item)
	}
	for _, x := range p.Syncs {
		add("sync", x.Item)
	}
	return out
}

var (
	notInFileName = regexp.MustCompile(`[^a-zA-Z0-9_.-]+`)
	numberedFile  = regexp.MustCompile(`^\d{3,}_.*\.sql$`)
)

// writeStatements writes 001_name.sql ... in the order of execution. Files of an
// earlier compile are replaced; other files stay, whatever they are called.
func writeStatements(dir string, list []compiled) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for i := range list {
		name := fmt.Sprintf("%03d_%s.sql", i+1, strings.Trim(notInFileName.ReplaceAllString(list[i].Model+"_"+list[i].Name, "_"), "_"))
		list[i].File = name
		path := filepath.Join(dir, name)
		ours, err := isCompiled(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return err
		case !ours:
			return withHelp(fmt.Errorf("%s is there, and not marked as made by `kith compile`", path),
				"choose another folder for --out, or remove the file if an older kith made it: it marked none")
		}
	}
	if err := removeCompiled(dir); err != nil {
		return err
	}
	for _, s := range list {
		if err := writeCompiled(filepath.Join(dir, s.File), text(s)); err != nil {
			return err
		}
	}
	return nil
}

func removeCompiled(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !numberedFile.MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		ours, err := isCompiled(path)
		if err != nil {
			return err
		}
		if ours {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// isCompiled reports whether a file begins as those of a compile do.
func isCompiled(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(compiledMark))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return string(head[:n]) == compiledMark, nil
}

// writeCompiled makes a file; one that is there by now is somebody else's.
func writeCompiled(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
