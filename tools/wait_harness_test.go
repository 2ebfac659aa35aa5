package tools

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// changingAPI is an API whose things change with time. It belongs into the bubble of a test
// with a fake clock, where no connection may be open.
type changingAPI struct {
	began time.Time
	// answer is the answer to a read at a time since the beginning.
	answer func(at time.Duration, path string) apiAnswer
	mu     sync.Mutex
	reads  []time.Duration
}

type apiAnswer struct {
	status     int // 0: 200
	thing      map[string]any
	retryAfter string
	hangs      bool      // until the caller goes away
	date       time.Time // of the API's clock; zero: none
}

// RoundTrip implements http.RoundTripper.
func (a *changingAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	at := time.Since(a.began)
	a.mu.Lock()
	a.reads = append(a.reads, at)
	a.mu.Unlock()
	answer := a.answer(at, r.URL.Path)
	if answer.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if answer.status == 0 {
		answer.status = http.StatusOK
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if answer.retryAfter != "" {
		header.Set("Retry-After", answer.retryAfter)
	}
	if !answer.date.IsZero() {
		header.Set("Date", answer.date.UTC().Format(http.TimeFormat))
	}
	body, err := json.Marshal(answer.thing)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: answer.status, Header: header, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
}

func (a *changingAPI) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.reads)
}

// newChangingSet returns all tools in front of an API whose things change with time.
func newChangingSet(t *testing.T, answer func(at time.Duration, path string) apiAnswer, edit func(*Options, *guard.Options)) (*Set, *changingAPI) {
	t.Helper()
	api := &changingAPI{began: time.Now(), answer: answer}
	client, err := papi.New(papi.Config{BaseURL: "http://api", AccessToken: "token", Transport: api})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	of := guard.Options{Default: project, Mode: guard.Off, Rules: []guard.Rule{}, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}}
	opts := Options{Rows: rows, API: client}
	if edit != nil {
		edit(&opts, &of)
	}
	opts.Guard = guard.New(of)
	return New(opts), api
}

// waitOn calls wait for things, with more arguments.
func waitOn(t *testing.T, s *Set, more map[string]any, things ...any) map[string]any {
	t.Helper()
	return result(t, waitAs(t.Context(), t, s, Caller{Principal: "test"}, more, things...))
}

func waitAs(ctx context.Context, t *testing.T, s *Set, caller Caller, more map[string]any, things ...any) Outcome {
	t.Helper()
	args := map[string]any{"for": things}
	for name, value := range more {
		args[name] = value
	}
	return s.Call(ctx, caller, toolWait, encode(args))
}

// waitItem is a thing to wait for.
func waitItem(tool string, args map[string]any, states ...string) map[string]any {
	item := map[string]any{"tool": tool, "args": args}
	if len(states) > 0 {
		item["state"] = states
	}
	return item
}

func aSender(id string, states ...string) map[string]any {
	return waitItem("whatsapp_sender_get", map[string]any{"senderId": id}, states...)
}

// became is an API with one state until a time, and another one after it.
func became(before map[string]any, when time.Duration, after map[string]any) func(time.Duration, string) apiAnswer {
	return func(at time.Duration, _ string) apiAnswer {
		if at < when {
			return apiAnswer{thing: before}
		}
		return apiAnswer{thing: after}
	}
}

func inState(state string) map[string]any { return map[string]any{"id": "S", "state": state} }
