package cli

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

func newExport(s *streams) *cobra.Command {
	var (
		c        config
		project  string
		portable bool
		only     []string
		output   string
	)
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write what a project contains as a file",
		Long: `Write what a project contains as a file: its webhooks, WhatsApp and KakaoTalk
templates, the profiles of its senders, RCS senders and SMS apps. papi-mcp plan
compares such a file with a project, and papi-mcp apply makes the project like it.
Right after an export there is nothing to do.

It only reads. The file has no secrets: the secret of a webhook is a reference to an
environment variable, which must be set where the webhook is created. Comments say
what can't be written, and what is not live yet.
` + environmentHelp,
		Example: `  papi-mcp export -o shop.yaml
  papi-mcp export --project PROJECT_A --portable -o brand.yaml
  papi-mcp export --only webhooks,whatsappTemplates --sandbox --seed-data shop`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kinds, err := kindsNamed(only)
			if err != nil {
				return err
			}
			a, err := c.newCallApp(cmd, s, deadline.Timeout)
			if err != nil {
				return err
			}
			defer a.close()
			id := cmp.Or(project, a.tools.DefaultProject())
			if id == "" {
				return usage("which project: use --project ID")
			}
			caller := tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true}
			items, err := plan.ReadProject(cmd.Context(), a.tools.Target(caller, id, plan.Options{}), kinds)
			if err != nil {
				return c.projectError(err)
			}
			return writeExport(s, output, plan.Export(id, items, portable))
		},
	}
	c.addAPIFlags(cmd)
	c.addSandboxName(cmd)
	f := cmd.Flags()
	f.StringVar(&project, "project", "", "the project (default: the first of SINCH_PROJECT_ID)")
	f.BoolVar(&portable, "portable", false, "leave out the ids of the project and of its things, for use with another project")
	f.StringSliceVar(&only, "only", nil, "write only these kinds: "+strings.Join(kindNames(), ", "))
	f.StringVarP(&output, "output", "o", "", "write to this file; it is replaced only if it is an earlier export")
	c.addStoreFlags(f, callStoreHelp)
	return cmd
}

func kindNames() []string {
	var names []string
	for _, kind := range plan.Kinds {
		names = append(names, kind.Name)
	}
	return names
}

// kindsNamed returns the kinds with the names, or all.
func kindsNamed(names []string) ([]*plan.Kind, error) {
	if names = nonBlank(names); names == nil {
		return plan.Kinds, nil
	}
	var kinds []*plan.Kind
	for _, name := range names {
		kind := plan.LookupKind(name)
		if kind == nil {
			hint := ""
			if nearest := papi.Nearest(name, kindNames()); nearest != "" {
				hint = " (did you mean " + nearest + "?)"
			}
			return nil, usage("--only %s: there is no such kind%s; there are %s", papi.Quoted(name, papi.MaxEcho), hint, strings.Join(kindNames(), ", "))
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

// projectError ends a command that could not read a project, nil for no error.
func (c *config) projectError(err error) error {
	if e, ok := errors.AsType[*papi.Error](err); ok {
		shown := &tools.Error{Code: e.Code, Message: e.Message, Resolution: e.Resolution, Status: e.Status, Info: e.Info}
		return &exitError{c.exitOf(shown), errorText(shown)}
	}
	return failed(err)
}

// exportMark is in each export, and shows that a file is one.
var exportMark = []byte("# yaml-language-server: $schema=" + plan.SchemaFile + "\n")

// writeExport writes an export to standard output or to a file. A file that is no export
// stays.
func writeExport(s *streams, name string, text []byte) error {
	if name == "" || name == standardInput {
		_, err := s.out.Write(text)
		return err
	}
	switch found, err := os.ReadFile(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return usage("-o: %v", err)
	case len(found) > 0 && !bytes.HasPrefix(found, exportMark):
		return usage("-o: %s exists and does not begin as an export does, so it stays: name another file, or remove it", name)
	}
	return failed(os.WriteFile(name, text, 0o644))
}
