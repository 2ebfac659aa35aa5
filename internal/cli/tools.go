package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

func newTools(s *streams) *cobra.Command {
	c := config{store: memory, confirm: string(guard.Auto), sandboxFlags: defaultSandbox, allowPlaceholders: true, results: string(server.ResultBoth), maxTokens: tools.DefaultMaxTokens}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tools",
		Short: "List the tools that serve would offer with the same flags",
		Long: `List the tools that serve would offer with the same flags. On a terminal the table
leaves out method, path and size, which are wider than it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.newApp(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer a.close()
			list := a.tools.Describe()
			if asJSON {
				enc := json.NewEncoder(s.out)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				return enc.Encode(list)
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			narrow := isTerminal(s.out)
			fmt.Fprint(w, "TOOL\tTOOLSET\tEFFECT\tCONFIRM")
			if !narrow {
				fmt.Fprint(w, "\tMETHOD\tPATH\tBYTES")
			}
			fmt.Fprintln(w)
			for _, d := range list {
				confirm := "-"
				if d.Confirm != "" {
					confirm = "yes"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s", d.Tool, d.Toolset, d.Effect, confirm)
				if !narrow {
					fmt.Fprintf(w, "\t%s\t%s\t%d", d.Method, d.Path, d.Bytes)
				}
				fmt.Fprintln(w)
			}
			return w.Flush()
		},
	}
	c.addSelectionFlags(cmd)
	cmd.Flags().StringVar(&c.publicURL, "public-url", "", "those that serve --http with this --public-url offers")
	cmd.Flags().BoolVar(&c.sandbox, "sandbox", false, "those that serve --sandbox offers")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
