package papi

import "strings"

// OutlineAt writes the part of a schema at a path that At knows, as Outline does: with
// its name and whether it is required, unless the last name is that of a variant.
func (s *Schema) OutlineAt(path string, opts OutlineOptions) string {
	part, _, _ := s.At(path)
	outline := part.Outline(opts)
	parent, name := "", path
	if i := strings.LastIndex(path, "."); i >= 0 {
		parent, name = path[:i], path[i+1:]
	}
	name, _, _ = strings.Cut(name, "[")
	above, _, _ := s.At(parent)
	mark, is := above.markOf(name)
	if name == "" || !is {
		return outline
	}
	if opts.Notes {
		outline += note(part.Resolve(), mark == "*")
	}
	return name + mark + ":" + outline
}

// markOf says whether a property is required: of a union, what all variants that are
// not deprecated say of it. It reports whether there is such a property.
func (s *Schema) markOf(name string) (mark string, is bool) {
	r := s.Resolve()
	switch {
	case r.Properties[name] != nil:
		return r.mark(name), true
	case r.Items != nil:
		return r.Items.markOf(name)
	}
	for i, v := range s.currentVariants() {
		if v == r { // no union
			return "", false
		}
		m, has := v.markOf(name)
		if is = is || has; i > 0 && m != mark {
			m = ""
		}
		mark = m
	}
	return mark, is
}

// Cut returns the paths of what an outline leaves out or writes without notes: objects
// below its depth, values of long enums, and objects below the levels with notes.
func (s *Schema) Cut(opts OutlineOptions) []string {
	var paths []string
	seen := map[string]bool{}
	var walk func(s *Schema, path string, depth int, open []*Schema)
	walk = func(s *Schema, path string, depth int, open []*Schema) {
		if s.target != nil {
			for _, above := range open {
				if above == s.target {
					return
				}
			}
			open = append(open[:len(open):len(open)], s.target)
		}
		r := s.Resolve()
		isObject := len(r.Properties) > 0
		switch {
		case path != "" && (isObject && (opts.Depth > 0 && depth >= opts.Depth || opts.NoteLevels > 0 && depth >= opts.NoteLevels) ||
			opts.Values > 0 && len(r.EnumTexts()) > opts.Values):
			if !seen[path] {
				seen[path], paths = true, append(paths, path)
			}
			return
		}
		for _, v := range r.AnyOf {
			if v.Resolve().IsDeprecated() {
				continue
			}
			walk(v, path, depth, open)
		}
		if r.Items != nil {
			walk(r.Items, path, depth, open)
		}
		for _, name := range r.Order() {
			if !r.Properties[name].Resolve().IsDeprecated() {
				walk(r.Properties[name], JoinPath(path, name), depth+1, open)
			}
		}
	}
	walk(s, "", 0, nil)
	return paths
}

// NearestPath returns the path below s that an unknown one most likely means, "" where
// none is likely or several are.
func (s *Schema) NearestPath(path string) string {
	found, known, at := s.At(path)
	if found != nil {
		return path
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(itemIndex.ReplaceAllString(path, ""), at), ".")
	unknown, below, _ := strings.Cut(rest, ".")
	if near := Nearest(unknown, known); near != "" {
		for _, candidate := range []string{JoinPath(JoinPath(at, near), below), JoinPath(at, near)} {
			if found, _, _ := s.At(candidate); found != nil {
				return candidate
			}
		}
	}
	// The path may lack its beginning.
	last, _, _ := strings.Cut(path[strings.LastIndex(path, ".")+1:], "[")
	var ends []string
	for _, p := range s.pathsOf(func(name string) bool { return sameLetters(name, last) }) {
		if p = strings.ReplaceAll(p, "[]", ""); strings.HasSuffix(p, "."+rest) || rest == last {
			ends = append(ends, p)
		}
	}
	if ends = closestPaths(ends, at); len(ends) == 1 {
		return ends[0]
	}
	return ""
}
