package tools

import (
	"cmp"
	"context"

	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
)

// The operations' tools whose arguments the tools about a WhatsApp template take, and the
// one that reads a template.
const (
	templateCreate = "whatsapp_template_create"
	templateUpdate = "whatsapp_template_update"
	templateGet    = "whatsapp_template_get"
)

// The arguments that identify a template: in a create, and in an update.
const (
	argName         = "name"
	argLanguage     = "language"
	argTemplateName = "templateName"
	argLanguageCode = "languageCode"
)

// givenTemplate is a WhatsApp template that a tool of the server's own looks at.
type givenTemplate struct {
	// args are those of whatsapp_template_create for it: of an update, those of the
	// template that would result.
	args map[string]any
	// given are those of them that the call has.
	given map[string]any
	// named has the names that the call has for the arguments of the tool that reads.
	named map[string]string
	// stored is the template as the API has it, nil where it was not read.
	stored map[string]any
	// updates reports whether the template exists, and exists whether the call has nothing
	// but its name and language.
	updates, exists bool
	now             time.Time // the API's, where it was read
	// own are the other arguments, projectId among them.
	own      map[string]any
	warnings []string
}

func (t *givenTemplate) name() string     { return jsonvalue.Text(t.args, argName) }
func (t *givenTemplate) language() string { return jsonvalue.Text(t.args, argLanguage) }
func (t *givenTemplate) category() string { return jsonvalue.Text(t.args, "category") }
func (t *givenTemplate) project() string  { return jsonvalue.Text(t.own, argProject) }

func (t *givenTemplate) details() map[string]any { return jsonvalue.Object(t.args, "details") }

// newTemplateTool completes the declaration of a tool about a WhatsApp template, which
// takes the arguments of a create or an update, or name and language alone of a template
// that exists, and a few of its own.
//
// Only the form of the arguments is validated: what the contract says of a template is
// for the tool to tell.
func (s *Set) newTemplateTool(c coreTool, own map[string]*papi.Schema, run func(context.Context, Caller, *givenTemplate) Outcome) *coreTool {
	c.schema = templateSchema(c.name, own)
	c.listed = sync.OnceValue(func() *papi.Schema { return listedTemplate(c.schema()) })
	c.example = map[string]any{
		argName: "order_shipped", argLanguage: "EN_US", "category": "UTILITY",
		"details": map[string]any{"components": []any{map[string]any{"type": "BODY", "text": "Order {{1}} is on its way.", "examples": []any{"1001"}}}},
	}
	c.run = func(ctx context.Context, caller Caller, given map[string]any) Outcome {
		t, e := s.readTemplate(ctx, caller, &c, given)
		if e != nil {
			return e.outcome()
		}
		out := run(ctx, caller, t)
		if r, ok := out.Structured.(*Result); ok {
			r.Warnings = slices.Concat(t.warnings, r.Warnings)
		}
		return out
	}
	return &c
}

// templateSchemas caches the schemas of the tools about templates for all sets.
var templateSchemas sync.Map // string to func() *papi.Schema

// templateSchema returns a function that derives the arguments of a tool about a template
// when it is first called: the body of a create, none of it required, the names that an
// update has for two of them, and the tool's own.
func templateSchema(tool string, own map[string]*papi.Schema) func() *papi.Schema {
	derive := func() *papi.Schema {
		s := &papi.Schema{Type: papi.Types{"object"}, Properties: maps.Clone(bodyOf(templateCreate).Properties)}
		for _, p := range catalog.Lookup(templateUpdate).Op().Parameters {
			if p.In == "path" {
				s.Properties[p.Name] = p.Schema
			}
		}
		maps.Copy(s.Properties, own)
		s.Properties[argProject] = ownArguments[argProject]
		return s
	}
	found, _ := templateSchemas.LoadOrStore(tool, sync.OnceValue(derive))
	return found.(func() *papi.Schema)
}

// bodyOf is the schema of the body of a tool's operation.
func bodyOf(tool string) *papi.Schema { return catalog.Lookup(tool).Op().Variants()[0] }

// listedTemplate is the schema in the list of tools. It names the details' components
// alone: a model has read the rest in whatsapp_template_create.
func listedTemplate(s *papi.Schema) *papi.Schema {
	s = s.Clone()
	for _, name := range []string{argProject, argTemplateName, argLanguageCode, "status", "saveDraftOnFailure", "allowCategoryChange"} {
		delete(s.Properties, name)
	}
	component := &papi.Schema{Type: papi.Types{"object"}, Properties: map[string]*papi.Schema{"type": {Type: papi.Types{"string"}}}}
	s.Properties["details"] = &papi.Schema{Type: papi.Types{"object"}, Properties: map[string]*papi.Schema{
		"components": {Type: papi.Types{"array"}, Items: component},
	}}
	return s
}

// readTemplate reads the arguments of a tool about a template, and from the API the
// template that they are about, unless they have all of it.
func (s *Set) readTemplate(ctx context.Context, caller Caller, c *coreTool, given map[string]any) (*givenTemplate, *Error) {
	schema := c.schema().Clone()
	given, ignored := applicable(given, schema.Properties)
	updates := given[argTemplateName] != nil || given[argLanguageCode] != nil
	body := templateCreate
	if updates { // in which null deletes
		body = templateUpdate
		maps.Copy(schema.Properties, bodyOf(templateUpdate).Properties)
	}
	coerce := &coercer{warnings: ignored}
	args, _ := coerce.value(schema, given, "").(map[string]any)
	opts := papi.CheckOptions{Closed: true, Formats: true, Example: func() any { return c.example }}
	var wrongForm []string
	for _, v := range shallow(schema, body).Violations(args, opts) {
		wrongForm = append(wrongForm, v.Path)
	}
	var violations []papi.Violation
	if wrongForm != nil { // which the complete schema explains better
		violations = slices.DeleteFunc(schema.Violations(args, opts), func(v papi.Violation) bool { return !slices.Contains(wrongForm, v.Path) })
	}
	violations = append(violations, masked(args, "", "")...)

	t := &givenTemplate{args: map[string]any{}, own: map[string]any{}, named: map[string]string{}, updates: updates}
	for name, value := range args {
		if bodyOf(body).Properties[name] != nil || name == argName || name == argLanguage {
			t.args[name] = value
		} else if name != argTemplateName && name != argLanguageCode {
			t.own[name] = value
		}
	}
	for _, names := range [][2]string{{argTemplateName, argName}, {argLanguageCode, argLanguage}} {
		value, also := args[names[0]], args[names[1]]
		if value != nil && also != nil && value != also {
			violations = append(violations, papi.Violation{Path: names[0], Given: value, Allowed: fmt.Sprintf("the same as %s, or only one of the two", names[1])})
		}
		if value != nil {
			t.args[names[1]] = value
		} else {
			t.named[names[0]] = names[1]
		}
	}
	t.exists = t.args["details"] == nil && t.args["category"] == nil
	t.updates = updates || t.exists
	if t.updates {
		for _, name := range []string{argName, argLanguage} {
			if t.args[name] == nil {
				violations = append(violations, papi.Violation{Path: name, Allowed: "required: without category and details, or in an update, name and language say which template is meant"})
			}
		}
	}
	if len(violations) > 0 {
		return nil, invalidArguments(violations)
	}
	if details := t.details(); updates && details != nil {
		t.args["details"] = template.Update(nil, details)
	}
	t.warnings, t.given = coerce.warnings, t.args
	if t.updates && (t.args["category"] == nil || t.details()["components"] == nil) {
		if e := s.readStored(ctx, caller, c.name, t); e != nil {
			if t.details()["components"] == nil || e.Status == 0 {
				return nil, e
			}
			t.warnings = append(t.warnings, fmt.Sprintf("%s could not be read (%s): only what the call has is checked", templateGet, papi.Echo(e.Code)))
		}
	}
	return t, nil
}

// shallow is a schema with only the types of what the body of a tool's operation has.
func shallow(s *papi.Schema, tool string) *papi.Schema {
	s = s.Clone()
	for name, p := range bodyOf(tool).Properties {
		s.Properties[name] = &papi.Schema{Type: p.Resolve().Type}
	}
	for _, name := range []string{argName, argLanguage} {
		s.Properties[name] = &papi.Schema{Type: papi.Types{"string"}}
	}
	return s
}

// readStored reads the template that the arguments are about, and completes them with it
// as an update would: details are merged, and components are replaced.
func (s *Set) readStored(ctx context.Context, caller Caller, tool string, t *givenTemplate) *Error {
	args := map[string]any{argTemplateName: t.name(), argLanguageCode: t.language()}
	if project := t.project(); project != "" {
		args[argProject] = project
	}
	answer, now, e := s.readByTool(ctx, caller, tool, templateGet, args)
	if e != nil {
		violations, _ := e.Info["violations"].([]papi.Violation)
		for i, v := range violations { // by the names that the call has
			violations[i].Path = cmp.Or(t.named[v.Path], v.Path)
		}
		return e
	}
	t.stored, t.now = jsonvalue.Object(answer, ""), now
	merged := template.FromAnswer(t.stored)
	changes := t.details()
	for name, value := range t.args {
		if name != "details" {
			merged[name] = value
		}
	}
	merged["details"] = template.Update(jsonvalue.Object(merged, "details"), changes)
	t.args = merged
	return nil
}

// readByTool makes a call of a reading tool for another one of the server's own, by the
// way of any call, and returns the answer with the API's time. Its error is that of the
// call.
func (s *Set) readByTool(ctx context.Context, caller Caller, forTool, tool string, given map[string]any) (any, time.Time, *Error) {
	row := catalog.Lookup(tool)
	c, e := argumentsOf(row, true)().check(given)
	if e != nil {
		return nil, time.Time{}, e
	}
	if _, refusal := s.opts.Guard.Project(ctx, caller.Principal, c.own.project); refusal != nil {
		e, _ := s.refuseProject(ctx, caller, forTool, c.own.project, refusal).Structured.(*Error)
		return nil, time.Time{}, e
	}
	gc := &guard.Call{Row: row, Principal: caller.Principal, Client: caller.Client, CommandLine: caller.CommandLine, ProjectID: c.own.project, Args: c.args}
	if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return nil, time.Time{}, refused(v.Refuse)
	}
	sent, err := dispatch.Send(ctx, s.opts.API, row, gc.ProjectID, c.args)
	if err != nil {
		e := failed(row, c.args, err)
		e.Next = s.offered(e.Next, c.own.project)
		return nil, time.Time{}, e
	}
	return papi.AnswerSecrets.Mask(sent.Answer), s.now(sent), nil
}
