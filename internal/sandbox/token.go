package sandbox

import (
	"net/http"
	"strings"
	"time"
)

const (
	// StaticToken is an access token that is always good.
	StaticToken = "sandbox"
	// InvalidKey is the key id that the token endpoint refuses.
	InvalidKey = "invalid"

	tokenTTL = time.Hour
)

// serveToken is the OAuth2 token endpoint, for the client credentials grant.
func (s *Sandbox) serveToken(w http.ResponseWriter, r *http.Request) {
	broken := s.fault(r, "token")
	if broken.before(w) {
		return
	}
	a := s.grant(r)
	if broken.after(w) {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.write(w, a, nil)
}

func (s *Sandbox) grant(r *http.Request) answer {
	refused := func(status int, code string) answer {
		return answer{status: status, body: map[string]any{"error": code}}
	}
	if err := r.ParseForm(); err != nil {
		return refused(http.StatusBadRequest, "invalid_request")
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		return refused(http.StatusBadRequest, "unsupported_grant_type")
	}
	key, secret, ok := r.BasicAuth()
	if !ok {
		key, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if key == "" || secret == "" || key == InvalidKey {
		return refused(http.StatusUnauthorized, "invalid_client")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	token := s.letters("tokens", 40)
	for old, ends := range s.state.Tokens {
		if !ends.After(s.now) {
			delete(s.state.Tokens, old)
		}
	}
	s.state.Tokens[token] = s.now.Add(tokenTTL)
	return answer{status: http.StatusOK, body: map[string]any{
		"access_token": token,
		"token_type":   "bearer",
		"scope":        "",
		// In real seconds, so that a client renews in time at any speed.
		"expires_in": max(1, int(tokenTTL.Seconds()/s.clock.speed)),
	}}
}

// authorized reports whether a request has what the API asks for: a good token,
// or Basic with a key that is not the invalid one.
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
