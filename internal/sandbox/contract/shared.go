package contract

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared finds a vendor's contract, which is not part of the repository: in $KITH_SHARED/contracts, else in
// ../shared/contracts beside the repository. Where it is missing the test is skipped, in CI it fails.
func Shared(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("KITH_SHARED")
	if dir == "" {
		dir = filepath.Join(root(tb), "..", "shared")
	}
	path := filepath.Join(dir, "contracts", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("contract %s: %v; set KITH_SHARED", name, err)
		}
		tb.Skipf("contract %s is not at hand: neither in $KITH_SHARED/contracts nor in ../shared/contracts", name)
	}
	return path
}

// root is the directory of go.mod, above the test's.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
