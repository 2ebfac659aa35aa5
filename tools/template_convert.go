package tools

import (
	"context"
	"fmt"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
)

const argTemplate = "template"

// convertSchema shows the arguments as an object, open for everything that Meta has. What
// else they may be, a list or a text, is not validated against it: template.Templates says
// what is wrong.
func convertSchema() *papi.Schema {
	open := &papi.Additional{Schema: &papi.Schema{}}
	component := &papi.Schema{Type: papi.Types{"object"}, AdditionalProperties: open, Properties: map[string]*papi.Schema{"type": {Type: papi.Types{"string"}}}}
	return &papi.Schema{Type: papi.Types{"object"}, Required: []string{argTemplate}, Properties: map[string]*papi.Schema{argTemplate: {
		Type:        papi.Types{"object"},
		Description: "a template as Meta's Graph API takes or shows it, or the answer of its GET; also a list of templates, or JSON in a text",
		Properties:  map[string]*papi.Schema{"components": {Type: papi.Types{"array"}, Items: component}}, AdditionalProperties: open,
	}}}
}

func (s *Set) newTemplateConvert() *coreTool {
	c := &coreTool{
		name: catalog.WhatsappTemplateConvert, annotations: hints("Convert Meta's WhatsApp template", true, false),
		about: "Convert a WhatsApp template from the JSON of Meta's Graph API to the arguments of " + templateCreate + ", with a note for what has no counterpart. Sends nothing.",
		phrases: []string{
			"I have the template as Meta's JSON", "import a template from the Graph API", "migrate templates from another provider",
			"convert message_templates", "named parameters to numbers",
		},
		example: map[string]any{argTemplate: map[string]any{
			"name": "order_shipped", "language": "en_US", "category": "UTILITY",
			"components": []any{map[string]any{"type": "BODY", "text": "Order {{1}} is on its way.", "example": map[string]any{"body_text": []any{[]any{"1001"}}}}},
		}},
		schema: convertSchema,
	}
	c.run = func(_ context.Context, _ Caller, given map[string]any) Outcome {
		form := &papi.Schema{Type: papi.Types{"object"}, Required: []string{argTemplate}, Properties: map[string]*papi.Schema{argTemplate: {}}}
		given, ignored := applicable(given, form.Properties)
		if given[argTemplate] == nil && (given["components"] != nil || given["data"] != nil) {
			given = map[string]any{argTemplate: given} // the template itself
		}
		if wrong := form.Violations(given, papi.CheckOptions{Closed: true}); len(wrong) > 0 {
			return invalidArguments(wrong).outcome()
		}
		out := s.templateConvert(given[argTemplate])
		if r, ok := out.Structured.(*Result); ok {
			r.Warnings = append(ignored, r.Warnings...)
		}
		return out
	}
	return c
}

// convertedTemplate is a template of Meta's after its conversion.
type convertedTemplate struct {
	// Name and Language are there where Arguments are not, in a list.
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
	// Arguments are those of whatsapp_template_create.
	Arguments map[string]any  `json:"arguments,omitempty"`
	Notes     []template.Note `json:"notes,omitempty"`
	// Violations say why it could not be converted.
	Violations []papi.Violation `json:"violations,omitempty"`
}

const (
	// maxConverted is how many tokens the templates of a list have, by the estimate.
	maxConverted = 4000
	// maxNotes is how many notes are shown of one template.
	maxNotes = 100
)

func (s *Set) templateConvert(value any) Outcome {
	all, notes, err := template.Templates(value)
	if err != nil {
		return invalidArguments([]papi.Violation{{Path: argTemplate, Allowed: err.Error()}}).outcome()
	}
	var done []convertedTemplate
	var wrong []papi.Violation
	for i, one := range all {
		converted, notes, violations := template.FromMeta(one)
		for _, v := range violations {
			at := argTemplate
			if len(all) > 1 {
				at = fmt.Sprintf("%s[%d]", argTemplate, i)
			}
			v.Path = papi.JoinPath(at, v.Path)
			wrong = append(wrong, v)
		}
		if more := len(notes) - maxNotes; more > 0 {
			notes = append(notes[:maxNotes:maxNotes], template.Note{Note: papi.Count(more, "more note") + " left out"})
		}
		done = append(done, convertedTemplate{Arguments: converted, Notes: notes, Violations: violations})
	}
	r := &Result{Tool: catalog.WhatsappTemplateConvert}
	for _, note := range notes {
		r.Warnings = append(r.Warnings, note.Path+": "+note.Note)
	}
	switch {
	case len(wrong) > 0 && !anyConverted(done):
		return invalidArguments(wrong).outcome()
	case len(done) == 1:
		r.Data = done[0]
		r.Next = s.afterConvert(done[0].Arguments)
	default:
		shown, short := boundConverted(done)
		r.Data = map[string]any{"templates": shown}
		if left := len(done) - len(shown); left > 0 {
			r.Warnings = append(r.Warnings, papi.Count(left, "more template")+" left out: give fewer in a call")
		}
		if short {
			r.Warnings = append(r.Warnings, "where arguments are missing, give the template alone")
		}
		r.Next = s.afterConvert(nil)
	}
	return Outcome{Structured: r}
}

func anyConverted(all []convertedTemplate) bool {
	for _, one := range all {
		if one.Arguments != nil {
			return true
		}
	}
	return false
}

// boundConverted returns the templates of a list, the first with their arguments, within
// maxConverted, and whether arguments were left out of some.
func boundConverted(all []convertedTemplate) (shown []convertedTemplate, short bool) {
	used := 0
	for _, one := range all {
		if size := estimateTokens(jsonvalue.Encode(one)); used+size <= maxConverted*3/4 {
			used, shown = used+size, append(shown, one)
			continue
		}
		if one.Arguments != nil {
			one.Name, one.Language = jsonvalue.Text(one.Arguments, "name"), jsonvalue.Text(one.Arguments, "language")
			one.Arguments, short = nil, true
		}
		size := estimateTokens(jsonvalue.Encode(one))
		if used+size > maxConverted {
			return shown, short
		}
		used, shown = used+size, append(shown, one)
	}
	return shown, short
}

// afterConvert are the steps after a conversion: check what came of it, then create it.
func (s *Set) afterConvert(args map[string]any) []catalog.Next {
	known, needs := map[string]any{}, []string{"details"}
	for _, name := range []string{"name", "language", "category"} {
		if value := args[name]; value != nil {
			known[name] = value
		} else {
			needs = append(needs, name)
		}
	}
	return s.offered([]catalog.Next{
		{Do: "check the arguments, after what the notes ask for", Tool: catalog.WhatsappTemplateLint, Args: known, Needs: needs},
		{Do: "create it", Tool: templateCreate, Args: known, Needs: needs},
	}, "")
}
