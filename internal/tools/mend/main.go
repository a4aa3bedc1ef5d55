// Command mend makes the source of the emulator of which ours is built:
//
//	mend ENGINE SERVER FOLDER
//
// ENGINE is the folder of the module github.com/goccy/googlesqlite, SERVER that of
// github.com/goccy/bigquery-emulator. In FOLDER, which must be empty, it leaves copies in
// which the places of edits.go are written otherwise, with the files of the folders _engine,
// _patterns and _server beside them, and a go.mod and go.sum for `go build -modfile` that
// name the copies.
package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

//go:embed _engine _patterns _server
var files embed.FS

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: mend ENGINE SERVER FOLDER")
		os.Exit(1)
	}
	if err := mend(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "mend:", err)
		os.Exit(1)
	}
}

func mend(engine, server, folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	modules := []struct {
		name, from string
		added      map[string]string // a folder of ours -> one of the module
	}{
		{"googlesqlite", engine, map[string]string{"_engine": "internal", "_patterns": "internal/functions/string"}},
		{"bigquery-emulator", server, map[string]string{"_server": "internal/metadata"}},
	}
	replace := []string{"mod", "edit"}
	for _, m := range modules {
		to := filepath.Join(folder, m.name)
		if err := os.CopyFS(to, os.DirFS(m.from)); err != nil {
			return err
		}
		for ours, theirs := range m.added {
			if err := add(ours, filepath.Join(to, theirs)); err != nil {
				return err
			}
		}
		replace = append(replace, "-replace=github.com/goccy/"+m.name+"="+to)
	}
	for _, e := range edits {
		if err := e.apply(folder); err != nil {
			return err
		}
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
	c := exec.Command("go", append(replace, filepath.Join(folder, "go.mod"))...)
	c.Stderr = os.Stderr
	return c.Run()
}

// add writes the files of a folder of ours beside those that are there.
func add(folder, to string) error {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// edit is a text of a file that is there so many times, and what is written instead.
type edit struct {
	file    string
	times   int
	place   string
	instead string
}

func (e edit) apply(folder string) error {
	name := filepath.Join(folder, e.file)
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if strings.Count(string(b), e.place) != e.times {
		return errors.New(e.file + " is not the one that this program knows: " + e.place)
	}
	return os.WriteFile(name, []byte(strings.ReplaceAll(string(b), e.place, e.instead)), 0o600)
}
