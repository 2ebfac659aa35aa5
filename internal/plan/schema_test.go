package plan

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/dlclark/regexp2/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/jsonvalue"
)

var update = flag.Bool("update", false, "write the generated files again")

// published is the copy of the schema that is published.
const published = "../../docs/project.schema.json"

// TestPublishedSchemaIsCurrent compares the published schema with what the kinds and the
// contract make of it.
func TestPublishedSchemaIsCurrent(t *testing.T) {
	want := FileSchema()
	if *update {
		if err := os.WriteFile(published, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(published); err != nil || !bytes.Equal(want, got) {
		t.Errorf("docs/project.schema.json is not up to date: run go test ./internal/plan -run Schema -update (%v)", err)
	}
}

// fileSchema is the published schema, as another implementation reads it.
func fileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(FileSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		re, err := regexp2.Compile(pattern, regexp2.ECMAScript) // as editors do
		return ecmaScript{re}, err
	})
	if err := compiler.AddResource("project.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("project.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

type ecmaScript struct{ *regexp2.Regexp }

func (e ecmaScript) MatchString(text string) bool {
	ok, err := e.Regexp.MatchString(text)
	return ok && err == nil
}

// checkBySchema returns what the schema says of a file.
func checkBySchema(t testing.TB, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonvalue.Decode(jsonvalue.Encode(value))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(decoded)
}

// TestSchemaSaysWhatReadSays gives files to the published schema: what it refuses, Read
// refuses too, and what Read accepts, it accepts.
func TestSchemaSaysWhatReadSays(t *testing.T) {
	schema := fileSchema(t)
	for name, test := range map[string]struct {
		file  string
		wrong bool
	}{
		"nothing":                       {file: "project: p\n"},
		"an empty list":                 {file: "project: p\nwebhooks:\n"},
		"a webhook":                     {file: "webhooks: [{target: https://example.com/a, triggers: [ALL], secret: '${env:PAPI_VAR_A}'}]\n"},
		"a secret as it is":             {file: "webhooks: [{target: https://example.com/a, secret: hush}]\n", wrong: true},
		"an unknown name":               {file: "webhooks: [{target: https://example.com/a, trigers: [ALL]}]\n", wrong: true},
		"an unknown kind":               {file: "webhook: []\n", wrong: true},
		"a variable for a trigger":      {file: "webhooks: [{target: '${var:TARGET}', triggers: ['${var:TRIGGER}']}]\n"},
		"a trigger that does not exist": {file: "webhooks: [{target: https://example.com/a, triggers: [EVERYTHING]}]\n", wrong: true},
		"languages":                     {file: "whatsappTemplates: [{name: hello, category: UTILITY, languages: {EN: {details: {components: [{type: BODY, text: Hi}]}}}}]\n"},
		"one language":                  {file: "whatsappTemplates: [{name: hello, category: UTILITY, language: EN, details: {components: [{type: BODY, text: Hi}]}}]\n"},
		"no language":                   {file: "whatsappTemplates: [{name: hello, category: UTILITY}]\n", wrong: true},
		"an unknown language":           {file: "whatsappTemplates: [{name: hello, category: UTILITY, languages: {XX: {}}}]\n", wrong: true},
		"a draft that lacks its text":   {file: "whatsappTemplates: [{name: hello, category: UTILITY, draft: true, languages: {EN: }}]\n"},
		"null that removes":             {file: "whatsappSenders: [{phoneNumber: '+15550100', details: {about: null}}]\n"},
		"a number without +":            {file: "whatsappSenders: [{phoneNumber: '15550100'}]\n", wrong: true},
		"an RCS sender by its id":       {file: "rcsSenders: [{id: a, details: {countries: [SE]}}]\n"},
		"a new RCS sender":              {file: "rcsSenders: [{region: EU, billingCategory: CONVERSATIONAL, useCase: OTP, details: {brand: {name: A}}}]\n"},
		"one without a region":          {file: "rcsSenders: [{billingCategory: CONVERSATIONAL, useCase: OTP, details: {brand: {name: A}}}]\n", wrong: true},
		"deletes":                       {file: "delete: {webhooks: [{target: https://example.com/a}], whatsappTemplates: [{name: hello, language: EN, deleteSubmitted: true}], smsApps: [{id: a}, {name: b}]}\n"},
		"a sender that is deleted":      {file: "delete: {whatsappSenders: [{phoneNumber: '+15550100'}]}\n", wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			vars := map[string]string{"TARGET": "https://example.com/b", "TRIGGER": "ALL"}
			_, faults := Read([]byte(test.file), Options{File: "f", Vars: vars, Secrets: anySecret})
			if err := checkBySchema(t, schema, test.file); (err != nil) != test.wrong || (faults != nil) != test.wrong {
				t.Errorf("the schema says %v, Read %v; want wrong %v", err, faults, test.wrong)
			}
		})
	}
}

func anySecret(string) bool { return true }

// TestSchemaHasEveryField looks for every field of a create and an update in the schema.
func TestSchemaHasEveryField(t *testing.T) {
	for _, kind := range Kinds {
		for name := range kind.Schema().PropertyNames() {
			if !strings.Contains(string(FileSchema()), `"`+name+`"`) {
				t.Errorf("%s: the schema has no %s", kind.Name, name)
			}
		}
	}
}
