package plan

import (
	"slices"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// fields are the schemas of a kind's items.
type fields struct {
	// request is that of Item.Fields: of the arguments of a create, or of an update where
	// nothing is created. A field that an update can remove may be null.
	request *papi.Schema
	// file is that of an item in the file: request with what only the file has. deleted
	// is that of an item below delete; nil where nothing is deleted.
	file, deleted *papi.Schema
}

var fieldsOf sync.Map // *Kind to func() *fields

// fields returns the schemas, which are read from the contract when they are first
// needed.
func (k *Kind) fields() *fields {
	load, _ := fieldsOf.LoadOrStore(k, sync.OnceValue(func() *fields { return newFields(k) }))
	return load.(func() *fields)()
}

// Schema is that of Item.Fields, by the contract: of the arguments of a create, or of
// an update where nothing is created. A field that an update can remove may be null.
func (k *Kind) Schema() *papi.Schema { return k.fields().request }

// notInFile are the arguments of a create that the file says in other words: status.
var notInFile = []string{"status"}

func newFields(k *Kind) *fields {
	update := catalog.Lookup(k.Update).Op()
	request := papi.Merge(update.Variants()).Clone()
	if k.Create != "" {
		create := catalog.Lookup(k.Create)
		request = nullable(papi.Merge(create.Op().Variants()), papi.Merge(update.Variants()), nil).Clone()
		request.Required = slices.DeleteFunc(slices.Clone(request.Required), func(name string) bool {
			_, defaulted := create.Defaults[name]
			return defaulted || slices.Contains(k.Secret, name)
		})
	}
	for _, name := range notInFile {
		delete(request.Properties, name)
	}
	if k.Parent != nil {
		for _, name := range catalog.Lookup(k.Create).Op().PathIDs() {
			request.Properties[name] = k.Parent.fields().request.Properties[name]
			request.Required = append(request.Required, name)
		}
	}
	f := &fields{request: request, file: request.Clone()}
	f.own(k)
	if k.Delete != "" {
		f.deleted = deletedSchema(k, f.file)
	}
	return f
}

// own adds what only the file has.
func (f *fields) own(k *Kind) {
	add := func(name string, s *papi.Schema) { f.file.Properties[name] = s }
	text := papi.Types{"string"}
	if k.Drafts {
		add(fieldDraft, &papi.Schema{Type: papi.Types{"boolean"}, Default: false, Description: "true keeps it as a draft; else it is submitted"})
	}
	if k.Launch != "" {
		add(fieldLaunch, &papi.Schema{Type: papi.Types{"boolean"}, Default: false, Description: "true launches it in its countries, which freezes all but these"})
	}
	if k.ByID {
		one := 1
		add(fieldID, &papi.Schema{Type: text, MinLength: &one, Description: "the API's id of one that exists; left out, it is found by its name"})
	}
	if k.Create == "" { // a WhatsApp sender
		add("phoneNumber", &papi.Schema{Type: text, Pattern: phonePattern, Description: "the number of a sender that exists, with + and the country code"})
		f.file.Required = append(slices.Clone(f.file.Required), "phoneNumber")
	}
	if k.Lints {
		rules := &papi.Schema{Type: text}
		for _, rule := range lint.Rules {
			if !rule.FromContract() {
				rules.Enum = append(rules.Enum, rule.Name)
			}
		}
		add(fieldIgnoreLint, &papi.Schema{Type: papi.Types{"array"}, Items: rules, Description: "rules of lint that are not checked: Meta decides"})
	}
}

// phonePattern is that of a phone number in the file.
const phonePattern = `^\+[0-9]{6,15}$`

const fieldIgnoreLint = "ignoreLint"

// deletedSchema is the schema of an item below delete: what identifies it.
func deletedSchema(k *Kind, file *papi.Schema) *papi.Schema {
	one := 1
	s := &papi.Schema{Type: papi.Types{"object"}, Properties: map[string]*papi.Schema{}, AdditionalProperties: &papi.Additional{}}
	for _, name := range k.Identity {
		s.Properties[name] = &papi.Schema{Type: papi.Types{"string"}, MinLength: &one}
		if p := file.Properties[name]; p != nil {
			s.Properties[name] = p
		}
	}
	s.Required = k.Identity
	if k.ByID {
		s.Required = nil
		s.Properties[fieldID] = file.Properties[fieldID]
	}
	for _, name := range k.DeleteWith {
		s.Properties[name] = catalog.Lookup(k.Delete).Op().Parameter(name).Schema
	}
	return s
}

// nullable returns the schema of a create in which null is allowed where that of an
// update takes it, at any depth of objects. The items of lists stay as they are: an
// update replaces the list.
func nullable(create, update *papi.Schema, seen []*papi.Schema) *papi.Schema {
	c, u := create.Resolve(), update.Resolve()
	if slices.Contains(seen, c) {
		return create
	}
	seen = append(seen, c)
	if len(u.AnyOf) > 0 {
		u = papi.Merge(u.AnyOf)
	}
	out, changed := c.Clone(), false
	if u.Type.Has("null") && len(c.Type) > 0 && !c.Type.Has("null") {
		out.Type, changed = append(slices.Clone(c.Type), "null"), true
	}
	if len(c.AnyOf) > 0 {
		out.AnyOf = slices.Clone(c.AnyOf)
		for i, variant := range c.AnyOf {
			out.AnyOf[i] = nullable(variant, u, seen)
			changed = changed || out.AnyOf[i] != variant
		}
	}
	for name, p := range c.Properties {
		if q := u.Properties[name]; q != nil {
			out.Properties[name] = nullable(p, q, seen)
			changed = changed || out.Properties[name] != p
		}
	}
	if !changed {
		return create
	}
	return out
}

// request is what a create has of a part of an answer, nil for nothing. Objects in which
// nothing is left are left out.
func (k *Kind) request(answer map[string]any) map[string]any {
	given, _ := k.Schema().Request(answer, nil)
	object, _ := withoutEmpty(given).(map[string]any)
	return object
}

// withoutEmpty removes the objects in an object that have nothing, at any depth.
func withoutEmpty(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := map[string]any{}
	for name, field := range object {
		field = withoutEmpty(field)
		if one, isObject := field.(map[string]any); !isObject || len(one) > 0 {
			out[name] = field
		}
	}
	return out
}

// identity is what identifies an item with some fields; what is missing is left out.
func (k *Kind) identity(fields map[string]any) map[string]string {
	found := map[string]string{}
	for _, name := range k.Identity {
		if text := jsonvalue.Text(fields, k.path(name)); text != "" {
			found[name] = text
		}
	}
	return found
}
