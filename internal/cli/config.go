package cli

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
	"papi-mcp/internal/telemetry"
	"papi-mcp/tools"
)

// config is what the flags and the environment say.
type config struct {
	sandbox    bool
	imitation  imitation
	toolsets   []string
	tools      []string
	readOnly   bool
	deprecated bool
	confirm    string
	store      string
	verbose    bool
	// observe hears of the exchanges with the API; nil for nobody.
	observe papi.Observer
	trace   bool
	audit   string
}

// selection adds the flags that say which tools there are.
func (c *config) selection(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&c.toolsets, "toolsets", nil, "toolsets to offer, or all ("+strings.Join(catalog.Toolsets(), ", ")+")")
	f.StringSliceVar(&c.tools, "tools", nil, "tools to offer beside --toolsets; alone: only those")
	f.BoolVar(&c.readOnly, "read-only", false, "offer only what changes nothing")
	f.BoolVar(&c.deprecated, "deprecated", false, "let the deprecated operations be offered too")
}

// connection adds the flags that say where calls go and who confirms them.
func (c *config) connection(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&c.sandbox, "sandbox", false, "use a built-in imitation of the API: no account needed")
	c.imitation.flags(f)
	f.StringVar(&c.confirm, "confirm", string(guard.Auto), "who confirms: auto (ask the person, else by token), human (only ask), off (nobody: scripts)")
	f.StringVar(&c.audit, "audit", "", "leave a line for each write and each refusal: in this file, or with store in the --store")
	f.BoolVar(&c.verbose, "verbose", false, "log each exchange with the API to standard error")
}

func (c *config) filter() catalog.Filter {
	return catalog.Filter{Toolsets: trim(c.toolsets), Tools: trim(c.tools), ReadOnly: c.readOnly, Deprecated: c.deprecated}
}

func trim(names []string) []string {
	var kept []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			kept = append(kept, name)
		}
	}
	return kept
}

// app is what a command runs on.
type app struct {
	tools   *tools.Set
	client  *papi.Client
	project string // the default project, or ""
	tracers trace.TracerProvider
	close   func()
}

// lastTraces is how long the last traces may take at the end.
const lastTraces = 3 * time.Second

// newApp puts together the store, the client, the guard and the tools.
func (c *config) newApp(s *streams) (*app, error) {
	kept, err := openStore(c.store)
	if err != nil {
		return nil, err
	}
	rows, err := catalog.Select(c.filter())
	if err != nil {
		return nil, usage("%v", err)
	}
	mode := guard.Mode(c.confirm)
	if mode != guard.Auto && mode != guard.Human && mode != guard.Off {
		return nil, usage("--confirm %q: give auto, human or off", c.confirm)
	}
	logger := c.logger(s)
	projects := trim(strings.Split(os.Getenv("SINCH_PROJECT_ID"), ","))
	a := &app{close: func() { _ = kept.Close() }} // nothing waits to be written
	settings := apiConfig()
	settings.Logger = logger
	if len(projects) > 0 {
		a.project = projects[0]
	}
	about := ""
	switch {
	case c.sandbox:
		a.project = cmp.Or(a.project, sandbox.DefaultProject)
		box, err := c.startSandbox(a.project, logger)
		if err != nil {
			return nil, err
		}
		a.close = func() { box.close(); _ = kept.Close() }
		settings = papi.Config{
			BaseURL: "http://sandbox.localhost", TokenURL: "http://sandbox.localhost/oauth2/token",
			KeyID: "sandbox", KeySecret: "sandbox", Logger: logger,
			Transport: box,
		}
		about = "the built-in sandbox: nothing here is real, and one-time codes stand in the server's log"
	case c.imitation != usual:
		return nil, usage("--seed-data, --speed and --seed are of the sandbox: give --sandbox too")
	}
	if c.trace {
		tracers, stop, err := telemetry.Start(context.Background(), release, logger)
		if err != nil {
			return nil, usage("--trace: %v", err)
		}
		a.tracers, settings.Tracers = tracers, tracers
		end := a.close
		a.close = func() {
			end()
			ctx, cancel := context.WithTimeout(context.Background(), lastTraces)
			defer cancel()
			_ = stop(ctx) // what can't be sent in time is lost, and logged
		}
	}
	settings.Observer = c.observe
	settings.UserAgent = "papi-mcp/" + release
	if a.client, err = papi.New(settings); err != nil {
		return nil, usage("%v", err)
	}
	g := guard.New(guard.Options{
		Projects: projects, Default: a.project, Mode: mode, ReadOnly: c.readOnly, Realm: cmp.Or(settings.BaseURL, papi.DefaultBaseURL),
		LocalTargets: c.sandbox || isLoopbackURL(settings.BaseURL),
		Store:        kept, Reader: catalog.Reader{API: a.client}, Logger: logger,
	})
	log, err := c.auditLog(kept)
	if err != nil {
		return nil, err
	}
	a.tools = tools.New(tools.Options{Rows: rows, Guard: g, API: a.client, About: about, Audit: log})
	return a, nil
}

// isLoopbackURL tells whether a URL is on this machine.
func isLoopbackURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// auditLog is the log that --audit names, nil for none.
func (c *config) auditLog(kept store.Store) (*audit.Log, error) {
	var log *audit.Log
	switch {
	case c.audit == "":
		return nil, nil
	case c.audit == inStore && c.store == memory:
		return nil, usage("--audit store needs a --store that lasts: give the path of a file")
	case c.audit == inStore:
		log = audit.InStore(kept)
	default:
		log = audit.File(c.audit)
	}
	if err := log.Ready(); err != nil {
		return nil, usage("--audit: %v", err)
	}
	return log, nil
}

// inStore is what --audit says for the log in the store.
const inStore = "store"

// startSandbox returns a sandbox in this process, which begins with its first
// request; seed data is read at once, so that it is told what is wrong with it.
func (c *config) startSandbox(project string, logger *slog.Logger) (*lateSandbox, error) {
	if err := c.imitation.check(); err != nil {
		return nil, err
	}
	box := &lateSandbox{start: func() (*sandbox.Sandbox, error) { return c.imitation.start(project, logger) }}
	if c.imitation.seedData != "" {
		box.begin()
	}
	return box, box.err
}

// apiConfig is what the environment says of the API.
func apiConfig() papi.Config {
	return papi.Config{
		BaseURL:     os.Getenv("PAPI_BASE_URL"),
		TokenURL:    os.Getenv("PAPI_TOKEN_URL"),
		Auth:        os.Getenv("PAPI_AUTH"),
		KeyID:       os.Getenv("SINCH_KEY_ID"),
		KeySecret:   os.Getenv("SINCH_KEY_SECRET"),
		AccessToken: os.Getenv("SINCH_ACCESS_TOKEN"),
	}
}

func (c *config) logger(s *streams) *slog.Logger {
	level := slog.LevelInfo
	if c.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
}

// memory is the store that ends with the process.
const memory = "memory"

// openStore opens what --store names: memory, or the path of a file.
func openStore(name string) (store.Store, error) {
	switch {
	case name == memory:
		return store.NewMemory(), nil
	case name == "", strings.Contains(name, "://"):
		return nil, usage("--store %q: give memory, or the path of a file", name)
	}
	return store.NewFile(name), nil
}

// stateFile is where a command keeps what the next one must know: under
// XDG_STATE_HOME, or the folder that the system has for that.
func stateFile() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" && runtime.GOOS == "windows" {
		dir = os.Getenv("LocalAppData")
	}
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", usage("no folder for the state (%v): give --store", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "papi-mcp", "state.db"), nil
}
