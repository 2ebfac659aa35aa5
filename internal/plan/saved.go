package plan

import (
	"encoding/json"
	"errors"
	"fmt"

	"papi-mcp/internal/jsonvalue"
)

// savedFormat is the version of the form in which a plan is saved.
const savedFormat = 1

// saved is a plan in a file, with all that making it again takes: what the file wanted,
// with its references resolved but for those to secrets.
type saved struct {
	Format  int         `json:"format"`
	Plan    *Plan       `json:"plan"`
	Items   []savedItem `json:"items"`
	Delete  []savedItem `json:"delete,omitempty"`
	Options MakeOptions `json:"options"`
}

type savedItem struct {
	Kind       string            `json:"kind"`
	Identity   map[string]string `json:"identity"`
	Key        string            `json:"key"`
	Fields     map[string]any    `json:"fields"`
	Draft      bool              `json:"draft,omitempty"`
	Launch     bool              `json:"launch,omitempty"`
	IgnoreLint []string          `json:"ignoreLint,omitempty"`
	Secret     []string          `json:"secret,omitempty"`
}

// Save returns a plan as the text of a file, for [Load]. It has no secret: of one it has
// the reference.
func Save(p *Plan, d *Document, o MakeOptions) []byte {
	list := func(items []*Item) []savedItem {
		all := make([]savedItem, len(items))
		for i, item := range items {
			all[i] = savedItem{item.Kind.Name, item.Identity, item.Key, item.Fields, item.Draft, item.Launch, item.IgnoreLint, item.Secret}
		}
		return all
	}
	return append(jsonvalue.Encode(saved{savedFormat, p, list(d.Items), list(d.Delete), o}), '\n')
}

// Load reads what Save has written. A text that is no saved plan, or whose plan was
// changed since, is an error.
func Load(text []byte) (*Plan, *Document, MakeOptions, error) {
	var s saved
	fail := func(err error) (*Plan, *Document, MakeOptions, error) { return nil, nil, MakeOptions{}, err }
	value, err := jsonvalue.Decode(text)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	switch {
	case err != nil:
		return fail(fmt.Errorf("it is not a plan that papi-mcp plan -o wrote: %w", err))
	case s.Plan == nil:
		return fail(errors.New("it is not a plan that papi-mcp plan -o wrote: make one with papi-mcp plan FILE -o plan.json"))
	case s.Format != savedFormat:
		return fail(fmt.Errorf("it has format %d, and this version of papi-mcp reads %d: make the plan again", s.Format, savedFormat))
	}
	d := &Document{ProjectID: s.Plan.ProjectID}
	for _, list := range []struct {
		name string
		from []savedItem
		to   *[]*Item
	}{{"items", s.Items, &d.Items}, {"delete", s.Delete, &d.Delete}} {
		for i, one := range list.from {
			kind := LookupKind(one.Kind)
			if kind == nil {
				return fail(fmt.Errorf("it has an item of the unknown kind %q: make the plan again", one.Kind))
			}
			*list.to = append(*list.to, &Item{
				Kind: kind, Identity: one.Identity, Key: one.Key, Draft: one.Draft, Launch: one.Launch, IgnoreLint: one.IgnoreLint, Secret: one.Secret,
				Fields: jsonvalue.Object(jsonvalue.List(value, list.name)[i], "fields"), // numbers as they were written
				ID:     one.Identity[fieldID],
				At:     func(string) Position { return Position{} },
			})
		}
	}
	for i, step := range s.Plan.Steps {
		if step == nil {
			return fail(errors.New("a step of it is null: make the plan again"))
		}
		from := jsonvalue.List(value, "plan.steps")[i]
		for j := range step.Calls {
			step.Calls[j].Arguments = jsonvalue.Object(jsonvalue.List(from, "calls")[j], "arguments")
		}
	}
	if s.Plan.hash() != s.Plan.Hash {
		return fail(errors.New("its hash is not that of its steps: it was changed since papi-mcp plan wrote it, so make the plan again"))
	}
	return s.Plan, d, s.Options, nil
}
