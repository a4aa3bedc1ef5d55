package cli

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
)

// starter is the project that init writes.
//
//go:embed starter
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a small project that runs",
		Long: `It has one source with a file to load, people stitched by e-mail, one segment and one
sync to a file. It needs no account and no server.`,
		Example: `  kith init shop                     then: cd shop, kith seed data/people.csv, kith run
  kith init                          into this directory`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return oneArg("a directory")(c, args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.init(strings.Join(args, "")) },
	}
}

func (a *app) init(name string) error {
	if name == "" {
		name = "."
	}
	dir := a.path(name)
	files, err := starterFiles(projectName(dir))
	if err != nil {
		return err
	}
	// All or nothing: no file of somebody is overwritten.
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.name)); err == nil {
			return withHelp(fmt.Errorf("%s is there already", filepath.Join(name, f.name)), "choose another directory: kith init DIR")
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	var written []string
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		// Nothing in it is secret, and whom the project is served as has to read it.
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.text, 0o644); err != nil {
			return err
		}
		written = append(written, f.name)
	}
	if a.json {
		return a.printJSON(map[string]any{"dir": dir, "files": written})
	}
	a.out.printf("wrote %s\n", strings.Join(written, ", "))
	if name != "." {
		a.out.printf("next: cd %s; kith seed data/people.csv; kith run\n", name)
		return nil
	}
	a.out.printf("next: kith seed data/people.csv; kith run\n")
	return nil
}

type starterFile struct {
	name string
	text []byte
}

// starterFiles are the files of the project, kith.yml last: only it makes a
// directory a project.
func starterFiles(name string) ([]starterFile, error) {
	var files []starterFile
	var main starterFile
	err := fs.WalkDir(starter, "starter", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := starter.ReadFile(path)
		if err != nil {
			return err
		}
		f := starterFile{strings.TrimPrefix(path, "starter/"), text}
		switch f.name {
		case "gitignore":
			f.name = ".gitignore"
		case projectFile:
			t, err := template.New("").Parse(string(text))
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := t.Execute(&b, map[string]string{"Name": name}); err != nil {
				return err
			}
			main = starterFile{f.name, b.Bytes()}
			return nil
		}
		files = append(files, f)
		return nil
	})
	return append(files, main), err
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// projectName makes a name of the language from a directory's.
func projectName(dir string) string {
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(filepath.Base(dir)), "_"), "_")
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = "project" + strings.TrimPrefix("_"+name, "__")
	}
	return strings.TrimSuffix(name, "_")
}
