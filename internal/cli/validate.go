package cli

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/project"
)

// How far the SQL of a project was checked.
const (
	sqlChecked     = "checked"
	sqlSkipped     = "skipped"     // --no-sql, or errors before it
	sqlUnavailable = "unavailable" // the engine is not installed
)

// validation is what `validate --json` prints.
type validation struct {
	Valid     bool           `json:"valid"`
	Target    string         `json:"target"`
	SQL       string         `json:"sql"`
	Unchecked []string       `json:"unchecked"` // SQL that reads what is not declared
	Errors    int            `json:"errors"`
	Warnings  int            `json:"warnings"`
	Problems  []diag.Problem `json:"problems"`
	Seconds   float64        `json:"seconds"`
	Online    *engine.Cost   `json:"online,omitempty"` // with --online

	missing string // what is not installed, and how to get it
}

func (a *app) validateCommand() *cobra.Command {
	junit, noSQL, online := "", false, false
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check the project, offline",
		Long: `It shows every problem at once, with its place. It needs no network and no secret. SQL
in the YAML is checked on empty tables in the embedded engine, or by BigQuery's analyzer,
where that is installed. With --online the warehouse checks every statement too, without
running it; that opens a connection.`,
		Example: `  kith validate                      errors and warnings
  kith validate --junit report.xml   also for a CI that reads JUnit`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.validate(junit, noSQL, online) },
	}
	c.Flags().StringVar(&junit, "junit", "", "also write a JUnit report to this file")
	c.Flags().BoolVar(&noSQL, "no-sql", false, "do not check the SQL in the YAML")
	c.Flags().BoolVar(&online, "online", false, "also have the warehouse of the target check every statement (BigQuery: a dry run)")
	return c
}

func (a *app) validate(junit string, noSQL, online bool) error {
	dir, err := a.projectDir()
	if err != nil {
		return err
	}
	start := time.Now()
	p, problems := project.Load(dir, project.Options{Target: a.target, Specs: specs()})
	v := validation{SQL: sqlSkipped, Unchecked: []string{}}
	if !problems.HasErrors() {
		a.project, v.Target = p, p.Target.Name
		if !noSQL {
			if err = a.validateSQL(p, &problems, &v); err != nil {
				return err
			}
		}
		if online && !problems.HasErrors() {
			if err := a.validateOnline(p, &problems, &v); err != nil {
				return err
			}
		}
	}
	problems.Sort()
	v.Errors, v.Warnings = problems.Count()
	v.Valid, v.Problems, v.Seconds = v.Errors == 0, append([]diag.Problem{}, problems...), time.Since(start).Seconds()
	if junit != "" {
		if err := writeJUnit(a.path(junit), dir, v); err != nil {
			return err
		}
	}
	return a.validated(p, v)
}

// validateOnline has the warehouse check every statement.
func (a *app) validateOnline(p *cdp.Project, problems *diag.List, v *validation) error {
	return a.withProject(p, func(s *session) error {
		cost, bad, err := s.engine.Check(a.soft, engine.Request{Command: "validate", Build: true, Syncs: p.Syncs})
		if err != nil {
			return err
		}
		v.Online = cost
		for _, err := range bad {
			var e *cdp.StatementError
			if errors.As(err, &e) && e.Statement.Pos.IsValid() {
				problems.Error(e.Statement.Pos, "", "%s: %s", e.Statement.Name, e.Message)
				continue
			}
			problems.Error(p.Target.Pos, "", "target %s: %s", p.Target.Name, err)
		}
		return nil
	})
}

func (a *app) validated(p *cdp.Project, v validation) error {
	if a.json {
		if err := a.printJSON(v); err != nil {
			return err
		}
	} else if len(v.Problems) > 0 {
		if err := diag.Render(a.err.w, v.Problems, a.readSource, a.err.color); err != nil {
			return err
		}
	}
	if v.SQL == sqlUnavailable {
		a.notef("note: the SQL in the YAML was not checked: %s\n", v.missing)
	}
	for _, what := range v.Unchecked {
		a.notef("note: not checked offline: %s\n", what)
	}
	if !v.Valid {
		return exitError(exitFailed)
	}
	if !a.json {
		a.printCost(v.Online)
		a.out.printf("%s: %s; next: `kith plan`\n", a.out.paint(green, "valid"), inventory(p))
	}
	return nil
}

// inventory is "3 sources, 1 entity, 2 syncs".
func inventory(p *cdp.Project) string {
	traits := 0
	for _, t := range p.Traits {
		if !t.Implicit {
			traits++
		}
	}
	var parts []string
	for _, x := range []struct {
		n         int
		one, many string
	}{
		{len(p.Sources), "source", "sources"},
		{len(p.Entities), "entity", "entities"},
		{traits, "trait", "traits"},
		{len(p.Segments), "segment", "segments"},
		{len(p.Destinations), "destination", "destinations"},
		{len(p.Syncs), "sync", "syncs"},
	} {
		switch x.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+x.one)
		default:
			parts = append(parts, number(x.n)+" "+x.many)
		}
	}
	if len(parts) == 0 {
		return "the project declares nothing yet"
	}
	return strings.Join(parts, ", ")
}

// The parts of JUnit's format that CI systems read.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a case for every file, and one for every problem.
func writeJUnit(path, root string, v validation) error {
	s := junitSuite{Name: "kith validate", Failures: v.Errors, Time: fmt.Sprintf("%.3f", v.Seconds)}
	failing := map[string]bool{}
	for _, p := range v.Problems {
		c := junitCase{Name: p.Pos.String(), Class: "kith.validate", File: p.Pos.File, Line: p.Pos.Line}
		if p.Severity == diag.SeverityError {
			failing[p.Pos.File] = true
			c.Failure = &junitFailure{Message: p.Summary, Text: strings.TrimSpace(p.Pos.String() + ": " + p.Summary + "\n" + p.Help)}
		} else {
			c.Output = "warning: " + p.Summary
		}
		s.Cases = append(s.Cases, c)
	}
	files, err := projectFiles(root)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !failing[f] {
			s.Cases = append(s.Cases, junitCase{Name: f, Class: "kith.validate", File: f})
		}
	}
	s.Tests = len(s.Cases)
	b, err := xml.MarshalIndent(junitSuites{Suite: s}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(xml.Header), append(b, '\n')...), 0o600)
}

// projectFiles are the YAML files of a project, relative to its root.
func projectFiles(root string) ([]string, error) {
	files := []string{projectFile}
	for _, dir := range []string{"models", "syncs"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || entry.IsDir() {
				return err
			}
			if ext := filepath.Ext(path); ext == ".yml" || ext == ".yaml" {
				rel, err := filepath.Rel(root, path)
				files = append(files, filepath.ToSlash(rel))
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
