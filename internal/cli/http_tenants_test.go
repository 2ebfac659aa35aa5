package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"

	"github.com/go-jose/go-jose/v4"
)

// readsProject makes a read as a caller, and returns the project of its calls.
func readsProject(t *testing.T, w *httpProcess, fields string) any {
	t.Helper()
	if got := w.call("webhook_list", `{}`, fields); got["errorCode"] != nil {
		t.Errorf("got %v", got)
	}
	return jsonvalue.Field(w.call("project_confirm", `{}`, fields), "data.default")
}

func TestCallersWithTheirOwnCredentials(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	w := startHTTP(t, []string{"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token"}, "--tenant", "header", "--verbose")
	with := func(text string) string {
		return "X-Sinch-Credentials: " + base64.StdEncoding.EncodeToString([]byte(text))
	}
	alice, bob, thief := with(projectA+":key-of-a:canary-a"), with(projectB+":key-of-b:canary-b"), with(projectA+":key-of-a:guessed")

	if status, _, answer := w.send(http.MethodPost, "/mcp", older); status != http.StatusBadRequest || !strings.Contains(answer, "X-Sinch-Credentials") {
		t.Errorf("without credentials: %d %s", status, answer)
	}
	for fields, project := range map[string]string{alice: projectA, bob: projectB} {
		if got := readsProject(t, w, fields); got != project {
			t.Errorf("got %s", got)
		}
	}
	if asked := api.keysAsked(); !slices.Contains(asked, "key-of-a") || !slices.Contains(asked, "key-of-b") || len(asked) != 2 {
		t.Errorf("tokens were asked for with %v", asked)
	}
	if got := w.call("webhook_list", `{"projectId":"`+projectB+`"}`, alice); got["errorCode"] != "guard_project_not_allowed" {
		t.Errorf("another project: %v", got)
	}
	// A caller with the project and key of another one, but not the secret, shares
	// nothing with it.
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
		if strings.Contains(w.output.String(), secret) {
			t.Errorf("%s is in a log or an answer", secret)
		}
	}
}

func TestCallersWithTokensOfAnIssuer(t *testing.T) {
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
	w := startHTTP(t, []string{"PAPI_SCOPES={scopes: {hooks: {toolsets: [webhooks], read-only: false}, papi.read: {toolsets: all, read-only: true}}}"}, "--sandbox", "--auth", "oidc", "--oidc-issuer", issuer.URL, "--public-url", "https://papi.example.com",
		"--config", "env:PAPI_SCOPES")
	const resource = "https://papi.example.com/mcp"

	status, header, _ := w.send(http.MethodPost, "/mcp", older)
	challenge := header.Get("WWW-Authenticate")
	if status != http.StatusUnauthorized || challenge != `Bearer resource_metadata="https://papi.example.com/.well-known/oauth-protected-resource/mcp", scope="hooks papi.read"` {
		t.Errorf("%d %s", status, challenge)
	}
	status, _, metadata := w.send(http.MethodGet, "/.well-known/oauth-protected-resource/mcp", "", "Host: papi.example.com")
	var received map[string]any
	if err := json.Unmarshal([]byte(metadata), &received); err != nil || status != http.StatusOK || received["resource"] != resource ||
		fmt.Sprint(received["authorization_servers"], received["scopes_supported"]) != "["+issuer.URL+"] [hooks papi.read]" {
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
