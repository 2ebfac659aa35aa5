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

// imitation is how the sandbox runs, as the flags say.
type imitation struct {
	clock    string
	speed    float64
	seed     uint64
	seedData string
	strict   bool
	// reachable: others than this machine can call it.
	reachable bool
}

// usual is the sandbox in this process when no flag says otherwise.
var usual = imitation{speed: 1, seed: 1, strict: true}

// flags adds those of the sandbox. A sandbox in this process has no control
// API to move a clock by: its time is the real one.
func (i *imitation) flags(f *pflag.FlagSet, strict bool) {
	f.Float64Var(&i.speed, "speed", usual.speed, "sandbox: seconds of the API's time in each second")
	f.Uint64Var(&i.seed, "seed", usual.seed, "sandbox: the same seed and calls give the same ids, codes and states")
	f.StringVar(&i.seedData, "seed-data", usual.seedData, "sandbox: what it holds at first: shop (a lived-in project), or the path of a dump or a script")
	f.BoolVar(&i.strict, "strict-projects", strict, "sandbox: a project id that is not a UUID, such as {projectId}, is 401, as at the API")
}

// check says what is wrong with the flags.
func (i *imitation) check() error {
	if i.clock != "" && i.clock != "real" && i.clock != "manual" {
		return usage("--clock %q: give real or manual", i.clock)
	}
	if i.speed <= 0 || math.IsInf(i.speed, 0) || math.IsNaN(i.speed) {
		return usage("--speed %v: give a number above 0", i.speed)
	}
	return nil
}

// start runs a sandbox, and fills a project of it with the seed data.
func (i *imitation) start(project string, logger *slog.Logger) (*sandbox.Sandbox, error) {
	box := sandbox.New(sandbox.Options{Seed: i.seed, Manual: i.clock == "manual", Speed: i.speed, Project: project, StrictProjects: i.strict, Reachable: i.reachable, Logger: logger})
	if err := i.fill(box); err != nil {
		box.Close()
		return nil, usage("--seed-data %s: %v", i.seedData, err)
	}
	return box, nil
}

func (i *imitation) fill(box *sandbox.Sandbox) error {
	switch i.seedData {
	case "":
		return nil
	case "shop":
		return box.Seed(i.seedData)
	}
	file, err := os.Open(i.seedData)
	if err != nil {
		return fmt.Errorf("%w; give shop, or the path of a dump or a script", err)
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
		Short: "Run the imitation of the API as an HTTP server of its own",
		Long: `Run the imitation of the Provisioning API as an HTTP server of its own, token
endpoint included. Its URL is the one line on standard output; point
PAPI_BASE_URL at it, and PAPI_TOKEN_URL at its /oauth2/token. Any key works.
--seed-data fills the first project of SINCH_PROJECT_ID, else the all-zero one.
It stops at an interrupt, and forgets everything: GET /_sandbox/dump writes its
state as JSON, which --seed-data reads again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.imitation.check(); err != nil {
				return err
			}
			if unfilled := unfilledVariables(true); len(unfilled) > 0 {
				return usage("%s", unfilledText(unfilled))
			}
			listener, err := net.Listen("tcp", addr)
			if err != nil {
				return usage("--addr: %v", err)
			}
			host, port, err := net.SplitHostPort(listener.Addr().String())
			if err != nil {
				return &exitError{exitFailed, err.Error()}
			}
			if ip := net.ParseIP(host); !ip.IsLoopback() {
				c.imitation.reachable = true
				fmt.Fprintln(s.err, "Others can reach this address, so no webhook is delivered: listen on 127.0.0.1 for that.")
				if ip.IsUnspecified() {
					host = "127.0.0.1"
				}
			}
			project := cmp.Or(firstProject(), sandbox.DefaultProject)
			box, err := c.imitation.start(project, c.logger(s))
			if err != nil {
				_ = listener.Close() // nobody has come
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
	f.StringVar(&addr, "addr", "127.0.0.1:8089", "address to listen on; port 0 takes a free one")
	f.StringVar(&c.imitation.clock, "clock", "real", "real, or manual: time moves only by POST /_sandbox/clock")
	c.imitation.flags(f, false)
	f.BoolVar(&c.verbose, "verbose", false, "log more to standard error")
	return cmd
}

// lateSandbox is a sandbox that begins with its first request, so that a
// start-up does not wait for it.
type lateSandbox struct {
	start func() (*sandbox.Sandbox, error)
	once  sync.Once
	box   *sandbox.Sandbox
	err   error
}

func (l *lateSandbox) begin() {
	l.once.Do(func() { l.box, l.err = l.start() })
}

// RoundTrip implements http.RoundTripper.
func (l *lateSandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	l.begin()
	if l.err != nil {
		return nil, l.err
	}
	return l.box.Transport().RoundTrip(r)
}

// close ends the sandbox; one that has not begun never will.
func (l *lateSandbox) close() {
	l.once.Do(func() { l.err = net.ErrClosed })
	if l.box != nil {
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
		_ = server.Shutdown(stop) // what is not ended by then ends with the process
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return &exitError{exitFailed, err.Error()}
	}
	return nil
}
