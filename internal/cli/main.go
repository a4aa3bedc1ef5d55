// Package cli is kith's command line: commands, what they print, and exit codes.
// It is the top room: it reads flags and the environment, loads the project, opens
// the target's warehouse and its destinations, and hands the rest to the engine.
//
//	func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
//
// Results go to stdout, everything else to stderr. A command is a function on app
// that returns an error; Main prints the error once and chooses the exit code.
// builtin.go is the only file that names concrete drivers.
package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/kithdata/kith/internal/cdp"
)

// Version is set when kith is built: -ldflags "-X .../cli.Version=v1.2.3".
var Version = "dev"

// Streams are what a process has: the tests give their own.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(name string) string
	Dir      string // working directory
}

// System is this process.
func System() Streams {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Dir: dir}
}

// app is one invocation.
type app struct {
	streams    Streams
	args       []string
	soft, hard context.Context //nolint:containedctx // the two contexts of the process, made in Main

	out    printer // results
	err    printer // the rest
	screen *screen // stderr, shared with the progress line

	dir        string
	target     string
	json       bool
	debug      bool
	noColor    bool
	quiet      bool
	exec       bool
	everywhere string                      // the flags of every command that were given, as they are typed
	printed    bool                        // a document is on stdout
	lines      atomic.Pointer[slog.Logger] // of a daemon with --json, whose stderr holds a document a line; else nil
	project    *cdp.Project                // the last that was loaded
	tracer     trace.Tracer                // nil: nothing is traced
	finished   []func()                    // run before the process ends, last first
}

// memoryLimit is what the collector aims at, in bytes: batches in flight need about
// half of it.
const (
	memoryLimit = 64 << 20
	collectAt   = 250 // percent: less often than by default, since the limit holds anyway
)

// Main runs kith and returns its exit code.
func Main(args []string, s Streams) int {
	if len(args) > 0 && args[0] == engineCommand {
		return engineMain(args[1:])
	}
	// Memory does not grow with the audience: this keeps the collector to it.
	if s.Env("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
		debug.SetGCPercent(collectAt)
	}
	a := &app{streams: s, args: args, screen: newScreen(s.Err)}
	a.out, a.err = printer{w: s.Out}, printer{w: a.screen}
	soft, hard, stop := signals(a.stopping, a.aborting)
	defer stop()
	a.soft, a.hard = soft, hard
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(a.screen)
	err := root.ExecuteContext(soft)
	for i := len(a.finished) - 1; i >= 0; i-- {
		a.finished[i]()
	}
	return a.exit(err)
}
