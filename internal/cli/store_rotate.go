package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"papi-mcp/internal/guard"
)

func newStoreRotateKey(s *streams) *cobra.Command {
	var c config
	cmd := &cobra.Command{
		Use:   "rotate-key --store PATH|URL",
		Short: "Replace the key that signs confirmations",
		Long: `Remove the key that signs confirmation tokens and questions from a store. The next
server makes a new one. Tokens and questions of the last 10 minutes are then invalid,
and are asked for again; confirmed projects stay.

Stop the servers that use the store first: they keep the old key until they end. A file
that a server uses is refused.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.store == "" || c.store == memory {
				return usage("name the store: papi-mcp store rotate-key --store PATH, or the URL of a PostgreSQL database")
			}
			if err := refuse(c.storeFaults()); err != nil {
				return err
			}
			if err := c.mustExist(); err != nil {
				return err
			}
			c.alone = true
			opened, end, err := c.openMedium(cmd.Context())
			if err != nil {
				return err
			}
			defer end()
			had, err := guard.ForgetSigningKey(cmd.Context(), opened)
			switch {
			case err != nil:
				return failed(err)
			case !had:
				fmt.Fprintln(s.out, "there was no key: the next server makes one")
			default:
				fmt.Fprintln(s.out, "the key was removed: the next server makes a new one")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&c.store, "store", "", "path of the file, or URL of the PostgreSQL database")
	return cmd
}
