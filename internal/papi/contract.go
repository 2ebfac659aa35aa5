package papi

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed contract/*.json
var contractFiles embed.FS

// ContractVersion is the version of the API that is embedded.
const ContractVersion = "1.2.117"

// Operation is the contract of one operation: an endpoint and a method. Operations
// are shared and must not be changed.
type Operation struct {
	ID         string // the contract's operationId
	Method     string // GET, POST, PUT, PATCH or DELETE
	Path       string // with its variables in braces: /v1/projects/{projectId}/webhooks
	Notes      string // rules, one a line, each behind "- "
	Maturity   string // "GA", "Closed Beta"
	Deprecated bool
	Parameters []Parameter // of path and query
	Body       *Schema     // nil where the operation takes no body

	// Answers has the schema of each successful answer by its status; nil
	// where that answer has no body.
	Answers map[int]*Schema
	// Errors has the error codes that the contract names, by status.
	Errors map[int][]string
}

// Parameter is one parameter of an operation.
type Parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"` // "path" or "query"
	Required    bool    `json:"required"`
	Schema      *Schema `json:"schema"`
	Description string  `json:"description"`
}

// ErrorText is what the contract says of an error code.
type ErrorText struct {
	In         []string `json:"in"` // the families of the API with this text
	Message    string   `json:"message"`
	Resolution string   `json:"resolution"`
}

// family is one file of the contract, which is read when it is first needed, and
// not at start-up.
type family struct {
	prefix string // of its operation ids and schema names
	once   sync.Once
	ops    map[string]*Operation
	schema map[string]*Schema
	unions []*Schema
}

var families = []*family{
	{prefix: "Webhook"}, {prefix: "Whatsapp"}, {prefix: "Bundles"}, {prefix: "Kakaotalk"},
	{prefix: "Conversation"}, {prefix: "Rcs"}, {prefix: "Sms"},
}

// Lookup returns the operation with the contract's operationId id. It panics
// on an unknown one: the ids are constants of this program.
func Lookup(id string) *Operation {
	if f := familyOf(id); f != nil {
		if op := f.load().ops[id]; op != nil {
			return op
		}
	}
	panic("papi: no operation " + id + " in the contract")
}

// Operations returns all operations, ordered by path and method.
func Operations() []*Operation {
	var all []*Operation
	for _, f := range families {
		for _, op := range f.load().ops {
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b *Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return all
}

// LookupSchema returns a schema of the contract by its name, or nil.
func LookupSchema(name string) *Schema {
	if f := familyOf(name); f != nil {
		return f.load().schema[name]
	}
	return nil
}

// ErrorCodes returns the texts of the contract's error codes, by code: several
// where families of the API have texts of their own.
var ErrorCodes = sync.OnceValue(func() map[string][]ErrorText {
	var api struct {
		Version string                 `json:"version"`
		Errors  map[string][]ErrorText `json:"errors"`
	}
	readContract("api", &api)
	if api.Version != ContractVersion {
		panic("papi: ContractVersion is " + ContractVersion + ", the contract's is " + api.Version)
	}
	return api.Errors
})

// Family returns the part of the API that the operation belongs to, as
// ErrorText.In names it: "Webhook", "Whatsapp", "Bundles", "Kakaotalk",
// "Conversation", "Rcs" or "Sms".
func (op *Operation) Family() string { return familyOf(op.ID).prefix }

// Parameter returns the parameter called name, or nil.
func (op *Operation) Parameter(name string) *Parameter {
	for i := range op.Parameters {
		if op.Parameters[i].Name == name {
			return &op.Parameters[i]
		}
	}
	return nil
}

// PathIDs returns the names of the variables in the path, without projectId.
func (op *Operation) PathIDs() []string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "path" && p.Name != "projectId" {
			names = append(names, p.Name)
		}
	}
	return names
}

// Answer returns the schema of the operation's successful answer, nil where it has no
// body.
func (op *Operation) Answer() *Schema {
	for _, s := range op.Answers {
		if s != nil {
			return s.Resolve()
		}
	}
	return nil
}

// Variants returns the schemas of the operation's body: more than one where it is a
// union, none where there is no body.
func (op *Operation) Variants() []*Schema {
	if op.Body == nil {
		return nil
	}
	body := op.Body.Resolve()
	if len(body.AnyOf) == 0 {
		return []*Schema{body}
	}
	var variants []*Schema
	for _, v := range body.AnyOf {
		variants = append(variants, v.Resolve())
	}
	return variants
}

func familyOf(name string) *family {
	for _, f := range families {
		if strings.HasPrefix(name, f.prefix) {
			return f
		}
	}
	return nil
}

func (f *family) load() *family {
	f.once.Do(f.read)
	return f
}

func (f *family) read() {
	var file struct {
		Operations []*Operation       `json:"operations"`
		Schemas    map[string]*Schema `json:"schemas"`
	}
	readContract(strings.ToLower(f.prefix), &file)
	f.schema = file.Schemas
	applyCorrections(f.schema)
	for _, s := range f.schema {
		f.link(s)
	}
	f.ops = make(map[string]*Operation, len(file.Operations))
	for _, op := range file.Operations {
		for _, answer := range op.Answers {
			f.link(answer)
		}
		f.link(op.Body)
		for _, p := range op.Parameters {
			f.link(p.Schema)
		}
		f.ops[op.ID] = op
	}
	for _, union := range f.unions { // whose references are linked now
		union.discriminatorNames = discriminators(union.AnyOf)
	}
}

// link sets the targets of the references in and below s, and finds the unions.
func (f *family) link(s *Schema) {
	if s == nil {
		return
	}
	if len(s.AllOf) == 1 {
		// This is how the contract makes a reference nullable, with the types beside it.
		s.Ref, s.AllOf = s.AllOf[0].Ref, nil
	}
	if len(s.AllOf) > 0 {
		panic("papi: the contract has an allOf of several schemas")
	}
	if s.Ref != "" && s.target == nil {
		if s.target = f.schema[s.Name()]; s.target == nil {
			panic("papi: the contract has no schema " + s.Ref)
		}
	}
	if len(s.AnyOf) > 0 {
		f.unions = append(f.unions, s)
	}
	s.children(f.link)
}

// readContract reads an embedded file. An error is a defect of the build, which the
// tests find.
func readContract(name string, into any) {
	raw, err := contractFiles.ReadFile("contract/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		panic(fmt.Sprintf("papi: contract file %s: %v", name, err))
	}
}
