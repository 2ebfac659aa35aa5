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
// JSON type, its discriminators (type, format, taxIdCountry), its names and those
// that it lacks. A deprecated variant is considered only where one of its own names
// is used. If the schema is not a union, it is returned itself.
func (s *Schema) Variant(value any) *Schema {
	r := s.Resolve()
	if len(r.AnyOf) == 0 {
		return r
	}
	return r.candidates(value)[0].schema.Resolve()
}

// candidate is a variant of a union that a value may mean.
type candidate struct {
	schema     *Schema // as the union lists it
	score      int
	mismatches []string // the discriminators whose values are those of other variants
	typeFits   bool     // the value has a JSON type of the variant
}

// candidates returns the variants that a value may mean, the likeliest first.
func (s *Schema) candidates(value any) []candidate {
	discriminators := s.discriminators()
	var all []candidate
	for _, v := range s.AnyOf {
		r := v.Resolve()
		if r.IsDeprecated() && !usesOwnName(v, slices.DeleteFunc(slices.Clone(s.AnyOf), func(other *Schema) bool { return other == v }), value) {
			continue
		}
		one := candidate{schema: v, typeFits: r.allowsType(value)}
		one.score = r.similarity(value)
		fields, _ := value.(map[string]any)
		for _, name := range discriminators {
			given, ok := fields[name]
			if p := r.Properties[name]; ok && p != nil {
				if p.Resolve().accepts(given) {
					one.score += 1000
				} else {
					one.score -= 1000
					one.mismatches = append(one.mismatches, name)
				}
			}
		}
		if !one.typeFits {
			one.score -= 10_000
		}
		all = append(all, one)
	}
	if all == nil { // all variants are deprecated
		all = append(all, candidate{schema: s.AnyOf[0], typeFits: true})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return all
}

// discriminators returns the properties whose enum values distinguish the variants
// of a union.
func (s *Schema) discriminators() []string {
	if s.discriminatorNames == nil { // a union that is not from the contract
		return discriminators(s.AnyOf)
	}
	return s.discriminatorNames
}

// discriminators finds the properties for which a variant has a single value that
// the other variants don't have among several.
func discriminators(variants []*Schema) []string {
	values := map[string][][]any{}
	for _, v := range variants {
		for name, p := range v.Resolve().Properties {
			if p = p.Resolve(); p.Const != nil || p.Enum != nil {
				values[name] = append(values[name], p.enumValues())
			}
		}
	}
	names := []string{}
	for name, lists := range values {
		if distinguishes(lists) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func distinguishes(lists [][]any) bool {
	found := false
	for _, one := range lists {
		if len(one) != 1 {
			continue
		}
		for _, other := range lists {
			has := slices.Contains(other, one[0])
			if has && len(other) > 1 {
				return false
			}
			found = found || !has
		}
	}
	return found
}

// EnumTexts returns the values that a schema lists, as texts; nil where it lists none.
func (s *Schema) EnumTexts() []string { return toStrings(s.enumValues()) }

// enumValues returns the values that a schema lists, nil where it lists none.
func (s *Schema) enumValues() []any {
	if s.Const != nil {
		return []any{s.Const}
	}
	return s.Enum
}

// accepts reports whether a value is one of enumValues, or another spelling of one.
func (s *Schema) accepts(value any) bool {
	text, ok := value.(string)
	return ok && CanonicalValue(text, s.EnumTexts()) != ""
}

// usesOwnName reports whether a value has a name, at any depth, that only one of the
// variants has.
func usesOwnName(variant *Schema, others []*Schema, value any) bool {
	fields, _ := value.(map[string]any)
	for name, field := range fields {
		p := variant.Resolve().Properties[name]
		if p == nil {
			continue
		}
		var same []*Schema
		for _, other := range others {
			if q := other.Resolve().Properties[name]; q != nil {
				same = append(same, q.currentVariants()...)
			}
		}
		if same == nil || usesOwnName(p, same, field) {
			return true
		}
	}
	return false
}

// similarity counts the names of a value that the schema has, and subtracts for
// unknown and missing ones.
func (s *Schema) similarity(value any) int {
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
			if !p.accepts(field) {
				score -= 5
			}
		default:
			score += p.similarity(field)
		}
	}
	for _, name := range s.Required {
		if _, given := fields[name]; !given && !s.MayOmit(name, false) {
			score -= 10
		}
	}
	return score
}

// allowsType reports whether the schema allows a value's JSON type.
func (s *Schema) allowsType(value any) bool {
	if len(s.Type) == 0 {
		return true
	}
	switch value.(type) {
	case string:
		return s.Type.Has("string")
	case bool:
		return s.Type.Has("boolean")
	case json.Number, float64:
		return s.Type.Has("number") || s.Type.Has("integer") && numberOf(value).IsInt()
	case []any:
		return s.Type.Has("array")
	case map[string]any:
		return s.Type.Has("object")
	case nil:
		return s.Type.Has("null")
	}
	return false
}

// types returns the JSON types of a schema, or of the variants of a union.
func (s *Schema) types() []string {
	s = s.Resolve()
	types := slices.Clone(s.Type)
	for _, v := range s.currentVariants() {
		types = append(types, v.Type...)
	}
	slices.Sort(types)
	types = slices.Compact(types)
	if i := slices.Index(types, "null"); i >= 0 { // last
		types = append(slices.Delete(types, i, i+1), "null")
	}
	return types
}

// union checks a value against the variants of a union. It is valid if it is valid
// for one that it may mean; otherwise the violations are those of the likeliest
// one, or, where no variant has its discriminators, those of the discriminators.
func (c *checker) union(s *Schema, value any, name, at string) {
	all := s.candidates(value)
	if !all[0].typeFits {
		c.add(Violation{Path: at, Given: echoValue(name, value), Allowed: strings.Join(s.types(), " or "), form: s})
		return
	}
	best := all[0]
	if best.mismatches != nil {
		c.wrongDiscriminator(all, value, at)
		return
	}
	left := forms(slices.DeleteFunc(slices.Clone(all), func(one candidate) bool { return one.mismatches != nil || one.score < best.score-500 }))
	fields, isObject := value.(map[string]any)
	ambiguous := isObject && len(left) > 1
	if missing, values := s.missingDiscriminator(left, fields); ambiguous && missing != "" {
		c.add(Violation{Path: JoinPath(at, missing), Allowed: "required, one of " + strings.Join(values, ", "), missing: true})
		c.unknownToAll(left, fields, at)
		return
	}
	var likeliest *checker
	for _, one := range all {
		if !one.typeFits || one.mismatches != nil {
			break // these are last
		}
		tried := &checker{opts: c.opts}
		tried.check(one.schema, value, name, at)
		if len(tried.violations) == 0 {
			c.warnings = append(c.warnings, tried.warnings...)
			return
		}
		if likeliest == nil || one.score == best.score && len(tried.violations) < len(likeliest.violations) {
			likeliest = tried
		}
	}
	for i, v := range likeliest.violations {
		likeliest.violations[i] = s.ofOtherVariant(v, value, at)
	}
	if forms := describeForms(left, fields); ambiguous && forms != "" {
		likeliest.violations = []Violation{{Path: at, Allowed: forms}}
		likeliest.unknownToAll(left, fields, at)
	}
	c.violations = append(c.violations, likeliest.violations...)
	c.warnings = append(c.warnings, likeliest.warnings...)
}

// wrongDiscriminator adds the discriminators whose values are those of no variant.
// The other discriminators that were given say which variants are left.
func (c *checker) wrongDiscriminator(all []candidate, value any, at string) {
	mismatches := all[0].mismatches
	left := forms(slices.DeleteFunc(slices.Clone(all), func(one candidate) bool { return !slices.Equal(one.mismatches, mismatches) }))
	for _, name := range mismatches {
		values := discriminatorValues(left, name)
		given := value.(map[string]any)[name]
		c.add(Violation{Path: JoinPath(at, name), Given: echoValue(name, given), Allowed: values, Nearest: nearestValue(fmt.Sprint(given), toStrings(values))})
	}
}

// forms returns the resolved schemas of candidates.
func forms(of []candidate) []*Schema {
	var all []*Schema
	for _, one := range of {
		all = append(all, one.schema.Resolve())
	}
	return all
}

// discriminatorValues returns the values that a property has in forms of an object, sorted.
func discriminatorValues(forms []*Schema, name string) []any {
	var values []any
	for _, form := range forms {
		if p := form.Properties[name]; p != nil {
			values = append(values, p.Resolve().enumValues()...)
		}
	}
	slices.SortFunc(values, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.Compact(values)
}

// missingDiscriminator returns the discriminator that each form requires and an object
// lacks, with its values; "" where there is none.
func (s *Schema) missingDiscriminator(forms []*Schema, fields map[string]any) (string, []string) {
	for _, name := range s.discriminators() {
		if fields[name] == nil && !slices.ContainsFunc(forms, func(form *Schema) bool { return !slices.Contains(form.MustHave(false), name) }) {
			return name, toStrings(discriminatorValues(forms, name))
		}
	}
	return "", nil
}

// unknownToAll adds the names that none of the forms has.
func (c *checker) unknownToAll(forms []*Schema, fields map[string]any, at string) {
	var known []string
	for _, form := range forms {
		known = slices.AppendSeq(known, maps.Keys(form.Properties))
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if c.opts.Closed && !slices.Contains(known, name) {
			c.add(unknownName(name, fields[name], JoinPath(at, name), known))
		}
	}
}

// describeForms lists what each form of an object requires, where no name of the
// object shows which one is meant and each lacks something; else it returns "".
func describeForms(forms []*Schema, fields map[string]any) string {
	for _, form := range forms {
		for name := range fields {
			if slices.ContainsFunc(forms, func(other *Schema) bool { return (form.Properties[name] == nil) != (other.Properties[name] == nil) }) {
				return ""
			}
		}
		if !slices.ContainsFunc(form.MustHave(false), func(name string) bool { return fields[name] == nil }) {
			return ""
		}
	}
	return "one of these forms: " + strings.Join(formNames(forms, forms), "; ")
}

// formNames describes forms by what they require and others don't.
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

// ofOtherVariant adds to the violation of an unknown name which other forms of the
// object have it.
func (s *Schema) ofOtherVariant(v Violation, value any, at string) Violation {
	if v.unknown == "" || v.Path != JoinPath(at, v.unknown) {
		return v
	}
	var all, have []*Schema
	for _, other := range s.AnyOf {
		r := other.Resolve()
		if r.IsDeprecated() {
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
	v.Allowed = "not allowed with the other names given"
	if names := formNames(have, all); names != nil {
		v.Allowed = fmt.Sprintf("%s; it belongs to the form %s", v.Allowed, strings.Join(names, ", or "))
	}
	fields, _ := value.(map[string]any)
	for _, name := range s.discriminators() {
		needed := discriminatorValues(have, name)
		if given, ok := fields[name]; ok && needed != nil && len(needed) < 10 && !slices.Contains(needed, given) {
			v.Allowed = fmt.Sprintf("only where %s is %s", name, strings.Join(toStrings(needed), " or "))
			break
		}
	}
	v.Nearest, v.unknown, v.known, v.form = "", "", nil, nil
	return v
}
