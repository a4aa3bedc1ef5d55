package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shows are the flags that change what is printed or kept, and nothing of what is done.
var shows = []string{"json", "quiet", "debug", "no-color", "detailed-exitcode", "out"}

// once are the flags that say what one run does and the one after it does not.
var once = []string{"full", "rebaseline", "as-of"}

// given is the flags of a command that say what is done, as they were given, for another
// that takes the same ones: " --target prod --select tag:daily".
func given(c *cobra.Command) string {
	return typed(c, func(name string) bool { return !slices.Contains(shows, name) })
}

// rest is those of them under which another run sends what one has left: a second --full
// would send everything again.
func rest(c *cobra.Command) string {
	return typed(c, func(name string) bool { return !slices.Contains(shows, name) && !slices.Contains(once, name) })
}

// everywhere is those of them that every command takes.
func everywhere(c *cobra.Command) string {
	return typed(c, func(name string) bool { return !slices.Contains(shows, name) && c.InheritedFlags().Lookup(name) != nil })
}

func typed(c *cobra.Command, wanted func(name string) bool) string {
	var b strings.Builder
	c.Flags().Visit(func(f *pflag.Flag) {
		if !wanted(f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			switch {
			case f.Value.Type() != "bool":
				b.WriteString(" --" + f.Name + " " + quoted(value))
			case value == "true":
				b.WriteString(" --" + f.Name)
			}
		}
	})
	return b.String()
}

// quoted is one word for a shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.,:/@%+=", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
