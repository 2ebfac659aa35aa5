package tools

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// latentAPI answers reads and writes after a time each.
type latentAPI struct {
	read, write time.Duration
	started     time.Time
	left        []time.Duration // when each write left, after the start
	done        int             // writes that were answered
	onWrite     func()
}

func (a *latentAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	after, body := a.read, `{"webhooks":[],"id":"7","target":"https://example.com/hook","triggers":["ALL"],"secret":"not-a-real-one"}`
	if r.Method != http.MethodGet {
		a.left = append(a.left, time.Since(a.started))
		after = a.write
		if a.onWrite != nil {
			a.onWrite()
		}
	}
	select {
	case <-time.After(after):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if r.Method != http.MethodGet {
		a.done++
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// thinker is a person who agrees after a time.
type thinker struct{ thinks time.Duration }

func (thinker) Answered() (string, guard.Answer, bool) { return "", "", false }

func (p thinker) Ask(context.Context, guard.Question) guard.Answer {
	time.Sleep(p.thinks)
	return guard.Accepted
}

// A call has one deadline, the guard's reads included: whatever is slow, it ends
// by then, and no write leaves after it. The time of a person does not count.
func TestACallHasOneDeadline(t *testing.T) {
	const create = `{"target":"https://example.com/hook","triggers":["ALL"],"secret":"not-a-real-one"}`
	for name, test := range map[string]struct {
		tool, args  string
		read, write time.Duration
		thinks      time.Duration // 0: no question
		timeout     time.Duration // the caller's; 0: the usual one
		goes        time.Duration // the caller goes away so long after the write was sent
		took        time.Duration
		within      time.Duration // where that is not exact: how often a rule reads is its own matter
		sends, done int
		code        string // "" for a result
	}{
		"all is quick":                     {tool: "webhook_create", args: create, read: time.Second, write: time.Second, took: 2 * time.Second, sends: 1, done: 1},
		"a slow read":                      {tool: "webhook_list", args: `{}`, read: time.Hour, took: deadline.Timeout, code: errorcode.Timeout},
		"a slow write":                     {tool: "webhook_create", args: create, read: time.Second, write: time.Hour, took: deadline.Timeout, sends: 1, code: errorcode.OutcomeUnknown},
		"reads, then a slow write":         {tool: "webhook_create", args: create, read: 45 * time.Second, write: 45 * time.Second, took: deadline.Timeout, sends: 1, code: errorcode.OutcomeUnknown},
		"reads until the end":              {tool: "webhook_create", args: create, read: time.Hour, write: time.Second, took: deadline.Timeout, code: errorcode.Timeout},
		"an overview":                      {tool: "project_overview", args: `{}`, read: time.Hour, took: deadline.Timeout, code: errorcode.Timeout},
		"a shorter timeout":                {tool: "webhook_list", args: `{}`, read: time.Hour, timeout: time.Second, took: time.Second, code: errorcode.Timeout},
		"a write beyond a shorter timeout": {tool: "webhook_create", args: create, write: time.Hour, timeout: time.Second, took: time.Second, sends: 1, code: errorcode.OutcomeUnknown},
		"a longer timeout":                 {tool: "webhook_list", args: `{}`, read: 2 * deadline.Timeout, timeout: 3 * deadline.Timeout, took: 2 * deadline.Timeout},
		"a read beyond a longer timeout":   {tool: "webhook_list", args: `{}`, read: time.Hour, timeout: 3 * deadline.Timeout, took: 3 * deadline.Timeout, code: errorcode.Timeout},
		"a person who thinks, and a shorter timeout": {
			tool: "webhook_create", args: create, write: time.Second, thinks: 4 * time.Minute, timeout: 2 * time.Second,
			took: 4*time.Minute + time.Second, sends: 1, done: 1,
		},
		"a person who thinks": {
			tool: "webhook_create", args: create, read: 10 * time.Second, write: 10 * time.Second, thinks: 4 * time.Minute,
			within: 4*time.Minute + deadline.Timeout, sends: 1, done: 1,
		},
		"a person, then a slow write": {
			tool: "webhook_create", args: create, read: 10 * time.Second, write: time.Hour, thinks: 4 * time.Minute,
			took: 4*time.Minute + deadline.Timeout, sends: 1, code: errorcode.OutcomeUnknown,
		},
		"a caller that goes away": {
			tool: "webhook_create", args: create, read: time.Second, write: 30 * time.Second, goes: time.Second,
			took: 31 * time.Second, sends: 1, done: 1,
		},
		"a caller that goes away from a slow write": {
			tool: "webhook_create", args: create, read: 20 * time.Second, write: time.Hour, goes: time.Second,
			took: deadline.Timeout, sends: 1, code: errorcode.OutcomeUnknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				api := &latentAPI{read: test.read, write: test.write, started: time.Now()}
				if test.goes > 0 {
					api.onWrite = func() { time.AfterFunc(test.goes, leave) }
				}
				client, err := papi.New(papi.Config{AccessToken: "token", Transport: api})
				if err != nil {
					t.Fatal(err)
				}
				rows, err := catalog.Select(catalog.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				opts := guard.Options{Default: project, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}}
				caller := Caller{Principal: "test", Timeout: test.timeout}
				if test.thinks > 0 {
					opts.Mode, caller.Elicitor = guard.Auto, thinker{test.thinks}
				}
				s := New(Options{Rows: rows, Guard: guard.New(opts), API: client})
				out := s.Call(ctx, caller, test.tool, json.RawMessage(test.args))
				if took := time.Since(api.started); took != test.took && (test.within == 0 || took > test.within) {
					t.Errorf("it took %v, want %v", took, max(test.took, test.within))
				}
				if len(api.left) != test.sends || api.done != test.done {
					t.Errorf("%d writes left, %d were answered; want %d and %d", len(api.left), api.done, test.sends, test.done)
				}
				if code, _ := decoded(t, out)["errorCode"].(string); code != test.code {
					t.Errorf("ended with %q, want %q: %s", code, test.code, encode(out.Structured))
				}
				for _, left := range api.left {
					if left-test.thinks >= deadline.Timeout {
						t.Errorf("a write left after %v", left)
					}
				}
			})
		})
	}
}
