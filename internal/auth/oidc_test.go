package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// issuer is an authorization server for tests.
type issuer struct {
	*httptest.Server
	mu       sync.Mutex
	keys     []jose.JSONWebKey // the public ones that it shows
	down     bool
	says     string // that it is, where it is not its URL
	html     bool   // it answers for its keys with a page
	keysRead atomic.Int32
}

func newIssuer(t *testing.T, keys ...jose.JSONWebKey) *issuer {
	i := &issuer{keys: keys}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		name := i.URL
		if i.says != "" {
			name = i.says
		}
		// It also announces what must never be taken.
		answer(w, i.down, map[string]any{"issuer": name, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.keysRead.Add(1)
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.html {
			_, _ = w.Write([]byte("<html>sign in</html>"))
			return
		}
		answer(w, i.down, jose.JSONWebKeySet{Keys: i.keys})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func answer(w http.ResponseWriter, down bool, body any) {
	if down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func (i *issuer) set(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f()
}

// signer is a private key with the metadata of its public key.
type signer struct {
	private any
	alg     jose.SignatureAlgorithm
	id      string
}

func (s signer) public(t *testing.T) jose.JSONWebKey {
	t.Helper()
	whole := jose.JSONWebKey{Key: s.private, KeyID: s.id, Algorithm: string(s.alg), Use: "sig"}
	return whole.Public()
}

// sign returns a token; header adds to the token's header.
func (s signer) sign(t *testing.T, claims map[string]any, header map[jose.HeaderKey]any) string {
	t.Helper()
	options := (&jose.SignerOptions{ExtraHeaders: header}).WithHeader("kid", s.id)
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: s.private}, options)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := made.Sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func rsaSigner(t *testing.T, id string) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, jose.RS256, id}
}

// with returns the claims with some replaced; nil removes one.
func with(claims map[string]any, changes map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range claims {
		all[name] = value
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

func presenting(token string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

const (
	here     = "https://papi.example.com/mcp"
	metadata = "https://papi.example.com/.well-known/oauth-protected-resource/mcp"
)

var openings = map[string]map[string]bool{
	"papi.read":     {"webhooks": false, "rcs": false},
	"papi.webhooks": {"webhooks": true},
	"papi.all":      nil,
}

func byIssuer(i *issuer, change func(*OIDCOptions)) Authenticator {
	o := OIDCOptions{
		Issuer: i.URL, Audience: here, MetadataURL: metadata, Transport: i.Client().Transport,
		Scopes: func() map[string]map[string]bool { return openings },
	}
	if change != nil {
		change(&o)
	}
	return OIDC(o)
}

func TestTokensOfTheIssuer(t *testing.T) {
	key := rsaSigner(t, "one")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, edKey := signer{ec, jose.ES256, "two"}, signer{ed, jose.EdDSA, "three"}
	i := newIssuer(t, key.public(t), ecKey.public(t), edKey.public(t))
	a := byIssuer(i, nil)

	now := time.Now()
	good := map[string]any{
		"iss": i.URL, "aud": here, "sub": "agent/7", "scope": "openid papi.read", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
	}
	der, err := x509.MarshalPKIXPublicKey(&key.private.(*rsa.PrivateKey).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	body, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(changes map[string]any) string { return key.sign(t, with(good, changes), nil) }
	stranger := rsaSigner(t, "one") // another key under a known name

	for name, test := range map[string]struct {
		token  string
		status int
		opens  map[string]bool // where it is taken
	}{
		"a good one":                    {token: sign(nil), opens: openings["papi.read"]},
		"signed with an elliptic curve": {token: ecKey.sign(t, good, nil), opens: openings["papi.read"]},
		"signed with Ed25519":           {token: edKey.sign(t, good, nil), opens: openings["papi.read"]},
		"typ at+jwt":                    {token: key.sign(t, good, map[jose.HeaderKey]any{"typ": "at+jwt"}), opens: openings["papi.read"]},
		"for several, and for us":       {token: sign(map[string]any{"aud": []string{"https://other.example.com", here}}), opens: openings["papi.read"]},
		"scopes as a list in scp":       {token: sign(map[string]any{"scope": nil, "scp": []string{"papi.webhooks"}}), opens: openings["papi.webhooks"]},
		"several scopes":                {token: sign(map[string]any{"scope": "papi.read papi.webhooks"}), opens: map[string]bool{"webhooks": true, "rcs": false}},
		"a scope that opens all":        {token: sign(map[string]any{"scope": "papi.read papi.all"})},
		"a key in the header, not used": {token: key.sign(t, good, map[jose.HeaderKey]any{"jku": "https://evil.example.com/keys", "jwk": stranger.public(t)}), opens: openings["papi.read"]},

		"none":                       {token: "", status: 401},
		"garbage":                    {token: "abc", status: 401},
		"expired":                    {token: sign(map[string]any{"exp": now.Add(-time.Minute).Unix()}), status: 401},
		"without an end":             {token: sign(map[string]any{"exp": nil}), status: 401},
		"not yet good":               {token: sign(map[string]any{"nbf": now.Add(time.Hour).Unix()}), status: 401},
		"of another issuer":          {token: sign(map[string]any{"iss": "https://evil.example.com"}), status: 401},
		"for another audience":       {token: sign(map[string]any{"aud": "https://other.example.com"}), status: 401},
		"no audience":                {token: sign(map[string]any{"aud": nil}), status: 401},
		"without a bearer":           {token: sign(map[string]any{"sub": nil}), status: 401},
		"a bearer with a long name":  {token: sign(map[string]any{"sub": strings.Repeat("a", 257)}), status: 401},
		"an ID token":                {token: sign(map[string]any{"nonce": "n"}), status: 401},
		"a logout token":             {token: key.sign(t, good, map[jose.HeaderKey]any{"typ": "logout+jwt"}), status: 401},
		"a bearer in capitals":       {token: sign(map[string]any{"sub": nil, "SUB": "agent"}), status: 401},
		"an issuer by a like name":   {token: sign(map[string]any{"iss": "https://evil.example.com", "iſs": i.URL}), status: 401},
		"an end in capitals":         {token: sign(map[string]any{"exp": nil, "EXP": now.Add(time.Hour).Unix()}), status: 401},
		"an audience in capitals":    {token: sign(map[string]any{"aud": nil, "AUD": here}), status: 401},
		"of another key":             {token: stranger.sign(t, good, nil), status: 401},
		"of an unknown key":          {token: rsaSigner(t, "unknown").sign(t, good, nil), status: 401},
		"alg none":                   {token: plain(`{"alg":"none"}`) + "." + plain(string(body)) + ".", status: 401},
		"the public key as a secret": {token: signer{der, jose.HS256, "one"}.sign(t, good, nil), status: 401},
		"critical and unknown":       {token: key.sign(t, good, map[jose.HeaderKey]any{"crit": []string{"x"}, "x": true}), status: 401},
		"too long":                   {token: sign(map[string]any{"more": strings.Repeat("a", maxToken)}), status: 401},
		"changed after signing":      {token: strings.Replace(sign(nil), ".", ".e30", 1), status: 401},
		"without a scope of ours":    {token: sign(map[string]any{"scope": "openid"}), status: 403},
		"without scopes":             {token: sign(map[string]any{"scope": nil}), status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			id, failure := a(presenting(test.token))
			if test.status == 0 {
				if failure != nil {
					t.Fatal(failure)
				}
				if id.Principal != "oidc:agent%2F7" || !reflect.DeepEqual(id.Grant.Toolsets, test.opens) || id.Credentials != nil {
					t.Errorf("got %+v", id)
				}
				return
			}
			if failure == nil || failure.Status != test.status {
				t.Fatalf("got %+v, %+v", id, failure)
			}
			for _, part := range []string{`Bearer resource_metadata="` + metadata + `"`, `scope="papi.all papi.read papi.webhooks"`} {
				if !strings.Contains(failure.Challenge, part) {
					t.Errorf("the challenge %s lacks %s", failure.Challenge, part)
				}
			}
			reason := map[bool]string{true: `error="insufficient_scope"`, false: `error="invalid_token"`}[test.status == 403]
			if strings.Contains(failure.Challenge, "error=") != (test.token != "") || test.token != "" && !strings.Contains(failure.Challenge, reason) {
				t.Errorf("the challenge is %s", failure.Challenge)
			}
			if test.token != "" && strings.Contains(failure.Challenge+failure.Message, test.token) {
				t.Error("the answer or the log shows the token")
			}
		})
	}

	twice := presenting(sign(nil))
	twice.Header.Add("Authorization", "Bearer "+sign(nil))
	if _, failure := a(twice); failure == nil {
		t.Error("two Authorization headers are taken")
	}
	inURL := httptest.NewRequest(http.MethodPost, "/mcp?access_token="+sign(nil), nil)
	if _, failure := a(inURL); failure == nil {
		t.Error("a token in the URL is taken")
	}
	inURL.Header.Set("Authorization", "Bearer "+sign(nil))
	if _, failure := a(inURL); failure == nil {
		t.Error("a token in the URL, too, is taken")
	}
}

func TestClaimsLimitTheBearer(t *testing.T) {
	key := rsaSigner(t, "one")
	i := newIssuer(t, key.public(t))
	a := byIssuer(i, func(o *OIDCOptions) { o.ProjectsClaim, o.TenantClaim = "papi_projects", "papi_tenant" })
	good := map[string]any{
		"iss": i.URL, "aud": here, "sub": "agent@emea", "scope": "papi.all", "exp": time.Now().Add(time.Hour).Unix(),
		"papi_projects": []string{"project-a", "project-b"}, "papi_tenant": "emea",
	}
	id, failure := a(presenting(key.sign(t, good, nil)))
	if failure != nil {
		t.Fatal(failure)
	}
	want := Identity{Caller: "oidc:agent%40emea", Principal: "oidc:agent%40emea@emea", Grant: Grant{Projects: []string{"project-a", "project-b"}, Tenant: "emea"}}
	if !reflect.DeepEqual(id, want) {
		t.Errorf("got %+v", id)
	}
	for _, claim := range []string{"papi_projects", "papi_tenant"} {
		for _, wrong := range []any{nil, "", []string{}, []any{"project-a", 7}, 7, map[string]any{}} {
			_, failure := a(presenting(key.sign(t, with(good, map[string]any{claim: wrong}), nil)))
			if failure == nil || failure.Status != http.StatusForbidden || !strings.Contains(failure.Message, claim) {
				t.Errorf("%s is %v: %+v", claim, wrong, failure)
			}
		}
	}
	if _, failure := a(presenting(key.sign(t, with(good, map[string]any{"papi_tenant": "a tenant"}), nil))); failure == nil {
		t.Error("a tenant with a space in its name")
	}
}

// eventually repeats until it holds: go-oidc ends a request to the issuer a moment
// after the answer, and shares that answer until then.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1000 {
		if holds() {
			return
		}
		runtime.Gosched()
	}
	t.Error(what)
}

// The issuer changes its keys, and hundreds of tokens with unknown keys arrive: the
// keys are fetched again, but not for each token.
func TestKeyRotation(t *testing.T) {
	old, fresh := rsaSigner(t, "old"), rsaSigner(t, "fresh")
	i := newIssuer(t, old.public(t))
	now := time.Now()
	a := byIssuer(i, func(o *OIDCOptions) { o.Now = func() time.Time { return now } })
	claims := map[string]any{"iss": i.URL, "aud": here, "sub": "agent", "scope": "papi.all", "exp": now.Add(time.Hour).Unix()}
	works := func(s signer) bool {
		_, failure := a(presenting(s.sign(t, claims, nil)))
		return failure == nil
	}
	if !works(old) || works(fresh) {
		t.Fatal("before the change")
	}
	i.set(func() { i.keys = []jose.JSONWebKey{fresh.public(t)} })
	now = now.Add(issuerBackoff)
	eventually(t, "after the change", func() bool { return works(fresh) })
	for works(old) { // go-oidc puts fetched keys in their place just after it has used them
		if t.Context().Err() != nil {
			t.Fatal("the old key stays valid")
		}
	}
	before := i.keysRead.Load()
	for range 100 {
		works(old)
	}
	if asked := i.keysRead.Load() - before; asked != 0 {
		t.Errorf("asked %d times for 100 tokens with an unknown key, a moment after it was asked", asked)
	}
}

func TestUnreachableIssuer(t *testing.T) {
	key := rsaSigner(t, "one")
	i := newIssuer(t, key.public(t))
	i.down = true
	now := time.Now()
	var log bytes.Buffer
	a := byIssuer(i, func(o *OIDCOptions) {
		o.Now = func() time.Time { return now }
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	token := key.sign(t, map[string]any{"iss": i.URL, "aud": here, "sub": "agent", "scope": "papi.all", "exp": now.Add(time.Hour).Unix()}, nil)
	status := func() int {
		if _, failure := a(presenting(token)); failure != nil {
			return failure.Status
		}
		return http.StatusOK
	}
	for range 10 {
		if got := status(); got != http.StatusServiceUnavailable {
			t.Fatalf("got %d", got)
		}
	}
	if n := strings.Count(log.String(), "issuer of tokens"); n != 1 || strings.Contains(log.String(), token) {
		t.Errorf("the log has %d lines: %s", n, &log)
	}
	i.set(func() { i.down, i.says = false, "https://evil.example.com" })
	now = now.Add(issuerBackoff)
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("an issuer with another name: %d", got)
	}
	i.set(func() { i.says, i.html = "", true })
	now = now.Add(issuerBackoff)
	for range 3 {
		if got := status(); got != http.StatusServiceUnavailable {
			t.Errorf("a page for its keys: %d", got)
		}
	}
	i.set(func() { i.html = false })
	now = now.Add(issuerBackoff)
	eventually(t, "it is back", func() bool { return status() == http.StatusOK })
	// Its keys are known: it may go away again.
	i.set(func() { i.down = true })
	now = now.Add(issuerBackoff)
	if got := status(); got != http.StatusOK {
		t.Errorf("it is away once more: %d", got)
	}
	if _, failure := a(presenting(rsaSigner(t, "new").sign(t, map[string]any{"iss": i.URL}, nil))); failure == nil || failure.Status != http.StatusServiceUnavailable {
		t.Errorf("a new key while it is away: %+v", failure)
	}
}
