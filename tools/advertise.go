package tools

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// simpleSchema is a schema in the list of tools, which a model reads before the first word:
// what it needs to choose the tool and to make a good first call. It has one type and
// the keywords that all clients know; some refuse a tool, or all of them, for one that
// they don't. Calls are validated against the complete contract, which schema_get shows.
type simpleSchema struct {
	Type        string        `json:"type"`
	Description string        `json:"description,omitempty"`
	Enum        []string      `json:"enum,omitempty"`
	Items       *simpleSchema `json:"items,omitempty"`
	Properties  properties    `json:"properties,omitempty"`
	Required    []string      `json:"required,omitempty"`
	// Open objects accept more than they list. A client with strict function calling
	// would close them otherwise.
	Open bool `json:"additionalProperties,omitempty"`
}

// properties are those of an object in the order in which they are written, since a
// model reads the first ones first.
type properties []property

type property struct {
	name   string
	schema *simpleSchema
}

// MarshalJSON implements json.Marshaler.
func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, one := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", jsonvalue.Encode(one.name), jsonvalue.Encode(one.schema))
	}
	return slices.Concat([]byte{'{'}, b.Bytes(), []byte{'}'}), nil
}

const (
	// realLevels is how many levels of a call's arguments are listed as they are: the
	// arguments, and the objects among them. An object below them is an outline.
	realLevels   = 2
	outlineDepth = 2 // of the objects in an outline
	listedValues = 8 // of an enum
)

// lister lists the arguments of one tool.
type lister struct{ tool string }

// advertised returns the schema of an operation's arguments in the form of the list. The
// properties are those of an object without those that are not listed.
func advertised(row *catalog.Row, s *papi.Schema) json.RawMessage {
	first := row.Op().PathIDs()
	if slices.Contains(s.Required, argProject) {
		first = append([]string{argProject}, first...)
	}
	return jsonvalue.Encode(lister{row.Tool}.object("", s, 0, first, []string{argAll, "pageSize", "pageToken", argDetail, argConfirm}))
}

// advertisedCore returns the schema of a core tool's arguments in the form of the list.
func advertisedCore(c *coreTool) json.RawMessage {
	schema := c.schema
	if c.listed != nil {
		schema = c.listed
	}
	return jsonvalue.Encode(lister{c.name}.object("", schema(), 0, nil, nil))
}

// object lists the object at a path, some of its properties first and some last.
func (l lister) object(path string, s *papi.Schema, level int, first, last []string) *simpleSchema {
	out := &simpleSchema{Type: "object", Open: true}
	names := slices.DeleteFunc(s.Order(), func(name string) bool { return s.Properties[name].Resolve().IsDeprecated() })
	place := func(name string) int {
		if i := slices.Index(first, name); i >= 0 {
			return i - len(first)
		}
		return 1 + slices.Index(last, name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	required := s.MustHave(true)
	for _, name := range names {
		p := l.value(papi.JoinPath(path, name), s.Properties[name], level+1)
		if slices.Contains(required, name) {
			out.Required = append(out.Required, name)
		} else if slices.Contains(s.Required, name) {
			p.Description = joined(p.Description, "needed to submit")
		}
		out.Properties = append(out.Properties, property{name, p})
	}
	return out
}

// value lists the property at a path.
func (l lister) value(path string, s *papi.Schema, level int) *simpleSchema {
	s = s.Resolve()
	deletes := ""
	if s.Type.Has("null") {
		s = withoutNull(s)
		deletes = "null deletes"
	}
	one, enough := oneForm(s)
	var out *simpleSchema
	switch item := itemOf(one); {
	case item == nil:
		out = scalar(one)
	case level >= realLevels || holdsAnyNames(item):
		out = outlined(one, item)
	default:
		out = l.object(path, item, level, nil, nil)
	}
	if one.Items != nil && out.Type != "array" {
		out = &simpleSchema{Type: "array", Items: out, Description: out.Description}
		out.Items.Description = ""
	}
	out.Description = joined(l.words(path, one), out.Description, enough, deletes)
	return out
}

// withoutNull returns the schema of the values other than null.
func withoutNull(s *papi.Schema) *papi.Schema {
	s = s.Clone()
	s.Type = slices.DeleteFunc(slices.Clone(s.Type), func(kind string) bool { return kind == "null" })
	return s
}

// oneForm returns the object of a union of an object and a boolean, and says that true
// is short for it; any other schema is returned as it is.
func oneForm(s *papi.Schema) (one *papi.Schema, enough string) {
	objects := slices.DeleteFunc(slices.Clone(s.AnyOf), func(v *papi.Schema) bool { return v.Resolve().Type.Has("boolean") })
	if len(objects) != 1 {
		return s, ""
	}
	one = objects[0].Resolve().Clone()
	one.Description = cmp.Or(s.Description, one.Description)
	return one, "true is enough"
}

// itemOf returns the object that a schema describes, or that the items of its list are;
// nil where these are scalars.
func itemOf(s *papi.Schema) *papi.Schema {
	if s.Items != nil {
		s = s.Items.Resolve()
	}
	if len(s.Properties) == 0 && len(s.AnyOf) == 0 && !s.Type.Has("object") {
		return nil
	}
	return s
}

// holdsAnyNames reports whether an object holds one whose names are free: it could only
// be listed without a property.
func holdsAnyNames(s *papi.Schema) bool {
	for _, p := range s.Properties {
		if item := itemOf(p.Resolve()); item != nil && len(item.Properties)+len(item.AnyOf) == 0 {
			return true
		}
	}
	return false
}

// scalar lists a value that holds no objects, or a list of such values.
func scalar(s *papi.Schema) *simpleSchema {
	if s.Items != nil {
		item := scalar(s.Items.Resolve())
		out := &simpleSchema{Type: "array", Items: item, Description: item.Description}
		item.Description = ""
		return out
	}
	out := &simpleSchema{Type: typeOf(s)}
	values := s.EnumTexts()
	switch {
	case len(values) > listedValues:
		out.Description = s.Outline(papi.OutlineOptions{Values: listedValues})
	case out.Type == "string":
		out.Enum = values
	}
	return out
}

// typeOf is the one type of a schema's values.
func typeOf(s *papi.Schema) string {
	if len(s.Type) == 0 {
		return "string"
	}
	return s.Type[0]
}

// outlined lists an object, or a list of objects, as an outline. One of the properties
// is listed: some clients refuse an object that has none.
func outlined(s, item *papi.Schema) *simpleSchema {
	out := &simpleSchema{Type: "object", Open: true}
	if len(item.AnyOf) > 0 {
		item = item.AnyOf[0].Resolve()
	}
	name := simplest(item)
	if inner := itemOf(item.Properties[name].Resolve()); inner != nil {
		out.Properties = properties{{name, outlined(inner, inner)}}
		out.Properties[0].schema.Description = ""
	} else {
		p := scalar(item.Properties[name].Resolve())
		out.Properties = properties{{name, &simpleSchema{Type: p.Type, Items: p.Items}}}
	}
	out.Description = s.Outline(papi.OutlineOptions{Depth: outlineDepth, Values: listedValues})
	if strings.Contains(out.Description, "|null") {
		out.Description += "; null deletes"
	}
	return out
}

// simplest returns the name of the first property that is not an object, or else the first.
func simplest(s *papi.Schema) string {
	order := s.Order()
	for _, name := range order {
		if itemOf(s.Properties[name].Resolve()) == nil {
			return name
		}
	}
	return order[0]
}

// joined joins what is said of a property.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "; ")
}
