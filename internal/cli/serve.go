package cli

import (
	_ "embed"

	"github.com/spf13/cobra"

	"papi-mcp/internal/server"
	"papi-mcp/prompts"
)

//go:embed instructions.md
var instructions string

func newServe(s *streams) *cobra.Command {
	var c config
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
			var m *server.Metrics
			if overHTTP.addr == "" && overHTTP.given() {
				return usage("flags of a server over HTTP are given without --http ADDR")
			}
			if overHTTP.addr != "" {
				if err := overHTTP.check(&c); err != nil {
					return err
				}
				m = server.NewMetrics()
				c.observe = m
			}
			a, err := c.newApp(s)
			if err != nil {
				return err
			}
			defer a.close()
			if overHTTP.addr != "" {
				return overHTTP.serve(cmd.Context(), s, &c, a, m)
			}
			err = newServer(&c, s, a, nil).ServeStdio(cmd.Context(), s.in, s.out)
			if err != nil && cmd.Context().Err() == nil {
				return &exitError{exitFailed, err.Error()}
			}
			return nil // at the end of the input, or told to stop by a signal
		},
	}
	c.connection(cmd)
	c.selection(cmd)
	overHTTP.add(cmd)
	cmd.Flags().BoolVar(&c.trace, "trace", false, "send OpenTelemetry traces by OTLP over HTTP, as OTEL_EXPORTER_OTLP_ENDPOINT and its like say")
	cmd.Flags().StringVar(&c.store, "store", memory, "where confirmations and registers are kept: memory, or the path of a file")
	return cmd
}

func newServer(c *config, s *streams, a *app, m *server.Metrics) *server.Server {
	return server.New(server.Options{
		Name: "papi-mcp", Title: "Sinch Provisioning API", Version: release,
		Instructions: instructions, Toolbox: a.tools,
		Prompts: func() []*prompts.Prompt { return prompts.Offered(prompts.All(), a.tools.Offers) },
		Logger:  c.logger(s), Tracers: a.tracers, Metrics: m,
	})
}
