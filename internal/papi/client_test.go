package papi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/errorcode"
)

func TestNew(t *testing.T) {
	for _, test := range []struct {
		name   string
		config Config
		want   string // in the error; "" for none
	}{
		{"the zero value", Config{}, ""},
		{"a path before the API's", Config{BaseURL: "https://example.com/sinch/"}, ""},
		{"no URL", Config{BaseURL: "http://a b/canary"}, "PAPI_BASE_URL is not a URL; unset, it is " + DefaultBaseURL},
		{"no host", Config{BaseURL: "example.com"}, "PAPI_BASE_URL must be like https://host/path"},
		{"another scheme", Config{TokenURL: "ftp://example.com/"}, "PAPI_TOKEN_URL must be like"},
		{"a password in the URL", Config{BaseURL: "https://user:canary@example.com"}, "PAPI_BASE_URL must have no user"},
		{"a query", Config{TokenURL: "https://example.com/token?secret=canary"}, "PAPI_TOKEN_URL must have no user, query"},
		{"an unknown authentication method", Config{Auth: "digest"}, `PAPI_AUTH: unknown authentication method "digest"; known: oauth (the default), basic`},
		{"an access token of two lines", Config{AccessToken: "canary\nfoo"}, "the access token (SINCH_ACCESS_TOKEN) contains"},
		{"an access token with the newline of its file", Config{AccessToken: "canary\n"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.config)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %q in it", err, test.want)
			case err != nil && strings.Contains(err.Error(), "canary"):
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestTheRequest(t *testing.T) {
	api := &fakeAPI{script: []http.HandlerFunc{says(200, `{}`)}}
	c := api.onLoopback(t, func(c *Config) {
		c.BaseURL += "/prefix/"
		c.UserAgent = "papi-mcp/1.2.3"
	})

	t.Run("with a query", func(t *testing.T) {
		r := aRead()
		r.Operation = Lookup("WhatsappSendersController_listSenders_v1")
		r.Query = query("filterStates", "ACTIVE", "filterStates", "ERROR", "pageToken", "a+b&c=")
		if _, err := c.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got := api.seen()[len(api.seen())-1]
		want := "/prefix/v1/projects/" + testProject + "/whatsapp/senders?filterStates=ACTIVE&filterStates=ERROR&pageToken=a%2Bb%26c%3D"
		if got.method != "GET" || got.uri != want || got.body != "" {
			t.Errorf("%s %s %q, want GET %s and no body", got.method, got.uri, got.body, want)
		}
		for name, want := range map[string]string{
			"Authorization": "Bearer canary-token-1", "Accept": "application/json", "User-Agent": "papi-mcp/1.2.3",
			"Content-Type": "", "Transfer-Encoding": "", "Idempotency-Key": "",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
			}
		}
	})

	t.Run("with a body, as it is", func(t *testing.T) {
		r := aCreate()
		r.Body = map[string]any{"text": "a <b> & \"c\" é", "n": json.Number("12345678901234567890.10"), "gone": nil, "list": []any{}}
		if _, err := c.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got := api.seen()[len(api.seen())-1]
		want := `{"gone":null,"list":[],"n":12345678901234567890.10,"text":"a <b> & \"c\" é"}`
		if got.method != "POST" || got.body != want || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %s, want %s", got.method, got.header.Get("Content-Type"), got.body, want)
		}
	})

	t.Run("a GET that must not be repeated looks like any other", func(t *testing.T) {
		if _, err := c.Do(t.Context(), aReinvite()); err != nil {
			t.Fatal(err)
		}
		got := api.seen()[len(api.seen())-1]
		if want := "/prefix/v1/projects/" + testProject + "/rcs/senders/s1/testNumbers/+15550100/retry"; got.uri != want {
			t.Errorf("%s, want %s", got.uri, want)
		}
		if got.header.Get("Content-Length") != "" || got.header.Get("Transfer-Encoding") != "" || got.header.Get("Content-Type") != "" {
			t.Errorf("it has a body: %v", got.header)
		}
	})

	t.Run("a body that is no JSON is not sent", func(t *testing.T) {
		before := len(api.seen())
		r := aCreate()
		r.Body = map[string]any{"n": json.Number("canary")}
		_, err := c.Do(t.Context(), r)
		if e := failureOf(t, err); e.Code != errorcode.InvalidBody || len(api.seen()) != before {
			t.Error(e)
		}
	})
}

func TestUnsafeIDsAreRefused(t *testing.T) {
	api := &fakeAPI{script: []http.HandlerFunc{says(200, `{}`)}}
	c := api.onLoopback(t)
	for name, id := range map[string]string{
		"up": "../x", "a slash": "a/b", "escaped dots": "%2e%2e", "empty": "", "long": strings.Repeat("x", 10<<20),
	} {
		t.Run(name, func(t *testing.T) {
			r := aDelete()
			r.Path["webhookId"] = id
			_, err := c.Do(t.Context(), r)
			if e := failureOf(t, err); e.Code != errorcode.InvalidPath || e.Unknown || len(e.Error()) > 200 {
				t.Errorf("%v", e.Code)
			}
		})
	}
	if n := len(api.seen()) + api.tokensGiven(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestResponses(t *testing.T) {
	page := "<html>\x1b[31m Bad\u202e\n\tGateway </html>" + strings.Repeat("x", 1000)
	plain := "<html>[31m Bad Gateway </html>"
	plain += strings.Repeat("x", 499-len(plain)) + "…"
	unexpected := func(status int, message, excerpt string) *Error {
		e := &Error{Status: status, Code: errorcode.UnexpectedAnswer, Message: message, Info: map[string]any{}}
		if excerpt != "" {
			e.Info["excerpt"] = excerpt
		}
		return e
	}
	for _, test := range []struct {
		name    string
		request *Request
		answer  http.HandlerFunc
		body    string // of the response
		want    *Error // without its Resolution
	}{
		{"the API's JSON, as it is", aRead(), says(200, ` {"webhooks":[],"new": 1.50} `), `{"webhooks":[],"new": 1.50}`, nil},
		{"204", aDelete(), says(204, ""), "", nil},
		{"empty, though a body is promised", aRead(), says(200, ""), "", unexpected(200, "the answer is not JSON", "")},
		{"empty, though a body is promised, to a create: it was made", aCreate(), says(201, ""), "", nil},
		{"text where no body is promised", &Request{
			Operation: Lookup("WhatsappTemplatesController_syncTemplates_v1"), Path: map[string]string{"projectId": testProject}, Retry: RetryNever,
		}, says(200, "OK"), "", nil},
		{"a status that the contract does not name", aCreate(), says(202, `{"id":"w1"}`), `{"id":"w1"}`, nil},
		{"HTML at 200", aRead(), says(200, page), "", unexpected(200, "the answer is not JSON", plain)},
		{"HTML at 201 of a create: it was made", aCreate(), says(201, "<html>"), "",
			unexpected(201, "the answer is not JSON; by its status, 201, the request was done", "<html>")},
		{"half a JSON", aRead(), says(200, `{"webhooks":`), "", unexpected(200, "the answer is not JSON", `{"webhooks":`)},
		{"HTML at 403", aRead(), says(403, page), "", unexpected(403, "the answer is not in the API's error form", plain)},
		{"HTML at 502", aRead(), says(502, page), "", unexpected(502, "the answer is not in the API's error form", plain)},
		{"another error form", aRead(), says(403, `{"error":{"code":403}}`), "",
			unexpected(403, "the answer is not in the API's error form", `{"error":{"code":403}}`)},
		{"nothing at 404", aRead(), says(404, ""), "", unexpected(404, "the answer is not in the API's error form", "")},
		{"too much", aRead(), says(200, `"`+strings.Repeat("x", 4096)+`"`), "", unexpected(200, "the answer has more than 4096 bytes", "")},
		{"too much of an error", aRead(), says(400, `"`+strings.Repeat("x", 4096)+`"`), "",
			unexpected(400, "the answer is not in the API's error form", "")},
		{"a redirect", aRead(), says(302, "", "Location", "https://elsewhere.example.com/canary?token=x"), "", &Error{
			Status: 302, Code: errorcode.UnexpectedAnswer, Message: "redirects are not followed, since that would send the credentials to another server",
			Info: map[string]any{"location": "https://elsewhere.example.com"},
		}},
		{"an error of the API", aRead(), says(400, `{"errorCode":"invalid_input","message":"m","resolution":"r","additionalInformation":{"a":["b"],"n":12345678901234567890}}`), "",
			&Error{Status: 400, Code: "invalid_input", Message: "m", Info: map[string]any{"a": []any{"b"}, "n": json.Number("12345678901234567890")}}},
		{"one with a list of messages", aRead(), says(400, `{"errorCode":"invalid_input","message":["m","n"]}`), "",
			&Error{Status: 400, Code: "invalid_input", Message: "m; n"}},
		{"one with other information", aRead(), says(400, `{"errorCode":"invalid_input","message":"m","additionalInformation":["x"]}`), "",
			&Error{Status: 400, Code: "invalid_input", Message: "m", Info: map[string]any{"additionalInformation": []any{"x"}}}},
		{"one with only a code: the rest is from the contract", aRead(), says(404, `{"errorCode":"webhook_not_found","additionalInformation":null}`), "",
			&Error{Status: 404, Code: "webhook_not_found", Message: ErrorCodes()["webhook_not_found"][0].Message}},
		{"one with an unknown code alone", aRead(), says(409, `{"errorCode":"brand_new"}`), "",
			&Error{Status: 409, Code: "brand_new", Message: "conflict"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{test.answer}}
			c := api.onLoopback(t)
			c.maxBytes = 4096
			resp, err := c.Do(t.Context(), test.request)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if string(resp.Body) != test.body {
					t.Errorf("body %s, want %s", resp.Body, test.body)
				}
				return
			}
			e := failureOf(t, err)
			if e.Status != test.want.Status || e.Code != test.want.Code || e.Message != test.want.Message || e.Unknown {
				t.Errorf("got %+v\nwant %+v", e, test.want)
			}
			if fmt.Sprint(e.Info) != fmt.Sprint(test.want.Info) {
				t.Errorf("got information %q\nwant %q", e.Info, test.want.Info)
			}
		})
	}
}

func TestTheClockOfTheAPI(t *testing.T) {
	api := &fakeAPI{script: []http.HandlerFunc{says(200, `{}`, "Date", "Fri, 01 Jan 2021 12:00:00 GMT")}}
	resp, err := api.onLoopback(t).Do(t.Context(), aRead())
	if want := time.Date(2021, 1, 1, 12, 0, 0, 0, time.UTC); err != nil || !resp.Date.Equal(want) {
		t.Errorf("%+v, %v", resp, err)
	}
}

func TestCancelledCalls(t *testing.T) {
	// slowly answers once the test lets it.
	slowly := func(arrived, release chan struct{}) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-release
			says(200, `{"id":"w1"}`)(w, r)
		}
	}
	for _, test := range []struct {
		request *Request
		code    string // "" where the call continues
	}{{aRead(), errorcode.Cancelled}, {aCreate(), ""}, {anUpdate(), ""}, {aDelete(), ""}, {aReinvite(), ""}} {
		t.Run("during "+test.request.Operation.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				arrived, release := make(chan struct{}), make(chan struct{})
				api := &fakeAPI{script: []http.HandlerFunc{slowly(arrived, release)}}
				c := api.onPipes(t)
				ctx, leave := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() {
					_, err := c.Do(ctx, test.request)
					done <- err
				}()
				<-arrived
				leave()
				synctest.Wait()
				select {
				case err := <-done:
					if test.code == "" {
						t.Fatalf("the write was given up: %v", err)
					}
					if e := failureOf(t, err); e.Code != test.code || e.Unknown {
						t.Error(e)
					}
					close(release)
				default:
					close(release)
					if err := <-done; err != nil || test.code != "" {
						t.Errorf("error %v, want %q", err, test.code)
					}
				}
			})
		})
	}

	t.Run("before a write", func(t *testing.T) {
		c := (&fakeAPI{}).client(t, "http://papi.example.com", transportFunc(func(*http.Request) (*http.Response, error) {
			t.Error("it was sent")
			return nil, http.ErrAbortHandler
		}), withToken)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		_, err := c.Do(ctx, aCreate())
		if e := failureOf(t, err); e.Code != errorcode.Cancelled || e.Unknown {
			t.Errorf("%v, unknown %t", e, e.Unknown)
		}
	})

	t.Run("at the door", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{says(200, `{}`)}}
			c := api.onPipes(t, withToken)
			ctx, leave := context.WithCancel(t.Context())
			inner := c.http.Transport
			c.http.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				leave()
				synctest.Wait()
				return inner.RoundTrip(r)
			})
			_, err := c.Do(ctx, aCreate())
			if e := failureOf(t, err); e.Code != errorcode.Cancelled || e.Unknown || len(api.seen()) != 0 {
				t.Errorf("%v, unknown %t, %d requests", e, e.Unknown, len(api.seen()))
			}
		})
	})

	t.Run("in the middle of an answer", func(t *testing.T) {
		for _, test := range []struct {
			request *Request
			code    string
		}{{aRead(), errorcode.Cancelled}, {aCreate(), ""}} {
			synctest.Test(t, func(t *testing.T) {
				ctx, leave := context.WithCancel(t.Context())
				api := &fakeAPI{script: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
					says(200, `{"webhooks":`)(w, r)
					w.(http.Flusher).Flush()
					leave()
					select {
					case <-time.After(time.Second):
						io.WriteString(w, `[]}`)
					case <-r.Context().Done():
					}
				}}}
				_, err := api.onPipes(t).Do(ctx, test.request)
				if test.code == "" && err == nil {
					return
				}
				if e := failureOf(t, err); e.Code != test.code || e.Unknown || len(api.seen()) != 1 {
					t.Errorf("%v, unknown %t, %d requests", e, e.Unknown, len(api.seen()))
				}
			})
		}
	})

	t.Run("while a write waits for a connection", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			network := &pipes{closed: make(chan struct{})} // no dial is accepted
			defer network.Close()
			transport := NewTransport()
			transport.DialContext = network.dial
			c := (&fakeAPI{}).client(t, "http://papi.example.com", transport, withToken)
			ctx, leave := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leave)
			_, err := c.Do(ctx, aCreate())
			if e := failureOf(t, err); e.Code != errorcode.Cancelled || e.Unknown {
				t.Errorf("%v, unknown %t", e, e.Unknown)
			}
		})
	})

	t.Run("while a write waits to be sent again", func(t *testing.T) {
		for _, test := range []struct {
			request *Request
			answer  http.HandlerFunc
			code    string
			unknown bool
		}{
			{aCreate(), fails(429, "too_many_requests", "Retry-After", "5"), "too_many_requests", false},
			{anUpdate(), fails(500, "internal_error", "Retry-After", "5"), "internal_error", true},
			{aRead(), fails(500, "internal_error", "Retry-After", "5"), errorcode.Cancelled, false},
		} {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{script: []http.HandlerFunc{test.answer}}
				ctx, leave := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, leave)
				_, err := api.onPipes(t).Do(ctx, test.request)
				if e := failureOf(t, err); e.Code != test.code || e.Unknown != test.unknown || len(api.seen()) != 1 {
					t.Errorf("%v, unknown %t, %d requests", e, e.Unknown, len(api.seen()))
				}
			})
		}
	})
}

// Connections that many callers opened at the same time are reused.
func TestConnectionsAreKeptAndShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers = 40
		api := &fakeAPI{script: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			<-time.After(time.Second) // all are under way together
			says(200, `{"webhooks":[]}`)(w, r)
		}}}
		var dials atomic.Int32
		c := api.onPipes(t, withToken, func(config *Config) {
			transport := config.Transport.(*http.Transport)
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				dials.Add(1)
				return dial(ctx, network, address)
			}
		})
		for range 3 {
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					if _, err := c.Do(t.Context(), aRead()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		if n := dials.Load(); n != callers {
			t.Errorf("%d connections for %d callers", n, callers)
		}
	})
}

// The limit that a client has by default; other tests set a smaller one.
func TestResponseSizeIsLimited(t *testing.T) {
	api := &fakeAPI{script: []http.HandlerFunc{says(200, `"`+strings.Repeat("x", 16<<20)+`"`)}}
	_, err := api.onLoopback(t, withToken).Do(t.Context(), aRead())
	if e := failureOf(t, err); e.Code != errorcode.UnexpectedAnswer || !strings.Contains(e.Message, "more than 16777216 bytes") {
		t.Errorf("got %v", e)
	}
}

func TestCallDeadline(t *testing.T) {
	for _, test := range []struct {
		request *Request
		code    string
		unknown bool
	}{{aRead(), errorcode.Timeout, false}, {aCreate(), errorcode.OutcomeUnknown, true}, {anUpdate(), errorcode.OutcomeUnknown, true}} {
		t.Run(test.request.Operation.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{script: []http.HandlerFunc{func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}}
				c := api.onPipes(t)
				started := time.Now()
				_, err := c.Do(t.Context(), test.request)
				if took := time.Since(started); took != 50*time.Second {
					t.Errorf("took %v", took)
				}
				if e := failureOf(t, err); e.Code != test.code || e.Unknown != test.unknown || len(api.seen()) != 1 {
					t.Errorf("%v, unknown %t, %d requests", e, e.Unknown, len(api.seen()))
				}
			})
		})
	}

	t.Run("and does not begin a wait that is longer than what is left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
				<-time.After(45 * time.Second)
				fails(500, "internal_error", "Retry-After", "8")(w, r)
			}}}
			started := time.Now()
			_, err := api.onPipes(t).Do(t.Context(), aRead())
			if e := failureOf(t, err); e.Code != "internal_error" || time.Since(started) != 45*time.Second {
				t.Errorf("%v after %v", e, time.Since(started))
			}
		})
	})
}

func TestNoSecretInErrorsAndLogs(t *testing.T) {
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			text := fmt.Sprintf("%v", r.Header)
			body, _ := json.Marshal(map[string]any{
				"errorCode": "invalid_facebook_token", "message": "malformed token canary-meta-token " + text, "resolution": text,
				"additionalInformation": map[string]any{"headers": []any{text}, "code": 424242},
			})
			if status == 502 {
				body = []byte("<html>" + text)
			}
			says(status, string(body))(w, r)
		}
	}
	request := func() *Request {
		r := aCreate()
		r.Body = map[string]any{"details": map[string]any{"facebookToken": "canary-meta-token"}, "code": json.Number("424242")}
		return r
	}
	encoded := "Y2FuYXJ5" // "canary" in Base64
	for name, auth := range map[string]func(*Config){
		"oauth":        func(*Config) {},
		"basic":        func(c *Config) { c.Auth = AuthBasic },
		"access token": withToken,
	} {
		for _, answer := range []http.HandlerFunc{echo(400), echo(500), echo(502), echo(401), cuts("canary HTTP/1.1")} {
			t.Run(name, func(t *testing.T) {
				var log logged
				api := &fakeAPI{script: []http.HandlerFunc{answer}}
				_, err := api.onLoopback(t, auth, log.to).Do(t.Context(), request())
				e := failureOf(t, err)
				output := fmt.Sprintf("%v %+v %s", err, struct{ M, R, I any }{e.Message, e.Resolution, e.Info}, log.String())
				for _, secret := range []string{"canary-token", "canary-access", "canary-key-secret", "canary-meta", encoded, "424242"} {
					if strings.Contains(output, secret) {
						t.Errorf("%s is in %s", secret, output)
					}
				}
				if !strings.Contains(log.String(), `"path":"/v1/projects/{projectId}/webhooks"`) {
					t.Errorf("the log does not have the exchange: %s", log.String())
				}
			})
		}
	}
}
