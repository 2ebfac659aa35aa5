package tools

import (
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// answerSchemas are the contract's schemas of a row's answer: several where it is a
// union.
func answerSchemas(row *catalog.Row) []*papi.Schema {
	return variants([]*papi.Schema{row.Op().Answer()})
}

// itemSchemas are those of the items of the row's list.
func itemSchemas(row *catalog.Row) []*papi.Schema {
	var lists []*papi.Schema
	for _, s := range answerSchemas(row) {
		if list := s.Properties[row.List()]; list != nil {
			lists = append(lists, list)
		}
	}
	return schemasOfItems(variants(lists))
}

// variants resolves schemas, and replaces unions by their variants.
func variants(schemas []*papi.Schema) []*papi.Schema {
	var all []*papi.Schema
	for _, s := range schemas {
		if s == nil {
			continue
		}
		if s = s.Resolve(); len(s.AnyOf) > 0 {
			all = append(all, variants(s.AnyOf)...)
		} else {
			all = append(all, s)
		}
	}
	return all
}

// schemasOfItems are the schemas of the items of lists.
func schemasOfItems(lists []*papi.Schema) []*papi.Schema {
	var items []*papi.Schema
	for _, s := range lists {
		items = append(items, s.Items)
	}
	return variants(items)
}

// fieldSchemas are the schemas of a field of objects, and whether one of them has it: a
// schema without properties has any.
func fieldSchemas(objects []*papi.Schema, name string) (schemas []*papi.Schema, known bool) {
	free := true
	for _, s := range objects {
		switch p := s.Properties[name]; {
		case p != nil:
			schemas = append(schemas, p)
		case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
			schemas = append(schemas, s.AdditionalProperties.Schema)
		}
		free = free && len(s.Properties) == 0
	}
	return variants(schemas), free || len(schemas) > 0
}

// inContract reports whether the schemas have what is at a path; a list is its items.
func inContract(schemas []*papi.Schema, path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		if items := schemasOfItems(schemas); len(items) > 0 {
			schemas = items
		}
		next, ok := fieldSchemas(schemas, name)
		if !ok || len(next) == 0 {
			return false
		}
		schemas = next
	}
	return true
}

// unknownField is the warning about a path in fields that nothing has, after so many
// others: with the nearest path that the contract has, where one is near.
func unknownField(what, path string, schemas []*papi.Schema, others int) string {
	text := "fields: " + what + papi.Quoted(path, papi.MaxEcho) + ", and the contract does not know it"
	if others >= maxPaths { // a search costs more than a warning
		return text
	}
	for _, s := range schemas {
		if nearest := s.NearestPath(path); nearest != "" {
			return text + "; did you mean " + nearest + "?"
		}
	}
	return text
}

// unknownIn is the part of a value that the contract's schemas do not have, of a
// newer API for instance: a concise result leaves out what it knows, and nothing
// else. It is nil where there is none.
func unknownIn(value any, schemas []*papi.Schema) any {
	switch v := value.(type) {
	case map[string]any:
		var part map[string]any
		for name, inner := range v {
			if known, ok := fieldSchemas(schemas, name); ok {
				inner = unknownIn(inner, known)
			}
			if inner == nil {
				continue
			}
			if part == nil {
				part = map[string]any{}
			}
			part[name] = inner
		}
		if part != nil {
			return part
		}
	case []any:
		items := schemasOfItems(schemas)
		if len(items) == 0 {
			return nil
		}
		part, found := make([]any, len(v)), false
		for i, item := range v {
			part[i] = map[string]any{} // so that what is left keeps its place
			if inner := unknownIn(item, items); inner != nil {
				part[i], found = inner, true
			}
		}
		if found {
			return part
		}
	}
	return nil
}

// unknownFields are the unknown parts of an item by their paths. What is unknown in
// a list has the path of the list.
func unknownFields(item any, schemas []*papi.Schema) map[string]any {
	fields := map[string]any{}
	collectFields(fields, "", unknownIn(item, schemas), schemas)
	return fields
}

func collectFields(fields map[string]any, at string, part any, schemas []*papi.Schema) {
	for name, inner := range jsonvalue.Object(part, "") {
		path := papi.JoinPath(at, name)
		if known, ok := fieldSchemas(schemas, name); ok && jsonvalue.Object(inner, "") != nil {
			collectFields(fields, path, inner, known)
			continue
		}
		fields[path] = inner
	}
}
