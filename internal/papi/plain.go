package papi

import "slices"

// plain writes out the schema for the validator: references replaced by what
// they point to, no keyword that checks nothing, and no union: a checker looks
// at these, and at formats, by itself.
func (s *Schema) plain(mode Mode) map[string]any {
	p := plainer{mode: mode, open: map[*Schema]bool{}, recursive: map[string]*Schema{}}
	out := p.plain(s)
	defs := map[string]any{}
	for name, target := range p.recursive {
		defs[name] = p.plain(&Schema{Ref: refPrefix + name, target: target})
	}
	if len(defs) > 0 {
		out["$defs"] = defs
	}
	return out
}

type plainer struct {
	mode      Mode
	open      map[*Schema]bool   // the references that are being written out
	recursive map[string]*Schema // those that were met again meanwhile
}

func (p *plainer) plain(s *Schema) map[string]any {
	if s.target != nil {
		if p.open[s.target] {
			p.recursive[s.Name()] = s.target
			return map[string]any{"$ref": "#/$defs/" + s.Name()}
		}
		p.open[s.target] = true
		defer delete(p.open, s.target)
		s = s.Resolve()
	}
	out := map[string]any{}
	set := func(name string, given bool, value any) {
		if given {
			out[name] = value
		}
	}
	if len(s.AnyOf) > 0 {
		return out // the checker's own choice
	}
	set("type", len(s.Type) > 0, anys(s.Type))
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
		out["items"] = p.plain(s.Items)
	}
	var required []any
	for _, name := range s.Required {
		if !s.MayLack(name, p.mode.Draft) {
			required = append(required, name)
		}
	}
	set("required", len(required) > 0, required)
	if s.Properties != nil {
		properties := make(map[string]any, len(s.Properties))
		for name, property := range s.Properties {
			properties[name] = p.plain(property)
		}
		out["properties"] = properties
	}
	switch {
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		out["additionalProperties"] = p.plain(s.AdditionalProperties.Schema)
	case s.AdditionalProperties != nil, p.mode.Closed && s.Properties != nil:
		out["additionalProperties"] = false
	}
	return out
}

// Values is the list of fixed values; null is one of them where the type allows
// it, since the contract's lists leave it out.
func (s *Schema) Values() []any {
	if len(s.Enum) > 0 && s.Type.Has("null") && !slices.Contains(s.Enum, nil) {
		return append(slices.Clone(s.Enum), nil)
	}
	return s.Enum
}

func anys(of []string) []any {
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
