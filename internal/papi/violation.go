package papi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"weak"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Violation is one point in which a value does not match its schema.
type Violation struct {
	// Path is that of the value, such as details.components[0].text; "" for the
	// value that is checked.
	Path string `json:"path"`
	// Given is the value, a long one truncated and a secret one masked; nil where
	// there is none.
	Given any `json:"given"`
	// Allowed says which values are allowed: a sentence, or the list of them.
	Allowed any `json:"allowed"`
	// Nearest is the allowed name or value that is most likely meant; several,
	// joined by commas, where it may be any of them; "" where none is known.
	Nearest string `json:"nearest,omitempty"`

	unknown string // the name, where the schema has no such property
}

// Mode says how a value is checked.
type Mode struct {
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
func (s *Schema) Violations(value any, mode Mode) []Violation {
	violations, _ := s.Check(value, mode)
	return violations
}

// Check returns the violations, as Violations does, and warnings of what only the
// API can decide, each beginning with its path.
func (s *Schema) Check(value any, mode Mode) ([]Violation, []string) {
	c := &checker{mode: mode}
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

// MaxViolations is how many violations an error lists: a call may have any number.
const MaxViolations = 50

// checker walks a value along its schema. The validator checks everything between
// two unions; which variant of a union applies is the checker's choice.
type checker struct {
	mode       Mode
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
	compiled := compile(s, c.mode)
	if err := compiled.schema.Validate(value); err != nil {
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			c.add(Violation{Path: at, Allowed: err.Error()})
			return
		}
		for _, v := range compiled.collect(invalid, value) {
			v.Path = join(at, v.Path)
			c.add(v)
		}
	}
	c.checkChildren(r, value, at)
}

// checkChildren checks what the validator leaves out: formats and unions.
func (c *checker) checkChildren(s *Schema, value any, at string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			p := s.Properties[name]
			if p == nil && s.AdditionalProperties != nil {
				p = s.AdditionalProperties.Schema
			}
			if p != nil {
				c.checkValue(p, v[name], name, join(at, name))
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
	if c.mode.Formats {
		c.format(r, value, name, at)
	}
	c.checkChildren(r, value, at)
}

// join returns the path of a child of the value at a path.
func join(at, child string) string {
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

// compiled is a schema ready to validate values, with the JSON form that it was
// compiled from, in which the locations of errors are looked up.
type compiled struct {
	schema *jsonschema.Schema
	plain  map[string]any
}

type compileKey struct {
	schema weak.Pointer[Schema]
	mode   Mode
}

// compileCache holds the validators of the schemas that are in use: those of a
// schema that was made for a tenant are removed with it.
var compileCache sync.Map // compileKey to *compiled

func compile(s *Schema, mode Mode) *compiled {
	mode.Formats = false // the validator ignores them
	key := compileKey{weak.Make(s), mode}
	if c, ok := compileCache.Load(key); ok {
		return c.(*compiled)
	}
	const location = "papi:///schema"
	c := &compiled{plain: s.forValidator(mode)}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(location, c.plain); err != nil {
		panic("papi: " + err.Error())
	}
	c.schema = compiler.MustCompile(location)
	actual, kept := compileCache.LoadOrStore(key, c)
	if !kept {
		runtime.AddCleanup(s, func(key compileKey) { compileCache.Delete(key) }, key)
	}
	return actual.(*compiled)
}

// collect returns the violations of the validator's tree of errors.
func (c *compiled) collect(e *jsonschema.ValidationError, root any) []Violation {
	if len(e.Causes) > 0 {
		var all []Violation
		for _, cause := range e.Causes {
			all = append(all, c.collect(cause, root)...)
		}
		return all
	}
	path, given := locate(root, e.InstanceLocation)
	at := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		all := make([]Violation, len(k.Missing))
		for i, name := range k.Missing {
			all[i] = Violation{Path: at(name), Allowed: "required, " + describe(c.property(e.SchemaURL, name))}
		}
		return all
	case *kind.AdditionalProperties:
		known := c.properties(e.SchemaURL)
		all := make([]Violation, len(k.Properties))
		for i, name := range k.Properties {
			var value any
			if object, ok := given.(map[string]any); ok {
				value = object[name]
			}
			all[i] = unknownName(name, value, at(name), known)
		}
		return all
	}
	name := ""
	if n := len(e.InstanceLocation); n > 0 {
		name = e.InstanceLocation[n-1]
	}
	v := Violation{Path: path, Given: echoValue(name, given)}
	switch k := e.ErrorKind.(type) {
	case *kind.Enum:
		v.Allowed = k.Want
		v.Nearest = nearestValue(fmt.Sprint(given), toStrings(k.Want))
	case *kind.Const:
		v.Allowed = []any{k.Want}
		v.Nearest = nearestValue(fmt.Sprint(given), toStrings([]any{k.Want}))
	case *kind.Type:
		v.Allowed = allowedTypes(k.Want, c.lookup(e.SchemaURL))
	case *kind.MinLength:
		v.Allowed = "at least " + Count(k.Want, "character")
	case *kind.MaxLength:
		v.Allowed = fmt.Sprintf("at most %s (given: %d)", Count(k.Want, "character"), k.Got)
	case *kind.MinItems:
		v.Allowed = "at least " + Count(k.Want, "item")
	case *kind.MaxItems:
		v.Allowed = fmt.Sprintf("at most %s (given: %d)", Count(k.Want, "item"), k.Got)
	case *kind.Minimum:
		want, _ := k.Want.Float64()
		v.Allowed = "at least " + strconv.FormatFloat(want, 'f', -1, 64)
	case *kind.Maximum:
		want, _ := k.Want.Float64()
		v.Allowed = "at most " + strconv.FormatFloat(want, 'f', -1, 64)
	case *kind.UniqueItems:
		v.Allowed = fmt.Sprintf("each item once (items %d and %d are the same)", k.Duplicates[0], k.Duplicates[1])
	case *kind.Pattern:
		v.Allowed = "a text that matches " + k.Want
	default:
		v.Allowed = fmt.Sprint(e.ErrorKind)
	}
	return []Violation{v}
}

var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

// lookup returns the schema at a location that the validator reports.
func (c *compiled) lookup(location string) map[string]any {
	_, fragment, _ := strings.Cut(location, "#")
	var at any = c.plain
	for token := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") {
		token, _ = url.PathUnescape(token)
		token = pointerEscapes.Replace(token)
		switch v := at.(type) {
		case map[string]any:
			if token != "" {
				at = v[token]
			}
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		}
	}
	found, _ := at.(map[string]any)
	return found
}

func (c *compiled) property(location, name string) map[string]any {
	properties, _ := c.lookup(location)["properties"].(map[string]any)
	p, _ := properties[name].(map[string]any)
	return p
}

func (c *compiled) properties(location string) []string {
	properties, _ := c.lookup(location)["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// unknownName is the violation of a name that the schema does not have. If it holds
// an object with names that the schema does have, they may belong one level up.
func unknownName(name string, value any, at string, known []string) Violation {
	v := Violation{Path: at, Given: echoValue(name, value), Allowed: "no such name; known: " + strings.Join(known, ", "), Nearest: Nearest(name, known), unknown: name}
	fields, _ := value.(map[string]any)
	var held []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(known, field) {
			held = append(held, field)
		}
	}
	if v.Nearest == "" && len(held) > 0 {
		v.Allowed = fmt.Sprintf("no such name; give what it holds one level up: %s", strings.Join(held, ", "))
		v.unknown = ""
	}
	return v
}

// allowedTypes says what is allowed where a value has the wrong JSON type: the values
// or the names that the schema lists, else the types.
func allowedTypes(types []string, plain map[string]any) any {
	if values, ok := plain["enum"].([]any); ok {
		return values
	}
	if value, ok := plain["const"]; ok {
		return []any{value}
	}
	text := strings.Join(types, " or ")
	if properties, _ := plain["properties"].(map[string]any); len(properties) > 0 && text == "object" {
		text += " with names of " + strings.Join(slices.Sorted(maps.Keys(properties)), ", ")
	}
	return text
}

// describe says in a few words what a schema allows.
func describe(plain map[string]any) string {
	if values, ok := plain["enum"].([]any); ok {
		return "one of " + strings.Join(toStrings(values), ", ")
	}
	if value, ok := plain["const"]; ok {
		return fmt.Sprint(value)
	}
	if types, ok := plain["type"].([]any); ok {
		return strings.Join(toStrings(types), " or ")
	}
	return "see schema_get"
}

// locate returns the dotted path of a location, and the value there.
func locate(root any, location []string) (string, any) {
	var path strings.Builder
	at := root
	for _, token := range location {
		switch v := at.(type) {
		case []any:
			i, _ := strconv.Atoi(token)
			fmt.Fprintf(&path, "[%d]", i)
			at = v[i]
		case map[string]any:
			if path.Len() > 0 {
				path.WriteByte('.')
			}
			path.WriteString(token)
			at = v[token]
		}
	}
	return path.String(), at
}

// MaxEcho is how many characters of an argument an error repeats.
const MaxEcho = 100

// Echo truncates an argument to MaxEcho, as an error repeats it.
func Echo(text string) string { return Truncate(text, MaxEcho) }

// echoValue returns a given value as a violation may repeat it.
func echoValue(name string, value any) any {
	if value != nil && IsSecretName(name) {
		return Masked
	}
	switch v := value.(type) {
	case string:
		return Echo(v)
	case json.Number:
		if len(v) > MaxEcho {
			return Echo(v.String())
		}
	case map[string]any, []any:
		raw, err := json.Marshal(MaskSecrets(v))
		if err != nil || len(raw) > MaxEcho {
			return fmt.Sprintf("%s of %d bytes", KindOf(v), len(raw))
		}
		return MaskSecrets(v)
	}
	return value
}

// KindOf names the type of a JSON value for a message.
func KindOf(value any) string {
	switch value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case nil:
		return "null"
	}
	return "a number"
}

func toStrings(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprint(v)
	}
	return all
}

// Count is a number with its noun: "1 country", "2 countries".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, Plural(noun))
}

// Plural is the plural of a noun.
func Plural(noun string) string {
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "a") {
		return stem + "ies"
	}
	return noun + "s"
}
