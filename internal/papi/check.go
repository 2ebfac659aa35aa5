package papi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// CheckOptions say how a value is checked.
type CheckOptions struct {
	// Closed refuses the properties that a schema does not name.
	Closed bool
	// Draft does not require what a draft may leave out.
	Draft bool
	// Formats checks strings as the contract's formats and texts say.
	Formats bool
	// Example returns a valid value. With it violations are brief, for an agent: long lists
	// of allowed values and names are cut, and say where schema_get shows the rest; a wrong
	// form has the right one, with a part of the example.
	Example func() any
}

// Violations checks a value, as a JSON decoder makes it (numbers may be float64 or
// json.Number), against the schema, and returns all violations, ordered by path.
// Of a union, they are those of the variant that the value most likely means.
func (s *Schema) Violations(value any, opts CheckOptions) []Violation {
	violations, _ := s.Check(value, opts)
	return violations
}

// Check returns the violations, as Violations does, and warnings of what only the
// API can decide, each beginning with its path.
func (s *Schema) Check(value any, opts CheckOptions) ([]Violation, []string) {
	c := &checker{opts: opts}
	c.check(s, value, "", "")
	slices.SortStableFunc(c.violations, func(a, b Violation) int { return strings.Compare(a.Path, b.Path) })
	for i, v := range c.violations[:min(len(c.violations), MaxViolations)] {
		if v.unknown != "" && !sameLetters(v.unknown, v.Nearest) && !isSynonym(v.unknown, v.Nearest) {
			c.violations[i] = s.withKnownPath(v)
		}
	}
	found := slices.CompactFunc(c.violations, func(a, b Violation) bool {
		return a.Path == b.Path && fmt.Sprint(a.Allowed) == fmt.Sprint(b.Allowed)
	})
	if opts.Example != nil {
		for i := range found {
			found[i].brief(opts.Example, len(found))
		}
	}
	return found, c.warnings
}

// checker walks a value along its schema.
type checker struct {
	opts       CheckOptions
	violations []Violation
	warnings   []string
}

func (c *checker) add(v Violation) { c.violations = append(c.violations, v) }

// check checks a value of a name at a path. The name of a list's items is that of the
// list.
func (c *checker) check(s *Schema, value any, name, at string) {
	s = s.Resolve()
	if len(s.AnyOf) > 0 {
		c.union(s, value, name, at)
		return
	}
	refuse := func(allowed any, nearest string, form *Schema) {
		c.add(Violation{Path: at, Given: echoValue(name, value), Allowed: allowed, Nearest: nearest, form: form})
	}
	if !s.allowsType(value) {
		nearest := ""
		if items, isList := value.([]any); isList && len(items) == 1 { // of a value that is not a list
			nearest = nearestValue(fmt.Sprint(items[0]), toStrings(s.fixed()))
		}
		refuse(s.allowed(), nearest, s)
		return
	}
	if values := s.fixed(); values != nil && !slices.ContainsFunc(values, func(one any) bool { return SameJSON(one, value) }) {
		refuse(values, nearestValue(fmt.Sprint(value), toStrings(values)), nil)
		return
	}
	for _, allowed := range s.outside(value) {
		c.add(Violation{Path: at, Given: echoValue(name, value), Allowed: allowed, Limit: true})
	}
	if list, isList := value.([]any); isList && s.UniqueItems {
		if i, j := repeated(list); j > 0 {
			refuse(fmt.Sprintf("each item once (items %d and %d are the same)", i, j), "", nil)
		}
	}
	if text, ok := value.(string); ok && s.Pattern != "" && !compiled(s.Pattern).MatchString(text) {
		refuse("a text that matches "+s.Pattern, "", s)
	}
	if c.opts.Formats {
		c.format(s, value, name, at)
	}
	switch value := value.(type) {
	case map[string]any:
		c.object(s, value, at)
	case []any:
		for i, item := range value {
			if s.Items != nil {
				c.check(s.Items, item, name, fmt.Sprintf("%s[%d]", at, i))
			}
		}
	}
}

// missing adds the violation of a value that is required.
func (c *checker) missing(s *Schema, at string) {
	allowed := s.allowed()
	if values, isList := allowed.([]any); isList {
		allowed = "one of " + join(values)
	}
	if allowed == "" { // any value
		allowed = "any value"
	}
	c.add(Violation{Path: at, Allowed: fmt.Sprint("required, ", allowed), missing: true, form: s})
}

// object checks the names of an object, and the values under them.
func (c *checker) object(s *Schema, fields map[string]any, at string) {
	for _, name := range s.MustHave(c.opts.Draft) {
		if _, given := fields[name]; !given {
			c.missing(cmp.Or(s.Properties[name], &Schema{}), JoinPath(at, name))
		}
	}
	closed := s.AdditionalProperties != nil || c.opts.Closed && s.Properties != nil
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		path := JoinPath(at, name)
		switch p := s.property(name); {
		case p != nil:
			c.check(p, fields[name], name, path)
		case closed:
			v := unknownName(name, fields[name], path, slices.Sorted(maps.Keys(s.Properties)))
			if v.known != nil {
				v.form = s
			}
			c.add(v)
		}
	}
}

// outside says which limits of the schema a value exceeds.
func (s *Schema) outside(value any) []string {
	var found []string
	atLeast := func(limit *int, n int, noun string) {
		if limit != nil && n < *limit {
			found = append(found, "at least "+Count(*limit, noun))
		}
	}
	atMost := func(limit *int, n int, noun string) {
		if limit != nil && n > *limit {
			found = append(found, fmt.Sprintf("at most %s (given: %d)", Count(*limit, noun), n))
		}
	}
	switch v := value.(type) {
	case string:
		n := utf8.RuneCountInString(v)
		atLeast(s.MinLength, n, "character")
		atMost(s.MaxLength, n, "character")
	case []any:
		atLeast(s.MinItems, len(v), "item")
		atMost(s.MaxItems, len(v), "item")
	case json.Number, float64:
		if n := numberOf(v); s.Minimum != nil && n.Cmp(numberOf(*s.Minimum)) < 0 {
			found = append(found, "at least "+decimal(*s.Minimum))
		} else if s.Maximum != nil && n.Cmp(numberOf(*s.Maximum)) > 0 {
			found = append(found, "at most "+decimal(*s.Maximum))
		}
	}
	return found
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

var patterns sync.Map // string to *regexp.Regexp

// compiled returns the pattern of a schema. In it \s, which the contract has in brackets,
// are the blanks of ECMAScript.
func compiled(pattern string) *regexp.Regexp {
	if known, ok := patterns.Load(pattern); ok {
		return known.(*regexp.Regexp)
	}
	known, _ := patterns.LoadOrStore(pattern, regexp.MustCompile(strings.ReplaceAll(pattern, `\s`, `\s\v\x{FEFF}\p{Z}`)))
	return known.(*regexp.Regexp)
}

// JoinPath returns the path of a child, a field or an index in brackets, of the value
// at a path.
func JoinPath(at, child string) string {
	if at == "" || child == "" || child[0] == '[' {
		return at + child
	}
	return at + "." + child
}

// property returns the schema of a property, nil where any value is allowed.
func (s *Schema) property(name string) *Schema {
	if p := s.Properties[name]; p != nil || s.AdditionalProperties == nil {
		return p
	}
	return s.AdditionalProperties.Schema
}
