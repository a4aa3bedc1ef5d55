package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// exitError carries an exit code past cobra; what there is to say has been said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Exit codes that are no status of a run (SEMANTICS section 6).
const (
	exitFailed      = 1
	exitChanges     = 2
	exitBlocked     = 4
	exitInterrupted = 130
)

// helpError is an error that says what to do.
type helpError struct {
	err  error
	help string
}

func (e *helpError) Error() string { return e.err.Error() }
func (e *helpError) Unwrap() error { return e.err }

// Help is for rooms below, which put what is to be done into an error of theirs.
func (e *helpError) Help() string { return e.help }

func withHelp(err error, format string, args ...any) error {
	return &helpError{err, fmt.Sprintf(format, args...)}
}

// problemsError is a project that was refused; its problems have been shown.
type problemsError struct{ list diag.List }

func (e *problemsError) Error() string { return e.list.Err().Error() }

// exit prints an error that nobody has printed yet and chooses the exit code.
func (a *app) exit(err error) int {
	var code exitError
	if errors.As(err, &code) {
		return int(code)
	}
	if err == nil {
		return 0
	}
	a.printError(err)
	if a.soft.Err() != nil {
		return exitInterrupted
	}
	var blocked *engine.BlockedError
	if errors.As(err, &blocked) {
		return exitBlocked
	}
	return exitFailed
}

// errorDocument is what --json prints when a command has no result.
type errorDocument struct {
	Status   string         `json:"status"`
	Error    string         `json:"error"`
	Help     string         `json:"help,omitempty"`
	Problems []diag.Problem `json:"problems,omitempty"`
}

func (a *app) printError(err error) {
	doc := errorDocument{Status: string(engine.Failed), Error: err.Error(), Help: a.helpFor(err)}
	var (
		refused *problemsError
		blocked *engine.BlockedError
	)
	switch {
	case errors.As(err, &refused):
		doc.Problems = refused.list
	case a.soft.Err() != nil && errors.Is(err, context.Canceled):
		doc.Status, doc.Error, doc.Help = string(engine.Interrupted), "interrupted", ""
	case a.soft.Err() != nil:
		doc.Status = string(engine.Interrupted)
	case errors.As(err, &blocked):
		doc.Status = string(engine.Blocked)
	}
	switch l := a.lines.Load(); {
	case refused != nil: // its problems have been shown
	case l != nil:
		l.Error("ended", "err", doc.Error, "help", doc.Help)
	default:
		a.err.printf("%s %s\n", a.err.paint(red, "error:"), printable(doc.Error))
		a.printHelp(doc.Help)
	}
	if a.json && !a.printed {
		_ = a.printJSON(doc) // stdout is gone when this fails
	}
}

func (a *app) printHelp(help string) {
	for i, line := range strings.Split(help, "\n") {
		switch {
		case line == "":
		case i == 0:
			a.err.printf("%s %s\n", a.err.paint(cyan, "help:"), printable(line))
		default:
			a.err.printf("      %s\n", printable(line))
		}
	}
}

// helpFor says what to do about an error: its own help, or what its kind needs.
func (a *app) helpFor(err error) string {
	var (
		own     *helpError
		blocked *engine.BlockedError
		fatal   *cdp.Fatal
		newer   *ledger.NewerError
		held    *ledger.HeldError
	)
	switch {
	case errors.As(err, &own):
		return own.help
	case errors.As(err, &blocked):
		return blocked.Help
	case errors.As(err, &fatal):
		return fatal.Help
	case errors.As(err, &newer):
		return "install the kith that migrated this ledger, or name another state schema in `state: {schema: ...}`"
	case errors.As(err, &held):
		return "wait until it is done; a lease whose holder died is free again after half a minute"
	}
	return a.warehouseHelp(err)
}

// warehouseHelp is by the kind of the warehouse's error.
func (a *app) warehouseHelp(err error) string {
	name, at := "the target", ""
	if a.project != nil {
		name, at = "target "+a.project.Target.Name, " ("+a.project.Target.Pos.String()+")"
	}
	google := a.project != nil && a.project.Target.Type == "bigquery" && !isEmulator(a.project.Target)
	switch {
	case google && errors.Is(err, cdp.ErrCredentials):
		return "check credentials_file and impersonate of " + name + at + "; without a file, `gcloud auth application-default login` makes the default credentials"
	case google && errors.Is(err, cdp.ErrUnreachable):
		return "kith must reach googleapis.com from here; `kith doctor` looks further"
	case errors.Is(err, cdp.ErrCredentials):
		return "check username and password of " + name + at + a.passwordFrom()
	case errors.Is(err, cdp.ErrUnreachable):
		return "is the warehouse up? check addr, secure and protocol of " + name + at + "; `kith doctor` looks further"
	case errors.Is(err, cdp.ErrDenied):
		return "`kith grants` prints the rights that " + name + " needs"
	case errors.Is(err, cdp.ErrNoSpace):
		return "free space on the warehouse's disk, then run again: nothing that was acknowledged is lost"
	case google && errors.Is(err, cdp.ErrMemory):
		return "BigQuery's workers had too little memory for this statement: look at its job in the console; a reservation with more slots may help " + name
	case errors.Is(err, cdp.ErrMemory):
		return "give the warehouse more memory, or set max_memory_usage in `settings` of " + name + at
	case errors.Is(err, cdp.ErrBusy):
		return "run again when the warehouse has less to do: nothing that was acknowledged is lost"
	case errors.Is(err, cdp.ErrNotFound):
		return "`kith doctor` checks every source and the state schema; `kith seed` loads a file into the table of a source"
	}
	return ""
}

// passwordFrom names, never shows, where the password of the target comes from.
func (a *app) passwordFrom() string {
	if a.project == nil {
		return ""
	}
	text := a.project.Target.Options["password"].Text
	command, isCommand := strings.CutPrefix(text, "exec:")
	switch {
	case isCommand: // its arguments may be secrets
		program, _, more := strings.Cut(strings.TrimSpace(command), " ")
		if more {
			program += " …"
		}
		return "; the password comes from `exec:" + program + "`"
	case strings.Contains(text, "${"):
		var names []string
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			name := "${" + m[1]
			if m[2] != "" {
				name += ":-…" // the default is a password, too
			}
			names = append(names, name+"}")
		}
		return "; the password comes from " + strings.Join(names, " and ")
	case strings.HasPrefix(text, "file:"):
		return "; the password comes from `" + text + "`"
	case text == "":
		return "; no password is given"
	}
	return ""
}

// variable is one of the environment, with its default.
var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}`)
