package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
)

// setHelp makes a command and its subcommands print help that fits into terminalColumns,
// and replaces cobra's help command, which ends with 0 for a command that does not
// exist.
func setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_, _ = io.WriteString(cmd.OutOrStdout(), helpOf(cmd)) // output keeps the error
	})
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = subcommands(cmd, rest)
			}
			if err != nil {
				return err
			}
			return cmd.Help()
		},
	})
}

// showHelp is the RunE of a command that does nothing without one of its subcommands.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// helpOf returns the help of a command.
func helpOf(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString(reflow(strings.TrimSpace(cmd.Long)))
	if cmd.Long == "" {
		b.WriteString(cmd.Short + ".")
	}
	fmt.Fprintf(&b, "\n\nUsage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() && !strings.HasSuffix(cmd.Use, "COMMAND") { // it can be called without one
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-11s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, "\nFlags:\n%s\nExit codes: see %s --help.\n", cmd.LocalFlags().FlagUsagesWrapped(terminalColumns), cmd.Root().Name())
		return wrap(strings.ReplaceAll(b.String(), "\t", "    "), terminalColumns)
	}
	b.WriteString("\nExit codes of all commands:\n")
	for _, e := range errorcode.Exits {
		fmt.Fprintf(&b, "  %-4d%s\n", e.Exit, e.Meaning)
	}
	fmt.Fprintf(&b, "\nFlags: --version, and those of serve: see %[1]s serve --help.\n\n%[1]s COMMAND --help explains a command.\n", cmd.Name())
	return wrap(strings.ReplaceAll(b.String(), "\t", "    "), terminalColumns)
}

// reflow joins the lines of each paragraph. Indented lines stay as they are, and so
// does what follows a colon.
func reflow(text string) string {
	var b strings.Builder
	previous := ""
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case b.Len() == 0:
		case line == "" || previous == "" || strings.HasSuffix(previous, ":") || strings.ContainsAny(line[:1]+previous[:1], " \t"):
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(line)
		previous = line
	}
	return b.String()
}
