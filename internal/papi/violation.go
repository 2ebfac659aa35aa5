package papi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"weak"

	"github.com/agnivade/levenshtein"
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
	// Nearest is the allowed name or value that is most like the given one,
	// or "" where none is.
	Nearest string `json:"nearest,omitempty"`
}

// Mode says how a value is checked.
type Mode struct {
	// Closed refuses the properties that a schema does not name.
	Closed bool
	// Draft does not ask for what a draft may leave out.
	Draft bool
}

// Violations checks a value, as a JSON decoder makes it (numbers may be
// float64 or json.Number), against the schema, and returns all that is wrong
// with it, ordered by path. Of a union it tells what is wrong with the variant
// that comes nearest.
func (s *Schema) Violations(value any, mode Mode) []Violation {
	c := compile(s, mode)
	err := c.schema.Validate(value)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []Violation{{Allowed: err.Error()}}
	}
	found := c.collect(invalid, value)
	slices.SortStableFunc(found, func(a, b Violation) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(found, func(a, b Violation) bool {
		return a.Path == b.Path && fmt.Sprint(a.Allowed) == fmt.Sprint(b.Allowed)
	})
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
	key := compileKey{weak.Make(s), mode}
	if c, ok := compileCache.Load(key); ok {
		return c.(*compiled)
	}
	const location = "papi:///schema"
	c := &compiled{plain: s.plain(mode)}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for name, check := range formats {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: check})
	}
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
	if _, union := e.ErrorKind.(*kind.AnyOf); union {
		return c.nearestVariant(e, root)
	}
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
			all[i] = Violation{Path: at(name), Given: shown(name, value), Allowed: "no such name; known: " + strings.Join(known, ", "), Nearest: nearest(name, known)}
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
		v.Nearest = nearest(fmt.Sprint(given), texts(k.Want))
	case *kind.Const:
		v.Allowed = []any{k.Want}
		v.Nearest = nearest(fmt.Sprint(given), texts([]any{k.Want}))
	case *kind.Type:
		v.Allowed = strings.Join(k.Want, " or ")
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
	case *kind.Format:
		v.Allowed = k.Err.Error()
	default:
		v.Allowed = fmt.Sprint(e.ErrorKind)
	}
	return []Violation{v}
}

// nearestVariant tells what is wrong with the variant of a union that the
// value most likely meant: the one whose fixed values it has, and of those the
// one with the fewest violations. Where it has the fixed values of none, that
// is what is wrong.
func (c *compiled) nearestVariant(e *jsonschema.ValidationError, root any) []Violation {
	var best []Violation
	fewest := -1
	fixed := map[string][]any{}
	for _, cause := range e.Causes {
		found := c.collect(cause, root)
		wrongKind := false
		for _, v := range found {
			if values, ok := v.Allowed.([]any); ok && c.fixes(e, v, root) {
				wrongKind = true
				fixed[v.Path] = append(fixed[v.Path], values...)
			}
		}
		// Names say more about what was meant than what is missing.
		cost := len(found) + 2*strangeNames(cause, len(e.InstanceLocation))
		if wrongKind {
			cost += 1000
		}
		if fewest < 0 || cost < fewest {
			best, fewest = found, cost
		}
	}
	if fewest < 1000 {
		return best
	}
	for i, v := range best {
		if values := fixed[v.Path]; len(values) > 0 {
			slices.SortFunc(values, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			best[i].Allowed = slices.Compact(values)
			best[i].Nearest = nearest(fmt.Sprint(v.Given), texts(values))
			return best[i : i+1]
		}
	}
	return best
}

// strangeNames counts the names at a depth of the value that a variant does not
// know.
func strangeNames(e *jsonschema.ValidationError, depth int) int {
	n := 0
	if k, ok := e.ErrorKind.(*kind.AdditionalProperties); ok && len(e.InstanceLocation) == depth {
		n = len(k.Properties)
	}
	for _, cause := range e.Causes {
		n += strangeNames(cause, depth)
	}
	return n
}

// fixes tells whether v breaks a property directly below the union e that
// tells its variants apart.
func (c *compiled) fixes(e *jsonschema.ValidationError, v Violation, root any) bool {
	at, _ := locate(root, e.InstanceLocation)
	switch strings.TrimPrefix(strings.TrimPrefix(v.Path, at), ".") {
	case "type", "format", "otpType", "ownershipType":
		return true
	}
	return false
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

// nearest returns the candidate most like name, or "" where none is close:
// half of its letters may differ.
func nearest(name string, candidates []string) string {
	const longest = 200
	if len(name) > longest {
		return ""
	}
	best, distance := "", -1
	for _, candidate := range candidates {
		d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate))
		if distance < 0 || d < distance {
			best, distance = candidate, d
		}
	}
	if distance < 0 || 2*distance > len(name) {
		return ""
	}
	return best
}

// Nearest returns the candidate most like name, or "" where none is close.
func Nearest(name string, candidates []string) string { return nearest(name, candidates) }

// mostShown is how many characters of a given value a violation shows.
const mostShown = 100

// shown is a given value as a violation may show it.
func shown(name string, value any) any {
	if value != nil && SoundsSecret(name) {
		return Masked
	}
	switch v := value.(type) {
	case string:
		return Cut(v, mostShown)
	case json.Number:
		if len(v) > mostShown {
			return Cut(v.String(), mostShown)
		}
	case map[string]any, []any:
		raw, err := json.Marshal(MaskSecrets(v))
		if err != nil || len(raw) > mostShown {
			return fmt.Sprintf("%s of %d bytes", jsonKind(v), len(raw))
		}
		return MaskSecrets(v)
	}
	return value
}

// jsonKind names the kind of a JSON value.
func jsonKind(value any) string {
	if _, ok := value.([]any); ok {
		return "a list"
	}
	return "an object"
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
