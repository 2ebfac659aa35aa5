package tools

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// maxSchemaTokens is the budget of an answer of schema_get; the JSON Schema alone may be
// longer.
const maxSchemaTokens = 2_000

// schemaOfTool returns the data of schema_get's answer.
func schemaOfTool(t *testing.T, set *Set, args map[string]any) map[string]any {
	t.Helper()
	return result(t, do(t, set, "schema_get", args))["data"].(map[string]any)
}

// asText is a value as the server writes it.
func asText(t testing.TB, value any) string {
	t.Helper()
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// schemaPaths returns each path that schema_get takes for a schema, "" among them.
func schemaPaths(s *papi.Schema) []string {
	paths := []string{""}
	for i := 0; i < len(paths); i++ {
		part, _, _ := s.At(paths[i])
		_, below, _ := part.At("\x00")
		if strings.Count(paths[i], ".") > 12 {
			panic(paths[i] + " has no end")
		}
		for _, name := range below {
			last := paths[i][strings.LastIndex(paths[i], ".")+1:]
			if last != "" && last == strings.ToUpper(last) && name == strings.ToUpper(name) { // a variant of a variant
				continue
			}
			paths = append(paths, papi.JoinPath(paths[i], name))
		}
	}
	return paths
}

// Every answer about every tool, and about every part of its arguments, is small.
func TestSchemaGetIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	largest, longest := 0, ""
	all := 0
	for _, tool := range set.names() {
		_, schema, _ := set.schemas(tool)
		for _, path := range schemaPaths(schema) {
			out := do(t, set, "schema_get", map[string]any{"tool": tool, "path": path})
			if out.IsError {
				t.Fatalf("%s at %s: %s", tool, path, encode(out.Structured))
			}
			all++
			if tokens := tokentest.Count(asText(t, out.Structured)); tokens > largest {
				largest, longest = tokens, tool+" "+path
			}
		}
	}
	if largest > maxSchemaTokens {
		t.Errorf("%s has %d tokens, more than %d", longest, largest, maxSchemaTokens)
	}
	t.Logf("%d answers; the largest is %s with %d tokens", all, longest, largest)
}

// The example of each tool is what the tool itself would take.
func TestSchemaGetExamples(t *testing.T) {
	set := newDynamicSet(t, catalog.Filter{Deprecated: true}) // which has all tools
	if len(set.names()) < 90 {
		t.Fatalf("%d tools", len(set.names()))
	}
	for _, tool := range set.names() {
		data := schemaOfTool(t, set, map[string]any{"tool": tool})
		if data["tool"] != tool || data["about"] == "" {
			t.Errorf("%s: %s", tool, encode(data))
		}
		if via, _ := data["via"].(string); via != set.Via(tool) { // how to call what is not listed
			t.Errorf("%s is called through %q", tool, via)
		}
		_, schema, _ := set.schemas(tool)
		example, _ := data["example"].(map[string]any)
		for _, v := range schema.Violations(example, papi.CheckOptions{Closed: true}) {
			t.Errorf("%s: the example breaks its schema: %+v", tool, v)
		}
	}
}

// The outline, the JSON Schema and the list of tools agree on what is required, at every
// path, with and without a default project.
func TestSchemaGetAgreesWithTheList(t *testing.T) {
	for name, edit := range map[string]func(*guard.Options){"a default project": nil, "no default project": func(o *guard.Options) { o.Default = "" }} {
		set, _ := newSet(t, answerJSON(http.StatusOK, nil), edit)
		for _, tool := range set.Tools() {
			list, raw := &papi.Schema{}, &papi.Schema{}
			unmarshal(t, tool.RawInputSchema, list)
			unmarshal(t, encode(schemaOfTool(t, set, map[string]any{"tool": tool.Name, "format": "json"})["inputSchema"]), raw)
			_, checked, _ := set.schemas(tool.Name)
			compareRequired(t, name+": "+tool.Name, "", list, raw, checked)
		}
	}
}

// compareRequired compares what is required at a path and below it.
func compareRequired(t *testing.T, tool, path string, list, raw, checked *papi.Schema) {
	t.Helper()
	here, _, _ := raw.At(path)
	want := slices.Sorted(slices.Values(list.Required))
	if got := requiredBy(here); !isOutlined(list) && !slices.Equal(got, want) {
		t.Errorf("%s: %q: the JSON Schema requires %v, the list %v", tool, path, got, want)
	}
	for name, p := range list.Properties {
		below := papi.JoinPath(path, name)
		if known, _, _ := checked.At(below); known == nil { // it means nothing for the tool
			continue
		}
		required := strings.HasPrefix(checked.OutlineAt(below, papi.OutlineOptions{Depth: 1}), name+"!:")
		if !isOutlined(list) && required != slices.Contains(want, name) && !requiredUnlessDeprecated(checked, path, name) {
			t.Errorf("%s: %s: required by the outline: %v; the list requires %v", tool, below, required, want)
		}
		if isOutlined(p) {
			continue
		}
		if p.Items != nil {
			p = p.Items
		}
		if len(p.Properties) > 0 {
			compareRequired(t, tool, below, p, raw, checked)
		}
	}
}

// requiredUnlessDeprecated reports whether only the deprecated variants of a union do not
// require a property: the list admits them, though it does not show them.
func requiredUnlessDeprecated(s *papi.Schema, path, name string) bool {
	here, _, _ := s.At(path)
	deprecated := false
	for _, v := range here.AnyOf {
		if v.Resolve().IsDeprecated() {
			deprecated = true
		} else if !slices.Contains(v.Resolve().Required, name) {
			return false
		}
	}
	return deprecated
}

// isOutlined reports whether the list describes an object by an outline, which shows what
// is required.
func isOutlined(s *papi.Schema) bool {
	return strings.Contains(s.Description, ":") && strings.Contains(s.Description, "{")
}

// requiredBy is what a JSON Schema requires: of a union, what all variants require.
func requiredBy(s *papi.Schema) []string {
	if s.Items != nil {
		return requiredBy(s.Items)
	}
	required := slices.Clone(s.Required)
	for i, v := range s.AnyOf {
		if v.Type.Has("boolean") || v.IsDeprecated() {
			continue
		}
		if i == 0 && len(s.Required) == 0 {
			required = slices.Clone(v.Required)
		}
		required = slices.DeleteFunc(required, func(name string) bool { return !slices.Contains(v.Required, name) })
	}
	slices.Sort(required)
	return required
}

func unmarshal(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestSchemaGetSaysWhatTheListLeavesOut(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, c := range []struct {
		tool, path string
		want       []string
	}{
		{"webhook_create", "", []string{
			"webhook_limit_reached", "at most 15 webhooks", "POST /v1/projects/{projectId}/webhooks", papi.ContractVersion,
			"ALL // every supported event", "target!:url<=742", "! required", `"also":"projectId, fields, detail, dryRun"`, `"example":{"secret":`,
		}},
		{"kakaotalk_sender_create", "", []string{`details*:{`, "* needed to submit or launch, not for a draft"}},
		{"whatsapp_template_create", "", []string{`name!:<=512 /^[a-z0-9][a-z0-9_]*[a-z0-9]$/`, "components*:", "path shows more: language,"}},
		{"whatsapp_template_create", "language", []string{`"inputSchema":"language!:AF|`, "|EN_US|", "|ZU"}},
		{"whatsapp_template_create", "details.components.FOOTER", []string{`{\n type!:FOOTER\n`, `"example":{"type":"FOOTER"}`}},
		{"whatsapp_template_create", "details.components[0].buttons[1].text", []string{`"inputSchema":"text:<=25"`}},
		{"whatsapp_template_create", "details.components.buttons[].QUICK_REPLY", []string{`type!:QUICK_REPLY`}},
		{"rcs_sender_create", "details.brand.emails", []string{`"inputSchema":"emails:{\n address!:email`, "}[1-3]"}},
		{"rcs_sender_create", "billingCategory", []string{"are deprecated, to be removed"}},
		{"rcs_sender_update", "details.questionnaire.gb", []string{`companyLegalName*:text|null`, "campaignLength:text|null // deprecated"}},
		{"rcs_sender_create", "details.questionnaire.us.answers", []string{`taxIdCountry*:`, "}|deprecated {"}},
		{"webhook_get", "fields", []string{"keep only these paths"}},
		{"webhook_delete", "confirm", []string{"token of the person's confirmation"}},
		{"bundle_create", "convApp", []string{"|true"}},
		{"schema_get", "", []string{"tool!:text", "format:outline|json"}},
		{"project_confirm", "", []string{"projectId:"}},
	} {
		text := asText(t, schemaOfTool(t, set, map[string]any{"tool": c.tool, "path": c.path}))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s at %s: no %s in %s", c.tool, c.path, want, text)
			}
		}
		for key, value := range schemaOfTool(t, set, map[string]any{"tool": c.tool, "path": c.path}) {
			if jsonvalue.IsEmpty(value) {
				t.Errorf("%s at %s: %s is empty", c.tool, c.path, key)
			}
		}
	}
}

// Where an answer leaves something out, it says how to read it, and the paths are known.
func TestSchemaGetLeadsToWhatIsCut(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	cut := 0
	for _, tool := range set.names() {
		data := schemaOfTool(t, set, map[string]any{"tool": tool})
		outline, more := data["inputSchema"].(string), fmt.Sprint(data["more"])
		if leaves := strings.Contains(outline, "{...}") || strings.Contains(outline, "(schema_get)"); leaves != (data["more"] != nil) && leaves {
			t.Errorf("%s leaves something out, and says %s", tool, more)
		}
		paths, found := strings.CutPrefix(more, "path shows more: ")
		if !found {
			continue
		}
		cut++
		for path := range strings.SplitSeq(strings.TrimSuffix(paths, ", ..."), ", ") {
			schemaOfTool(t, set, map[string]any{"tool": tool, "path": path})
		}
	}
	if cut < 5 {
		t.Errorf("%d answers are cut", cut)
	}
}

// The JSON Schema is complete, and may be longer.
func TestSchemaGetAsJSON(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	data := schemaOfTool(t, set, map[string]any{"tool": "rcs_sender_create", "path": "details.brand.emails", "format": "json"})
	want := `{"description":"each 'address' only once","items":{"properties":{"address":{"format":"email","type":"string"},"label":{"maxLength":25,"minLength":0,"type":"string"}},` +
		`"required":["label","address"],"type":"object"},"maxItems":3,"minItems":1,"type":"array","uniqueItems":true}`
	if got := asText(t, data["inputSchema"]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, tool := range set.names() {
		raw := &papi.Schema{}
		unmarshal(t, encode(schemaOfTool(t, set, map[string]any{"tool": tool, "format": "json"})["inputSchema"]), raw)
		if strings.Contains(asText(t, raw), "$ref") {
			t.Errorf("%s has a reference", tool)
		}
		_, checked, _ := set.schemas(tool)
		if known := checked.PropertyNames(); len(raw.PropertyNames()) != len(known) {
			t.Errorf("%s has %d of %d names", tool, len(raw.PropertyNames()), len(known))
		}
		example, _ := schemaOfTool(t, set, map[string]any{"tool": tool})["example"].(map[string]any)
		for _, v := range raw.Violations(example, papi.CheckOptions{Closed: true}) {
			t.Errorf("%s: the example breaks the JSON Schema: %+v", tool, v)
		}
	}
}

func TestSchemaGetOfAnUnknownPath(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, c := range []struct{ tool, path, nearest, allowed string }{
		{"rcs_sender_create", "details.questionnaire.uk", "details.questionnaire.gb", "details.questionnaire of rcs_sender_create has fr, gb, general, us, verification"},
		{"rcs_sender_create", "questionnaire.us", "details.questionnaire.us", "rcs_sender_create has billingCategory,"},
		{"rcs_sender_create", "details.brand.logo_url", "details.brand.logoUrl", "details.brand of rcs_sender_create has bannerUrl,"},
		{"rcs_sender_create", "details.brands.name", "details.brand.name", "details of rcs_sender_create has brand,"},
		{"whatsapp_template_create", "components", "details.components", "whatsapp_template_create has allowCategoryChange,"},
		{"whatsapp_template_create", "details.components.HEAD", "details.components.HEADER", "details.components of whatsapp_template_create has BODY, BUTTONS,"},
		{"webhook_create", "target.host", "", "target of webhook_create has no parts"},
		{"webhook_create", "zzz", "", "webhook_create has "},
	} {
		out := do(t, set, "schema_get", map[string]any{"tool": c.tool, "path": c.path})
		e := failure(t, out)
		v := e["additionalInformation"].(map[string]any)["violations"].([]any)[0].(map[string]any)
		nearest, _ := v["nearest"].(string)
		if e["errorCode"] != "invalid_arguments" || v["path"] != "path" || v["given"] != c.path || nearest != c.nearest || !strings.HasPrefix(v["allowed"].(string), c.allowed) {
			t.Errorf("%s at %s: %s", c.tool, c.path, encode(e))
		}
		if tokens := tokentest.Count(asText(t, out.Structured)); tokens > 300 {
			t.Errorf("%s at %s: %d tokens", c.tool, c.path, tokens)
		}
		// The next step is a call that succeeds.
		next := e["next"].([]any)[0].(map[string]any)
		result(t, do(t, set, next["tool"].(string), next["args"]))
	}
}

// The error about an unknown path is small wherever the path ends.
func TestSchemaGetErrorsAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, tool := range []string{"rcs_sender_create", "whatsapp_template_create", "whatsapp_sender_create", "bundle_create"} {
		_, schema, _ := set.schemas(tool)
		for _, path := range schemaPaths(schema) {
			unknown := papi.JoinPath(path, "noSuchName")
			if known, _, _ := schema.At(unknown); known != nil { // an object of any names
				continue
			}
			out := do(t, set, "schema_get", map[string]any{"tool": tool, "path": unknown})
			failure(t, out)
			if tokens := tokentest.Count(asText(t, out.Structured)); tokens > 300 {
				t.Errorf("%s at %s: %d tokens: %s", tool, path, tokens, asText(t, out.Structured))
			}
		}
	}
}

func TestUnknownTool(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, out := range []Outcome{
		do(t, set, "webhook_lst", nil),
		do(t, set, "schema_get", map[string]any{"tool": "webhook_lst"}),
	} {
		e := failure(t, out)
		if e["errorCode"] != "unknown_tool" || e["additionalInformation"].(map[string]any)["nearest"] != "webhook_list" {
			t.Errorf("got %s", encode(e))
		}
	}
}
