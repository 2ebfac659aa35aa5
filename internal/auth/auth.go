// Package auth tells who calls over HTTP, and what they may do.
//
// An [Authenticator] makes an [Identity] of a request, or says why it does
// not: [None] knows everybody as one, [Keys] by an API key, [OIDC] by the token
// of an issuer. [Header] stands before one of them where each request brings
// the credentials for the API itself. Nothing here decides about a call; and
// what a caller proves itself with goes no further than this package.
package auth

import (
	"cmp"
	"net/http"
	"strings"
)

// Identity is who calls over HTTP.
type Identity struct {
	// Caller is who was authenticated, and nothing else: limits are counted by
	// it. What a request may choose freely (a tenant, credentials for the API)
	// is no part of it, so that nobody gets a second share by changing that.
	// "" stands for Principal.
	Caller string
	// Principal names the caller with the tenant or the credentials that it
	// works with. Confirmations and sessions are kept by it, so two callers
	// never share one, and nor do two tenants.
	Principal string
	// Grant is what the caller may do.
	Grant Grant
	// Credentials for the API, where the request brought them; else those of
	// Grant.Tenant are used.
	Credentials *Credentials
}

// CountedAs is the name that limits are counted by.
func (id Identity) CountedAs() string { return cmp.Or(id.Caller, id.Principal) }

// Grant is what a caller may do. The zero value may do what the server may.
type Grant struct {
	// Projects is the allowlist; empty stands for that of the credentials.
	Projects []string
	// Toolsets are those that the caller may use: true where it may change
	// things too, false where it only reads. Nil stands for all, with changes.
	Toolsets map[string]bool
	// Tenant names the credentials for the API; "" stands for the server's own.
	Tenant string
}

// Allows reports whether the grant covers a tool of the toolset, which changes
// something or only reads.
func (g Grant) Allows(toolset string, writes bool) bool {
	if g.Toolsets == nil {
		return true
	}
	mayWrite, ok := g.Toolsets[toolset]
	return ok && (mayWrite || !writes)
}

// Credentials are an access key for the API, and the project that it is for.
type Credentials struct {
	ProjectID, KeyID, KeySecret string
}

// Failure is why a request is not served.
type Failure struct {
	// Status is 401 for a caller who is not known, 403 for one who may not,
	// 503 where that can't be told now.
	Status int
	// Challenge is the WWW-Authenticate header; "" for none.
	Challenge string
	// Code and Message tell the caller what is wrong, without anything that
	// the request held.
	Code, Message string
}

// Error implements error.
func (f *Failure) Error() string { return f.Code + ": " + f.Message }

// Authenticator tells who makes a request. It is called from many goroutines
// at once; the failure is nil when the caller is known.
type Authenticator interface {
	Authenticate(r *http.Request) (Identity, *Failure)
}

// None knows everybody as one principal, "http". It is for servers that
// listen on loopback alone.
func None() Authenticator { return none{} }

type none struct{}

func (none) Authenticate(*http.Request) (Identity, *Failure) {
	return Identity{Caller: "http", Principal: "http"}, nil
}

// bearer returns the token of a request's Authorization header, "" for none. A
// header that comes twice, or another scheme, is none; and nor is one beside a
// token in the URL, which a log may have kept.
func bearer(r *http.Request) string {
	values := r.Header.Values("Authorization")
	if len(values) != 1 || r.URL.RawQuery != "" && r.URL.Query().Has("access_token") {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
