package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/auth"
)

func TestCallersWithKeys(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	bot, botHash := auth.NewKey()
	desk, deskHash := auth.NewKey()
	apac, apacHash := auth.NewKey()
	looker, lookerHash := auth.NewKey()
	file := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	write := func(keys string) {
		t.Helper()
		text := `
auth: token
log-format: json
verbose: true
keys:` + keys + `
tenants:
  emea: {projects: [` + projectA + `], key-id: emea-key, key-secret: "${EMEA_SECRET}"}
  apac: {projects: [` + projectB + `], key-id: apac-key, key-secret: "${APAC_SECRET}"}
`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	others := `
  desk: {hashes: [` + deskHash + `], tenant: emea, projects: all, toolsets: all, read-only: false}
  apac: {hashes: [` + apacHash + `], tenant: apac, projects: "*", toolsets: ["*"], read-only: false}
  looker: {hashes: [` + lookerHash + `], read-only: true, toolsets: [webhooks], projects: [` + projectA + `]}`
	write(`
  bot: {hashes: [` + botHash + `], tenant: emea, projects: all, toolsets: all, read-only: false}` + others)
	w := startHTTP(t, []string{
		"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token",
		"EMEA_SECRET=canary-emea", "APAC_SECRET=canary-apac", "SINCH_KEY_ID=own-key", "SINCH_KEY_SECRET=canary-own",
	}, "--config", file)
	as := func(key string) string { return "Authorization: Bearer " + key }

	t.Run("no access without a key", func(t *testing.T) {
		for _, endpoint := range []string{"POST /mcp", "GET /mcp", "DELETE /mcp", "GET /sse", "POST /message", "GET /metrics"} {
			method, path, _ := strings.Cut(endpoint, " ")
			for _, key := range []string{"", botHash, bot + "x", "Basic " + bot} {
				fields := []string{as(key)}
				if key == "" {
					fields = nil
				}
				status, header, answer := w.send(method, path, older, fields...)
				if status != http.StatusUnauthorized || !strings.HasPrefix(header.Get("WWW-Authenticate"), `Bearer realm="papi-mcp"`) || !strings.Contains(answer, header.Get("X-Request-Id")) {
					t.Errorf("%s with %q: %d, %v, %s", endpoint, key, status, header, answer)
				}
			}
		}
	})

	t.Run("each with its tenant's credentials and project", func(t *testing.T) {
		for key, project := range map[string]string{bot: projectA, desk: projectA, apac: projectB, looker: projectA} {
			if got := readsProject(t, w, as(key)); got != project {
				t.Errorf("got %v", got)
			}
		}
		asked := api.keysAsked()
		slices.Sort(asked)
		if want := []string{"apac-key", "emea-key", "own-key"}; !slices.Equal(asked, want) {
			t.Errorf("tokens were asked for with %v, want one for each of %v", asked, want)
		}
		got := w.call("webhook_list", `{"projectId":"`+projectB+`"}`, as(bot))
		if got["errorCode"] != "guard_project_not_allowed" {
			t.Errorf("another tenant's project: %v", got)
		}
		if info, _ := got["additionalInformation"].(map[string]any); info["requestId"] == nil || info["requestId"] == "" {
			t.Errorf("the error names no request: %v", got)
		}
	})

	t.Run("a caller has the tools of its grant alone", func(t *testing.T) {
		if names := w.tools(as(looker)); names != "project_confirm project_overview wait schema_get webhook_list webhook_get" {
			t.Errorf("the looker has %s", names)
		}
		if names := w.tools(as(bot)); !strings.Contains(names, "whatsapp_sender_create") || !strings.Contains(names, "webhook_delete") {
			t.Errorf("the bot has %s", names)
		}
		answer := w.request("tools/call", "webhook_create", `,"name":"webhook_create","arguments":{"target":"https://example.com/hook"}`, as(looker))
		if !strings.Contains(answer, "-32602") {
			t.Errorf("a tool that it has not: %s", answer)
		}
	})

	t.Run("a caller has the prompts that its tools can carry out", func(t *testing.T) {
		for _, test := range []struct{ method, name, params, of, want string }{
			{"prompts/list", "", "", looker, `"name":"audit_project"`},
			{"prompts/list", "", "", bot, `"name":"set_up_webhooks"`},
			{"prompts/get", "audit_project", `,"name":"audit_project"`, looker, "does not offer `whatsapp_account_get`"},
			{"prompts/get", "set_up_webhooks", `,"name":"set_up_webhooks","arguments":{"target":"https://example.com/hook"}`, looker, "-32602"},
			{"prompts/get", "set_up_webhooks", `,"name":"set_up_webhooks","arguments":{"target":"https://example.com/hook"}`, bot, "webhook_create"},
			{"completion/complete", "", `,"ref":{"type":"ref/prompt","name":"provision_channel"},"argument":{"name":"family","value":""}`, looker, `"values":[]`},
			{"completion/complete", "", `,"ref":{"type":"ref/prompt","name":"audit_project"},"argument":{"name":"projectId","value":""}`, looker, `"values":["` + projectA + `"]`},
			{"completion/complete", "", `,"ref":{"type":"ref/resource","uri":"papi://schemas/{tool}"},"argument":{"name":"tool","value":"webhook"}`, looker, `"values":["webhook_get","webhook_list"]`},
		} {
			if answer := w.request(test.method, test.name, test.params, as(test.of)); !strings.Contains(answer, test.want) {
				t.Errorf("%s %s: %s is not in %s", test.method, test.params, test.want, answer)
			}
		}
		if answer := w.request("prompts/list", "", "", as(looker)); strings.Contains(answer, "set_up_webhooks") {
			t.Errorf("the looker is shown what it can't do: %s", answer)
		}
	})

	t.Run("no access to the session of another caller", func(t *testing.T) {
		session := w.session(as(bot))
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
			if status, _, answer := w.send(method, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, session, as(apac)); status != http.StatusNotFound {
				t.Errorf("%s: %d %s", method, status, answer)
			}
		}
		if status, _, answer := w.send(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, session, as(bot)); status != http.StatusOK {
			t.Errorf("its own: %d %s", status, answer)
		}
	})

	t.Run("no use of another caller's confirmation", func(t *testing.T) {
		for _, key := range []string{bot, desk} {
			if got := w.call("project_confirm", `{"projectId":"`+projectA+`"}`, as(key)); got["errorCode"] != nil {
				t.Fatalf("got %v", got)
			}
		}
		if got := w.call("webhook_create", `{"target":"http://127.0.0.1/hook","secret":"sixteen-or-more-signs"}`, as(apac)); got["errorCode"] != "guard_project_unconfirmed" {
			t.Errorf("apac writes on emea's confirmation: %v", got)
		}
		made := w.call("webhook_create", `{"target":"http://127.0.0.1/hook","secret":"sixteen-or-more-signs"}`, as(bot))
		id, _ := made["ids"].(map[string]any)["webhookId"].(string)
		asked := w.call("webhook_delete", `{"webhookId":"`+id+`"}`, as(bot))
		confirmation, _ := asked["confirmation"].(map[string]any)
		token, _ := confirmation["token"].(string)
		if id == "" || token == "" {
			t.Fatalf("made %v, asked %v", made, asked)
		}
		remove := `{"webhookId":"` + id + `","confirm":"` + token + `"}`
		stolen := w.call("webhook_delete", remove, as(desk))
		if info, _ := stolen["additionalInformation"].(map[string]any); stolen["errorCode"] != "confirmation_invalid" || info["reason"] != "other_call" {
			t.Errorf("desk deletes with bot's token: %v", stolen)
		}
		if got := w.call("webhook_delete", remove, as(bot)); got["errorCode"] != nil {
			t.Errorf("its own: %v", got)
		}
	})

	t.Run("no answer to another caller's question", func(t *testing.T) {
		made := w.call("webhook_create", `{"target":"http://127.0.0.1/other","secret":"sixteen-or-more-signs"}`, as(bot))
		id, _ := made["ids"].(map[string]any)["webhookId"].(string)
		remove := func(key, more string) string {
			return w.requestAs(`{"elicitation":{"form":{}}}`, "tools/call", "webhook_delete", `,"name":"webhook_delete","arguments":{"webhookId":"`+id+`"}`+more, as(key))
		}
		asked := remove(bot, "")
		_, rest, _ := strings.Cut(asked, `"requestState":"`)
		state, _, ok := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("asked %s", asked)
		}
		answer := `,"requestState":"` + state + `","inputResponses":{"confirmation":{"action":"accept"}}`
		if got := remove(desk, answer); !strings.Contains(got, "confirmation_invalid") || !strings.Contains(got, "other_call") {
			t.Errorf("desk answers bot's question: %s", got)
		}
		if got := remove(bot, answer); strings.Contains(got, "errorCode") || !strings.HasPrefix(got, "200") {
			t.Errorf("its own: %s", got)
		}
	})

	t.Run("unusual names and ids", func(t *testing.T) {
		for _, id := range []string{"../../../oauth2/token", `a/b`, `%2e%2e`, "a\r\nX-Evil: 1"} {
			args, err := json.Marshal(map[string]string{"webhookId": id})
			if err != nil {
				t.Fatal(err)
			}
			if got := w.call("webhook_get", string(args), as(bot)); got["errorCode"] != "invalid_arguments" {
				t.Errorf("%q: %v", id, got)
			}
		}
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"webhook_\u0007list\r\n","arguments":{}}}`
		if status, _, answer := w.send(http.MethodPost, "/mcp", body, w.session(as(bot)), as(bot)); !strings.Contains(answer, "-32602") || strings.Contains(answer, "\a") {
			t.Errorf("%d %q", status, answer)
		}
		if _, header, _ := w.send(http.MethodGet, "/healthz", "", "X-Request-Id: evil\tid"); header.Get("X-Request-Id") == "evil\tid" {
			t.Error("an invalid request id is accepted")
		}
		if _, header, _ := w.send(http.MethodGet, "/healthz", "", "X-Request-Id: from-a-gateway.1"); header.Get("X-Request-Id") != "from-a-gateway.1" {
			t.Error("a plain request id is not taken")
		}
	})

	t.Run("a key that is removed from the file is no longer valid", func(t *testing.T) {
		write(others)
		eventually(t, 20*time.Second, func() bool {
			return strings.HasPrefix(w.request("tools/list", "", "", as(bot)), "401")
		})
		if got := readsProject(t, w, as(desk)); got != projectA {
			t.Errorf("another key: %v", got)
		}
		write(strings.Replace(others, "tenant: emea, ", "", 1))
		eventually(t, 20*time.Second, func() bool {
			w.request("tools/list", "", "", as(desk))
			return strings.Contains(w.output.String(), "keys.desk no longer has a tenant")
		})
		write(" [")
		eventually(t, 20*time.Second, func() bool {
			w.request("tools/list", "", "", as(desk))
			return strings.Contains(w.output.String(), "the previous value stays")
		})
		if got := readsProject(t, w, as(desk)); got != projectA {
			t.Errorf("a wrong file: %v", got)
		}
	})

	for _, secret := range []string{bot, desk, apac, looker, "canary-emea", "canary-apac", "canary-own"} {
		if strings.Contains(w.output.String(), secret) {
			t.Errorf("%s is in a log or an answer", secret)
		}
	}
	for _, key := range []string{bot, desk, apac, looker} {
		if api.received(key) {
			t.Error("the API was sent a caller's key")
		}
	}
	if !strings.Contains(w.output.String(), `"principal":"key:bot@emea"`) || !strings.Contains(w.output.String(), `"requestId"`) {
		t.Error("the log does not say who called, in which request")
	}
}
