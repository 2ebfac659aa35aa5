package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
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
	var c config
	var noted []string
	cmd := &cobra.Command{
		Use:   "verify FILE... | --store STORE",
		Short: "Check that no line was changed, removed, inserted or moved",
		Long: `Read the complete log and check its hash chain: no line may have been changed,
removed, inserted or moved. Standard output has the number of lines and the hash of
the last one, then a line for each call with an intent but no outcome. Such a call
is still running, or the server was killed during it: check at the API whether the
change was made.

Several files are checked one after the other, and so are the chains in a store, one
of each replica; each line then begins with the name of its file or replica.

The chain alone does not show that lines were removed at the end, or that the log
was rewritten with a new chain. Save the last hash from time to time where those who
write the log can't change it, and pass it with --noted: one of the logs must still
contain that line, and so all lines before it.

A call without an outcome does not make the command fail: the log is intact.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var logs []namedLog
			switch {
			case len(args) > 0 && c.store == "":
				for _, path := range args {
					logs = append(logs, namedLog{path, audit.File(path)})
				}
			case len(args) == 0 && c.store != "" && c.store != memory:
				if err := refuse(c.storeFaults()); err != nil {
					return err
				}
				if err := c.mustExist(); err != nil {
					return err
				}
				opened, end, err := c.openMedium(cmd.Context())
				if err != nil {
					return err
				}
				defer end()
				if logs, err = logsIn(cmd.Context(), opened); err != nil {
					return notOpened(err)
				}
			default:
				return usage("name the log's FILE, or several, or the --store that holds it")
			}
			return verify(cmd.Context(), s, logs, noted)
		},
	}
	cmd.Flags().StringVar(&c.store, "store", "", "file of the store that holds the log, or the URL of its PostgreSQL database")
	cmd.Flags().StringSliceVar(&noted, "noted", nil, "hashes of lines, saved earlier, that the logs must still contain")
	return cmd
}

// namedLog is a log with the name of its file or of its replica; "" where there is no other.
type namedLog struct {
	name string
	*audit.Log
}

// logsIn returns the logs in a store: that without a name, and those of replicas.
func logsIn(ctx context.Context, s store.Store) ([]namedLog, error) {
	replicas, err := audit.Replicas(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(replicas) == 0 {
		return []namedLog{{"", audit.InStore(s)}}, nil // an empty one
	}
	var logs []namedLog
	for _, name := range replicas {
		log := audit.InStore(s)
		if name != "" {
			log = log.Of(name)
		}
		logs = append(logs, namedLog{name, log})
	}
	return logs, nil
}

// verify checks logs, and prints a report on each. All are read, also after one that is
// not intact.
func verify(ctx context.Context, s *streams, logs []namedLog, noted []string) error {
	var faults []string
	found := map[string]bool{}
	for _, log := range logs {
		prefix := ""
		if len(logs) > 1 {
			prefix = papi.Printable(cmp.Or(log.name, "(no name)")) + ": "
		}
		report, err := log.Verify(ctx, noted...)
		var broken *audit.BrokenError
		switch {
		case errors.As(err, &broken):
			faults = append(faults, prefix+broken.Error())
			continue
		case err != nil:
			return usage("%s%v", prefix, err)
		}
		for _, hash := range noted {
			found[hash] = found[hash] || !slices.Contains(report.Missing, hash)
		}
		fmt.Fprintf(s.out, "%s%d lines, last %s\n", prefix, report.Lines, report.Last)
		for _, b := range report.Open {
			fmt.Fprintf(s.out, "%sline %d: an intent without an outcome: %s in project %q by %q at %s, call %s\n",
				prefix, b.Line, b.Tool, b.Project, b.Principal, b.Time.Format(time.RFC3339), b.Call)
		}
	}
	broken := len(faults) > 0 // then what is noted may be there
	for _, hash := range noted {
		if !found[hash] && !broken {
			faults = append(faults, fmt.Sprintf("the noted line is not there (%s): lines are missing at the end, or the log was rewritten", papi.Echo(hash)))
		}
	}
	if len(faults) > 0 {
		return &exitError{errorcode.Failed, "the log is not intact: " + strings.Join(faults, "; ")}
	}
	return nil
}
