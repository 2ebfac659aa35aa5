package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/errorcode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/sync/singleflight"
)

// OIDCOptions say whose tokens are taken, and what they open.
type OIDCOptions struct {
	// Issuer is the URL of the authorization server. What it says of itself is
	// read at /.well-known/openid-configuration below it.
	Issuer string
	// Audience is what a token must be for.
	Audience string
	// MetadataURL is where clients learn whom to get a token from (RFC 9728).
	MetadataURL string
	// Scopes returns the toolsets that each scope opens, in the form of
	// Grant.Toolsets. It is asked with each request.
	Scopes func() map[string]map[string]bool
	// ProjectsClaim is the claim with the projects that the bearer may touch, a
	// list or one; "" leaves them to its tenant.
	ProjectsClaim string
	// TenantClaim is the claim with the name of the bearer's tenant; "" for none.
	TenantClaim string
	// Logger takes why the issuer can't be asked; nil logs nothing.
	Logger *slog.Logger
	// Transport carries the requests to the issuer; nil stands for one of its
	// own.
	Transport http.RoundTripper
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
}

const (
	// maxToken bounds a token, in bytes: what is longer is not looked at.
	maxToken = 16 << 10
	// maxSubject bounds the name of a bearer, in bytes.
	maxSubject = 256
)

// algorithms are those that prove who signed: none of a shared secret, whatever
// the issuer says of itself.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// OIDC knows callers by access tokens, which are JWTs that an authorization
// server signed: the server is a resource server as MCP's authorization
// describes it. The issuer is first asked when a caller comes, so that a server
// starts without it.
func OIDC(o OIDCOptions) Authenticator {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &byToken{OIDCOptions: o, client: issuerClient(o.Transport, o.Now)}
}

type byToken struct {
	OIDCOptions
	client   *http.Client
	asking   singleflight.Group
	mu       sync.Mutex
	verifies *oidc.IDTokenVerifier
	told     time.Time // when the log last heard of the issuer's absence
}

// Authenticate implements Authenticator.
func (a *byToken) Authenticate(r *http.Request) (Identity, *Failure) {
	scopes := a.Scopes()
	token := bearer(r)
	if token == "" {
		return Identity{}, a.refuse(http.StatusUnauthorized, errorcode.Unauthorized, scopes, "",
			"an access token is missing: send the header Authorization: Bearer TOKEN")
	}
	claims, failure := a.verify(r.Context(), token, scopes)
	if failure != nil {
		return Identity{}, failure
	}
	var grant Grant
	if grant.Toolsets, failure = a.opened(claims, scopes); failure != nil {
		return Identity{}, failure
	}
	if a.ProjectsClaim != "" {
		if grant.Projects = texts(claims[a.ProjectsClaim]); len(grant.Projects) == 0 {
			return Identity{}, a.lacks(a.ProjectsClaim)
		}
	}
	if a.TenantClaim != "" {
		if grant.Tenant, _ = claims[a.TenantClaim].(string); !goodTenant.MatchString(grant.Tenant) {
			return Identity{}, a.lacks(a.TenantClaim)
		}
	}
	// Escaped, so that no subject reads like another with its tenant.
	caller := "oidc:" + url.QueryEscape(claims["sub"].(string))
	return Identity{Caller: caller, Principal: principal(caller, grant.Tenant), Grant: grant}, nil
}

var goodTenant = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// verify returns the claims of a token that is good here, its subject among
// them.
func (a *byToken) verify(ctx context.Context, token string, scopes map[string]map[string]bool) (map[string]any, *Failure) {
	invalid := a.refuse(http.StatusUnauthorized, errorcode.Unauthorized, scopes, "invalid_token",
		"this access token is not good here: it is wrong, expired, or for another server; get a new one")
	if len(token) > maxToken {
		return nil, invalid
	}
	verifier, err := a.verifier()
	if err != nil {
		return nil, a.unavailable(err)
	}
	var away error
	verified, err := verifier.Verify(context.WithValue(ctx, awayKey{}, &away), token)
	if away != nil {
		return nil, a.unavailable(away)
	}
	if err != nil {
		return nil, invalid
	}
	var claims map[string]any
	if verified.Claims(&claims) != nil || !isAccessToken(token, claims) || !a.exact(claims) {
		return nil, invalid
	}
	return claims, nil
}

// exact reports whether the claims that were verified are there by their exact
// names: go-oidc takes a name in another case for them.
func (a *byToken) exact(claims map[string]any) bool {
	subject, _ := claims["sub"].(string)
	_, ends := claims["exp"].(float64)
	return claims["iss"] == a.Issuer && slices.Contains(texts(claims["aud"]), a.Audience) && ends &&
		subject != "" && len(subject) <= maxSubject
}

// isAccessToken reports whether a token may be one by its type and claims. An ID
// token is for a client to read, not for a server to act on.
func isAccessToken(token string, claims map[string]any) bool {
	for _, ofIDTokens := range []string{"nonce", "at_hash", "c_hash"} {
		if _, ok := claims[ofIDTokens]; ok {
			return false
		}
	}
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	var header map[string]any
	if err != nil || json.Unmarshal(raw, &header) != nil {
		return false
	}
	kind, given := header["typ"]
	text, _ := kind.(string)
	return !given || slices.Contains([]string{"jwt", "at+jwt", "application/at+jwt"}, strings.ToLower(text))
}

// opened is the union of what the scopes of a token open.
func (a *byToken) opened(claims map[string]any, scopes map[string]map[string]bool) (map[string]bool, *Failure) {
	given := texts(claims["scp"])
	if text, ok := claims["scope"].(string); ok {
		given = append(given, strings.Fields(text)...)
	}
	toolsets, known := map[string]bool{}, false
	for _, scope := range given {
		opens, ok := scopes[scope]
		if !ok {
			continue
		}
		if opens == nil {
			return nil, nil
		}
		known = true
		for toolset, writes := range opens {
			toolsets[toolset] = toolsets[toolset] || writes
		}
	}
	if !known {
		return nil, a.refuse(http.StatusForbidden, errorcode.InsufficientScope, scopes, errorcode.InsufficientScope,
			"this access token has no scope that opens anything here")
	}
	return toolsets, nil
}

// texts are the words of a claim that is a list of texts, or one text; nil
// where it is anything else.
func texts(claim any) []string {
	switch v := claim.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var all []string
		for _, one := range v {
			text, ok := one.(string)
			if !ok || text == "" {
				return nil
			}
			all = append(all, text)
		}
		return all
	}
	return nil
}

func (a *byToken) lacks(claim string) *Failure {
	return &Failure{
		Status: http.StatusForbidden, Code: errorcode.ClaimMissing,
		Message: "this access token lacks the claim " + claim + ", which says what its bearer may do here",
	}
}

// refuse makes a failure with the challenge of RFC 6750; reason is its error
// code, "" where the request brought no token.
func (a *byToken) refuse(status int, code string, scopes map[string]map[string]bool, reason, message string) *Failure {
	params := []string{fmt.Sprintf("resource_metadata=%q", a.MetadataURL)}
	if reason != "" {
		params = append(params, fmt.Sprintf("error=%q", reason))
	}
	params = append(params, fmt.Sprintf("scope=%q", strings.Join(slices.Sorted(maps.Keys(scopes)), " ")))
	return &Failure{Status: status, Code: code, Message: message, Challenge: "Bearer " + strings.Join(params, ", ")}
}

// unavailable tells that nobody can be known now. The log says why, at most
// once a minute.
func (a *byToken) unavailable(err error) *Failure {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.Now(); now.Sub(a.told) >= time.Minute {
		a.told = now
		a.Logger.Error("the issuer of tokens can't be asked", "issuer", a.Issuer, "error", err)
	}
	return &Failure{
		Status: http.StatusServiceUnavailable, Code: errorcode.IssuerUnavailable,
		Message: "the authorization server can't be asked now, so that no token can be checked: try again in a few seconds",
	}
}

// verifier returns what verifies tokens with the issuer's keys. The issuer is
// asked once for all who wait, and again only after it failed.
func (a *byToken) verifier() (*oidc.IDTokenVerifier, error) {
	a.mu.Lock()
	ready := a.verifies
	a.mu.Unlock()
	if ready != nil {
		return ready, nil
	}
	made, err, _ := a.asking.Do("", func() (any, error) {
		ctx := oidc.ClientContext(context.Background(), a.client)
		provider, err := oidc.NewProvider(ctx, a.Issuer)
		if err != nil {
			return nil, err
		}
		var about struct {
			Keys string `json:"jwks_uri"`
		}
		if err := provider.Claims(&about); err != nil {
			return nil, err
		}
		v := oidc.NewVerifier(a.Issuer, &keySet{KeySet: oidc.NewRemoteKeySet(ctx, about.Keys)},
			&oidc.Config{ClientID: a.Audience, SupportedSigningAlgs: algorithms, Now: a.Now})
		a.mu.Lock()
		defer a.mu.Unlock()
		a.verifies = v
		return v, nil
	})
	if err != nil {
		return nil, err
	}
	return made.(*oidc.IDTokenVerifier), nil
}

// keySet tells keys that could not be had from a signature that is wrong,
// which go-oidc tells alike: to the error that the context has for it.
type keySet struct {
	oidc.KeySet
	mu     sync.Mutex
	failed error // of the last time that the keys were asked for
}

type awayKey struct{}

func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	k.mu.Lock()
	defer k.mu.Unlock()
	// go-oidc wraps what kept it from the keys, and nothing else.
	if kept := errors.Unwrap(err); kept == nil {
		k.failed = nil
	} else if !errors.Is(err, errResting) {
		k.failed = err
	}
	if away, ok := ctx.Value(awayKey{}).(*error); ok && err != nil {
		*away = k.failed
	}
	return payload, err
}
