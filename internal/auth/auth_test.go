package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func hashed(t *testing.T, text string) [sha256.Size]byte {
	t.Helper()
	h, err := ParseHash(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return h
}

func TestCallersWithKeys(t *testing.T) {
	first, firstHash := NewKey()
	second, secondHash := NewKey()
	other, otherHash := NewKey()
	if first == second || len(first) < 26 || strings.Contains(firstHash, first) {
		t.Fatalf("%s, %s", first, second)
	}
	bot := Key{Name: "bot", Hashes: [][sha256.Size]byte{hashed(t, firstHash), hashed(t, secondHash)}, Grant: Grant{Tenant: "emea", Projects: []string{"p"}}}
	keys := []Key{bot, {Name: "desk", Hashes: [][sha256.Size]byte{hashed(t, otherHash)}}}
	a := Keys(func() []Key { return keys })

	for name, test := range map[string]struct {
		authorization []string
		principal     string // "" where it is refused
		challenge     string
	}{
		"a key":                      {[]string{"Bearer " + first}, "key:bot@emea", ""},
		"its second key":             {[]string{"Bearer " + second}, "key:bot@emea", ""},
		"another caller's":           {[]string{"bearer " + other}, "key:desk", ""},
		"none":                       {nil, "", `Bearer realm="papi-mcp"`},
		"an unknown one":             {[]string{"Bearer " + first + "x"}, "", `Bearer realm="papi-mcp", error="invalid_token"`},
		"the hash for the key":       {[]string{"Bearer " + firstHash}, "", `Bearer realm="papi-mcp", error="invalid_token"`},
		"an empty one":               {[]string{"Bearer "}, "", `Bearer realm="papi-mcp"`},
		"another scheme":             {[]string{"Basic " + first}, "", `Bearer realm="papi-mcp"`},
		"two, of which one is valid": {[]string{"Bearer " + first, "Bearer x"}, "", `Bearer realm="papi-mcp"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
			r.Header["Authorization"] = test.authorization
			id, failure := a(r)
			if test.principal != "" {
				if failure != nil || id.Principal != test.principal {
					t.Errorf("got %+v, %v", id, failure)
				}
				return
			}
			if failure == nil || failure.Status != http.StatusUnauthorized || failure.Challenge != test.challenge || strings.Contains(failure.Message, first) {
				t.Errorf("got %+v, %+v", id, failure)
			}
		})
	}

	keys = keys[1:] // the first is taken out of the file
	if _, failure := a(presenting(first)); failure == nil {
		t.Error("a key that was taken away still works")
	}
}

func TestCredentialsWithTheRequest(t *testing.T) {
	a := WithCredentials(None)
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	authenticate := func(values ...string) (Identity, *Failure) {
		r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
		r.Header[CredentialsHeader] = values
		return a(r)
	}
	id, failure := authenticate(encode("project-a:key:sec:ret"))
	if failure != nil {
		t.Fatal(failure)
	}
	if want := (Credentials{"project-a", "key", "sec:ret"}); *id.Credentials != want || !reflect.DeepEqual(id.Grant.Projects, []string{"project-a"}) {
		t.Errorf("got %+v, %+v", id, id.Credentials)
	}
	if id.LimitKey() != "http" {
		t.Errorf("limits count %q", id.LimitKey())
	}
	if strings.Contains(id.Principal, "ret") || !strings.HasPrefix(id.Principal, "http@") {
		t.Errorf("principal %s", id.Principal)
	}
	// Only who has all three parts is the same.
	for _, text := range []string{"project-b:key:sec:ret", "project-a:key2:sec:ret", "project-a:key:sec:red", "project-a:key:sec"} {
		if other, failure := authenticate(encode(text)); failure != nil || other.Principal == id.Principal || other.LimitKey() != id.LimitKey() {
			t.Errorf("%s: %+v, %v", text, other, failure)
		}
	}
	for name, values := range map[string][]string{
		"none":             nil,
		"no base64":        {"project-a:key:secret"},
		"two parts":        {encode("project-a:key")},
		"an empty part":    {encode("project-a::secret")},
		"a line break":     {encode("project-a:key:sec\r\nX: y")},
		"twice":            {encode("a:b:c"), encode("a:b:c")},
		"too long":         {encode("a:b:" + strings.Repeat("c", maxCredentials))},
		"characters apart": {encode("a:b:\u202ec")},
	} {
		if _, failure := authenticate(values...); failure == nil || failure.Status != http.StatusBadRequest || failure.Code != "credentials_missing" {
			t.Errorf("%s: %+v", name, failure)
		}
	}
}

// A caller with an allowlist can't bypass it with its own credentials.
func TestCredentialsKeepToTheAllowlist(t *testing.T) {
	key, hash := NewKey()
	keys := []Key{{Name: "bot", Hashes: [][sha256.Size]byte{hashed(t, hash)}, Grant: Grant{Projects: []string{"project-a"}}}}
	a := WithCredentials(Keys(func() []Key { return keys }))
	for project, status := range map[string]int{"project-a": 0, "project-b": http.StatusForbidden} {
		r := presenting(key)
		r.Header.Set(CredentialsHeader, base64.StdEncoding.EncodeToString([]byte(project+":key:secret")))
		_, failure := a(r)
		if (failure == nil) != (status == 0) || failure != nil && failure.Status != status {
			t.Errorf("%s: %+v", project, failure)
		}
	}
	if _, failure := a(httptest.NewRequest(http.MethodPost, "/mcp", nil)); failure == nil || failure.Status != http.StatusUnauthorized {
		t.Errorf("credentials for the API alone: %+v", failure)
	}
}

// A placeholder that was not filled in is reported as one, and the line break that
// echo adds before base64 is not part of the secret.
func TestPlaceholdersInHeaders(t *testing.T) {
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for value, code := range map[string]string{
		"${CREDENTIALS}":                            "configuration_unfilled",
		"${input:credentials}":                      "configuration_unfilled",
		"<your-credentials>":                        "configuration_unfilled",
		encode("${PROJECT}:key:secret"):             "configuration_unfilled",
		encode("project-a:<key-id>:secret"):         "configuration_unfilled",
		encode("project-a:key:${SINCH_KEY_SECRET}"): "configuration_unfilled",
		"project-a:key:secret":                      "credentials_missing",
		encode("project-a:key:sec\nret"):            "credentials_missing",
		encode("project-a:key:\n"):                  "credentials_missing",
		encode("project-a:key:secret\n"):            "",
		encode("project-a:key:secret\r\n"):          "",
	} {
		r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
		r.Header.Set(CredentialsHeader, value)
		id, failure := WithCredentials(None)(r)
		switch {
		case code == "" && (failure != nil || id.Credentials.KeySecret != "secret"):
			t.Errorf("%s: %+v, %+v", value, id.Credentials, failure)
		case code != "" && (failure == nil || failure.Code != code || failure.Status != http.StatusBadRequest):
			t.Errorf("%s: %+v", value, failure)
		}
	}
	a := Keys(func() []Key { return nil })
	if _, failure := a(presenting("${PAPI_KEY}")); failure == nil || failure.Code != "configuration_unfilled" || failure.Status != http.StatusUnauthorized {
		t.Errorf("%+v", failure)
	}
}

func TestGrants(t *testing.T) {
	all, some := Grant{}, Grant{Toolsets: map[string]bool{"webhooks": true, "rcs": false}}
	for _, test := range []struct {
		grant   Grant
		toolset string
		writes  bool
		allows  bool
	}{
		{all, "rcs", true, true},
		{some, "webhooks", true, true},
		{some, "webhooks", false, true},
		{some, "rcs", false, true},
		{some, "rcs", true, false},
		{some, "sms", false, false},
	} {
		if got := test.grant.Allows(test.toolset, test.writes); got != test.allows {
			t.Errorf("%+v", test)
		}
	}
}
