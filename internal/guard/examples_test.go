package guard

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// The examples of requests in the contract's OpenAPI document (1.2.117), by
// operation and name, are refused by no rule that checks the request: they show
// what the API takes. Rules that read have nothing to check here.
func TestTheContractsExamplesAreNotRefused(t *testing.T) {
	raw, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var bodies map[string]map[string]map[string]any
	if err := json.Unmarshal(raw, &bodies); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, row := range catalog.Rows() {
		for name, body := range bodies[row.Operation] {
			tried++
			t.Run(row.Tool+"/"+name, func(t *testing.T) {
				f := newFixture(nil).confirmed(t)
				f.fail = &papi.Error{Status: 404, Code: "not_found"}
				args := map[string]any{}
				for _, p := range row.Op().Parameters {
					if p.In == "path" && p.Name != "projectId" {
						args[p.Name] = "thing"
					}
				}
				maps.Copy(args, body)
				c := call(row.Tool, args)
				c.RegisteredElsewhere = true
				v := f.Check(t.Context(), c)
				if v.Refuse != nil && strings.HasPrefix(v.Refuse.Code, "guard_") && v.Refuse.Code != stricter[row.Tool] {
					t.Errorf("%s: %s", v.Refuse.Code, v.Refuse.Message)
				}
			})
		}
	}
	if tried < 20 {
		t.Errorf("only %d examples were found", tried)
	}
}

// stricter are the refusals that we mean though an example breaks the rule.
var stricter = map[string]string{
	"bundle_create":   "guard_webhook_secret", // its secret is "secret"
	"webhook_create":  "guard_webhook_secret", // the secrets of these are the placeholder {{WEBHOOK_SECRET}}
	"webhook_update":  "guard_webhook_secret",
	"webhook_replace": "guard_webhook_secret",
}
