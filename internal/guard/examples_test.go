package guard

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// The contract's own examples of requests, where they are found next to the
// project, are refused by no rule that checks the request: they show what the
// API takes. Rules that read have nothing to check here.
func TestTheContractsExamplesAreNotRefused(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/papi/openapi.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the contract's examples are not next to this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	type example struct {
		Value map[string]any `json:"value"`
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			RequestBody struct {
				Content map[string]struct {
					Example  map[string]any     `json:"example"`
					Examples map[string]example `json:"examples"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	bodies := map[string]map[string]map[string]any{}
	for _, path := range doc.Paths {
		for _, op := range path {
			for _, content := range op.RequestBody.Content {
				all := map[string]map[string]any{}
				if content.Example != nil {
					all["example"] = content.Example
				}
				for name, e := range content.Examples {
					all[name] = e.Value
				}
				bodies[op.OperationID] = all
			}
		}
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
