// Package cli is the command line: it reads flags, environment and configuration
// file, creates the parts of the server, and runs the commands. It holds no rules
// and no tools.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/oserror"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/roots"
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

// output is standard output. It keeps the first error of a write: a command does not
// end with 0 where its output was lost, whatever its own code does with that error.
type output struct {
	io.Writer
	mu  sync.Mutex
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.err = cmp.Or(o.err, err)
	}
	return n, err
}

func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Main runs the command line and returns the exit code, one of errorcode.Exits.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := endedBySignal(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A closed pipe shows as the error of a write; dying of the signal would leave
	// no time to finish running calls.
	signal.Ignore(syscall.SIGPIPE)
	// net/http and others log unexpected bytes of a request or response to the
	// standard logger, which may include a key or a code. What matters is
	// returned as an error as well.
	log.SetOutput(io.Discard)
	roots.UseBuiltIn()
	written := &output{Writer: out}
	root := newRoot(&streams{in, written, errOut})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var exit *exitError
	if lost := written.lost(); lost != nil && !errors.As(err, &exit) {
		err = failed(lost)
		if oserror.IsClosedPipe(lost) { // the reader has closed the output
			err = &exitError{code: errorcode.Failed}
		}
	}
	if err == nil {
		return int(errorcode.Done)
	}
	code, text := errorcode.Usage, err.Error()
	if errors.As(err, &exit) {
		code, text = exit.code, exit.text
	}
	code = exitCode(root, args, err, code)
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
		Version:       thisBuild().String(),
		Args:          subcommands,
		RunE:          serve.RunE,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("papi-mcp {{.Version}}\n")
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, newCall(s), newWait(s), newTools(s), newSandbox(s), newTemplate(s), newExport(s), newValidate(s), newPlan(s), newApply(s), newListen(s), newDemo(s), newDoctor(s), newHealthcheck(s), newAudit(s), newStore(s), newConfig(s), newInit(s), newVersion(s))
	root.SetIn(s.in)
	root.SetOut(s.out) // which the completion command keeps
	root.SetErr(s.err)
	root.InitDefaultCompletionCmd() // so that its help is printed by setHelp's function too
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" { // cobra's own shows its help for a shell that it does not know
			cmd.Use, cmd.Args, cmd.RunE, cmd.DisableFlagsInUseLine = "completion COMMAND", subcommands, showHelp, true
		}
	}
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
Each flag has an environment variable: PAPI_MCP_READ_ONLY sets --read-only. Any other
variable that begins with PAPI_MCP_ is an error. For each of these variables, the
same name with _FILE names a file that contains the value: SINCH_KEY_SECRET_FILE.`
