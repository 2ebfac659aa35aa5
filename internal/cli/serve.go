package cli

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/reload"
	"papi-mcp/internal/server"
	"papi-mcp/internal/settings"
	"papi-mcp/internal/tenant"
	"papi-mcp/prompts"
)

//go:embed instructions.md
var instructions string

func newServe(s *streams, c *config) *cobra.Command {
	var overHTTP httpFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve MCP on standard input and output (the default), or over HTTP",
		Long: `Serve MCP on standard input and output, for a client that starts this program.
Standard output carries MCP alone; logs go to standard error. When the input
closes, running calls end and their answers go out first.

With --http ADDR it serves many clients instead: Streamable HTTP at /mcp, the
older HTTP+SSE at /sse, and /healthz, /readyz and /metrics. Standard output then
has one line, the URL.
` + environmentHelp,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.tolerant = true
			s := &streams{s.in, s.out, s.err}
			if overHTTP.addr == "" {
				log := newBacklog(s.err)
				defer log.close()
				s.err = log
			}
			p, err := c.prepare(cmd.Context(), s, &overHTTP, cmd.Flags())
			if err != nil {
				return err
			}
			defer p.app.close()
			if len(p.app.unfilled) > 0 {
				fmt.Fprintf(s.err, "papi-mcp: %s. Each call is refused until the server is started with the values.\n", unfilledText(p.app.unfilled))
			}
			if overHTTP.addr != "" {
				return overHTTP.serve(cmd.Context(), s, c, p)
			}
			err = newServer(c, s, p.app, nil).ServeStdio(cmd.Context(), s.in, s.out)
			if err != nil && cmd.Context().Err() == nil {
				return &exitError{exitFailed, err.Error()}
			}
			return nil // at the end of the input, or told to stop by a signal
		},
	}
	c.serving(cmd, &overHTTP)
	return cmd
}

// serving adds the flags of serve.
func (c *config) serving(cmd *cobra.Command, h *httpFlags) {
	c.connection(cmd)
	c.selection(cmd)
	h.add(cmd.Flags())
	cmd.Flags().StringVar(&c.file, "config", "", "a YAML file with flags of serve, and for --http with keys, scopes and tenants (see papi-mcp config); env:NAME for the text in a variable")
	cmd.Flags().BoolVar(&c.trace, "trace", false, "send OpenTelemetry traces by OTLP over HTTP, as OTEL_EXPORTER_OTLP_ENDPOINT and its like say")
	cmd.Flags().StringVar(&c.store, "store", "", storeHelp+"; memory with --sandbox and with --http)")
}

// prepared is what serve runs on.
type prepared struct {
	app     *app
	metrics *server.Metrics        // nil on stdio
	access  *reload.Value[*access] // nil on stdio
}

// prepare reads the configuration, checks that what it says goes together, and
// puts the server's parts together. It listens to nobody yet.
func (c *config) prepare(ctx context.Context, s *streams, h *httpFlags, flags *pflag.FlagSet) (*prepared, error) {
	reader := settings.NewReader(flags)
	file, err := readSettings(c.file, reader, flags)
	if err != nil {
		return nil, err
	}
	for _, warning := range file.Warnings {
		c.logger(s).Warn(warning, "config", c.file)
	}
	p := &prepared{}
	if h.addr != "" {
		c.store = cmp.Or(c.store, memory)
		if err := h.check(c, file, flags); err != nil {
			return nil, err
		}
		if p.access, err = h.liveAccess(c.file, file, reader, c.logger(s)); err != nil {
			return nil, usage("--config %s: %v", c.file, err)
		}
		p.metrics = server.NewMetrics()
		c.observe = p.metrics
		c.tenants = func(name string) (tenant.Tenant, bool) {
			t, ok := p.access.Current().tenants[name]
			return t, ok
		}
	} else if name := given(flags); name != "" {
		return nil, usage("--%s is of a server over HTTP: give --http ADDR too", name)
	} else if len(file.Keys)+len(file.Scopes)+len(file.Tenants) > 0 {
		return nil, usage("--config %s: keys, scopes and tenants are of a server over HTTP: give --http ADDR too", c.file)
	}
	c.keepState(s)
	p.app, err = c.newApp(ctx, s)
	return p, err
}

func newServer(c *config, s *streams, a *app, m *server.Metrics) *server.Server {
	return server.New(server.Options{
		Name: "papi-mcp", Title: "Sinch Provisioning API", Version: release,
		Instructions: instructions, Toolbox: a.tools,
		Prompts: func() []*prompts.Prompt { return prompts.Offered(prompts.All(), a.tools.Offers) },
		Logger:  c.logger(s), Tracers: a.tracers, Metrics: m,
	})
}
