package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// place is a value in the arguments of a call.
type place struct {
	path   string
	in     map[string]any // the object that has it
	name   string
	of, s  *papi.Schema // of that object, of the value
	top    map[string]any
	nested bool
}

// places returns the named values of arguments, those in the first item of each list
// among them.
func places(s *papi.Schema, args map[string]any) []place {
	var all []place
	var look func(s *papi.Schema, value any, path string)
	look = func(s *papi.Schema, value any, path string) {
		s = s.Variant(value)
		switch v := value.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if p := s.Properties[name]; p != nil {
					at := papi.JoinPath(path, name)
					all = append(all, place{at, v, name, s, p, args, path != ""})
					look(p, v[name], at)
				}
			}
		case []any:
			if len(v) > 0 {
				look(s.Items, v[0], path+"[0]")
			}
		}
	}
	look(s, args, "")
	return all
}

// mistake is what a model typically gets wrong. It changes the arguments at a place,
// and returns the path that the answer must name; "" where the place has nothing of its
// kind. A harmless one may also be corrected, with a warning that names the path.
type mistake struct {
	name     string
	harmless bool
	make     func(p place) (path string)
	// says reports whether a violation says what is right.
	says func(p place, v papi.Violation) bool
}

var mistakes = []mistake{
	{name: "a nested field at the top",
		make: func(p place) string {
			if !p.nested || p.top[p.name] != nil || papi.Nearest(p.name, slices.Collect(maps.Keys(p.top))) != "" {
				return ""
			}
			p.top[p.name] = p.in[p.name]
			delete(p.in, p.name)
			return p.name
		},
		says: func(p place, v papi.Violation) bool {
			last := strings.Split(v.Nearest, ", ")[0]
			return last == p.name || strings.HasSuffix(last, "."+p.name)
		}},
	{name: "a field of the top in an object",
		make: func(p place) string {
			for _, name := range slices.Sorted(maps.Keys(p.top)) {
				in, isObject := p.in[p.name].(map[string]any)
				if !p.nested && isObject && name != p.name && !has(p.s, name) {
					in[name] = p.top[name]
					delete(p.top, name)
					return p.path + "." + name
				}
			}
			return ""
		},
		says: func(_ place, v papi.Violation) bool {
			return v.Nearest == v.Path[strings.LastIndex(v.Path, ".")+1:] && strings.Contains(fmt.Sprint(v.Allowed), "at the top level")
		}},
	{name: "snake_case", make: func(p place) string {
		var snake strings.Builder
		for _, r := range p.name {
			if unicode.IsUpper(r) {
				snake.WriteByte('_')
			}
			snake.WriteRune(unicode.ToLower(r))
		}
		if snake.String() == p.name {
			return ""
		}
		p.in[snake.String()] = p.in[p.name]
		delete(p.in, p.name)
		return strings.TrimSuffix(p.path, p.name) + snake.String()
	}, says: func(p place, v papi.Violation) bool { return v.Nearest == p.name }},
	{name: "an unknown value of an enum", make: func(p place) string {
		if len(p.s.Resolve().EnumTexts()) < 2 {
			return ""
		}
		p.in[p.name] = "NOTHING_LIKE_IT"
		return p.path
	}, says: func(p place, v papi.Violation) bool {
		shown, isList := v.Allowed.([]any)
		long := len(p.s.Resolve().EnumTexts()) > 8
		return isList && len(shown) <= 9 && long == strings.Contains(string(encode(shown)), "schema_get path "+v.SchemaPath())
	}},
	{name: "an enum in other case", harmless: true, make: func(p place) string {
		text, isText := p.in[p.name].(string)
		if len(p.s.Resolve().EnumTexts()) < 2 || !isText || strings.ToLower(text) == text {
			return ""
		}
		p.in[p.name] = strings.ToLower(text)
		return p.path
	}},
	{name: "a text for an object", make: func(p place) string {
		if _, isObject := p.in[p.name].(map[string]any); !isObject {
			return ""
		}
		p.in[p.name] = "some text"
		return p.path
	}, says: saysForm},
	{name: "a number for a list of objects", make: func(p place) string {
		list, isList := p.in[p.name].([]any)
		if !isList || len(list) == 0 {
			return ""
		}
		if _, ofObjects := list[0].(map[string]any); !ofObjects {
			return ""
		}
		p.in[p.name] = 7
		return p.path
	}, says: saysForm},
	{name: "a text for an object in a list", make: func(p place) string {
		list, isList := p.in[p.name].([]any)
		if !isList || len(list) == 0 {
			return ""
		}
		if _, ofObjects := list[0].(map[string]any); !ofObjects {
			return ""
		}
		list[0] = "some text"
		return p.path + "[0]"
	}, says: saysForm},
	{name: "an object for a text", make: func(p place) string {
		if _, isText := p.in[p.name].(string); !isText {
			return ""
		}
		p.in[p.name] = map[string]any{"value": p.in[p.name]}
		return p.path
	}, says: func(p place, v papi.Violation) bool {
		return p.s.Resolve().EnumTexts() != nil || strings.HasPrefix(fmt.Sprint(v.Allowed), "string")
	}},
	{name: "an object for a list", harmless: true, make: func(p place) string {
		list, isList := p.in[p.name].([]any)
		if !isList || len(list) == 0 || p.s.Resolve().MinItems != nil && *p.s.Resolve().MinItems > 1 {
			return ""
		}
		p.in[p.name] = list[0]
		return p.path
	}},
	{name: "without a required field", make: func(p place) string {
		if !p.nested || !slices.Contains(p.of.MustHave(false), p.name) {
			return ""
		}
		delete(p.in, p.name)
		return p.path
	}, says: func(_ place, v papi.Violation) bool {
		return strings.Contains(fmt.Sprint(v.Allowed), "required")
	}},
	{name: "a number as text out of its range", make: func(p place) string {
		if s := p.s.Resolve(); s.Minimum == nil || !s.Type.Has("number") {
			return ""
		}
		p.in[p.name] = "-7"
		return p.path
	}, says: func(_ place, v papi.Violation) bool { return strings.HasPrefix(fmt.Sprint(v.Allowed), "at least ") }},
	{name: "a text too long", make: func(p place) string {
		s := p.s.Resolve()
		if s.MaxLength == nil || !s.Type.Has("string") {
			return ""
		}
		p.in[p.name] = strings.Repeat("x", *s.MaxLength+1)
		return p.path
	}, says: func(_ place, v papi.Violation) bool {
		return !slices.Contains([]string{"", "<nil>"}, fmt.Sprint(v.Allowed))
	}},
	{name: "an unknown field", make: func(p place) string {
		at, value, s := p.path, p.in[p.name], p.s
		if list, isList := value.([]any); isList && len(list) > 0 {
			at, value, s = at+"[0]", list[0], s.Resolve().Items
		}
		fields, isObject := value.(map[string]any)
		if !isObject || s.Variant(fields).AdditionalProperties != nil {
			return ""
		}
		fields["zebra"] = true
		return at + ".zebra"
	}, says: func(_ place, v papi.Violation) bool {
		text, _ := v.Allowed.(string)
		return strings.HasPrefix(text, "no such name; known: ") && strings.Count(text, ",") <= 8
	}},
	{name: "JSON text for an object or a list", harmless: true, make: func(p place) string {
		switch v := p.in[p.name].(type) {
		case map[string]any, []any:
			p.in[p.name] = string(encode(v))
			return p.path
		}
		return ""
	}},
	{name: "null where it is not allowed", harmless: true, make: func(p place) string {
		if p.s.Resolve().Type.Has("null") || len(p.s.Resolve().AnyOf) > 0 {
			return ""
		}
		p.in[p.name] = nil
		return p.path
	}, says: func(p place, v papi.Violation) bool {
		s := p.s.Resolve()
		return len(s.Properties) == 0 || saysForm(p, v)
	}},
	{name: "a list for an object", make: func(p place) string {
		fields, isObject := p.in[p.name].(map[string]any)
		if !isObject {
			return ""
		}
		p.in[p.name] = []any{fields}
		return p.path
	}, says: saysForm},
}

func has(s *papi.Schema, name string) bool {
	return s.PropertyNames()[name]
}

// saysForm reports whether a violation shows the outline of the right form, and an example
// that is one.
func saysForm(p place, v papi.Violation) bool {
	text, _ := v.Allowed.(string)
	_, outline, shown := strings.Cut(text, ": ")
	_, example, given := strings.Cut(outline, ", such as ")
	if !shown || !given || !strings.ContainsAny(outline, "{[") {
		return false
	}
	s := p.s
	if strings.HasSuffix(v.Path, "]") {
		s = s.Resolve().Items
	}
	value, err := jsonvalue.Decode([]byte(example))
	return err == nil && len(s.Violations(value, papi.CheckOptions{Closed: true, Formats: true})) == 0
}

// fullCalls returns a call with all arguments for each variant of an operation's body that
// is not deprecated.
func fullCalls(t *testing.T, a *arguments) []map[string]any {
	t.Helper()
	variants := []*papi.Schema{a.checked}
	if len(a.checked.AnyOf) > 0 {
		variants = slices.DeleteFunc(slices.Clone(a.checked.AnyOf), (*papi.Schema).IsDeprecated)
	}
	var all []map[string]any
	for _, s := range variants {
		full := s.Sample(true).(map[string]any)
		for name := range ownArguments {
			delete(full, name)
		}
		if full["status"] == "DRAFT" {
			full["status"] = "SUBMIT"
		}
		if _, e := a.check(full); e != nil {
			t.Fatalf("%s: %s", a.row.Tool, encode(e))
		}
		all = append(all, full)
	}
	return all
}

// Each mistake, at each place of a full call of each tool with a nested body, is answered
// with the field and the right form in under 300 tokens, or corrected with a warning where
// that is harmless. Each tool has ten kinds or more.
func TestTypicalMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	most, made := 0, 0
	for _, row := range nestedRows(t) {
		kinds := map[string]bool{}
		a := newArguments(row, true)
		for _, full := range fullCalls(t, a) {
			for i := range places(a.checked, full) {
				for _, m := range mistakes {
					var args map[string]any
					if err := json.Unmarshal(encode(full), &args); err != nil {
						t.Fatal(err)
					}
					p := places(a.checked, args)[i]
					path := m.make(p)
					if path == "" {
						continue
					}
					kinds[m.name] = true
					made++
					tokens := answered(t, set, api, row.Tool, m, p, path)
					most = max(most, tokens)
				}
			}
		}
		if len(kinds) < 10 {
			t.Errorf("%s: only %d kinds of mistakes: %v", row.Tool, len(kinds), slices.Sorted(maps.Keys(kinds)))
		}
	}
	t.Logf("%d mistakes, the longest answer has %d tokens", made, most)
}

// answered makes a call with a mistake, checks its answer, and returns the tokens of its
// error.
func answered(t *testing.T, set *Set, api *api, tool string, m mistake, p place, path string) int {
	t.Helper()
	before := api.count()
	out := do(t, set, tool, p.top)
	if !out.IsError {
		if r := result(t, out); !m.harmless || !strings.Contains(string(encode(r["warnings"])), path) {
			t.Errorf("%s: %s at %s is accepted: %s", tool, m.name, p.path, encode(r["warnings"]))
		}
		return 0
	}
	e := out.Structured.(*Error)
	tokens := tokentest.Count(string(encode(e)))
	if tokens >= 300 {
		t.Errorf("%s: %s at %s has %d tokens: %s", tool, m.name, p.path, tokens, encode(e))
	}
	if api.count() != before {
		t.Errorf("%s: %s at %s was sent", tool, m.name, p.path)
	}
	violations, _ := e.Info["violations"].([]papi.Violation)
	if e.Code != "invalid_arguments" || !slices.ContainsFunc(violations, func(v papi.Violation) bool {
		return v.Path == path && (m.says == nil || m.says(p, v))
	}) {
		t.Errorf("%s: %s at %s, without what is right: %s", tool, m.name, p.path, encode(e))
	}
	result(t, do(t, set, e.Next[0].Tool, e.Next[0].Args))
	if len(e.Next) != 1 || strings.Count(string(encode(e)), string(encode(e.Next[0]))) != 1 {
		t.Errorf("%s: %s at %s: the next step is there %s", tool, m.name, p.path, encode(e.Next))
	}
	return tokens
}

// Of ten mistakes in one call as many are answered as fit, each without the form that one alone shows.
func TestManyMistakesInOneCall(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	e := do(t, set, "rcs_sender_create", json.RawMessage(`{"region":"XX","billingCategory":"x","useCase":"y","bar":2,
		"details":{"brand":{"name":{},"emails":"x","zebra":1},"countries":["XX"],"foo":1,"testNumbers":[7]}}`)).Structured.(*Error)
	violations := e.Info["violations"].([]papi.Violation)
	if tokens := tokentest.Count(string(encode(e))); len(violations)+e.Info["more"].(int) != 9 || tokens >= 300 {
		t.Errorf("%d violations, %d tokens: %s", len(violations), tokens, encode(e))
	}
	for _, v := range violations {
		if v.Allowed == nil || strings.Contains(string(encode(v.Allowed)), "such as {") {
			t.Errorf("%s: %v", v.Path, v.Allowed)
		}
	}
}

// The path of the next step is one that the tool's schema has, wherever the violation is.
func TestTheSchemaOfAViolationExists(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, tt := range []struct{ tool, given, path string }{
		{"whatsapp_template_create", `{"name":"a_b","language":"XX","category":"UTILITY","status":"DRAFT"}`, "language"},
		{"whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BUTTONS","buttons":[{"type":"URL","text":"x","url":"/"}]}]}}`, "details.components.buttons.url"},
		{"whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BUTTONS","buttons":[{"type":"URL","zebra":"x"}]}]}}`, "details.components.buttons"},
		{"whatsapp_template_create", `{"details":{"zebra":` + deep + `}}`, "details"},
		{"webhook_create", `{"zebra":` + deep + `}`, ""},
		{"webhook_create", `[]`, ""},
		{"webhook_get", `{"webhookId":"a/b"}`, "webhookId"},
		{"project_overview", `{"zebra":1}`, ""},
	} {
		e := set.Call(t.Context(), Caller{Principal: "test"}, tt.tool, json.RawMessage(tt.given)).Structured.(*Error)
		path, _ := e.Next[0].Args["path"].(string)
		if len(e.Next) != 1 || e.Next[0].Tool != "schema_get" || e.Next[0].Args["tool"] != tt.tool || path != tt.path {
			t.Errorf("%s %.80s: %s, want the path %q", tt.tool, tt.given, encode(e.Next), tt.path)
		}
		result(t, do(t, set, e.Next[0].Tool, e.Next[0].Args))
	}
}
