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
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"papi-mcp/internal/lazyregexp"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/sync/singleflight"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
)

// OIDCOptions say which tokens are accepted, and what they grant.
type OIDCOptions struct {
	// Issuer is the URL of the authorization server. Its metadata is read from
	// /.well-known/openid-configuration below it.
	Issuer string
	// Audience is the audience that a token must have.
	Audience string
	// MetadataURL is where clients learn which server issues tokens (RFC 9728).
	MetadataURL string
	// Scopes returns the toolsets that each scope grants, in the form of
	// Grant.Toolsets. It is called for each request.
	Scopes func() map[string]map[string]bool
	// ProjectsClaim is the claim with the projects that the bearer may use, as a
	// list or one; "" allows those of its tenant.
	ProjectsClaim string
	// TenantClaim is the claim with the name of the bearer's tenant; "" for none.
	TenantClaim string
	// Logger logs why the issuer can't be reached; nil logs nothing.
	Logger *slog.Logger
	// Transport sends the requests to the issuer; nil means a new one.
	Transport http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	// maxToken bounds a token, in bytes: a longer one is not parsed.
	maxToken = 16 << 10
	// maxSubject bounds the name of a bearer, in bytes.
	maxSubject = 256
)

// algorithms are the accepted signatures: asymmetric ones only, whatever the
// issuer announces.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// OIDC authenticates callers by access tokens: JWTs that an authorization server
// signed, as MCP's authorization describes it for a resource server. The issuer
// is first contacted for the first caller, so that a server starts without it.
func OIDC(o OIDCOptions) Authenticator {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &oidcAuthenticator{OIDCOptions: o, client: issuerClient(o.Transport, o.Now)}
	return a.authenticate
}

type oidcAuthenticator struct {
	OIDCOptions
	client      *http.Client
	discovery   singleflight.Group
	tokens      atomic.Pointer[oidc.IDTokenVerifier] // nil until the issuer has answered
	mu          sync.Mutex
	lastFailure time.Time // when the log last reported the issuer
}

func (a *oidcAuthenticator) authenticate(r *http.Request) (Identity, *Failure) {
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
	if grant.Toolsets, failure = a.toolsets(claims, scopes); failure != nil {
		return Identity{}, failure
	}
	if a.ProjectsClaim != "" {
		if grant.Projects = claimTexts(claims[a.ProjectsClaim]); len(grant.Projects) == 0 {
			return Identity{}, a.missingClaim(a.ProjectsClaim)
		}
	}
	if a.TenantClaim != "" {
		if grant.Tenant, _ = claims[a.TenantClaim].(string); !validTenant.MatchString(grant.Tenant) {
			return Identity{}, a.missingClaim(a.TenantClaim)
		}
	}
	// Escaped, so that no subject reads like another with its tenant.
	caller := "oidc:" + url.QueryEscape(claims["sub"].(string))
	return Identity{Caller: caller, Principal: principal(caller, grant.Tenant), Grant: grant}, nil
}

var validTenant = lazyregexp.New(`^[A-Za-z0-9._-]{1,64}$`)

// verify returns the claims of a token that is valid here.
func (a *oidcAuthenticator) verify(ctx context.Context, token string, scopes map[string]map[string]bool) (map[string]any, *Failure) {
	invalid := a.refuse(http.StatusUnauthorized, errorcode.Unauthorized, scopes, "invalid_token",
		"this access token is not valid here: it is malformed, expired, or for another server; get a new one")
	if len(token) > maxToken {
		return nil, invalid
	}
	verifier, err := a.verifier()
	if err != nil {
		return nil, a.unavailable(err)
	}
	var noKeys error
	verified, err := verifier.Verify(context.WithValue(ctx, noKeysKey{}, &noKeys), token)
	if noKeys != nil {
		return nil, a.unavailable(noKeys)
	}
	if err != nil {
		return nil, invalid
	}
	var claims map[string]any
	if verified.Claims(&claims) != nil || !isAccessToken(token, claims) || !a.hasClaims(claims) {
		return nil, invalid
	}
	return claims, nil
}

// hasClaims reports whether the verified claims are present by their exact names:
// go-oidc ignores the case of names.
func (a *oidcAuthenticator) hasClaims(claims map[string]any) bool {
	subject, _ := claims["sub"].(string)
	_, expires := claims["exp"].(float64)
	return claims["iss"] == a.Issuer && slices.Contains(claimTexts(claims["aud"]), a.Audience) && expires &&
		subject != "" && len(subject) <= maxSubject
}

// isAccessToken reports whether a token may be an access token by its type and
// claims. An ID token is for clients, and authorizes nothing here.
func isAccessToken(token string, claims map[string]any) bool {
	for _, ofIDToken := range []string{"nonce", "at_hash", "c_hash"} {
		if _, ok := claims[ofIDToken]; ok {
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

// toolsets returns the union of what the scopes of a token grant.
func (a *oidcAuthenticator) toolsets(claims map[string]any, scopes map[string]map[string]bool) (map[string]bool, *Failure) {
	given := claimTexts(claims["scp"])
	if text, ok := claims["scope"].(string); ok {
		given = append(given, strings.Fields(text)...)
	}
	toolsets, known := map[string]bool{}, false
	for _, scope := range given {
		granted, ok := scopes[scope]
		if !ok {
			continue
		}
		if granted == nil {
			return nil, nil
		}
		known = true
		for toolset, writes := range granted {
			toolsets[toolset] = toolsets[toolset] || writes
		}
	}
	if !known {
		return nil, a.refuse(http.StatusForbidden, errorcode.InsufficientScope, scopes, errorcode.InsufficientScope,
			"this access token has no scope that grants anything here")
	}
	return toolsets, nil
}

// claimTexts returns the texts of a claim that is a list, or the words of one
// that is a text; nil where it, or an item of it, is anything else.
func claimTexts(claim any) []string {
	if text, ok := claim.(string); ok {
		return strings.Fields(text)
	}
	list, _ := claim.([]any)
	all := jsonvalue.Texts(claim, "")
	if len(all) < len(list) || slices.Contains(all, "") {
		return nil
	}
	return all
}

func (a *oidcAuthenticator) missingClaim(claim string) *Failure {
	return NewFailure(http.StatusForbidden, errorcode.ClaimMissing, "this access token lacks the claim "+claim+", which says what its bearer may do here")
}

// refuse returns a failure with the challenge of RFC 6750; reason is its error
// code, "" where the request has no token.
func (a *oidcAuthenticator) refuse(status int, code string, scopes map[string]map[string]bool, reason, message string) *Failure {
	params := []string{fmt.Sprintf("resource_metadata=%q", a.MetadataURL)}
	if reason != "" {
		params = append(params, fmt.Sprintf("error=%q", reason))
	}
	params = append(params, fmt.Sprintf("scope=%q", strings.Join(slices.Sorted(maps.Keys(scopes)), " ")))
	return &Failure{Status: status, Code: code, Message: message, Challenge: "Bearer " + strings.Join(params, ", ")}
}

// unavailable returns the failure for callers that can't be checked now. The log
// says why, at most once a minute.
func (a *oidcAuthenticator) unavailable(err error) *Failure {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.Now(); now.Sub(a.lastFailure) >= time.Minute {
		a.lastFailure = now
		a.Logger.Error("the issuer of tokens can't be reached", "issuer", a.Issuer, "error", err)
	}
	return NewFailure(http.StatusServiceUnavailable, errorcode.IssuerUnavailable, "the authorization server can't be reached now, so no token can be checked: try again in a few seconds")
}

// verifier returns what verifies tokens with the issuer's keys. Concurrent
// callers share one request to the issuer; only a failure is tried again.
func (a *oidcAuthenticator) verifier() (*oidc.IDTokenVerifier, error) {
	if v := a.tokens.Load(); v != nil {
		return v, nil
	}
	discovered, err, _ := a.discovery.Do("", func() (any, error) {
		ctx := oidc.ClientContext(context.Background(), a.client)
		provider, err := oidc.NewProvider(ctx, a.Issuer)
		if err != nil {
			return nil, err
		}
		var metadata struct {
			KeysURL string `json:"jwks_uri"`
		}
		if err := provider.Claims(&metadata); err != nil {
			return nil, err
		}
		v := oidc.NewVerifier(a.Issuer, &keySet{KeySet: oidc.NewRemoteKeySet(ctx, metadata.KeysURL)},
			&oidc.Config{ClientID: a.Audience, SupportedSigningAlgs: algorithms, Now: a.Now})
		a.tokens.Store(v)
		return v, nil
	})
	if err != nil {
		return nil, err
	}
	return discovered.(*oidc.IDTokenVerifier), nil
}

// keySet distinguishes keys that could not be fetched from a wrong signature,
// which go-oidc reports alike: it stores why in the error that the context holds.
type keySet struct {
	oidc.KeySet
	mu     sync.Mutex
	failed error // the error of the last fetch
}

// noKeysKey is the context's key for a pointer to the error of the fetch.
type noKeysKey struct{}

func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	k.mu.Lock()
	defer k.mu.Unlock()
	// go-oidc wraps the error of a fetch, and no other.
	if cause := errors.Unwrap(err); cause == nil {
		k.failed = nil
	} else if !errors.Is(err, errIssuerBackoff) {
		k.failed = err
	}
	if noKeys, ok := ctx.Value(noKeysKey{}).(*error); ok && err != nil {
		*noKeys = k.failed
	}
	return payload, err
}
