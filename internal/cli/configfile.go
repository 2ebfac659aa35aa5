package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/settings"
)

func newConfig(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check a configuration file, show its schema, generate a key for a caller",
		Long: `The configuration file of serve (--config) is YAML. It sets flags of serve by their
names, and what no flag can set:

  http: 0.0.0.0:8443
  tls-cert: /etc/papi-mcp/cert.pem
  tls-key: /etc/papi-mcp/key.pem
  public-url: https://papi.example.com
  auth: token
  keys:                       # who may call (--auth token)
    support-bot:
      tenant: emea            # default: the credentials in the environment
      hashes: [...]           # papi-mcp config key generates a key and its hash
      projects: [...]         # or all: those of its tenant
      toolsets: [webhooks]    # or all
      read-only: true
  scopes:                     # what scopes allow (--auth oidc)
    papi.read: {toolsets: all, read-only: true}
    papi.write: {toolsets: all, read-only: false}
  tenants:                    # credentials for the API
    emea:
      projects: [...]         # the first is the default; or all: any
      key-id: ${EMEA_KEY_ID}
      key-secret: ${EMEA_KEY_SECRET}

Each key, scope and tenant states its limits, even if that is everything (all, or
"*"): a truncated file must not grant more than the complete one.

A value of the form ${NAME} is replaced by an environment variable; secrets can be
given in no other way. A flag on the command line takes precedence over its
environment variable, and that over the file. Keys, scopes and tenants are read
again when the file has changed and then stayed the same for a second; flags take
effect at the next start.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newConfigCheck(s), newConfigSchema(s), newConfigKey(s))
	return cmd
}

func newConfigCheck(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration file, as serve would read it now",
		Long: `Read a configuration file as serve would now, with the same environment, and report
everything that is wrong with it. Exit code 0 if serve would start, else 1.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c config
			var h httpFlags
			serve := &cobra.Command{}
			c.addServeFlags(serve, &h)
			var err error
			if c.placeholders, err = fromEnvironment(serve.Flags()); err != nil {
				return err
			}
			c.file = args[0]
			p, err := c.prepare(cmd.Context(), s, &h, serve.Flags())
			if err == nil {
				defer p.app.close()
				_, err = h.tlsConfig(c.logger(s))
			}
			if err != nil {
				return failed(err)
			}
			summary := ""
			if p.grants != nil {
				a := p.grants.Current()
				summary = fmt.Sprintf(" (keys: %d, tenants: %d", len(a.keys), len(a.tenants))
				if h.auth.mode == authOIDC {
					summary += fmt.Sprintf(", scopes: %d", len(a.scopes))
				}
				summary += ")"
			}
			fmt.Fprintf(s.out, "%s is valid%s\n", args[0], summary)
			return nil
		},
	}
}

func newConfigSchema(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of the file, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			serve := &cobra.Command{}
			new(config).addServeFlags(serve, new(httpFlags))
			fmt.Fprintf(s.out, "%s\n", settings.NewReader(serve.Flags()).Schema())
			return nil
		},
	}
}

func newConfigKey(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Generate a key for a caller, and its hash for the file",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			key, hash := auth.NewKey()
			fmt.Fprintf(s.out, "key:  %s\nhash: %s\n", key, hash)
			fmt.Fprintln(s.err, "Give the key to the caller, who sends it as Authorization: Bearer KEY. It can't be shown again. Put the hash into the --config file:")
			fmt.Fprintf(s.err, "\nkeys:\n  NAME:\n    hashes: [%s]\n    projects: [...]  # or all\n    toolsets: [...]  # or all\n    read-only: true\n", hash)
			return nil
		},
	}
}
