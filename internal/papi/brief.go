package papi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"papi-mcp/internal/jsonvalue"
)

const (
	maxShown = 8 // allowed values and names that a brief violation shows
	minShown = 3 // where there are many violations
	maxForms = 3 // violations of a call that show the right form
	// An outline is as deep as it is not long, and is cut where it is very long.
	longOutline, maxOutline = 250, 350
)

// brief rewrites what is allowed for an agent, which reads every word: few values and
// names, and the right form of an object or a list with an example. Where a call has
// many violations, it needs the schema instead.
func (v *Violation) brief(example func() any, violations int) {
	values, isList := v.Allowed.([]any)
	shown, prefix := maxShown, ""
	if violations > maxForms {
		shown = minShown
	}
	if v.missing {
		prefix = "required, "
	}
	switch {
	case isList:
		v.Allowed = v.few(values, shown)
	case v.known != nil && v.Nearest != "":
		v.Allowed = "no such name"
	case v.known != nil:
		if v.form != nil {
			v.known = anys(v.form.Order())
		}
		v.Allowed = "no such name; known: " + join(v.few(v.known, shown))
	case v.form == nil:
	case v.form.Resolve().fixed() != nil:
		v.Allowed = prefix + "one of " + join(v.few(v.form.Resolve().fixed(), shown))
	case violations > maxForms:
	case slices.ContainsFunc(v.form.types(), func(name string) bool { return name == "object" || name == "array" }):
		v.Allowed = fmt.Sprintf("%s%s: %s, such as %s", prefix, strings.Join(v.form.types(), " or "), v.form.shortOutline(), v.example(example))
	default:
		if v.missing {
			outline := v.form.Outline(OutlineOptions{})
			if strings.ContainsAny(outline[:1], "<>") {
				outline = "text" + outline
			}
			v.Allowed = prefix + outline
		}
		if s := v.form.Resolve(); !v.missing || s.Pattern != "" || s.Format != "" {
			v.Allowed = fmt.Sprint(v.Allowed, ", such as ", v.example(example))
		}
	}
}

func join(values []any) string { return strings.Join(toStrings(values), ", ") }

// few returns some values, first those with the words of a wrong one, then the usual
// ones, and says where all of them are.
func (v *Violation) few(values []any, shown int) []any {
	if len(values) <= maxShown {
		return values
	}
	var given []string
	if text, isText := v.Given.(string); isText && v.known == nil {
		given = words(Truncate(text, maxNameLength))
	}
	shared := func(value string) int {
		return len(slices.DeleteFunc(words(value), func(word string) bool { return !slices.Contains(given, word) }))
	}
	usual := slices.Clone(values)
	slices.SortStableFunc(usual, func(a, b any) int {
		x, y := fmt.Sprint(a), fmt.Sprint(b)
		return cmp.Or(cmp.Compare(shared(y), shared(x)), cmp.Compare(preference(x), preference(y)))
	})
	rest := fmt.Sprintf("... of %d: schema_get", len(values))
	if path := v.SchemaPath(); path != "" {
		rest += " path " + path
	}
	return append(usual[:shown], rest)
}

// words are the words of a value, in capitals.
func words(value string) []string {
	return strings.FieldsFunc(strings.ToUpper(value), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// SchemaPath is the path under which a schema shows what is allowed: that of the value,
// or of the object that has a wrong name or lacks one. It has no list indexes.
func (v *Violation) SchemaPath() string {
	path := itemIndex.ReplaceAllString(v.Path, "")
	if v.unknown != "" || v.missing && v.form != nil && v.form.Resolve().fixed() == nil {
		return path[:max(0, strings.LastIndex(path, "."))]
	}
	return path
}

// example returns a valid value as JSON: the part of the example of a call at the
// violation's path, or a sample.
func (v *Violation) example(call func() any) string {
	of := call()
	for name := range strings.SplitSeq(itemIndex.ReplaceAllString(v.Path, ".[]"), ".") {
		switch in := of.(type) {
		case map[string]any:
			of = in[name]
		case []any:
			of = slices.Concat(in, []any{nil})[0]
		default:
			of = nil
		}
	}
	if of == nil || len(v.form.Violations(of, CheckOptions{Closed: true})) > 0 {
		of = sampler{small: true}.sample(v.form, lastName(v.Path), 0)
	}
	return string(jsonvalue.Encode(of))
}

// lastName returns the name that a path ends with, without list indexes.
func lastName(path string) string {
	path = path[strings.LastIndex(path, ".")+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}

// shortOutline is the most detailed outline that is not long: of many variants, only what
// distinguishes them.
func (s *Schema) shortOutline() string {
	outline := s.OutlineWithin("", false, func(outline string, opts OutlineOptions) bool {
		return len(outline) <= longOutline || opts.Depth == 1 && len(outline) <= maxOutline
	})
	if len(outline) <= maxOutline {
		return outline
	}
	r := s.Resolve()
	if r.Items != nil {
		return r.Items.shortOutline() + "[]"
	}
	if name, values := r.missingDiscriminator(r.currentVariants(), nil); name != "" {
		return fmt.Sprintf("{%s!:%s, ... (schema_get)}", name, strings.Join(values, "|"))
	}
	return outline[:strings.LastIndex(outline[:maxOutline], ", ")] + ", ... (schema_get)}"
}
