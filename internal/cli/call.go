package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
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

// callClient is the client name of papi-mcp call. Its principal is that of serve on
// stdio, so that what a person declined there is declined here.
const callClient = "papi-mcp call"

// timeoutFlag is the flag of call and wait that says how long they may take.
const timeoutFlag = "timeout"

func newCall(s *streams) *cobra.Command {
	var (
		c       config
		dryRun  bool
		pretty  bool
		timeout time.Duration
	)
	cmd := &cobra.Command{
		Use:   "call TOOL " + argumentsForm,
		Short: "Make one tool call from the command line",
		Long: `Make one tool call, with the same checks as an agent's. Standard output is the
result or error of the call as JSON (as text with --results text), and nothing
else.

Arguments:
  KEY=VALUE   an argument, or with dots a field of one: details.name=Shop. The
              tool's schema says what VALUE is: a text stays as it is, whatever
              it looks like; numbers, booleans and objects are JSON. For a list
              repeat the key, or separate the items by commas; a comma in a
              nested list of texts or URLs is part of the item.
  KEY:=JSON   a value as JSON: null, or a list of objects
  KEY=@FILE   the content of a file as VALUE, without the end of its last line;
              KEY:=@FILE as JSON. To write a text that begins with @, use JSON.
  JSON        the arguments as one JSON object; @FILE reads it from a file, and
              - from standard input. Keys can add to it.
schema_get describes the arguments of a tool, and shell completion offers them.
Those that every tool has are given in the same way: projectId, fields, detail,
reveal, dryRun, confirm, all.

Confirmation:
On a terminal (standard input and standard error) a person is asked there what
a client would ask; only y or yes confirms. Elsewhere, and with - or </dev/null,
a call that a person must confirm returns confirmation_required with a summary
and a token: repeat it with confirm=TOKEN within ten minutes. After a question
that was not answered with yes, here or in a client of serve, the same call is
refused for ten minutes, unless a person can be asked again. A projectId in the
arguments confirms the project for this call; a default project is asked about.

With --sandbox nothing is kept between calls. --sandbox-name NAME keeps a
sandbox, in which time passes between the calls too; papi-mcp sandbox list and
papi-mcp sandbox remove NAME show and remove them.

Access tokens are kept for later calls next to the --store, in a file that only
the user can read.
` + environmentHelp,
		Example: `  papi-mcp call webhook_list --sandbox
  papi-mcp call whatsapp_sender_get senderId=SENDER_ID fields=state
  papi-mcp call webhook_create target=https://example.com/in secret=@secret.txt
  papi-mcp call webhook_update webhookId=ID triggers=RCS_SENDER_STATUS_UPDATED
  papi-mcp call whatsapp_template_create @template.json --dry-run
  papi-mcp call webhook_list '{"pageSize": 5}' all=true --pretty`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("call needs a tool: papi-mcp call TOOL %s", argumentsForm)
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return c.completeCall(cmd.Context(), args, prefix, anyTool)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout <= 0 {
				return usage("--timeout %v: use a duration greater than 0, such as 30s or 2m", timeout)
			}
			if err := c.checkResultFlags(); err != nil {
				return err
			}
			tool := args[0]
			given, err := readArguments(s, args[1:])
			if err != nil {
				return err
			}
			a, err := c.newCallApp(cmd, s, timeout)
			if err != nil {
				return err
			}
			defer a.close()
			if dryRun {
				if err := given.addDryRun(tool, a.tools.Schema(tool)); err != nil {
					return err
				}
			}
			encoded, err := given.encode(a.tools.Schema(tool))
			if err != nil {
				return err
			}
			caller := tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true, Timeout: timeout}
			if interactive(s) && !given.fromInput {
				caller.Elicitor = terminalElicitor{s, guard.MaxAnswerTime}
			}
			out := a.tools.Call(cmd.Context(), caller, tool, encoded)
			if c.named != nil { // what is printed is kept
				if err := c.named.save(); err != nil {
					return failed(err)
				}
			}
			return c.printOutcome(s, out, indents(cmd, s, pretty), a.tools.Offers(tool))
		},
	}
	c.addConnectionFlags(cmd)
	c.addSandboxName(cmd)
	c.addSelectionFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&dryRun, "dry-run", false, "send nothing: show the verdict, the question to the person, and the request")
	f.BoolVar(&pretty, "pretty", false, prettyHelp)
	f.DurationVar(&timeout, timeoutFlag, deadline.Timeout, "how long the call may take, without the time in which a person is asked; a write that was sent by then may still have an effect")
	c.addResultFlags(cmd, server.ResultStructured, printedHelp)
	c.addStoreFlags(f, callStoreHelp)
	return cmd
}

// The help of flags that call and wait have.
const (
	prettyHelp    = "indent the JSON (default: on a terminal)"
	printedHelp   = "what is printed: structured (the JSON of structuredContent; both prints the same) or text (what a client that reads only text is shown)"
	callStoreHelp = storeHelp + "; memory with --sandbox)"
)

// newCallApp creates what a call from the command line runs on: a token, confirmations
// and a named sandbox are kept for others.
func (c *config) newCallApp(cmd *cobra.Command, s *streams, wait time.Duration) (*app, error) {
	if err := c.openNamedSandbox(cmd.Context(), cmd.Flags(), wait); err != nil {
		return nil, err
	}
	c.keepToken = true
	c.setCallStore(s)
	return c.newApp(cmd.Context(), s)
}

// indents reports whether JSON is indented: as --pretty says, else on a terminal.
func indents(cmd *cobra.Command, s *streams, pretty bool) bool {
	if cmd.Flags().Changed("pretty") {
		return pretty
	}
	return isTerminal(s.out)
}

// terminalElicitor asks a person at the terminal.
type terminalElicitor struct {
	s       *streams
	timeout time.Duration
}

// Answered implements guard.Elicitor: an answer comes with no call.
func (terminalElicitor) Answered() (state string, answer guard.Answer, ok bool) {
	return "", "", false
}

// Ask implements guard.Elicitor. The end of the input and Ctrl-C cancel the question.
func (e terminalElicitor) Ask(ctx context.Context, q guard.Question) guard.Answer {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	yes, err := askYesNo(ctx, e.s, papi.Printable(q.Summary))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return guard.TimedOut
	case err != nil:
		return guard.Cancelled
	case yes:
		return guard.Accepted
	}
	return guard.Declined
}

// addDryRun adds dryRun to the arguments of a write.
func (a *arguments) addDryRun(tool string, schema *papi.Schema) error {
	row := catalog.Lookup(tool)
	switch {
	case row != nil && !row.Writes():
		return usage("--dry-run: %s changes nothing, so call it without the flag", tool)
	case row == nil && schema != nil && tool != tools.ToolCallWrite: // a core tool would ignore it
		return usage("--dry-run: %s has no dry run", tool)
	}
	a.keys = append(a.keys, keyValue{key: "dryRun", value: "true", json: true})
	return nil
}

// printOutcome prints the result or the error, its JSON indented with pretty, and
// returns the exit code as an error. A tool that is not offered is a usage error.
func (c *config) printOutcome(s *streams, out tools.Outcome, pretty, offered bool) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if pretty {
		enc.SetIndent("", "  ")
	}
	if text := out.Text(); text != "" && c.results == string(server.ResultText) {
		b.WriteString(text + "\n")
	} else if err := enc.Encode(out.Structured); err != nil {
		return failed(err)
	}
	if e, ok := out.Structured.(*tools.Error); ok && !offered {
		return usage("%s; papi-mcp tools lists them%s", e.Message, didYouMean(e))
	}
	if _, err := b.WriteTo(s.out); err != nil {
		return err
	}
	if e, ok := out.Structured.(*tools.Error); ok {
		return &exitError{code: c.exitOf(e)}
	}
	return nil
}

// exitOf returns the exit code of a call that ended with an error. It is Failed where the
// project has none yet, which the API says with 403 of RCS senders. It is TryAgain only
// where the same command may simply be repeated: not after a write that may have taken
// effect, nor where the API's error is final whatever its status, nor without anything
// to keep state in.
func (c *config) exitOf(e *tools.Error) errorcode.Exit {
	exit := errorcode.ExitFor(e.Code, e.Status)
	if exit == errorcode.Credentials && catalog.NoneHere(e.Code) {
		return errorcode.Failed
	}
	if exit == errorcode.TryAgain && (e.Info["outcome"] == "unknown" || papi.IsFinal(e.Status, e.Code) || c.noState != nil && e.Code == errorcode.StoreUnavailable) {
		return errorcode.Failed
	}
	return exit
}

func didYouMean(e *tools.Error) string {
	if nearest, ok := e.Info["nearest"].(string); ok {
		return " (did you mean " + nearest + "?)"
	}
	return ""
}

// anyTool accepts all tools.
func anyTool(*catalog.Row) bool { return true }

// completeCall completes the name of a tool among those that the command accepts, then
// the keys of its arguments and the values that are fixed.
func (c *config) completeCall(ctx context.Context, args []string, prefix string, accepts func(*catalog.Row) bool) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return c.toolNames(prefix, accepts), cobra.ShellCompDirectiveNoFileComp
	}
	quiet := *c
	quiet.store, quiet.allowPlaceholders = memory, true
	a, err := quiet.newApp(ctx, &streams{strings.NewReader(""), io.Discard, io.Discard})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer a.close()
	schema := a.tools.Schema(args[0])
	if key, value, ok := strings.Cut(prefix, "="); ok {
		return completeValue(schema, key, value)
	}
	return completeKey(schema, args[1:], prefix), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// toolNames returns the names of tools that begin with a prefix and are accepted.
func (c *config) toolNames(prefix string, accepts func(*catalog.Row) bool) []string {
	rows, err := catalog.Select(c.filter())
	if err != nil {
		return nil
	}
	var names []string
	for _, row := range rows {
		if strings.HasPrefix(row.Tool, prefix) && accepts(row) {
			names = append(names, row.Tool+"\t"+row.About)
		}
	}
	return names
}
