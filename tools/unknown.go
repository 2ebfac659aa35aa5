package tools

import (
	"strings"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// contractPart is what the contract has of a part of an answer: the schemas of that part, several
// where it is a union, and what is below them, which is found when it is first needed.
type contractPart struct {
	schemas []*papi.Schema
	// free: any field is known, since no schema names one.
	free   bool
	fields func() map[string]*contractPart
	others func() *contractPart // the fields without a name of their own; nil: they are unknown
	items  func() *contractPart // of a list; nil: of no list
}

// partOf is the part that any of the schemas describes.
func partOf(schemas []*papi.Schema) *contractPart {
	p := &contractPart{schemas: variants(schemas), free: true}
	names := map[string]bool{}
	var items []*papi.Schema
	for _, s := range p.schemas {
		for name := range s.Properties {
			names[name] = true
		}
		items = append(items, s.Items)
	}
	p.free = len(names) == 0
	p.fields = sync.OnceValue(func() map[string]*contractPart {
		fields := make(map[string]*contractPart, len(names))
		for name := range names {
			fields[name] = partOf(fieldSchemas(p.schemas, name))
		}
		return fields
	})
	p.others = sync.OnceValue(func() *contractPart {
		if others := fieldSchemas(p.schemas, ""); p.free || len(others) > 0 {
			return partOf(others)
		}
		return nil
	})
	p.items = sync.OnceValue(func() *contractPart {
		if of := partOf(items); len(of.schemas) > 0 {
			return of
		}
		return nil
	})
	return p
}

// field is the part that is a field; nil where it is unknown.
func (p *contractPart) field(name string) *contractPart {
	if known := p.fields()[name]; known != nil {
		return known
	}
	return p.others()
}

// has reports whether the part has what is at a path; a list is its items.
func (p *contractPart) has(path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		if items := p.items(); items != nil {
			p = items
		}
		if p = p.field(name); p == nil || len(p.schemas) == 0 {
			return false
		}
	}
	return true
}

// answers caches the part that is the complete answer of a row.
var answers sync.Map // *catalog.Row to *contractPart

func answerPart(row *catalog.Row) *contractPart {
	if found, ok := answers.Load(row); ok {
		return found.(*contractPart)
	}
	found, _ := answers.LoadOrStore(row, partOf([]*papi.Schema{row.Op().Answer()}))
	return found.(*contractPart)
}

// itemPart is an item of the row's list.
func itemPart(row *catalog.Row) *contractPart {
	if list := answerPart(row).fields()[row.List()]; list != nil && list.items() != nil {
		return list.items()
	}
	return partOf(nil)
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

// fieldSchemas are the schemas that objects have of a field.
func fieldSchemas(objects []*papi.Schema, name string) []*papi.Schema {
	var schemas []*papi.Schema
	for _, s := range objects {
		switch p := s.Properties[name]; {
		case p != nil:
			schemas = append(schemas, p)
		case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
			schemas = append(schemas, s.AdditionalProperties.Schema)
		}
	}
	return schemas
}

// unknownField is the warning about a path in fields that nothing has, after so many
// others: with the nearest path that the contract has, where one is near.
func unknownField(what, path string, of *contractPart, others int) string {
	text := "fields: " + what + papi.Quoted(path, papi.MaxEcho) + ", and the contract does not know it"
	if others >= maxPaths { // a search costs more than a warning
		return text
	}
	for _, s := range of.schemas {
		if nearest := s.NearestPath(path); nearest != "" {
			return text + "; did you mean " + nearest + "?"
		}
	}
	return text
}

// unknownIn is what the contract does not have of a value, of a newer API for instance: a
// concise result leaves out what it knows, and nothing else. It is nil where there is
// none.
func unknownIn(value any, of *contractPart) any {
	switch v := value.(type) {
	case map[string]any:
		if fields := unknownFields(v, of, ""); fields != nil { // not a nil map
			return fields
		}
	case []any:
		items := of.items()
		if items == nil {
			return nil
		}
		var unknown []any
		for i, item := range v {
			inner := unknownIn(item, items)
			if inner == nil {
				continue
			}
			if unknown == nil { // what is left keeps its place
				unknown = make([]any, len(v))
				for j := range unknown {
					unknown[j] = map[string]any{}
				}
			}
			unknown[i] = inner
		}
		if unknown != nil {
			return unknown
		}
	}
	return nil
}

// unknownFields is what the contract does not have of an object, but for the field except;
// "" is none.
func unknownFields(object map[string]any, of *contractPart, except string) map[string]any {
	var unknown map[string]any
	for name, inner := range object {
		if name == except && except != "" {
			continue
		}
		if known := of.field(name); known != nil {
			inner = unknownIn(inner, known)
		}
		if inner == nil {
			continue
		}
		if unknown == nil {
			unknown = map[string]any{}
		}
		unknown[name] = inner
	}
	return unknown
}

// unknownPaths adds the unknown parts of a value to those by their paths, which begin
// with at. What is unknown in a list has the path of the list.
func unknownPaths(by map[string]any, at string, unknown any, of *contractPart) {
	for name, inner := range jsonvalue.Object(unknown, "") {
		path := papi.JoinPath(at, name)
		if known := of.field(name); known != nil && jsonvalue.Object(inner, "") != nil {
			unknownPaths(by, path, inner, known)
			continue
		}
		by[path] = inner
	}
}
