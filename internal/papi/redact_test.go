package papi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A secret of the request that comes back in any form is redacted.
func TestSecretsInErrorsAreRedacted(t *testing.T) {
	r := newRedactor([]string{"a\"quoted\\secret", "1234", "WH", "long-enough"})
	escaped, err := json.Marshal("a\"quoted\\secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"as it is: a\"quoted\\secret", "as JSON: " + string(escaped), "long-enough"} {
		if got := r.text(text); strings.Contains(got, "quoted") || strings.Contains(got, "long") {
			t.Errorf("got %q", got)
		}
	}
	got := fmt.Sprint(r.value(map[string]any{
		"body": map[string]any{"secret": "WH", "code": json.Number("1234"), "name": "WH 1234. x1234 12345 id-1234-2"}, "code": "131009",
	}))
	if got != `map[body:map[code:*** name:WH ***. x1234 12345 id-1234-2 secret:***] code:131009]` {
		t.Errorf("got %s", got)
	}
}

// The value of an unknown name that sounds secret is masked.
func TestViolationsMaskSecretNames(t *testing.T) {
	schema := &Schema{Type: Types{"object"}, Properties: map[string]*Schema{"secret": {Type: Types{"string"}}, "target": {Type: Types{"string"}}}}
	for _, name := range []string{"Secret", "webhookSecret", "authentication_code", "otp", "accessTokens", "api_key"} {
		found := schema.Violations(map[string]any{name: "canary"}, CheckOptions{Closed: true})
		if len(found) != 1 || found[0].Given != Masked {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if found := schema.Violations(map[string]any{"traget": "x"}, CheckOptions{Closed: true}); found[0].Given != "x" {
		t.Errorf("what is not secret is redacted: %+v", found)
	}
}
