// Package cli is the command line: the commands, their flags and environment,
// and the putting together of what they run. It holds no rule and no tool.
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

	"papi-mcp/internal/papi"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // it was done, and ended with an error
	exitUsage  = 2 // it could not be begun: an unknown flag, tool or value
)

// exitError ends a command with a code. An empty text prints nothing more.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, args...)}
}

// streams are the standard streams of a command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the command line and returns the exit code: 0 when done, 1 when it
// ended with an error, 2 when it was used wrongly.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A client that is gone is told by the error of the write; dying of the
	// signal would leave no time to end what runs.
	signal.Ignore(syscall.SIGPIPE)
	// net/http and others write to the standard logger what they don't
	// understand of an answer or a request, with its bytes: a key or a code may
	// be among them. What matters of it comes as an error too.
	log.SetOutput(io.Discard)
	root := newRoot(&streams{in, out, errOut})
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitFailed // whoever read the output has seen enough
	}
	code, text := exitUsage, err.Error()
	var exit *exitError
	if errors.As(err, &exit) {
		code, text = exit.code, exit.text
	}
	if text != "" {
		fmt.Fprintln(errOut, "papi-mcp:", papi.Printable(text))
		if code == exitUsage {
			fmt.Fprintln(errOut, "See papi-mcp --help.")
		}
	}
	return code
}

func newRoot(s *streams) *cobra.Command {
	var c config // of serve
	serve := newServe(s, &c)
	root := &cobra.Command{
		Use:   "papi-mcp",
		Short: "MCP server for the Sinch Provisioning API",
		Long: `papi-mcp lets AI agents provision messaging channels through the Sinch
Provisioning API: WhatsApp, RCS, KakaoTalk, Conversation channel info, SMS apps,
bundles and webhooks. Every operation is a tool with the API's own schema; a
guard enforces the documented workflow before a request leaves.

Without a command it serves MCP on standard input and output (papi-mcp serve).
New here? papi-mcp demo shows it on a built-in sandbox, without an account.`,
		Version:       Version(),
		Args:          cobra.NoArgs,
		RunE:          serve.RunE,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("papi-mcp {{.Version}}\n")
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, newCall(s), newTools(s), newSandbox(s), newDemo(s), newDoctor(s), newAudit(s), newConfig(s))
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := unknownVariable(root, os.Environ()); err != nil {
			return err
		}
		unfilled, err := fromEnvironment(cmd.Flags())
		if err != nil {
			return err
		}
		if len(unfilled) > 0 && cmd != root && cmd != serve { // which tells it to the client
			return usage("%s", unfilledText(unfilled))
		}
		c.unfilled = unfilled
		return nil
	}
	return root
}

const environmentHelp = `
Environment:
  SINCH_PROJECT_ID   the project, or several with commas: no others are touched,
                     and the first is the default; unset: each call names one
  SINCH_KEY_ID       access key of the Sinch Dashboard, with SINCH_KEY_SECRET
  SINCH_KEY_SECRET   its secret
  SINCH_ACCESS_TOKEN a token to use as it is, instead of a key
  PAPI_BASE_URL      the API (https://provisioning.api.sinch.com)
  PAPI_TOKEN_URL     the token endpoint (https://auth.sinch.com/oauth2/token)
  PAPI_AUTH          oauth (default), or basic for quick tests
Each flag has a twin: --read-only is PAPI_MCP_READ_ONLY, or PAPI_MCP_READ_ONLY_FILE
with the path of a file that holds the value. Another PAPI_MCP_ variable is an
error.`
