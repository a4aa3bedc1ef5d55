package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kithdata/kith/internal/diag"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kith",
		Short: "Customers in your warehouse, pushed to where you need them",
		Long: `kith reads sources, identity, profiles, segments and syncs from YAML, runs them as
SQL inside ClickHouse or BigQuery, and pushes only what changed to CRM, email and ad
platforms.`,
		Example: `  kith validate                      check the project, offline
  kith run                           build what is needed, then sync`,
		SilenceUsage: true, SilenceErrors: true,
		Args: func(c *cobra.Command, args []string) error { return unknownVerb(c, args) },
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cobra.EnableCommandSorting = false
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVarP(&a.dir, "project-dir", "C", "", "directory of kith.yml (default: this one or the nearest above)")
	f.StringVarP(&a.target, "target", "t", "", "target of kith.yml (default: its default_target)")
	f.BoolVar(&a.json, "json", false, "print one JSON document on stdout")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no notes")
	f.BoolVar(&a.debug, "debug", false, "show every statement with its SQL, literals masked")
	f.BoolVar(&a.noColor, "no-color", false, "no colours (also NO_COLOR, TERM=dumb)")
	f.BoolVar(&a.exec, "allow-exec", false, "allow exec: secrets (also KITH_ALLOW_EXEC=1)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		a.json = a.json || slices.ContainsFunc(a.args, func(s string) bool { return s == "--json" || s == "--json=true" }) // which may come later
		return withHelp(flagError(err), "%s", flagHelp(c, err))
	})
	root.Version = Version
	root.SetVersionTemplate("kith {{.Version}}\n")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		a.begin(c)
		return notEmpty(c)
	}
	root.SetHelpTemplate(helpTemplate)
	root.AddCommand(a.commands()...)
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultCompletionCmd()
	a.completions(root)
	return root
}

// begin settles what depends on the flags.
func (a *app) begin(c *cobra.Command) {
	a.everywhere = everywhere(c)
	a.out.color, a.err.color = a.colored(a.streams.Out) && !a.json, a.colored(a.streams.Err)
}

// helpTemplate shows what to type before it explains.
const helpTemplate = `{{.Short}}
{{if .HasExample}}
Examples:
{{.Example}}
{{end}}{{with .Long}}
{{.}}
{{end}}
Usage:
{{if .HasAvailableSubCommands}}  {{.CommandPath}} <command> [flags]{{else}}  {{.UseLine}}{{end}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }}  {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableInheritedFlags}}
Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableSubCommands}}
{{.CommandPath}} <command> --help says more.
{{end}}`

// unknownVerb is what a mistyped verb gets.
func unknownVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	help := "`" + c.CommandPath() + " --help` lists the commands"
	if near := nearest(args[0], names); near != "" {
		help = "did you mean `" + c.CommandPath() + " " + near + "`?"
	}
	return withHelp(fmt.Errorf("%s has no command %q", c.CommandPath(), args[0]), "%s", help)
}

// nearest is the name that was meant: a near one, or the only one that begins so.
func nearest(name string, names []string) string {
	if near := diag.Near(name, names); len(near) > 0 {
		return near[0]
	}
	var begin []string
	for _, n := range names {
		if len(name) > 1 && strings.HasPrefix(n, name) {
			begin = append(begin, n)
		}
	}
	if len(begin) == 1 {
		return begin[0]
	}
	return ""
}

// helpCommand is `kith help VERB`.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [command]", Short: "Show the help of a command",
		Example: `  kith help run                      what run does
  kith help seed                     how to load a file`,
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || (c == root && len(rest) > 0) {
				return unknownVerb(root, args)
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// flagError says in our words what pflag found.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("--%s cannot be %q", invalid.GetFlag().Name, invalid.GetValue())
	}
	return err
}

// flagHelp suggests a flag for a mistyped one.
func flagHelp(c *cobra.Command, err error) string {
	var (
		unknown *pflag.NotExistError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		var names []string
		add := func(f *pflag.Flag) {
			if !f.Hidden && !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
		c.Flags().VisitAll(add)
		c.InheritedFlags().VisitAll(add)
		if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
			return "did you mean --" + near + "?"
		}
	case errors.As(err, &invalid):
		return "it takes a " + invalid.GetFlag().Value.Type() + ": " + invalid.GetFlag().Usage
	}
	return "`" + c.CommandPath() + " --help` shows the flags"
}

// notEmpty refuses flags that were given nothing, as by a variable that is not set: that
// must not mean what leaving them out means, as a sync without its plan sends everything.
func notEmpty(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		blank := func(s string) bool { return strings.TrimSpace(s) == "" }
		if err == nil && (len(values) == 0 || slices.ContainsFunc(values, blank)) {
			err = withHelp(fmt.Errorf("--%s is empty", f.Name), "give it a value or leave it out; a variable that is not set is empty, too")
		}
	})
	return err
}

// noArgs refuses arguments with a hint at the flag that was meant.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	help := "`" + c.CommandPath() + " --help` shows what it takes"
	if c.Flags().Lookup("select") != nil {
		help = "`" + c.CommandPath() + " --select " + args[0] + "` chooses a sync"
	}
	return withHelp(fmt.Errorf("%s takes no argument, but got %q", c.CommandPath(), args[0]), "%s", help)
}

// oneArg asks for exactly one argument.
func oneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return withHelp(fmt.Errorf("%s needs %s", c.CommandPath(), what), "%s", strings.TrimSpace(strings.Split(c.Example, "\n")[0]))
		case len(args) > 1:
			return withHelp(fmt.Errorf("%s takes one argument, but got %d", c.CommandPath(), len(args)), "`%s --help` shows what it takes", c.CommandPath())
		}
		return nil
	}
}
