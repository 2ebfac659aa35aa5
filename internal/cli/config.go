package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
	"papi-mcp/internal/telemetry"
	"papi-mcp/internal/tenant"
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
	observe   papi.Observer
	trace     bool
	audit     string
	file      string
	logFormat string
	// unfilled are the settings that still hold a placeholder. A command that is
	// tolerant starts all the same: each call then says so.
	unfilled []string
	tolerant bool
	// tenants looks up the credentials of a name; nil knows none.
	tenants func(name string) (tenant.Tenant, bool)
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
	c.imitation.flags(f, usual.strict)
	f.StringVar(&c.confirm, "confirm", string(guard.Auto), "who confirms: auto (ask the person, else by token), human (only ask), off (nobody: scripts)")
	f.StringVar(&c.audit, "audit", "", "leave a line before and after each write, and one for each refusal: in this file, or with store in the --store")
	f.StringVar(&c.logFormat, "log-format", "text", "how lines are logged to standard error: text or json")
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
	pool     *tenant.Pool
	tools    *tools.Set   // of the server's own tenant
	client   *papi.Client // its client
	project  string       // the default project, or ""
	unfilled []string     // settings that still hold a placeholder
	tracers  trace.TracerProvider
	close    func()
}

// lastTraces is how long the last traces may take at the end.
const lastTraces = 3 * time.Second

// newApp puts together the store, the client, the guard and the tools.
func (c *config) newApp(ctx context.Context, s *streams) (*app, error) {
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
	if c.logFormat != "" && c.logFormat != "text" && c.logFormat != "json" {
		return nil, usage("--log-format %q: give text or json", c.logFormat)
	}
	logger := c.logger(s)
	unfilled := append(slices.Clone(c.unfilled), unfilledVariables(c.sandbox)...)
	if len(unfilled) > 0 && !c.tolerant {
		return nil, usage("%s; put the value in its place", unfilledText(unfilled))
	}
	for _, text := range misspelt(os.Environ()) {
		logger.Warn(text)
	}
	projects := ownProjects()
	a := &app{unfilled: unfilled, close: func() { _ = kept.Close() }} // nothing waits to be written
	api, own := apiConfig()
	api.Logger = logger
	a.project = firstProject()
	about := ""
	switch {
	case c.sandbox:
		a.project = cmp.Or(a.project, sandbox.DefaultProject)
		box, err := c.startSandbox(a.project, logger)
		if err != nil {
			return nil, err
		}
		a.close = func() { box.close(); _ = kept.Close() }
		api = papi.Config{
			BaseURL: "http://sandbox.localhost", TokenURL: "http://sandbox.localhost/oauth2/token", Logger: logger, Transport: box,
		}
		own = tenant.Tenant{KeyID: "sandbox", KeySecret: "sandbox"}
		about = "the built-in sandbox: nothing here is real, and one-time codes stand in the server's log"
	case c.imitation != usual:
		return nil, usage("--seed-data, --speed, --seed and --strict-projects are of the sandbox: give --sandbox too")
	}
	if c.trace {
		tracers, stop, err := telemetry.Start(context.Background(), release, logger)
		if err != nil {
			return nil, usage("--trace: %v", err)
		}
		a.tracers, api.Tracers = tracers, tracers
		end := a.close
		a.close = func() {
			end()
			ctx, cancel := context.WithTimeout(context.Background(), lastTraces)
			defer cancel()
			_ = stop(ctx) // what can't be sent in time is lost, and logged
		}
	}
	api.Observer = c.observe
	api.UserAgent = "papi-mcp/" + release
	log, err := c.auditLog(ctx, kept)
	if err != nil {
		return nil, err
	}
	own.Projects, own.Default = projects, a.project
	a.pool, err = tenant.New(tenant.Options{
		Rows: rows, API: api, Own: own, Lookup: c.tenants,
		Guard: guard.Options{
			Mode: mode, ReadOnly: c.readOnly, Realm: cmp.Or(api.BaseURL, papi.DefaultBaseURL),
			LocalTargets: c.sandbox || loopback.IsURL(api.BaseURL),
			Store:        kept, Logger: logger,
		},
		Tools: tools.Options{About: about, Audit: log, Unfilled: unfilled},
	})
	if err != nil {
		return nil, usage("%v", err)
	}
	end := a.close
	a.close = func() { a.pool.Close(); end() }
	if a.client, err = a.pool.Client(); err != nil {
		return nil, usage("%v", err)
	}
	if a.tools, err = a.pool.Tools(auth.Identity{}); err != nil {
		return nil, usage("%v", err)
	}
	return a, nil
}

// ownProjects are those that the environment names, the default first.
func ownProjects() []string { return trim(strings.Split(os.Getenv(projectVariable), ",")) }

// firstProject is the default project, or "".
func firstProject() string {
	if projects := ownProjects(); len(projects) > 0 {
		return projects[0]
	}
	return ""
}

// auditLog is the log that --audit names, nil for none.
func (c *config) auditLog(ctx context.Context, kept store.Store) (*audit.Log, error) {
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
	if err := log.Ready(ctx); err != nil {
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

// apiConfig is what the environment says of the API, and of the credentials
// for it. A placeholder counts as unset.
func apiConfig() (papi.Config, tenant.Tenant) {
	value := func(variable string) string {
		text := os.Getenv(variable)
		if papi.Unfilled(text) {
			return ""
		}
		return text
	}
	return papi.Config{
			BaseURL:  value(papi.BaseURLVariable),
			TokenURL: value(papi.TokenURLVariable),
			Auth:     value(authVariable),
		}, tenant.Tenant{
			KeyID:       value(keyIDVariable),
			KeySecret:   value(keySecretVariable),
			AccessToken: value(accessTokenVariable),
		}
}

func (c *config) logger(s *streams) *slog.Logger {
	level := slog.LevelInfo
	if c.verbose {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: telemetry.PrintableAttr}
	if c.logFormat == "json" {
		return slog.New(telemetry.LogHandler(slog.NewJSONHandler(s.err, options)))
	}
	return slog.New(telemetry.LogHandler(slog.NewTextHandler(s.err, options)))
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

// storeHelp is what --help tells of --store; what the default is else is added.
const storeHelp = "where confirmations and registers are kept: memory, or the path of a file (default: a file in the user's state folder"

// keepState chooses the store where --store names none: what one process of the
// user was told, the next one knows. A sandbox of its own begins with nothing,
// and so does what is remembered of it.
func (c *config) keepState(s *streams) {
	if c.store != "" {
		return
	}
	c.store = memory
	if c.sandbox {
		return
	}
	path, err := stateFile()
	if err != nil {
		c.logger(s).Warn("confirmations and registers are kept in memory alone, and lost at the end of this process; give --store the path of a file", "reason", err)
		return
	}
	c.store = path
}

// stateFile is where a command keeps what the next one must know: under
// XDG_STATE_HOME, or the folder that the system has for that. It fails where
// there is no folder that can be written.
func stateFile() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) { // its specification says to ignore any other
		dir = ""
	}
	if dir == "" && runtime.GOOS == "windows" {
		dir = os.Getenv("LocalAppData")
	}
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("there is no folder for them: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("there is no folder for them: %s is not an absolute path", dir)
	}
	path := filepath.Join(dir, "papi-mcp", "state.db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	return path, file.Close()
}
