package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// seedFlags are how a file is to be read, and into what.
type seedFlags struct {
	source, format, rowNumber, columns string
	header, noHeader, replace          bool
}

// seedResult is what `seed --json` prints.
type seedResult struct {
	Source  string   `json:"source"`
	Table   string   `json:"table"`
	Rows    uint64   `json:"rows"`
	Created bool     `json:"created"`
	Unknown []string `json:"columns_left_out"` // of the file
	Absent  []string `json:"columns_empty"`    // of the table
	Seconds float64  `json:"seconds"`
}

func (a *app) seedCommand() *cobra.Command {
	var f seedFlags
	c := &cobra.Command{
		Use:   "seed FILE",
		Short: "Load a file into the table of a source",
		Long: `It loads CSV, JSON lines or blank-separated text, all or nothing. Database and table are
made from the declared columns when they are missing. Values are trimmed, empty ones are
null, 20261101 is read as a date. "-" is stdin.

It refuses a target with deliver: live, whose tables are somebody else's.`,
		Example: `  kith seed data/people.csv --source people --replace
  kith seed purchases.txt --source purchases --format blank --row-number line`,
		Args: oneArg("a file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.seed(args[0], f) },
	}
	c.Flags().StringVar(&f.source, "source", "", "source whose table is filled (default: the only one, or the one named like the file)")
	c.Flags().StringVar(&f.format, "format", "", "csv, jsonl or blank (default: by the file's name)")
	c.Flags().StringVar(&f.rowNumber, "row-number", "", "number the rows in this column, a key for files without one")
	c.Flags().BoolVar(&f.header, "header", false, "the first line names the columns (default, unless --columns is given)")
	c.Flags().BoolVar(&f.noHeader, "no-header", false, "the first line is a row")
	c.Flags().StringVar(&f.columns, "columns", "", "names of the file's columns in their order: a,b,c")
	c.Flags().BoolVar(&f.replace, "replace", false, "replace what the table holds (default: add to it)")
	return c
}

func (a *app) seed(name string, f seedFlags) error {
	p, err := a.load()
	if err != nil {
		return err
	}
	if p.Target.Live {
		help := "add a target without deliver: live to kith.yml: there is no other"
		if list := others(p.Targets, p.Target.Name); len(list) > 0 {
			help = "choose one without deliver: live with --target: " + shorten(list)
		}
		return withHelp(fmt.Errorf("target %s delivers live: kith seed does not write the tables of its sources", p.Target.Name), "%s", help)
	}
	src, err := seedSource(p, name, f.source)
	if err != nil {
		return err
	}
	if f.rowNumber != "" && (src.Column(f.rowNumber) == nil || src.Column(f.rowNumber).Type.Kind != cdp.Int) {
		return withHelp(fmt.Errorf("--row-number: source %s has no int column %q", src.Name, f.rowNumber), "declare it: `columns: {%s: int, ...}`", f.rowNumber)
	}
	in, size, err := a.openInput(name)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	counting := &countingReader{r: in}
	l := &loading{src: src, file: name, rowNumber: f.rowNumber, replace: f.replace, read: counting.read, size: size}
	if l.reader, err = f.reader(name, counting, src); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	unknown, absent, err := l.mapColumns()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	start := time.Now()
	if err := a.seedTarget(p, l); err != nil {
		return err
	}
	return a.seeded(seedResult{
		Source: src.Name, Table: src.Table.Schema + "." + src.Table.Name, Rows: l.rows, Created: l.created,
		Unknown: append([]string{}, unknown...), Absent: append([]string{}, absent...), Seconds: time.Since(start).Seconds(),
	})
}

// seedTarget loads into the warehouse of the target, as a user that may.
func (a *app) seedTarget(p *cdp.Project, l *loading) (err error) {
	compiler, err := a.compiler(p)
	if err != nil {
		return err
	}
	s := &session{project: p}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	if l.w, err = a.connect(a.soft, s, p, compiler.Dialect(), fullUser); err != nil {
		return err
	}
	observe, end := a.progress()
	defer end()
	l.observe = observe
	return l.run(a.soft)
}

func (a *app) seeded(r seedResult) error {
	if len(r.Unknown) > 0 {
		a.notef("note: not declared in source %s, left out: %s\n", r.Source, shorten(r.Unknown))
	}
	if len(r.Absent) > 0 {
		a.notef("note: not in the file, left empty: %s\n", shorten(r.Absent))
	}
	if a.json {
		return a.printJSON(r)
	}
	verb := "into"
	if r.Created {
		verb = "into the new table"
	}
	a.out.printf("%s %s %s (source %s), %s\n", counted(r.Rows, "row"), verb, r.Table, r.Source, seconds(r.Seconds))
	return nil
}

func others(list []string, not string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == not })
}

// seedSource finds the source to fill.
func seedSource(p *cdp.Project, file, name string) (*cdp.Source, error) {
	var tables []*cdp.Source
	var known []string
	stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	var like *cdp.Source
	for _, s := range p.Sources {
		if s.Table == nil {
			if s.Name == name {
				return nil, withHelp(fmt.Errorf("source %s is a query (%s): there is no table to fill", name, s.Pos), "seed a source with `table:`")
			}
			continue
		}
		tables, known = append(tables, s), append(known, s.Name)
		if s.Name == name {
			return s, nil
		}
		if s.Name == stem || s.Table.Name == stem {
			like = s
		}
	}
	switch {
	case name != "" && nearest(name, known) != "":
		return nil, withHelp(fmt.Errorf("there is no source %q", name), "did you mean --source %s?", nearest(name, known))
	case name != "":
		return nil, withHelp(fmt.Errorf("there is no source %q", name), "there are: %s", shorten(known))
	case like != nil:
		return like, nil
	case len(tables) == 1:
		return tables[0], nil
	case len(tables) == 0:
		return nil, withHelp(errors.New("the project has no source with a table"), "declare one under `sources:`")
	}
	return nil, withHelp(errors.New("which source does the file belong to?"), "name it with --source: %s", shorten(known))
}

// openInput opens the file, or stdin for "-". size is 0 when it is not known.
func (a *app) openInput(name string) (io.ReadCloser, uint64, error) {
	if name == "-" {
		return io.NopCloser(a.streams.In), 0, nil
	}
	f, err := os.Open(a.path(name))
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = fmt.Errorf("%s: %w", name, p.Err)
		}
		return nil, 0, err
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = fmt.Errorf("%s is a directory", name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, uint64(st.Size()), nil
}

type countingReader struct {
	r io.Reader
	n uint64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += uint64(n)
	return n, err
}

func (c *countingReader) read() uint64 { return c.n }

// reader chooses the format and the names of the columns.
func (f seedFlags) reader(name string, in io.Reader, src *cdp.Source) (recordReader, error) {
	if f.header && f.noHeader {
		return nil, errors.New("--header and --no-header exclude each other")
	}
	format := f.format
	if format == "" {
		format = map[string]string{".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".txt": "blank", ".dat": "blank"}[strings.ToLower(filepath.Ext(name))]
	}
	var names []string
	if f.columns != "" {
		names = trimmed(strings.Split(f.columns, ","))
	}
	header := !f.noHeader && (f.header || names == nil)
	if !header && names == nil { // as the source declares them
		for _, c := range src.Columns {
			if c.JSON == "" && c.SQL == nil && c.Name != f.rowNumber {
				names = append(names, c.Name)
			}
		}
	}
	r, err := f.open(format, in, names, header)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	return r, err
}

func (f seedFlags) open(format string, in io.Reader, names []string, header bool) (recordReader, error) {
	switch format {
	case "csv":
		return newCSVReader(in, names, header)
	case "blank":
		return newBlankReader(in, names, header)
	case "jsonl":
		return &jsonReader{newLines(in)}, nil
	case "":
		return nil, withHelp(errors.New("the name does not say how the file is written"), "--format csv, jsonl or blank")
	}
	help := "there are csv, jsonl and blank"
	if near := nearest(format, []string{"csv", "jsonl", "blank"}); near != "" {
		help = "did you mean --format " + near + "?"
	}
	return nil, withHelp(fmt.Errorf("there is no format %q", format), "%s", help)
}

// seedNumber reads a number of a template.
func seedNumber(ctx context.Context, w cdp.Warehouse, name string, data any) (uint64, error) {
	s, err := statement(w.Dialect(), name, data)
	if err != nil {
		return 0, err
	}
	row, err := ledger.One(ctx, w, s)
	if err != nil {
		return 0, err
	}
	return ledger.Uint(row[0]), nil
}
