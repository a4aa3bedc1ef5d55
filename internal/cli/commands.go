package cli

import "github.com/spf13/cobra"

// commands are all verbs, in the order in which help shows them. Each opens its
// --help with two examples.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.initCommand(), a.seedCommand(), a.validateCommand(), a.compileCommand(),
		a.planCommand(), a.runCommand(), a.buildCommand(), a.syncCommand(), a.approveCommand(),
		a.serveCommand(), a.pauseCommand(), a.resumeCommand(), a.statusCommand(), a.runsCommand(), a.logCommand(), a.matchCommand(), a.retireCommand(),
		a.explainCommand(), a.profileCommand(), a.replayCommand(),
		a.demoCommand(), a.doctorCommand(), a.grantsCommand(), a.schemaCommand(), a.destinationsCommand(), a.sandboxCommand(), a.versionCommand(),
	}
}
