package bigquery

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
)

// Analyzer checks GoogleSQL offline, over declared tables: a program of internal/tools
// as a child process. It is safe for concurrent use.
type Analyzer struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
}

// The lines of the program; see internal/tools/analyzer.
type (
	analyzerColumn struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	analyzerTable struct {
		Path    []string         `json:"path"`
		Columns []analyzerColumn `json:"columns"`
	}
	analyzerRequest struct {
		Tables []analyzerTable `json:"tables,omitempty"`
		SQL    string          `json:"sql,omitempty"`
	}
	analyzerResult struct {
		Columns []analyzerColumn `json:"columns"`
		Error   string           `json:"error"`
		Line    int              `json:"line"`
		Column  int              `json:"column"`
	}
)

// StartAnalyzer starts the program at path. The Analyzer must be closed.
func StartAnalyzer(path string) (*Analyzer, error) {
	a := &Analyzer{cmd: exec.Command(path)}
	a.cmd.Env = []string{"LANG=C.UTF-8", "TZ=UTC"} // the parent's holds secrets
	var err error
	if a.stdin, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a.out = json.NewDecoder(bufio.NewReader(stdout))
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the analyzer: %w", err)
	}
	return a, nil
}

// Close ends the program.
func (a *Analyzer) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return errors.Join(a.stdin.Close(), a.cmd.Wait())
}

func (a *Analyzer) ask(q analyzerRequest) (analyzerResult, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var r analyzerResult
	line, err := json.Marshal(q)
	if err == nil {
		_, err = a.stdin.Write(append(line, '\n'))
	}
	if err == nil {
		err = a.out.Decode(&r)
	}
	if err != nil {
		return r, fmt.Errorf("the analyzer has ended: %w", err)
	}
	return r, nil
}

// Declare makes a table known. Types are GoogleSQL's.
func (a *Analyzer) Declare(t cdp.Table, columns []cdp.Column, typeOf func(cdp.Type) string) error {
	table := analyzerTable{Path: []string{t.Name}}
	if t.Schema != "" {
		table.Path = append(strings.Split(t.Schema, "."), t.Name)
	}
	for _, c := range columns {
		table.Columns = append(table.Columns, analyzerColumn{c.Name, typeOf(c.Type)})
	}
	r, err := a.ask(analyzerRequest{Tables: []analyzerTable{table}})
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return err
}

// Describe returns the columns that a SELECT would have. An error of the statement is a
// *[cdp.StatementError] whose message ends with its place, "(line 2, col 5)"; one about
// a table that is not declared is a [cdp.ErrNotFound].
func (a *Analyzer) Describe(ctx context.Context, query string) ([]cdp.Column, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := a.ask(analyzerRequest{SQL: query})
	if err != nil {
		return nil, err
	}
	if r.Error != "" {
		e := &cdp.StatementError{Statement: cdp.Statement{Name: "describe", SQL: query}, Message: short(r.Error)}
		if r.Line > 0 {
			e.Message += " (line " + strconv.Itoa(r.Line) + ", col " + strconv.Itoa(r.Column) + ")"
		}
		if strings.HasPrefix(r.Error, "Table not found") {
			e.Kind = cdp.ErrNotFound
		}
		return nil, e
	}
	columns := make([]cdp.Column, len(r.Columns))
	for i, c := range r.Columns {
		columns[i] = cdp.Column{Name: c.Name, Raw: c.Type, Type: typeNamed(c.Type)}
	}
	return columns, nil
}

// short is a message without the list of everything that would have been right.
func short(message string) string {
	lines := strings.Split(message, "\n")
	text := strings.TrimSpace(lines[0])
	if len(lines) > 1 && strings.Contains(lines[1], "Argument types:") {
		text += ": " + strings.TrimSpace(lines[1])
	}
	return text
}

// typeNamed is a type by its name in GoogleSQL.
func typeNamed(name string) cdp.Type {
	if elem, ok := strings.CutPrefix(name, "ARRAY<"); ok {
		if t := typeNamed(strings.TrimSuffix(elem, ">")); t.Kind != "" {
			return cdp.ListOf(t)
		}
		return cdp.Type{}
	}
	if strings.HasPrefix(name, "STRUCT<") {
		return cdp.Type{Kind: cdp.JSON}
	}
	base, _, _ := strings.Cut(name, "(")
	return language(field(base))
}
