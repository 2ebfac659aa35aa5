package tools

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// coreTool is a tool of the server's own: all that is known of it besides its arguments.
// They are a Go struct, from which the schema is derived; they are coerced and validated
// like any others.
type coreTool struct {
	name  string
	about string
	// annotations have the title too.
	annotations mcp.ToolAnnotation
	// whenDynamic reports that a dynamic set lists it: a task starts with it, or it leads
	// to other tools. One that does not is found and called like an operation's there.
	// onlyDynamic reports that no other set has it in its list.
	whenDynamic, onlyDynamic bool
	// phrases are what users say who need the tool, three to five of them; none where it
	// only leads to others, which the search does not find.
	phrases []string
	// after are the error codes of ours after which it is the next step.
	after []string
	// page is the URI of the page in which a client with MCP Apps shows the result; ""
	// for none.
	page string
	// example has arguments where a sample of the schema can't know them.
	example map[string]any
	schema  func() *papi.Schema
	// listed is the schema in the list of tools; nil: it is the same.
	listed func() *papi.Schema
	// check returns what is wrong with arguments besides what the schema says; nil: it
	// says all.
	check func(given map[string]any) []papi.Violation
	run   func(ctx context.Context, caller Caller, given map[string]any) Outcome
}

// newCoreTool completes the declaration of a core tool with the function that it calls
// with its arguments.
func newCoreTool[Args any](c coreTool, run func(context.Context, Caller, Args) Outcome) *coreTool {
	c.schema = schemaOf[Args]()
	c.run = func(ctx context.Context, caller Caller, given map[string]any) Outcome {
		args, warnings, e := readArgs[Args](&c, given)
		if e != nil {
			return e.outcome()
		}
		out := run(ctx, caller, *args)
		if r, ok := out.Structured.(*Result); ok {
			r.Warnings = append(warnings, r.Warnings...)
		}
		return out
	}
	return &c
}

// readArgs coerces and validates the arguments of a core tool. What is left of it on the
// stack while a call waits is small.
func readArgs[Args any](c *coreTool, given map[string]any) (args *Args, warnings []string, _ *Error) {
	schema := c.schema()
	given, ignored := applicable(given, schema.Properties)
	coerce := &coercer{warnings: ignored}
	coerced := coerce.value(schema, given, "")
	violations := schema.Violations(coerced, papi.CheckOptions{Closed: true, Formats: true, Example: func() any {
		if c.example != nil {
			return c.example
		}
		return schema.Sample(true)
	}})
	if c.check != nil {
		object, _ := coerced.(map[string]any)
		more := c.check(object)
		violations = append(more, slices.DeleteFunc(violations, func(v papi.Violation) bool {
			return slices.ContainsFunc(more, func(other papi.Violation) bool { return other.Path == v.Path })
		})...)
	}
	if len(violations) > 0 {
		return nil, nil, invalidArguments(violations)
	}
	args = new(Args)
	if err := json.Unmarshal(jsonvalue.Encode(coerced), args); err != nil {
		return nil, nil, invalidArguments([]papi.Violation{{Allowed: err.Error()}})
	}
	return args, coerce.warnings, nil
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

// hints annotate a core tool that destroys nothing, and whose calls have the same effect
// when they are repeated.
func hints(title string, readOnly, openWorld bool) mcp.ToolAnnotation {
	no, yes := false, true
	return mcp.ToolAnnotation{Title: title, ReadOnlyHint: &readOnly, DestructiveHint: &no, IdempotentHint: &yes, OpenWorldHint: &openWorld}
}

// coreTools are the core tools in the order of the list of tools.
func (s *Set) coreTools() []*coreTool {
	return slices.Concat([]*coreTool{
		newCoreTool(coreTool{
			name: toolFind, annotations: hints("Find tools", true, false), whenDynamic: true, onlyDynamic: true,
			about:   "Find a tool by what you want to do, in any words, or by an error code. Shows how to call the best match. Families: " + s.families() + ".",
			example: map[string]any{"query": "verify a phone number for WhatsApp"},
		}, s.toolFind),
		newCoreTool(coreTool{
			name: "project_confirm", annotations: hints("Confirm project", false, true), whenDynamic: true,
			about:   "Confirm with the person which project to change, before the first write; shows what it contains. Without projectId it lists the projects and confirms none. Lasts 12 hours, for this client.",
			phrases: []string{"which project am I in", "work in this project", "is this the right project", "switch to another project", "allow changes in a project"},
			after:   []string{errorcode.ProjectUnconfirmed},
		}, s.projectConfirm),
		newCoreTool(coreTool{
			name: "project_overview", annotations: hints("Show project overview", true, true), whenDynamic: true,
			about:   "Read what a project contains: webhooks, accounts, senders, templates, apps and bundles, counted by state, and what failed, is under review or is waiting too long.",
			phrases: []string{"what is set up in this project", "what needs my attention", "what is stuck, failing or under review", "give me a summary of everything", "where do we start"},
		}, s.projectOverview),
		newCoreTool(coreTool{
			name: toolActivity, annotations: hints("List project activity", true, true),
			about:   "List what happened in a project since a time, newest first, over all accounts, senders and templates: edits, comments, rejections with their reason. Approvals have no entry: see project_overview.",
			phrases: []string{"what happened this week", "what changed since yesterday", "what happened while I was away", "everything that happened lately", "recent comments and rejections"},
		}, s.projectActivity),
		newCoreTool(coreTool{
			name: toolWait, annotations: hints("Wait for changes", true, true), whenDynamic: true,
			about:   "Wait until things settle: an approval, a launch, a bundle. Always ends with a result, which says what to do next.",
			example: map[string]any{"for": []any{map[string]any{"tool": "rcs_sender_get", "args": map[string]any{"senderId": "01Z327Q8JAP1FQ40QXJMEXRE1J"}}}},
			check:   s.checkWait,
			phrases: []string{"wait until it is approved", "tell me when it is done", "follow it to the end", "has it finished yet", "keep checking the status"},
		}, func(ctx context.Context, caller Caller, args waitArgs) Outcome { return s.wait(ctx, &caller, &args) }),
		newCoreTool(coreTool{
			name: "schema_get", annotations: hints("Get tool schema", true, false), whenDynamic: true,
			about:   "Get an outline of a tool's arguments, or of a part, with notes, what values mean, errors and an example.",
			phrases: []string{"what arguments does a tool take", "show an example call", "documentation of a tool", "which fields are required", "allowed values of a field"},
			after:   []string{errorcode.InvalidArguments, errorcode.UnknownTool},
			example: map[string]any{"tool": "webhook_create", "path": "triggers"},
		}, s.schemaGet),
		s.newSandboxAdvance(),
		s.newTemplateLint(),
		s.newTemplatePreview(),
		s.newTemplateConvert(),
		s.newRcsReadiness(),
	}, s.planTools(), callsOthers())
}
