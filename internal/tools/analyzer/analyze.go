package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	gsql "github.com/goccy/go-googlesql"
)

// analyzer holds the declared tables.
type analyzer struct {
	options *gsql.AnalyzerOptions
	catalog *gsql.SimpleCatalog
	types   *gsql.TypeFactory
	below   map[string]*gsql.SimpleCatalog // by path
}

func newAnalyzer() (*analyzer, error) {
	if err := gsql.Init(); err != nil {
		return nil, err
	}
	language, err := gsql.NewLanguageOptions()
	if err != nil {
		return nil, err
	}
	options, err1 := gsql.NewAnalyzerOptions2()
	catalog, err2 := gsql.NewSimpleCatalog("root", nil)
	types, err3 := gsql.NewTypeFactory()
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		language.EnableMaximumLanguageFeatures,
		func() error { return language.SetProductMode(gsql.ProductModeProductExternal) },
		language.SetSupportsAllStatementKinds,
		func() error { return language.EnableReservableKeyword("QUALIFY", true) },
		func() error {
			return catalog.AddBuiltinFunctionsAndTypes(&gsql.BuiltinFunctionOptions{LanguageOptions: language})
		},
		func() error { return options.SetLanguage(language) },
		func() error { return options.SetErrorMessageMode(gsql.ErrorMessageModeErrorMessageOneLine) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &analyzer{options, catalog, types, map[string]*gsql.SimpleCatalog{}}, nil
}

// declare adds a table under its path, and under the path in one pair of backticks.
func (a *analyzer) declare(t table) error {
	if len(t.Path) == 0 {
		return errors.New("a table without a name")
	}
	name := t.Path[len(t.Path)-1]
	made, err := gsql.NewSimpleTable(name, 0)
	if err != nil {
		return err
	}
	for _, c := range t.Columns {
		typ, err := gsql.AnalyzeType(c.Type, a.options, a.catalog, a.types)
		if err != nil {
			return fmt.Errorf("table %s, column %s: %w", strings.Join(t.Path, "."), c.Name, err)
		}
		col, err := gsql.NewSimpleColumn(name, c.Name, typ, false, true)
		if err == nil {
			err = made.AddColumn2(col, false)
		}
		if err != nil {
			return fmt.Errorf("table %s, column %s: %w", strings.Join(t.Path, "."), c.Name, err)
		}
	}
	at, err := a.folder(t.Path[:len(t.Path)-1])
	if err != nil {
		return err
	}
	if err := at.AddTable2(name, made); err != nil || len(t.Path) == 1 {
		return err
	}
	return a.catalog.AddTable2(strings.Join(t.Path, "."), made)
}

// folder is the catalog of a path.
func (a *analyzer) folder(path []string) (*gsql.SimpleCatalog, error) {
	at := a.catalog
	for i, part := range path {
		key := strings.Join(path[:i+1], "\x00")
		if a.below[key] == nil {
			made, err := at.MakeOwnedSimpleCatalog(part)
			if err != nil {
				return nil, err
			}
			a.below[key] = made
		}
		at = a.below[key]
	}
	return at, nil
}

// analyze checks a statement.
func (a *analyzer) analyze(sql string) result {
	out, err := gsql.AnalyzeStatement(sql, a.options, a.catalog, a.types)
	if err != nil {
		return problem(err)
	}
	statement, err := out.ResolvedStatement()
	if err != nil {
		return problem(err)
	}
	query, ok := statement.(*gsql.ResolvedQueryStmt)
	if !ok {
		return result{}
	}
	list, err := query.OutputColumnList()
	if err != nil {
		return problem(err)
	}
	var r result
	for _, output := range list {
		name, err1 := output.Name()
		resolved, err2 := output.Column()
		if err := errors.Join(err1, err2); err != nil {
			return problem(err)
		}
		typ, err := resolved.Type()
		if err != nil {
			return problem(err)
		}
		r.Columns = append(r.Columns, column{name, typeName(typ)})
	}
	return r
}

// typeName is a type as a statement writes it. The method is not on the interface.
func typeName(t gsql.Googlesql_TypeNode) string {
	if named, ok := t.(interface {
		TypeName(gsql.ProductMode) (string, error)
	}); ok {
		if name, err := named.TypeName(gsql.ProductModeProductExternal); err == nil {
			return name
		}
	}
	return "UNKNOWN"
}

var (
	place  = regexp.MustCompile(`\s*\[at (\d+):(\d+)\]\s*$`)
	status = regexp.MustCompile(`^(?:[A-Z_]+: )`)
)

// problem is an error as a result, its place taken out of the text.
func problem(err error) result {
	text := strings.TrimSpace(err.Error())
	r := result{}
	if m := place.FindStringSubmatch(text); m != nil {
		r.Line, _ = strconv.Atoi(m[1]) // digits
		r.Column, _ = strconv.Atoi(m[2])
		text = strings.TrimSuffix(text, m[0])
	}
	r.Error = status.ReplaceAllString(text, "")
	return r
}
