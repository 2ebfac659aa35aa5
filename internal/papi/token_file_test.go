package papi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"papi-mcp/internal/private"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// keeping returns a change of a configuration, with which tokens are kept in a file.
func keeping(path string) func(*Config) { return func(c *Config) { c.TokenFile = path } }

func tokenPath(t *testing.T) string { return filepath.Join(t.TempDir(), "state", "tokens.json") }

// kept returns the tokens in a file.
func kept(t *testing.T, path string) (tokens []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]keptToken
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, one := range file {
		tokens = append(tokens, one.Token)
	}
	return tokens
}

// read makes a request and returns the Authorization header that it had.
func read(t *testing.T, api *fakeAPI, c *Client) string {
	t.Helper()
	if _, err := c.Do(t.Context(), aRead()); err != nil {
		t.Fatal(err)
	}
	all := api.seen()
	return all[len(all)-1].header.Get("Authorization")
}

// Processes share the token of a key. Another key, a changed secret and another
// endpoint have tokens of their own.
func TestProcessesShareTheToken(t *testing.T) {
	path := tokenPath(t)
	api := &fakeAPI{script: ok}
	others := []func(*Config){
		func(*Config) {},
		func(c *Config) { c.KeySecret = "canary-other-secret" },
		func(c *Config) { c.KeyID = "canary-other-key" },
		func(c *Config) { c.TokenURL = strings.Replace(c.TokenURL, "127.0.0.1", "localhost", 1) },
	}
	server := api.onLoopback(t)
	at := func(c *Config) { c.BaseURL, c.TokenURL = server.base, server.base+"/oauth2/token" }
	for range 3 {
		for i, other := range others {
			c := api.onLoopback(t, keeping(path), at, other)
			if got, want := read(t, api, c), fmt.Sprint("Bearer canary-token-", i+1); got != want {
				t.Errorf("client %d sent %s, want %s", i, got, want)
			}
			if expires, err := c.Token(t.Context()); err != nil || expires.IsZero() {
				t.Errorf("%v, %v", expires, err)
			}
		}
	}
	if api.tokensGiven() != len(others) {
		t.Errorf("%d tokens were fetched for %d keys", api.tokensGiven(), len(others))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"secret", "canary-key", "canary-other", "localhost"} {
		if strings.Contains(string(raw), hidden) {
			t.Errorf("%q is in the file: %s", hidden, raw)
		}
	}
	for _, name := range []string{path, filepath.Dir(path)} {
		if err := private.Inspect(name, 0o077); err != nil {
			t.Error(err)
		}
	}
}

// Processes that start together fetch one token.
func TestProcessesFetchOneTokenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := tokenPath(t)
		api := &fakeAPI{script: ok, token: func(w http.ResponseWriter, r *http.Request) {
			<-time.After(5 * time.Second)
			says(200, `{"access_token":"canary","expires_in":3600}`)(w, r)
		}}
		var all sync.WaitGroup
		for range 10 {
			c := api.onPipes(t, keeping(path))
			all.Go(func() { read(t, api, c) })
		}
		all.Wait()
		if api.tokensGiven() != 1 || len(api.seen()) != 10 {
			t.Errorf("%d tokens for %d requests", api.tokensGiven(), len(api.seen()))
		}
	})
}

// A process does not wait for ever for one that fetches a token.
func TestTheWaitForAnotherProcessIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := tokenPath(t)
		api := &fakeAPI{script: ok}
		c := api.onPipes(t, keeping(path))
		other := c.auth.file.open(t.Context())
		defer other.close()
		began := time.Now()
		if got := read(t, api, c); got != "Bearer canary-token-1" || time.Since(began) < tokenLockWait || time.Since(began) > 2*tokenLockWait {
			t.Errorf("%s after %v", got, time.Since(began))
		}
	})
}

// A kept token is not used when it is about to expire.
func TestAKeptTokenIsRenewedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := tokenPath(t)
		api := &fakeAPI{script: ok}
		for _, step := range []struct {
			after time.Duration
			want  string
		}{{0, "1"}, {58 * time.Minute, "1"}, {90 * time.Second, "2"}, {2 * time.Hour, "3"}} {
			<-time.After(step.after)
			if got := read(t, api, api.onPipes(t, keeping(path))); got != "Bearer canary-token-"+step.want {
				t.Errorf("after %v more it sent %s", step.after, got)
			}
			if got := kept(t, path); len(got) != 1 || got[0] != "canary-token-"+step.want {
				t.Errorf("kept %v", got)
			}
		}
	})
}

// A token that the API refuses is replaced, in the file as well; one that another
// process has fetched meanwhile is used.
func TestAKeptTokenIsRefused(t *testing.T) {
	path := tokenPath(t)
	api := &fakeAPI{script: []http.HandlerFunc{says(200, `{}`), fails(401, "unauthorized_error"), says(200, `{}`), says(200, `{}`), fails(401, "unauthorized_error"), says(200, `{}`)}}
	server := api.onLoopback(t)
	at := func(c *Config) { c.BaseURL, c.TokenURL = server.base, server.base+"/oauth2/token" }
	first := api.onLoopback(t, keeping(path), at)
	read(t, api, first)
	second := api.onLoopback(t, keeping(path), at)
	if got := read(t, api, second); got != "Bearer canary-token-2" || api.tokensGiven() != 2 {
		t.Errorf("it sent %s, %d fetched", got, api.tokensGiven())
	}
	if got := kept(t, path); len(got) != 1 || got[0] != "canary-token-2" {
		t.Errorf("kept %v", got)
	}
	read(t, api, first) // which still has the first one
	if got := read(t, api, first); got != "Bearer canary-token-2" || api.tokensGiven() != 2 {
		t.Errorf("it sent %s, %d fetched", got, api.tokensGiven())
	}
}

// A file that is damaged, or is something else, is replaced.
func TestADamagedTokenFile(t *testing.T) {
	path := tokenPath(t)
	api := &fakeAPI{script: ok}
	c := api.onLoopback(t, keeping(path))
	read(t, api, c)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name := c.auth.file.key
	far := `"renew":"2100-01-01T00:00:00Z","expires":"2100-01-01T00:00:00Z"`
	for _, content := range []string{
		"", "null", "[]", "5", "{}", string(whole[:len(whole)/2]), "\x00\x01", `{"` + name + `":7}`, `{"` + name + `":null}`,
		`{"` + name + `":{"token":""}}`, `{"` + name + `":{"token":"a"}}`, `{"` + name + `":{"token":"a b",` + far + `}}`, `{"` + name + `":{"token":"a\nb",` + far + `}}`,
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		api.tokens = 0
		fresh := api.onLoopback(t, keeping(path), func(config *Config) { config.TokenURL = c.auth.oauth.TokenURL })
		if got := read(t, api, fresh); got != "Bearer canary-token-1" {
			t.Errorf("%q: it sent %s", content, got)
		}
		if got := kept(t, path); len(got) != 1 || got[0] != "canary-token-1" {
			t.Errorf("%q: kept %v", content, got)
		}
	}
}

// The file is limited, and loses what has expired.
func TestTheTokenFileIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := tokenPath(t)
		life := 100
		api := &fakeAPI{script: ok, token: func(w http.ResponseWriter, r *http.Request) {
			life++
			says(200, fmt.Sprintf(`{"access_token":"canary-%d","expires_in":%d}`, life, life))(w, r)
		}}
		use := func(key string) {
			read(t, api, api.onPipes(t, keeping(path), func(c *Config) { c.KeyID = key }))
		}
		for i := range maxKeptTokens + 4 {
			use(fmt.Sprint("key ", i))
		}
		if got := kept(t, path); len(got) != maxKeptTokens || strings.Contains(strings.Join(got, " "), "canary-101") {
			t.Errorf("kept %v", got)
		}
		<-time.After(time.Hour)
		use("one more")
		if got := kept(t, path); len(got) != 1 {
			t.Errorf("kept %v", got)
		}
	})
}

// Nothing is kept where others could read it or replace it, or where there is nothing
// to keep. The calls work all the same, and the log says why at level Debug.
func TestTokensThatAreNotKept(t *testing.T) {
	const noExpiry = `{"access_token":"canary-token-1"}`
	for _, test := range []struct {
		name    string
		prepare func(path string) error
		change  func(*Config)
		fetched int
		log     string
	}{
		{"a folder that others can write", func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) }, nil, 2, "has the permissions 0777"},
		{"a folder that the group can write", func(path string) error { return os.Chmod(filepath.Dir(path), 0o770) }, nil, 2, "has the permissions 0770"},
		{"a file that others can read", func(path string) error {
			return errors.Join(os.WriteFile(path, []byte("{}"), 0o600), os.Chmod(path, 0o644))
		}, nil, 2, "has the permissions 0644"},
		{"a link to a file", func(path string) error {
			return errors.Join(os.WriteFile(path+".real", []byte("{}"), 0o600), os.Symlink(path+".real", path))
		}, nil, 2, "is not a regular file"},
		{"a link to a folder", func(path string) error {
			dir := filepath.Dir(path)
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		}, nil, 2, "is a symbolic link"},
		{"a file in place of the folder", func(path string) error {
			dir := filepath.Dir(path)
			return errors.Join(os.Remove(dir), os.WriteFile(dir, nil, 0o600))
		}, nil, 2, "the token is not kept"},
		{"a token without an expiry", func(string) error { return nil }, nil, 2, ""},
		{"an access token", func(string) error { return nil }, withToken, 0, ""},
		{"basic", func(string) error { return nil }, func(c *Config) { c.Auth = AuthBasic }, 0, ""},
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(test.log, "has the permissions") {
			continue // it has no modes
		}
		t.Run(test.name, func(t *testing.T) {
			path := tokenPath(t)
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := test.prepare(path); err != nil {
				t.Fatal(err)
			}
			api := &fakeAPI{script: ok}
			if test.log == "" {
				api.token = says(200, noExpiry)
			}
			if test.change == nil {
				test.change = func(*Config) {}
			}
			var log logged
			for range 2 {
				read(t, api, api.onLoopback(t, keeping(path), log.to, test.change))
			}
			if api.tokensGiven() != test.fetched {
				t.Errorf("%d tokens were fetched, want %d", api.tokensGiven(), test.fetched)
			}
			for _, name := range []string{path, path + ".real"} {
				if raw, err := os.ReadFile(name); err == nil && strings.Contains(string(raw), "canary") {
					t.Errorf("%s has %s", name, raw)
				}
			}
			if !strings.Contains(log.String(), test.log) || strings.Contains(log.String(), "canary-token") || strings.Contains(log.String(), `"WARN"`) {
				t.Errorf("it logged %s", log.String())
			}
		})
	}
}
