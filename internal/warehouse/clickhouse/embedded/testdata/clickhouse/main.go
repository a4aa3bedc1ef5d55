// Command clickhouse records how it was called, for the test of a binary on the PATH.
package main

import (
	"os"
	"strings"
)

func main() {
	record := strings.Join(os.Args, "\n") + "\n--\n" + strings.Join(os.Environ(), "\n")
	if err := os.WriteFile("called", []byte(record), 0o600); err != nil {
		os.Stderr.WriteString(err.Error())
	}
	os.Stderr.WriteString("Code: 999. DB::Exception: this is no ClickHouse. (NO_CLICKHOUSE) (version 1.2.3.4)\n")
	os.Exit(7)
}
