package tools

import (
	"encoding/json"
	"maps"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// The arguments that we add to an operation's own. Each tool takes only those that
// apply to it.
const (
	argProject             = "projectId"
	argConfirm             = "confirm"
	argReveal              = "reveal"
	argDetail              = "detail"
	argFields              = "fields"
	argAll                 = "all"
	argDryRun              = "dryRun"
	argRegisteredElsewhere = "registeredElsewhere"
)

var ownArguments = map[string]*papi.Schema{
	argProject: {Type: papi.Types{"string"}, Description: "id of the Sinch project"},
	argConfirm: {Type: papi.Types{"string"}, Description: "token of the person's confirmation for exactly this call"},
	argReveal:  {Type: papi.Types{"boolean"}, Description: "show secrets unmasked; a person must confirm"},
	argDetail:  {Type: papi.Types{"string"}, Enum: []any{"concise", "full"}, Description: "full shows the complete answer"},
	argFields:  {Type: papi.Types{"array"}, Items: &papi.Schema{Type: papi.Types{"string"}}, Description: "keep only these paths of the answer, such as senders.state"},
	argDryRun:  {Type: papi.Types{"boolean"}, Description: "send nothing; show what would be sent"},
	argAll:     {Type: papi.Types{"boolean"}, Description: "follow the pages"},
	argRegisteredElsewhere: {Type: papi.Types{"boolean"},
		Description: "the person confirms that the code was requested elsewhere (the dashboard), or before a restart of this server"},
}

// arguments are those of one tool.
type arguments struct {
	row *catalog.Row
	// advertised is the one flat object that the client is shown, raw its JSON.
	advertised *papi.Schema
	raw        func() json.RawMessage
	// checked is the schema that a call is validated against: the object, or a
	// union of objects where the operation's body is a union.
	checked *papi.Schema
	// list is the field of the answer that holds the items where the operation
	// has pages, else "".
	list string
}

// newArguments derives a tool's arguments from its row and the contract.
func newArguments(row *catalog.Row, defaultProject bool) *arguments {
	a := &arguments{row: row}
	if row.Op().Parameter("pageToken") != nil {
		a.list = row.List()
	}
	variants := row.Op().Variants()
	if len(variants) == 0 {
		variants = []*papi.Schema{{}}
	}
	shapes := make([]*papi.Schema, len(variants))
	for i, body := range variants {
		shapes[i] = a.shape(body, defaultProject)
	}
	a.advertised = merge(shapes)
	a.raw = sync.OnceValue(func() json.RawMessage { return jsonvalue.Encode(advertised(a.advertised)) })
	a.checked = shapes[0]
	if len(shapes) > 1 {
		a.checked = &papi.Schema{AnyOf: shapes}
	}
	return a
}

// shape derives the flat object for one variant of the body.
func (a *arguments) shape(body *papi.Schema, defaultProject bool) *papi.Schema {
	s := &papi.Schema{Type: papi.Types{"object"}, Description: body.Description, Properties: map[string]*papi.Schema{}}
	for _, p := range a.row.Op().Parameters {
		if p.Name == argProject {
			continue
		}
		schema := p.Schema.Resolve().Clone()
		if p.Description != "" {
			schema.Description = p.Description
		}
		s.Properties[p.Name] = schema
		if p.Required {
			s.Required = append(s.Required, p.Name)
		}
	}
	maps.Copy(s.Properties, body.Properties)
	for _, name := range body.Required {
		if _, ours := a.row.Defaults[name]; !ours {
			s.Required = append(s.Required, name)
		}
	}
	for _, name := range a.own() {
		s.Properties[name] = ownArguments[name]
	}
	if !defaultProject {
		s.Required = append([]string{argProject}, s.Required...)
	}
	return s
}

// own are the names of our arguments that apply to the tool.
func (a *arguments) own() []string {
	own := []string{argProject}
	secret := showsSecrets(a.row)
	if secret {
		own = append(own, argReveal)
	}
	if a.row.Confirm != "" || secret {
		own = append(own, argConfirm)
	}
	if a.row.Op().Answer() != nil {
		own = append(own, argDetail)
	}
	if a.row.Effect == catalog.Read && a.row.Op().Answer() != nil {
		own = append(own, argFields)
	}
	if a.list != "" {
		own = append(own, argAll)
	}
	if a.row.Writes() {
		own = append(own, argDryRun)
	}
	if a.row.RegisteredElsewhere {
		own = append(own, argRegisteredElsewhere)
	}
	return own
}

// showsSecrets reports whether the operation's answer holds a secret somewhere.
func showsSecrets(row *catalog.Row) bool {
	s := row.Op().Answer()
	if s == nil {
		return false
	}
	for name := range s.PropertyNames() {
		if papi.AnswerSecrets[name] {
			return true
		}
	}
	return false
}
