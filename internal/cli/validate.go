package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

// projectFinding is what validate has found in a file.
type projectFinding struct {
	Severity string `json:"severity"` // severityError or severityWarning
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	// Kind and Key are those of the item, "" where it is not known.
	Kind string `json:"kind,omitempty"`
	Key  string `json:"key,omitempty"`
	// Path is that of the value: in the file, or in the item where that is known.
	Path    string `json:"path,omitempty"`
	Code    string `json:"code,omitempty"` // of the rule of lint
	Message string `json:"message"`
}

const (
	severityError   = "error"
	severityWarning = "warning"
)

// projectFindings are those of all files, as validate --json prints them.
type projectFindings struct {
	Valid    bool             `json:"valid"`
	Items    map[string]int   `json:"items"` // how many there are of each kind
	Findings []projectFinding `json:"findings"`
}

func newValidate(s *streams) *cobra.Command {
	var (
		flags  projectFileFlags
		asJSON bool
		schema bool
	)
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check a file that says what a project should contain",
		Long: `Check files that say what a project should contain, as papi-mcp export writes them
and papi-mcp plan compares them with a project: YAML, references, every field by the
API's contract, templates by lint, and what a launch of an RCS sender lacks. It
connects to nothing, and reads no secret. - is standard input.

Each finding is a line with its place in the file. Warnings do not make the command
fail; errors do.`,
		Example: `  papi-mcp validate shop.yaml
  papi-mcp validate shop.yaml --var BRAND=Example --var-file brands/example.yaml
  papi-mcp validate --schema >` + plan.SchemaFile,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case schema && len(args) > 0:
				return usage("validate --schema prints the schema, and takes no FILE")
			case !schema && len(args) == 0:
				return usage("validate needs a FILE, or - for standard input")
			case twiceGiven(args) != "":
				return usage("%s is given twice", papi.Quoted(twiceGiven(args), papi.MaxEcho))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				_, err := s.out.Write(plan.FileSchema())
				return err
			}
			all := projectFindings{Valid: true, Items: map[string]int{}, Findings: []projectFinding{}}
			for _, name := range args {
				if err := all.add(s, &flags, name); err != nil {
					return err
				}
			}
			return all.print(s, asJSON)
		},
	}
	f := cmd.Flags()
	flags.add(f)
	f.BoolVar(&asJSON, "json", false, "print one JSON object: valid, how many items there are of each kind, and the findings")
	f.BoolVar(&schema, "schema", false, "print the JSON schema of the file, for editors")
	return cmd
}

// twiceGiven returns an argument that is given more than once, "" for none.
func twiceGiven(args []string) string {
	for i, arg := range args {
		if slices.Contains(args[:i], arg) {
			return arg
		}
	}
	return ""
}

// add checks a file.
func (all *projectFindings) add(s *streams, flags *projectFileFlags, name string) error {
	document, _, faults, closeFolder, err := flags.read(s, name)
	defer closeFolder()
	if err != nil {
		if errors.As(err, new(*exitError)) {
			return err
		}
		return failed(err)
	}
	for _, fault := range faults {
		all.found(projectFinding{Severity: severityError, Path: fault.Path, Message: fault.Text}, fault.At)
	}
	if document == nil {
		return nil
	}
	for _, item := range document.Items {
		all.Items[item.Kind.Name]++
	}
	notes := plan.Check(document)
	slices.SortStableFunc(notes, func(a, b plan.Note) int {
		return cmp.Or(strings.Compare(a.At.File, b.At.File), a.At.Line-b.At.Line, a.At.Column-b.At.Column)
	})
	for _, note := range notes {
		severity := severityWarning
		if note.Error {
			severity = severityError
		}
		all.found(projectFinding{Severity: severity, Kind: note.Kind, Key: note.Key, Path: note.Path, Code: note.Code, Message: note.Text}, note.At)
	}
	return nil
}

func (all *projectFindings) found(f projectFinding, at plan.Position) {
	f.File, f.Line, f.Column = at.File, at.Line, at.Column
	all.Valid = all.Valid && f.Severity != severityError
	all.Findings = append(all.Findings, f)
}

// print prints the findings, and returns the exit code as an error.
func (all *projectFindings) print(s *streams, asJSON bool) error {
	count := map[string]int{}
	for _, f := range all.Findings {
		count[f.Severity]++
		if !asJSON {
			if _, err := fmt.Fprintln(s.out, f); err != nil {
				return err
			}
		}
	}
	if asJSON {
		if _, err := fmt.Fprintf(s.out, "%s\n", papi.EscapeHidden(jsonvalue.Encode(all))); err != nil {
			return err
		}
	}
	summary := papi.Count(count[severityError], severityError) + ", " + papi.Count(count[severityWarning], severityWarning)
	if !all.Valid {
		return &exitError{errorcode.ExitFor(errorcode.PlanInvalid, 0), summary}
	}
	items := 0
	for _, n := range all.Items {
		items += n
	}
	fmt.Fprintf(s.err, "valid: %s; %s\n", papi.Count(items, "item"), summary)
	return nil
}

// String is the finding in a line, as compilers write them.
func (f projectFinding) String() string {
	text := plan.Position{File: f.File, Line: f.Line, Column: f.Column}.String() + ": " + f.Severity + ": "
	if f.Key != "" {
		text += f.Kind + " " + f.Key + ": "
	}
	if f.Path != "" {
		text += f.Path + ": "
	}
	if text += f.Message; f.Code != "" {
		text += " [" + f.Code + "]"
	}
	return papi.MaskURLSecrets(strings.Join(strings.Fields(papi.Printable(text)), " "))
}
