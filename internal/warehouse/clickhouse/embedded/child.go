package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"unsafe" //nolint:depguard // argv of C: a slice of pointers that KeepAlive holds

	"github.com/ebitengine/purego"
)

// ChildCommand is the hidden first argument of the kith binary that makes it the
// engine's process.
const ChildCommand = "__engine"

// The arguments after ChildCommand, in order.
const (
	argKind    = iota // "lib" or "binary"
	argProgram        // path of the library or binary
	argBase           // Config.Path
	argTCP            // port
	argHTTP           // port, 0 for none
	argCount
)

// The statement that the child runs reads its standard input, so it ends with the
// process that holds the other end of the pipe.
const waitForEOF = "SELECT count() FROM file('/dev/stdin', 'LineAsString', 'line String') FORMAT Null"

// clickhouseArgs are the arguments of ClickHouse, without the name of the program.
func clickhouseArgs(f files, tcp, http int) []string {
	args := []string{
		"--path", f.data(), "--config-file", f.config(),
		"--listen_host", "127.0.0.1", "--tcp_port", strconv.Itoa(tcp),
	}
	query := "SYSTEM START LISTEN TCP; "
	if http != 0 {
		args = append(args, "--http_port", strconv.Itoa(http))
		query += "SYSTEM START LISTEN HTTP; "
	}
	return append(args, "--query", query+waitForEOF)
}

// ChildMain is the main function of the engine's process; args are what follows
// ChildCommand. It returns the exit code when the engine has stopped. Problems go
// to standard error, which the parent reads.
func ChildMain(args []string) int {
	if len(args) != argCount {
		fmt.Fprintln(os.Stderr, "usage: this is kith's own command")
		return 2
	}
	f := files{args[argBase]}
	tcp, err1 := strconv.Atoi(args[argTCP])
	http, err2 := strconv.Atoi(args[argHTTP])
	if err1 != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "the ports are no numbers")
		return 2
	}
	// ClickHouse's threads come from this one and inherit what it gave up.
	runtime.LockOSThread()
	if err := sandbox(f, args[argProgram], tcp, http); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		return 1
	}
	chArgs := clickhouseArgs(f, tcp, http)
	if args[argKind] == "binary" {
		name := args[argProgram]
		err := syscall.Exec(name, append([]string{filepath.Base(name), "local"}, chArgs...), os.Environ())
		fmt.Fprintln(os.Stderr, name+":", err)
		return 1
	}
	return runLibrary(args[argProgram], chArgs)
}

func runLibrary(path string, args []string) int {
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var (
		run      func(argc int32, argv unsafe.Pointer) uintptr
		errorOf  func(result uintptr) string
		register = func(f any, name string) {
			if _, e := purego.Dlsym(lib, name); e != nil {
				err = e
				return
			}
			purego.RegisterLibFunc(f, lib, name)
		}
	)
	register(&run, "chdb_query_cmdline")
	register(&errorOf, "chdb_result_error")
	if err != nil {
		fmt.Fprintln(os.Stderr, path+" is not the library of the engine:", err)
		return 1
	}
	argv := make([]*byte, 0, len(args)+2)
	for _, a := range append([]string{"clickhouse"}, args...) {
		b := append([]byte(a), 0)
		argv = append(argv, &b[0])
	}
	argv = append(argv, nil)
	result := run(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if result != 0 {
		if msg := errorOf(result); msg != "" {
			fmt.Fprintln(os.Stderr, msg)
			return 1
		}
	}
	return 0
}
