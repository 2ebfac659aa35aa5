package tools

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// The arguments that we add to an operation's own.
const (
	argProject             = "projectId"
	argConfirm             = "confirm"
	argReveal              = "reveal"
	argDetail              = "detail"
	argFields              = "fields"
	argAll                 = "all"
	argDryRun              = "dryRun"
	argRegisteredElsewhere = "registeredElsewhere"
	argIgnoreLint          = "ignoreLint"
	// argFieldMask is the API's own; fields sets it.
	argFieldMask = "fieldMask"
)

var ownArguments = map[string]*papi.Schema{
	argProject: {Type: papi.Types{"string"}, Description: "id of the Sinch project"},
	argConfirm: {Type: papi.Types{"string"}, Description: "token of the person's confirmation for exactly this call"},
	argReveal:  {Type: papi.Types{"boolean"}, Description: "show secrets unmasked; a person must confirm"},
	argDetail:  {Type: papi.Types{"string"}, Enum: []any{"concise", "full"}, Description: "full shows the complete answer of the API"},
	argFields:  {Type: papi.Types{"array"}, Items: &papi.Schema{Type: papi.Types{"string"}}, Description: "keep only these paths of the answer, such as senders.state"},
	argDryRun:  {Type: papi.Types{"boolean"}, Description: "send nothing; show what would be sent"},
	argAll:     {Type: papi.Types{"boolean"}, Description: "follow the pages"},
	argRegisteredElsewhere: {Type: papi.Types{"boolean"},
		Description: "the person confirms that the code was requested elsewhere (the dashboard), or before a restart of this server"},
	argIgnoreLint: {Type: papi.Types{"array"}, Items: &papi.Schema{Type: papi.Types{"string"}, Enum: lintNames()},
		Description: "rules of lint by which the person lets Meta decide; those that the contract states can't be ignored"},
}

// lintNames are the names of lint's rules; those that can be ignored come first, since
// an error shows only so many.
func lintNames() []any {
	var ignorable, others []any
	for i := range lint.Rules {
		if rule := &lint.Rules[i]; rule.FromContract() {
			others = append(others, rule.Name)
		} else {
			ignorable = append(ignorable, rule.Name)
		}
	}
	return append(ignorable, others...)
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
	a.advertised = papi.Merge(shapes)
	a.raw = sync.OnceValue(func() json.RawMessage { return advertised(row, a.listed(defaultProject)) })
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

// own are the names of our arguments that mean something for the tool.
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
		own = append(own, argDetail, argFields)
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
	if a.row.Lints {
		own = append(own, argIgnoreLint)
	}
	return own
}

// neverListed are the arguments that every tool accepts and that the list of tools does
// not show: the instructions explain them once.
var neverListed = []string{argProject, argFields, argDetail, argReveal, argDryRun, argIgnoreLint, argFieldMask}

// listed returns the arguments that the list of tools shows.
func (a *arguments) listed(defaultProject bool) *papi.Schema {
	s := a.advertised.Clone()
	maps.DeleteFunc(s.Properties, func(name string, _ *papi.Schema) bool {
		return slices.Contains(neverListed, name)
	})
	if len(s.Properties) == 0 { // some clients refuse an object without properties
		s.Properties[argDetail] = ownArguments[argDetail]
	}
	if !defaultProject {
		s.Properties[argProject] = ownArguments[argProject]
	}
	return s
}

// unlisted are the arguments of the tool that the list of tools does not show.
func (a *arguments) unlisted() []string {
	return slices.DeleteFunc(slices.Clone(neverListed), func(name string) bool {
		return a.advertised.Properties[name] == nil || slices.Contains(a.advertised.Required, name)
	})
}

// applicable removes from a call the unlisted arguments that mean nothing for the tool.
func applicable(given map[string]any, known map[string]*papi.Schema) (kept map[string]any, warnings []string) {
	kept = given
	for _, name := range neverListed {
		if _, is := given[name]; is && known[name] == nil {
			if len(warnings) == 0 {
				kept = maps.Clone(given)
			}
			delete(kept, name)
			warnings = append(warnings, name+": means nothing for this tool, and is ignored")
		}
	}
	return kept, warnings
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
