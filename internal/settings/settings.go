// Package settings reads the configuration file: flags of serve by their names,
// and what flags can't express - who may call (keys, scopes) and with which
// credentials (tenants).
//
// The file is YAML. It is validated against a JSON schema that is generated from
// the flags and from the structs here, so that a new flag needs no second entry.
// A text of the form ${NAME} is replaced by the environment variable NAME, or by the
// content of the file that NAME_FILE names; a secret can be given in no other way.
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
	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// File is the content of a configuration file.
type File struct {
	// Source is what was read; "" where there is no file.
	Source string
	// Warnings say what could be written more safely.
	Warnings []string
	// Flags are the values of flags by name.
	Flags map[string]any
	// Secrets are the files that variables with FileSuffix name for it.
	Secrets []string
	sections
	positions positions
	applied   map[string]bool // flags whose value is that of the file
}

// At returns where in the file a flag is set, as file:line:column; "" where its
// value is not from the file.
func (f *File) At(flag string) string {
	if !f.applied[flag] {
		return ""
	}
	return f.positions.of(flag)
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

// Fault is something that is wrong in a file.
type Fault struct {
	At   string // file:line:column, as far as it is known
	Path string // of the value, such as keys.bot.projects; "" for the file
	Text string
}

func (f Fault) String() string {
	if f.Path == "" {
		return f.At + ": " + f.Text
	}
	return f.At + ": " + f.Path + ": " + f.Text
}

// Error holds all faults of a file.
type Error struct{ Faults []Fault }

// Error implements error: a line for each fault.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// faults turns violations into faults.
func (p positions) faults(violations []papi.Violation) []Fault {
	var found []Fault
	for _, v := range violations {
		found = append(found, Fault{p.of(v.Path), v.Path, v.Sentence()})
	}
	return found
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

// Read reads the file that source names; env:NAME means the text in an environment
// variable. The error is an *Error where the content is wrong.
func (r *Reader) Read(source string) (*File, error) {
	f, found, err := r.Check(source)
	switch {
	case err != nil:
		return nil, err
	case len(found) > 0:
		return nil, &Error{found}
	}
	return f, nil
}

// Check reads a file as Read does, and returns all that is wrong with its content,
// together with what could be read of it. The error is that of reading the source.
func (r *Reader) Check(source string) (*File, []Fault, error) {
	raw, err := load(source)
	if err != nil {
		return nil, nil, err
	}
	f := &File{Source: source, positions: positions{source: source}}
	document, node, err := parse(raw)
	if err != nil {
		hint := ""
		if unquotedStar.Match(raw) {
			hint = " (put * in quotes, or write all)"
		}
		return f, f.positions.yamlFaults(err, hint), nil
	}
	f.positions = newPositions(source, node)
	found := explain(r.schema().Violations(document, papi.CheckOptions{}))
	var all resolver
	all.resolve(document, "")
	found = append(found, all.missing...)
	f.Secrets = all.files
	f.Warnings = orderWarnings(raw)
	f.Keys, f.Scopes, f.Tenants = entries[Key](document["keys"]), entries[Scope](document["scopes"]), entries[Tenant](document["tenants"])
	found = append(found, f.check(found)...)
	faults := f.positions.faults(found)
	if hasGrants(document) && !strings.HasPrefix(source, FromEnvironment) && !endsComplete(raw) {
		faults = append(faults, Fault{At: source, Text: "the file ends within a line, so it may be truncated: end its last line with a line break"})
	}
	for _, section := range sectionNames {
		delete(document, section)
	}
	for _, v := range found {
		name, _, _ := strings.Cut(v.Path, "[")
		delete(document, name) // it can't be applied
	}
	f.Flags = document
	slices.SortStableFunc(faults, func(a, b Fault) int { return f.positions.compare(a, b) })
	return f, faults, nil
}

// entries reads the entries of a section. A value of the wrong form, which a
// violation reports, is left out.
func entries[T any](section any) map[string]T {
	all, _ := section.(map[string]any)
	read := make(map[string]T, len(all))
	for name, value := range all {
		var entry T
		_ = json.Unmarshal(jsonvalue.Encode(value), &entry)
		read[name] = entry
	}
	return read
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

// parse reads YAML into what encoding/json would decode, and its nodes.
func parse(raw []byte) (document map[string]any, node *yaml.Node, err error) {
	node = &yaml.Node{}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	err = decoder.Decode(node)
	if err == nil && len(node.Content) > 0 && node.Content[0].Kind != yaml.MappingNode && node.Content[0].Tag != "!!null" {
		return nil, nil, errors.New("the file does not consist of names and their values")
	}
	if err == nil {
		err = node.Decode(&document)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("there is more than one document in it: put all into one")
	}
	normal, err := json.Marshal(document)
	if err != nil {
		return nil, nil, errors.New("a name is not a text: put it in quotes")
	}
	document = nil
	err = json.Unmarshal(normal, &document)
	return document, node, err
}

// unquotedStar matches an asterisk that YAML reads as an alias.
var unquotedStar = lazyregexp.New(`(?m)[:,[-]\s*\*\s*([],]|$)`)

// reference is a text that names an environment variable.
var reference = lazyregexp.New(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// resolver replaces references with the values of the variables that they name.
type resolver struct {
	missing []papi.Violation
	files   []string // that have such values
}

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
			variable, err := Lookup(name[1])
			if variable.File != "" {
				r.files = append(r.files, variable.File)
			}
			allowed := "a variable that is set in the environment (or the same with " + FileSuffix + ", and the path of a file), and no placeholder"
			if err != nil {
				allowed += ": " + err.Error()
			}
			if err != nil || variable.Value == "" || papi.HasPlaceholder(variable.Value) {
				r.missing = append(r.missing, papi.Violation{Path: path, Given: v, Allowed: allowed})
				return v
			}
			return variable.Value
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

// check returns the violations that a schema can't express, besides those of values
// that are known to be wrong.
func (f *File) check(known []papi.Violation) []papi.Violation {
	var found []papi.Violation
	isWrong := func(path string) bool {
		return slices.ContainsFunc(known, func(v papi.Violation) bool {
			return v.Path == path || strings.HasPrefix(v.Path, path+".") || strings.HasPrefix(v.Path, path+"[")
		})
	}
	wrong := func(given any, allowed any, path string, args ...any) {
		if path = fmt.Sprintf(path, args...); !isWrong(path) {
			found = append(found, papi.Violation{Path: path, Given: given, Allowed: allowed})
		}
	}
	projects := func(of string, names Names) {
		for i, id := range names.List() {
			if reason := papi.SegmentProblem(id); reason != "" {
				wrong(id, "the id of a project: this "+reason, "%s.projects[%d]", of, i)
			}
		}
	}
	name := func(section, name string) {
		if !validName.MatchString(name) {
			found = append(found, papi.Violation{Path: section, Given: name, Allowed: "1 to 64 letters, digits, '.', '_' and '-'"})
		}
	}
	owner := map[string]string{}
	for _, caller := range slices.Sorted(maps.Keys(f.Keys)) {
		key := f.Keys[caller]
		name("keys", caller)
		for i, hash := range key.Hashes {
			switch other, taken := owner[hash]; {
			case !validHash.MatchString(hash):
				wrong(nil, allowedValues["keys"]["hashes"], "keys.%s.hashes[%d]", caller, i)
			case taken:
				wrong(nil, "another key than that of "+other, "keys.%s.hashes[%d]", caller, i)
			}
			owner[hash] = caller
		}
		projects("keys."+caller, key.Projects)
		checkNames(wrong, "keys."+caller, map[string]Names{"projects": key.Projects, "toolsets": key.Toolsets})
		tenant, known := f.Tenants[key.Tenant]
		switch {
		case key.Tenant == "":
		case !known:
			wrong(key.Tenant, "one of the tenants: "+strings.Join(slices.Sorted(maps.Keys(f.Tenants)), ", "), "keys.%s.tenant", caller)
		case !tenant.Projects.All() && len(tenant.Projects) > 0:
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
		projects("tenants."+tenant, t.Projects)
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
			property := &papi.Schema{Type: typeOf(f), Description: f.Usage}
			for _, value := range f.Annotations[Values] {
				property.Enum = append(property.Enum, value)
			}
			s.Properties[f.Name] = property
		}
	})
	return s
}

// isCommandLineOnly reports whether a flag means nothing in the file.
func isCommandLineOnly(name string) bool {
	return name == "help" || name == "version" || name == "config"
}

// Values is the annotation of a flag whose value is one of those that it lists.
const Values = "papi-mcp_values"

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

// Apply sets the flags that were not given otherwise, and returns the faults of
// those that can't be set. Each flag validates its own value.
func (f *File) Apply(flags *pflag.FlagSet) []Fault {
	var found []Fault
	f.applied = map[string]bool{}
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
				found = append(found, Fault{f.positions.of(name), name, err.Error()})
				_ = flags.Set(name, flags.Lookup(name).DefValue) // a failed Set may have changed it
			}
		}
		f.applied[name] = true
	}
	return found
}
