package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/ledger"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Example: `  kith version                       of kith, its ledger and its engine
  kith version --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			commit := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						commit = s.Value
					}
				}
			}
			if a.json {
				return a.printJSON(map[string]any{
					"version": Version, "commit": commit, "ledger": ledger.Version, "engine": engineVersion(),
					"go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
				})
			}
			a.out.printf("kith %s (ledger %d, embedded engine %s, %s, %s/%s)\n", Version, ledger.Version, engineVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
