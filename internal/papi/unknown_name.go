package papi

import (
	"slices"
	"strings"

	"papi-mcp/internal/lazyregexp"
)

// withKnownPath adds to the violation of an unknown name where in the schema such
// a name exists, if it does.
func (s *Schema) withKnownPath(v Violation) Violation {
	object := itemIndex.ReplaceAllString(strings.TrimSuffix(strings.TrimSuffix(v.Path, v.unknown), "."), "[]")
	paths := closestPaths(s.pathsOf(func(name string) bool { return sameLetters(v.unknown, name) }), object)
	if len(paths) == 0 && v.Nearest == "" {
		paths = closestPaths(s.pathsOf(func(name string) bool { return isSynonym(v.unknown, name) }), object)
	}
	if len(paths) == 0 {
		return v
	}
	const few = 3
	var parents []string
	for _, path := range paths[:min(len(paths), few)] {
		parent := "at the top level"
		if i := strings.LastIndex(path, "."); i >= 0 {
			parent = "in " + path[:i]
		}
		parents = append(parents, parent)
	}
	if more := len(paths) - few; more > 0 {
		parents = append(parents, Count(more, "other place"))
	}
	v.Allowed, v.known, v.form = "no such name here; it belongs "+strings.Join(parents, " or "), nil, nil
	v.Nearest = strings.Join(paths[:min(len(paths), few)], ", ")
	return v
}

var itemIndex = lazyregexp.New(`\[[0-9]+\]`)

// closestPaths returns the paths that are most likely meant by a name in object:
// of those below it, or else of all, the ones nearest to the top.
func closestPaths(paths []string, object string) []string {
	below := slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return !strings.HasPrefix(path, object+".") && !strings.HasPrefix(path, object+"[")
	})
	if object != "" && len(below) > 0 {
		paths = below
	}
	if len(paths) == 0 {
		return nil
	}
	depth := func(path string) int { return strings.Count(path, ".") }
	top := depth(slices.MinFunc(paths, func(a, b string) int { return depth(a) - depth(b) }))
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return depth(path) != top })
}

// pathsOf returns the paths of the properties whose names match. Items of lists
// are written as [].
func (s *Schema) pathsOf(matches func(name string) bool) []string {
	type node struct {
		schema *Schema
		path   string
	}
	const maxDepth = 8
	var found []string
	level := []node{{s, ""}}
	for range maxDepth {
		var next []node
		for _, at := range level {
			for _, variant := range at.schema.currentVariants() {
				for property, p := range variant.Properties {
					path := JoinPath(at.path, property)
					if matches(property) {
						found = append(found, path)
					}
					p = p.Resolve()
					for p.Items != nil {
						p, path = p.Items.Resolve(), path+"[]"
					}
					if len(p.Properties) > 0 || len(p.AnyOf) > 0 {
						next = append(next, node{p, path})
					}
				}
			}
		}
		level = next
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// currentVariants returns the variants of a union that are not deprecated, or the
// schema itself.
func (s *Schema) currentVariants() []*Schema {
	r := s.Resolve()
	if len(r.AnyOf) == 0 {
		return []*Schema{r}
	}
	var all []*Schema
	for _, v := range r.AnyOf {
		if v = v.Resolve(); !v.IsDeprecated() {
			all = append(all, v.currentVariants()...)
		}
	}
	return all
}
