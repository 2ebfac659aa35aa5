package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

// The values of --until.
const (
	untilSettled = "settled"
	untilChanged = "changed"
)

func newWait(s *streams) *cobra.Command {
	c := config{confirm: string(guard.Auto)}
	var (
		pretty  bool
		timeout time.Duration
		until   string
		states  []string
	)
	cmd := &cobra.Command{
		Use:   "wait TOOL " + argumentsForm,
		Short: "Wait until a thing settles, for scripts",
		Long: `Wait until a thing settles: until it succeeded, failed, or needs a person. TOOL
reads the thing, and its arguments are those of papi-mcp call: see papi-mcp call
--help.

Standard error has a line for the state at the beginning and for each change of it,
with the API's time. Standard output has the last result of TOOL as JSON, as call
prints it, with settled true or false; or the error that ended the wait.

The thing is read after 2, 5, 10 and 30 seconds, then each minute, and less often
if the API asks for that. An error that can pass (429, 5xx, no connection) is
reported on standard error, and the wait continues.

The exit code is 0 if it succeeded (with --until changed: if it changed), 3 if it
failed or was refused, 4 if a person or a call has to move it on (next in the result
says how), and 5 if the time was over or Ctrl-C came first; the result has the last
state then. It is 75 if no read succeeded in that time.

In a sandbox with a name, other calls can use the sandbox during the wait. The call
wait of agents (papi-mcp call wait) follows several things, for up to five minutes.
`,
		Example: `  papi-mcp wait whatsapp_template_get templateName=order_update languageCode=EN
  papi-mcp wait bundle_get bundleId=ID --timeout 10m
  papi-mcp wait whatsapp_sender_get senderId=ID --state ACTIVE --timeout 72h
  papi-mcp wait rcs_sender_get senderId=ID --until changed --pretty`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("wait needs a tool: papi-mcp wait TOOL %s", argumentsForm)
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return c.completeCall(cmd.Context(), args, prefix, (*catalog.Row).Follows)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout <= 0 {
				return usage("--timeout %v: use a duration greater than 0, such as 30m or 2h", timeout)
			}
			row, err := rowToWaitFor(args[0])
			if err != nil {
				return err
			}
			ends, err := endsOf(row, states)
			if err != nil {
				return err
			}
			given, err := readArguments(s, args[1:])
			if err != nil {
				return err
			}
			c.shareNamed = true
			a, err := c.newCallApp(cmd, s, min(timeout, deadline.Timeout))
			if err != nil {
				return err
			}
			defer a.close()
			encoded, err := given.encode(a.tools.Schema(row.Tool))
			if err != nil {
				return err
			}
			w := waiting{s: s, row: row, ends: ends, untilChanged: until == untilChanged, timeout: timeout}
			end, err := w.follow(cmd.Context(), a.tools, encoded)
			if printed := c.printOutcome(s, end.Outcome, indents(cmd, s, pretty), true); printed != nil {
				return printed
			}
			return err
		},
	}
	c.addAPIFlags(cmd)
	c.addSandboxName(cmd)
	c.addResultForm(cmd, server.ResultStructured, printedHelp)
	f := cmd.Flags()
	f.DurationVar(&timeout, timeoutFlag, time.Hour, "how long to wait, such as 30m or 72h")
	choice(f, &until, "until", untilSettled, "what ends the wait: settled, or changed (the first change)", untilSettled, untilChanged)
	f.StringSliceVar(&states, "state", nil, "states that count as the end, besides failures (default: each that does not change on its own)")
	f.BoolVar(&pretty, "pretty", false, prettyHelp)
	c.addStoreFlags(f, callStoreHelp)
	return cmd
}

// rowToWaitFor returns the row of a tool that reads a thing with states. The error
// suggests the right one of another tool.
func rowToWaitFor(tool string) (*catalog.Row, error) {
	row := catalog.Lookup(tool)
	if row != nil && row.Follows() {
		return row, nil
	}
	var readers []string
	for _, r := range catalog.Rows() {
		if r.Follows() {
			readers = append(readers, r.Tool)
		}
	}
	use := "use one of " + strings.Join(readers, ", ")
	if row != nil && row.Resource != nil && slices.Contains(readers, row.Resource.Get) {
		use = "use " + row.Resource.Get
	}
	if near := papi.Nearest(tool, readers); row == nil && near != "" {
		use = "use " + near
	}
	return nil, usage("%s does not read a thing with states: %s", papi.Quoted(tool, 80), use)
}

// endsOf validates the values of --state.
func endsOf(row *catalog.Row, given []string) ([]string, error) {
	var known []string
	for _, state := range row.Resource.States {
		known = append(known, state.Name)
	}
	ends := nonBlank(given)
	for _, state := range ends {
		if !slices.Contains(known, state) {
			return nil, usage("--state %s: use states of %s: %s%s", papi.Quoted(state, 80), row.Tool, strings.Join(known, ", "), suggestion(strings.ToUpper(state), "", known))
		}
	}
	return ends, nil
}

// waiting is one run of wait.
type waiting struct {
	s            *streams
	row          *catalog.Row
	ends         []string
	untilChanged bool
	timeout      time.Duration
	last         string // what the last line about the state says
}

// follow waits, and reports what it sees. The error has the exit code of what the result
// is about; that of an error is left to who prints it.
func (w *waiting) follow(ctx context.Context, set *tools.Set, args json.RawMessage) (tools.Followed, error) {
	within, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	caller := tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true}
	end := set.Follow(within, caller, tools.Follow{
		Tool: w.row.Tool, Args: args, States: w.ends, UntilChanged: w.untilChanged, Saw: w.saw, Failed: w.failed,
	})
	if _, isError := end.Outcome.Structured.(*tools.Error); isError {
		return end, nil
	}
	switch {
	case end.Settled && !w.untilChanged, end.Changed && w.untilChanged:
	case ctx.Err() != nil:
		return end, &exitError{errorcode.TimedOut, "interrupted: " + w.last}
	default:
		return end, &exitError{errorcode.TimedOut, fmt.Sprintf("timed out after %v: %s", w.timeout, w.last)}
	}
	switch end.Class {
	case catalog.Failure:
		return end, &exitError{code: errorcode.EndedBadly}
	case catalog.ActionRequired:
		return end, &exitError{code: errorcode.PersonNeeded}
	}
	return end, nil
}

// saw writes a line about a state.
func (w *waiting) saw(change tools.Change) {
	thing := strings.Join(append([]string{w.row.Resource.Name}, change.Names...), " ")
	w.last = thing + ": " + change.After
	state := change.After
	if change.Before != "" {
		state = change.Before + " -> " + state
	}
	if change.Reason != "" {
		state += ": " + change.Reason
	}
	w.line(change.At, thing+": "+state)
}

// failed writes a line about a read that failed.
func (w *waiting) failed(err error) {
	w.line(time.Now(), fmt.Sprintf("%s failed, and is called again: %v", w.row.Tool, err))
}

func (w *waiting) line(at time.Time, text string) {
	fmt.Fprintf(w.s.err, "%s %s\n", at.UTC().Format(time.RFC3339), papi.Printable(strings.ReplaceAll(text, "\n", " ")))
}
