package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// argumentsForm says what the arguments of a tool may be on the command line.
const argumentsForm = "[JSON | @FILE | -] [KEY=VALUE ...]"

// arguments are those of a tool as the command line has them: an object, and keys.
type arguments struct {
	object    []byte // one JSON object; nil for none
	fromInput bool   // object was read from standard input
	keys      []keyValue
}

// keyValue is an argument KEY=VALUE, or KEY:=VALUE.
type keyValue struct {
	key   string // names with dots
	value string
	json  bool // the value is JSON, whatever the tool's schema says
}

// maxArguments limits what is read from a file and from standard input, in bytes, as
// serve limits its lines.
const maxArguments = 8 << 20

// readArguments reads the arguments of a tool, and the files and the input that they
// name. Its errors are about the command line, and repeat no value of a key.
func readArguments(s *streams, args []string) (*arguments, error) {
	a := &arguments{}
	for _, arg := range args {
		text := strings.TrimPrefix(arg, byteOrderMark)
		var err error
		switch isObject := strings.HasPrefix(strings.TrimSpace(text), "{"); {
		case a.object != nil && (isObject || arg == "-" || strings.HasPrefix(arg, "@")):
			err = usage("%s: a JSON object is given before it, and there can be one: the arguments are %s", papi.Quoted(arg, 80), argumentsForm)
		case arg == "-":
			a.fromInput = true
			if text, err = readLimited(s.in); err == nil {
				err = a.setObject(text)
			}
		case isObject:
			err = a.setObject(text)
		case strings.HasPrefix(arg, "@"):
			if text, err = readArgumentFile(arg[1:]); err == nil {
				err = a.setObject(text)
			}
		default:
			err = a.addKey(arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// byteOrderMark is what Windows PowerShell writes at the beginning of a pipe or a file.
const byteOrderMark = "\ufeff"

// readLimited reads a text of at most maxArguments, without a byte order mark. Other
// encodings than UTF-8 are refused, since their letters would be lost.
func readLimited(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxArguments+1))
	if err != nil {
		return "", usage("reading the input: %v", err)
	}
	if len(raw) > maxArguments {
		return "", usage("the input has more than %d bytes", maxArguments)
	}
	if !utf8.Valid(raw) {
		return "", usage("the input is not UTF-8 text: save it as UTF-8")
	}
	return strings.TrimPrefix(string(raw), byteOrderMark), nil
}

func readArgumentFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", usage("reading the input: %v", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() { // Windows has no such error for a read
		return "", usage("reading the input: %s is a folder", path)
	}
	return readLimited(file)
}

func (a *arguments) setObject(text string) error {
	if trimmed := strings.TrimSpace(text); !json.Valid([]byte(text)) || !strings.HasPrefix(trimmed, "{") {
		return usage("the arguments are not one JSON object: %s", papi.Quoted(trimmed, 80))
	}
	a.object = []byte(text)
	return nil
}

// keyPath matches the key of a value: names of the tool's arguments, and below them of
// their fields.
var keyPath = lazyregexp.New(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// addKey adds KEY=VALUE, KEY:=JSON, or either with @FILE.
func (a *arguments) addKey(arg string) error {
	key, value, ok := strings.Cut(arg, "=")
	if !ok {
		return usage("%s is neither KEY=VALUE nor @FILE, and not one JSON object: the arguments are %s", papi.Quoted(arg, 80), argumentsForm)
	}
	kv := keyValue{key: key, value: value}
	kv.key, kv.json = strings.CutSuffix(key, ":")
	if !keyPath.MatchString(kv.key) {
		return usage("%s=: a key is the name of an argument, or names with dots (details.name); give what is in a list of objects as JSON: KEY:='[{...}]'", papi.Quoted(key, 80))
	}
	if path, isFile := strings.CutPrefix(value, "@"); isFile {
		text, err := readArgumentFile(path)
		if err != nil {
			return usage(`%s=@: %v; a value that begins with @ itself is JSON: %s:='"@..."'`, kv.key, err, kv.key)
		}
		kv.value = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r") // the end of the last line is not part of the value
	}
	switch {
	case !utf8.ValidString(kv.value):
		return usage("%s: the value is not valid UTF-8", kv.key)
	case kv.json && !json.Valid([]byte(kv.value)):
		return usage(`%s:=: the value is not JSON; a text is in quotes ('"..."'), and as it is with %s=`, kv.key, kv.key)
	}
	a.keys = append(a.keys, kv)
	return nil
}

// encode returns the arguments as one JSON object. The values of keys have the types
// that the tool's schema says; what does not fit it stays a text, for the validation to
// report.
func (a *arguments) encode(schema *papi.Schema) (json.RawMessage, error) {
	fields := map[string]any{}
	for _, kv := range a.keys {
		if err := kv.set(fields, schema); err != nil {
			return nil, err
		}
	}
	if a.object == nil {
		return jsonvalue.Encode(fields), nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(a.object, &given); err != nil {
		return nil, usage("the arguments are not one JSON object: %v", err)
	}
	for name := range fields {
		if _, twice := given[name]; twice {
			return nil, usage("%s is in the JSON object, and given as a key too: give it once", name)
		}
	}
	if len(fields) == 0 {
		return a.object, nil
	}
	// The object is kept as it is written: whether its names are unique, and its values
	// within the limits, is checked later.
	body := bytes.TrimSuffix(bytes.TrimSpace(a.object), []byte("}"))
	if len(given) > 0 {
		body = append(body, ',')
	}
	return append(body, jsonvalue.Encode(fields)[1:]...), nil
}

// list collects the items of a list that several keys give.
type list struct{ items []any }

// MarshalJSON implements json.Marshaler.
func (l *list) MarshalJSON() ([]byte, error) { return jsonvalue.Encode(l.items), nil }

// set adds the value to the fields, in objects for the names before the last.
func (kv keyValue) set(fields map[string]any, schema *papi.Schema) error {
	path := strings.Split(kv.key, ".")
	last := len(path) - 1
	for i, name := range path[:last] {
		if fields[name] == nil {
			fields[name] = map[string]any{}
		}
		inner, ok := fields[name].(map[string]any)
		if !ok {
			return usage("%s and %s are both given: give one of them", strings.Join(path[:i+1], "."), kv.key)
		}
		fields = inner
	}
	value := kv.typed(leavesAt(schema, path), last > 0)
	switch earlier := fields[path[last]].(type) {
	case nil:
		fields[path[last]] = value
		return nil
	case *list:
		if more, ok := value.(*list); ok {
			earlier.items = append(earlier.items, more.items...)
			return nil
		}
	case map[string]any:
		return usage("%s is given, and so are fields of it: give one of them", kv.key)
	}
	return usage("%s is given twice; only a list takes several: KEY=A KEY=B", kv.key)
}

// leaves are the schemas that a value may have: several where the arguments are a
// union.
type leaves []*papi.Schema

// leavesAt returns the schemas at a path, none where no schema knows it. A deprecated
// variant of a union counts only for what the others don't have.
func leavesAt(s *papi.Schema, path []string) leaves {
	if s == nil {
		return nil
	}
	s = s.Resolve()
	var found, deprecated leaves
	for _, variant := range s.AnyOf {
		if variant.Resolve().IsDeprecated() {
			deprecated = append(deprecated, leavesAt(variant, path)...)
		} else {
			found = append(found, leavesAt(variant, path)...)
		}
	}
	if len(found) == 0 {
		found = deprecated
	}
	switch {
	case len(path) == 0 && len(s.AnyOf) == 0:
		return leaves{s}
	case len(path) == 0:
	case s.Properties[path[0]] != nil:
		found = append(found, leavesAt(s.Properties[path[0]], path[1:])...)
	case s.AdditionalProperties != nil:
		found = append(found, leavesAt(s.AdditionalProperties.Schema, path[1:])...)
	case s.Items != nil:
		found = append(found, leavesAt(s.Items, path)...)
	}
	return found
}

// has reports whether one of the schemas has the JSON type.
func (l leaves) has(kind string) bool {
	for _, s := range l {
		if s.Type.Has(kind) || kind == "string" && len(s.Type) == 0 {
			return true
		}
	}
	return false
}

// items returns the schemas of the items of lists.
func (l leaves) items() leaves {
	var items leaves
	for _, s := range l {
		if s.Items != nil {
			items = append(items, leavesAt(s.Items, nil)...)
		}
	}
	return items
}

// typed returns the value in the type that the schemas say; as a text where they allow
// one, or it is not JSON.
func (kv keyValue) typed(l leaves, nested bool) any {
	switch {
	case kv.json:
		return json.RawMessage(kv.value)
	case l == nil || l.has("string"):
		return kv.value
	case l.has("array") && !strings.HasPrefix(strings.TrimSpace(kv.value), "["):
		typed, items := &list{items: []any{}}, l.items()
		switch {
		case kv.value == "": // the list is empty
		case items.commaSeparated(nested):
			for value := range strings.SplitSeq(kv.value, ",") {
				typed.items = append(typed.items, keyValue{value: strings.TrimSpace(value)}.typed(items, nested))
			}
		default:
			typed.items = append(typed.items, keyValue{value: kv.value}.typed(items, nested))
		}
		return typed
	case json.Valid([]byte(kv.value)):
		return json.RawMessage(kv.value)
	}
	return kv.value
}

// commaSeparated reports whether a value is several items of a list, separated by
// commas: not where the items are free texts or URLs, which may hold a comma. The lists
// directly among the arguments hold ids, paths and fixed values.
func (l leaves) commaSeparated(nested bool) bool {
	if !nested {
		return true
	}
	for _, s := range l {
		if s.EnumTexts() != nil || strings.HasPrefix(s.Format, "e.164") {
			return true
		}
	}
	return false
}

// completeKey returns the keys that begin with a prefix, without those that were given:
// KEY= for a value, and KEY. for an object.
func completeKey(schema *papi.Schema, given []string, prefix string) []string {
	parent, dot := "", strings.LastIndex(prefix, ".")
	var path []string
	if dot >= 0 {
		parent = prefix[:dot+1]
		path = strings.Split(prefix[:dot], ".")
	}
	var keys []string
	for _, s := range leavesAt(schema, path) {
		for name := range s.Properties {
			key, below := parent+name, leavesAt(s, []string{name})
			isGiven := slices.ContainsFunc(given, func(arg string) bool {
				return strings.HasPrefix(arg, key+"=") || strings.HasPrefix(arg, key+":=")
			})
			if !strings.HasPrefix(key, prefix) || isGiven && !below.has("array") {
				continue
			}
			for _, one := range below {
				end := "="
				if len(one.Properties) > 0 {
					end = "."
				}
				keys = append(keys, key+end)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// completeValue returns KEY=VALUE for each value that the schema lists and that begins
// with the given one; of a list, for its last item.
func completeValue(schema *papi.Schema, key, value string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(value, "@") {
		return nil, cobra.ShellCompDirectiveDefault // a file
	}
	l := leavesAt(schema, strings.Split(key, "."))
	before, last := "", value
	if l.has("array") {
		i := strings.LastIndex(value, ",") + 1
		before, last = value[:i], value[i:]
		l = append(l, l.items()...)
	}
	var values []string
	for _, s := range l {
		texts := s.EnumTexts()
		if s.Type.Has("boolean") {
			texts = append(texts, "true", "false")
		}
		for _, text := range texts {
			if strings.HasPrefix(text, last) {
				values = append(values, key+"="+before+text)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values), cobra.ShellCompDirectiveNoFileComp
}
