package cli

import "github.com/spf13/cobra"

func newTemplate(_ *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "template COMMAND",
		Short: "Import, copy and preview message templates",
		Args:  subcommands,
		RunE:  showHelp,

		DisableFlagsInUseLine: true,
	}
}
