// Command mend makes the source of the emulator's engine of which ours is built:
//
//	mend MODULE FOLDER
//
// MODULE is the folder of the module github.com/goccy/googlesqlite. In FOLDER, which
// must be empty, it leaves a copy that writes joins as package native does, and a go.mod and
// go.sum for `go build -modfile` that name the copy.
//
// Without it the equality in a join is a call of a function that SQLite knows nothing
// about: it compares every row with every row, and works out the expressions on both
// sides for each pair. Elsewhere the calls stay: written natively, the conditions of
// WHERE lead SQLite to plans that take longer.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed native/native.go
var native []byte

// Where the condition of a join is written, and by what instead.
const (
	file    = "internal/formatter.go"
	place   = "newNode(m1(n.node.JoinExpr())).FormatSQL(ctx)\n\tif err != nil {\n\t\treturn \"\", err\n\t}\n\tswitch m1(n.node.JoinType())"
	before  = "newNode(m1(n.node.JoinExpr())).FormatSQL(ctx)"
	instead = "NativeJoin(m1(n.node.JoinExpr()), func(e googlesql.ResolvedExprNode) (string, error) { return newNode(e).FormatSQL(ctx) })"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: mend MODULE FOLDER")
		os.Exit(1)
	}
	if err := mend(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "mend:", err)
		os.Exit(1)
	}
}

func mend(module, folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	to := filepath.Join(folder, "googlesqlite")
	if err := os.CopyFS(to, os.DirFS(module)); err != nil {
		return err
	}
	path := filepath.Join(to, file)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if strings.Count(string(text), place) != 1 {
		return errors.New(file + " is not the one that this program knows")
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), place, strings.Replace(place, before, instead, 1), 1)), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "native.go"), native, 0o600); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			return err
		}
	}
	c := exec.Command("go", "mod", "edit", "-replace=github.com/goccy/googlesqlite="+to, filepath.Join(folder, "go.mod"))
	c.Stderr = os.Stderr
	return c.Run()
}
