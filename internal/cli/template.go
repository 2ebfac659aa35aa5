package cli

import "github.com/spf13/cobra"

func newTemplate(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "template COMMAND",
		Short: "Import, copy and preview message templates",
		Args:  subcommands,
		RunE:  showHelp,

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(newTemplateImport(s), newTemplateCopy(s), newTemplatePreview(s))
	return cmd
}
