package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
	"papi-mcp/tools"
)

func newTemplateCopy(s *streams) *cobra.Command {
	var (
		flags    templateFlags
		from, to string
	)
	cmd := &cobra.Command{
		Use:   "copy --from PROJECT --to PROJECT [NAME...]",
		Short: "Copy WhatsApp templates to another project",
		Long: `Copy WhatsApp templates of a project to another one: those with the NAMEs, in all
their languages, or all. Each is created with the same checks as papi-mcp call
whatsapp_template_create, and reviewed by Meta again; --dry-run shows what would happen.

A draft stays a draft. A template that was rejected, paused or disabled is saved as a
draft, to be corrected first. Where one has changes that are not live yet, what is live is copied.
Templates that Meta has generated are skipped, and so are those that exist: they are not
changed. Media keep the URLs of their examples, which the API fetches again.

On a terminal a person is asked before anything is created; --to confirms the project
for this command. The output and the exit code are those of papi-mcp template import.
`,
		Example: `  papi-mcp template copy --from PROJECT_A --to PROJECT_B --dry-run
  papi-mcp template copy --from PROJECT_A --to PROJECT_B order_update order_late`,
		Args: func(*cobra.Command, []string) error {
			switch {
			case from == "" || to == "":
				return usage("template copy needs --from PROJECT and --to PROJECT")
			case from == to:
				return usage("--from and --to are the same project: the templates are there already")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			a, err := flags.newCallApp(cmd, s, flags.timeout)
			if err != nil {
				return err
			}
			defer a.close()
			run := templateRun{s: s, flags: &flags, set: a.tools, caller: flags.caller(s, false), project: to}
			entries, e := run.copied(cmd.Context(), from, names)
			if e != nil {
				return flags.printOutcome(s, tools.Outcome{Structured: e}, false, true)
			}
			if len(entries) == 0 {
				run.say("project %s has no WhatsApp templates", papi.Quoted(from, 80))
				return nil
			}
			n := 0
			for _, entry := range entries {
				entry.draft = entry.draft || flags.draft
				if entry.args != nil {
					n++
				}
			}
			if n > 0 && !flags.dryRun && run.caller.Elicitor != nil {
				question := fmt.Sprintf("Create %s in project %s, as in project %s?", papi.Count(n, "template"), papi.Quoted(to, 80), papi.Quoted(from, 80))
				if yes, err := askYesNo(cmd.Context(), s, question); err != nil || !yes {
					return &exitError{errorcode.ExitFor(errorcode.ConfirmationDeclined, 0), "not confirmed: nothing was created"}
				}
			}
			return run.create(cmd.Context(), entries)
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "the project whose templates are copied")
	f.StringVar(&to, "to", "", "the project in which they are created")
	return cmd
}

// copied reads the templates with the names, or all.
func (r *templateRun) copied(ctx context.Context, from string, names []string) ([]*templateEntry, *tools.Error) {
	var entries []*templateEntry
	for _, name := range orAll(names) {
		all, e := r.list(ctx, from, name)
		if e != nil {
			return nil, e
		}
		before := len(entries)
		for _, one := range all {
			if name == "" || one["name"] == name { // the API finds those whose name begins with it
				entries = append(entries, copiedTemplate(one))
			}
		}
		if name != "" && len(entries) == before {
			entries = append(entries, &templateEntry{name: name, result: resultInvalid, problem: invalidTemplate("project "+papi.Quoted(from, 80)+" has no template of this name", nil)})
		}
	}
	return entries, nil
}

// orAll returns names without repetitions, or "" for all.
func orAll(names []string) []string {
	var all []string
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if all == nil {
		return []string{""}
	}
	return all
}

// list returns the templates whose names begin with a text, as the API has them.
func (r *templateRun) list(ctx context.Context, project, name string) ([]map[string]any, *tools.Error) {
	args := map[string]any{"projectId": project, "detail": "full", "pageSize": 100}
	if name != "" {
		args["templateName"] = name
	}
	var all []map[string]any
	for {
		out := r.set.Call(ctx, r.caller, "whatsapp_template_list", jsonvalue.Encode(args))
		result, ok := out.Structured.(*tools.Result)
		if !ok {
			e, _ := out.Structured.(*tools.Error)
			return nil, e
		}
		raw, err := out.JSON()
		if err != nil {
			return nil, &tools.Error{Code: errorcode.InternalError, Message: err.Error()}
		}
		value, _ := jsonvalue.Decode(raw)
		for _, warning := range result.Warnings {
			r.say("warning: %s", warning)
		}
		all = append(all, jsonvalue.Objects(value, "data.templates")...)
		if result.NextPageToken == "" {
			return all, nil
		}
		args["pageToken"] = result.NextPageToken
	}
}

// copiedTemplate says how a template is copied.
func copiedTemplate(t map[string]any) *templateEntry {
	entry := &templateEntry{name: jsonvalue.Text(t, "name"), language: jsonvalue.Text(t, "language")}
	note := func(path, format string, args ...any) {
		entry.notes = append(entry.notes, template.Note{Path: path, Note: fmt.Sprintf(format, args...)})
	}
	if t["isMetaGenerated"] == true {
		entry.result = resultSkipped
		note("isMetaGenerated", "Meta has generated it, and no call can create it")
		return entry
	}
	kind := catalog.LookupResource("whatsapp_template")
	state, pending := jsonvalue.Text(t, kind.State), jsonvalue.Text(t, kind.Pending)
	live, change := kind.At(state, ""), kind.At("", pending)
	switch {
	case jsonvalue.Object(t, "details") == nil, live.Class == catalog.Failure: // nothing is live
		entry.args = template.FromAnswer(t)
		isDraft := live.Class != catalog.Failure && change.Class == catalog.ActionRequired
		entry.draft = isDraft || live.Class == catalog.Failure || change.Class == catalog.Failure
		if entry.draft && !isDraft {
			failed := cmp.Or(state, pending)
			if reason := jsonvalue.Text(t, kind.Reason); reason != "" {
				failed += " (" + reason + ")"
			}
			note(kind.State, "it is %s, and saved as a draft, to be corrected first", failed)
		}
	default:
		entry.args = template.FromLive(t)
		if pending != "" {
			note("changes", "its changes (%s) are not live, and not copied", pending)
		}
	}
	for name, value := range jsonvalue.All(entry.args) {
		if name == "type" && value == "FLOW" {
			note("details.components", "its flows are those of the other project: whatsapp_flow_list shows those of this one")
			break
		}
	}
	return entry
}
