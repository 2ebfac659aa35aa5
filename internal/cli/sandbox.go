package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// sandboxFlags are the flags of a sandbox.
type sandboxFlags struct {
	clock    string
	startsAt string // RFC 3339, "" for the default
	speed    float64
	seed     uint64
	seedData string
	strict   bool
	// reachable is set when other machines can call the sandbox.
	reachable bool
}

// defaultSandbox has the defaults of a sandbox in this process.
var defaultSandbox = sandboxFlags{clock: autoClock, speed: 1, seed: 1, strict: true}

// The values of --clock.
const (
	autoClock   = "auto"
	realClock   = "real"
	manualClock = "manual"
)

// flags adds the flags that every sandbox has.
func (i *sandboxFlags) flags(f *pflag.FlagSet, strict bool) {
	choice(f, &i.clock, "clock", defaultSandbox.clock, "sandbox: real, manual (its clock moves only by the tool sandbox_advance or the control API), or auto (manual with --start, else real)", autoClock, realClock, manualClock)
	f.StringVar(&i.startsAt, "start", defaultSandbox.startsAt, "sandbox: the time at which its clock starts, such as "+sandbox.ManualStart.Format(time.RFC3339)+" (default: now; with --clock manual that time). With the same start, seed and calls all times are the same")
	f.Float64Var(&i.speed, "speed", defaultSandbox.speed, "sandbox: how many seconds its clock moves each second")
	f.Uint64Var(&i.seed, "seed", defaultSandbox.seed, "sandbox: the same seed and calls produce the same ids, codes and states")
	f.StringVar(&i.seedData, "seed-data", defaultSandbox.seedData, "sandbox: its initial content: shop (an example project), or the path of a dump or a script")
	f.BoolVar(&i.strict, "strict-projects", strict, "sandbox: answer 401 for a project id that is not a UUID, such as {projectId}, as the API does")
}

// ofSandbox returns the flags of a sandbox in this process, apart from --sandbox.
func ofSandbox() *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(sandboxFlags).flags(flags, defaultSandbox.strict)
	return flags
}

// check validates the flags.
func (i *sandboxFlags) check() error { return refuse(i.faults()) }

// faults returns what is wrong with the flags.
func (i *sandboxFlags) faults() []fault {
	var found []fault
	switch {
	case i.speed <= 0 || math.IsInf(i.speed, 0) || math.IsNaN(i.speed):
		found = append(found, faultf("speed", "--speed %v: use a number greater than 0", i.speed))
	case i.manual() && i.speed != defaultSandbox.speed:
		found = append(found, faultf("speed", "--speed has no effect with a manual clock: add --clock real, or leave it out"))
	}
	if _, err := i.startTime(); err != nil {
		found = append(found, fault{"start", err.Error()})
	}
	return found
}

// manual reports whether the clock moves only by a call. A fixed start is for
// times that are the same each time, so real time does not pass unless that is asked for.
func (i *sandboxFlags) manual() bool {
	return i.clock == manualClock || i.clock == autoClock && i.startsAt != ""
}

// startTime is the time at which the clock starts; zero is the default.
func (i *sandboxFlags) startTime() (time.Time, error) {
	if i.startsAt == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, i.startsAt)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return time.Time{}, usage("--start %s: use a time of the years 2000 to 2099 as RFC 3339 has it, such as %s", papi.Quoted(i.startsAt, 40), sandbox.ManualStart.Format(time.RFC3339))
	}
	return t, nil
}

// start starts a sandbox, and fills the project with the seed data.
func (i *sandboxFlags) start(project string, logger *slog.Logger) (*sandbox.Sandbox, error) {
	start, err := i.startTime()
	if err != nil {
		return nil, err
	}
	box := sandbox.New(sandbox.Options{
		Seed: i.seed, Manual: i.manual(), Speed: i.speed, Start: start,
		Project: project, StrictProjects: i.strict, Reachable: i.reachable, Logger: logger,
	})
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
	raw, err := os.ReadFile(i.seedData)
	if err != nil {
		return fmt.Errorf("%w; use shop, or the path of a dump or a script%s", err, suggestion(i.seedData, "", []string{"shop"}))
	}
	if i.startsAt != "" && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return errors.New("a dump has a time of its own: leave out --start")
	}
	return box.Fill(bytes.NewReader(raw))
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
		Args: subcommands,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.sandboxFlags.check(); err != nil {
				return err
			}
			if err := refuse(accountFaults(true)); err != nil {
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
			project := cmp.Or(ownAccount().Default, sandbox.DefaultProject)
			box, err := c.sandboxFlags.start(project, c.logger(s))
			if err != nil {
				_ = listener.Close() // there are no connections
				return err
			}
			defer box.Close()
			url := "http://" + net.JoinHostPort(host, port)
			fmt.Fprintln(s.out, url)
			fmt.Fprintf(s.err, "To use it:\n  export PAPI_BASE_URL=%s PAPI_TOKEN_URL=%s/oauth2/token SINCH_KEY_ID=any SINCH_KEY_SECRET=any SINCH_PROJECT_ID=%s\n", url, url, project)
			return serveUntilDone(cmd.Context(), listener, box)
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:8089", "address to listen on; port 0 chooses a free one")
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
	// open opens a named sandbox for one request; nil where it stays open.
	open func(context.Context) (*namedSandbox, error)
	once sync.Once
	box  *sandbox.Sandbox
	err  error
}

func (l *lazySandbox) ensureStarted() {
	l.once.Do(func() { l.box, l.err = l.start() })
}

func (l *lazySandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.open != nil {
		named, err := l.open(r.Context())
		if err != nil {
			return nil, err
		}
		defer named.close()
		return named.box.Transport().RoundTrip(r)
	}
	l.ensureStarted()
	if l.err != nil {
		return nil, l.err
	}
	resp, err := l.box.Transport().RoundTrip(r)
	if l.named != nil {
		_ = l.named.save() // an error is reported when what was answered is printed
	}
	return resp, err
}

// Now implements tools.Clock. Where the sandbox can't be used, which its next request
// reports, it is the time here.
func (l *lazySandbox) Now() time.Time {
	if l.open != nil {
		named, err := l.open(context.Background())
		if err != nil {
			return time.Now()
		}
		defer named.close()
		return named.box.Now()
	}
	l.ensureStarted()
	if l.err != nil {
		return time.Now()
	}
	return l.box.Now()
}

// AdvanceBy implements tools.Clock.
func (l *lazySandbox) AdvanceBy(ctx context.Context, d time.Duration) (sandbox.Advanced, error) {
	return l.advance(func() (sandbox.Advanced, error) { return l.box.AdvanceBy(ctx, d) })
}

// AdvanceToChange implements tools.Clock.
func (l *lazySandbox) AdvanceToChange(ctx context.Context) (sandbox.Advanced, error) {
	return l.advance(func() (sandbox.Advanced, error) { return l.box.AdvanceToChange(ctx) })
}

// advance moves the clock of the sandbox, once it is started, and keeps the state.
func (l *lazySandbox) advance(move func() (sandbox.Advanced, error)) (sandbox.Advanced, error) {
	l.ensureStarted()
	if l.err != nil {
		return sandbox.Advanced{}, l.err
	}
	done, err := move()
	if l.named != nil {
		err = cmp.Or(l.named.save(), err)
	}
	return done, err
}

// sameEachTime gives a guard that keeps its state in memory the clock of a sandbox whose
// clock is manual, and tokens from its seed: a session is the same each time, in its
// times and tokens too.
func (i *sandboxFlags) sameEachTime(box *sandbox.Sandbox, g *guard.Options) {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], i.seed)
	g.Now, g.Store, g.Random = box.Now, store.NewMemoryAt(box.Now), &lockedReader{from: rand.NewChaCha8(seed)}
}

// lockedReader is a reader for many goroutines.
type lockedReader struct {
	mu   sync.Mutex
	from io.Reader
}

func (l *lockedReader) Read(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.from.Read(b)
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

// serveUntilDone serves until the context ends, and the requests that run then.
func serveUntilDone(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(stop) // requests that still run end with the process
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return failed(err)
	}
	<-stopped
	return nil
}
