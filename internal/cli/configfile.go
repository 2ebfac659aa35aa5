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
		Short: "Check a configuration file, show its schema, make a key for a caller",
		Long: `The file that serve takes with --config is YAML. It sets flags of serve by their
names, and has what no flag can say:

  http: 0.0.0.0:8443
  tls-cert: /etc/papi-mcp/cert.pem
  tls-key: /etc/papi-mcp/key.pem
  public-url: https://papi.example.com
  auth: token
  keys:                       # who may call (--auth token)
    support-bot:
      tenant: emea            # left out: the credentials in the environment
      hashes: [...]           # papi-mcp config key makes a key and its hash
      projects: [...]         # or all: those of its tenant
      toolsets: [webhooks]    # or all
      read-only: true
  scopes:                     # what scopes open (--auth oidc)
    papi.read: {toolsets: all, read-only: true}
    papi.write: {toolsets: all, read-only: false}
  tenants:                    # credentials for the API
    emea:
      projects: [...]         # the first is the default; or all: any
      key-id: ${EMEA_KEY_ID}
      key-secret: ${EMEA_KEY_SECRET}

Each key, scope and tenant says what bounds it, everything included (all, or
"*"): a file that was cut off must not grant more than the whole one.

A text of the form ${NAME} stands for a variable of the environment; secrets can
stand in the file in no other way. A flag on the command line wins over its twin
in the environment, and that over the file. Keys, scopes and tenants are read
again when the file has changed, and has been unchanged for a second; flags hold
from the next start.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newConfigCheck(s), newConfigSchema(s), newConfigKey(s))
	return cmd
}

func newConfigCheck(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Tell all that is wrong with a configuration file, as serve would read it now",
		Long: `Read a configuration file as serve would now, with the same environment, and tell
all that is wrong with it. Exit code 0 when serve would start, else 1.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c config
			var h httpFlags
			serve := &cobra.Command{}
			c.serving(serve, &h)
			var err error
			if c.unfilled, err = fromEnvironment(serve.Flags()); err != nil {
				return err
			}
			c.file = args[0]
			p, err := c.prepare(cmd.Context(), s, &h, serve.Flags())
			if err == nil {
				defer p.app.close()
				_, err = h.secure(c.logger(s))
			}
			if err != nil {
				return &exitError{exitFailed, err.Error()}
			}
			told := ""
			if p.access != nil {
				a := p.access.Current()
				told = fmt.Sprintf(" (keys: %d, tenants: %d", len(a.keys), len(a.tenants))
				if h.access.mode == authOIDC {
					told += fmt.Sprintf(", scopes: %d", len(a.scopes))
				}
				told += ")"
			}
			fmt.Fprintf(s.out, "%s is good%s\n", args[0], told)
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
			new(config).serving(serve, new(httpFlags))
			fmt.Fprintf(s.out, "%s\n", settings.NewReader(serve.Flags()).Schema())
			return nil
		},
	}
}

func newConfigKey(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Make a key for a caller, and the hash of it for the file",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			key, hash := auth.NewKey()
			fmt.Fprintf(s.out, "key:  %s\nhash: %s\n", key, hash)
			fmt.Fprintln(s.err, "Give the key to the caller, who sends it as Authorization: Bearer KEY. It can't be shown again. The hash goes into --config:")
			fmt.Fprintf(s.err, "\nkeys:\n  NAME:\n    hashes: [%s]\n    projects: [...]  # or all\n    toolsets: [...]  # or all\n    read-only: true\n", hash)
			return nil
		},
	}
}
