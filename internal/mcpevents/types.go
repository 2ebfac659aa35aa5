package mcpevents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// Type is a type of event: what happens to a kind of thing.
type Type struct {
	// Name is such as whatsapp.template.status_changed.
	Name  string
	About string

	what     change
	resource *catalog.Resource // nil for one that no operation shows
	// read reads one thing, or lists its activities; list lists all things, nil where
	// nothing does, or where what is of interest is not in it.
	read, list *catalog.Row
	called     string // what people call one of the things
}

// change is what happens to a thing.
type change string

const (
	statusChanged  change = "status_changed"
	qualityChanged change = "quality_changed"
	commentAdded   change = "comment_added"
)

// Deleted is the state of a thing that is not there any more.
const Deleted = "DELETED"

// Types are all types of events, by kind of thing in the order of the rows. It reads the
// contract.
var Types = sync.OnceValue(func() []*Type {
	var all []*Type
	add := func(t Type, name, about string) {
		t.Name, t.About = strings.Replace(name, "_", ".", 1)+"."+string(t.what), about
		all = append(all, &t)
	}
	for _, row := range catalog.Rows() {
		if !row.Follows() {
			continue
		}
		r := row.Resource
		t := Type{what: statusChanged, resource: r, read: row, list: catalog.Lookup(r.List), called: r.Called(1)}
		if t.list == nil || t.read.Tool != r.Get {
			t.list = nil
			add(t, r.Name, fmt.Sprintf("The state of a %s, or of a pending change of it, has changed, or it no longer exists.", t.called))
		} else {
			add(t, r.Name, fmt.Sprintf("The state of a %s, or of a pending change of it, has changed, or it is new, or no longer exists.", t.called))
		}
		if r.Quality != "" {
			t.what = qualityChanged
			add(t, r.Name, fmt.Sprintf("Meta has changed its rating of the quality of a %s.", t.called))
		}
	}
	for _, h := range catalog.Histories() {
		name := strings.ReplaceAll(strings.ToLower(h.Called), " ", "_")
		add(Type{what: commentAdded, read: h.Row, called: h.Called}, name, fmt.Sprintf("There is a new comment on a %s, for example by a reviewer.", h.Called))
	}
	return all
})

// lookup returns the type of a name, or nil.
func lookup(name string) *Type {
	if i := slices.IndexFunc(Types(), func(t *Type) bool { return t.Name == name }); i >= 0 {
		return Types()[i]
	}
	return nil
}

// offered are the types whose tools a caller is offered.
func offered(things Things) []*Type {
	var own []*Type
	for _, t := range Types() {
		if things.Offers(t.read.Tool) {
			own = append(own, t)
		}
	}
	return own
}

// ids are the arguments that name one thing, in their order.
func (t *Type) ids() []string { return t.read.Op().PathIDs() }

// needed are those of ids that must be given.
func (t *Type) needed() []string {
	if t.list != nil {
		return t.list.Op().PathIDs()
	}
	return t.ids()
}

// lists reports whether a client may ask for all things, and whether a caller may list
// them.
func (t *Type) lists(things Things) bool { return t.list != nil && things.Offers(t.list.Tool) }

// states are those that an interest can name: of the thing, and of its changes.
func (t *Type) states() []string {
	var names []string
	for _, s := range slices.Concat(t.resource.States, t.resource.Changes) {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	if !slices.Contains(names, Deleted) {
		names = append(names, Deleted)
	}
	return names
}

// subscribeTool is the tool that has the API report changes to this server.
const subscribeTool = "event_subscribe"

// reported reports whether the API has triggers for the kind of thing.
func (t *Type) reported() bool {
	kind := strings.TrimSuffix(t.Name, "."+string(t.what))
	return catalog.TriggersOf(strings.Replace(kind, ".", "_", 1)) != nil
}

// definition is how events/list shows the type.
func (t *Type) definition(things Things, delivery []string) map[string]any {
	about := t.About
	if t.reported() && things.Offers(subscribeTool) {
		about += " Noticed within seconds once " + subscribeTool + " was called for the project, else by polling."
	}
	return map[string]any{
		"name": t.Name, "description": about, "delivery": delivery,
		"inputSchema": t.inputSchema(things), "payloadSchema": t.payloadSchema(),
	}
}

func (t *Type) inputSchema(things Things) map[string]any {
	text := func(about string) map[string]any {
		return map[string]any{"type": "string", "description": about}
	}
	project, required := "of the Provisioning API", []string{}
	if own := things.DefaultProject(); own != "" {
		project = "default " + papi.Echo(own)
	} else {
		required = append(required, argProject)
	}
	properties := map[string]any{argProject: text(project)}
	needed := t.needed()
	if !t.lists(things) {
		needed = t.ids()
	}
	for i, id := range t.ids() {
		about := "as " + t.read.Tool + " takes it"
		switch {
		case slices.Contains(needed, id):
			required = append(required, id)
		case i == len(needed):
			about += "; left out: all"
		default:
			about += "; left out: all, also needs " + t.ids()[i-1]
		}
		properties[id] = text(about)
	}
	if t.what == statusChanged {
		properties[argStates] = map[string]any{
			"type": "array", "minItems": 1, "uniqueItems": true, "items": map[string]any{"enum": t.states()},
			"description": "only changes to one of these",
		}
		properties[argSettled] = map[string]any{
			"type": "boolean", "description": "only changes after which it waits for nothing: it succeeded, failed, or needs a person",
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func (t *Type) payloadSchema() map[string]any {
	text, texts := map[string]any{"type": "string"}, map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	at := map[string]any{"type": "string", "format": "date-time"}
	properties := map[string]any{"projectId": text, "ids": texts, "tool": map[string]any{"const": t.readsThing(), "description": "reads it, with ids"}, "text": text}
	if properties["tool"].(map[string]any)["const"] == "" {
		delete(properties, "tool")
	}
	required := []string{"projectId", "ids", "text"}
	switch t.what {
	case statusChanged:
		properties["before"], properties["state"], properties["reason"], properties["since"] = text, text, text, at
		properties["class"] = map[string]any{"enum": classes}
		required = append(required, "state", "class")
	case qualityChanged:
		properties["before"], properties["quality"] = text, text
		required = append(required, "quality")
	case commentAdded:
		properties["comment"], properties["author"], properties["created"] = text, text, at
		required = append(required, "comment")
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// classes are what a state can mean, as the results of tools have it.
var classes = []string{"Pending", "Success", "Failure", "ActionRequired", "Unknown"}

// readsThing is the tool that shows the thing that an event is about; that with its
// activities for a comment.
func (t *Type) readsThing() string { return cmp.Or(t.read, t.list).Tool }
