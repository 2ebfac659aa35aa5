package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// The list of tools is small enough to be read before the first word.
func TestToolListIsWithinItsBudget(t *testing.T) {
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	total := 0
	var each []int
	for _, tool := range set.Tools() {
		if row := catalog.Lookup(tool.Name); row != nil && !slices.Contains(rows, row) {
			continue
		}
		// What a model sees, and at most: < as \u003c, in which it may be sent, costs more.
		sent, err := json.Marshal(map[string]any{"name": tool.Name, "description": tool.Description, "inputSchema": tool.RawInputSchema})
		if err != nil {
			t.Fatal(err)
		}
		n := tokentest.Count(string(sent))
		if n > 850 {
			t.Errorf("%s has %d tokens", tool.Name, n)
		}
		total += n
		each = append(each, n)
	}
	if set.Count() != len(set.Tools()) {
		t.Errorf("%d tools are counted of %d", set.Count(), len(set.Tools()))
	}
	slices.Sort(each)
	const tools, budget, perLaterTool = 91, 12000, 200
	if most := budget + perLaterTool*max(0, len(each)-tools); total > most {
		t.Errorf("%d tools have %d tokens, and may have %d", len(each), total, most)
	}
	if median := each[len(each)/2]; median > 115 {
		t.Errorf("the median tool has %d tokens", median)
	}
}

// eachSchema calls a function for each schema of the tool list, with and without a
// default project.
func eachSchema(t *testing.T, do func(tool, path string, schema map[string]any)) {
	t.Helper()
	for _, byDefault := range []string{project, ""} {
		set, _ := newSet(t, answerJSON(http.StatusOK, nil), func(o *guard.Options) { o.Default = byDefault })
		for _, tool := range set.Tools() {
			var look func(path string, schema map[string]any)
			look = func(path string, schema map[string]any) {
				do(tool.Name, path, schema)
				properties, _ := schema["properties"].(map[string]any)
				for name, p := range properties {
					look(papi.JoinPath(path, name), p.(map[string]any))
				}
				if items, ok := schema["items"].(map[string]any); ok {
					look(path+"[]", items)
				}
			}
			var schema map[string]any
			if err := json.Unmarshal(tool.RawInputSchema, &schema); err != nil {
				t.Fatal(err)
			}
			look("", schema)
		}
	}
}

// Each bound was found in a real client, which refuses a tool, or all of them, for what
// it does not know: no references and combinators, one type, the formats date-time and
// enum alone, no keywords of our own, and no object without a property.
func TestToolListHasWhatAllClientsKnow(t *testing.T) {
	keywords := []string{"type", "description", "enum", "items", "properties", "required", "additionalProperties"}
	kinds := []string{"string", "number", "integer", "boolean", "array", "object"}
	eachSchema(t, func(tool, path string, schema map[string]any) {
		at := tool + " " + path
		for keyword := range schema {
			if !slices.Contains(keywords, keyword) {
				t.Errorf("%s: the keyword %s", at, keyword)
			}
		}
		kind, _ := schema["type"].(string)
		if !slices.Contains(kinds, kind) {
			t.Errorf("%s: the type %v", at, schema["type"])
		}
		properties, _ := schema["properties"].(map[string]any)
		for _, name := range list(schema["required"]) {
			if properties[name.(string)] == nil {
				t.Errorf("%s: requires %v, which it does not list", at, name)
			}
		}
		if kind == "object" && (len(properties) == 0 || schema["additionalProperties"] != true) {
			t.Errorf("%s: an object with %d properties, additional ones: %v", at, len(properties), schema["additionalProperties"])
		}
		if kind != "object" && (properties != nil || schema["additionalProperties"] != nil) || (kind == "array") != (schema["items"] != nil) {
			t.Errorf("%s: %v has what is for another type", at, kind)
		}
		values, hasEnum := schema["enum"].([]any)
		if hasEnum && (kind != "string" || len(values) == 0 || len(values) > listedValues) {
			t.Errorf("%s: %d values of a %s", at, len(values), kind)
		}
		for _, value := range values {
			if _, ok := value.(string); !ok {
				t.Errorf("%s: the value %v", at, value)
			}
		}
	})
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

// Clients load tools one by one, and read no word twice.
func TestToolListSaysWhatAFirstCallNeeds(t *testing.T) {
	eachSchema(t, func(tool, path string, schema map[string]any) {
		text, _ := schema["description"].(string)
		for _, word := range []string{"as in ", "same as ", "see ", "e.g.", "such as", "for example"} {
			if strings.Contains(text, word) {
				t.Errorf("%s %s: %q in %q", tool, path, word, text)
			}
		}
		name := path[strings.LastIndex(path, ".")+1:]
		if text != "" && !strings.ContainsAny(text, "{|0123456789") && repeats(text, name) && len(text) > len("URL") {
			t.Errorf("%s %s repeats its name: %s", tool, path, text)
		}
		for _, limit := range []string{"maxLength", "maximum", "maxItems", "pattern", "default", "examples"} {
			if schema[limit] != nil {
				t.Errorf("%s %s: %s", tool, path, limit)
			}
		}
	})
	said := func(tool, path, want string) {
		t.Helper()
		found := false
		eachSchema(t, func(name, at string, schema map[string]any) {
			if name == tool && at == path {
				text, _ := schema["description"].(string)
				found = strings.Contains(text, want)
			}
		})
		if !found {
			t.Errorf("%s %s does not say %q", tool, path, want)
		}
	}
	said("whatsapp_sender_update", "details.about", "null deletes")
	said("rcs_sender_update", "details.brand", "websites:{label!:<=25, url!:url<=255}[1-3]|null}; null deletes")
	said("rcs_sender_create", "details.brand", "{label!:<=25, url!:url<=255}[1-3]")
	said("bundle_create", "convApp", "true is enough")
	said("bundle_create", "smsApp", "true is enough")
	said("bundle_create", "subproject", "true is enough")
	said("webhook_create", "triggers", "ALL|BUNDLE_DONE|...39 (schema_get)")
	said("kakaotalk_sender_create", "details.name", "needed to submit")
	said("whatsapp_template_create", "details.components", "({type!:HEADER, format!:LOCATION}|{type!:HEADER, format!:TEXT, text*:<=60, examples:text[]}|")
	said("whatsapp_template_create", "details.components", "{type!:QUICK_REPLY, text*:<=25}|")
	said("whatsapp_template_create", "status", "SUBMIT if unset")
	said("whatsapp_template_delete", "deleteSubmitted", "at Meta")
}

// Where null deletes a value, the words say so, and where a value is only needed to
// submit.
func TestToolListSaysWhereNullDeletes(t *testing.T) {
	for _, row := range catalog.Rows() {
		var seen simpleSchema
		if err := json.Unmarshal(newArguments(row, true).raw(), &seen); err != nil {
			t.Fatal(err)
		}
		for _, form := range row.Op().Variants() {
			for name, p := range form.Properties {
				if l := seen.at(name); p.Resolve().Type.Has("null") && !strings.Contains(l.Description, "null deletes") {
					t.Errorf("%s: %s: %+v", row.Tool, name, l)
				}
				for below, q := range p.Resolve().Properties {
					if nullable := q.Resolve().Type.Has("null"); nullable {
						l := seen.at(name).at(below)
						if l == nil || !strings.Contains(l.Description, "null deletes") {
							t.Errorf("%s: %s.%s: %+v", row.Tool, name, below, l)
						}
					}
				}
			}
		}
	}
}

// UnmarshalJSON reads properties without their order, for tests.
func (p *properties) UnmarshalJSON(raw []byte) error {
	var all map[string]*simpleSchema
	err := json.Unmarshal(raw, &all)
	for name, schema := range all {
		*p = append(*p, property{name, schema})
	}
	return err
}

// at returns a property of an object, or of the objects of a list.
func (l *simpleSchema) at(name string) *simpleSchema {
	if l != nil && l.Items != nil {
		l = l.Items
	}
	if l != nil {
		for _, p := range l.Properties {
			if p.name == name {
				return p.schema
			}
		}
	}
	return nil
}

// order returns the names of the properties as they are written.
func order(t *testing.T, raw json.RawMessage) (names []string) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	depth, inProperties := 0, false
	for {
		token, err := decoder.Token()
		if err != nil {
			return names
		}
		switch {
		case token == json.Delim('{'):
			depth++
		case token == json.Delim('}'):
			depth--
			inProperties = inProperties && depth > 1
		case depth == 1 && token == "properties":
			inProperties = true
		case depth == 2 && inProperties:
			names = append(names, fmt.Sprint(token))
		}
	}
}

// Required properties come first, then those that decide, and the token of a
// confirmation last.
func TestToolListPutsRequiredPropertiesFirst(t *testing.T) {
	for _, byDefault := range []bool{true, false} {
		for _, row := range catalog.Rows() {
			raw := newArguments(row, byDefault).raw()
			var schema struct{ Required []string }
			if err := json.Unmarshal(raw, &schema); err != nil {
				t.Fatal(err)
			}
			names := order(t, raw)
			if first := names[:len(schema.Required)]; !slices.Equal(first, schema.Required) {
				t.Errorf("%s: %v come first, and %v are required", row.Tool, first, schema.Required)
			}
			if !byDefault && names[0] != argProject {
				t.Errorf("%s: without a default project %s comes first", row.Tool, names[0])
			}
			if i := slices.Index(names, argConfirm); i >= 0 && i != len(names)-1 {
				t.Errorf("%s: confirm comes before %s", row.Tool, names[i+1])
			}
		}
	}
	want := []string{"senderId", "details", "status", "confirm"}
	if got := order(t, newArguments(catalog.Lookup("whatsapp_sender_update"), true).raw()); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Of our own arguments the list shows only those that a call must name.
func TestToolListShowsOnlyOwnArgumentsThatACallNeeds(t *testing.T) {
	for _, row := range catalog.Rows() {
		a := newArguments(row, true)
		names := order(t, a.raw())
		for _, name := range []string{argProject, argFields, argReveal, argDryRun, argIgnoreLint, argFieldMask} {
			if slices.Contains(names, name) {
				t.Errorf("%s lists %s", row.Tool, name)
			}
		}
		for name, want := range map[string]bool{
			argConfirm:             row.Confirm != "" || showsSecrets(row),
			argAll:                 row.Op().Parameter("pageToken") != nil,
			argRegisteredElsewhere: row.RegisteredElsewhere,
			argDetail:              len(names) == 1 && names[0] == argDetail,
		} {
			if slices.Contains(names, name) != want {
				t.Errorf("%s lists %s: %v, want %v", row.Tool, name, !want, want)
			}
		}
		if without := newArguments(row, false); !slices.Contains(without.advertised.Required, argProject) || order(t, without.raw())[0] != argProject {
			t.Errorf("%s does not require the project where there is no default", row.Tool)
		}
	}
}

// Each tool accepts the unlisted arguments. One that means nothing for it is ignored,
// with a warning; an unknown name is refused.
func TestUnlistedArgumentsAreAccepted(t *testing.T) {
	values := map[string]any{argProject: project, argFields: []any{"id"}, argDetail: "full", argReveal: true, argDryRun: true, argIgnoreLint: []any{"wa_variable_edge"}, argFieldMask: []any{"name"}}
	for _, row := range catalog.Rows() {
		a := newArguments(row, true)
		least, _ := a.checked.Sample(false).(map[string]any)
		for _, name := range slices.Concat([]string{"unknownName"}, neverListed) {
			args := map[string]any{}
			for required, value := range least {
				args[required] = value
			}
			delete(args, argConfirm)
			args[name] = values[name]
			c, e := a.check(args)
			switch {
			case name == "unknownName":
				if e == nil {
					t.Errorf("%s accepts %s", row.Tool, name)
				}
			case e != nil:
				t.Errorf("%s refuses %s: %+v", row.Tool, name, e.Info)
			default:
				ignored := slices.ContainsFunc(c.warnings, func(w string) bool { return strings.HasPrefix(w, name+": means nothing") })
				if meant := a.advertised.Properties[name] != nil; ignored == meant {
					t.Errorf("%s: %s is ignored: %v, and means something: %v", row.Tool, name, ignored, meant)
				}
			}
		}
	}
	for tool, meaning := range map[string][]string{
		"webhook_list":              {argProject, argFields, argDetail},
		"webhook_delete":            {argProject, argDryRun},
		"whatsapp_template_get":     {argProject, argFields, argDetail, argFieldMask},
		"rcs_sender_get":            {argProject, argFields, argDetail, argReveal},
		"whatsapp_sender_update":    {argProject, argFields, argDetail, argReveal, argDryRun},
		"whatsapp_template_sync":    {argProject, argDryRun},
		"kakaotalk_template_create": {argProject, argFields, argDetail, argDryRun},
	} {
		known := newArguments(catalog.Lookup(tool), true).advertised.Properties
		for _, name := range neverListed {
			if (known[name] != nil) != slices.Contains(meaning, name) {
				t.Errorf("%s: %s means something: %v", tool, name, known[name] != nil)
			}
		}
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	r := result(t, do(t, set, "schema_get", map[string]any{"tool": "webhook_list", argDryRun: true}))
	if warnings := fmt.Sprint(r["warnings"]); !strings.Contains(warnings, "dryRun: means nothing for this tool") {
		t.Errorf("a core tool warns: %s", warnings)
	}
}

// A body that the contract accepts passes the list too, by an independent validator:
// each variant, the least of it and the most, other than where null deletes a value and
// where true is short for an object.
func TestToolListAdmitsAllVariants(t *testing.T) {
	for _, row := range catalog.Rows() {
		a := newArguments(row, true)
		compiled := compile(t, a.raw())
		var seen simpleSchema
		if err := json.Unmarshal(a.raw(), &seen); err != nil {
			t.Fatal(err)
		}
		forms := row.Op().Variants()
		if len(forms) == 0 {
			forms = []*papi.Schema{{}}
		}
		for i, form := range forms {
			for _, most := range []bool{false, true} {
				given := a.shape(form, true).Sample(most)
				if err := compiled.Validate(roundTrip(t, given)); err != nil {
					t.Errorf("%s, variant %d (most: %v): %v", row.Tool, i, most, err)
				}
			}
			for name, p := range form.Properties {
				if p.Resolve().IsDeprecated() || form.IsDeprecated() {
					continue
				}
				if seen.at(name) == nil {
					t.Errorf("%s: variant %d has %s, which is not listed", row.Tool, i, name)
				}
				for below, q := range p.Resolve().Properties {
					if seen.at(name).at(below) == nil && !q.Resolve().IsDeprecated() {
						t.Errorf("%s: variant %d has %s.%s, which is not listed", row.Tool, i, name, below)
					}
				}
			}
		}
	}
}

// compile returns a schema compiled by a validator that shares nothing with ours.
func compile(t *testing.T, raw json.RawMessage) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("test:///schema", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("test:///schema")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func roundTrip(t *testing.T, value any) any {
	t.Helper()
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(value)))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// The words of the list are about properties that exist.
func TestListedWordsAreOfProperties(t *testing.T) {
	known := map[string]bool{}
	var look func(tool, path string, s *papi.Schema, level int)
	look = func(tool, path string, s *papi.Schema, level int) {
		for name, p := range s.Properties {
			at := papi.JoinPath(path, name)
			known[name], known[tool+" "+at] = true, true
			one, _ := oneForm(p.Resolve())
			if item := itemOf(one); item != nil && level < realLevels {
				look(tool, at, item, level+1)
			}
		}
	}
	for _, row := range catalog.Rows() {
		look(row.Tool, "", newArguments(row, false).advertised, 0)
	}
	for _, c := range new(Set).coreTools() {
		look(c.name, "", c.schema(), 0)
	}
	for _, key := range slices.Concat(slices.Collect(maps.Keys(listedWords)), selfExplanatory) {
		if !known[key] {
			t.Errorf("words for %q, which no tool has", key)
		}
	}
}

// So do generated bodies, of every tool.
func TestToolListAdmitsGeneratedBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		compiled := compile(t, newArguments(row, true).raw())
		for _, args := range validBodiesWithoutNull(row, 200) {
			if row.Tool == "bundle_create" {
				for _, part := range []string{"convApp", "smsApp", "subproject"} {
					if _, short := args[part].(bool); short {
						delete(args, part)
					}
				}
			}
			if err := compiled.Validate(roundTrip(t, args)); err != nil {
				t.Errorf("%s: %s: %v", row.Tool, encode(args), err)
				break
			}
		}
	}
}
