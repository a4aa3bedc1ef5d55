package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) replayCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay",
		Short: "Build identity as if there was no ledger, and list the ids that would differ",
		Long: `Ids follow from the rows and the salt; the ledger keeps them when rows come late, and
through merges and splits. This says which ids a ledger that is lost could not bring
back. Nothing of it stays.`,
		Example: `  kith replay                        how many ids would differ, and which
  kith replay --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.replay() },
	}
	return c
}

func (a *app) replay() error {
	return a.with(func(s *session) error {
		list, err := s.engine.Replay(a.soft, s.project.Entities)
		if err != nil {
			return a.lookError(err)
		}
		if a.json {
			return a.printJSON(map[string]any{"entities": list})
		}
		const shown = 20
		for _, r := range list {
			a.out.printf("entity %s: %s the same, %s other ids, %s with others\n", r.Entity, counted(r.Kept, "id"), number(r.IDs), counted(r.Moved, "identifier"))
			for i, d := range r.Differ {
				if i == shown {
					a.out.printf("  and %s more; --json lists them\n", number(len(r.Differ)-shown))
					break
				}
				a.out.printf("  %s would be %s (%s)\n", d.ID, d.Replayed, counted(d.Size, "identifier"))
			}
		}
		return nil
	})
}
