package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

// detailedFlag makes the exit code say whether there is something to do.
const detailedFlag = "detailed-exitcode"

// errDiffers ends plan --detailed-exitcode where the project is not as the file wants it:
// the one exit code that is not from the table of errorcode.
var errDiffers = &exitError{code: 2}

// maxComment is how long the comment of a pull request may be (GitHub: 65,536).
const maxComment = 65_000

func newPlan(s *streams) *cobra.Command {
	var (
		file     projectFile
		output   string
		asJSON   bool
		markdown bool
		detailed bool
	)
	cmd := &cobra.Command{
		Use:   "plan FILE",
		Short: "Show what makes a project like a file",
		Long: `Compare a file that says what a project should contain with the project, and show
what would be created (+), changed (~), deleted (-) and launched (>), and what can't
be done now, with the reason (!). It only reads; papi-mcp apply FILE makes the changes.
docs/plan.md describes the file. - is standard input.

What the file leaves out stays as it is, and only what it lists below delete is
deleted. The hash at the end is for papi-mcp apply --approve: it identifies exactly
these steps.

--only takes kinds (webhooks), keys (order_update/DE) or KIND/KEY; * is any
text: --only 'whatsappTemplates/order_*'.

With --detailed-exitcode the exit code is 0 if the project is as the file wants it, 2
if it is not (also if that can't be changed now), and 1 for any error. Run nightly, it
checks for drift.
` + environmentHelp,
		Example: `  papi-mcp plan shop.yaml
  papi-mcp plan shop.yaml --var-file brands/example.yaml -o plan.json
  papi-mcp plan shop.yaml --only webhooks --detailed-exitcode`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) != 1:
				return usage("plan needs a FILE, or - for standard input")
			case asJSON && markdown:
				return usage("use either --json or --markdown")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			made, d, err := file.plan(cmd, s, args[0])
			if err != nil {
				return err
			}
			if output != "" {
				if err := writePrivate(output, plan.Save(made, d, file.options())); err != nil {
					return failed(fmt.Errorf("-o: %w", err))
				}
			}
			text := planText(s, made, args[0], output, file.flagsOfApply())
			switch {
			case asJSON:
				text = string(papi.EscapeHidden(jsonvalue.Encode(made))) + "\n"
			case markdown:
				text = made.Markdown(maxComment)
			}
			if _, err := s.out.Write([]byte(text)); err != nil {
				return err
			}
			if detailed && len(made.Steps)+len(made.Blocked) > 0 {
				return errDiffers
			}
			return nil
		},
	}
	file.add(cmd)
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "also write the plan to this file, which only you can read, for papi-mcp apply")
	f.BoolVar(&asJSON, "json", false, "print the plan as one JSON object")
	f.BoolVar(&markdown, "markdown", false, "print the plan as Markdown, for the comment of a pull request")
	f.BoolVar(&detailed, detailedFlag, false, "exit with 0 if there is nothing to do, 2 if there is, and 1 for any error")
	return cmd
}

// planText is the plan for a person, and how it is applied.
func planText(s *streams, made *plan.Plan, file, output, flags string) string {
	text := made.Text(plan.PrintOptions{Color: colors(s.out)})
	if len(made.Steps) == 0 {
		return text
	}
	from := file + flags
	if output != "" {
		from = output
	}
	return text + fmt.Sprintf("Hash: %s\n\nTo apply exactly this: papi-mcp apply %s --approve %s\n", made.Hash, papi.Printable(strings.ReplaceAll(from, "\n", " ")), made.Hash)
}

// colors reports whether a stream shows colors.
func colors(out any) bool {
	return isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// projectFile are the flags of the commands that compare a file with a project.
type projectFile struct {
	config
	projectFileFlags
	project string
	only    []string
	rotate  bool
}

func (p *projectFile) add(cmd *cobra.Command) {
	p.addAPIFlags(cmd)
	p.addSandboxName(cmd)
	f := cmd.Flags()
	p.projectFileFlags.add(f)
	f.StringVar(&p.project, "project", "", "the project of a file that names none (default: the first of SINCH_PROJECT_ID)")
	f.StringSliceVar(&p.only, "only", nil, "plan only these: kinds, keys or KIND/KEY, with * for any text")
	f.BoolVar(&p.rotate, "rotate", false, "replace the secrets that the file has references for")
	p.addStoreFlags(f, callStoreHelp)
}

func (p *projectFile) options() plan.MakeOptions {
	return plan.MakeOptions{Only: nonBlank(p.only), Rotate: p.rotate}
}

// flagsOfApply are the flags of this command that its apply needs too.
func (p *projectFile) flagsOfApply() string {
	var all strings.Builder
	for _, flag := range []struct {
		name   string
		values []string
	}{{"var", p.vars}, {"var-file", p.varFiles}, {"only", p.only}, {"project", nonBlank([]string{p.project})}} {
		for _, value := range flag.values {
			fmt.Fprintf(&all, " --%s '%s'", flag.name, strings.ReplaceAll(value, "'", `'\''`))
		}
	}
	if p.rotate {
		all.WriteString(" --rotate")
	}
	return all.String()
}

// plan reads a file and makes the plan of it. What is wrong in the file is printed.
func (p *projectFile) plan(cmd *cobra.Command, s *streams, name string) (*plan.Plan, *plan.Document, error) {
	d, options, faults, closeFolder, err := p.read(s, name)
	defer closeFolder()
	if err != nil {
		if exit, ok := errors.AsType[*exitError](err); ok {
			return nil, nil, exit
		}
		return nil, nil, failed(err)
	}
	if len(faults) > 0 {
		return nil, nil, printFaults(s, faults)
	}
	a, err := p.newCallApp(cmd, s, deadline.Timeout)
	if err != nil {
		return nil, nil, err
	}
	defer a.close()
	if err := p.nameProject(d, a.tools); err != nil {
		return nil, nil, err
	}
	made, err := p.make(cmd.Context(), s, a.tools, d, options)
	return made, d, err
}

// nameProject gives a document its project: that of the file, of --project, or the default.
func (p *projectFile) nameProject(d *plan.Document, set *tools.Set) error {
	switch named := cmp.Or(d.ProjectID, p.project, set.DefaultProject()); {
	case named == "":
		return usage("which project: write project: in the file, or use --project ID")
	case p.project != "" && named != p.project:
		return usage("--project %s: the file is for project %s", papi.Quoted(p.project, papi.MaxEcho), papi.Quoted(named, papi.MaxEcho))
	default:
		d.ProjectID = named
	}
	return nil
}

func (p *projectFile) make(ctx context.Context, s *streams, set *tools.Set, d *plan.Document, options plan.Options) (*plan.Plan, error) {
	caller := tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true}
	made, err := plan.Make(ctx, set.Target(caller, d.ProjectID, options), d, p.options())
	if two, ok := errors.AsType[*plan.Ambiguous](err); ok {
		return nil, printFaults(s, two.Faults)
	}
	return made, p.projectError(err)
}

// printFaults prints what is wrong in a file, and returns the exit code as an error.
func printFaults(s *streams, faults []plan.Fault) error {
	for _, fault := range faults {
		f := projectFinding{Severity: severityError, Path: fault.Path, Message: fault.Text}
		f.File, f.Line, f.Column = fault.At.File, fault.At.Line, fault.At.Column
		fmt.Fprintln(s.err, f)
	}
	return &exitError{errorcode.ExitFor(errorcode.PlanInvalid, 0), papi.Count(len(faults), severityError) + " in the file"}
}

// writePrivate replaces a file by one that only its owner can read: it has the old
// content or the new one, even after a crash.
func writePrivate(name string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // with 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(content); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// exitCode is the exit code of a command that ended with an error of a code. With
// --detailed-exitcode any error is 1, those of its flags too: 2 is a difference.
func exitCode(root *cobra.Command, args []string, err error, code errorcode.Exit) errorcode.Exit {
	cmd, _, _ := root.Find(args)
	if errors.Is(err, error(errDiffers)) || cmd == nil {
		return code
	}
	var detailed *pflag.Flag
	if detailed = cmd.Flags().Lookup(detailedFlag); detailed == nil {
		return code
	}
	if detailed.Value.String() == "true" || slices.Contains(args, "--"+detailedFlag) {
		return errorcode.Failed
	}
	return code
}
