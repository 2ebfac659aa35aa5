package tools

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"

	"papi-mcp/internal/guard"
)

// What a person must agree to says what comes next: the same call with their
// word, which is needed though the agent holds the token. A secret is not
// repeated.
func TestAConfirmationHasANext(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "x"}), func(o *guard.Options) { o.Mode = guard.Auto })
	if v, _, _ := set.opts.Guard.ConfirmProject(t.Context(), "test", "", nil, project, ""); !v.Allowed() {
		t.Fatal("the project is not confirmed")
	}
	for _, test := range []struct{ tool, args, next string }{
		{"webhook_delete", `{"webhookId":"w"}`, `{"tool":"webhook_delete","args":{"webhookId":"w"},"needs":["confirm"]}`},
		{"webhook_delete", `{"webhookId":"w","projectId":"` + project + `"}`, `{"tool":"webhook_delete","args":{"webhookId":"w","projectId":"` + project + `"},"needs":["confirm"]}`},
		{"webhook_delete", `{"webhookId":"w","confirm":"made up"}`, `{"tool":"webhook_delete","args":{"webhookId":"w"},"needs":["confirm"]}`},
		{"rcs_sender_list", `{"pageSize":10,"reveal":true,"all":true,"detail":"full"}`, `{"tool":"rcs_sender_list","args":{"pageSize":10,"reveal":true,"all":true,"detail":"full"},"needs":["confirm"]}`},
		{"bundle_create", `{"name":"n","region":"EU","smsApp":true,"webhooks":[{"target":"https://example.com","secret":"canary-of-high-entropy","triggers":["BUNDLE_DONE"]}]}`,
			`{"tool":"bundle_create","args":{"name":"n","region":"EU","smsApp":true},"needs":["confirm","webhooks"]}`},
		{"whatsapp_access_token_create", `{"facebookCode":"canary-of-high-entropy"}`, `{"tool":"whatsapp_access_token_create","needs":["confirm","facebookCode"]}`},
		{"bundle_create", `{"name":"n","region":"EU","convApp":{"name":"A Conversation app of a long name","retentionPolicy":{"ttl":7}}}`,
			`{"tool":"bundle_create","args":{"name":"n","region":"EU"},"needs":["confirm","convApp"]}`}, // the agent has it
	} {
		e := failure(t, do(t, set, test.tool, json.RawMessage(test.args)))
		next, _ := e["next"].([]any)
		if len(next) != 1 || e["confirmation"] == nil {
			t.Fatalf("%s %s: %s", test.tool, test.args, encode(e))
		}
		step, _ := next[0].(map[string]any)
		if do, _ := step["do"].(string); do != "after their yes" || !strings.Contains(e["resolution"].(string), "confirmation.summary to the person") {
			t.Errorf("do: %s; resolution: %v", do, e["resolution"])
		}
		delete(step, "do")
		sameJSON(t, test.tool+" "+test.args, step, json.RawMessage(test.next))
	}
}

// Reveal on one page is not reveal on all pages: a token is for what is shown.
func TestATokenForAPageIsNotForAll(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"senders": []any{}}), func(o *guard.Options) { o.Mode = guard.Auto })
	page := map[string]any{"reveal": true}
	confirmation, _ := failure(t, do(t, set, "rcs_sender_list", page))["confirmation"].(map[string]any)
	page["confirm"] = confirmation["token"]
	all := map[string]any{"reveal": true, "all": true, "confirm": confirmation["token"]}
	if e := failure(t, do(t, set, "rcs_sender_list", all)); e["errorCode"] != "confirmation_invalid" || !strings.Contains(string(encode(e)), `"other_call"`) {
		t.Errorf("all pages: %s", encode(e))
	}
	page["detail"] = "full"
	page["fields"] = []string{"senders.state"}
	result(t, do(t, set, "rcs_sender_list", page))
}

// The answer to an argument of the wrong type shows the right form.
func TestAWrongTypeShowsTheRightForm(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	e := failure(t, do(t, set, "sms_app_create", map[string]any{"name": map[string]any{"text": "x"}, "region": []any{"eu"}}))
	sameJSON(t, "violations", jsonvalue.Field(e, "additionalInformation.violations"), json.RawMessage(`[
		{"path": "name", "given": {"text": "x"}, "allowed": "string, such as \"Example Shop\""},
		{"path": "region", "given": ["eu"], "allowed": ["BR", "EU", "US"], "nearest": "EU"}]`))
}
