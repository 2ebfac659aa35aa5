package sandbox

import (
	"maps"
	"net/http"
	"strings"
	"time"
)

const (
	// StaticToken is an access token that is always valid.
	StaticToken = "sandbox"
	// InvalidKey is the key id that the token endpoint rejects.
	InvalidKey = "invalid"

	tokenTTL = time.Hour
)

// serveToken is the OAuth2 token endpoint, for the client credentials grant.
func (s *Sandbox) serveToken(w http.ResponseWriter, r *http.Request) {
	faults := s.takeFaults(r, "token")
	if faults.before(w) {
		return
	}
	a := s.issueToken(r)
	if faults.after(w) {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.write(w, a, nil)
}

func (s *Sandbox) issueToken(r *http.Request) answer {
	fail := func(status int, code string) answer {
		return answer{status: status, body: map[string]any{"error": code}}
	}
	if err := r.ParseForm(); err != nil {
		return fail(http.StatusBadRequest, "invalid_request")
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		return fail(http.StatusBadRequest, "unsupported_grant_type")
	}
	key, secret, ok := r.BasicAuth()
	if !ok {
		key, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if key == "" || secret == "" || key == InvalidKey {
		return fail(http.StatusUnauthorized, "invalid_client")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	token := s.letters("tokens", 40)
	maps.DeleteFunc(s.state.Tokens, func(_ string, expires time.Time) bool { return !expires.After(s.now) })
	s.state.Tokens[token] = s.now.Add(tokenTTL)
	return answer{status: http.StatusOK, body: map[string]any{
		"access_token": token,
		"token_type":   "bearer",
		"scope":        "",
		// In real seconds, so that a client refreshes it in time at any speed.
		"expires_in": max(1, int(tokenTTL.Seconds()/s.clock.speed)),
	}}
}

// authorized reports whether a request has credentials: a valid token, or Basic
// with any key but the invalid one.
func (s *Sandbox) authorized(r *http.Request) bool {
	if key, secret, ok := r.BasicAuth(); ok {
		return key != "" && secret != "" && key != InvalidKey
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	return token == StaticToken || s.now.Before(s.state.Tokens[token])
}
