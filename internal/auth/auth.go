// Package auth authenticates callers over HTTP, and says what they may do.
//
// An [Authenticator] turns a request into an [Identity], or returns the reason
// for refusing it: [None] takes every caller for the same one, [Keys] checks an
// API key, [OIDC] an access token. [WithCredentials] wraps one of them where
// each request sends the credentials for the API. Nothing here decides about a
// call, and a caller's key or token goes no further than this package.
package auth

import (
	"cmp"
	"net/http"
	"strings"
)

// Identity is the authenticated caller of a request.
type Identity struct {
	// Caller is who was authenticated, and nothing else: limits are counted by
	// it. What a request may choose freely (a tenant, credentials for the API)
	// is not part of it, so that changing that gives no second share. "" means
	// Principal.
	Caller string
	// Principal is the caller together with its tenant or its credentials.
	// Confirmations and sessions are kept by it, so that neither two callers nor
	// two tenants share them.
	Principal string
	// Grant is what the caller may do.
	Grant Grant
	// Anonymous reports that anyone may call, and that nothing says who does.
	Anonymous bool
	// Credentials for the API, where the request sends them; otherwise those of
	// Grant.Tenant are used.
	Credentials *Credentials
}

// LimitKey is the name that rates and sessions are counted by.
func (id Identity) LimitKey() string { return cmp.Or(id.Caller, id.Principal) }

// Grant is what a caller may do. The zero value may do what the server may.
type Grant struct {
	// Projects is the allowlist; if it is empty, that of the credentials applies.
	Projects []string
	// Toolsets are those that the caller may use: true with writes, false for
	// reads only. Nil means all of them, with writes.
	Toolsets map[string]bool
	// Tenant names the credentials for the API; "" means the server's own.
	Tenant string
}

// Allows reports whether the grant covers a tool of the toolset that writes, or
// one that only reads.
func (g Grant) Allows(toolset string, writes bool) bool {
	if g.Toolsets == nil {
		return true
	}
	mayWrite, ok := g.Toolsets[toolset]
	return ok && (mayWrite || !writes)
}

// ReadsOnly reports whether the grant covers no tool that writes.
func (g Grant) ReadsOnly() bool {
	if g.Toolsets == nil {
		return false
	}
	for _, mayWrite := range g.Toolsets {
		if mayWrite {
			return false
		}
	}
	return true
}

// Credentials are an access key for the API, and its project.
type Credentials struct {
	ProjectID, KeyID, KeySecret string
}

// Failure is why a request is refused.
type Failure struct {
	// Status is 401 for an unknown caller, 403 for one that is not allowed, 400
	// for credentials that are missing or malformed, 503 where the caller can't
	// be checked now.
	Status int
	// Challenge is the WWW-Authenticate header; "" for none.
	Challenge string
	// Code and Message say what is wrong, without repeating the request.
	Code, Message string
}

// NewFailure returns a failure without a challenge.
func NewFailure(status int, code, message string) *Failure {
	return &Failure{Status: status, Code: code, Message: message}
}

// Error implements error.
func (f *Failure) Error() string { return f.Code + ": " + f.Message }

// Authenticator identifies the caller of a request; the failure is nil when it
// does. It must be safe for concurrent use.
type Authenticator func(r *http.Request) (Identity, *Failure)

// None is an [Authenticator] that gives every caller the same principal, "http". It
// is for servers that listen only on loopback.
func None(*http.Request) (Identity, *Failure) {
	return Identity{Caller: "http", Principal: "http", Anonymous: true}, nil
}

// bearer returns the token of a request's Authorization header, "" for none. A
// repeated header and another scheme count as none, and so does a token in the
// URL as well, which a log may have kept.
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
