package tools

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// What clients are told has the keywords and formats of JSON Schema 2020-12
// alone: some refuse a tool, or all of them, for one that they do not know.
// test/clients compiles them with a strict Ajv.
func TestAdvertisedSchemasAreStandard(t *testing.T) {
	keywords := []string{
		"$schema", "type", "description", "title", "enum", "const", "default", "format", "pattern", "minLength", "maxLength", "minimum", "maximum",
		"minItems", "maxItems", "uniqueItems", "items", "required", "properties", "additionalProperties", "anyOf", "deprecated", "readOnly", "examples",
	}
	formats := []string{"uri", "email", "date-time"}
	// A strict Ajv asks for the type beside a keyword that is for one type.
	typeOf := map[string]string{"minLength": "string", "maxLength": "string", "pattern": "string", "format": "string", "minimum": "number", "maximum": "number", "minItems": "array", "maxItems": "array", "uniqueItems": "array", "items": "array", "properties": "object", "required": "object", "additionalProperties": "object"}
	for _, byDefault := range []string{project, ""} {
		set, _ := newSet(t, answerJSON(http.StatusOK, nil), func(o *guard.Options) { o.Default = byDefault })
		for _, tool := range set.Tools() {
			var look func(path string, schema map[string]any)
			look = func(path string, schema map[string]any) {
				kinds, isList := schema["type"].([]any)
				if !isList {
					kinds = []any{schema["type"]}
				} else if len(kinds) != 2 || !slices.Contains(kinds, any("null")) {
					t.Errorf("%s: several types: %v", path, kinds)
				}
				for keyword, value := range schema {
					if !slices.Contains(keywords, keyword) {
						t.Errorf("%s: the keyword %q", path, keyword)
					}
					if want := typeOf[keyword]; want != "" && !slices.Contains(kinds, any(want)) {
						t.Errorf("%s: %q beside type %v", path, keyword, kinds)
					}
					switch v := value.(type) {
					case map[string]any:
						if keyword != "properties" {
							look(path+"/"+keyword, v)
							continue
						}
						for name, p := range v {
							look(path+"."+name, p.(map[string]any))
						}
					case []any:
						if keyword == "anyOf" {
							for _, variant := range v {
								look(path, variant.(map[string]any))
							}
						}
					case string:
						if keyword == "format" && !slices.Contains(formats, v) {
							t.Errorf("%s: the format %q", path, v)
						}
					}
				}
				properties, _ := schema["properties"].(map[string]any)
				required, _ := schema["required"].([]any)
				for _, name := range required {
					if properties[name.(string)] == nil {
						t.Errorf("%s: requires %v, which it does not name", path, name)
					}
				}
			}
			var schema map[string]any
			if err := json.Unmarshal(tool.RawInputSchema, &schema); err != nil {
				t.Fatal(err)
			}
			look(tool.Name, schema)
		}
	}
}

// What is advertised admits each variant of a union, the least and the most of
// it: a client that checks calls by it refuses none that the API takes.
func TestAdvertisedSchemasAdmitAllVariants(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for name, tool := range set.tools {
		a := tool.arguments()
		seen := advertised(a.advertised)
		for i, form := range tool.row.Op().Variants() {
			for _, most := range []bool{false, true} {
				given := a.shape(form, true).Sample(most)
				for _, v := range seen.Violations(given, papi.CheckOptions{}) {
					t.Errorf("%s, variant %d (most: %v): %+v", name, i, most, v)
				}
			}
			for name, p := range form.Properties {
				for below := range p.Resolve().Properties {
					if seen.Properties[name].Properties[below] == nil {
						t.Errorf("%s: variant %d has %s.%s, which is not advertised", tool.row.Tool, i, name, below)
					}
				}
			}
		}
	}
}
