package clickhouse

import (
	_ "embed"
	"strings"
)

//go:embed engine.lock
var engineLock string

// Lock pins the library of the engine that kith starts itself.
type Lock struct {
	Version string            // of the npm packages, as in 26.7.3-stable.1
	SHA256  map[string]string // of the library in lower hex, by platform as in linux-x64-gnu; "" where it is not known
}

// EngineLock is the content of engine.lock, which `make engine` installs from.
func EngineLock() Lock {
	l := Lock{SHA256: map[string]string{}}
	for line := range strings.Lines(engineLock) {
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && f[0] == "version":
			l.Version = f[1]
		case len(f) == 3 && !strings.HasPrefix(f[0], "#"):
			l.SHA256[f[0]] = strings.Trim(f[2], "-")
		}
	}
	return l
}
