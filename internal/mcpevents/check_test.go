package mcpevents

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// A kind of thing with states has a type of event, and so do comments and quality where the
// API reports them.
func TestTypes(t *testing.T) {
	var names []string
	for _, one := range Types() {
		names = append(names, one.Name)
	}
	slices.Sort(names)
	want := strings.Fields(`bundle.status_changed
		kakaotalk.sender.comment_added kakaotalk.sender.status_changed kakaotalk.template.comment_added kakaotalk.template.status_changed
		rcs.account.comment_added rcs.sender.comment_added rcs.sender.status_changed rcs.test_number.status_changed
		sms.app.status_changed
		whatsapp.account.comment_added whatsapp.account.status_changed
		whatsapp.sender.comment_added whatsapp.sender.quality_changed whatsapp.sender.status_changed
		whatsapp.template.comment_added whatsapp.template.quality_changed whatsapp.template.status_changed`)
	if !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	for _, r := range catalog.Resources() {
		if r.HasStates() && !slices.ContainsFunc(Types(), func(one *Type) bool { return one.resource == r && one.what == statusChanged }) {
			t.Errorf("no type of event is about the states of a %s", r.Name)
		}
	}
}

// receiving are the tools of a server that receives events.
type receiving struct{ *tools.Set }

func (r receiving) Offers(tool string) bool { return tool == subscribeTool || r.Set.Offers(tool) }

// events/list is bounded, and its schemas are schemas, and those of arguments allow what
// Check allows.
func TestList(t *testing.T) {
	s := serve(t, newWorld(), store.NewMemory())
	answer, e := s.List(t.Context(), s.caller, nil)
	if e != nil {
		t.Fatal(e)
	}
	raw := jsonvalue.Encode(answer)
	if len(raw) > 24<<10 {
		t.Errorf("%d bytes", len(raw))
	}
	var list struct {
		Events []struct {
			Name, Description          string
			Delivery                   []string
			InputSchema, PayloadSchema json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	for _, event := range list.Events {
		if len(event.Description) > 150 || !slices.Equal(event.Delivery, []string{"poll", "push"}) {
			t.Errorf("%s: %q, %q", event.Name, event.Description, event.Delivery)
		}
		compile(t, event.PayloadSchema)
	}
	if len(list.Events) != len(Types()) {
		t.Errorf("%d types", len(list.Events))
	}
	// Where the API can report to this server, a client learns by which tool.
	s.caller.Things = receiving{s.things}
	answer, _ = s.List(t.Context(), s.caller, nil)
	for _, event := range answer.(listResult).Events {
		hints := strings.Contains(event["description"].(string), "event_subscribe")
		if kind, _, _ := strings.Cut(event["name"].(string), "."); hints == (kind == "sms" || event["name"] == "rcs.test_number.status_changed") {
			t.Errorf("%s: %s", event["name"], event["description"])
		}
	}
	if _, e := s.List(t.Context(), s.caller, []byte(`{"cursor":"x"}`)); e == nil || e.Code != InvalidParams {
		t.Errorf("a cursor of no page: %v", e)
	}
}

func compile(t *testing.T, schema json.RawMessage) *jsonschema.Schema {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema", value); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// A caller is offered the types alone whose tools it has.
func TestTypesOfACaller(t *testing.T) {
	s := serve(t, newWorld(), store.NewMemory())
	s.caller.Things = s.world.things(t, catalog.Filter{Toolsets: []string{"bundles"}, Tools: []string{"whatsapp_template_get"}})
	answer, _ := s.List(t.Context(), s.caller, nil)
	var names []string
	for _, definition := range answer.(listResult).Events {
		names = append(names, definition["name"].(string))
	}
	if want := []string{"whatsapp.template.status_changed", "whatsapp.template.quality_changed", "bundle.status_changed"}; !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
	if _, e := s.Check(t.Context(), s.caller, "rcs.sender.status_changed", nil); e == nil || e.Code != NotFound || e.Data["kind"] != "event" {
		t.Errorf("a type that is not offered: %v", e)
	}
	// Without the list, one thing can be named.
	if _, e := s.Check(t.Context(), s.caller, templates, []byte(`{}`)); e == nil || e.Code != InvalidParams {
		t.Errorf("all templates: %v", e)
	}
	if _, e := s.Check(t.Context(), s.caller, templates, []byte(`{"templateName":"a","languageCode":"EN"}`)); e != nil {
		t.Errorf("one template: %v", e)
	}
}

func TestCheck(t *testing.T) {
	s := serve(t, newWorld(), store.NewMemory())
	const account = `{"projectId":"` + project + `"}`
	for _, tt := range []struct{ name, event, arguments, want string }{
		{"none", templates, ``, account},
		{"null", templates, `null`, account},
		{"an empty object", templates, `{}`, account},
		{"null values", templates, `{"projectId":null,"states":null}`, account},
		{"the project", templates, account, account},
		{"states, sorted and once", templates, `{"states":["PAUSED","APPROVED","PAUSED"]}`, `{"projectId":"` + project + `","states":["APPROVED","PAUSED"]}`},
		{"settled", templates, `{"settled":true}`, `{"projectId":"` + project + `","settled":true}`},
		{"not settled", templates, `{"settled":false}`, account},
		{"a spelling that a tool takes too", templates, `{"templateName":"a","languageCode":"en_us"}`, `{"languageCode":"EN_US","projectId":"` + project + `","templateName":"a"}`},
		{"a thing within another", "kakaotalk.template.status_changed", `{"plusFriendId":"@a"}`, `{"plusFriendId":"@a","projectId":"` + project + `"}`},

		{"another name", "whatsapp.template.status", `{}`, "-32023 there is no event whatsapp.template.status"},
		{"no name", "", `{}`, "-32602 name must be that of an event"},
		{"no object", templates, `[]`, "-32602 arguments must be an object"},
		{"an unknown argument", templates, `{"state":"APPROVED"}`, "-32602 whatsapp.template.status_changed has no argument state: it has projectId, templateName, languageCode, states, settled"},
		{"an unknown state", templates, `{"states":["ACTIVE"]}`, "-32602 WhatsApp template has no state ACTIVE: it has PENDING, APPROVED"},
		{"no states", templates, `{"states":[]}`, "-32602 states must be a list of states"},
		{"a text as states", templates, `{"states":"APPROVED"}`, "-32602 states must be a list of states"},
		{"settled as a text", templates, `{"settled":"yes"}`, "-32602 settled must be true or false"},
		{"a number as id", templates, `{"templateName":1}`, "-32602 templateName must be a text of 1 to 512 bytes"},
		{"an empty id", templates, `{"templateName":""}`, "-32602 templateName must be a text of 1 to 512 bytes"},
		{"a long id", templates, `{"templateName":"` + strings.Repeat("x", 513) + `"}`, "-32602 templateName must be"},
		{"an id that can't be shown", templates, `{"templateName":"\u202e"}`, "-32602 templateName must be"},
		{"a language without a name", templates, `{"languageCode":"EN"}`, "-32602 languageCode needs the argument templateName too"},
		{"a language that the contract does not know", templates, `{"templateName":"a","languageCode":"KLINGON"}`, "-32602"},
		{"states where there are none", "whatsapp.sender.comment_added", `{"senderId":"S","states":["ACTIVE"]}`, "-32602 whatsapp.sender.comment_added has no argument states"},
		{"without the thing that it needs", "whatsapp.sender.comment_added", `{}`, "-32602 whatsapp.sender.comment_added needs the argument senderId"},
		{"without what it is within", "kakaotalk.template.status_changed", `{"templateCode":"c"}`, "-32602 kakaotalk.template.status_changed needs the argument plusFriendId"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, e := s.Check(t.Context(), s.caller, tt.event, json.RawMessage(tt.arguments))
			got := string(in.Arguments)
			if e != nil {
				got = fmt.Sprintf("%d %s", e.Code, e.Message)
			}
			if got != tt.want && (e == nil || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if e == nil && len(tt.arguments) > 4 && tt.arguments != `{"projectId":null,"states":null}` {
				value, err := jsonschema.UnmarshalJSON(strings.NewReader(tt.arguments))
				if err != nil {
					t.Fatal(err)
				}
				wrong := compile(t, jsonvalue.Encode(lookup(tt.event).inputSchema(s.caller.Things))).Validate(value)
				if wrong != nil && tt.name != "states, sorted and once" {
					t.Errorf("the schema does not allow it: %v", wrong)
				}
			}
		})
	}
	if s.world.count() > 0 {
		t.Error("the API was read")
	}
}

// A project that the caller may not use is refused when it asks, and again later.
func TestProjectsOfACaller(t *testing.T) {
	s := serve(t, newWorld(), store.NewMemory())
	const other = "11111111-1111-1111-1111-111111111111"
	in := s.interest(templates, `{"projectId":"`+other+`"}`)
	s.caller.Things = s.world.things(t, catalog.Filter{}, project)
	if _, e := s.Check(t.Context(), s.caller, templates, []byte(`{"projectId":"`+other+`"}`)); e == nil || e.Code != Forbidden {
		t.Errorf("when it asks: %v", e)
	}
	now := s.world.things(t, catalog.Filter{}, project)
	if e := s.mayRead(t.Context(), now, "test", in); e == nil || e.Code != Forbidden {
		t.Errorf("later: %v", e)
	}
	if e := s.mayRead(t.Context(), now, "test", s.interest(templates, `{}`)); e != nil {
		t.Errorf("its own project: %v", e)
	}
}
