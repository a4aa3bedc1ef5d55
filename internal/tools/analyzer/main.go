// Command analyzer checks GoogleSQL without a network: statements over declared tables,
// by the analyzer of which BigQuery's SQL is made. kith starts it as a child and writes
// one request per line of JSON to its standard input; it answers each with one line.
//
//	{"tables": [{"path": ["raw", "people"], "columns": [{"name": "id", "type": "INT64"}]}]}
//	{"sql": "SELECT id FROM raw.people"}
//
// The first names the tables, the others are statements. An answer has the columns of
// the result, or an error with its line and column:
//
//	{"columns": [{"name": "id", "type": "INT64"}]}
//	{"error": "Unrecognized name: idd; Did you mean id?", "line": 1, "column": 8}
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// column is a column of a table, or of a result.
type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// table is a declared table; its path is as in a statement.
type table struct {
	Path    []string `json:"path"`
	Columns []column `json:"columns"`
}

// request is tables, or a statement.
type request struct {
	Tables []table `json:"tables,omitempty"`
	SQL    string  `json:"sql,omitempty"`
}

// result is the answer to a request.
type result struct {
	Columns []column `json:"columns,omitempty"`
	Error   string   `json:"error,omitempty"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
}

// serve answers until its input ends.
func serve(in io.Reader, out io.Writer) error {
	a, err := newAnalyzer()
	if err != nil {
		return err
	}
	decoder, buffered := json.NewDecoder(bufio.NewReader(in)), bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	for {
		var q request
		if err := decoder.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var r result
		for _, t := range q.Tables {
			if err := a.declare(t); err != nil {
				r = problem(err)
				break
			}
		}
		if q.SQL != "" {
			r = a.analyze(q.SQL)
		}
		if err := encoder.Encode(r); err != nil {
			return err
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
	}
}
