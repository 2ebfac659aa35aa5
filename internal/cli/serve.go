package cli

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/reload"
	"papi-mcp/internal/server"
	"papi-mcp/internal/settings"
	"papi-mcp/internal/tenant"
	"papi-mcp/prompts"
	"papi-mcp/tools"
)

//go:embed instructions.md
var instructions string

// What the instructions say where all tools are listed, and what they say instead where
// the others are called through a few.
const (
	listedTools  = "Tool names begin with the family: whatsapp_, rcs_, kakaotalk_, sms_, conversation_, bundle_, webhook_."
	dynamicTools = "Find tools with tool_find. Call one through the tool in via (tool_call_read, tool_call_write): {tool, arguments}."
)

// What the instructions say of the API, and what they say instead of the sandbox. The
// project is its default.
const (
	realAPI     = "This server provisions messaging channels through the Sinch Provisioning API."
	realProject = "Ask the person which project to work in, and call project_confirm with its id before the first write."
	realCode    = "To verify a sender, register, ask the person for the code, then verify. Never guess a code."

	sandboxAPI     = "This is the built-in sandbox of the Sinch Provisioning API: nothing here is real."
	sandboxProject = "Call project_confirm with %s before the first write."
	sandboxCode    = "To verify a sender, register, then verify with the answer's sandbox.code. Never guess a code."
	sandboxClock   = " " + tools.SandboxAdvance + " moves the clock."
)

// spoken is what the instructions speak of.
type spoken struct {
	dynamic bool
	project string // the sandbox's default; "" for the API itself
	advance bool   // the sandbox's clock can be moved
}

// instructionsFor returns what every agent reads first.
func instructionsFor(o spoken) string {
	var replacements []string
	if o.dynamic {
		replacements = append(replacements, listedTools, dynamicTools)
	}
	if o.project != "" {
		code := sandboxCode
		if o.advance {
			code += sandboxClock
		}
		replacements = append(replacements, realAPI, sandboxAPI, realProject, fmt.Sprintf(sandboxProject, o.project), realCode, code)
	}
	return strings.NewReplacer(replacements...).Replace(instructions)
}

// manyTools is how many tools may be offered without a warning.
const manyTools = 80

// inspector is the name of the client that prints a server's standard error as its own:
// with tools/list --strict that has the problems of the schemas, and is empty where there
// are none. It shows no model a list.
const inspector = "inspector-cli"

func warnOfManyTools(s *streams, n int) {
	if n > manyTools {
		fmt.Fprintf(s.err, "papi-mcp: %d tools are offered, and some clients show a model only the first 40 or 80 of them: --toolsets offers fewer, --dynamic a few tools that find the others.\n", n)
	}
}

func newServe(s *streams, c *config) *cobra.Command {
	var overHTTP httpFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve MCP on standard input and output (the default), or over HTTP",
		Long: `Serve MCP on standard input and output, for a client that starts this program.
Standard output has only MCP messages; logs are written to standard error. When
the input is closed, running calls finish and are answered first. On a terminal it
waits for messages that no one types: papi-mcp init writes the configuration of a
client, which then starts it. Ctrl-C stops it.

With --http ADDR it serves many clients instead: Streamable HTTP at /mcp, the
older HTTP+SSE at /sse, and /healthz, /readyz and /metrics. Standard output then
has one line, the URL. SIGHUP makes it read again the files of --config, of TLS and
of credentials; without --http it stops the server, as SIGTERM does.
` + environmentHelp,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.allowPlaceholders = true
			hangupsIgnored := signal.Ignored(syscall.SIGHUP) // by nohup
			hangups := make(chan os.Signal, 1)
			signal.Notify(hangups, syscall.SIGHUP)
			defer signal.Stop(hangups)
			direct, s := s, &streams{s.in, s.out, s.err}
			if overHTTP.addr == "" {
				log := newAsyncWriter(s.err)
				defer log.close()
				s.err = log
			}
			p, err := c.prepare(cmd.Context(), s, &overHTTP, cmd.Flags())
			if err != nil {
				return err
			}
			defer p.app.close()
			if len(p.app.placeholders) > 0 {
				fmt.Fprintf(s.err, "papi-mcp: %s. Each call is refused until the server is started with the values.\n", placeholderMessage(p.app.placeholders))
			}
			if overHTTP.addr != "" {
				warnOfManyTools(direct, p.app.tools.Count())
				return overHTTP.serve(cmd.Context(), direct, c, p, hangups)
			}
			if isTerminal(s.in) {
				fmt.Fprintln(s.err, "papi-mcp: waiting for an MCP client (papi-mcp init adds one). Ctrl-C stops it.")
			}
			ctx := cmd.Context()
			if !hangupsIgnored { // the terminal of the client is gone
				var stop func()
				ctx, stop = endedBySignal(ctx, syscall.SIGHUP)
				defer stop()
			}
			return failed(c.serveStdio(ctx, s, p))
		},
	}
	c.addServeFlags(cmd, &overHTTP)
	return cmd
}

// addServeFlags adds the flags of serve.
func (c *config) addServeFlags(cmd *cobra.Command, h *httpFlags) {
	f := cmd.Flags()
	c.addConnectionFlags(cmd)
	c.addSelectionFlags(cmd)
	h.add(f)
	f.StringVar(&c.file, "config", "", "YAML file with flags of serve and, for --http, keys, scopes and tenants (see papi-mcp config); env:NAME reads it from an environment variable")
	c.addResultFlags(cmd, server.ResultBoth, "what a result holds: text (content alone), structured (structuredContent alone, content is empty: a client that reads only content shows nothing) or both")
	f.StringSliceVar(&c.planSecrets, "plan-secrets", nil, "names of secrets that documents of project_plan may refer to: HOOK_SECRET allows ${env:PAPI_VAR_HOOK_SECRET}, whose value the server's environment has")
	f.BoolVar(&c.trace, "trace", false, "send OpenTelemetry traces by OTLP over HTTP, as OTEL_EXPORTER_OTLP_ENDPOINT and related variables say")
	c.addStoreFlags(f, storeHelp+"; memory with --sandbox and with --http)")
}

// prepared holds the parts of serve.
type prepared struct {
	app     *app
	metrics *server.Metrics        // nil on stdio
	grants  *reload.Value[*grants] // nil on stdio
	// reloadable are read again on a hangup over HTTP.
	reloadable []reload.Reader
}

// check reads the configuration file, applies its flags, and returns all that is
// wrong with the configuration. It changes nothing on disk, and sends nothing.
func (c *config) check(h *httpFlags, flags *pflag.FlagSet) (*settings.File, *settings.Reader, []fault, error) {
	reader := settings.NewReader(flags)
	file, found, err := readSettings(c.file, reader, flags)
	if err != nil {
		return nil, nil, nil, err
	}
	if h.addr != "" {
		c.store, c.alone = cmp.Or(c.store, memory), true
	}
	return file, reader, append(found, c.faults(h, file, flags)...), nil
}

// prepare reads and checks the configuration, and creates the server's parts. It does
// not listen yet.
func (c *config) prepare(ctx context.Context, s *streams, h *httpFlags, flags *pflag.FlagSet) (*prepared, error) {
	file, reader, found, err := c.check(h, flags)
	if err == nil {
		err = refuse(found)
	}
	if err != nil {
		return nil, err
	}
	for _, warning := range file.Warnings {
		c.logger(s).Warn(warning, "config", c.file)
	}
	p := &prepared{}
	if h.addr != "" {
		if h.auth.mode == authNone && !flags.Changed("rate") {
			h.limits.Rate = 0
		}
		if p.grants, err = h.watchGrants(c.file, file, reader, c.logger(s)); err != nil {
			return nil, usage("--config %s: %v", c.file, err)
		}
		p.reloadable = []reload.Reader{p.grants}
		if !c.sandbox {
			account, err := watchAccount(c.logger(s))
			if err != nil {
				return nil, usage("%v", err)
			}
			c.account = func() tenant.Tenant { return *account.Current() }
			p.reloadable = append(p.reloadable, account)
		}
		if h.auth.mode == authToken {
			c.keys = func() []auth.Key { return p.grants.Current().keys }
		}
		p.metrics = server.NewMetrics()
		b := thisBuild()
		p.metrics.SetBuild(b.Version, cmp.Or(b.Commit, "unknown"), b.Go)
		c.observe, c.occurred = p.metrics, p.metrics.EventOccurred
		c.publicURL, c.maxEventAge = h.publicURL, h.maxEventAge
		c.tenants = func(name string) (tenant.Tenant, bool) {
			t, ok := p.grants.Current().tenants[name]
			return t, ok
		}
	}
	c.setDefaultStore(s)
	p.app, err = c.newApp(ctx, s)
	return p, err
}

// spoken returns what the instructions speak of.
func (c *config) spoken(a *app) spoken {
	o := spoken{dynamic: c.dynamic}
	if c.sandbox {
		o.project, o.advance = papi.Printable(a.project), a.tools.Offers(tools.SandboxAdvance)
	}
	return o
}

// newServer returns a server. introduced is called with the name of the first client on
// stdio; it may be nil.
func newServer(c *config, s *streams, a *app, m *server.Metrics, introduced func(client string)) *server.Server {
	return server.New(server.Options{
		Name: "papi-mcp", Title: "Sinch Provisioning API", Version: release,
		Instructions: instructionsFor(c.spoken(a)), Toolbox: a.tools,
		Prompts: func() []*prompts.Prompt { return prompts.Offered(prompts.All(), a.tools.Offers) },
		Logger:  c.logger(s), Tracers: a.tracers, Metrics: m, Results: server.ResultForm(c.results), Events: a.events,
		Introduced: func(client string) {
			if introduced != nil {
				introduced(client)
			}
			if client != inspector && !(client == "" && isTerminal(s.in)) { // there is no model at a terminal
				warnOfManyTools(s, a.tools.Count())
			}
		},
	})
}
