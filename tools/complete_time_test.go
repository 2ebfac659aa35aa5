package tools

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// slowAPI answers reads after a while, or not at all when the caller leaves
// before.
type slowAPI struct {
	takes time.Duration
	body  string
	reads int
}

func (a *slowAPI) Do(ctx context.Context, _ *papi.Request) (*papi.Response, error) {
	a.reads++
	select {
	case <-time.After(a.takes):
		return &papi.Response{Status: 200, Body: json.RawMessage(a.body)}, nil
	case <-ctx.Done():
		return nil, &papi.Error{Code: "network_error", Message: ctx.Err().Error()}
	}
}

func (a *slowAPI) All(context.Context, *papi.Request, string, func([]json.RawMessage) bool) (*papi.Response, error) {
	return nil, errors.New("a completion reads one page")
}

func slowSet(t *testing.T, api *slowAPI, toolsets ...string) *Set {
	t.Helper()
	rows, err := catalog.Select(catalog.Filter{Toolsets: toolsets})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Rows: rows, API: api, Guard: guard.New(guard.Options{
		Default: project, Mode: guard.Off, Rules: []guard.Rule{}, Store: store.NewMemory(), Reader: dispatch.Reader{API: api},
	})})
}

// A menu does not wait for the API: it stays empty, and the API is left alone
// for a minute.
func TestACompletionIsSilentWhereTheAPIDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &slowAPI{takes: time.Hour}
		set := slowSet(t, api)
		began := time.Now()
		if got := complete(set, "rcs_senders", nil, ""); got != "" {
			t.Errorf("got %q", got)
		}
		if waited := time.Since(began); waited != 3*time.Second {
			t.Errorf("waited %s", waited)
		}
		began = time.Now()
		if complete(set, "rcs_senders", nil, ""); time.Since(began) != 0 || api.reads != 1 {
			t.Errorf("waited %s, %d reads", time.Since(began), api.reads)
		}
	})
}

func TestACompletionIsKeptForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &slowAPI{body: `{"senders":[{"id":"s-1"}]}`}
		set := slowSet(t, api)
		for _, step := range []struct {
			after time.Duration
			reads int
		}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {30 * time.Second, 2}} {
			time.Sleep(step.after) // the bubble's clock
			if got := complete(set, "rcs_senders", nil, ""); got != "s-1" || api.reads != step.reads {
				t.Errorf("after %s: %q, %d reads, want %d", step.after, got, api.reads, step.reads)
			}
		}
	})
}

// Who began to type may leave: who waits for the same read still gets it.
func TestACompletionOutlivesWhoBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &slowAPI{takes: time.Second, body: `{"senders":[{"id":"s-1"},{"id":"s\u202e-2"},{"id":"s\u3164"},{"id":"s\n-3"}]}`}
		set := slowSet(t, api)
		leaving, leave := context.WithCancel(t.Context())
		go set.Complete(leaving, Caller{Principal: "me"}, "rcs_senders", nil, "")
		synctest.Wait()
		leave()
		if got := complete(set, "rcs_senders", nil, ""); got != "s-1" || api.reads != 1 {
			t.Errorf("got %q after %d reads, want what can be seen, in one", got, api.reads)
		}
	})
}
