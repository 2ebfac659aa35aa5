package papi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Variant returns the variant of a union that a value most likely means: by its
// JSON type, by the fixed values that tell the variants apart (type, format,
// taxIdCountry), by its names and by those that it lacks. A deprecated variant
// is meant only where one of its own names is used. Of a schema that is no union
// it returns the schema.
func (s *Schema) Variant(value any) *Schema {
	r := s.Resolve()
	if len(r.AnyOf) == 0 {
		return r
	}
	return r.ranked(value)[0].schema.Resolve()
}

// ranking is a variant of a union beside a value.
type ranking struct {
	schema *Schema // as the union lists it
	score  int
	differ []string // the names whose fixed values are those of other variants
	kind   bool     // the value has a JSON type of the variant
}

// ranked orders the variants that a value may mean, the likeliest first.
func (s *Schema) ranked(value any) []ranking {
	tell := s.telling()
	var all []ranking
	for _, v := range s.AnyOf {
		r := v.Resolve()
		if r.Outdated() && !usesOwn(v, slices.DeleteFunc(slices.Clone(s.AnyOf), func(other *Schema) bool { return other == v }), value) {
			continue
		}
		one := ranking{schema: v, kind: r.takes(value)}
		one.score = r.likeness(value)
		fields, _ := value.(map[string]any)
		for _, name := range tell {
			given, ok := fields[name]
			if p := r.Properties[name]; ok && p != nil {
				if p.Resolve().means(given) {
					one.score += 1000
				} else {
					one.score -= 1000
					one.differ = append(one.differ, name)
				}
			}
		}
		if !one.kind {
			one.score -= 10_000
		}
		all = append(all, one)
	}
	if all == nil { // all of it is deprecated
		all = append(all, ranking{schema: s.AnyOf[0], kind: true})
	}
	slices.SortStableFunc(all, func(a, b ranking) int { return cmp.Compare(b.score, a.score) })
	return all
}

// telling names the properties whose fixed values tell the variants of a union
// apart.
func (s *Schema) telling() []string {
	if s.tells == nil { // a union that is not the contract's
		return telling(s.AnyOf)
	}
	return s.tells
}

// telling finds the properties for which a variant has one value that no other
// one has among others.
func telling(variants []*Schema) []string {
	values := map[string][][]any{}
	for _, v := range variants {
		for name, p := range v.Resolve().Properties {
			if p = p.Resolve(); p.Const != nil || p.Enum != nil {
				values[name] = append(values[name], p.fixed())
			}
		}
	}
	names := []string{}
	for name, lists := range values {
		if apart(lists) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func apart(lists [][]any) bool {
	tells := false
	for _, one := range lists {
		if len(one) != 1 {
			continue
		}
		for _, other := range lists {
			has := slices.Contains(other, one[0])
			if has && len(other) > 1 {
				return false
			}
			tells = tells || !has
		}
	}
	return tells
}

// fixed are the values that a schema allows, nil where it does not list them.
func (s *Schema) fixed() []any {
	if s.Const != nil {
		return []any{s.Const}
	}
	return s.Enum
}

// means reports whether a value is one of the fixed ones, or a spelling of one.
func (s *Schema) means(value any) bool {
	text, ok := value.(string)
	return ok && Spelled(text, texts(s.fixed())) != ""
}

// usesOwn reports whether a value has a name, at any depth, that only one of the
// variants has.
func usesOwn(variant *Schema, others []*Schema, value any) bool {
	fields, _ := value.(map[string]any)
	for name, field := range fields {
		p := variant.Resolve().Properties[name]
		if p == nil {
			continue
		}
		var same []*Schema
		for _, other := range others {
			if q := other.Resolve().Properties[name]; q != nil {
				same = append(same, q.forms()...)
			}
		}
		if same == nil || usesOwn(p, same, field) {
			return true
		}
	}
	return false
}

// likeness counts the names of a value that the schema knows, more than it
// counts those that the value lacks.
func (s *Schema) likeness(value any) int {
	fields, ok := value.(map[string]any)
	if !ok {
		return 0
	}
	score := 0
	for name, field := range fields {
		p := s.Properties[name]
		if p == nil {
			score -= 20
			continue
		}
		score += 10
		switch p = p.Resolve(); {
		case len(p.AnyOf) > 0:
		case p.Const != nil || p.Enum != nil:
			if !p.means(field) {
				score -= 5
			}
		default:
			score += p.likeness(field)
		}
	}
	for _, name := range s.Required {
		if _, given := fields[name]; !given && !s.MayLack(name, false) {
			score -= 10
		}
	}
	return score
}

// takes reports whether a value has a JSON type that the schema allows.
func (s *Schema) takes(value any) bool {
	if len(s.Type) == 0 {
		return true
	}
	switch value.(type) {
	case string:
		return s.Type.Has("string")
	case bool:
		return s.Type.Has("boolean")
	case json.Number, float64:
		return s.Type.Has("number") || s.Type.Has("integer")
	case []any:
		return s.Type.Has("array")
	case map[string]any:
		return s.Type.Has("object")
	case nil:
		return s.Type.Has("null")
	}
	return true
}

// union checks a value against the variants of a union. It keeps to the union
// where it keeps to one that it may mean; else what is wrong is told of the
// likeliest, or, where its fixed values are those of none, of these.
func (c *checker) union(s *Schema, value any, at string) {
	all := s.ranked(value)
	if !all[0].kind {
		var kinds []string
		for _, v := range all {
			kinds = append(kinds, v.schema.Resolve().Type...)
		}
		slices.Sort(kinds)
		c.add(Violation{Path: at, Given: shown(lastName(at), value), Allowed: strings.Join(slices.Compact(kinds), " or ")})
		return
	}
	best := all[0]
	if best.differ != nil {
		c.differs(all, value, at)
		return
	}
	left := slices.DeleteFunc(slices.Clone(all), func(one ranking) bool { return one.differ != nil || one.score < best.score-500 })
	if name, values := s.undecided(left, value); name != "" {
		c.add(Violation{Path: join(at, name), Allowed: "required, one of " + strings.Join(values, ", ")})
		c.ofNone(left, value.(map[string]any), at)
		return
	}
	var told *checker
	for _, one := range all {
		if !one.kind || one.differ != nil {
			break // they come last
		}
		tried := &checker{mode: c.mode}
		tried.check(one.schema, value, at)
		if len(tried.violations) == 0 {
			c.doubts = append(c.doubts, tried.doubts...)
			return
		}
		if told == nil || one.score == best.score && len(tried.violations) < len(told.violations) {
			told = tried
		}
	}
	for i, v := range told.violations {
		told.violations[i] = s.ofOther(v, value, at)
	}
	if forms := openForms(left, value); forms != "" {
		told.violations = []Violation{{Path: at, Allowed: forms}}
		told.ofNone(left, value.(map[string]any), at)
	}
	c.violations = append(c.violations, told.violations...)
	c.doubts = append(c.doubts, told.doubts...)
}

// differs tells of values that are fixed in each variant, and are none of them.
// The other fixed values that were given say which variants are left.
func (c *checker) differs(all []ranking, value any, at string) {
	for _, name := range all[0].differ {
		var values []any
		for _, one := range all {
			if p := one.schema.Resolve().Properties[name]; p != nil && slices.Equal(one.differ, all[0].differ) {
				values = append(values, p.Resolve().fixed()...)
			}
		}
		values = sorted(values)
		given := value.(map[string]any)[name]
		c.add(Violation{Path: join(at, name), Given: shown(name, given), Allowed: values, Nearest: nearestValue(fmt.Sprint(given), texts(values))})
	}
}

// undecided names the property that would say which of the variants is meant,
// with its values, where each requires it and it is not given.
func (s *Schema) undecided(left []ranking, value any) (string, []string) {
	fields, isObject := value.(map[string]any)
	if !isObject || len(left) < 2 {
		return "", nil
	}
	for _, name := range s.telling() {
		var values []any
		asked := fields[name] == nil
		for _, one := range left {
			r := one.schema.Resolve()
			asked = asked && slices.Contains(r.Required, name) && !r.MayLack(name, false)
			if p := r.Properties[name]; p != nil {
				values = append(values, p.Resolve().fixed()...)
			}
		}
		if asked {
			return name, texts(sorted(values))
		}
	}
	return "", nil
}

// ofNone tells of the names that none of the variants has.
func (c *checker) ofNone(left []ranking, fields map[string]any, at string) {
	var known []string
	for _, one := range left {
		known = slices.AppendSeq(known, maps.Keys(one.schema.Resolve().Properties))
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if c.mode.Closed && !slices.Contains(known, name) {
			c.add(unknownName(name, fields[name], join(at, name), known))
		}
	}
}

// openForms lists what each form of an object needs, where no name of the value
// says which one is meant and each lacks something.
func openForms(left []ranking, value any) string {
	fields, isObject := value.(map[string]any)
	if !isObject || len(left) < 2 {
		return ""
	}
	var forms []*Schema
	for _, one := range left {
		forms = append(forms, one.schema.Resolve())
	}
	for _, form := range forms {
		for name := range fields {
			if slices.ContainsFunc(forms, func(other *Schema) bool { return (form.Properties[name] == nil) != (other.Properties[name] == nil) }) {
				return ""
			}
		}
		if !slices.ContainsFunc(form.Required, func(name string) bool { return fields[name] == nil && !form.MayLack(name, false) }) {
			return ""
		}
	}
	return "one of these forms: " + strings.Join(formNames(forms, forms), "; ")
}

// formNames names forms by what they require, and others do not.
func formNames(forms, all []*Schema) []string {
	var names []string
	for _, form := range forms {
		var own []string
		for _, name := range form.Required {
			if slices.ContainsFunc(all, func(other *Schema) bool { return !slices.Contains(other.Required, name) }) {
				own = append(own, name)
			}
		}
		if own != nil {
			names = append(names, "with "+strings.Join(own, " and "))
		}
	}
	return names
}

// ofOther says of an unknown name that other forms of the object have it.
func (s *Schema) ofOther(v Violation, value any, at string) Violation {
	if v.unknown == "" || v.Path != join(at, v.unknown) {
		return v
	}
	var all, have []*Schema
	for _, other := range s.AnyOf {
		r := other.Resolve()
		if r.Outdated() {
			continue
		}
		all = append(all, r)
		if r.Properties[v.unknown] != nil {
			have = append(have, r)
		}
	}
	if have == nil {
		return v
	}
	v.Allowed = "does not go with the other names given"
	if names := formNames(have, all); names != nil {
		v.Allowed = fmt.Sprintf("%s; it belongs to the form %s", v.Allowed, strings.Join(names, ", or "))
	}
	fields, _ := value.(map[string]any)
	for _, name := range s.telling() {
		var needed []any
		for _, form := range have {
			if p := form.Properties[name]; p != nil {
				needed = append(needed, p.Resolve().fixed()...)
			}
		}
		if given, ok := fields[name]; ok && needed != nil && len(needed) < 10 && !slices.Contains(needed, given) {
			v.Allowed = fmt.Sprintf("only where %s is %s", name, strings.Join(texts(sorted(needed)), " or "))
			break
		}
	}
	v.Nearest, v.unknown = "", ""
	return v
}

func sorted(values []any) []any {
	slices.SortFunc(values, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.Compact(values)
}
