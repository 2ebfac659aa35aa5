// Package cli is the command line: it reads flags, environment and configuration
// file, creates the parts of the server, and runs the commands. It holds no rules
// and no tools.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// exitError ends a command with an exit code, and a message unless text is empty.
type exitError struct {
	code errorcode.Exit
	text string
}

func (e *exitError) Error() string { return e.text }

func usage(format string, args ...any) error {
	return &exitError{errorcode.Usage, fmt.Sprintf(format, args...)}
}

// failed ends a command that has started with an error, nil for none.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{errorcode.Failed, err.Error()}
}

// streams are the standard streams of a command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the command line and returns the exit code, one of errorcode.Exits.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A closed pipe shows as the error of a write; dying of the signal would leave
	// no time to finish running calls.
	signal.Ignore(syscall.SIGPIPE)
	// net/http and others log unexpected bytes of a request or response to the
	// standard logger, which may include a key or a code. What matters is
	// returned as an error as well.
	log.SetOutput(io.Discard)
	root := newRoot(&streams{in, out, errOut})
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return int(errorcode.Done)
	}
	if errors.Is(err, syscall.EPIPE) {
		return int(errorcode.Failed) // the reader of the output has closed it
	}
	code, text := errorcode.Usage, err.Error()
	var exit *exitError
	if errors.As(err, &exit) {
		code, text = exit.code, exit.text
	}
	if text != "" {
		text = "papi-mcp: " + papi.Printable(text)
		if isTerminal(errOut) {
			text = wrap(text, terminalColumns)
		}
		fmt.Fprintln(errOut, text)
		if code == errorcode.Usage {
			fmt.Fprintln(errOut, "See papi-mcp --help.")
		}
	}
	return int(code)
}

func newRoot(s *streams) *cobra.Command {
	var c config // of serve
	serve := newServe(s, &c)
	root := &cobra.Command{
		Use:   "papi-mcp",
		Short: "MCP server for the Sinch Provisioning API",
		Long: `papi-mcp lets AI agents provision messaging channels through the Sinch
Provisioning API: WhatsApp, RCS, KakaoTalk, Conversation channel info, SMS apps,
bundles and webhooks. Every operation is a tool with the API's own schema. A
guard checks each call against the documented workflow before anything is sent.

Without a command it serves MCP on standard input and output (papi-mcp serve).
To try it without an account: papi-mcp demo runs a tour on the built-in sandbox.
papi-mcp init adds it to an MCP client.`,
		Version:       Version(),
		Args:          subcommands,
		RunE:          serve.RunE,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("papi-mcp {{.Version}}\n")
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, newCall(s), newTools(s), newSandbox(s), newDemo(s), newDoctor(s), newAudit(s), newConfig(s), newInit(s))
	root.InitDefaultCompletionCmd() // so that its help is printed by setHelp's function too
	setHelp(root)
	root.SetFlagErrorFunc(unknownFlag)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		placeholders, wrong := fromEnvironment(cmd.Flags())
		if err := refuse(append(unknownVariables(root, os.Environ()), wrong...)); err != nil {
			return err
		}
		c.placeholders = placeholders
		switch {
		case cmd == root || cmd == serve: // which reports them to the client, and checks its flags with those of its file
			return nil
		case len(placeholders) > 0:
			return usage("%s", placeholderMessage(placeholders))
		}
		return refuse(checkChoices(cmd.Flags()))
	}
	return root
}

const environmentHelp = `
Environment:
  SINCH_PROJECT_ID   the projects that calls may use, comma separated; the first
                     is the default. Unset: any, which each call must name
  SINCH_KEY_ID       access key from the Sinch Dashboard, with SINCH_KEY_SECRET
  SINCH_KEY_SECRET   its secret
  SINCH_ACCESS_TOKEN an access token to use instead of a key
  PAPI_BASE_URL      the API (https://provisioning.api.sinch.com)
  PAPI_TOKEN_URL     the token endpoint (https://auth.sinch.com/oauth2/token)
  PAPI_AUTH          oauth (default), or basic for quick tests
Each flag has an environment variable: PAPI_MCP_READ_ONLY sets --read-only, and
PAPI_MCP_READ_ONLY_FILE names a file that contains the value. Any other variable
that begins with PAPI_MCP_ is an error.`
