package papi

import (
	"bytes"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Merge returns one object that accepts each of the variants: it has the properties
// of all of them, at any depth, and requires what all of them require. A property
// that only a deprecated variant has is marked as deprecated.
func Merge(variants []*Schema) *Schema {
	merged := variants[0].Resolve().Clone()
	if len(variants) == 1 {
		return merged
	}
	merged.Description = ""
	for _, s := range variants[1:] {
		s = s.Resolve()
		for name, p := range s.Properties {
			switch before, known := merged.Properties[name]; {
			case known:
				merged.Properties[name] = both(before, p)
			case s.IsDeprecated():
				p = p.Resolve().Clone()
				p.Deprecated = true
				merged.Properties[name] = p
			default:
				merged.Properties[name] = p
			}
		}
		merged.Required = slices.DeleteFunc(slices.Clone(merged.Required), func(name string) bool {
			return !slices.Contains(s.Required, name)
		})
	}
	return merged
}

// both accepts what either of two properties of the same name accepts.
func both(a, b *Schema) *Schema {
	left, right := a.Resolve(), b.Resolve()
	switch {
	case a == b:
		return a
	case len(left.Properties) > 0 && len(right.Properties) > 0:
		merged := Merge([]*Schema{a, b})
		merged.Description = left.Description
		return merged
	case left.EnumTexts() != nil && right.EnumTexts() != nil && !slices.Equal(left.EnumTexts(), right.EnumTexts()):
		merged := left.Clone()
		values := append(left.EnumTexts(), right.EnumTexts()...)
		slices.Sort(values)
		merged.Const, merged.Enum = nil, nil
		for _, value := range slices.Compact(values) {
			merged.Enum = append(merged.Enum, value)
		}
		return merged
	case strings.Contains(left.Description, right.Description):
		return a
	case strings.Contains(right.Description, left.Description):
		return b
	}
	merged := left.Clone()
	merged.Description = left.Description + "; or: " + right.Description
	return merged
}

// mergeAlike merges the variants of a union that no fixed value distinguishes, where one
// object says the same in far fewer words: answers of which a request may give any
// part. The deprecated variants stay next to it.
func mergeAlike(union []*Schema) []*Schema {
	var current, outdated []*Schema
	for _, v := range union {
		if v.Resolve().IsDeprecated() {
			outdated = append(outdated, v)
			continue
		}
		current = append(current, v)
	}
	if len(current) < 2 || !slices.EqualFunc(current[1:], current[:len(current)-1], alike) {
		return union
	}
	return append([]*Schema{Merge(current)}, outdated...)
}

// alike reports whether two objects require nothing, and differ only in fixed
// values and in properties that one of them lacks.
func alike(a, b *Schema) bool {
	a, b = a.Resolve(), b.Resolve()
	for _, s := range []*Schema{a, b} {
		if len(s.Properties) == 0 || len(s.MustHave(false)) > 0 {
			return false
		}
	}
	for name, p := range a.Properties {
		if q := b.Properties[name]; q != nil && !bytes.Equal(limits(p), limits(q)) {
			return false
		}
	}
	return true
}

// limits is what a schema says besides its fixed values and its descriptions.
func limits(s *Schema) []byte {
	bare := s.Resolve().Clone()
	bare.Const, bare.Enum, bare.EnumDescriptions, bare.Description = nil, nil, nil, ""
	return jsonvalue.Encode(bare)
}
