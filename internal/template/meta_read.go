package template

import (
	"fmt"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Templates returns the templates of Meta's in a value: one template, a list of them, or
// the answer of a GET, which has the list in data; or a text with any of these as JSON.
// A template with several languages is one for each. What is in the list and no template
// is returned too, so that [FromMeta] says what is wrong with it. The notes are about
// what is not there. The error says that there is no template at all.
func Templates(value any) (all []any, notes []Note, err error) {
	if text, ok := value.(string); ok {
		if strings.TrimSpace(text) == "" {
			return nil, nil, fmt.Errorf("it is empty: give %s", templateForms)
		}
		decoded, err := jsonvalue.Decode([]byte(strings.TrimPrefix(text, "\ufeff")))
		if err != nil {
			return nil, nil, fmt.Errorf("it is not JSON (%w): give %s", err, templateForms)
		}
		value = decoded
	}
	if inner := jsonvalue.Object(value, "message_templates"); inner != nil { // a field of the account
		value = inner
	}
	if object, ok := value.(map[string]any); ok && object["data"] != nil {
		if list, ok := object["data"].([]any); ok {
			value = list
		}
		if next := jsonvalue.Field(object, "paging.next"); !jsonvalue.IsEmpty(next) {
			notes = append(notes, Note{"paging.next", "there are more templates: get the next pages from Meta too"})
		}
	}
	items, isList := value.([]any)
	switch {
	case !isList:
		if problem := notTemplate(value); problem != "" {
			return nil, nil, fmt.Errorf("it is no template of Meta's: %s", problem)
		}
		items = []any{value}
	case len(items) == 0:
		return nil, nil, fmt.Errorf("the list is empty: give %s", templateForms)
	}
	for _, item := range items {
		all = append(all, byLanguage(item)...)
	}
	return all, notes, nil
}

// templateForms says what is accepted.
const templateForms = "a template as Meta's Graph API has it ({name, language, category, components}), a list of them, or the answer of its GET ({data: [...]})"

// byLanguage returns a template for each of its languages, which an upsert lists.
func byLanguage(item any) []any {
	template, _ := item.(map[string]any)
	languages := jsonvalue.List(template, "languages")
	if len(languages) == 0 || template["language"] != nil {
		return []any{item}
	}
	var all []any
	for _, language := range languages {
		one := jsonvalue.With(template, "language", language)
		delete(one, "languages")
		all = append(all, one)
	}
	return all
}

// notTemplate says why a value is no template of Meta's; "" where it is one.
func notTemplate(value any) string {
	template, ok := value.(map[string]any)
	has := func(name string) bool { return !jsonvalue.IsEmpty(template[name]) }
	switch {
	case !ok:
		return fmt.Sprintf("it is %s, not %s", papi.TypeName(value), templateForms)
	case has("details"):
		return "it has details, as the arguments of whatsapp_template_create: use them as they are"
	case has("messaging_product"), has("template"):
		return "it is a message to send; give the template as message_templates has it"
	case has("error"):
		return "it is an error of Meta's: " + papi.Quoted(jsonvalue.Text(template, "error.message"), 200)
	case template["components"] != nil, has("library_template_name"):
		return ""
	case has("id") && has("status"):
		return "it has no components: get it from Meta with fields=name,language,category,components"
	}
	return "it has no components; give " + templateForms
}
