package cli

import (
	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/project"
)

func (a *app) schemaCommand() *cobra.Command {
	reference := false
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the YAML, for editors",
		Long: `An editor with a YAML language server completes and checks with it:

  # yaml-language-server: $schema=../kith.schema.json`,
		Example: `  kith schema > kith.schema.json     once, and again after an upgrade
  kith schema --json | jq .title`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if reference {
				return a.printText([]byte(project.Reference(specs())))
			}
			return a.printText(project.Schema(specs()))
		},
	}
	c.Flags().BoolVar(&reference, "reference", false, "print the reference of the language instead, as Markdown")
	return c
}

// printText prints a document that is ready.
func (a *app) printText(text []byte) error {
	a.printed = true
	_, err := a.streams.Out.Write(text)
	return err
}
