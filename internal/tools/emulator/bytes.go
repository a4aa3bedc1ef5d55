package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

// tableName finds what can be a table: a path of two or three parts in backticks.
var tableName = regexp.MustCompile("`([^`]+)`\\s*\\.\\s*`([^`]+)`(?:\\s*\\.\\s*`([^`]+)`)?")

// cell is the size of a value: the emulator does not know how much a table holds.
const cell = 10

// bytes is what a statement reads, by a rule that is the service's in kind only: every
// table that it names counts once, with all its columns and rows.
func (j *jobs) bytes(r *http.Request, project, query string) int {
	seen, sum := map[string]bool{}, 0
	for _, m := range tableName.FindAllStringSubmatch(query, -1) {
		dataset, table := m[1], m[2]
		if m[3] != "" {
			dataset, table = m[2], m[3]
		}
		if seen[dataset+"."+table] {
			continue
		}
		seen[dataset+"."+table] = true
		status, body := j.call(r, http.MethodGet, "/projects/"+project+"/datasets/"+dataset+"/tables/"+table, nil)
		var t struct {
			Schema struct {
				Fields []json.RawMessage `json:"fields"`
			} `json:"schema"`
		}
		if status != http.StatusOK || json.Unmarshal(body, &t) != nil {
			continue // a column, or no table at all: then the statement has failed already
		}
		sum += cell * len(t.Schema.Fields) * j.rows(r, project, dataset, table)
	}
	return sum
}

func (j *jobs) rows(r *http.Request, project, dataset, table string) int {
	_, body := j.call(r, http.MethodPost, "/projects/"+project+"/queries", request{
		Query: fmt.Sprintf("SELECT COUNT(*) FROM `%s`.`%s`.`%s`", project, dataset, table), DryRun: true,
	})
	var answer struct {
		Rows []struct {
			F []struct {
				V string `json:"v"`
			} `json:"f"`
		} `json:"rows"`
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Rows) != 1 || len(answer.Rows[0].F) != 1 {
		return 0
	}
	n, _ := strconv.Atoi(answer.Rows[0].F[0].V) // a count is a number
	return n
}
