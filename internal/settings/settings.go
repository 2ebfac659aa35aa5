// Package settings reads the configuration file: flags of serve by their names,
// and what flags can't express - who may call (keys, scopes) and with which
// credentials (tenants).
//
// The file is YAML. It is validated against a JSON schema that is generated from
// the flags and from the structs here, so that a new flag needs no second entry.
// A text of the form ${NAME} is replaced by the environment variable NAME; a
// secret can be given in no other way.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/lazyregexp"

	"github.com/invopop/jsonschema"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// File is the content of a configuration file.
type File struct {
	// Source is what was read; "" where there is no file.
	Source string `json:"-"`
	// Warnings say what could be written more safely.
	Warnings []string `json:"-"`
	// Flags are the values of flags by name.
	Flags map[string]any `json:"-"`
	sections
}

// sections are what flags can't express.
type sections struct {
	Keys    map[string]Key    `json:"keys,omitempty" jsonschema:"description=who may call with --auth token by name: letters; digits; . _ -"`
	Scopes  map[string]Scope  `json:"scopes,omitempty" jsonschema:"description=what the scopes of tokens grant with --auth oidc"`
	Tenants map[string]Tenant `json:"tenants,omitempty" jsonschema:"description=credentials for the API by name: letters; digits; . _ -"`
}

// What limits a grant is required in every key, scope and tenant: if it were
// optional, a truncated file would grant more than the complete one.

// Key is a caller with API keys.
type Key struct {
	Hashes   []string `json:"hashes" jsonschema:"required,minItems=1,pattern=^(sha256:[0-9a-f]{64}|\\$\\{[A-Za-z_][A-Za-z0-9_]*\\})$,description=the hashes of its keys; more than one while they are being replaced. papi-mcp config key makes a key and its hash"`
	Tenant   string   `json:"tenant,omitempty" jsonschema:"description=the credentials for its calls; left out: those in the environment"`
	Projects Names    `json:"projects" jsonschema:"required,description=the projects that it may use; all for those of its tenant"`
	Scope
}

// Scope is what a scope of a token grants.
type Scope struct {
	Toolsets Names `json:"toolsets" jsonschema:"required,description=the toolsets that it may use; all for every one"`
	ReadOnly bool  `json:"read-only" jsonschema:"required,description=true: only tools that change nothing"`
}

// Tenant is credentials for the API.
type Tenant struct {
	Projects    Names  `json:"projects" jsonschema:"required,description=the projects that they are for; the first is the default; all for any"`
	KeyID       string `json:"key-id,omitempty" jsonschema:"minLength=1,description=access key of the Sinch Dashboard"`
	KeySecret   string `json:"key-secret,omitempty" jsonschema:"pattern=^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$,description=the variable that holds its secret such as ${EMEA_KEY_SECRET}"`
	AccessToken string `json:"access-token,omitempty" jsonschema:"pattern=^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$,description=the variable that holds a token to use as it is instead of a key"`
}

// Grants returns what the scope grants in the form of auth.Grant.Toolsets:
// toolsets, true with writes; nil for all with writes.
func (s Scope) Grants() map[string]bool {
	toolsets := s.Toolsets.List()
	if s.Toolsets.All() {
		if !s.ReadOnly {
			return nil
		}
		toolsets = catalog.Toolsets()
	}
	granted := make(map[string]bool, len(toolsets))
	for _, name := range toolsets {
		granted[name] = !s.ReadOnly
	}
	return granted
}

// Error holds all violations in a file.
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

// NewReader returns a reader for the flags. The schema is generated only when a
// file is read: most servers start without one.
func NewReader(flags *pflag.FlagSet) *Reader {
	return &Reader{sync.OnceValue(func() *papi.Schema { return schemaOf(flags) })}
}

// Schema is the JSON schema of the files, as JSON.
func (r *Reader) Schema() json.RawMessage {
	return jsonvalue.Encode(struct {
		Draft string `json:"$schema"`
		Title string `json:"title"`
		*papi.Schema
	}{jsonschema.Version, "Configuration of papi-mcp serve", r.schema()})
}

// Read reads and checks the file that source names; env:NAME means the text in an
// environment variable. The error is an *Error where the content is wrong.
func (r *Reader) Read(source string) (*File, error) {
	raw, err := load(source)
	if err != nil {
		return nil, err
	}
	document, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if found := r.schema().Violations(document, papi.CheckOptions{}); len(found) > 0 {
		return nil, &Error{explain(found)}
	}
	if hasGrants(document) && !strings.HasPrefix(source, FromEnvironment) && !endsComplete(raw) {
		return nil, errors.New("the file ends within a line, so it may be truncated: end its last line with a line break")
	}
	var all resolver
	all.resolve(document, "")
	if len(all.missing) > 0 {
		return nil, &Error{all.missing}
	}
	f := &File{Source: source, Warnings: orderWarnings(raw)}
	if err := json.Unmarshal(jsonvalue.Encode(document), &f.sections); err != nil {
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

// hasGrants reports whether a document says who may do what.
func hasGrants(document map[string]any) bool {
	return slices.ContainsFunc(sectionNames, func(name string) bool { return document[name] != nil })
}

// endsComplete reports whether a text ends with a line break or a closing bracket:
// a name that is truncated within its line could be another name.
func endsComplete(raw []byte) bool {
	last := raw[bytes.LastIndexByte(raw, '\n')+1:]
	last = bytes.TrimSpace(last)
	return len(last) == 0 || last[0] == '#' || bytes.HasSuffix(last, []byte("}")) || bytes.HasSuffix(last, []byte("]"))
}

// parse reads YAML into what encoding/json would decode.
func parse(raw []byte) (map[string]any, error) {
	var document map[string]any
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		if unquotedStar.Match(raw) {
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
	document = nil
	err = json.Unmarshal(normal, &document)
	return document, err
}

// unquotedStar matches an asterisk that YAML reads as an alias.
var unquotedStar = lazyregexp.New(`(?m)[:,[-]\s*\*\s*([],]|$)`)

// reference is a text that names an environment variable.
var reference = lazyregexp.New(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// resolver replaces references with the values of the variables that they name.
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
			r.missing = append(r.missing, papi.Violation{Path: path, Given: v, Allowed: "a value: this is still a placeholder"})
		}
	}
	return value
}

var (
	validName = lazyregexp.New(`^[A-Za-z0-9._-]{1,64}$`)
	validHash = lazyregexp.New(`^sha256:[0-9a-f]{64}$`)
)

// check returns the violations that a schema can't express.
func (f *File) check() []papi.Violation {
	var found []papi.Violation
	wrong := func(given any, allowed any, path string, args ...any) {
		found = append(found, papi.Violation{Path: fmt.Sprintf(path, args...), Given: given, Allowed: allowed})
	}
	name := func(section, name string) {
		if !validName.MatchString(name) {
			wrong(name, "1 to 64 letters, digits, '.', '_' and '-'", "%s", section)
		}
	}
	owner := map[string]string{}
	for _, caller := range slices.Sorted(maps.Keys(f.Keys)) {
		key := f.Keys[caller]
		name("keys", caller)
		for i, hash := range key.Hashes {
			switch other, taken := owner[hash]; {
			case !validHash.MatchString(hash):
				wrong(nil, "the hash of a key: sha256: and 64 hexadecimal digits in lower case", "keys.%s.hashes[%d]", caller, i)
			case taken:
				wrong(nil, "another key than that of "+other, "keys.%s.hashes[%d]", caller, i)
			}
			owner[hash] = caller
		}
		checkNames(wrong, "keys."+caller, map[string]Names{"projects": key.Projects, "toolsets": key.Toolsets})
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
		checkNames(wrong, "scopes."+scope, map[string]Names{"toolsets": f.Scopes[scope].Toolsets})
	}
	for _, tenant := range slices.Sorted(maps.Keys(f.Tenants)) {
		t := f.Tenants[tenant]
		name("tenants", tenant)
		checkNames(wrong, "tenants."+tenant, map[string]Names{"projects": t.Projects})
		if hasKey := t.KeyID != "" && t.KeySecret != ""; hasKey == (t.AccessToken != "") || (t.KeyID == "") != (t.KeySecret == "") {
			wrong(nil, "key-id with key-secret, or access-token", "tenants.%s", tenant)
		}
	}
	return found
}

// schemaOf returns the schema of a file that may set the flags.
func schemaOf(flags *pflag.FlagSet) *papi.Schema {
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	s := &papi.Schema{}
	if err := json.Unmarshal(jsonvalue.Encode(reflector.Reflect(&sections{})), s); err != nil {
		panic("settings: " + err.Error())
	}
	for _, section := range sectionNames {
		grant := s.Properties[section].AdditionalProperties.Schema
		if projects := grant.Properties["projects"]; projects != nil {
			namesSchema(projects, nil)
		}
		if toolsets := grant.Properties["toolsets"]; toolsets != nil {
			namesSchema(toolsets, catalog.Toolsets())
		}
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if !isCommandLineOnly(f.Name) {
			s.Properties[f.Name] = &papi.Schema{Type: typeOf(f), Description: f.Usage}
		}
	})
	return s
}

// isCommandLineOnly reports whether a flag means nothing in the file.
func isCommandLineOnly(name string) bool {
	return name == "help" || name == "version" || name == "config"
}

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

// Apply sets the flags that were not given otherwise. Each flag validates its own
// value.
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
