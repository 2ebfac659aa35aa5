package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/errorcode"
)

func newAudit(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit COMMAND",
		Short: "Check the audit log (--audit)",
		Args:  subcommands,
		RunE:  showHelp,

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(newAuditVerify(s))
	return cmd
}

func newAuditVerify(s *streams) *cobra.Command {
	var storeName, noted string
	cmd := &cobra.Command{
		Use:   "verify FILE | --store PATH",
		Short: "Check that no line was changed, removed, inserted or moved",
		Long: `Read the complete log and check its hash chain: no line may have been changed,
removed, inserted or moved. Standard output has the number of lines and the hash of
the last one, then a line for each call with an intent but no outcome. Such a call
is still running, or the server was killed during it: check at the API whether the
change was made.

The chain alone does not show that lines were removed at the end, or that the log
was rewritten with a new chain. Save the last hash from time to time where those who
write the log can't change it, and pass it with --noted: the log must still contain
that line, and so all lines before it.

A call without an outcome does not make the command fail: the log is intact.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var log *audit.Log
			switch {
			case len(args) == 1 && storeName == "":
				log = audit.File(args[0])
			case len(args) == 0 && storeName != "" && storeName != memory:
				opened, err := openStore(storeName)
				if err != nil {
					return err
				}
				log = audit.InStore(opened)
			default:
				return usage("name the log's FILE, or the --store that holds it")
			}
			report, err := log.Verify(cmd.Context(), noted)
			var broken *audit.BrokenError
			switch {
			case errors.As(err, &broken):
				return &exitError{errorcode.Failed, "the log is not intact: " + broken.Error()}
			case err != nil:
				return usage("%v", err)
			}
			fmt.Fprintf(s.out, "%d lines, last %s\n", report.Lines, report.Last)
			for _, b := range report.Open {
				fmt.Fprintf(s.out, "line %d: an intent without an outcome: %s in project %q by %q at %s, call %s\n",
					b.Line, b.Tool, b.Project, b.Principal, b.Time.Format(time.RFC3339), b.Call)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&storeName, "store", "", "file of the store that holds the log")
	cmd.Flags().StringVar(&noted, "noted", "", "hash of a line, saved earlier, that the log must still contain")
	return cmd
}
