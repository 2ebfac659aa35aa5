package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/audit"
)

func newAudit(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check the log that --audit leaves",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newAuditVerify(s))
	return cmd
}

func newAuditVerify(s *streams) *cobra.Command {
	var name, noted string
	cmd := &cobra.Command{
		Use:   "verify FILE | --store PATH",
		Short: "Tell whether a line of the log was altered, removed, put in or moved",
		Long: `Read the whole log, and report whether a line of it was altered, removed, put in or
moved. Standard output is the number of lines and the hash of the last one; then
a line for each call whose intent is there and its outcome is not. Such a call is
running now, or the server was killed in the middle of it: check at
the API whether the change was made.

The chain alone does not show lines that were cut off at the end, nor a log that
was written anew and sealed again. Note the last hash from time to time where
those who write the log can't change it, and give it with --noted: the log must
still hold that line, and so all before it.

Exit code: 0 the log is whole (also with calls that have no outcome), 1 it is
not, 2 wrong usage.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var log *audit.Log
			switch {
			case len(args) == 1 && name == "":
				log = audit.File(args[0])
			case len(args) == 0 && name != "" && name != memory:
				kept, err := openStore(name)
				if err != nil {
					return err
				}
				defer func() { _ = kept.Close() }() // only read
				log = audit.InStore(kept)
			default:
				return usage("give the log's FILE, or the --store that holds it")
			}
			report, err := log.Verify(cmd.Context(), noted)
			var broken *audit.BrokenError
			switch {
			case errors.As(err, &broken):
				return &exitError{exitFailed, "the log is not whole: " + broken.Error()}
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
	cmd.Flags().StringVar(&name, "store", "", "the file of the store that holds the log")
	cmd.Flags().StringVar(&noted, "noted", "", "the hash of a line, noted earlier, that must still be there")
	return cmd
}
