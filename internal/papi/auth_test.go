package papi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/errorcode"
)

var ok = []http.HandlerFunc{says(200, `{}`)}

func TestCredentials(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string // the header; "" for credentials_missing
	}{
		{"a key", func(*Config) {}, "Bearer canary-token-1"},
		{"a key with spaces around", func(c *Config) { c.KeySecret += "\n" }, "Bearer canary-token-1"},
		{"basic", func(c *Config) { c.Auth = AuthBasic }, "Basic Y2FuYXJ5LWtleS1pZDpjYW5hcnkta2V5LXNlY3JldC8r"},
		{"an access token before the key", withToken, "Bearer canary-access-token"},
		{"an access token alone", func(c *Config) { withToken(c); c.KeyID, c.KeySecret = "", "" }, "Bearer canary-access-token"},
		{"nothing", func(c *Config) { c.KeyID, c.KeySecret = "", "" }, ""},
		{"half a key", func(c *Config) { c.KeySecret = "" }, ""},
		{"half a key for basic", func(c *Config) { c.Auth, c.KeyID = AuthBasic, "" }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeAPI{script: ok}
			c := api.onLoopback(t, test.change)
			if c.HasCredentials() != (test.want != "") {
				t.Errorf("HasCredentials is %t", c.HasCredentials())
			}
			_, err := c.Do(t.Context(), aCreate())
			if test.want != "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := api.seen()[0].header.Get("Authorization"); got != test.want {
					t.Errorf("Authorization is %q, want %q", got, test.want)
				}
				return
			}
			e := failureOf(t, err)
			if e.Code != errorcode.CredentialsMissing || e.Unknown || len(api.seen())+api.tokensGiven() != 0 {
				t.Errorf("%v, unknown %t, %d requests", e, e.Unknown, len(api.seen()))
			}
			for _, word := range []string{"SINCH_KEY_ID", "SINCH_KEY_SECRET", "SINCH_ACCESS_TOKEN", "papi-mcp doctor"} {
				if !strings.Contains(e.Resolution, word) {
					t.Errorf("the resolution does not name %s: %s", word, e.Resolution)
				}
			}
		})
	}
}

func TestTheTokenRequest(t *testing.T) {
	var got recorded
	api := &fakeAPI{script: ok, token: func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = recorded{r.Method, r.RequestURI, string(body), r.Header}
		says(200, `{"access_token":"canary","expires_in":60}`)(w, r)
	}}
	c := api.onLoopback(t, func(c *Config) { c.UserAgent = "papi-mcp/1.2.3" })
	if _, err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The key goes in the header, each part in the form of a URL (RFC 6749, 2.3.1).
	r := http.Request{Header: got.header}
	id, secret, _ := r.BasicAuth()
	if id != testKey || secret != "canary-key-secret%2F%2B" || got.body != "grant_type=client_credentials" {
		t.Errorf("%s with the key %q %q", got.body, id, secret)
	}
	if got.header.Get("User-Agent") != "papi-mcp/1.2.3" {
		t.Errorf("User-Agent is %q", got.header.Get("User-Agent"))
	}
}

func TestManyCallersFetchOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{script: ok, token: func(w http.ResponseWriter, r *http.Request) {
			<-time.After(time.Second)
			says(200, `{"access_token":"canary","expires_in":3600}`)(w, r)
		}}
		c := api.onPipes(t)
		hurried, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		var all sync.WaitGroup
		all.Go(func() { // the first one, who starts the fetch
			_, err := c.Do(hurried, aRead())
			if e := failureOf(t, err); e.Code != errorcode.Timeout {
				t.Error(e)
			}
		})
		synctest.Wait()
		for range 50 {
			all.Go(func() {
				if _, err := c.Do(t.Context(), aRead()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if api.tokensGiven() != 1 || len(api.seen()) != 50 {
			t.Errorf("%d tokens for %d requests", api.tokensGiven(), len(api.seen()))
		}
	})
}

// A caller that would fetch a token just after another caller did uses that one.
func TestATokenIsNotFetchedTwice(t *testing.T) {
	api := &fakeAPI{script: ok}
	c := api.onLoopback(t)
	for range 2 {
		if _, err := c.auth.renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if api.tokensGiven() != 1 {
		t.Errorf("%d tokens", api.tokensGiven())
	}
}

// A late 401 for an old token does not discard the new one.
func TestOnlyTheRefusedTokenIsInvalidated(t *testing.T) {
	api := &fakeAPI{script: ok}
	c := api.onLoopback(t)
	var tokens []token
	for range 2 {
		got, err := c.auth.token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, got)
		if !c.auth.invalidate(tokens[0]) {
			t.Error("another token can be had")
		}
	}
	if got := c.auth.cached(); got != tokens[1] || tokens[0] == tokens[1] {
		t.Errorf("it has %+v after %+v", got, tokens)
	}
}

func TestManyCallersWithoutAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{script: ok, token: func(w http.ResponseWriter, r *http.Request) {
			<-time.After(time.Second)
			says(401, `{"error":"invalid_client"}`)(w, r)
		}}
		c := api.onPipes(t)
		errs := make([]error, 10)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = c.Do(t.Context(), aCreate()) })
		}
		all.Wait()
		own := map[*Error]bool{}
		for _, err := range errs {
			e := failureOf(t, err)
			own[e] = true
			if e.Code != errorcode.TokenRejected {
				t.Error(e)
			}
		}
		if len(own) != len(errs) || api.tokensGiven() != 1 {
			t.Errorf("%d errors for %d callers, %d fetches", len(own), len(errs), api.tokensGiven())
		}
	})
}

func TestATokenIsRenewedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{script: ok}
		c := api.onPipes(t)
		use := func(after time.Duration, header string, tokens int) {
			t.Helper()
			<-time.After(after)
			if _, err := c.Do(t.Context(), aRead()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			all := api.seen()
			if got := all[len(all)-1].header.Get("Authorization"); got != "Bearer "+header || api.tokensGiven() != tokens {
				t.Errorf("used %s, %d fetched; want %s, %d", got, api.tokensGiven(), header, tokens)
			}
		}
		use(0, "canary-token-1", 1)
		use(58*time.Minute, "canary-token-1", 1)
		use(90*time.Second, "canary-token-1", 2) // still valid, and renewed meanwhile
		use(time.Second, "canary-token-2", 2)
		use(2*time.Hour, "canary-token-3", 3) // no call was made while it was valid
	})
}

func TestAShortTokenIsUsedMoreThanOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{script: ok, token: says(200, `{"access_token":"canary","expires_in":20}`)}
		c := api.onPipes(t)
		for range 3 {
			if _, err := c.Do(t.Context(), aRead()); err != nil {
				t.Fatal(err)
			}
			<-time.After(4 * time.Second)
		}
		if api.tokensGiven() != 1 {
			t.Errorf("%d tokens in 12 s", api.tokensGiven())
		}
	})
}

func TestARenewalThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{script: ok}
		c := api.onPipes(t)
		if _, err := c.Do(t.Context(), aRead()); err != nil {
			t.Fatal(err)
		}
		<-time.After(59*time.Minute + 30*time.Second)
		api.mu.Lock()
		api.token = says(503, "")
		api.mu.Unlock()
		if _, err := c.Do(t.Context(), aRead()); err != nil {
			t.Errorf("the token is still valid: %v", err)
		}
		<-time.After(time.Minute)
		_, err := c.Do(t.Context(), aRead())
		if e := failureOf(t, err); e.Code != errorcode.Unreachable {
			t.Error(e)
		}
	})
}

func TestAnExpiredToken(t *testing.T) {
	refused := fails(401, "unauthorized_error")
	for _, test := range []struct {
		name    string
		request *Request
		change  func(*Config)
		script  []http.HandlerFunc
		sent    int
		tokens  int
		status  int // of the error, 0 on success
	}{
		{"a read", aRead(), func(*Config) {}, []http.HandlerFunc{refused, ok[0]}, 2, 2, 0},
		{"a create, which surely was not made", aCreate(), func(*Config) {}, []http.HandlerFunc{refused, ok[0]}, 2, 2, 0},
		{"refused twice", aCreate(), func(*Config) {}, []http.HandlerFunc{refused}, 2, 2, 401},
		{"refused after a 500", aRead(), func(*Config) {}, []http.HandlerFunc{fails(500, "internal_error"), refused, ok[0]}, 3, 2, 0},
		{"refused in words of a gateway", aCreate(), func(*Config) {}, []http.HandlerFunc{says(401, "Unauthorized"), ok[0]}, 2, 2, 0},
		{"an access token, which can't be renewed", aRead(), withToken, []http.HandlerFunc{refused, ok[0]}, 1, 0, 401},
		{"basic", aRead(), func(c *Config) { c.Auth = AuthBasic }, []http.HandlerFunc{refused, ok[0]}, 1, 0, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeAPI{script: test.script}
			_, err := api.onLoopback(t, test.change).Do(t.Context(), test.request)
			if len(api.seen()) != test.sent || api.tokensGiven() != test.tokens {
				t.Errorf("%d requests, %d tokens", len(api.seen()), api.tokensGiven())
			}
			if test.status == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e := failureOf(t, err); e.Status != test.status || e.Code != "unauthorized_error" || e.Unknown {
				t.Errorf("%v, unknown %t", e, e.Unknown)
			}
		})
	}
}

// When the API refuses a token to many callers, one new token is fetched.
func TestManyCallersOfAnExpiredToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{script: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			<-time.After(time.Second)
			if r.Header.Get("Authorization") == "Bearer canary-token-1" {
				fails(401, "unauthorized_error")(w, r)
				return
			}
			says(200, `{}`)(w, r)
		}}}
		c := api.onPipes(t)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := c.Do(t.Context(), aCreate()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if api.tokensGiven() != 2 || len(api.seen()) != 100 {
			t.Errorf("%d tokens for %d requests", api.tokensGiven(), len(api.seen()))
		}
	})
}

func TestTokenEndpointErrors(t *testing.T) {
	echo := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			says(status, strings.ReplaceAll(body, "HEADER", r.Header.Get("Authorization")))(w, r)
		}
	}
	for _, test := range []struct {
		name    string
		answer  http.HandlerFunc
		fetches int
		status  int
		code    string
		message string
	}{
		{"refuses", echo(401, `{"error":"invalid_client","error_description":"HEADER is not known"}`), 1, 401, errorcode.TokenRejected,
			"the token endpoint refused the credentials (401 invalid_client)"},
		{"refuses with a code of its own", echo(400, `{"error":"HEADER"}`), 1, 400, errorcode.TokenRejected, "the token endpoint refused the credentials (400)"},
		{"refuses with a page", echo(403, `<html>HEADER`), 1, 403, errorcode.TokenRejected, "the token endpoint refused the credentials (403)"},
		{"refuses at 200", echo(200, `{"error":"invalid_client"}`), 1, 200, errorcode.TokenRejected, "the token endpoint refused the credentials (200 invalid_client)"},
		{"is not there", echo(404, `HEADER`), 1, 404, errorcode.UnexpectedAnswer, "the token endpoint answered with status 404"},
		{"redirects", says(302, "", "Location", "/oauth2/token"), 1, 302, errorcode.UnexpectedAnswer, "the token endpoint answered with status 302"},
		{"answers a page", echo(200, `<html>HEADER`), 1, 0, errorcode.UnexpectedAnswer, "the token endpoint answered with no token of the standard form"},
		{"answers no token", echo(200, `{"token":"HEADER"}`), 1, 0, errorcode.UnexpectedAnswer, "the token endpoint answered with no token of the standard form"},
		{"gives one that can't be sent", echo(200, `{"access_token":"HEADER\n"}`), 1, 0, errorcode.UnexpectedAnswer, "the token endpoint answered with a token that can't be sent"},
		{"is down", echo(503, `HEADER`), 4, 503, errorcode.Unreachable, "the token endpoint answered 503"},
		{"is busy", echo(429, `HEADER`), 4, 429, errorcode.Unreachable, "the token endpoint answered 429"},
		{"is busy for an hour", says(429, "", "Retry-After", "3600"), 1, 429, errorcode.Unreachable, "the token endpoint answered 429"},
		{"breaks the connection", cuts(""), 4, 0, errorcode.Unreachable, "the token endpoint can't be reached: EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log logged
			api := &fakeAPI{script: ok, token: test.answer}
			_, err := api.onLoopback(t, log.to).Do(t.Context(), aCreate())
			e := failureOf(t, err)
			if e.Code != test.code || e.Status != test.status || e.Message != test.message || e.Unknown {
				t.Errorf("got %+v", e)
			}
			if len(api.seen()) != 0 || api.tokensGiven() != test.fetches {
				t.Errorf("%d requests, %d fetches, want none and %d", len(api.seen()), api.tokensGiven(), test.fetches)
			}
			if text := e.Error() + e.Resolution + log.String(); strings.Contains(text, "canary") || strings.Contains(text, "Basic ") {
				t.Errorf("a secret is seen: %s", text)
			}
		})
	}

	t.Run("hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{script: ok, token: func(_ http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}}
			c := api.onPipes(t)
			started := time.Now()
			_, err := c.Do(t.Context(), aCreate())
			if e := failureOf(t, err); e.Code != errorcode.Timeout || e.Unknown || time.Since(started) != 30*time.Second {
				t.Errorf("%v, unknown %t, after %v", e, e.Unknown, time.Since(started))
			}
		})
	})
}

func TestToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&fakeAPI{}).onPipes(t)
		expires, err := c.Token(t.Context())
		if err != nil || !expires.Equal(time.Now().Add(time.Hour)) {
			t.Errorf("expires %v, error %v", expires, err)
		}
	})
	t.Run("none to fetch", func(t *testing.T) {
		expires, err := (&fakeAPI{}).onLoopback(t, withToken).Token(t.Context())
		if err != nil || !expires.IsZero() {
			t.Errorf("expires %v, error %v", expires, err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		_, err := (&fakeAPI{token: says(401, "{}")}).onLoopback(t).Token(t.Context())
		if e := failureOf(t, err); e.Code != errorcode.TokenRejected {
			t.Error(e)
		}
	})
}

// Redirects are not followed: the key would be sent to another server.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		away := says(status, "", "Location", elsewhere.URL)
		for _, request := range []*Request{aRead(), aCreate()} {
			_, err := (&fakeAPI{script: []http.HandlerFunc{away}}).onLoopback(t).Do(t.Context(), request)
			if e := failureOf(t, err); e.Code != errorcode.UnexpectedAnswer || e.Status != status || e.Unknown {
				t.Errorf("%d: %v, unknown %t", status, e, e.Unknown)
			}
		}
		_, err := (&fakeAPI{token: away}).onLoopback(t).Token(t.Context())
		if e := failureOf(t, err); e.Code != errorcode.UnexpectedAnswer || e.Status != status {
			t.Errorf("%d of the token endpoint: %v", status, e)
		}
	}
}
