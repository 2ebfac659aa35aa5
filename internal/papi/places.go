package papi

import (
	"regexp"
	"slices"
	"strings"
)

// placed says of an unknown name where it belongs, if it is known elsewhere.
func (s *Schema) placed(v Violation) Violation {
	here := plainPlace(strings.TrimSuffix(strings.TrimSuffix(v.Path, v.unknown), "."))
	places := nearestPlaces(s.places(func(name string) bool { return sameLetters(v.unknown, name) }), here)
	if len(places) == 0 && v.Nearest == "" {
		places = nearestPlaces(s.places(func(name string) bool { return knownAs(v.unknown, name) }), here)
	}
	if len(places) == 0 || len(places) > 3 {
		return v
	}
	var parents []string
	for _, place := range places {
		parent := "at the top level"
		if i := strings.LastIndex(place, "."); i >= 0 {
			parent = "in " + place[:i]
		}
		parents = append(parents, parent)
	}
	v.Allowed = "no such name here; it belongs " + strings.Join(parents, " or ")
	v.Nearest = strings.Join(places, ", ")
	return v
}

// nearestPlaces are those of places that are most likely meant: below the object
// that has the name wrongly, or else nearest to the top.
func nearestPlaces(places []string, here string) []string {
	below := slices.DeleteFunc(slices.Clone(places), func(place string) bool {
		return !strings.HasPrefix(place, here+".") && !strings.HasPrefix(place, here+"[")
	})
	if here != "" && len(below) > 0 {
		places = below
	}
	depth := func(place string) int { return strings.Count(place, ".") }
	if len(places) == 0 {
		return nil
	}
	top := depth(slices.MinFunc(places, func(a, b string) int { return depth(a) - depth(b) }))
	return slices.DeleteFunc(slices.Clone(places), func(place string) bool { return depth(place) != top })
}

// plainPlace writes a path without the numbers of its items.
func plainPlace(path string) string {
	return itemNumber.ReplaceAllString(path, "[]")
}

var itemNumber = regexp.MustCompile(`\[[0-9]+\]`)

// places are the paths of the names that are meant. Items of lists are written [].
func (s *Schema) places(meant func(name string) bool) []string {
	type level struct {
		schema *Schema
		path   string
	}
	const deepest = 8
	var found []string
	now := []level{{s, ""}}
	for range deepest {
		var below []level
		for _, at := range now {
			for _, form := range at.schema.forms() {
				for property, p := range form.Properties {
					path := join(at.path, property)
					if meant(property) {
						found = append(found, path)
					}
					p = p.Resolve()
					for p.Items != nil {
						p, path = p.Items.Resolve(), path+"[]"
					}
					if len(p.Properties) > 0 || len(p.AnyOf) > 0 {
						below = append(below, level{p, path})
					}
				}
			}
		}
		now = below
	}
	slices.Sort(found)
	return slices.Compact(found)
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
