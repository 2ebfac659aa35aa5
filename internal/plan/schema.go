package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/invopop/jsonschema"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// FileSchema returns the JSON schema of a file, for editors, from the kinds and the
// contract. It is as strict as it can be without knowing what is a draft, which may lack
// more, and what a reference is replaced by. docs/project.schema.json is a copy.
func FileSchema() []byte {
	w := &schemaWriter{defs: map[string]any{
		"reference": map[string]any{"type": "string", "pattern": `\$\{(var|file|env):`, "description": "a text with a reference: ${var:NAME}, or as the complete text ${file:PATH} or ${env:" + SecretPrefix + "NAME}"},
		"file":      map[string]any{"type": "string", "pattern": `^\$\{file:.*\}$`, "description": "${file:PATH} of a file *.yaml or *.json, below the folder of this one"},
	}}
	properties := map[string]any{
		keyProject: map[string]any{"type": "string", "minLength": 1, "description": "the id of the project; left out, it is given on the command line"},
	}
	deleted := map[string]any{}
	for _, kind := range Kinds {
		fields := kind.fields()
		item := w.object(fields.file)
		for _, name := range kind.Secret {
			item["properties"].(map[string]any)[name] = map[string]any{
				"type": "string", "pattern": `^\$\{env:` + SecretPrefix + `[A-Za-z0-9_]+\}$`,
				"description": "${env:" + SecretPrefix + "NAME}: a variable of the environment has the secret",
			}
		}
		if kind.Name == "whatsappTemplates" {
			w.languages(item, fields.file)
		}
		if kind.ByID {
			item["anyOf"] = []any{map[string]any{"required": []string{fieldID}}, map[string]any{"required": item["required"]}}
			delete(item, "required")
		}
		w.defs[kind.Name] = item
		properties[kind.Name] = w.listOf(map[string]any{"$ref": "#/$defs/" + kind.Name})
		if fields.deleted != nil {
			deleted[kind.Name] = w.listOf(w.object(fields.deleted))
		}
	}
	properties[keyDelete] = map[string]any{
		"type": "object", "additionalProperties": false, "properties": deleted,
		"description": "what is deleted: nothing else is",
	}
	var out bytes.Buffer
	_ = json.Indent(&out, jsonvalue.Encode(map[string]any{
		"$schema": jsonschema.Version, "title": "What a project of the Provisioning API contains, for papi-mcp",
		"type": "object", "additionalProperties": false, "properties": properties, "$defs": w.defs,
	}), "", " ") // of what was encoded here
	out.WriteByte('\n')
	return out.Bytes()
}

// schemaWriter writes schemas of the contract as JSON schemas of a file.
type schemaWriter struct{ defs map[string]any }

func (w *schemaWriter) listOf(item map[string]any) map[string]any {
	return orFile(map[string]any{"type": []string{"array", "null"}, "items": orFile(item)})
}

// orFile allows a file in the place of an object or a list.
func orFile(schema map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{schema, map[string]any{"$ref": "#/$defs/file"}}}
}

// languages makes an item of WhatsApp templates have several of them.
func (w *schemaWriter) languages(item map[string]any, file *papi.Schema) {
	one := w.object(file)
	delete(one, "required")
	shared := item["properties"].(map[string]any)
	shared[keyLanguages] = map[string]any{
		"type": "object", "description": "each language by its code, with the fields in which it differs from the template",
		"propertyNames":        map[string]any{"enum": file.Properties[keyLanguage].Resolve().Values()},
		"additionalProperties": map[string]any{"anyOf": []any{one, map[string]any{"$ref": "#/$defs/file"}, map[string]any{"type": "null"}, map[string]any{"type": "object", "required": []string{"components"}, "description": "a template in the form of Meta's Graph API"}}},
	}
	item["required"] = []string{keyName}
	item["oneOf"] = []any{map[string]any{"required": []string{keyLanguages}}, map[string]any{"required": []string{keyLanguage}}}
}

// object writes an object without a name of its own.
func (w *schemaWriter) object(s *papi.Schema) map[string]any {
	properties := map[string]any{}
	for name, p := range s.Properties {
		properties[name] = w.schema(p)
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if required := s.MustHave(true); len(required) > 0 {
		out["required"] = required
	}
	return out
}

// schema writes a schema; one that the contract names becomes a definition.
func (w *schemaWriter) schema(s *papi.Schema) map[string]any {
	name := s.Name()
	if name == "" || s.Type != nil { // it has more types than what it refers to
		return w.inline(s.Resolve())
	}
	if _, known := w.defs[name]; !known {
		w.defs[name] = nil // an object may hold itself
		w.defs[name] = w.inline(papi.LookupSchema(name).Resolve())
	}
	out := map[string]any{"$ref": "#/$defs/" + name}
	if s.Description != "" {
		out["description"] = s.Description
	}
	return out
}

func (w *schemaWriter) inline(s *papi.Schema) map[string]any {
	about := map[string]any{}
	if s.Description != "" {
		about["description"] = s.Description
	}
	if s.Deprecated {
		about["deprecated"] = true
	}
	if s.Default != nil {
		about["default"] = s.Default
	}
	out := map[string]any{}
	switch {
	case len(s.AnyOf) > 0:
		var variants []any
		for _, variant := range s.AnyOf {
			variants = append(variants, w.schema(variant))
		}
		out["anyOf"] = append(variants, map[string]any{"$ref": "#/$defs/file"})
	case s.Properties != nil:
		out = w.object(s)
		if s.Type.Has("null") {
			out["type"] = []string{"object", "null"}
		}
		out = orFile(out)
	case s.Items != nil:
		out = w.list(s)
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		out = orFile(map[string]any{"type": "object", "additionalProperties": w.schema(s.AdditionalProperties.Schema)})
	default:
		out = scalarSchema(s)
	}
	maps.Copy(out, about)
	return out
}

func (w *schemaWriter) list(s *papi.Schema) map[string]any {
	out := map[string]any{"type": s.Type, "items": w.schema(s.Items)}
	if s.MinItems != nil {
		out["minItems"] = *s.MinItems
	}
	if s.MaxItems != nil {
		out["maxItems"] = *s.MaxItems
	}
	if s.UniqueItems {
		out["uniqueItems"] = true
	}
	return orFile(out)
}

// scalarSchema allows a reference where a text has limits.
func scalarSchema(s *papi.Schema) map[string]any {
	out := map[string]any{}
	if s.Type != nil {
		out["type"] = s.Type
	}
	limits := 0
	limit := func(name string, value any, given bool) {
		if given {
			out[name] = value
			limits++
		}
	}
	limit("enum", s.Values(), len(s.Enum) > 0)
	limit("const", s.Const, s.Const != nil)
	limit("pattern", s.Pattern, s.Pattern != "")
	if s.MinLength != nil && *s.MinLength > 1 || s.MaxLength != nil {
		limits++
	}
	if s.MinLength != nil {
		out["minLength"] = *s.MinLength
	}
	if s.MaxLength != nil {
		out["maxLength"] = *s.MaxLength
	}
	if s.Minimum != nil {
		out["minimum"] = *s.Minimum
	}
	if s.Maximum != nil {
		out["maximum"] = *s.Maximum
	}
	if limits > 0 && (s.Type.Has("string") || s.Type == nil) && !slices.Equal(s.Type, papi.Types{"null"}) {
		return map[string]any{"anyOf": []any{out, map[string]any{"$ref": "#/$defs/reference"}}}
	}
	return out
}
