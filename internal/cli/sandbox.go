package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/sandbox"
)

// sandboxFlags are the flags of a sandbox.
type sandboxFlags struct {
	clock    string
	speed    float64
	seed     uint64
	seedData string
	strict   bool
	// reachable is set when other machines can call the sandbox.
	reachable bool
}

// defaultSandbox has the defaults of a sandbox in this process.
var defaultSandbox = sandboxFlags{speed: 1, seed: 1, strict: true}

// flags adds the flags that every sandbox has. A sandbox in this process has no
// control API that moves a clock, so that its clock is the real one.
func (i *sandboxFlags) flags(f *pflag.FlagSet, strict bool) {
	f.Float64Var(&i.speed, "speed", defaultSandbox.speed, "sandbox: how many seconds its clock moves each second")
	f.Uint64Var(&i.seed, "seed", defaultSandbox.seed, "sandbox: the same seed and calls produce the same ids, codes and states")
	f.StringVar(&i.seedData, "seed-data", defaultSandbox.seedData, "sandbox: its initial content: shop (an example project), or the path of a dump or a script")
	f.BoolVar(&i.strict, "strict-projects", strict, "sandbox: answer 401 for a project id that is not a UUID, such as {projectId}, as the API does")
}

// check validates the flags.
func (i *sandboxFlags) check() error {
	if i.speed <= 0 || math.IsInf(i.speed, 0) || math.IsNaN(i.speed) {
		return usage("--speed %v: use a number greater than 0", i.speed)
	}
	return nil
}

// start starts a sandbox, and fills the project with the seed data.
func (i *sandboxFlags) start(project string, logger *slog.Logger) (*sandbox.Sandbox, error) {
	box := sandbox.New(sandbox.Options{Seed: i.seed, Manual: i.clock == "manual", Speed: i.speed, Project: project, StrictProjects: i.strict, Reachable: i.reachable, Logger: logger})
	if err := i.fill(box); err != nil {
		box.Close()
		return nil, usage("--seed-data %s: %v", i.seedData, err)
	}
	return box, nil
}

func (i *sandboxFlags) fill(box *sandbox.Sandbox) error {
	switch i.seedData {
	case "":
		return nil
	case "shop":
		return box.Seed(i.seedData)
	}
	file, err := os.Open(i.seedData)
	if err != nil {
		return fmt.Errorf("%w; use shop, or the path of a dump or a script%s", err, suggestion(i.seedData, "", []string{"shop"}))
	}
	defer file.Close()
	return box.Fill(file)
}

func newSandbox(s *streams) *cobra.Command {
	var (
		c    config
		addr string
	)
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the sandbox as a separate HTTP server",
		Long: `Run the sandbox, which imitates the Provisioning API in memory, as a separate HTTP
server with a token endpoint. Its URL is the one line on standard output: set
PAPI_BASE_URL to it, and PAPI_TOKEN_URL to its /oauth2/token. Any key works.
--seed-data fills the first project of SINCH_PROJECT_ID, or the all-zero one. The
state is lost when the sandbox stops: GET /_sandbox/dump returns it as JSON, which
--seed-data can read.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.sandboxFlags.check(); err != nil {
				return err
			}
			if placeholders := placeholderVariables(true); len(placeholders) > 0 {
				return usage("%s", placeholderMessage(placeholders))
			}
			listener, err := net.Listen("tcp", addr)
			if err != nil {
				return usage("--addr: %v", err)
			}
			host, port, err := net.SplitHostPort(listener.Addr().String())
			if err != nil {
				return failed(err)
			}
			if ip := net.ParseIP(host); !ip.IsLoopback() {
				c.sandboxFlags.reachable = true
				fmt.Fprintln(s.err, "Other machines can reach this address, so no webhooks are delivered: listen on 127.0.0.1 for that.")
				if ip.IsUnspecified() {
					host = "127.0.0.1"
				}
			}
			project := cmp.Or(defaultProject(), sandbox.DefaultProject)
			box, err := c.sandboxFlags.start(project, c.logger(s))
			if err != nil {
				_ = listener.Close() // there are no connections
				return err
			}
			defer box.Close()
			url := "http://" + net.JoinHostPort(host, port)
			fmt.Fprintln(s.out, url)
			fmt.Fprintf(s.err, "To use it:\n  export PAPI_BASE_URL=%s PAPI_TOKEN_URL=%s/oauth2/token SINCH_KEY_ID=any SINCH_KEY_SECRET=any SINCH_PROJECT_ID=%s\n", url, url, project)
			return listen(cmd.Context(), listener, box)
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:8089", "address to listen on; port 0 chooses a free one")
	choice(f, &c.sandboxFlags.clock, "clock", "real", "real, or manual: the clock moves only by POST /_sandbox/clock", "real", "manual")
	c.sandboxFlags.flags(f, false)
	f.BoolVar(&c.verbose, "verbose", false, "log more to standard error")
	cmd.AddCommand(newSandboxList(s), newSandboxRemove(s))
	return cmd
}

// lazySandbox is a sandbox that is started by its first request, so that start-up
// does not wait for it.
type lazySandbox struct {
	start func() (*sandbox.Sandbox, error)
	named *namedSandbox // keeps its state; or nil
	once  sync.Once
	box   *sandbox.Sandbox
	err   error
}

func (l *lazySandbox) ensureStarted() {
	l.once.Do(func() { l.box, l.err = l.start() })
}

func (l *lazySandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	l.ensureStarted()
	if l.err != nil {
		return nil, l.err
	}
	resp, err := l.box.Transport().RoundTrip(r)
	if l.named != nil { // what is answered is kept
		if err := l.named.save(); err != nil {
			return nil, err
		}
	}
	return resp, err
}

// close stops the sandbox; one that was not started can't be started any more.
func (l *lazySandbox) close() {
	l.once.Do(func() { l.err = net.ErrClosed })
	switch {
	case l.box == nil:
	case l.named != nil:
		l.named.close()
	default:
		l.box.Close()
	}
}

// listen serves until the context ends.
func listen(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(stop) // requests that still run end with the process
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return failed(err)
	}
	return nil
}
