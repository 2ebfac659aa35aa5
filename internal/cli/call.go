package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

// callClient is the client name of papi-mcp call. Its principal is that of serve on
// stdio, so that what a person declined there is declined here.
const callClient = "papi-mcp call"

func newCall(s *streams) *cobra.Command {
	var (
		c      config
		dryRun bool
	)
	cmd := &cobra.Command{
		Use:   "call TOOL [JSON | -]",
		Short: "Make one tool call from the command line",
		Long: `Make one tool call, with the same checks as an agent's call. The arguments are
one JSON object, or - to read it from standard input. Standard output is the result
or error of the call as JSON (as text with --results text), and nothing else.

A projectId in the arguments confirms the project for this call. Where a person
must confirm, the call returns confirmation_required with a summary and a token:
repeat it with "confirm": TOKEN within ten minutes. Neither is accepted within ten
minutes after a person was asked about the same call, here or by a client of serve,
and did not confirm it. With --sandbox nothing is kept between calls: start papi-mcp
sandbox instead, and set PAPI_BASE_URL to its URL.

Exit codes: 0 done, 1 the tool returned an error, 2 wrong usage.
` + environmentHelp,
		Example: `  papi-mcp call webhook_list --sandbox
  papi-mcp call whatsapp_sender_get '{"senderId": "..."}'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return usage("call needs a tool, and its arguments as JSON: papi-mcp call TOOL [JSON | -]")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return toolNames(&c, args, prefix), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			arguments, err := readArguments(s, args[1:])
			if err != nil {
				return err
			}
			if dryRun {
				if arguments, err = withDryRun(args[0], arguments); err != nil {
					return err
				}
			}
			if err := c.checkResultFlags(); err != nil {
				return err
			}
			c.keepToken = true
			c.setDefaultStore(s)
			a, err := c.newApp(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer a.close()
			out := a.tools.Call(cmd.Context(), tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true}, args[0], arguments)
			return printOutcome(s, out, server.ResultForm(c.results), a.tools.Offers(args[0]))
		},
	}
	c.addConnectionFlags(cmd)
	c.addSelectionFlags(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "send nothing: show the verdict, the question to the person, and the request")
	c.addResultFlags(cmd, server.Structured, "what is printed: structured (the JSON of structuredContent; both prints the same) or text (what a client that reads only text is shown)")
	cmd.Flags().StringVar(&c.store, "store", "", storeHelp+"; memory with --sandbox)")
	return cmd
}

// withDryRun adds dryRun to the arguments of a write.
func withDryRun(tool string, arguments json.RawMessage) (json.RawMessage, error) {
	if row := catalog.Lookup(tool); row != nil && !row.Writes() {
		return nil, usage("--dry-run: %s changes nothing, so call it without the flag", tool)
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(arguments, &given); err != nil {
		return arguments, nil // the call reports what is wrong with them
	}
	given["dryRun"] = json.RawMessage("true")
	return json.Marshal(given)
}

// maxArguments limits what is read from standard input, in bytes, as serve limits
// its lines.
const maxArguments = 8 << 20

// readArguments returns the JSON arguments of a call.
func readArguments(s *streams, args []string) (json.RawMessage, error) {
	if len(args) == 0 {
		return json.RawMessage("{}"), nil
	}
	text := args[0]
	if text == "-" {
		raw, err := io.ReadAll(io.LimitReader(s.in, maxArguments+1))
		if err != nil {
			return nil, usage("reading the arguments: %v", err)
		}
		if len(raw) > maxArguments {
			return nil, usage("the arguments have more than %d bytes", maxArguments)
		}
		text = string(raw)
	}
	text = strings.TrimPrefix(text, "\ufeff") // Windows PowerShell writes one into a pipe
	if trimmed := strings.TrimSpace(text); !json.Valid([]byte(text)) || !strings.HasPrefix(trimmed, "{") {
		return nil, usage("the arguments are not one JSON object: %s", papi.Quoted(trimmed, 80))
	}
	return json.RawMessage(text), nil
}

// printOutcome prints the result or the error, its JSON indented on a terminal, and
// returns the exit code as an error. A tool that is not offered is a usage error.
func printOutcome(s *streams, out tools.Outcome, form server.ResultForm, offered bool) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if f, ok := s.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		enc.SetIndent("", "  ")
	}
	if text := out.Text(); text != "" && form == server.Text {
		b.WriteString(text + "\n")
	} else if err := enc.Encode(out.Structured); err != nil {
		return failed(err)
	}
	if e, ok := out.Structured.(*tools.Error); ok && !offered {
		return usage("%s; papi-mcp tools lists them%s", e.Message, didYouMean(e))
	}
	if _, err := b.WriteTo(s.out); err != nil {
		return failed(err)
	}
	if e, ok := out.Structured.(*tools.Error); ok {
		return &exitError{code: errorcode.ExitFor(e.Code, e.Status)}
	}
	return nil
}

func didYouMean(e *tools.Error) string {
	if nearest, ok := e.Info["nearest"].(string); ok {
		return " (did you mean " + nearest + "?)"
	}
	return ""
}

// toolNames completes the name of a tool.
func toolNames(c *config, args []string, prefix string) []string {
	if len(args) > 0 {
		return nil
	}
	rows, err := catalog.Select(c.filter())
	if err != nil {
		return nil
	}
	var names []string
	for _, row := range rows {
		if strings.HasPrefix(row.Tool, prefix) {
			names = append(names, row.Tool+"\t"+row.About)
		}
	}
	return names
}
