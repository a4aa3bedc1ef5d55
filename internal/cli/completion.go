package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/project"
)

// completions gives the shell the names of targets, syncs, sources and types. It
// loads the project quietly: a broken one completes what it can.
func (a *app) completions(root *cobra.Command) {
	names := func(list func(*cdp.Project) []string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return func(_ *cobra.Command, _ []string, begin string) ([]string, cobra.ShellCompDirective) {
			dir, err := a.projectDir()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			p, _ := project.Load(dir, project.Options{Target: a.target, Specs: specs()})
			if p == nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return beginning(list(p), begin), cobra.ShellCompDirectiveNoFileComp
		}
	}
	syncs := names(func(p *cdp.Project) []string {
		var out []string
		for _, s := range p.Syncs {
			out = append(out, s.Name)
			for _, tag := range s.Tags {
				out = append(out, "tag:"+tag)
			}
		}
		return out
	})
	sources := names(func(p *cdp.Project) []string {
		var out []string
		for _, s := range p.Sources {
			out = append(out, s.Name)
		}
		return out
	})
	register := func(c *cobra.Command, flag string, f func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)) {
		if c.Flags().Lookup(flag) != nil || c.PersistentFlags().Lookup(flag) != nil {
			_ = c.RegisterFlagCompletionFunc(flag, f) // it fails for a flag that is not there
		}
	}
	register(root, "target", names(func(p *cdp.Project) []string { return p.Targets }))
	for _, c := range root.Commands() {
		for _, flag := range []string{"select", "exclude", "sync"} {
			register(c, flag, syncs)
		}
		register(c, "source", sources)
		if c.Name() == "destinations" {
			c.ValidArgsFunction = func(_ *cobra.Command, _ []string, begin string) ([]string, cobra.ShellCompDirective) {
				var kinds []string
				for _, d := range drivers() {
					kinds = append(kinds, d.spec().Type)
				}
				return beginning(kinds, begin), cobra.ShellCompDirectiveNoFileComp
			}
		}
		if c.Name() == "completion" {
			exampled(c)
		}
	}
}

func beginning(list []string, begin string) []string {
	var out []string
	for _, s := range list {
		if strings.HasPrefix(s, begin) {
			out = append(out, s)
		}
	}
	return out
}

// exampled gives cobra's completion command the shape of ours.
func exampled(c *cobra.Command) {
	c.Short = "Print the completion script of a shell"
	c.Long = "The script makes a shell complete commands, flags and names of the project."
	c.Example = `  source <(kith completion bash)     for this shell
  kith completion zsh > "${fpath[1]}/_kith"`
	c.Args = func(c *cobra.Command, args []string) error { return unknownVerb(c, args) }
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	for _, sub := range c.Commands() {
		sub.Example = "  kith completion " + sub.Name() + "\n  kith completion " + sub.Name() + " --no-descriptions"
		sub.Long = ""
	}
}
