package papi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// CheckOptions say how a value is checked.
type CheckOptions struct {
	// Closed refuses the properties that a schema does not name.
	Closed bool
	// Draft does not require what a draft may leave out.
	Draft bool
	// Formats checks strings as the contract's formats and texts say.
	Formats bool
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
	c.check(s, value, "")
	slices.SortStableFunc(c.violations, func(a, b Violation) int { return strings.Compare(a.Path, b.Path) })
	for i, v := range c.violations[:min(len(c.violations), MaxViolations)] {
		if v.unknown != "" && !sameLetters(v.unknown, v.Nearest) && !isSynonym(v.unknown, v.Nearest) {
			c.violations[i] = s.withKnownPath(v)
		}
	}
	return slices.CompactFunc(c.violations, func(a, b Violation) bool {
		return a.Path == b.Path && fmt.Sprint(a.Allowed) == fmt.Sprint(b.Allowed)
	}), c.warnings
}

// checker walks a value along its schema. The validator checks everything between
// two unions; which variant of a union applies is the checker's choice.
type checker struct {
	opts       CheckOptions
	violations []Violation
	warnings   []string
}

func (c *checker) add(v Violation) { c.violations = append(c.violations, v) }

// check checks the value at a path.
func (c *checker) check(s *Schema, value any, at string) {
	r := s.Resolve()
	if len(r.AnyOf) > 0 {
		c.union(r, value, at)
		return
	}
	if err := s.validator(c.opts).Validate(value); err != nil {
		invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
		if !ok {
			c.add(Violation{Path: at, Allowed: err.Error()})
			return
		}
		c.addErrors(invalid, r, value, at)
	}
	c.checkChildren(r, value, at)
}

// checkChildren checks what the validator leaves out: formats and unions.
func (c *checker) checkChildren(s *Schema, value any, at string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if p := s.property(name); p != nil {
				c.checkValue(p, v[name], name, JoinPath(at, name))
			}
		}
	case []any:
		if s.Items == nil {
			return
		}
		for i, item := range v {
			c.checkValue(s.Items, item, lastName(at), fmt.Sprintf("%s[%d]", at, i))
		}
	}
}

func (c *checker) checkValue(s *Schema, value any, name, at string) {
	r := s.Resolve()
	if len(r.AnyOf) > 0 {
		c.union(r, value, at)
		return
	}
	if c.opts.Formats {
		c.format(r, value, name, at)
	}
	c.checkChildren(r, value, at)
}

// JoinPath returns the path of a child, a field or an index in brackets, of the value
// at a path.
func JoinPath(at, child string) string {
	if at == "" || child == "" || child[0] == '[' {
		return at + child
	}
	return at + "." + child
}

// lastName returns the name that a path ends with, without list indexes.
func lastName(path string) string {
	path = path[strings.LastIndex(path, ".")+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}

// locate returns the schema of a location below a value, the value there, and its
// dotted path.
func locate(s *Schema, value any, location []string) (*Schema, any, string) {
	path := ""
	for _, token := range location {
		switch v := value.(type) {
		case []any:
			i, _ := strconv.Atoi(token)
			s, value, path = s.Items.Resolve(), v[i], fmt.Sprintf("%s[%d]", path, i)
		case map[string]any:
			s, value, path = s.property(token).Resolve(), v[token], JoinPath(path, token)
		}
	}
	return s, value, path
}

// property returns the schema of a property, nil where any value is allowed.
func (s *Schema) property(name string) *Schema {
	if p := s.Properties[name]; p != nil || s.AdditionalProperties == nil {
		return p
	}
	return s.AdditionalProperties.Schema
}
