package papi

import "slices"

// forValidator returns the schema in the form that the validator compiles: references
// replaced by their targets, no keywords without effect, and no unions and formats,
// which the checker checks itself.
func (s *Schema) forValidator(mode Mode) map[string]any {
	e := expander{mode: mode, open: map[*Schema]bool{}, recursive: map[string]*Schema{}}
	out := e.expand(s)
	defs := map[string]any{}
	for name, target := range e.recursive {
		defs[name] = e.expand(&Schema{Ref: refPrefix + name, target: target})
	}
	if len(defs) > 0 {
		out["$defs"] = defs
	}
	return out
}

type expander struct {
	mode      Mode
	open      map[*Schema]bool   // the references that are being expanded
	recursive map[string]*Schema // those that refer to themselves
}

func (e *expander) expand(s *Schema) map[string]any {
	if s.target != nil {
		if e.open[s.target] {
			e.recursive[s.Name()] = s.target
			return map[string]any{"$ref": "#/$defs/" + s.Name()}
		}
		e.open[s.target] = true
		defer delete(e.open, s.target)
		s = s.Resolve()
	}
	out := map[string]any{}
	set := func(name string, given bool, value any) {
		if given {
			out[name] = value
		}
	}
	if len(s.AnyOf) > 0 {
		return out
	}
	set("type", len(s.Type) > 0, toAnys(s.Type))
	set("enum", len(s.Enum) > 0, s.Values())
	set("const", s.Const != nil, s.Const)
	set("pattern", s.Pattern != "", s.Pattern)
	setNumber(out, "minLength", s.MinLength)
	setNumber(out, "maxLength", s.MaxLength)
	setNumber(out, "minimum", s.Minimum)
	setNumber(out, "maximum", s.Maximum)
	setNumber(out, "minItems", s.MinItems)
	setNumber(out, "maxItems", s.MaxItems)
	set("uniqueItems", s.UniqueItems, true)
	if s.Items != nil {
		out["items"] = e.expand(s.Items)
	}
	var required []any
	for _, name := range s.Required {
		if !s.MayOmit(name, e.mode.Draft) {
			required = append(required, name)
		}
	}
	set("required", len(required) > 0, required)
	if s.Properties != nil {
		properties := make(map[string]any, len(s.Properties))
		for name, property := range s.Properties {
			properties[name] = e.expand(property)
		}
		out["properties"] = properties
	}
	switch {
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		out["additionalProperties"] = e.expand(s.AdditionalProperties.Schema)
	case s.AdditionalProperties != nil, e.mode.Closed && s.Properties != nil:
		out["additionalProperties"] = false
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

func toAnys(of []string) []any {
	all := make([]any, len(of))
	for i, v := range of {
		all[i] = v
	}
	return all
}

func setNumber[N int | float64](out map[string]any, name string, n *N) {
	if n != nil {
		out[name] = float64(*n)
	}
}
