package cli

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/events"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/server"
	"papi-mcp/internal/store"
	"papi-mcp/internal/telemetry"
	"papi-mcp/internal/tenant"
	"papi-mcp/internal/wait"
	"papi-mcp/tools"
)

// config holds the flags of a command.
type config struct {
	sandbox      bool
	sandboxFlags sandboxFlags
	sandboxName  string
	named        *namedSandbox // that of sandboxName, once it is open
	shareNamed   bool          // others may use it between two requests
	toolsets     []string
	tools        []string
	readOnly     bool
	deprecated   bool
	dynamic      bool
	confirm      string
	store        string
	storeKey     string // where the keys of its secrets are
	// alone is set for a server over HTTP: no other process uses the file of the store, and
	// it has to be there at the start.
	alone   bool
	replica string
	verbose bool
	// keepToken keeps the access token for later processes.
	keepToken bool
	// observe counts the exchanges with the API; may be nil.
	observe papi.Observer
	// occurred counts the events that occur for clients; may be nil.
	occurred  func(name string)
	trace     bool
	audit     string
	file      string
	logFormat string
	// results is the form in which results are sent or printed.
	results string
	// planSecrets are the names of secrets that documents in calls may refer to.
	planSecrets []string
	// maxTokens is about how many tokens of a list a call with all reads.
	maxTokens int
	// placeholders are the settings that were not filled in. With
	// allowPlaceholders a command starts all the same, and each call reports them.
	placeholders      []string
	allowPlaceholders bool
	// noState is why there is nothing to keep state in; nil where there is.
	noState error
	// tenants looks up the credentials of a tenant; nil for none.
	tenants func(name string) (tenant.Tenant, bool)
	// keys returns the callers with API keys; nil where there are none.
	keys func() []auth.Key
	// publicURL is where the API reaches this server; "" for one that receives no events.
	// maxEventAge is how old these may be.
	publicURL   string
	maxEventAge time.Duration
	// account returns those of the environment, which change where they are in files;
	// nil: they are read once.
	account func() tenant.Tenant
}

// addSelectionFlags adds the flags that select the tools.
func (c *config) addSelectionFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&c.toolsets, "toolsets", nil, "toolsets to offer, or all ("+strings.Join(catalog.Toolsets(), ", ")+")")
	f.StringSliceVar(&c.tools, "tools", nil, "tools to offer in addition to --toolsets; without --toolsets, only these")
	f.BoolVar(&c.readOnly, "read-only", false, "offer only tools that change nothing")
	f.BoolVar(&c.dynamic, "dynamic", false, "list only a few tools, through which the others are found and called: for clients that limit the number of tools, or the tokens of their list")
	f.BoolVar(&c.deprecated, "deprecated", false, "also offer the deprecated operations")
}

// addConnectionFlags adds the flags of how calls are sent and confirmed.
func (c *config) addConnectionFlags(cmd *cobra.Command) {
	c.addAPIFlags(cmd)
	c.addConfirmFlags(cmd)
}

// addConfirmFlags adds the flags of how calls are confirmed and recorded.
func (c *config) addConfirmFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	choice(f, &c.confirm, "confirm", string(guard.Auto), "how calls are confirmed: auto (ask the person, or by token if the client can't ask), human (only ask), off (not at all: for scripts)", string(guard.Auto), string(guard.Human), string(guard.Off))
	f.StringVar(&c.audit, "audit", "", "file for the audit log, with a line before and after each write and one for each refusal; store: log to the --store")
	f.StringVar(&c.replica, "replica", "", "name of this server among those that share a store, in the lines of its audit log; with --audit store it has a chain of its own (default: with PostgreSQL the host name)")
}

// addAPIFlags adds the flags of how calls are sent.
func (c *config) addAPIFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&c.sandbox, "sandbox", false, "use the built-in sandbox instead of the API: no account needed")
	c.sandboxFlags.flags(f, defaultSandbox.strict)
	choice(f, &c.logFormat, "log-format", "text", "format of the log on standard error: text or json", "text", "json")
	f.BoolVar(&c.verbose, "verbose", false, "log each exchange with the API to standard error")
}

// addResultFlags adds the flags of what results hold, with a default form.
func (c *config) addResultFlags(cmd *cobra.Command, form server.ResultForm, help string) {
	f := cmd.Flags()
	c.addResultForm(cmd, form, help)
	f.IntVar(&c.maxTokens, "max-result-tokens", tools.DefaultMaxTokens, "with all: true, stop reading a list at about this many tokens, at the end of a page")
}

// addResultForm adds --results, with a default form.
func (c *config) addResultForm(cmd *cobra.Command, form server.ResultForm, help string) {
	choice(cmd.Flags(), &c.results, "results", string(form), help, string(server.ResultText), string(server.ResultStructured), string(server.ResultBoth))
}

// checkResultFlags checks the flags that addResultFlags adds.
func (c *config) checkResultFlags() error { return refuse(c.resultFaults()) }

func (c *config) filter() catalog.Filter {
	return catalog.Filter{Toolsets: nonBlank(c.toolsets), Tools: nonBlank(c.tools), ReadOnly: c.readOnly, Deprecated: c.deprecated}
}

func nonBlank(names []string) []string {
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
	pool         *tenant.Pool
	tools        *tools.Set           // of the server's own tenant
	project      string               // the default project, or ""
	placeholders []string             // settings that were not filled in
	account      func() tenant.Tenant // the server's own
	tracers      trace.TracerProvider
	waits        *wait.Limit
	events       *mcpevents.Service
	store        store.Store
	// registrations and inboxes are nil where no events are received.
	registrations *events.Registrations
	inboxes       *events.Inboxes
	close         func()
}

// traceTimeout is how long sending the last traces may take at the end.
const traceTimeout = 3 * time.Second

// newApp creates the store, the client, the guard and the tools.
func (c *config) newApp(ctx context.Context, s *streams) (*app, error) {
	opened, closeStore, err := c.openStore(ctx, c.logger(s))
	if err != nil {
		return nil, err
	}
	a, err := c.newAppOn(ctx, s, opened)
	if err != nil {
		closeStore()
		return nil, err
	}
	end := a.close
	a.close = func() { end(); closeStore() }
	return a, nil
}

// newAppOn creates the client, the guard and the tools on a store.
func (c *config) newAppOn(ctx context.Context, s *streams, opened store.Store) (*app, error) {
	if c.noState != nil {
		opened = noState{opened, c.noState}
	}
	if err := refuse(c.selectionFaults()); err != nil {
		return nil, err
	}
	rows, err := catalog.Select(c.filter())
	if err != nil {
		return nil, usage("%v", err)
	}
	logger := c.logger(s)
	if err := refuse(accountFaults(c.sandbox)); err != nil {
		return nil, err
	}
	placeholders := append(slices.Clone(c.placeholders), placeholderVariables(c.sandbox)...)
	if len(placeholders) > 0 && !c.allowPlaceholders {
		return nil, usage("%s; replace it by the value", placeholderMessage(placeholders))
	}
	for _, text := range misspelledVariables(os.Environ()) {
		logger.Warn(text)
	}
	a := &app{placeholders: placeholders, close: func() {}, waits: new(wait.Limit), store: opened}
	if c.publicURL != "" {
		a.registrations, a.inboxes = events.NewRegistrations(opened, c.publicURL, c.maxEventAge), events.NewInboxes(opened, c.maxEventAge)
	}
	api, own := apiConfig(), ownAccount()
	api.Logger = logger
	a.project = own.Default
	guarded := guard.Options{
		Mode: guard.Mode(c.confirm), ReadOnly: c.readOnly, Store: opened, Logger: logger,
	}
	planned, err := catalog.Select(catalog.Filter{}) // whatever is listed
	if err != nil {
		return nil, usage("%v", err)
	}
	offered := tools.Options{
		Store: opened, PlanRows: planned, PlanSecrets: c.planSecrets,
		Own: c.filter().Own(), Dynamic: c.dynamic, ReadOnly: c.readOnly, Unfilled: placeholders, MaxResultTokens: c.maxTokens,
		Poller: new(wait.Poller), Waits: a.waits,
	}
	if a.inboxes != nil {
		offered.Events = &tools.Events{Registrations: a.registrations, Feeds: events.NewFeeds(a.inboxes)}
	}
	switch {
	case c.sandbox:
		a.project = cmp.Or(a.project, sandbox.DefaultProject)
		box, err := c.startSandbox(a.project, logger)
		if err != nil {
			return nil, err
		}
		a.close = box.close
		api = papi.Config{
			BaseURL: "http://sandbox.localhost", TokenURL: "http://sandbox.localhost/oauth2/token", Logger: logger, Transport: box,
		}
		own = tenant.Tenant{Projects: own.Projects, Default: a.project, KeyID: "sandbox", KeySecret: "sandbox"}
		guarded.About, guarded.APINow, offered.Sandbox = aboutSandbox, box.Now, box
		offered.Speed = c.sandboxFlags.speed
		if c.sandboxFlags.manual() && c.store == memory {
			c.sandboxFlags.sameEachTime(box.box, &guarded)
		}
	case c.sandboxFlags != defaultSandbox:
		return nil, usage("--clock, --start, --speed, --seed, --seed-data and --strict-projects need --sandbox")
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
			ctx, cancel := context.WithTimeout(context.Background(), traceTimeout)
			defer cancel()
			_ = stop(ctx) // traces that can't be sent in time are lost, and that is logged
		}
	}
	api.Observer = c.observe
	api.UserAgent = "papi-mcp/" + release
	if c.keepToken && !c.sandbox {
		api.TokenFile = tokenFile(c.store)
	}
	log, err := c.auditLog(ctx, opened)
	if err != nil {
		return nil, err
	}
	guarded.Realm = cmp.Or(api.BaseURL, papi.DefaultBaseURL)
	guarded.LocalTargets = c.sandbox || loopback.IsURL(api.BaseURL)
	offered.Audit, offered.Realm = log, guarded.Realm
	a.account = func() tenant.Tenant { return own }
	if c.account != nil {
		a.account = c.account
	}
	a.pool, err = tenant.New(tenant.Options{
		Rows: rows, API: api, Own: a.account, Lookup: c.tenants,
		Guard: guarded, Tools: offered,
	})
	if err != nil {
		return nil, usage("%v", err)
	}
	end := a.close
	a.close = func() { a.pool.Close(); end() }
	if a.tools, err = a.pool.Tools(auth.Identity{}); err != nil {
		return nil, usage("%v", err)
	}
	a.events = c.newEvents(a, opened, logger)
	return a, nil
}

// auditLog returns the log that --audit names, nil for none.
func (c *config) auditLog(ctx context.Context, opened store.Store) (*audit.Log, error) {
	var log *audit.Log
	switch {
	case c.audit == "":
		return nil, nil
	case c.audit == inStore && c.store == memory:
		return nil, usage("--audit store needs a persistent --store: use the path of a file, or the URL of a PostgreSQL database")
	case c.audit == inStore:
		log = audit.InStore(opened)
	default:
		log = audit.File(c.audit)
	}
	name, err := c.replicaName()
	if err != nil {
		return nil, err
	}
	if name != "" {
		log = log.Of(name)
	}
	if c.audit == inStore && c.isLazy() {
		return log, nil
	}
	if err := log.Ready(ctx); err != nil {
		return nil, usage("--audit: %v", err)
	}
	return log, nil
}

// inStore is the value of --audit for a log in the store.
const inStore = "store"

// aboutSandbox says where calls go.
const aboutSandbox = "the built-in sandbox: nothing here is real"

// startSandbox returns a sandbox in this process, which starts at its first request.
// Seed data and the state of a named sandbox are read immediately, so that errors in
// them are reported, and a manual clock is there for others.
func (c *config) startSandbox(project string, logger *slog.Logger) (*lazySandbox, error) {
	if err := c.sandboxFlags.check(); err != nil {
		return nil, err
	}
	if c.named != nil && c.shareNamed {
		return c.named.share(c.sandboxFlags, project, logger)
	}
	box := &lazySandbox{named: c.named, start: func() (*sandbox.Sandbox, error) {
		if c.named != nil {
			return c.named.start(c.sandboxFlags, project, logger)
		}
		return c.sandboxFlags.start(project, logger)
	}}
	if c.named != nil || c.sandboxFlags.seedData != "" || c.sandboxFlags.manual() {
		box.ensureStarted()
	}
	return box, box.err
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
