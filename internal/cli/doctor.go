package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

// doctorTimeout limits all checks together.
const doctorTimeout = 30 * time.Second

// maxSkew is how far the clock may be off: tokens are valid for an hour, and webhook
// signatures are checked for their age.
const maxSkew = time.Minute

func newDoctor(s *streams) *cobra.Command {
	c := config{store: memory, results: string(server.Both), maxTokens: tools.DefaultMaxTokens}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, credentials, connection and clock",
		Long: `Check what papi-mcp needs, and say how to fix problems. It never prints a secret and
changes nothing.
` + environmentHelp,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
			defer cancel()
			d := &doctor{streams: s, sandbox: c.sandbox}
			if d.environment(); !d.failed {
				a, err := c.newApp(ctx, s)
				if err != nil {
					return err
				}
				defer a.close()
				d.app = a
				d.checkConnection(ctx)
			}
			if d.failed {
				return &exitError{errorcode.Failed, "there are problems to fix"}
			}
			return nil
		},
	}
	c.addConnectionFlags(cmd)
	c.addSelectionFlags(cmd)
	return cmd
}

// doctor runs the checks, each of which needs the previous ones.
type doctor struct {
	*streams
	app     *app
	sandbox bool
	failed  bool
}

// environment checks the variables, without which no client can be created.
func (d *doctor) environment() {
	placeholders := placeholderVariables(d.sandbox)
	for _, name := range placeholders {
		d.fail("environment", placeholderMessage([]string{name}), "replace it by the value: see the \"env\" of the client that starts papi-mcp")
	}
	for _, text := range misspelledVariables(os.Environ()) {
		d.note("environment", text)
	}
	if d.sandbox || len(placeholders) > 0 {
		return // the sandbox does not use the others
	}
	api, own := apiConfig()
	api.KeyID, api.KeySecret, api.AccessToken = own.KeyID, own.KeySecret, own.AccessToken
	if _, err := papi.New(api); err != nil {
		d.failError("environment", err, "set the variable as this line says, or unset it")
	}
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		if reason := badCertificates(file); reason != "" {
			d.fail("environment", "SSL_CERT_FILE "+reason, "set it to a PEM file with the certificates of the authorities to trust, or unset it for the system's")
		}
	}
}

// badCertificates returns what is wrong with a file of trusted certificates, "" for
// nothing.
func badCertificates(file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Sprintf("names a file that can't be read: %v", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(raw) {
		return fmt.Sprintf("names %s, which contains no certificate", file)
	}
	return ""
}

func (d *doctor) checkConnection(ctx context.Context) {
	d.ok("version", "papi-mcp %s, API %s, %d tools offered", Version(), papi.ContractVersion, len(d.app.tools.Tools()))
	d.project()
	if !d.credentials() {
		return
	}
	expires, err := d.app.client.Token(ctx)
	if err != nil {
		d.failError("token", err, "check the key in the Sinch Dashboard (Settings, Access keys), and PAPI_TOKEN_URL")
		return
	}
	if expires.IsZero() {
		d.ok("token", "used as given")
	} else {
		d.ok("token", "issued, valid until %s", expires.Format(time.RFC3339))
	}
	d.checkAPI(ctx)
}

func (d *doctor) project() {
	projects := os.Getenv(projectVariable)
	for id := range strings.SplitSeq(projects, ",") {
		if reason := papi.SegmentProblem(strings.TrimSpace(id)); projects != "" && reason != "" {
			d.fail("project", fmt.Sprintf("SINCH_PROJECT_ID: %q %s", id, reason), "set it to the ids of the Sinch Dashboard, with commas between them")
			return
		}
	}
	switch {
	case projects != "":
		d.ok("project", "default %s, allowed: %s", d.app.project, projects)
	case d.sandbox:
		d.ok("project", "default %s, of the sandbox; any id works there", d.app.project)
	default:
		d.note("project", "SINCH_PROJECT_ID is not set: each call must name a project, and any is allowed")
	}
}

func (d *doctor) credentials() bool {
	if d.app.client.HasCredentials() {
		kind := "SINCH_KEY_ID and SINCH_KEY_SECRET are set"
		if d.sandbox {
			kind = "the sandbox needs none"
		} else if os.Getenv(accessTokenVariable) != "" {
			kind = "SINCH_ACCESS_TOKEN is set"
		}
		d.ok("credentials", "%s", kind)
		return true
	}
	text := "none are set"
	for name, other := range map[string]string{keyIDVariable: keySecretVariable, keySecretVariable: keyIDVariable} {
		if os.Getenv(name) == "" && os.Getenv(other) != "" {
			text = other + " is set, and " + name + " is not"
		}
	}
	d.fail("credentials", text, "set SINCH_KEY_ID and SINCH_KEY_SECRET to an access key of the Sinch Dashboard, or try papi-mcp with --sandbox")
	return false
}

// checkAPI reads the webhooks of the default project, and compares the clocks.
func (d *doctor) checkAPI(ctx context.Context) {
	if d.app.project == "" {
		d.note("API", "not tried: there is no default project to read")
		return
	}
	asked := time.Now()
	resp, err := d.app.client.Do(ctx, dispatch.NewRequest(catalog.Lookup("webhook_list"), d.app.project, nil))
	if err != nil {
		d.failError("API", err, "check PAPI_BASE_URL, the network and its proxy, and that the key belongs to the project")
		return
	}
	took := time.Since(asked)
	d.ok("API", "answered in %d ms", took.Milliseconds())
	if resp.Date.IsZero() {
		d.note("clock", "not compared: the API's answer has no time")
		return
	}
	if skew := time.Since(resp.Date) - took/2; skew.Abs() > maxSkew {
		d.fail("clock", fmt.Sprintf("differs from the API's by %s", skew.Round(time.Second)), "set the clock of this machine (NTP)")
		return
	}
	d.ok("clock", "agrees with the API's")
}

func (d *doctor) ok(what, format string, args ...any) {
	d.line("ok", what, fmt.Sprintf(format, args...))
}

func (d *doctor) note(what, text string) { d.line("note", what, text) }

// failError reports an error and how to fix it: by its own Resolution if it has one, which
// fits its cause.
func (d *doctor) failError(what string, err error, fix string) {
	var e *papi.Error
	if errors.As(err, &e) && e.Resolution != "" {
		own := strings.TrimSuffix(e.Resolution, errorcode.ThenDoctor)
		if e.Code == errorcode.Unreachable {
			fix = own
		} else {
			fix = own + "; " + fix
		}
	}
	d.fail(what, err.Error(), fix)
}

func (d *doctor) fail(what, text, fix string) {
	d.failed = true
	d.line("FAIL", what, text)
	d.line("", "", "to fix: "+fix)
}

func (d *doctor) line(verdict, what, text string) {
	fmt.Fprintf(d.out, "%-5s %-12s %s\n", verdict, what, strings.Join(strings.Fields(papi.Printable(text)), " "))
}
