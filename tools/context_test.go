package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// stuckStore answers so many reads, and lets the next one wait until the context
// that it was given ends; those after it fail.
type stuckStore struct {
	store.Store
	reads atomic.Int64 // that are still answered
	stuck chan string  // gets the key of the one that waits
}

func (s *stuckStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	switch left := s.reads.Add(-1); {
	case left >= 0:
		return s.Store.Get(ctx, key)
	case left < -1:
		return nil, false, errors.New("broken")
	}
	s.stuck <- key
	<-ctx.Done()
	return nil, false, context.Cause(ctx)
}

// outlives reports whether what is stored under a key is read though the caller has
// left: to remember a call that was sent, or to leave a line about one.
func outlives(key string) bool {
	return strings.HasPrefix(key, "guard/bundle/") || strings.HasPrefix(key, "audit/")
}

// silentAPI answers everything with an object that has nothing in it.
type silentAPI struct{}

func (silentAPI) Do(context.Context, *papi.Request) (*papi.Response, error) {
	return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"x","state":"PENDING_VERIFICATION"}`)}, nil
}

func (a silentAPI) All(ctx context.Context, r *papi.Request, _ string, _ func([]json.RawMessage) bool) (*papi.Response, error) {
	return a.Do(ctx, r)
}

// A call ends immediately when its caller leaves, whichever read of the store it
// waits for. What must be remembered all the same has 10 s.
func TestTheContextReachesEveryReadOfTheStore(t *testing.T) {
	calls := map[string]func(ctx context.Context, s *Set){
		"completion": func(ctx context.Context, s *Set) {
			s.Complete(ctx, Caller{Principal: "test"}, "whatsapp_senders", map[string]string{argProject: "named"}, "")
		},
	}
	for _, row := range catalog.Rows() {
		args := map[string]any{argProject: "named"}
		for _, p := range row.Op().Parameters {
			switch {
			case p.Name == argProject:
			case p.In == "path":
				args[p.Name] = pathValue(p)
			case p.Required:
				args[p.Name] = p.Schema.Sample(true)
			}
		}
		if bodies := row.Op().Variants(); len(bodies) > 0 {
			for name, value := range sampleBody(row, bodies[0], false) {
				args[name] = value
			}
		}
		switch {
		case row.Confirm != "":
			args[argConfirm] = "a token"
		case row.Tool == "whatsapp_sender_verify":
			args["code"] = "123456"
		}
		calls[row.Tool] = func(ctx context.Context, s *Set) { s.Call(ctx, Caller{Principal: "test"}, row.Tool, encode(args)) }
	}
	for _, tool := range []string{"project_confirm", "project_overview", "schema_get"} {
		calls[tool] = func(ctx context.Context, s *Set) {
			s.Call(ctx, Caller{Principal: "test"}, tool, json.RawMessage(`{"projectId":"named"}`))
		}
	}
	most := int64(0)
	for name, call := range calls {
		for _, projects := range [][]string{nil, {"another"}} {
			for reads := int64(0); ; reads++ {
				stuck := false
				t.Run(fmt.Sprintf("%s/%d/%d", name, len(projects), reads), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						kept := &stuckStore{Store: store.NewMemory(), stuck: make(chan string, 1)}
						kept.reads.Store(1000)
						api := silentAPI{}
						g := guard.New(guard.Options{Projects: projects, Store: kept, Reader: dispatch.Reader{API: api}})
						if _, _, until := g.ConfirmProject(t.Context(), "test", "", nil, "named", ""); until.IsZero() {
							t.Fatal("the project is not confirmed")
						}
						s := New(Options{Rows: catalog.Rows(), Guard: g, API: api, Audit: audit.InStore(kept)})
						kept.reads.Store(reads)
						ctx, leave := context.WithCancel(t.Context())
						var key string
						ended := make(chan struct{})
						go func() {
							defer close(ended)
							call(ctx, s)
						}()
						select {
						case <-ended:
							leave()
							return
						case key = <-kept.stuck:
							stuck = true
						}
						left := time.Now()
						leave()
						<-ended
						if took := time.Since(left); took > 10*time.Second || took > 0 && !outlives(key) {
							t.Errorf("the read of %s went on for %s after its caller left", key, took)
						}
					})
				})
				if !stuck {
					most = max(most, reads)
					break
				}
			}
		}
	}
	if most < 5 {
		t.Errorf("%d reads at most: the test reaches too little", most)
	}
}
