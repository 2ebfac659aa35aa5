package papi

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Schema is one JSON Schema of the contract, with the keywords that the
// contract uses and no others. The zero value allows anything.
//
// Schemas are shared and must not be changed; Clone first.
type Schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Type                 Types              `json:"type,omitempty"`
	Description          string             `json:"description,omitempty"`
	Enum                 []any              `json:"enum,omitempty"`
	Const                any                `json:"const,omitempty"`
	Default              any                `json:"default,omitempty"`
	Format               string             `json:"format,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	MinLength            *int               `json:"minLength,omitempty"`
	MaxLength            *int               `json:"maxLength,omitempty"`
	Minimum              *float64           `json:"minimum,omitempty"`
	Maximum              *float64           `json:"maximum,omitempty"`
	MinItems             *int               `json:"minItems,omitempty"`
	MaxItems             *int               `json:"maxItems,omitempty"`
	UniqueItems          bool               `json:"uniqueItems,omitempty"`
	Items                *Schema            `json:"items,omitempty"`
	Required             []string           `json:"required,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	AdditionalProperties *Additional        `json:"additionalProperties,omitempty"`
	AnyOf                []*Schema          `json:"anyOf,omitempty"`
	AllOf                []*Schema          `json:"allOf,omitempty"` // of one reference; read as that reference
	Deprecated           bool               `json:"deprecated,omitempty"`
	ReadOnly             bool               `json:"readOnly,omitempty"`

	// DraftOptional marks a required property that a request with status DRAFT
	// may leave out.
	DraftOptional bool `json:"x-draft-optional,omitempty"`
	// EnumDescriptions says what each value of Enum means.
	EnumDescriptions map[string]string `json:"x-enum-descriptions,omitempty"`

	target *Schema // what Ref points to, set when the family is loaded
	// neededAtLaunch marks a property that a launch needs and the schema does not
	// require.
	neededAtLaunch bool
	// requiredAtLaunch marks a schema whose required properties may be missing
	// until a launch.
	requiredAtLaunch bool
	// discriminatorNames are set when the family is loaded; see discriminators.
	discriminatorNames []string
}

// Types is the keyword "type": one name or several.
type Types []string

// Has reports whether name is among the types.
func (t Types) Has(name string) bool { return slices.Contains(t, name) }

// UnmarshalJSON reads a string or a list of strings.
func (t *Types) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte{'"'}) {
		*t = make(Types, 1)
		return json.Unmarshal(b, &(*t)[0])
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// MarshalJSON writes a string where there is one type.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Additional is the keyword "additionalProperties": a schema, or false where
// Schema is nil.
type Additional struct{ Schema *Schema }

// UnmarshalJSON reads a schema or a boolean.
func (a *Additional) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true":
		a.Schema = &Schema{}
		return nil
	case "false":
		a.Schema = nil
		return nil
	}
	return json.Unmarshal(b, &a.Schema)
}

// MarshalJSON writes a schema or false.
func (a Additional) MarshalJSON() ([]byte, error) {
	if a.Schema == nil {
		return []byte("false"), nil
	}
	return json.Marshal(a.Schema)
}

// Values returns the enum; null is one of its values where the type allows it, since
// the contract's lists leave it out.
func (s *Schema) Values() []any {
	if len(s.Enum) > 0 && s.Type.Has("null") && !slices.Contains(s.Enum, nil) {
		return append(slices.Clone(s.Enum), nil)
	}
	return s.Enum
}

// fixed returns the values that are allowed, nil where the schema lists none.
func (s *Schema) fixed() []any {
	if s.Const != nil {
		return []any{s.Const}
	}
	return s.Values()
}

// Resolve follows references and returns a schema without one. Keywords next to a
// reference (a type, a description, a default) override those of its target. The schema
// may be shared: it must not be changed.
func (s *Schema) Resolve() *Schema {
	if s.target == nil {
		return s
	}
	target := s.target.Resolve()
	if s.Type == nil && s.Description == "" && s.Default == nil && s.EnumDescriptions == nil && (target.Deprecated || !s.Deprecated) &&
		target.DraftOptional == s.DraftOptional && target.neededAtLaunch == s.neededAtLaunch {
		return target
	}
	r := *target
	if s.Type != nil {
		r.Type = s.Type
	}
	if s.Description != "" {
		r.Description = s.Description
	}
	if s.Default != nil {
		r.Default = s.Default
	}
	if s.EnumDescriptions != nil {
		r.EnumDescriptions = s.EnumDescriptions
	}
	r.Deprecated = r.Deprecated || s.Deprecated
	r.DraftOptional, r.neededAtLaunch = s.DraftOptional, s.neededAtLaunch
	return &r
}

// MustHave returns the properties that a request must have, of those that the schema
// requires.
func (s *Schema) MustHave(draft bool) []string {
	return slices.DeleteFunc(slices.Clone(s.Required), func(name string) bool { return s.MayOmit(name, draft) })
}

// MayOmit reports whether a request may leave out a property although the schema
// requires it: in a draft, or before a launch.
func (s *Schema) MayOmit(name string, draft bool) bool {
	p := s.Properties[name]
	return s.requiredAtLaunch || draft && p != nil && p.DraftOptional
}

// Name returns the name of the schema that s refers to, or "".
func (s *Schema) Name() string {
	return strings.TrimPrefix(s.Ref, refPrefix)
}

const refPrefix = "#/components/schemas/"

// Clone copies s and its list of properties; the properties are shared.
func (s *Schema) Clone() *Schema {
	c := *s
	c.Properties = maps.Clone(s.Properties)
	return &c
}

// PropertyNames returns the names of the schema's properties, at any depth.
func (s *Schema) PropertyNames() map[string]bool {
	names, visited := map[string]bool{}, map[*Schema]bool{}
	var collect func(s *Schema)
	collect = func(s *Schema) {
		for s.target != nil {
			s = s.target
		}
		if visited[s] {
			return
		}
		visited[s] = true
		for name := range s.Properties {
			names[name] = true
		}
		s.children(collect)
	}
	collect(s)
	return names
}

// children calls do for each schema directly below s.
func (s *Schema) children(do func(*Schema)) {
	for _, p := range s.Properties {
		do(p)
	}
	if s.Items != nil {
		do(s.Items)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		do(s.AdditionalProperties.Schema)
	}
	for _, b := range s.AnyOf {
		do(b)
	}
}
