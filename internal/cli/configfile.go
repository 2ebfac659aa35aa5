package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/settings"
)

func newConfig(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config COMMAND",
		Short: "Check a configuration file, or generate a key for it",
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

A value of the form ${NAME} is replaced by an environment variable, or by the file that
NAME_FILE names; secrets can be given in no other way. A flag on the command line
takes precedence over its environment variable, and that over the file. Keys, scopes
and tenants are read again at SIGHUP, and when the file has changed and then stayed
the same for a second; flags take effect at the next start.`,
		Args: subcommands,
		RunE: showHelp,

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(newConfigCheck(s), newConfigSchema(s), newConfigKey(s))
	return cmd
}

func newConfigCheck(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration file, as serve would read it now",
		Long: `Read a configuration file as serve would now, with the same environment, and report
everything that is wrong with it, a line each. It changes nothing, neither on disk
nor elsewhere, and connects to nothing: papi-mcp doctor --config FILE does. It fails
if serve would not start.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name the file: %s FILE", cmd.CommandPath())
			}
			return nil
		},
		// What is wrong with the environment is reported with the file.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			var c config
			var h httpFlags
			serve := &cobra.Command{}
			c.addServeFlags(serve, &h)
			placeholders, found := fromEnvironment(serve.Flags())
			found = append(unknownVariables(cmd.Root(), os.Environ()), found...)
			c.file = args[0]
			for _, name := range append(placeholders, placeholderVariables(c.sandbox)...) {
				found = append(found, fault{"", placeholderMessage([]string{name})})
			}
			file, _, wrong, err := c.check(&h, serve.Flags())
			if err != nil {
				return failed(err)
			}
			found = append(found, wrong...)
			found = append(found, c.fileFaults(&h, file)...)
			for _, warning := range append(file.Warnings, misspelledVariables(os.Environ())...) {
				c.logger(s).Warn(warning, "config", c.file)
			}
			if len(found) > 0 {
				for _, f := range inOrder(found, file) {
					fmt.Fprintln(s.err, papi.MaskURLSecrets(strings.Join(strings.Fields(papi.Printable(f.text)), " ")))
				}
				return &exitError{errorcode.Failed, fmt.Sprintf("%s is not valid: faults: %d", args[0], len(found))}
			}
			summary := ""
			if h.addr != "" {
				summary = fmt.Sprintf(" (keys: %d, tenants: %d", len(file.Keys), len(file.Tenants))
				if h.auth.mode == authOIDC {
					summary += fmt.Sprintf(", scopes: %d", len(file.Scopes))
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
		Args:  noArgs,
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
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			key, hash := auth.NewKey()
			fmt.Fprintf(s.out, "key:  %s\nhash: %s\n", key, hash)
			fmt.Fprintln(s.err, "Give the key to the caller, who sends it as Authorization: Bearer KEY. It\ncan't be shown again. Put the hash into the --config file:")
			fmt.Fprintf(s.err, "\nkeys:\n  NAME:\n    hashes: [%s]\n    projects: [...]  # or all\n    toolsets: [...]  # or all\n    read-only: true\n", hash)
			return nil
		},
	}
}
