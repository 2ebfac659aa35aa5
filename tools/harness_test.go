package tools

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

const project = "00000000-0000-0000-0000-000000000000"

// api is a stand-in for the API that records requests and answers as the test says.
type api struct {
	mu       sync.Mutex
	requests []recorded
	answer   http.HandlerFunc
}

type recorded struct {
	method, path, contentType string
	query                     map[string][]string
	body                      string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	a.requests = append(a.requests, recorded{r.Method, r.URL.EscapedPath(), r.Header.Get("Content-Type"), r.URL.Query(), string(body)})
	a.mu.Unlock()
	a.answer(w, r)
}

func (a *api) last() recorded {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests[len(a.requests)-1]
}

func (a *api) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.requests)
}

// answerJSON answers every request with a status and a JSON value.
func answerJSON(status int, value any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if value == nil {
			w.WriteHeader(status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(value)
	}
}

// newSet returns all tools, deprecated ones too, in front of a stand-in API.
// Nothing needs a confirmation, and no rule looks at a call, unless edit
// says so.
func newSet(t testing.TB, answer http.HandlerFunc, edit func(*guard.Options)) (*Set, *api) {
	t.Helper()
	a := &api{answer: answer}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	client, err := papi.New(papi.Config{BaseURL: server.URL, AccessToken: "token", Transport: server.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.Select(catalog.Filter{Deprecated: true})
	if err != nil {
		t.Fatal(err)
	}
	opts := guard.Options{Default: project, Mode: guard.Off, Rules: []guard.Rule{}, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}}
	if edit != nil {
		edit(&opts)
	}
	return New(Options{Rows: rows, Guard: guard.New(opts), API: client}), a
}

func do(t testing.TB, s *Set, tool string, args any) Outcome {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return s.Call(context.Background(), Caller{Principal: "test"}, tool, raw)
}

// result is the result of a call, decoded from its JSON as a client would.
func result(t testing.TB, out Outcome) map[string]any {
	t.Helper()
	if out.IsError {
		t.Fatalf("an error: %s", encode(out.Structured))
	}
	return decoded(t, out)
}

// records are the rows of a list's table, as objects.
func records(t testing.TB, r map[string]any) []map[string]any {
	t.Helper()
	cols, all := jsonvalue.Texts(r, "data.cols"), []map[string]any{}
	for _, row := range jsonvalue.List(r, "data.rows") {
		cells, _ := row.([]any)
		if len(cells) != len(cols) {
			t.Fatalf("a row of %d cells in %d columns", len(cells), len(cols))
		}
		record := map[string]any{}
		for i, name := range cols {
			record[name] = cells[i]
		}
		all = append(all, record)
	}
	return all
}

// failure is the error of a call.
func failure(t testing.TB, out Outcome) map[string]any {
	t.Helper()
	if !out.IsError {
		t.Fatalf("no error: %s", encode(out.Structured))
	}
	return decoded(t, out)
}

func decoded(t testing.TB, out Outcome) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(encode(out.Structured), &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// witness is a person who answers the same to everything, and remembers what
// they were asked.
type witness struct {
	says   guard.Answer
	asked  []string
	before func() // called before it answers, if set
}

func (w *witness) Answered() (string, guard.Answer, bool) { return "", "", false }

func (w *witness) Ask(_ context.Context, q guard.Question) guard.Answer {
	w.asked = append(w.asked, q.Summary)
	if w.before != nil {
		w.before()
	}
	return w.says
}

// encode is short for what many tests need.
var encode = jsonvalue.Encode
