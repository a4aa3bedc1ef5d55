package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// createState makes the state schema, unless it is there. Where kith may not make it, somebody
// else has.
func createState(ctx context.Context, w cdp.Warehouse, p *cdp.Project) error {
	s, err := statement(w.Dialect(), "source_schema", cdp.Table{Schema: p.State})
	if err != nil {
		return err
	}
	s.Name, s.Model = "state schema", "ledger"
	if _, err = w.Exec(ctx, s); errors.Is(err, cdp.ErrDenied) {
		return nil
	}
	return err
}

// readDatabases are the databases of the tables that the project names; a query may
// read any.
func readDatabases(p *cdp.Project, dialect string) []string {
	schemas, queries := reads(p, dialect)
	if len(queries) > 0 {
		return nil
	}
	return append([]string{}, schemas...)
}

// isEmulator reports whether a target is BigQuery's emulator on this machine.
func isEmulator(t cdp.Target) bool { return t.Options["emulator"].Text == "true" }

// checkDir is the throw-away engine of validate, below the project: a few empty
// tables, kept so that the next check starts at once.
const checkDir = ".kith/check"

// checkPath is checkDir, or a folder that ends with s where nothing can be written below
// the project, as in a checkout that is read only.
func checkPath(s *session, p *cdp.Project) (string, error) {
	path := filepath.Join(p.Root, checkDir)
	if err := os.MkdirAll(path, 0o700); err == nil {
		if f, err := os.CreateTemp(path, "write-*"); err == nil {
			return path, errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	path, err := os.MkdirTemp("", "kith-check-")
	if err != nil {
		return "", err
	}
	s.onClose(func() error { return os.RemoveAll(path) })
	return path, nil
}

// targetOptions reads options of the target, with their secrets; what cannot be read is
// added to the errors.
func (a *app) targetOptions(p *cdp.Project) (get func(name string) string, errs *[]error) {
	secret := a.secrets(p.Root)
	errs = new([]error)
	return func(name string) string {
		v, err := secret(p.Target.Options[name].Text)
		if err != nil {
			*errs = append(*errs, a.optionError(p, name, err))
		}
		return v
	}, errs
}

// optionError names the option and its place.
func (a *app) optionError(p *cdp.Project, name string, err error) error {
	at := ""
	option, _, _ := strings.Cut(name, ".")
	if pos := p.Target.Options[option].Pos; pos.IsValid() {
		at = " (" + pos.String() + ")"
	}
	return fmt.Errorf("%s%s: %w", name, at, err)
}
