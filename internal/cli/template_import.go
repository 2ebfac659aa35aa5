package cli

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
	"papi-mcp/tools"
)

func newTemplateImport(s *streams) *cobra.Command {
	var (
		flags   templateFlags
		project string
	)
	cmd := &cobra.Command{
		Use:   "import FILE|DIR|- ...",
		Short: "Create WhatsApp templates from Meta's JSON",
		Long: `Create WhatsApp templates from the JSON of Meta's Graph API: what a POST to
message_templates takes, or what a GET shows. A file has one template, a list of
them, or the complete answer of the GET; of a folder all files *.json are read, also
those in folders below it. - reads standard input.

Each template is converted and created, with the same checks as papi-mcp call
whatsapp_template_create; --dry-run shows what would happen. What has no counterpart
in the Provisioning API is in a note: read the notes, above all those about media,
since Meta's JSON may name an upload instead of a URL.

Standard output has a line of JSON for each template, with result: created, saved (as
a draft), ready (in a dry run), exists (it was not changed), refused, invalid (no
template of Meta's) or not tried. Standard error says the same in words, and how many
there were of each. All files are read, whatever happens to some. The exit code is 0
if each template was created or exists.

--project confirms the project for this command; the default project is asked about.
`,
		Example: `  papi-mcp template import order_update.json --dry-run
  papi-mcp template import templates/ --draft --project PROJECT_ID
  curl ".../message_templates?fields=name,language,category,components" |
    papi-mcp template import - --project PROJECT_ID`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("template import needs a file, a folder, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			sources, err := templateSources(args)
			if err != nil {
				return err
			}
			var entries []*templateEntry
			fromInput := false
			for _, source := range sources {
				text, err := "", error(nil)
				if source == "-" {
					fromInput = true
					text, err = readLimited(s.in)
				} else {
					text, err = readArgumentFile(source)
				}
				entries = append(entries, importedTemplates(source, text, err)...)
			}
			refuseRepeated(entries)
			for _, entry := range entries {
				entry.draft = flags.draft
			}
			a, err := flags.newCallApp(cmd, s, flags.timeout)
			if err != nil {
				return err
			}
			defer a.close()
			run := templateRun{s: s, flags: &flags, set: a.tools, caller: flags.caller(s, fromInput), project: project}
			return run.create(cmd.Context(), entries)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&project, "project", "", "the project in which the templates are created (default: the default project)")
	return cmd
}

// templateSources returns the files that arguments name, those of a folder in the order
// of their names.
func templateSources(args []string) ([]string, error) {
	var all []string
	for i, arg := range args {
		if arg == "-" {
			for _, other := range args[:i] {
				if other == arg {
					return nil, usage("-: standard input can be read once")
				}
			}
			all = append(all, arg)
			continue
		}
		before := len(all)
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			isFile := err == nil && entry.Type()&^fs.ModeSymlink == 0 // a pipe would block
			if err == nil && !entry.IsDir() && (path == arg || isFile && strings.EqualFold(filepath.Ext(path), ".json")) {
				all = append(all, path)
			}
			return err
		})
		if err != nil {
			return nil, usage("reading the templates: %v", err)
		}
		if len(all) == before {
			return nil, usage("%s: no file in this folder ends in .json", papi.Quoted(arg, 200))
		}
	}
	return all, nil
}

// importedTemplates returns the templates of a file, which was read with an error.
func importedTemplates(source, text string, err error) []*templateEntry {
	var all []any
	var notes []template.Note
	if err == nil {
		all, notes, err = template.Templates(text)
	}
	if err != nil {
		return []*templateEntry{{source: source, result: resultInvalid, problem: invalidTemplate(err.Error(), nil)}}
	}
	var entries []*templateEntry
	for i, one := range all {
		entry := &templateEntry{source: source, name: jsonvalue.Text(one, "name"), language: jsonvalue.Text(one, "language")}
		if len(all) > 1 {
			entry.source = fmt.Sprintf("%s[%d]", source, i)
		}
		args, found, wrong := template.FromMeta(one)
		entry.notes = found
		if wrong != nil {
			entry.result, entry.problem = resultInvalid, invalidTemplate("it can't be converted", wrong)
		} else {
			entry.args, entry.language = args, jsonvalue.Text(args, "language")
		}
		entries = append(entries, entry)
	}
	entries[0].notes = append(notes, entries[0].notes...)
	return entries
}

func invalidTemplate(message string, wrong []papi.Violation) *tools.Error {
	e := &tools.Error{Code: errorcode.InvalidArguments, Message: message}
	if wrong != nil {
		e.Info = map[string]any{"violations": wrong}
	}
	return e
}

// refuseRepeated refuses templates whose name and language an earlier one has: which one
// counts must be decided.
func refuseRepeated(entries []*templateEntry) {
	first := map[[2]string]string{}
	for _, entry := range entries {
		if entry.args == nil {
			continue
		}
		id := [2]string{entry.name, entry.language}
		if other, ok := first[id]; ok {
			entry.args, entry.result = nil, resultInvalid
			entry.problem = invalidTemplate("another template with this name and language comes before it, in "+other, nil)
			continue
		}
		first[id] = entry.source
	}
}
