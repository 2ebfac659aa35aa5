package papi

import (
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
)

// Servers write expires_in in several forms.
func TestTokenExpiry(t *testing.T) {
	for given, want := range map[string]time.Duration{
		`3599`:       3599 * time.Second,
		`3599.0`:     3599 * time.Second,
		`3.599e3`:    3599 * time.Second,
		`"3599"`:     3599 * time.Second,
		`"3599.0"`:   3599 * time.Second,
		`1e30`:       (1<<31 - 1) * time.Second,
		`""`:         0, // absent: unknown
		`null`:       0,
		`0`:          0,
		`3599.5`:     -1, // refused
		`"soon"`:     -1,
		`[3599]`:     -1,
		`true`:       -1,
		`{"s":3599}`: -1,
		`-1e300`:     -1,
	} {
		api := &fakeAPI{script: ok, token: says(200, `{"access_token":"canary","token_type":"bearer","expires_in":`+given+`}`)}
		c := api.onLoopback(t)
		expires, err := c.Token(t.Context())
		switch {
		case want < 0:
			if e := failureOf(t, err); e.Code != errorcode.UnexpectedAnswer {
				t.Errorf("%s: %v", given, e)
			}
		case err != nil:
			t.Errorf("%s: %v", given, err)
		case want == 0:
			if !expires.IsZero() {
				t.Errorf("%s: expires %v", given, expires)
			}
		case time.Until(expires) > want || time.Until(expires) < want-time.Minute:
			t.Errorf("%s: valid for %v", given, time.Until(expires))
		}
	}
	// One that does not say how long it is valid, as a web form.
	api := &fakeAPI{script: ok, token: says(200, `access_token=canary&expires_in=60`, "Content-Type", "application/x-www-form-urlencoded")}
	if expires, err := api.onLoopback(t).Token(t.Context()); err != nil || expires.IsZero() {
		t.Errorf("%v, %v", expires, err)
	}
}
