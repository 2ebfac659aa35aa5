package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

type waitArgs struct {
	For       []waitFor `json:"for" jsonschema:"minItems=1,maxItems=20,description=things to follow\\, by the tools that read them: {tool: rcs_sender_get\\, args: {senderId: ...}}"`
	Until     string    `json:"until,omitempty" jsonschema:"enum=settled,enum=changed,description=default settled: each succeeded or failed or needs a person"`
	Timeout   int       `json:"timeoutSeconds,omitempty" jsonschema:"minimum=1,maximum=300,description=default 45"`
	Cursor    string    `json:"cursor,omitempty" jsonschema:"description=of the last answer: what changed since counts"`
	ProjectID string    `json:"projectId,omitempty"`
}

// waitFor is a thing to follow.
type waitFor struct {
	Tool  string         `json:"tool" jsonschema:"description=that reads it: rcs_sender_get"`
	Args  map[string]any `json:"args,omitempty"`
	State []string       `json:"state,omitempty" jsonschema:"description=states that count as the end"`
}

// checkWait returns what is wrong with the arguments of a wait besides what their schema
// says, so that all is said at the same time.
func (s *Set) checkWait(given map[string]any) []papi.Violation {
	if tool, ok := given["tool"].(string); ok && given["for"] == nil {
		form := map[string]any{"tool": papi.Echo(tool)}
		for _, name := range []string{"args", "state"} {
			if given[name] != nil {
				form[name] = given[name]
			}
		}
		return []papi.Violation{{Path: "for", Allowed: "a list, which has this: " + papi.Truncate(string(jsonvalue.Encode([]any{form})), maxQuoted)}}
	}
	items, _ := given["for"].([]any)
	things := make([]waitFor, len(items))
	for i, item := range items {
		var one waitFor
		if json.Unmarshal(jsonvalue.Encode(item), &one) == nil {
			things[i] = one
		}
	}
	projectID, _ := given[argProject].(string)
	_, violations := s.toFollow(things, projectID)
	return violations
}

// toFollow validates the things of a wait; it does not look at one without a tool, of
// which the schema says enough.
func (s *Set) toFollow(items []waitFor, projectID string) ([]*followed, []papi.Violation) {
	var violations []papi.Violation
	var things []*followed
	seen := map[string]int{}
	for i, item := range items {
		if item.Tool == "" {
			continue
		}
		at := fmt.Sprintf("for[%d]", i)
		t := s.tools[item.Tool]
		if t == nil || !t.row.Follows() {
			violations = append(violations, s.notFollowed(at+".tool", item.Tool))
			continue
		}
		violations = append(violations, checkStates(at, t.row.Resource, item.State)...)
		f, wrong := s.thing(t, at+".args", item, projectID)
		violations = append(violations, wrong...)
		if f == nil {
			continue
		}
		if first, twice := seen[f.key()]; twice {
			violations = append(violations, papi.Violation{Path: at, Allowed: fmt.Sprintf("each thing once: for[%d] is the same", first)})
			continue
		}
		seen[f.key()] = i
		things = append(things, f)
	}
	return things, violations
}

// thing validates the arguments of the tool that reads a thing.
func (s *Set) thing(t *tool, at string, item waitFor, projectID string) (*followed, []papi.Violation) {
	given := map[string]any{}
	maps.Copy(given, item.Args)
	if given[argProject] == nil && projectID != "" {
		given[argProject] = projectID
	}
	var ignored []string
	for _, name := range []string{argConfirm, argReveal, argDetail, argFields, argAll, argDryRun, argFieldMask} {
		if _, is := given[name]; is {
			delete(given, name)
			ignored = append(ignored, at+"."+name+": means nothing for a wait, and is ignored")
		}
	}
	c, e := t.arguments().check(given)
	if e != nil {
		found, _ := e.Info["violations"].([]papi.Violation)
		violations := slices.Clone(found)
		for i := range violations {
			violations[i].Path = strings.TrimSuffix(at+"."+violations[i].Path, ".")
		}
		return nil, violations
	}
	for i := range c.warnings {
		c.warnings[i] = at + "." + c.warnings[i]
	}
	c.warnings = append(ignored, c.warnings...)
	return &followed{row: t.row, call: c, ends: item.State, project: cmp.Or(c.own.project, s.opts.Guard.Default())}, nil
}

// notFollowed is the violation of a tool that does not read one thing with states.
func (s *Set) notFollowed(path, given string) papi.Violation {
	v := papi.Violation{Path: path, Given: papi.Echo(given), Allowed: "the tool that reads one thing with a state, such as whatsapp_template_get"}
	row := catalog.Lookup(given)
	switch {
	case row != nil && row.Follows():
		v.Allowed = "a tool that this server offers; this one is left out by --toolsets, --tools or the grant of the caller"
		return v
	case row != nil && row.Wait != nil:
		v.Nearest = row.Wait.Read
	case row != nil && row.Resource != nil:
		v.Nearest = row.Resource.Get
	default:
		v.Nearest = papi.Nearest(given, s.followers())
	}
	if !slices.Contains(s.followers(), v.Nearest) {
		v.Nearest = ""
	}
	return v
}

// followers are the tools that a wait can use.
func (s *Set) followers() []string {
	var names []string
	for _, row := range s.opts.Rows {
		if row.Follows() {
			names = append(names, row.Tool)
		}
	}
	return names
}

// checkStates checks the names of the states that count as the end.
func checkStates(at string, resource *catalog.Resource, given []string) []papi.Violation {
	var names []string
	for _, s := range resource.States {
		names = append(names, s.Name)
	}
	var violations []papi.Violation
	for i, state := range given {
		if !slices.Contains(names, state) {
			violations = append(violations, papi.Violation{Path: fmt.Sprintf("%s.state[%d]", at, i), Given: papi.Echo(state), Allowed: names, Nearest: papi.Nearest(state, names)})
		}
	}
	return violations
}
