package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// stuckStore answers so many reads, and lets the next one wait until the context
// that it was given ends.
type stuckStore struct {
	store.Store
	t     *testing.T
	reads atomic.Int64 // that are still answered
	stuck chan struct{}
}

func (s *stuckStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if s.reads.Add(-1) >= 0 {
		return s.Store.Get(ctx, key)
	}
	if ctx.Done() == nil {
		s.t.Errorf("%s is read with a context that never ends", key)
		return nil, false, errors.New("no context")
	}
	select {
	case s.stuck <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return nil, false, context.Cause(ctx)
}

// silentAPI answers everything with an object that has nothing in it.
type silentAPI struct{}

func (silentAPI) Do(context.Context, *papi.Request) (*papi.Response, error) {
	return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"x","state":"PENDING_VERIFICATION"}`)}, nil
}

func (a silentAPI) All(ctx context.Context, r *papi.Request, _ string, _ int) (*papi.Response, error) {
	return a.Do(ctx, r)
}

// A call ends when its caller leaves, whichever read of the store it waits for.
// What is remembered of a call that was sent has 10 s.
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
						kept := &stuckStore{Store: store.NewMemory(), t: t, stuck: make(chan struct{}, 1)}
						kept.reads.Store(1000)
						api := silentAPI{}
						g := guard.New(guard.Options{Projects: projects, Store: kept, Reader: catalog.Reader{API: api}})
						if _, _, until := g.ConfirmProject(t.Context(), "test", "", nil, "named", ""); until.IsZero() {
							t.Fatal("the project is not confirmed")
						}
						s := New(Options{Rows: catalog.Rows(), Guard: g, API: api, Audit: audit.InStore(kept)})
						kept.reads.Store(reads)
						ctx, leave := context.WithCancel(t.Context())
						began := time.Now()
						ended := make(chan struct{})
						go func() {
							defer close(ended)
							call(ctx, s)
						}()
						select {
						case <-ended:
							leave()
							return
						case <-kept.stuck:
							stuck = true
						}
						leave()
						<-ended
						if took := time.Since(began); took > 30*time.Second {
							t.Errorf("the call went on for %s after its caller left", took)
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
