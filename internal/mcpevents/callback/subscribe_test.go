package callback

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
)

func TestSecrets(t *testing.T) {
	of := func(n int) string { return "whsec_" + strings.Repeat("AAAA", n/3) }
	for text, want := range map[string]int{
		secretA: 24, of(63): 63, "whsec_" + strings.Repeat("AAAA", 21) + "AA==": 64, "whsec_" + strings.Repeat("AAAA", 21) + "AA": 64, // without padding
		of(21): 0, of(66): 0, "": 0, "whsec_": 0, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": 0, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!": 0,
		"whsec_AAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAA": 0, "whsec_----------------________________": 0, "WHSEC_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": 0,
	} {
		secret, ok := decodeSecret(text)
		if ok != (want > 0) || len(secret) != want && ok {
			t.Errorf("%q: %d bytes, %v", text, len(secret), ok)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	params := func(url, secret, more string) string {
		return fmt.Sprintf(`{"name":"changed","delivery":{"mode":"webhook","url":%q,"secret":%q}%s}`, url, secret, more)
	}
	authenticated := caller("key:a")
	own := caller("key:a")
	own.Own = true
	for name, tt := range map[string]struct {
		caller mcpevents.Caller
		params string
		code   int
		says   string
	}{
		"no caller":               {mcpevents.Caller{As: "http"}, params("https://example.com/", secretA, ""), mcpevents.Forbidden, "authenticated"},
		"credentials of its own":  {own, params("https://example.com/", secretA, ""), mcpevents.Forbidden, "came with the request"},
		"no params":               {authenticated, `[]`, mcpevents.InvalidParams, "delivery"},
		"another event":           {authenticated, strings.Replace(params("https://example.com/", secretA, ""), "changed", "none", 1), mcpevents.NotFound, "event"},
		"another mode":            {authenticated, strings.Replace(params("https://example.com/", secretA, ""), "webhook", "push", 1), mcpevents.Unsupported, "events/stream"},
		"no secret":               {authenticated, params("https://example.com/", "", ""), mcpevents.InvalidParams, "delivery.secret"},
		"no URL":                  {authenticated, params("", secretA, ""), mcpevents.InvalidParams, "delivery.url"},
		"http":                    {authenticated, params("http://example.com/", secretA, ""), mcpevents.InvalidParams, "https://"},
		"a user":                  {authenticated, params("https://a:b@example.com/", secretA, ""), mcpevents.InvalidParams, "password"},
		"a fragment":              {authenticated, params("https://example.com/#a", secretA, ""), mcpevents.InvalidParams, "fragment"},
		"an address":              {authenticated, params("https://10.0.0.1/", secretA, ""), mcpevents.InvalidParams, "public"},
		"a mapped address":        {authenticated, params("https://[::ffff:169.254.169.254]/", secretA, ""), mcpevents.InvalidParams, "public"},
		"a long URL":              {authenticated, params("https://example.com/"+strings.Repeat("a", maxURL), secretA, ""), mcpevents.InvalidParams, "maximum"},
		"port 0":                  {authenticated, params("https://example.com:0/", secretA, ""), mcpevents.InvalidParams, "port"},
		"no port":                 {authenticated, params("https://example.com:65536/", secretA, ""), mcpevents.InvalidParams, "port"},
		"a TTL with a fraction":   {authenticated, params("https://example.com/", secretA, `,"ttlMs":1.5`), mcpevents.InvalidParams, "ttlMs"},
		"a TTL that is no number": {authenticated, params("https://example.com/", secretA, `,"ttlMs":"1h"`), mcpevents.InvalidParams, "ttlMs"},
		"a negative age":          {authenticated, params("https://example.com/", secretA, `,"maxAgeMs":-1`), mcpevents.InvalidParams, "maxAgeMs"},
	} {
		_, wrong := f.subs.Subscribe(t.Context(), tt.caller, json.RawMessage(tt.params))
		if wrong == nil || wrong.Code != tt.code || !strings.Contains(wrong.Message, tt.says) {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
	if keys, _ := f.store.Keys(t.Context(), ""); len(keys) != 0 {
		t.Errorf("what was refused left %q", keys)
	}
	f.hook.none(t)
}

// Without the flag for tests, neither http nor loopback is allowed.
func TestLoopbackNeedsItsFlag(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Loopback = false })
	for _, url := range []string{f.hook.URL, strings.Replace(f.hook.URL, "http:", "https:", 1), "https://localhost:1/"} {
		_, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), json.RawMessage(fmt.Sprintf(`{"name":"changed","delivery":{"url":%q,"secret":%q}}`, url, secretA)))
		if wrong == nil || wrong.Code != mcpevents.InvalidParams && wrong.Data["reason"] != connectionRefused {
			t.Errorf("%s: %v", url, wrong)
		}
	}
	f.hook.none(t)
}

// The key of a subscription is the caller, the URL, the event and its arguments, in
// whatever form they were written. Its id is the same after a restart.
func TestTheKey(t *testing.T) {
	f := newFixture(t, nil)
	first := f.subscribe("key:a", f.request(`,"arguments":{"a":1,"b":2}`))
	f.subs = New(f.options)
	if again := f.subscribe("key:a", f.request(`,"arguments":{"b":2,"a":1}`)); again.ID != first.ID || again.DeliveryStatus == nil {
		t.Errorf("the same: %+v", again)
	}
	ids := map[string]bool{first.ID: true}
	for _, other := range []struct {
		caller string
		params json.RawMessage
	}{
		{"key:b", f.request(`,"arguments":{"a":1,"b":2}`)}, {"key:a", f.request(`,"arguments":{"a":1}`)},
		{"key:a", json.RawMessage(strings.Replace(string(f.request(`,"arguments":{"a":1,"b":2}`)), "/hook", "/other", 1))},
	} {
		got := f.subscribe(other.caller, other.params)
		if ids[got.ID] || got.DeliveryStatus != nil {
			t.Errorf("%s: not another one: %+v", other.params, got)
		}
		ids[got.ID] = true
	}
}

// A client that asks for a time gets no longer one; only one that asks for none gets none,
// if its access can be checked for ever.
func TestGrants(t *testing.T) {
	f := newFixture(t, func(o *Options) {
		o.Unlimited = func(owner mcpevents.Owner) bool { return owner.Principal == "key:a" }
	})
	for _, tt := range []struct {
		principal, ttl string
		want           time.Duration // 0: no expiry
	}{
		{"key:a", "", defaultTTL}, {"key:a", `,"ttlMs":120000`, 2 * time.Minute}, {"key:a", `,"ttlMs":1`, minTTL},
		{"key:a", `,"ttlMs":0`, minTTL}, {"key:a", `,"ttlMs":-5`, minTTL}, {"key:a", `,"ttlMs":-99999999999999999999`, minTTL},
		{"key:a", `,"ttlMs":9007199254740991`, maxTTL}, {"key:a", `,"ttlMs":99999999999999999999`, maxTTL}, {"key:a", `,"ttlMs":null`, 0}, {"oidc:a", `,"ttlMs":null`, maxTTL},
	} {
		got := f.subscribe(tt.principal, f.request(tt.ttl))
		switch {
		case tt.want == 0:
			if got.RefreshBefore != nil {
				t.Errorf("%s: expires at %s", tt.ttl, *got.RefreshBefore)
			}
		case got.RefreshBefore == nil:
			t.Errorf("%s %s: no expiry", tt.principal, tt.ttl)
		default:
			at, err := time.Parse(time.RFC3339, *got.RefreshBefore)
			if granted := at.Sub(f.clock.now()).Round(time.Second); err != nil || granted != tt.want {
				t.Errorf("%s: %v, %v; want %v", tt.ttl, granted, err, tt.want)
			}
		}
	}
	encoded, err := json.Marshal(Subscribed{})
	if err != nil || !strings.Contains(string(encoded), `"refreshBefore":null`) {
		t.Errorf("no expiry is null: %s", encoded)
	}
}

func TestASubscriptionExpires(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(`,"ttlMs":60000`))
	f.clock.advance(time.Minute)
	f.occur("evt_1")
	if err := f.subs.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keys, _ := f.store.Keys(t.Context(), "secret/"); len(keys) != 0 {
		t.Errorf("it is still there: %q", keys)
	}
	if keys, _ := f.store.Keys(t.Context(), progressPrefix); len(keys) != 0 {
		t.Errorf("its progress is still there: %q", keys)
	}
	// It begins again where the client says.
	if got := f.subscribe("key:a", f.request(`,"cursor":"0"`)); got.DeliveryStatus != nil || got.Cursor != "0" || got.Truncated {
		t.Errorf("subscribed again: %+v", got)
	}
	if got := f.hook.next(t); got.text("eventId") != "evt_1" {
		t.Errorf("%s", got.raw)
	}
}

// One without expiry has its things watched for ever.
func TestNoExpiryIsWatched(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Unlimited = func(mcpevents.Owner) bool { return true } })
	f.subscribe("key:a", f.request(`,"ttlMs":null`))
	for range 5 {
		f.clock.advance(maxTTL - time.Hour)
		if until := f.log.kept["{}"]; until.Before(f.clock.now()) {
			t.Fatalf("watched until %v only", until)
		}
		if err := f.subs.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.run(f.subs)
	f.occur("evt_1")
	if got := f.hook.next(t); got.text("eventId") != "evt_1" {
		t.Errorf("%s", got.raw)
	}
}

// A refresh replaces the secret; for a while the one before signs too.
func TestSecretsRotate(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	f.subscribe("key:a", json.RawMessage(strings.Replace(string(f.request("")), secretA, secretB, 1)))
	f.occur("evt_1")
	if got := f.hook.next(t); !verifies(t, got, secretA) || !verifies(t, got, secretB) || signatures(got) != 2 {
		t.Errorf("just after it: %s", got.header.Get("webhook-signature"))
	}
	f.clock.advance(formerGrace)
	f.occur("evt_2")
	if got := f.hook.next(t); verifies(t, got, secretA) || !verifies(t, got, secretB) || signatures(got) != 1 {
		t.Errorf("later: %s", got.header.Get("webhook-signature"))
	}
}

// The cursor of a client counts where the subscription is new, and not where it is live.
func TestReplay(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.occur("evt_1")
	f.clock.advance(time.Hour)
	f.occur("evt_2")
	got := f.subscribe("key:a", f.request(`,"cursor":"0","arguments":{"n":1}`))
	if got.Cursor != "0" || got.Truncated {
		t.Errorf("from a cursor: %+v", got)
	}
	for _, id := range []string{"evt_1", "evt_2"} {
		if got := f.hook.next(t); got.text("eventId") != id {
			t.Errorf("%s", got.raw)
		}
	}
	f.until("both are settled", func() bool { return f.metrics.of("delivered") == 2 })
	if got := f.subscribe("key:a", f.request(`,"cursor":"0","arguments":{"n":1}`)); got.Cursor != "2" || got.Truncated {
		t.Errorf("a refresh with an older cursor: %+v", got)
	}
	if got := f.subscribe("key:a", f.request(`,"cursor":"0","maxAgeMs":60000,"arguments":{"n":2}`)); got.Cursor != "1" || !got.Truncated {
		t.Errorf("with a maximum age: %+v", got)
	}
	if got := f.hook.next(t); got.text("eventId") != "evt_2" {
		t.Errorf("%s", got.raw)
	}
	if got := f.subscribe("key:a", f.request(`,"cursor":"stale","arguments":{"n":3}`)); got.Cursor != "2" || !got.Truncated {
		t.Errorf("from a cursor of another log: %+v", got)
	}
	if got := f.subscribe("key:a", f.request(`,"cursor":null,"maxAgeMs":60000,"arguments":{"n":4}`)); got.Cursor != "2" || got.Truncated {
		t.Errorf("from now: %+v", got)
	}
	f.until("nothing else is sent", func() bool { return f.metrics.of("delivered") == 3 })
	f.hook.none(t)
}

func TestUnsubscribed(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	without := json.RawMessage(fmt.Sprintf(`{"name":"changed","arguments":{},"delivery":{"url":%q}}`, f.hook.URL+"/hook"))
	if _, wrong := f.subs.Unsubscribe(t.Context(), caller("key:b"), without); wrong == nil || wrong.Code != mcpevents.NotFound || wrong.Data["kind"] != "subscription" {
		t.Errorf("another caller's: %v", wrong)
	}
	if result, wrong := f.subs.Unsubscribe(t.Context(), caller("key:a"), without); wrong != nil || string(encode(result)) != "{}" {
		t.Errorf("%s, %v", encode(result), wrong)
	}
	if _, wrong := f.subs.Unsubscribe(t.Context(), caller("key:a"), without); wrong == nil || wrong.Code != mcpevents.NotFound {
		t.Errorf("a second time: %v", wrong)
	}
	f.occur("evt_1")
	f.hook.none(t)
	if keys, _ := f.store.Keys(t.Context(), progressPrefix); len(keys) != 0 {
		t.Errorf("its progress is still there: %q", keys)
	}
}

func TestTooManySubscriptions(t *testing.T) {
	f := newFixture(t, nil)
	request := func(n int) json.RawMessage { return f.request(fmt.Sprintf(`,"ttlMs":60000,"arguments":{"n":%d}`, n)) }
	for n := range maxSubscriptions {
		f.subscribe("key:a", request(n))
	}
	_, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), request(maxSubscriptions))
	if wrong == nil || wrong.Code != mcpevents.ResourceExhausted || wrong.Data["limit"] != "subscriptions" || wrong.Data["max"] != maxSubscriptions {
		t.Errorf("one more: %v", wrong)
	}
	f.subscribe("key:a", request(0)) // a refresh
	f.subscribe("key:b", request(0)) // another caller
	f.clock.advance(time.Minute)     // those that have expired don't count
	f.subscribe("key:a", request(maxSubscriptions))
}

// The secret and the URL are encrypted in the store.
func TestSecretsAreEncrypted(t *testing.T) {
	f := newFixture(t, nil)
	encrypted, err := store.WithKeys(f.store, []store.Key{{1}})
	if err != nil {
		t.Fatal(err)
	}
	f.options.Store = encrypted
	f.subs = New(f.options)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	keys, err := f.store.Keys(t.Context(), "")
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	for _, key := range keys {
		value, _, _ := f.store.Get(t.Context(), key)
		for _, secret := range []string{secretA[len(secretPrefix):], "/hook", "127.0.0.1"} {
			if strings.Contains(key+string(value), secret) {
				t.Errorf("%s has %s: %q", key, secret, value)
			}
		}
	}
	f.occur("evt_1")
	if got := f.hook.next(t); !verifies(t, got, secretA) {
		t.Error("it does not verify")
	}
}

// Nothing is sent to an endpoint that does not echo the challenge.
func TestNoEchoNoDelivery(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.hook.silent = true
	_, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), f.request(""))
	if wrong == nil || wrong.Code != mcpevents.CallbackEndpointError || wrong.Data["reason"] != challengeFailed {
		t.Fatalf("%+v", wrong)
	}
	got := f.hook.next(t)
	if got.text("type") != "verification" || len(got.text("challenge")) < 40 || !strings.HasPrefix(got.header.Get("webhook-id"), "msg_verification_") ||
		got.header.Get("X-MCP-Subscription-Id") == "" || !verifies(t, got, secretA) {
		t.Errorf("the challenge: %s %v", got.raw, got.header)
	}
	f.occur("evt_1")
	if err := f.subs.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.hook.none(t)
	if keys, _ := f.store.Keys(t.Context(), ""); len(keys) != 0 {
		t.Errorf("it left %q", keys)
	}
}

// An endpoint is challenged once for each caller and URL, over restarts too.
func TestChallengesAreCached(t *testing.T) {
	f := newFixture(t, nil)
	subscribe := func(principal, more string) {
		t.Helper()
		if _, wrong := f.subs.Subscribe(t.Context(), caller(principal), f.request(more)); wrong != nil {
			t.Fatal(wrong)
		}
	}
	subscribe("key:a", "")
	first := f.hook.next(t)
	subscribe("key:a", `,"arguments":{"n":1}`)
	f.subs = New(f.options)
	subscribe("key:a", `,"arguments":{"n":2}`)
	f.hook.none(t)
	subscribe("key:b", "")
	if second := f.hook.next(t); second.text("challenge") == first.text("challenge") {
		t.Error("a challenge was used twice")
	}
}

func TestChallengesAreLimitedByHost(t *testing.T) {
	f := newFixture(t, nil)
	f.hook.silent = true
	for range challengeBurst {
		if _, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), f.request("")); wrong.Code != mcpevents.CallbackEndpointError {
			t.Fatal(wrong)
		}
	}
	_, wrong := f.subs.Subscribe(t.Context(), caller("key:b"), json.RawMessage(strings.Replace(string(f.request("")), "/hook", "/other", 1)))
	if wrong == nil || wrong.Code != mcpevents.ResourceExhausted || wrong.Data["limit"] != "challenges" || wrong.Data["retryAfterMs"].(int64) <= 0 {
		t.Errorf("one more: %+v", wrong)
	}
	if n := len(f.hook.bodies); n != challengeBurst {
		t.Errorf("%d challenges", n)
	}
}

// However a host is written, it is one: its challenges and deliveries are counted together.
func TestAHostInOtherForms(t *testing.T) {
	for url, want := range map[string]string{
		"https://Hook.EXAMPLE.com./x": "hook.example.com", "https://hook.example.com:8443?x": "hook.example.com",
		"https://bücher.example/": "xn--bcher-kva.example", "https://xn--BCHER-kva.example/": "xn--bcher-kva.example",
		"https://[::ffff:203.0.113.5]/": "203.0.113.5", "https://[2001:DB8:0::1]/": "2001:db8::1",
	} {
		if got := hostOf(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

// A status without a challenge is reported as a word.
func TestAnEndpointThatRefusesTheChallenge(t *testing.T) {
	for status, reason := range map[int]string{
		http.StatusNotFound: http4xx, http.StatusBadGateway: http5xx, http.StatusFound: http4xx, http.StatusNoContent: challengeFailed,
	} {
		f := newFixture(t, nil)
		server := newStatus(t, status)
		_, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), json.RawMessage(strings.Replace(string(f.request("")), f.hook.URL, server, 1)))
		if wrong == nil || wrong.Code != mcpevents.CallbackEndpointError || wrong.Data["reason"] != reason || f.metrics.of("challenge "+reason) != 1 {
			t.Errorf("%d: %+v", status, wrong)
		}
	}
}
