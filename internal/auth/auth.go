// Package auth tells who calls over HTTP, and what they may do.
package auth

import "net/http"

// Identity is who calls over HTTP.
type Identity struct {
	// Principal names the caller. Confirmations, sessions and limits are kept
	// by it, so two callers never share one.
	Principal string
	// Projects is the caller's allowlist; empty stands for the server's.
	Projects []string
	// ReadOnly takes every tool away that changes something.
	ReadOnly bool
	// Toolsets are those that the caller may use; empty stands for all of the
	// server's.
	Toolsets []string
}

// Failure is why a request is not served.
type Failure struct {
	// Status is 401 for a caller who is not known, 403 for one who may not.
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
	return Identity{Principal: "http"}, nil
}
