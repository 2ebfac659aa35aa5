package tools

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

// The example of each tool is what the tool itself would take.
func TestSchemaGet(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, tool := range set.Tools() {
		r := result(t, do(t, set, "schema_get", map[string]any{"tool": tool.Name}))
		data := r["data"].(map[string]any)
		if data["tool"] != tool.Name || data["about"] == "" {
			t.Errorf("%s: %s", tool.Name, encode(data))
		}
		var schema papi.Schema
		if err := json.Unmarshal(encode(data["inputSchema"]), &schema); err != nil {
			t.Fatal(err)
		}
		for _, v := range schema.Violations(data["example"], papi.CheckOptions{Closed: true}) {
			t.Errorf("%s: the example breaks its schema: %+v", tool.Name, v)
		}
	}
}

func TestSchemaGetTellsWhatTheListLeavesOut(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	text := string(encode(result(t, do(t, set, "schema_get", map[string]any{"tool": "webhook_create"}))))
	for _, want := range []string{"webhook_limit_reached", "at most 15 webhooks", "POST /v1/projects/{projectId}/webhooks", "x-enum-descriptions", papi.ContractVersion} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
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
