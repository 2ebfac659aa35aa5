// Package settings reads the configuration file: flags of serve by their names,
// and what no flag can say - who may call (keys, scopes) and with which
// credentials (tenants).
//
// The file is YAML, checked whole against a JSON schema that is made of the
// flags and of the structs here, so that a new flag is known to both at once.
// A text of the form ${NAME} stands for a variable of the environment; secrets
// can't stand in the file in any other way.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/invopop/jsonschema"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// File is what a configuration file says.
type File struct {
	// Source is what was read; "" where there is no file.
	Source string `json:"-"`
	// Notes tell what in it could be written more safely.
	Notes []string `json:"-"`
	// Flags are values of flags by name.
	Flags map[string]any `json:"-"`
	sections
}

// sections are what no flag can say.
type sections struct {
	Keys    map[string]Key    `json:"keys,omitempty" jsonschema:"description=who may call with --auth token by name: letters; digits; . _ -"`
	Scopes  map[string]Scope  `json:"scopes,omitempty" jsonschema:"description=what the scopes of tokens open with --auth oidc"`
	Tenants map[string]Tenant `json:"tenants,omitempty" jsonschema:"description=credentials for the API by name: letters; digits; . _ -"`
}

// What bounds a grant must be written out, in every key, scope and tenant: were
// it optional, a file that was cut off would grant more than the whole one.

// Key is a caller with an API key.
type Key struct {
	Hashes   []string `json:"hashes" jsonschema:"required,minItems=1,pattern=^(sha256:[0-9a-f]{64}|\\$\\{[A-Za-z_][A-Za-z0-9_]*\\})$,description=the hashes of its keys; more than one while they are being replaced. papi-mcp config key makes a key and its hash"`
	Tenant   string   `json:"tenant,omitempty" jsonschema:"description=the credentials that its calls go out with; left out: those in the environment"`
	Projects Names    `json:"projects" jsonschema:"required,description=the projects that it may touch; all for those of its tenant"`
	Scope
}

// Scope is what a scope of a token opens.
type Scope struct {
	Toolsets Names `json:"toolsets" jsonschema:"required,description=the toolsets that it opens; all for every one"`
	ReadOnly bool  `json:"read-only" jsonschema:"required,description=true: only what changes nothing"`
}

// Tenant is credentials for the API.
type Tenant struct {
	Projects    Names  `json:"projects" jsonschema:"required,description=the projects that they are for; the first is the default; all for any"`
	KeyID       string `json:"key-id,omitempty" jsonschema:"minLength=1,description=access key of the Sinch Dashboard"`
	KeySecret   string `json:"key-secret,omitempty" jsonschema:"pattern=^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$,description=the variable that holds its secret such as ${EMEA_KEY_SECRET}"`
	AccessToken string `json:"access-token,omitempty" jsonschema:"pattern=^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$,description=the variable that holds a token to use as it is instead of a key"`
}

// Opens is what the scope opens, in the form of auth.Grant: toolsets, true
// with changes; nil for all with changes.
func (s Scope) Opens() map[string]bool {
	toolsets := s.Toolsets.List()
	if s.Toolsets.All() {
		if !s.ReadOnly {
			return nil
		}
		toolsets = catalog.Toolsets()
	}
	opened := make(map[string]bool, len(toolsets))
	for _, name := range toolsets {
		opened[name] = !s.ReadOnly
	}
	return opened
}

// Error is all that is wrong with a file.
type Error struct{ Violations []papi.Violation }

// Error implements error: a line for each violation.
func (e *Error) Error() string {
	lines := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		lines[i] = v.Path + ": "
		switch given := v.Given.(type) {
		case nil:
		case string: // in quotes, since "true" is not true
			lines[i] += fmt.Sprintf("%q is given; ", given)
		default:
			lines[i] += fmt.Sprintf("%v is given; ", given)
		}
		lines[i] += fmt.Sprint("allowed: ", v.Allowed)
		if v.Nearest != "" {
			lines[i] += fmt.Sprintf(" (did you mean %s?)", v.Nearest)
		}
	}
	return strings.Join(lines, "\n")
}

// FromEnvironment begins a source that is a variable's text, not a file.
const FromEnvironment = "env:"

// Reader reads files that may set the flags of a command.
type Reader struct{ schema func() *papi.Schema }

// NewReader returns a reader for the flags. Its schema is made when a file is
// read: most servers start without one.
func NewReader(flags *pflag.FlagSet) *Reader {
	return &Reader{sync.OnceValue(func() *papi.Schema { return schemaOf(flags) })}
}

// Schema is the JSON schema of the files, as JSON.
func (r *Reader) Schema() json.RawMessage {
	return encode(struct {
		Draft string `json:"$schema"`
		Title string `json:"title"`
		*papi.Schema
	}{jsonschema.Version, "Configuration of papi-mcp serve", r.schema()})
}

// Read reads the file that source names; env:NAME stands for the text in a
// variable. The error is an *Error where the file could be read, and is wrong.
func (r *Reader) Read(source string) (*File, error) {
	raw, err := load(source)
	if err != nil {
		return nil, err
	}
	document, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if found := r.schema().Violations(document, papi.Mode{}); len(found) > 0 {
		return nil, &Error{explained(found)}
	}
	if grants(document) && !strings.HasPrefix(source, FromEnvironment) && !whole(raw) {
		return nil, errors.New("the file ends within a line, so it may have been cut off: end its last line with a line break")
	}
	var all resolver
	all.resolve(document, "")
	if len(all.missing) > 0 {
		return nil, &Error{all.missing}
	}
	f := &File{Source: source, Notes: order(raw)}
	if err := json.Unmarshal(encode(document), &f.sections); err != nil {
		return nil, err
	}
	for _, section := range sectionNames {
		delete(document, section)
	}
	f.Flags = document
	if found := f.check(); len(found) > 0 {
		return nil, &Error{found}
	}
	return f, nil
}

func load(source string) ([]byte, error) {
	name, variable := strings.CutPrefix(source, FromEnvironment)
	if !variable {
		return os.ReadFile(source)
	}
	text, ok := os.LookupEnv(name)
	if !ok {
		return nil, fmt.Errorf("%s: there is no such variable in the environment", source)
	}
	return []byte(text), nil
}

// sectionNames are the sections, by what they are called in the file.
var sectionNames = []string{"keys", "scopes", "tenants"}

// grants reports whether a document says who may do what.
func grants(document map[string]any) bool {
	return slices.ContainsFunc(sectionNames, func(name string) bool { return document[name] != nil })
}

// whole reports whether a text ends with a line, or a bracket that was open: a
// name that was cut off within its line could be another one.
func whole(raw []byte) bool {
	last := raw[bytes.LastIndexByte(raw, '\n')+1:]
	last = bytes.TrimSpace(last)
	return len(last) == 0 || last[0] == '#' || bytes.HasSuffix(last, []byte("}")) || bytes.HasSuffix(last, []byte("]"))
}

// parse reads YAML into what a JSON decoder would make of it.
func parse(raw []byte) (map[string]any, error) {
	var document map[string]any
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		if unquoted.Match(raw) {
			err = fmt.Errorf("%w (put * in quotes, or write all)", err)
		}
		return nil, err
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document in it: put all into one")
	}
	normal, err := json.Marshal(document)
	if err != nil {
		return nil, errors.New("a name is not a text: put it in quotes")
	}
	var plain map[string]any
	if err := json.Unmarshal(normal, &plain); err != nil {
		return nil, err
	}
	return plain, nil
}

// unquoted matches an asterisk that YAML takes for an alias.
var unquoted = regexp.MustCompile(`(?m)[:,[-]\s*\*\s*([],]|$)`)

// reference is a text that stands for a variable of the environment.
var reference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// resolver replaces references by the variables that they name.
type resolver struct{ missing []papi.Violation }

func (r *resolver) resolve(value any, path string) any {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			v[name] = r.resolve(v[name], strings.TrimPrefix(path+"."+name, "."))
		}
	case []any:
		for i := range v {
			v[i] = r.resolve(v[i], fmt.Sprintf("%s[%d]", path, i))
		}
	case string:
		if name := reference.FindStringSubmatch(v); name != nil {
			text := os.Getenv(name[1])
			if text == "" || papi.HasPlaceholder(text) {
				r.missing = append(r.missing, papi.Violation{Path: path, Given: v, Allowed: "a variable that is set in the environment, and no placeholder"})
			}
			return text
		}
		if papi.HasPlaceholder(v) {
			r.missing = append(r.missing, papi.Violation{Path: path, Given: v, Allowed: "a value: this is a placeholder still"})
		}
	}
	return value
}

var (
	goodName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	goodHash = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// check tells what a schema can't.
func (f *File) check() []papi.Violation {
	var found []papi.Violation
	wrong := func(given any, allowed any, path string, args ...any) {
		found = append(found, papi.Violation{Path: fmt.Sprintf(path, args...), Given: given, Allowed: allowed})
	}
	name := func(section, name string) {
		if !goodName.MatchString(name) {
			wrong(name, "1 to 64 letters, digits, '.', '_' and '-'", "%s", section)
		}
	}
	owner := map[string]string{}
	for _, caller := range slices.Sorted(maps.Keys(f.Keys)) {
		key := f.Keys[caller]
		name("keys", caller)
		for i, hash := range key.Hashes {
			switch other, taken := owner[hash]; {
			case !goodHash.MatchString(hash):
				wrong(nil, "the hash of a key: sha256: and 64 hexadecimal digits in lower case", "keys.%s.hashes[%d]", caller, i)
			case taken:
				wrong(nil, "another key than that of "+other, "keys.%s.hashes[%d]", caller, i)
			}
			owner[hash] = caller
		}
		lists(wrong, "keys."+caller, map[string]Names{"projects": key.Projects, "toolsets": key.Toolsets})
		tenant, known := f.Tenants[key.Tenant]
		switch {
		case key.Tenant == "":
		case !known:
			wrong(key.Tenant, "one of the tenants: "+strings.Join(slices.Sorted(maps.Keys(f.Tenants)), ", "), "keys.%s.tenant", caller)
		case !tenant.Projects.All():
			for i, project := range key.Projects.List() {
				if !slices.Contains(tenant.Projects, project) {
					wrong(project, "a project of tenant "+key.Tenant, "keys.%s.projects[%d]", caller, i)
				}
			}
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(f.Scopes)) {
		lists(wrong, "scopes."+scope, map[string]Names{"toolsets": f.Scopes[scope].Toolsets})
	}
	for _, tenant := range slices.Sorted(maps.Keys(f.Tenants)) {
		t := f.Tenants[tenant]
		name("tenants", tenant)
		lists(wrong, "tenants."+tenant, map[string]Names{"projects": t.Projects})
		if hasKey := t.KeyID != "" && t.KeySecret != ""; hasKey == (t.AccessToken != "") || (t.KeyID == "") != (t.KeySecret == "") {
			wrong(nil, "key-id with key-secret, or access-token", "tenants.%s", tenant)
		}
	}
	return found
}

// schemaOf makes the schema of a file that may set the flags.
func schemaOf(flags *pflag.FlagSet) *papi.Schema {
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	s := &papi.Schema{}
	if err := json.Unmarshal(encode(reflector.Reflect(&sections{})), s); err != nil {
		panic("settings: " + err.Error())
	}
	for _, section := range sectionNames {
		grant := s.Properties[section].AdditionalProperties.Schema
		if projects := grant.Properties["projects"]; projects != nil {
			namesOf(projects, nil)
		}
		if toolsets := grant.Properties["toolsets"]; toolsets != nil {
			namesOf(toolsets, catalog.Toolsets())
		}
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if !special(f.Name) {
			s.Properties[f.Name] = &papi.Schema{Type: typeOf(f), Description: f.Usage}
		}
	})
	return s
}

// special reports whether a flag means nothing in the file.
func special(name string) bool { return name == "help" || name == "version" || name == "config" }

// typeOf is the JSON type of a flag's values.
func typeOf(f *pflag.Flag) papi.Types {
	switch f.Value.Type() {
	case "bool":
		return papi.Types{"boolean"}
	case "int", "int64", "uint64":
		return papi.Types{"integer"}
	case "float64":
		return papi.Types{"number"}
	case "stringSlice":
		return papi.Types{"array", "string"}
	}
	return papi.Types{"string"}
}

// Apply sets the flags that were not given otherwise. Each flag's own check of
// its value speaks for itself.
func (f *File) Apply(flags *pflag.FlagSet) error {
	var found []papi.Violation
	for _, name := range slices.Sorted(maps.Keys(f.Flags)) {
		if flags.Changed(name) {
			continue
		}
		values := []any{f.Flags[name]}
		if list, ok := f.Flags[name].([]any); ok {
			values = list
		}
		for _, value := range values {
			if err := flags.Set(name, fmt.Sprint(value)); err != nil {
				found = append(found, papi.Violation{Path: name, Given: value, Allowed: err.Error()})
			}
		}
	}
	if len(found) > 0 {
		return &Error{found}
	}
	return nil
}

// encode writes JSON that is ours; it can't fail.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("settings: " + err.Error())
	}
	return raw
}
