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

// Violation is one place where a value does not keep to its schema.
type Violation struct {
	// Path of the place: details.components[0].text. Empty for the whole.
	Path string `json:"path"`
	// Given is what stands there: a long text cut, a secret masked, nil where
	// nothing stands.
	Given any `json:"given"`
	// Allowed says what may stand there: a sentence, or the list of values.
	Allowed any `json:"allowed"`
	// Nearest is the allowed name or value that is most likely meant; several,
	// joined by commas, where it may be any of them; "" where none is known.
	Nearest string `json:"nearest,omitempty"`

	unknown string // the name, where the schema has none such
}

// Mode says how a value is checked.
type Mode struct {
	// Closed refuses the properties that a schema does not name.
	Closed bool
	// Draft does not ask for what a draft may leave out.
	Draft bool
	// Formats looks at what the contract's formats and texts say of strings.
	Formats bool
}

// Violations checks a value, as a JSON decoder makes it (numbers may be
// float64 or json.Number), against the schema, and returns all that is wrong
// with it, ordered by path. Of a union it tells what is wrong with the variant
// that the value most likely means.
func (s *Schema) Violations(value any, mode Mode) []Violation {
	violations, _ := s.Check(value, mode)
	return violations
}

// Check returns what is wrong with a value, as Violations does, and what is
// doubtful, each beginning with its path: the API judges that.
func (s *Schema) Check(value any, mode Mode) ([]Violation, []string) {
	c := &checker{mode: mode}
	c.check(s, value, "")
	slices.SortStableFunc(c.violations, func(a, b Violation) int { return strings.Compare(a.Path, b.Path) })
	for i, v := range c.violations[:min(len(c.violations), MaxViolations)] {
		if v.unknown != "" && !sameLetters(v.unknown, v.Nearest) && !knownAs(v.unknown, v.Nearest) {
			c.violations[i] = s.placed(v)
		}
	}
	return slices.CompactFunc(c.violations, func(a, b Violation) bool {
		return a.Path == b.Path && fmt.Sprint(a.Allowed) == fmt.Sprint(b.Allowed)
	}), c.doubts
}

// MaxViolations is how many of the things that are wrong an answer lists: a call
// may hold any number of them, and nobody reads more.
const MaxViolations = 50

// checker walks a value beside its schema. The validator checks all between
// two unions; which variant counts is the checker's own choice.
type checker struct {
	mode       Mode
	violations []Violation
	doubts     []string
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
	c.below(r, value, at)
}

// below looks at what the validator leaves out: formats and unions.
func (c *checker) below(s *Schema, value any, at string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			p := s.Properties[name]
			if p == nil && s.AdditionalProperties != nil {
				p = s.AdditionalProperties.Schema
			}
			if p != nil {
				c.inner(p, v[name], name, join(at, name))
			}
		}
	case []any:
		if s.Items == nil {
			return
		}
		for i, item := range v {
			c.inner(s.Items, item, lastName(at), fmt.Sprintf("%s[%d]", at, i))
		}
	}
}

func (c *checker) inner(s *Schema, value any, name, at string) {
	r := s.Resolve()
	if len(r.AnyOf) > 0 {
		c.union(r, value, at)
		return
	}
	if c.mode.Formats {
		c.format(r, value, name, at)
	}
	c.below(r, value, at)
}

// join is the path of a place below another.
func join(at, below string) string {
	if at == "" || below == "" || below[0] == '[' {
		return at + below
	}
	return at + "." + below
}

// lastName is the name that a path ends with, without the numbers of lists.
func lastName(path string) string {
	path = path[strings.LastIndex(path, ".")+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}

// compiled is a schema ready to check values, with the plain form that it was
// made of, in which the places that errors name are looked up.
type compiled struct {
	schema *jsonschema.Schema
	plain  map[string]any
}

type compileKey struct {
	schema weak.Pointer[Schema]
	mode   Mode
}

// compileCache has the validators of the schemas that are in use: one that was
// made for a tenant goes with it, and takes its validators along.
var compileCache sync.Map // compileKey to *compiled

func compile(s *Schema, mode Mode) *compiled {
	mode.Formats = false // the validator looks at none
	key := compileKey{weak.Make(s), mode}
	if c, ok := compileCache.Load(key); ok {
		return c.(*compiled)
	}
	const location = "papi:///schema"
	c := &compiled{plain: s.plain(mode)}
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

// collect turns the validator's tree of errors into violations.
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
	v := Violation{Path: path, Given: shown(name, given)}
	switch k := e.ErrorKind.(type) {
	case *kind.Enum:
		v.Allowed = k.Want
		v.Nearest = nearestValue(fmt.Sprint(given), texts(k.Want))
	case *kind.Const:
		v.Allowed = []any{k.Want}
		v.Nearest = nearestValue(fmt.Sprint(given), texts([]any{k.Want}))
	case *kind.Type:
		v.Allowed = ofType(k.Want, c.lookup(e.SchemaURL))
	case *kind.MinLength:
		v.Allowed = "at least " + count(k.Want, "character")
	case *kind.MaxLength:
		v.Allowed = fmt.Sprintf("at most %s (given: %d)", count(k.Want, "character"), k.Got)
	case *kind.MinItems:
		v.Allowed = "at least " + count(k.Want, "item")
	case *kind.MaxItems:
		v.Allowed = fmt.Sprintf("at most %s (given: %d)", count(k.Want, "item"), k.Got)
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

// lookup finds the plain schema at a location that the validator names.
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
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// unknownName tells of a name that a schema has not. What an object under it
// holds may belong where the object stands.
func unknownName(name string, value any, at string, known []string) Violation {
	v := Violation{Path: at, Given: shown(name, value), Allowed: "no such name; known: " + strings.Join(known, ", "), Nearest: Nearest(name, known), unknown: name}
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

// ofType says what may stand where a value has the wrong JSON type: the values
// or the names that the schema lists, else the types.
func ofType(types []string, plain map[string]any) any {
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

// describe says in a few words what a plain schema takes.
func describe(plain map[string]any) string {
	if values, ok := plain["enum"].([]any); ok {
		return "one of " + strings.Join(texts(values), ", ")
	}
	if value, ok := plain["const"]; ok {
		return fmt.Sprint(value)
	}
	if types, ok := plain["type"].([]any); ok {
		return strings.Join(texts(types), " or ")
	}
	return "see schema_get"
}

// locate returns the dotted path of a place, and what stands there.
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

// MaxEcho is how many characters of a given text an answer repeats.
const MaxEcho = 100

// Echo is a given text as an answer repeats it: truncated to MaxEcho.
func Echo(text string) string { return Truncate(text, MaxEcho) }

// shown is a given value as a violation may show it.
func shown(name string, value any) any {
	if value != nil && SoundsSecret(name) {
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

// KindOf names the kind of a JSON value, as a message tells it.
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

func texts(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprint(v)
	}
	return all
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
