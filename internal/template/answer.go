package template

import (
	"maps"
	"strings"
	"sync"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// input is the schema of the arguments of whatsapp_template_create.
var input = sync.OnceValue(func() *papi.Schema { return papi.LookupSchema("WhatsappTemplateInputDto") })

// FromAnswer returns the arguments of whatsapp_template_create for the template in an
// answer of whatsapp_template_get or in a list's: its name, language, category and
// details. Where changes are pending (a draft, a template in review or a rejected one),
// the details are those that would be submitted: the live ones with the changes. What
// only answers have is left out: states, analytics, null, and values such as
// UNRECOGNIZED.
func FromAnswer(answer map[string]any) map[string]any {
	changes := jsonvalue.Object(answer, "changes.details")
	if changes == nil {
		return FromLive(answer)
	}
	details := map[string]any{}
	if live := jsonvalue.Object(FromLive(answer), "details"); live != nil {
		details = live
	}
	for name, value := range changes {
		if value != nil {
			details[name] = value
		}
	}
	return arguments(answer, details)
}

// FromLive is FromAnswer for the live details alone, without pending changes: those that
// Meta approved last. There are no details where nothing was approved yet. The texts that
// Meta writes for an AUTHENTICATION template are left out, since a create takes none.
func FromLive(answer map[string]any) map[string]any {
	out := arguments(answer, jsonvalue.Object(answer, "details"))
	delete(out, "allowCategoryChange") // of the changes
	if out["category"] == authentication {
		for _, component := range jsonvalue.Objects(out, "details.components") {
			withoutMetaText(component)
		}
	}
	return out
}

const authentication = "AUTHENTICATION"

// withoutMetaText removes the texts that Meta writes in a component of an AUTHENTICATION
// template, which has switches for them.
func withoutMetaText(component map[string]any) {
	switch {
	case component["type"] == "BODY":
		delete(component, "text")
		delete(component, "examples")
	case component["type"] == "FOOTER" && component["codeExpirationMinutes"] != nil:
		delete(component, "text")
	}
}

func arguments(answer, details map[string]any) map[string]any {
	given := map[string]any{
		"name": answer["name"], "language": answer["language"], "category": answer["category"],
		"allowCategoryChange": jsonvalue.Field(answer, "changes.allowCategoryChange"),
	}
	if details != nil {
		given["details"] = details
	}
	out, _ := input().Request(given, requestNames)
	return out.(map[string]any)
}

// requestNames returns a copy of an object with the names and values that requests have
// where answers have others: a text header's example, and a bid strategy.
func requestNames(given map[string]any) map[string]any {
	object := maps.Clone(given)
	if example := jsonvalue.Text(given, "example"); example != "" && given["format"] == "TEXT" && given["examples"] == nil {
		object["examples"] = []any{example}
	}
	if strategy, ok := given["bidStrategy"].(string); ok {
		object["bidStrategy"] = strings.TrimPrefix(strategy, "BID_STRATEGY_")
	}
	return object
}

// Update returns the details of a template after an update with changes: a field that is
// null is removed, any other is replaced.
func Update(details, changes map[string]any) map[string]any {
	updated := map[string]any{}
	maps.Copy(updated, details)
	for name, value := range changes {
		if object, ok := value.(map[string]any); ok {
			value = withoutNulls(object)
		}
		updated[name] = value
	}
	return withoutNulls(updated)
}

func withoutNulls(object map[string]any) map[string]any {
	object = maps.Clone(object)
	maps.DeleteFunc(object, func(_ string, value any) bool { return value == nil })
	return object
}
