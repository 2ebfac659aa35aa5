package cli

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/settings"
)

// firstProcess has the command line of process 1, which in a container is the server.
const firstProcess = "/proc/1/cmdline"

func newHealthcheck(s *streams) *cobra.Command {
	var h healthcheck
	serve := &cobra.Command{}
	h.config.addServeFlags(serve, &h.http)
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the server of this container whether it is alive, or ready",
		Long: `Ask the server on this machine (serve --http) whether it is alive (/healthz) or, with
--ready, whether calls can succeed (/readyz). It is for the health check of a container,
since the image has no other program.

It finds the server's address as serve does: in --http and --tls-cert, their variables, or
the file of --config. In a container in which papi-mcp is process 1, the flags of that
process count too, unless --http or --config is given; without --http it serves standard
input and output, and is alive as long as the container runs.

The answer is one word. The exit code is 0 if it is alive, or ready; 1 if it is not, or does
not answer in time; 2 if nothing says where it listens. The server's certificate is not
verified.
`,
		Example: `  papi-mcp healthcheck
  papi-mcp healthcheck --ready --http 127.0.0.1:8080`,
		Args: noArgs,
		// The variables are those of serve, which has read and refused them already.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			onStdio := false
			if flags := cmd.Flags(); !flags.Changed("http") && !flags.Changed("config") {
				line, _ := os.ReadFile(firstProcess) // there is none on other systems
				onStdio = addFlagsOf(string(line), serve)
			}
			_, found := fromEnvironment(serve.Flags())
			_, own := fromEnvironment(cmd.Flags())
			if err := refuse(append(found, own...)); err != nil {
				return err
			}
			// What is wrong in a file that was changed is no fault of the running server.
			if _, _, err := readSettings(h.config.file, settings.NewReader(serve.Flags()), serve.Flags()); err != nil {
				return err
			}
			if h.http.addr == "" && onStdio {
				fmt.Fprintln(s.out, "alive")
				return nil
			}
			return h.ask(cmd.Context(), s.out)
		},
	}
	flags := cmd.Flags()
	for _, name := range []string{"http", "config", "tls-cert"} {
		flags.AddFlag(serve.Flags().Lookup(name))
	}
	flags.BoolVar(&h.ready, "ready", false, "ask whether calls can succeed: for a readiness probe")
	flags.DurationVar(&h.timeout, timeoutFlag, 6*time.Second, "how long the server may take to answer; it tries the API for up to 5s with --ready")
	return cmd
}

// addFlagsOf sets the flags of serve that a command line (/proc/PID/cmdline) has, if it is
// that of a server of this program; ok reports whether it is.
func addFlagsOf(line string, serve *cobra.Command) (ok bool) {
	args := strings.Split(strings.TrimSuffix(line, "\x00"), "\x00")
	name, args := filepath.Base(args[0]), args[1:]
	if name != "papi-mcp" || len(args) > 0 && args[0] != "serve" && !strings.HasPrefix(args[0], "-") {
		return false
	}
	return serve.ParseFlags(args) == nil
}

// healthcheck asks a server on this machine how it is.
type healthcheck struct {
	config  config
	http    httpFlags
	ready   bool
	timeout time.Duration
}

func (h *healthcheck) ask(ctx context.Context, out io.Writer) error {
	if h.http.addr == "" {
		return usage("nothing says where serve listens: set %s for both, or give --http or --config as serve has it", envName("http"))
	}
	if err := refuse(addressFault("http", h.http.addr)); err != nil {
		return err
	}
	if _, port, _ := net.SplitHostPort(h.http.addr); port == "0" {
		return usage("--http %s: serve chooses a port when it starts; give it one, so that it can be asked there", h.http.addr)
	}
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	// Every server allows the Host localhost. It listens at the address of the flag, which
	// may be 0.0.0.0: a connection to that is one to this machine.
	target := "http://localhost/healthz"
	if h.http.tlsCert != "" {
		target = "https://localhost/healthz"
	}
	if h.ready {
		target = strings.Replace(target, "healthz", "readyz", 1)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return failed(err)
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, h.http.addr)
		},
		// Nothing secret is sent, and the certificate is for other names.
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return failed(fmt.Errorf("the server at %s does not answer: %w; %s", h.http.addr, err, papi.Remedy("--http", err)))
	}
	defer response.Body.Close()
	var answer struct{ Status string }
	if err := json.NewDecoder(io.LimitReader(response.Body, 4<<10)).Decode(&answer); err != nil || answer.Status == "" {
		hint := ""
		if h.http.tlsCert == "" && response.StatusCode == http.StatusBadRequest {
			hint = ", as a server with TLS does: give --tls-cert as serve has it"
		}
		return failed(fmt.Errorf("what listens at %s is not papi-mcp: it answers with status %d%s", h.http.addr, response.StatusCode, hint))
	}
	if response.StatusCode != http.StatusOK {
		return failed(fmt.Errorf("the server at %s is not ready: %s", h.http.addr, answer.Status))
	}
	fmt.Fprintln(out, answer.Status)
	return nil
}
