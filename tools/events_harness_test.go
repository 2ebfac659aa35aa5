package tools

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/events"
	"papi-mcp/internal/events/eventstest"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// receiving is a set of tools in a server with a receiver, in front of a sandbox whose clock
// moves by advance alone and which delivers over HTTP.
type receiving struct {
	t       testing.TB
	box     *sandbox.Sandbox
	set     *Set
	server  *httptest.Server
	kept    *store.Memory
	audit   string // the file of the audit log
	log     *syncBuffer
	secrets []string // of all webhooks that were created or updated
	// intercept, if set, answers a request to the API in its place where it returns an
	// answer; it gets the request and what the sandbox answers.
	intercept func(r *http.Request, send func() (*http.Response, error)) (*http.Response, error)

	mu         sync.Mutex
	hold       chan struct{}   // closed when deliveries may come in; nil: now
	deliveries []*http.Request // that came in
	bodies     [][]byte
	statuses   []int
	arrived    chan struct{} // receives after each delivery
	asked      chan struct{} // receives after each request of the API
	requests   int
	code       string // the last one-time code
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newReceiving(t testing.TB, edit func(*Options, *guard.Options)) *receiving {
	t.Helper()
	w := &receiving{
		t: t, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true}), kept: store.NewMemory(),
		audit: filepath.Join(t.TempDir(), "audit.jsonl"), log: &syncBuffer{}, arrived: make(chan struct{}, 1000), asked: make(chan struct{}, 10_000),
	}
	t.Cleanup(w.box.Close)
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mux := http.NewServeMux()
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.deliver(mux, rw, r) }))
	t.Cleanup(w.server.Close)
	registrations, inboxes := events.NewRegistrations(w.kept, w.server.URL, time.Hour), events.NewInboxes(w.kept, time.Hour)
	mux.Handle(events.Pattern, events.NewReceiver(events.ReceiverOptions{Registrations: registrations, Inboxes: inboxes, Logger: log}))
	w.set = w.newSet(&Events{Registrations: registrations, Feeds: events.NewFeeds(inboxes)}, log, edit)
	return w
}

// newSet returns a set of tools of a server with the receiver.
func (w *receiving) newSet(e *Events, log *slog.Logger, edit func(*Options, *guard.Options)) *Set {
	w.t.Helper()
	client, err := papi.New(papi.Config{BaseURL: "http://127.0.0.1:1", AccessToken: sandbox.StaticToken, Transport: w, Logger: log})
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	of := guard.Options{Default: sandbox.DefaultProject, Mode: guard.Off, Store: w.kept, Reader: dispatch.Reader{API: client}, LocalTargets: true, Logger: log}
	opts := Options{Rows: rows, API: client, Now: w.box.Now, Audit: audit.File(w.audit), Events: e}
	if edit != nil {
		edit(&opts, &of)
	}
	opts.Guard = guard.New(of)
	return New(opts)
}

// RoundTrip implements http.RoundTripper: it is the API.
func (w *receiving) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.mu.Lock()
	w.requests++
	if value, err := jsonvalue.Decode(body); err == nil && jsonvalue.Text(value, "secret") != "" {
		w.secrets = append(w.secrets, jsonvalue.Text(value, "secret"))
	}
	intercept := w.intercept
	w.mu.Unlock()
	defer func() { w.asked <- struct{}{} }()
	send := func() (*http.Response, error) {
		resp, err := w.box.Transport().RoundTrip(r)
		if err == nil && resp.Header.Get(sandbox.HeaderCode) != "" {
			w.mu.Lock()
			w.code = resp.Header.Get(sandbox.HeaderCode)
			w.mu.Unlock()
		}
		return resp, err
	}
	if intercept != nil {
		if resp, err := intercept(r, send); resp != nil || err != nil {
			return resp, err
		}
	}
	return send()
}

// deliver records a delivery, and passes it on to the receiver.
func (w *receiving) deliver(to http.Handler, rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	hold := w.hold
	w.mu.Unlock()
	if hold != nil {
		<-hold
	}
	recorder := httptest.NewRecorder()
	to.ServeHTTP(recorder, r)
	w.mu.Lock()
	w.deliveries, w.bodies, w.statuses = append(w.deliveries, r), append(w.bodies, body), append(w.statuses, recorder.Code)
	w.mu.Unlock()
	rw.WriteHeader(recorder.Code)
	w.arrived <- struct{}{}
}

// received waits for so many deliveries.
func (w *receiving) received(n int) {
	w.t.Helper()
	for range n {
		select {
		case <-w.arrived:
		case <-time.After(20 * time.Second):
			w.t.Fatal("a delivery did not come")
		}
	}
}

// call makes a call that must succeed.
func (w *receiving) call(tool string, args object) map[string]any {
	w.t.Helper()
	return result(w.t, do(w.t, w.set, tool, args))
}

// happen makes an event of the sandbox happen now.
func (w *receiving) happen(event, id, value string) {
	w.t.Helper()
	happenIn(w.t, w.box, event, id, value)
}

// template creates a template that is in review, and a sender for it.
func (w *receiving) template(names ...string) {
	w.t.Helper()
	w.call("whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
	for _, name := range names {
		w.call("whatsapp_template_create", object{"name": name, "language": "EN_US", "category": "MARKETING", "details": templateDetails("Text of " + name + ".")})
	}
}

// events are the rows of event_list.
func (w *receiving) events(args object) []map[string]any {
	w.t.Helper()
	return records(w.t, w.call(EventList, args))
}

func typesOf(rows []map[string]any) []string {
	types := []string{}
	for _, row := range rows {
		types = append(types, row["type"].(string))
	}
	return types
}

// hooks are the webhooks of the project.
func (w *receiving) hooks() []map[string]any {
	w.t.Helper()
	r := w.call(webhookList, object{"detail": "full"})
	return jsonvalue.Objects(r, "data.webhooks")
}

// noSecrets fails where a secret of a webhook is in a text, the log or the audit.
func (w *receiving) noSecrets(texts ...string) {
	w.t.Helper()
	w.mu.Lock()
	secrets := slices.Clone(w.secrets)
	w.mu.Unlock()
	if len(secrets) == 0 {
		w.t.Fatal("the API was given no secret")
	}
	raw, _ := os.ReadFile(w.audit)
	for i, text := range append(texts, w.log.String(), string(raw)) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				w.t.Errorf("text %d has a secret: %s", i, text)
			}
		}
	}
}

func allText(out Outcome) string {
	text := string(encode(out.Structured)) + out.Text()
	if out.Question != nil {
		text += out.Question.Summary
	}
	return text
}

var _ http.RoundTripper = (*receiving)(nil)

// as calls a tool for a principal.
func (w *receiving) as(principal, tool string, args object) Outcome {
	return w.set.Call(context.Background(), Caller{Principal: principal}, tool, encode(args))
}

// apiAnswered is an answer of the API.
func apiAnswered(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// send sends an event, signed with a secret, and returns the status of the answer.
func (w *receiving) send(target, secret, body string) int {
	w.t.Helper()
	return w.sendSigned(target, secret, rand.Text(), body, time.Now())
}

func (w *receiving) sendSigned(target, secret, nonce, body string, at time.Time) int {
	w.t.Helper()
	resp, err := w.server.Client().Do(eventstest.RequestAt(w.t.Context(), target, secret, nonce, body, at))
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	<-w.arrived
	return resp.StatusCode
}
