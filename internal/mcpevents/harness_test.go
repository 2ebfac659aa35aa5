package mcpevents

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/internal/wait"
	"papi-mcp/tools"
)

const (
	project   = "00000000-0000-0000-0000-000000000000"
	templates = "whatsapp.template.status_changed"
)

// world is an API with WhatsApp templates and RCS senders, whose state a test sets.
type world struct {
	mu        sync.Mutex
	templates map[string]map[string]any // by name and language
	hidden    string                    // a template that lists leave out
	comments  []map[string]any          // of each sender
	account   map[string]any
	fails     int // the status of all answers; 0: none
	reads     []string
	paged     bool // lists have another page
	open      atomic.Int64
	most      atomic.Int64 // reads at the same time
}

func newWorld(templates ...string) *world {
	w := &world{templates: map[string]map[string]any{}}
	for _, one := range templates {
		w.set(one, "PENDING")
	}
	return w
}

// set sets the state of a template, which is new if there was none.
func (w *world) set(name, state string) { w.change(name, "state", state) }

func (w *world) change(name, field string, value any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	template := map[string]any{"name": name, "language": "EN", "category": "UTILITY", "qualityScore": "GREEN"}
	for key, old := range w.templates[name] {
		template[key] = old
	}
	template[field] = value
	w.templates[name] = template
}

func (w *world) remove(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.templates, name)
}

func (w *world) comment(at time.Time, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	entry := map[string]any{"type": "COMMENT_ADDED", "created": at.UTC().Format(time.RFC3339Nano), "author": "reviewer", "comment": text}
	w.comments = append([]map[string]any{entry}, w.comments...)
}

// fail has all answers fail with a status; 0: none.
func (w *world) fail(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fails = status
}

func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.reads)
}

// RoundTrip implements http.RoundTripper.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.most.Store(max(w.most.Load(), w.open.Add(1)))
	defer w.open.Add(-1)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, path, _ := strings.Cut(r.URL.Path, "/whatsapp")
	path = strings.TrimPrefix(path, "/")
	w.reads = append(w.reads, path)
	status, body := http.StatusOK, map[string]any{}
	parts := strings.Split(path, "/")
	switch {
	case w.fails != 0:
		status, body = w.fails, map[string]any{"errorCode": "any", "message": "it fails"}
	case path == "templates":
		all := []any{}
		for _, name := range slices.Sorted(mapKeys(w.templates)) {
			if name != w.hidden {
				all = append(all, w.templates[name])
			}
		}
		if body["templates"] = all; w.paged {
			body["nextPageToken"] = "more"
		}
	case parts[0] == "templates" && w.templates[parts[1]] != nil && parts[len(parts)-1] == "EN":
		body = w.templates[parts[1]]
	case parts[0] == "templates":
		status, body = http.StatusNotFound, map[string]any{"errorCode": "template_not_found", "message": "there is none"}
	case path == "" && w.account != nil:
		body = w.account
	case path == "":
		status, body = http.StatusNotFound, map[string]any{"errorCode": "account_not_found", "message": "there is none"}
	case strings.HasSuffix(path, "/activities"):
		body["notifications"] = w.comments
	default:
		panic("the API is asked for " + r.URL.Path)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(jsonvalue.Encode(body)))), Request: r,
	}, nil
}

func mapKeys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// things returns the tools in front of the API, with a poller of their own.
func (w *world) things(t testing.TB, filter catalog.Filter, projects ...string) *tools.Set {
	t.Helper()
	rows, err := catalog.Select(filter)
	if err != nil {
		t.Fatal(err)
	}
	client, err := papi.New(papi.Config{BaseURL: "http://api.example", AccessToken: "token", Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Options{Default: project, Projects: projects, Mode: guard.Auto, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}})
	return tools.New(tools.Options{Rows: rows, Guard: g, API: client, Poller: new(wait.Poller)})
}

// served is a service on a world, with its caller.
type served struct {
	*Service
	world  *world
	things *tools.Set
	caller Caller
	t      testing.TB
}

func serve(t testing.TB, w *world, opened store.Store, edit ...func(*Options)) *served {
	t.Helper()
	things := w.things(t, catalog.Filter{})
	opts := Options{
		Store: opened, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Things: func(context.Context, Owner) (Things, error) { return things, nil },
	}
	for _, f := range edit {
		f(&opts)
	}
	return &served{New(opts), w, things, Caller{As: "test", Things: things}, t}
}

// poll polls, and fails the test where that is refused.
func (s *served) poll(ctx context.Context, name, arguments string, more map[string]any) pollResult {
	s.t.Helper()
	params := map[string]any{"name": name, "arguments": json.RawMessage(arguments)}
	for key, value := range more {
		params[key] = value
	}
	answer, e := s.Poll(ctx, s.caller, jsonvalue.Encode(params))
	if e != nil {
		s.t.Fatalf("poll: %d %s %v", e.Code, e.Message, e.Data)
	}
	return answer.(pollResult)
}

// interest is what a client asks for.
func (s *served) interest(name, arguments string) Interest {
	s.t.Helper()
	in, e := s.Check(context.Background(), s.caller, name, json.RawMessage(arguments))
	if e != nil {
		s.t.Fatalf("%s: %d %s", arguments, e.Code, e.Message)
	}
	return in
}

// look reads what an interest is about now, as a watch does.
func (s *served) lookAt(name, arguments string) {
	s.t.Helper()
	if _, err := s.look(context.Background(), s.things, groupOf("", s.interest(name, arguments).query())); err != nil {
		s.t.Fatal(err)
	}
}

// texts are the sentences of occurrences.
func texts(all []Occurrence) []string {
	out := []string{}
	for _, o := range all {
		var data struct {
			Text string `json:"text"`
		}
		_ = json.Unmarshal(o.Data, &data)
		out = append(out, data.Text)
	}
	return out
}

// logged are the sentences of all occurrences of a type.
func (s *served) logged(name, arguments string) []string {
	s.t.Helper()
	return texts(s.all(name, arguments))
}

func (s *served) all(name, arguments string) []Occurrence {
	s.t.Helper()
	id, err := s.logID(context.Background(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	page, err := s.After(context.Background(), Owner{}, s.interest(name, arguments), formatCursor(id, 0), time.Time{}, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Occurrences
}
