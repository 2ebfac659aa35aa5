package papi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OutlineOptions say how much an outline holds.
type OutlineOptions struct {
	// Depth is how many levels of objects are written out: an object below them is
	// {...}. 0 writes out all.
	Depth int
	// Values is how many values of an enum are written out: of a longer one there are
	// two, and how many it has. 0 writes out all.
	Values int
	// Notes writes each property on a line of its own, with its pattern and what the
	// contract says of it, and shows what is deprecated.
	Notes bool
	// NoteLevels is how many levels of objects have notes: those below are written as
	// without them. 0 is all.
	NoteLevels int
	// Meanings writes each value of an enum on a line of its own, with its meaning, where
	// properties have notes.
	Meanings bool
}

// Outline writes a schema as a short text, for agents:
//
//	{label!:<=25, url!:url<=255}[1-3]
//
// A name with ! is required; with * it is required to submit or to launch, and not of a
// draft. After the name are the type (text, where only a limit is written), the values
// of an enum (A|B), the range of a number (1..10) or the object. [] is a list, with the
// number of its items; |null means that null deletes the value, |true that true is
// enough. The variants of a union have | between them, and the property that
// distinguishes them first. {...} is an object that is not written out. An object inside
// itself is not written out either.
func (s *Schema) Outline(opts OutlineOptions) string {
	w := outliner{opts: opts}
	return w.value(s, 0)
}

type outliner struct {
	opts OutlineOptions
	open []*Schema // the references that are being written out
}

// omitted is an object that is not written out.
const omitted = "{...}"

// manyValues says where the values are that an outline leaves out.
const manyValues = " (schema_get)"

// notes reports whether the properties of an object at a depth have notes.
func (w *outliner) notes(depth int) bool {
	return w.opts.Notes && (w.opts.NoteLevels == 0 || depth < w.opts.NoteLevels)
}

func (w *outliner) value(s *Schema, depth int) string {
	if s.target != nil {
		if slices.Contains(w.open, s.target) {
			return omitted
		}
		w.open = append(w.open, s.target)
		defer func() { w.open = w.open[:len(w.open)-1] }()
	}
	r := s.Resolve()
	text := w.notNull(r, depth)
	if r.Type.Has("null") {
		text += "|null"
	}
	return text
}

func (w *outliner) notNull(s *Schema, depth int) string {
	switch values := s.EnumTexts(); {
	case len(s.AnyOf) > 0:
		return w.union(s, depth)
	case values != nil && w.opts.Meanings && w.notes(depth-1) && len(s.EnumDescriptions) > 0:
		return meanings(values, s.EnumDescriptions, depth)
	case values != nil:
		return w.enum(values)
	case len(s.Properties) > 0:
		return w.object(s, depth)
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		return "{ANY_NAME:" + w.value(s.AdditionalProperties.Schema, depth+1) + "}"
	case s.Items != nil:
		return w.list(s, depth)
	case s.Type.Has("boolean"):
		return "boolean"
	case s.Type.Has("number"), s.Type.Has("integer"):
		return cmp.Or(between(s.Minimum, s.Maximum, ".."), "number")
	case s.Type.Has("object"):
		return "{}"
	}
	return w.text(s, depth)
}

// union writes the variants, each once. Where all that a boolean can say is that the
// object is wanted, true is enough.
func (w *outliner) union(s *Schema, depth int) string {
	var variants []string
	for _, v := range w.shown(mergeAlike(s.AnyOf), depth) {
		text := w.value(v, depth)
		if text == "boolean" {
			text = "true"
		}
		if v.Resolve().IsDeprecated() {
			text = "deprecated " + text
		}
		if !slices.Contains(variants, text) {
			variants = append(variants, text)
		}
	}
	return strings.Join(variants, "|")
}

// shown leaves out what is deprecated, unless there is nothing else.
func (w *outliner) shown(variants []*Schema, depth int) []*Schema {
	current := slices.DeleteFunc(slices.Clone(variants), func(v *Schema) bool { return v.Resolve().IsDeprecated() })
	if w.notes(depth) || len(current) == 0 {
		return variants
	}
	return current
}

func (w *outliner) enum(values []string) string {
	if w.opts.Values == 0 || len(values) <= w.opts.Values {
		return strings.Join(values, "|")
	}
	first := slices.Clone(values)
	slices.SortStableFunc(first, func(a, b string) int { return cmp.Compare(preference(a), preference(b)) })
	return fmt.Sprintf("%s|%s|...%d%s", first[0], first[1], len(values), manyValues)
}

// meanings writes the values of an enum with what they mean, one a line.
func meanings(values []string, meaning map[string]string, depth int) string {
	indent := "\n" + strings.Repeat(" ", depth)
	text := "("
	for _, value := range values {
		text += indent + " " + value
		if means := meaning[value]; means != "" {
			text += " // " + means
		}
	}
	return text + indent + ")"
}

// preference is the place of a value among those that samples use.
func preference(value string) int {
	if i := slices.Index(preferred, any(value)); i >= 0 {
		return i
	}
	return len(preferred)
}

func (w *outliner) object(s *Schema, depth int) string {
	if w.opts.Depth > 0 && depth >= w.opts.Depth {
		return omitted
	}
	notes := w.notes(depth)
	var properties []string
	for _, name := range s.Order() {
		p := s.Properties[name]
		deprecated := p.Resolve().IsDeprecated()
		if deprecated && !notes {
			continue
		}
		text := name + s.mark(name) + ":" + w.value(p, depth+1)
		if notes {
			text += note(p.Resolve(), s.mark(name) == "*")
		}
		properties = append(properties, text)
	}
	if !notes {
		return "{" + strings.Join(properties, ", ") + "}"
	}
	indent := "\n" + strings.Repeat(" ", depth)
	return "{" + indent + " " + strings.Join(properties, indent+" ") + indent + "}"
}

// mark says whether a property is required.
func (s *Schema) mark(name string) string {
	switch {
	case s.Properties[name].neededAtLaunch && !slices.Contains(s.MustHave(true), name):
		return "*"
	case !slices.Contains(s.Required, name):
		return ""
	case s.MayOmit(name, true):
		return "*"
	}
	return "!"
}

// note is what the contract says of a property besides its type. That it may be missing
// for now is said by its mark.
func note(s *Schema, marked bool) string {
	text := strings.Join(strings.Fields(s.Description), " ")
	if marked {
		for _, omissible := range []string{launchText, "a draft may omit it"} {
			text = strings.Trim(strings.ReplaceAll(strings.ReplaceAll(text, omissible+"; ", ""), omissible, ""), "; ")
		}
	}
	if s.Deprecated && !strings.HasPrefix(strings.ToLower(text), "deprecated") {
		text = strings.TrimRight("deprecated; "+text, "; ")
	}
	if s.Default != nil {
		text += fmt.Sprintf(" (default %v)", s.Default)
	}
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return " // " + text
}

func (w *outliner) list(s *Schema, depth int) string {
	item, items := w.value(s.Items, depth), s.Items.Resolve()
	switch {
	case strings.HasPrefix(item, "("): // already
	case len(items.AnyOf) > 1 && item != omitted, len(items.EnumTexts()) > 1:
		item = "(" + item + ")"
	case strings.HasPrefix(item, "<"), strings.HasPrefix(item, ">"):
		item = "text" + item
	}
	return item + "[" + between(s.MinItems, s.MaxItems, "-") + "]"
}

// between writes a range, "" where it has no limits. A list's lower limit is 0 where
// it has none.
func between[N int | float64](least, most *N, to string) string {
	if least == nil && most == nil {
		return ""
	}
	text := ""
	switch {
	case least != nil:
		text = fmt.Sprint(*least)
	case to == "-":
		text = "0"
	}
	text += to
	if most != nil {
		text += fmt.Sprint(*most)
	}
	return text
}

// formatWords are the words for the contract's formats; for others it is "text".
var formatWords = map[string]string{
	"url": "url", "email": "email", "hex": "#RRGGBB", "timestamp": "ms_since_1970", "e.164 phone number": "E.164",
	"numeric phone number": "digits", "country code": "digits", "digits": "digits", "phone number": "phone",
}

func (w *outliner) text(s *Schema, depth int) string {
	text := formatWords[s.Format]
	if s.MinLength != nil && *s.MinLength > 1 {
		text += fmt.Sprintf(">=%d", *s.MinLength)
	}
	if s.MaxLength != nil {
		text += fmt.Sprintf("<=%d", *s.MaxLength)
	}
	text = cmp.Or(text, "text")
	if w.notes(depth-1) && s.Pattern != "" {
		text += " /" + s.Pattern + "/"
	}
	return text
}

// Order returns the names of the properties as they are best read: what distinguishes
// variants, what is required, what is required later, what chooses between ways of doing
// it (objects, enums, booleans), the rest, and what is deprecated. Within these the names are
// sorted.
func (s *Schema) Order() []string {
	rank := func(name string) int {
		p := s.Properties[name].Resolve()
		values := len(p.EnumTexts())
		switch mark := s.mark(name); {
		case p.IsDeprecated():
			return 6
		case name == "type" && values == 1:
			return 0
		case values == 1:
			return 1
		case mark == "!":
			return 2
		case mark == "*":
			return 3
		case values > 0, len(p.Properties) > 0, len(p.AnyOf) > 0, p.Type.Has("boolean"):
			return 4
		}
		return 5
	}
	return slices.SortedFunc(maps.Keys(s.Properties), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
}

// At returns the schema at a path below s: the names of properties with dots between
// them, through lists and unions. A name may also be the value by which a variant of a
// union is distinguished ("details.components.HEADER"). Where there is none at a name,
// it returns the names that are known there, and the path up to it.
func (s *Schema) At(path string) (found *Schema, known []string, at string) {
	found = s
	for name := range strings.SplitSeq(path, ".") {
		name, _, _ = strings.Cut(name, "[")
		if name == "" {
			continue
		}
		next := found.childrenNamed(name)
		if len(next) == 0 {
			return nil, found.childNames(), at
		}
		at = JoinPath(at, name)
		if found = next[0]; len(next) > 1 {
			found = &Schema{AnyOf: next}
		}
	}
	return found, nil, at
}

// childrenNamed returns what a schema has under a name, each once: several where the variants
// of a union differ.
func (s *Schema) childrenNamed(name string) []*Schema {
	r := s.Resolve()
	var found []*Schema
	switch p := r.property(name); {
	case p != nil:
		found = append(found, p)
	case r.Items != nil:
		found = r.Items.childrenNamed(name)
	}
	for _, v := range r.AnyOf {
		if slices.Contains(v.Resolve().fixedValues(), name) {
			found = append(found, v)
			continue
		}
		for _, p := range v.childrenNamed(name) {
			if !slices.ContainsFunc(found, func(other *Schema) bool { return other == p || p.target != nil && other.target == p.target }) {
				found = append(found, p)
			}
		}
	}
	return found
}

// fixedValues are the values of the properties that have only one.
func (s *Schema) fixedValues() []string {
	var values []string
	for _, p := range s.Properties {
		if fixed := p.Resolve().EnumTexts(); len(fixed) == 1 {
			values = append(values, fixed[0])
		}
	}
	return values
}

// childNames are the names that At accepts next, sorted.
func (s *Schema) childNames() []string {
	r := s.Resolve()
	names := slices.Collect(maps.Keys(r.Properties))
	if r.Items != nil {
		names = append(names, r.Items.childNames()...)
	}
	for _, v := range r.AnyOf {
		names = append(append(names, v.childNames()...), v.Resolve().fixedValues()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
