package papi

import (
	"maps"
	"slices"
	"strings"
)

// placed says of an unknown name where it belongs, if it is known elsewhere.
func (s *Schema) placed(v Violation) Violation {
	places := s.places(v.unknown)
	if len(places) == 0 || len(places) > 3 {
		return v
	}
	var parents []string
	for _, place := range places {
		parent := "the top level"
		if i := strings.LastIndex(place, "."); i >= 0 {
			parent = place[:i]
		}
		parents = append(parents, parent)
	}
	v.Allowed = "no such name here; it belongs into " + strings.Join(parents, " or ")
	v.Nearest = strings.Join(places, ", ")
	return v
}

// places are the paths at which a name is known, the nearest to the top only: a
// deeper one is seldom meant. Items of lists are written [].
func (s *Schema) places(name string) []string {
	type level struct {
		schema *Schema
		path   string
	}
	const deepest = 8
	now := []level{{s, ""}}
	for range deepest {
		var found []string
		var below []level
		for _, at := range now {
			for _, form := range at.schema.forms() {
				for _, property := range slices.Sorted(maps.Keys(form.Properties)) {
					path := join(at.path, property)
					if sameLetters(property, name) {
						found = append(found, path)
					}
					p := form.Properties[property].Resolve()
					for p.Items != nil {
						p, path = p.Items.Resolve(), path+"[]"
					}
					if len(p.Properties) > 0 || len(p.AnyOf) > 0 {
						below = append(below, level{p, path})
					}
				}
			}
		}
		if found != nil {
			slices.Sort(found)
			return slices.Compact(found)
		}
		now = below
	}
	return nil
}

// forms are the variants of a union that are not deprecated, or the schema
// itself.
func (s *Schema) forms() []*Schema {
	r := s.Resolve()
	if len(r.AnyOf) == 0 {
		return []*Schema{r}
	}
	var all []*Schema
	for _, v := range r.AnyOf {
		if v = v.Resolve(); !v.Outdated() {
			all = append(all, v.forms()...)
		}
	}
	return all
}
