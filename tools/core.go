package tools

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// coreTool is a tool of the server's own. Its arguments are a Go struct, from which
// its schema is derived; they are coerced and validated like any others.
type coreTool struct {
	name  string
	about string
	// phrases are what users say who need the tool, three to five of them.
	phrases     []string
	annotations mcp.ToolAnnotation
	schema      func() *papi.Schema
	run         func(ctx context.Context, caller Caller, given map[string]any) Outcome
}

// newCoreTool returns a core tool that calls a function with its arguments.
func newCoreTool[Args any](name, title, about string, hints mcp.ToolAnnotation, run func(context.Context, Caller, Args) Outcome) *coreTool {
	schema := schemaOf[Args]()
	hints.Title = title
	return &coreTool{
		name: name, about: about, annotations: hints, schema: schema,
		run: func(ctx context.Context, caller Caller, given map[string]any) Outcome {
			given, ignored := applicable(given, schema().Properties)
			coerce := &coercer{warnings: ignored}
			coerced := coerce.value(schema(), given, "")
			if violations := schema().Violations(coerced, papi.CheckOptions{Closed: true, Formats: true, Example: func() any { return schema().Sample(true) }}); len(violations) > 0 {
				return invalidArguments(violations).outcome()
			}
			var args Args
			if err := json.Unmarshal(jsonvalue.Encode(coerced), &args); err != nil {
				return invalidArguments([]papi.Violation{{Allowed: err.Error()}}).outcome()
			}
			out := run(ctx, caller, args)
			if r, ok := out.Structured.(*Result); ok {
				r.Warnings = append(coerce.warnings, r.Warnings...)
			}
			return out
		},
	}
}

// reflected caches the schemas of the core tools' arguments for all sets.
var reflected sync.Map // reflect.Type to func() *papi.Schema

// schemaOf returns a function that derives the schema of a struct of arguments when
// it is first called.
func schemaOf[Args any]() func() *papi.Schema {
	found, _ := reflected.LoadOrStore(reflect.TypeFor[Args](), sync.OnceValue(reflectSchema[Args]))
	return found.(func() *papi.Schema)
}

// reflectSchema derives the schema of a struct of arguments.
func reflectSchema[Args any]() *papi.Schema {
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	schema := &papi.Schema{}
	if err := json.Unmarshal(jsonvalue.Encode(reflector.Reflect(new(Args))), schema); err != nil {
		panic("tools: " + err.Error())
	}
	return schema
}

func (s *Set) coreTools() []*coreTool {
	no, yes := mcp.ToBoolPtr(false), mcp.ToBoolPtr(true)
	reads := mcp.ToolAnnotation{ReadOnlyHint: yes, DestructiveHint: no, IdempotentHint: yes, OpenWorldHint: yes}
	confirms := mcp.ToolAnnotation{ReadOnlyHint: no, DestructiveHint: no, IdempotentHint: yes, OpenWorldHint: yes}
	looksUp := mcp.ToolAnnotation{ReadOnlyHint: yes, DestructiveHint: no, IdempotentHint: yes, OpenWorldHint: no}
	all := []*coreTool{
		newCoreTool(toolFind, "Find tools", s.findAbout(), looksUp, s.toolFind),
		newCoreTool("project_confirm", "Confirm project", "Confirm with the person which project to change, before the first write; shows what it contains. Without projectId it lists the projects and confirms none. Lasts 12 hours, for this client.",
			confirms, s.projectConfirm),
		newCoreTool("project_overview", "Show project overview", "Read what a project contains: webhooks, accounts, senders, templates, apps and bundles, counted by state, and what failed, is under review or is waiting too long.",
			reads, s.projectOverview),
		newCoreTool(toolWait, "Wait for changes", "Wait until things settle: an approval, a launch, a bundle. Ends with a result in any case, and says what to do next.",
			reads, s.wait),
		newCoreTool("schema_get", "Get tool schema", "Get an outline of a tool's arguments, or of a part, with notes, what values mean, errors and an example.",
			looksUp, s.schemaGet),
	}
	all = append(all, callsOthers()...)
	for _, c := range all {
		c.phrases = corePhrases[c.name]
	}
	return all
}

// corePhrases are the phrases of the core tools.
var corePhrases = map[string][]string{
	toolWait:           {"wait until it is approved", "tell me when it is done", "follow it to the end", "has it finished yet", "keep checking the status"},
	"project_confirm":  {"which project am I in", "work in this project", "is this the right project", "switch to another project", "allow changes in a project"},
	"project_overview": {"what is set up in this project", "what needs my attention", "what is stuck, failing or under review", "give me a summary of everything", "where do we start"},
	"schema_get":       {"what arguments does a tool take", "show an example call", "documentation of a tool", "which fields are required", "allowed values of a field"},
}
