package papi

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestOperations(t *testing.T) {
	all := Operations()
	embedded := 0
	for _, f := range families {
		var file struct{ Operations []any }
		readContract(strings.ToLower(f.prefix), &file)
		embedded += len(file.Operations)
	}
	if len(all) != embedded || len(all) == 0 {
		t.Errorf("got %d operations, the contract has %d", len(all), embedded)
	}
	endpoints := map[string]bool{}
	for _, op := range all {
		t.Run(op.ID, func(t *testing.T) {
			if Lookup(op.ID) != op {
				t.Error("Lookup finds another")
			}
			endpoints[op.Method+" "+op.Path] = true
			if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, op.Method) {
				t.Errorf("method %q", op.Method)
			}
			if op.Maturity == "" {
				t.Error("no maturity")
			}
			var inPath []string
			for _, p := range op.Parameters {
				if p.In == "path" {
					inPath = append(inPath, "{"+p.Name+"}")
					if !p.Required {
						t.Errorf("%s of the path is not required", p.Name)
					}
				}
				if op.Parameter(p.Name).In != p.In {
					t.Errorf("two parameters are called %s", p.Name)
				}
			}
			variables := regexp.MustCompile(`\{\w+\}`).FindAllString(op.Path, -1)
			slices.Sort(inPath)
			slices.Sort(variables)
			if !slices.Equal(variables, inPath) {
				t.Errorf("the path has %v, the parameters %v", variables, inPath)
			}
			if len(op.Answers) == 0 {
				t.Error("no answer")
			}
			for status := range op.Answers {
				if status < 200 || status > 299 {
					t.Errorf("%d among the answers", status)
				}
			}
			for status, codes := range op.Errors {
				if status < 400 || status > 599 || len(codes) == 0 {
					t.Errorf("errors %d: %v", status, codes)
				}
				for _, code := range codes {
					if len(ErrorCodes()[code]) == 0 {
						t.Errorf("the error code %s has no text in contract/api.json: split the complete document again", code)
					}
				}
			}
		})
	}
	if len(endpoints) != len(all) {
		t.Errorf("%d endpoints for %d operations", len(endpoints), len(all))
	}
}

func TestErrorCodes(t *testing.T) {
	if len(ErrorCodes()) == 0 {
		t.Error("the contract has no error codes")
	}
	for code, texts := range ErrorCodes() {
		for _, text := range texts {
			if len(text.In) == 0 || text.Message == "" || text.Resolution == "" {
				t.Errorf("%s: %+v", code, text)
			}
		}
	}
}

func TestErrorTextIsOfTheFamily(t *testing.T) {
	const code = "invalid_page_token"
	for _, op := range Operations() {
		if !slices.Contains(op.Errors[400], code) {
			continue
		}
		text := op.ErrorText(code)
		if !slices.ContainsFunc(text.In, func(name string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(op.Family())) }) {
			t.Errorf("%s has the text of %v", op.ID, text.In)
		}
	}
	if got := Lookup("WebhookWebhookController_getWebhook_v1").ErrorText("brand_new"); got.Message != "" {
		t.Errorf("an unknown code has the text %q", got.Message)
	}
}

func TestLookupOfUnknownIDs(t *testing.T) {
	for _, id := range []string{"", "WebhookWebhookController_nothing_v1", "Nothing"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Lookup(%q) does not panic", id)
				}
			}()
			Lookup(id)
		}()
		if LookupSchema(id) != nil {
			t.Errorf("LookupSchema(%q) finds something", id)
		}
	}
}

func TestVariants(t *testing.T) {
	for id, want := range map[string]int{
		"WhatsappSendersController_createSender_v1":   4,
		"WhatsappAccountsController_createAccount_v1": 2,
		"WebhookWebhookController_createWebhook_v1":   1,
		"WebhookWebhookController_getWebhook_v1":      0,
	} {
		variants := Lookup(id).Variants()
		if len(variants) != want {
			t.Errorf("%s has %d variants, want %d", id, len(variants), want)
		}
		for _, v := range variants {
			if len(v.Properties) == 0 {
				t.Errorf("%s: a variant without properties", id)
			}
		}
	}
}

func TestPatterns(t *testing.T) {
	found := map[string]bool{}
	for _, f := range families {
		for name, s := range f.load().schema {
			eachSchema(s, func(s *Schema) {
				if s.Pattern == "" {
					return
				}
				found[s.Pattern] = true
				if _, err := regexp.Compile(s.Pattern); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	}
	if len(found) != 5 {
		t.Errorf("the contract has %d patterns, want 5: %v", len(found), slices.Collect(maps.Keys(found)))
	}
}

func eachSchema(s *Schema, do func(*Schema)) {
	do(s)
	s.children(func(c *Schema) { eachSchema(c, do) })
}

// A Schema holds every keyword that the contract uses: read and written again
// it is the same.
func TestNoKeywordIsLost(t *testing.T) {
	schemas := 0
	for _, f := range families {
		var plain struct{ Schemas map[string]any }
		var typed struct{ Schemas map[string]*Schema }
		readContract(strings.ToLower(f.prefix), &plain)
		readContract(strings.ToLower(f.prefix), &typed)
		for name, want := range plain.Schemas {
			schemas++
			raw, err := json.Marshal(typed.Schemas[name])
			if err != nil {
				t.Fatal(err)
			}
			var got any
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s is\n%v\nwant\n%v", name, got, want)
			}
		}
	}
	if schemas < 400 {
		t.Errorf("only %d schemas", schemas)
	}
}

func TestResolve(t *testing.T) {
	reference := LookupSchema("WhatsappInputSenderPartnerInitiatedDto").Properties["status"]
	if reference.Name() != "WhatsappActionsEnum" {
		t.Fatalf("refers to %q", reference.Name())
	}
	s := reference.Resolve()
	if s.Ref != "" || s.Default != "SUBMIT" || s.Description != reference.Description || len(s.EnumDescriptions) != 2 {
		t.Errorf("a keyword next to the reference is lost: %+v", s)
	}
	if !slices.Equal(s.Enum, []any{"DRAFT", "SUBMIT"}) && !slices.Equal(s.Enum, []any{"SUBMIT", "DRAFT"}) {
		t.Errorf("a keyword of its target is lost: %v", s.Enum)
	}
	if LookupSchema("WhatsappActionsEnum").Default != nil {
		t.Error("the schema behind the reference was changed")
	}
}

func TestClone(t *testing.T) {
	s := LookupSchema("WebhookWebhookInputDto")
	c := s.Clone()
	delete(c.Properties, "target")
	if s.Properties["target"] == nil {
		t.Error("the contract was changed")
	}
}
