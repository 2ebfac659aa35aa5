package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/sandbox"
)

// upstream is the API of a test: the sandbox over HTTP, and what it was sent.
type upstream struct {
	*httptest.Server
	mu   sync.Mutex
	keys []string     // ids of the keys that tokens were asked for with, in order
	raw  bytes.Buffer // all headers and bodies
}

func newUpstream(t *testing.T) *upstream {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(box.Close)
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		u.mu.Lock()
		if id, _, ok := r.BasicAuth(); ok {
			u.keys = append(u.keys, id)
		}
		fmt.Fprint(&u.raw, r.URL, r.Header, string(body))
		u.mu.Unlock()
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) keysAsked() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.keys)
}

func (u *upstream) told(secret string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return bytes.Contains(u.raw.Bytes(), []byte(secret))
}

// team is a server over HTTP in a process of its own, and all that it said.
type team struct {
	t      *testing.T
	url    string
	client *http.Client
	mu     sync.Mutex
	said   bytes.Buffer // log and answers
}

func serveTeam(t *testing.T, env []string, args ...string) *team {
	t.Helper()
	w := &team{t: t, client: &http.Client{Transport: &http.Transport{}}}
	cmd := exec.Command("papi-mcp", append([]string{"serve", "--http", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(cmd.Environ(), env...)
	cmd.Stderr = w
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v:\n%s", err, w.all())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, w.all())
	}
	w.url = strings.TrimSuffix(strings.TrimSpace(line), "/mcp")
	return w
}

// Write takes in what is logged.
func (w *team) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.Write(p)
}

func (w *team) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.String()
}

// send makes a request, with header fields as "Name: value".
func (w *team) send(method, path, body string, fields ...string) (int, http.Header, string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprint(w, resp.Header, string(answer))
	return resp.StatusCode, resp.Header, string(answer)
}

// request makes a request of protocol 2026-07-28 from a client that can't ask
// a person, and returns its status and answer.
func (w *team) request(method, name, params string, fields ...string) string {
	w.t.Helper()
	return w.requestAs(`{}`, method, name, params, fields...)
}

// requestAs makes the request from a client with capabilities.
func (w *team) requestAs(capabilities, method, name, params string, fields ...string) string {
	w.t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":%s}%s}}`, method, capabilities, params)
	fields = append([]string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}, fields...)
	if name != "" {
		fields = append(fields, "Mcp-Name: "+name)
	}
	status, _, answer := w.send(http.MethodPost, "/mcp", body, fields...)
	return fmt.Sprint(status, " ", answer)
}

// call makes a tool call, and returns its result's JSON, or the whole answer
// where there is none.
func (w *team) call(tool, args string, fields ...string) map[string]any {
	w.t.Helper()
	answer := w.request("tools/call", tool, fmt.Sprintf(`,"name":%q,"arguments":%s`, tool, args), fields...)
	var got struct {
		Result struct {
			StructuredContent map[string]any `json:"structuredContent"`
		} `json:"result"`
	}
	_, raw, _ := strings.Cut(answer, " ")
	if json.Unmarshal([]byte(raw), &got) != nil || got.Result.StructuredContent == nil {
		return map[string]any{"errorCode": answer}
	}
	return got.Result.StructuredContent
}

// tools are the names that are listed.
func (w *team) tools(fields ...string) string {
	w.t.Helper()
	answer := w.request("tools/list", "", "", fields...)
	_, raw, _ := strings.Cut(answer, " ")
	var got struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		w.t.Fatalf("%v: %s", err, answer)
	}
	names := []string{}
	for _, tool := range got.Result.Tools {
		names = append(names, tool.Name)
	}
	return strings.Join(names, " ")
}

const older = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"t","version":"1"},"capabilities":{}}}`

// session opens a session of an older protocol, and returns its header field.
func (w *team) session(fields ...string) string {
	w.t.Helper()
	status, header, answer := w.send(http.MethodPost, "/mcp", older, fields...)
	if status != http.StatusOK {
		w.t.Fatalf("%d %s", status, answer)
	}
	return "Mcp-Session-Id: " + header.Get("Mcp-Session-Id")
}

const (
	projectA = "aaaaaaaa-0000-0000-0000-000000000000"
	projectB = "bbbbbbbb-0000-0000-0000-000000000000"
)

func TestATeamWithKeys(t *testing.T) {
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
	w := serveTeam(t, []string{
		"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token",
		"EMEA_SECRET=canary-emea", "APAC_SECRET=canary-apac", "SINCH_KEY_ID=own-key", "SINCH_KEY_SECRET=canary-own",
	}, "--config", file)
	as := func(key string) string { return "Authorization: Bearer " + key }

	t.Run("nobody without a key", func(t *testing.T) {
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
			if got := w.call("webhook_list", `{}`, as(key)); got["projectId"] != project {
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
		if names := w.tools(as(looker)); names != "project_confirm project_overview schema_get webhook_get webhook_list" {
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

	t.Run("no session of another", func(t *testing.T) {
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

	t.Run("no confirmation of another", func(t *testing.T) {
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

	t.Run("no question of another", func(t *testing.T) {
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

	t.Run("odd names and ids", func(t *testing.T) {
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
			t.Error("an odd request id is taken")
		}
		if _, header, _ := w.send(http.MethodGet, "/healthz", "", "X-Request-Id: from-a-gateway.1"); header.Get("X-Request-Id") != "from-a-gateway.1" {
			t.Error("a plain request id is not taken")
		}
	})

	t.Run("a key that is taken out of the file is good no more", func(t *testing.T) {
		write(others)
		within(t, 20*time.Second, func() bool {
			return strings.HasPrefix(w.request("tools/list", "", "", as(bot)), "401")
		})
		if got := w.call("webhook_list", `{}`, as(desk)); got["projectId"] != projectA {
			t.Errorf("another key: %v", got)
		}
		write(strings.Replace(others, "tenant: emea, ", "", 1))
		within(t, 20*time.Second, func() bool {
			w.request("tools/list", "", "", as(desk))
			return strings.Contains(w.all(), "keys.desk has lost its tenant")
		})
		write(" [")
		within(t, 20*time.Second, func() bool {
			w.request("tools/list", "", "", as(desk))
			return strings.Contains(w.all(), "the previous value stays")
		})
		if got := w.call("webhook_list", `{}`, as(desk)); got["projectId"] != projectA {
			t.Errorf("a wrong file: %v", got)
		}
	})

	for _, secret := range []string{bot, desk, apac, looker, "canary-emea", "canary-apac", "canary-own"} {
		if strings.Contains(w.all(), secret) {
			t.Errorf("%s stands in a log or an answer", secret)
		}
	}
	for _, key := range []string{bot, desk, apac, looker} {
		if api.told(key) {
			t.Error("the API was sent a caller's key")
		}
	}
	if !strings.Contains(w.all(), `"principal":"key:bot@emea"`) || !strings.Contains(w.all(), `"requestId"`) {
		t.Error("the log does not say who called, in which request")
	}
}

// within waits until something is so, for a change that a file brings.
func within(t *testing.T, most time.Duration, so func() bool) {
	t.Helper()
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for end := time.After(most); !so(); {
		select {
		case <-ticks.C:
		case <-end:
			t.Fatal("it never came to be")
		}
	}
}

func TestATeamThatBringsItsCredentials(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	w := serveTeam(t, []string{"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token"}, "--tenant", "header", "--verbose")
	with := func(text string) string {
		return "X-Sinch-Credentials: " + base64.StdEncoding.EncodeToString([]byte(text))
	}
	alice, bob, thief := with(projectA+":key-of-a:canary-a"), with(projectB+":key-of-b:canary-b"), with(projectA+":key-of-a:guessed")

	if status, _, answer := w.send(http.MethodPost, "/mcp", older); status != http.StatusBadRequest || !strings.Contains(answer, "X-Sinch-Credentials") {
		t.Errorf("without credentials: %d %s", status, answer)
	}
	for fields, project := range map[string]string{alice: projectA, bob: projectB} {
		if got := w.call("webhook_list", `{}`, fields); got["projectId"] != project {
			t.Errorf("got %v", got)
		}
	}
	if asked := api.keysAsked(); !slices.Contains(asked, "key-of-a") || !slices.Contains(asked, "key-of-b") || len(asked) != 2 {
		t.Errorf("tokens were asked for with %v", asked)
	}
	if got := w.call("webhook_list", `{"projectId":"`+projectB+`"}`, alice); got["errorCode"] != "guard_project_not_allowed" {
		t.Errorf("another project: %v", got)
	}
	// Who knows project and key, and not the secret, has nothing of theirs.
	if got := w.call("project_confirm", `{"projectId":"`+projectA+`"}`, alice); got["errorCode"] != nil {
		t.Fatal(got)
	}
	session := w.session(alice)
	if status, _, _ := w.send(http.MethodDelete, "/mcp", "", session, thief); status != http.StatusNotFound {
		t.Errorf("the thief ends alice's session: %d", status)
	}
	write := `{"target":"http://127.0.0.1/hook","secret":"sixteen-or-more-signs"}`
	if got := w.call("webhook_create", write, thief); got["errorCode"] != "guard_project_unconfirmed" {
		t.Errorf("the thief writes on alice's confirmation: %v", got)
	}
	if got := w.call("webhook_create", write, alice); got["errorCode"] != nil {
		t.Errorf("alice: %v", got)
	}
	for _, secret := range []string{"canary-a", "canary-b", "guessed"} {
		if strings.Contains(w.all(), secret) {
			t.Errorf("%s stands in a log or an answer", secret)
		}
	}
}

func TestATeamWithAnIssuer(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	issuer := httptest.NewServer(mux)
	defer issuer.Close()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": issuer.URL, "jwks_uri": issuer.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token := func(scope, audience string) string {
		signed, err := signer.Sign([]byte(fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"agent","scope":%q,"exp":%d}`, issuer.URL, audience, scope, time.Now().Add(time.Hour).Unix())))
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return "Authorization: Bearer " + text
	}
	w := serveTeam(t, []string{"PAPI_SCOPES={scopes: {hooks: {toolsets: [webhooks], read-only: false}, papi.read: {toolsets: all, read-only: true}}}"}, "--sandbox", "--auth", "oidc", "--oidc-issuer", issuer.URL, "--public-url", "https://papi.example.com",
		"--config", "env:PAPI_SCOPES")
	const resource = "https://papi.example.com/mcp"

	status, header, _ := w.send(http.MethodPost, "/mcp", older)
	challenge := header.Get("WWW-Authenticate")
	if status != http.StatusUnauthorized || challenge != `Bearer resource_metadata="https://papi.example.com/.well-known/oauth-protected-resource/mcp", scope="hooks papi.read"` {
		t.Errorf("%d %s", status, challenge)
	}
	status, _, metadata := w.send(http.MethodGet, "/.well-known/oauth-protected-resource/mcp", "", "Host: papi.example.com")
	var told map[string]any
	if err := json.Unmarshal([]byte(metadata), &told); err != nil || status != http.StatusOK || told["resource"] != resource ||
		fmt.Sprint(told["authorization_servers"], told["scopes_supported"]) != "["+issuer.URL+"] [hooks papi.read]" {
		t.Errorf("%d %s", status, metadata)
	}
	if names := w.tools(token("hooks", resource)); !strings.Contains(names, "webhook_delete") || strings.Contains(names, "rcs") {
		t.Errorf("hooks opens %s", names)
	}
	if names := w.tools(token("papi.read hooks", resource)); !strings.Contains(names, "webhook_delete") || !strings.Contains(names, "rcs_sender_get") || strings.Contains(names, "rcs_sender_create") {
		t.Errorf("both open %s", names)
	}
	if status, header, _ := w.send(http.MethodPost, "/mcp", older, token("hooks", "https://other.example.com")); status != http.StatusUnauthorized || !strings.Contains(header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("a token for another: %d %v", status, header)
	}
	if status, header, _ := w.send(http.MethodPost, "/mcp", older, token("openid", resource)); status != http.StatusForbidden || !strings.Contains(header.Get("WWW-Authenticate"), "insufficient_scope") {
		t.Errorf("a token without a scope: %d %v", status, header)
	}
}

// The numbers may have an address of their own, which needs no key.
func TestMetricsOnAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	w := serveTeam(t, nil, "--sandbox", "--metrics-addr", addr)
	w.call("webhook_list", `{}`)
	w.call("webhook_get", `{}`)
	w.url = "http://" + addr
	status, _, numbers := w.send(http.MethodGet, "/metrics", "")
	for _, number := range []string{
		`papi_mcp_calls_total{outcome="ok",tool="webhook_list"} 1`, `papi_mcp_calls_total{outcome="invalid_arguments",tool="webhook_get"} 1`,
		`papi_mcp_upstream_exchanges_total{status="200"} 1`, `papi_mcp_upstream_tokens_total{outcome="ok"} 1`, "papi_mcp_call_duration_seconds_count", "papi_mcp_sessions 0",
	} {
		if !strings.Contains(numbers, number) {
			t.Errorf("%d, without %s", status, number)
		}
	}
	if status, _, _ := w.send(http.MethodPost, "/mcp", older); status != http.StatusNotFound {
		t.Errorf("MCP is there too: %d", status)
	}
}

// A certificate that is renewed is served without a restart.
func TestACertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	renew := func(serial int64) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		about := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
		der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: raw}} {
			if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	renew(1)
	w := serveTeam(t, nil, "--sandbox", "--tls-cert", certFile, "--tls-key", keyFile)
	if !strings.HasPrefix(w.url, "https://") {
		t.Fatal(w.url)
	}
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(w.url, "https://"), &tls.Config{InsecureSkipVerify: true}) // of this test's own making
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("serial %d", got)
	}
	renew(2)
	within(t, 20*time.Second, func() bool { return serial() == 2 })
}
