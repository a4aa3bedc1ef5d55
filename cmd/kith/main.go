// Kith is the command line of kith, a warehouse-native customer data platform.
package main

import (
	"os"

	"github.com/kithdata/kith/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
