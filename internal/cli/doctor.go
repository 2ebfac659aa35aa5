package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/roots"
	"papi-mcp/internal/settings"
)

// doctorTimeout limits all checks together.
const doctorTimeout = 45 * time.Second

func newDoctor(s *streams) *cobra.Command {
	var (
		c config
		h httpFlags
	)
	cmd := &cobra.Command{
		Use:   "doctor [serve]",
		Short: "Check configuration, credentials, connection, clock and files",
		Long: `Check what papi-mcp needs, and say how to fix problems: the environment, the flags of
serve and its configuration file, the credentials and the connection to the API, the
clock, the files for state and for the audit log with their permissions and, with
--http, addresses, certificates and the authorization server. Give it the flags that
a client gives to serve; the word serve may be among them.

Each line is ok, a note, or FAIL with how to fix it. It never prints a secret and
changes nothing: it creates no file, and sends reads only. The exit code is that of the
first check that failed.
` + environmentHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "serve" {
				return nil
			}
			return noArgs(cmd, args)
		},
		// What is wrong with the environment is a result here.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
			defer cancel()
			d := &doctor{streams: s, config: &c, http: &h, file: &settings.File{}}
			d.run(ctx, cmd)
			if cmd.Context().Err() != nil {
				return failed(errors.New("stopped: not everything was checked"))
			}
			if d.exit != errorcode.Done {
				return &exitError{d.exit, "there are problems to fix"}
			}
			return nil
		},
	}
	c.addServeFlags(cmd, &h)
	return cmd
}

// doctor runs the checks. A check that can't be made because of the result of another
// one is left out.
type doctor struct {
	*streams
	config *config
	http   *httpFlags
	file   *settings.File // empty where there is none
	exit   errorcode.Exit // of the first check that failed

	answers answers // of the API
}

func (d *doctor) run(ctx context.Context, cmd *cobra.Command) {
	d.ok("version", "papi-mcp %s, API %s", Version(), papi.ContractVersion)
	unfilled := d.environment(cmd.Root(), cmd.Flags())
	d.configuration(cmd.Flags())
	for _, name := range append(unfilled, placeholderVariables(d.config.sandbox)...) {
		d.fail("environment", placeholderMessage([]string{name}), "replace it by the value: see the \"env\" and the \"args\" of the client that starts papi-mcp")
	}
	d.accounts(ctx)
	d.state(ctx)
	d.auditLog(ctx)
	if d.http.addr != "" {
		d.listening(ctx)
	}
	if d.config.trace {
		d.tracing(ctx)
	}
}

// environment checks the variables, and sets the flags that they name. It returns
// what is still a placeholder.
func (d *doctor) environment(root *cobra.Command, flags *pflag.FlagSet) (unfilled []string) {
	for _, f := range unknownVariables(root, os.Environ()) {
		d.fail("environment", f.text, "unset the variable, or correct its name")
	}
	unfilled, wrong := fromEnvironment(flags)
	for _, f := range wrong {
		d.fail("environment", f.text, "set the variable as this line says, or unset it")
	}
	for _, text := range misspelledVariables(os.Environ()) {
		d.note("environment", text)
	}
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		if reason := badCertificates(file); reason != "" {
			d.fail("environment", "SSL_CERT_FILE "+reason, "set it to a PEM file with the certificates of the authorities to trust, or unset it for the system's")
		}
	}
	if roots.UseBuiltIn() {
		d.note("environment", "this system has no root certificates: those that are built into papi-mcp are trusted")
	}
	return unfilled
}

// configuration checks the flags and the configuration file.
func (d *doctor) configuration(flags *pflag.FlagSet) {
	file, _, wrong, err := d.config.check(d.http, flags)
	if err != nil {
		d.fail("config", err.Error(), "give --config the path of a file that this user can read")
		return
	}
	d.file = file
	wrong = inOrder(append(wrong, d.config.fileFaults(d.http, file)...), file)
	for _, f := range wrong {
		switch {
		case f.flag == ofEnvironment, strings.HasPrefix(f.text, "papi: "): // of papi.New, which names its variable
			d.fail("environment", f.text, "set the variable as this line says, or unset it")
		case file.Source != "" && strings.HasPrefix(f.text, file.Source):
			d.fail("config", f.text, "correct the file as this line says")
		default:
			d.fail("flags", f.text, "change the flag, or the variable that sets it, as this line says")
		}
	}
	for _, warning := range file.Warnings {
		d.note("config", warning)
	}
	if file.Source != "" && len(wrong) == 0 {
		d.ok("config", "%s is valid", file.Source)
	}
}

func (d *doctor) ok(what, format string, args ...any) {
	d.line("ok", what, fmt.Sprintf(format, args...))
}

func (d *doctor) note(what, text string) { d.line("note", what, text) }

// failError reports an error and how to fix it: by its own Resolution if it has one, which
// fits its cause.
func (d *doctor) failError(what string, err error, fix string) {
	var e *papi.Error
	if !errors.As(err, &e) {
		d.fail(what, err.Error(), fix)
		return
	}
	if e.Code == errorcode.Cancelled { // by Ctrl-C: nothing is wrong
		return
	}
	if own := strings.TrimSuffix(e.Resolution, errorcode.ThenDoctor); own != "" {
		switch {
		case fix == "", e.Code == errorcode.Unreachable:
			fix = own
		case !slices.Contains([]string{errorcode.UnexpectedAnswer, errorcode.TokenRejected}, e.Code):
			fix = own + "; " + fix
		}
	}
	// The message says that nothing was reached.
	text := strings.TrimPrefix(err.Error(), errorcode.Unreachable+": ")
	d.failAs(errorcode.ExitFor(e.Code, e.Status), what, text, fix)
}

func (d *doctor) fail(what, text, fix string) { d.failAs(errorcode.Failed, what, text, fix) }

func (d *doctor) failAs(exit errorcode.Exit, what, text, fix string) {
	d.exit = cmp.Or(d.exit, exit)
	d.line("FAIL", what, text)
	d.line("", "", "to fix: "+fix)
}

func (d *doctor) line(verdict, what, text string) {
	text = papi.MaskURLSecrets(strings.Join(strings.Fields(papi.Printable(text)), " "))
	begin := fmt.Sprintf("%-5s %-12s ", verdict, what)
	if indent := strings.Repeat(" ", len(begin)); isTerminal(d.out) {
		text = strings.TrimPrefix(wrap(indent+text, terminalColumns), indent)
	}
	fmt.Fprintf(d.out, "%s%s\n", begin, text)
}
