package papi

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

type validatorKey struct {
	schema weak.Pointer[Schema]
	opts   CheckOptions
}

// validators are those of the schemas that are in use: those of a schema that was
// made for a tenant are removed with it.
var validators sync.Map // validatorKey to *jsonschema.Schema

// validator returns the compiled schema.
func (s *Schema) validator(opts CheckOptions) *jsonschema.Schema {
	opts.Formats = false // the validator ignores them
	key := validatorKey{weak.Make(s), opts}
	if v, ok := validators.Load(key); ok {
		return v.(*jsonschema.Schema)
	}
	const location = "papi:///schema"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(location, s.forValidator(opts)); err != nil {
		panic("papi: " + err.Error())
	}
	actual, kept := validators.LoadOrStore(key, compiler.MustCompile(location))
	if !kept {
		runtime.AddCleanup(s, func(key validatorKey) { validators.Delete(key) }, key)
	}
	return actual.(*jsonschema.Schema)
}

// forValidator returns the schema in the form that the validator compiles: references
// replaced by their targets, and no unions and formats, which the checker checks
// itself.
func (s *Schema) forValidator(opts CheckOptions) map[string]any {
	e := expander{opts: opts, open: map[*Schema]bool{}, recursive: map[string]*Schema{}}
	out := asJSON(e.expand(s))
	defs := map[string]any{}
	for name, target := range e.recursive {
		defs[name] = asJSON(e.expand(&Schema{Ref: refPrefix + name, target: target}))
	}
	if len(defs) > 0 {
		out["$defs"] = defs
	}
	return out
}

func asJSON(s *Schema) (object map[string]any) {
	raw, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(raw, &object)
	}
	if err != nil {
		panic(fmt.Sprintf("papi: a schema can't be written as JSON: %v", err))
	}
	return object
}

type expander struct {
	opts      CheckOptions
	open      map[*Schema]bool   // the references that are being expanded
	recursive map[string]*Schema // those that refer to themselves
}

func (e *expander) expand(s *Schema) *Schema {
	if s.target != nil {
		if e.open[s.target] {
			e.recursive[s.Name()] = s.target
			return &Schema{Ref: "#/$defs/" + s.Name()}
		}
		e.open[s.target] = true
		defer delete(e.open, s.target)
		s = s.Resolve()
	}
	if len(s.AnyOf) > 0 {
		return &Schema{}
	}
	out := s.Clone()
	out.Ref, out.Format, out.Description, out.EnumDescriptions = "", "", "", nil
	out.Enum = s.Values()
	out.Required = s.MustHave(e.opts.Draft)
	if s.Items != nil {
		out.Items = e.expand(s.Items)
	}
	for name, property := range s.Properties {
		out.Properties[name] = e.expand(property)
	}
	switch {
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		out.AdditionalProperties = &Additional{e.expand(s.AdditionalProperties.Schema)}
	case e.opts.Closed && s.Properties != nil:
		out.AdditionalProperties = &Additional{}
	}
	return out
}

// Values returns the enum; null is one of its values where the type allows it, since
// the contract's lists leave it out.
func (s *Schema) Values() []any {
	if len(s.Enum) > 0 && s.Type.Has("null") && !slices.Contains(s.Enum, nil) {
		return append(slices.Clone(s.Enum), nil)
	}
	return s.Enum
}
