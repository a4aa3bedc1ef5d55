package cli

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/kithdata/kith/internal/cdp"
)

// sqlFiles are the statements that only commands need (seed, grants, doctor,
// validate): one folder per dialect, the same file names in each.
//
//go:embed sql
var sqlFiles embed.FS

// statement renders a template of the dialect.
func statement(d cdp.Dialect, name string, data any) (cdp.Statement, error) {
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"table": d.Table, "ident": d.Ident, "quote": d.Quote, "type": d.Type, "contains": strings.Contains}).
		ParseFS(sqlFiles, "sql/"+d.Name()+"/*.sql")
	if err != nil {
		return cdp.Statement{}, fmt.Errorf("templates of %s: %w", d.Name(), err)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return cdp.Statement{}, err
	}
	return cdp.Statement{Name: strings.ReplaceAll(name, "_", " "), Model: "cli", SQL: strings.TrimSpace(b.String())}, nil
}
