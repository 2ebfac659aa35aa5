package events

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

// fixture is a receiver on a store, with one registration.
type fixture struct {
	*testing.T
	store         *failing
	registrations *Registrations
	inboxes       *Inboxes
	receiver      *Receiver
	handler       http.Handler
	reg           Registration
	secret        string
	now           time.Time

	mu       sync.Mutex
	outcomes map[string]int
	log      bytes.Buffer
}

const (
	projectID = "00000000-0000-0000-0000-000000000000"
	publicURL = "https://papi.example.com"
	approved  = `{"type":"WHATSAPP_TEMPLATE_APPROVED","payload":{"name":"order_update","state":"APPROVED"}}`
)

// failing is a store that fails where err is set.
type failing struct {
	store.Store
	err error
}

func (f *failing) Get(ctx context.Context, key string) ([]byte, bool, error) {
	value, ok, err := f.Store.Get(ctx, key)
	return value, ok, errors.Join(err, f.err)
}

func (f *failing) Append(ctx context.Context, stream, id string, value []byte, keep store.Keep) (bool, error) {
	if f.err != nil {
		return false, f.err
	}
	return f.Store.Append(ctx, stream, id, value, keep)
}

func newFixture(t *testing.T, change ...func(*ReceiverOptions)) *fixture {
	t.Helper()
	return newFixtureOn(t, nil, change...)
}

// newFixtureOn returns one on a store; nil is one in memory with the clock of the fixture.
func newFixtureOn(t *testing.T, s store.Store, change ...func(*ReceiverOptions)) *fixture {
	t.Helper()
	f := &fixture{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), outcomes: map[string]int{}}
	clock := func() time.Time { return f.now }
	if s == nil {
		s = store.NewMemoryAt(clock)
	}
	f.store = &failing{Store: s}
	o := ReceiverOptions{
		Registrations: NewRegistrations(f.store, publicURL, 0), Inboxes: NewInboxes(f.store, 0),
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)),
		Count: func(outcome string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.outcomes[outcome]++
		},
	}
	for _, edit := range change {
		edit(&o)
	}
	f.registrations, f.inboxes = o.Registrations, o.Inboxes
	f.registrations.now = clock
	f.receiver = NewReceiver(o)
	f.receiver.now = clock
	mux := http.NewServeMux()
	mux.Handle(Pattern, f.receiver)
	f.handler = mux
	var err error
	if f.reg, f.secret, err = f.registrations.Add(t.Context(), Registration{ProjectID: projectID}); err != nil {
		t.Fatal(err)
	}
	return f
}

// delivery is a POST of the API.
type delivery struct {
	id, secret, body, nonce, timestamp string
	edit                               func(*http.Request)
}

// delivery returns a delivery that is signed correctly, now.
func (f *fixture) delivery(nonce, body string) delivery {
	return delivery{f.reg.ID, f.secret, body, nonce, strconv.FormatInt(f.now.Unix(), 10), nil}
}

func (d delivery) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, Path+d.id, strings.NewReader(d.body))
	s := signature{nonce: d.nonce, timestamp: d.timestamp}
	r.Header.Set(HeaderSignature, base64.StdEncoding.EncodeToString(s.by(d.secret, []byte(d.body))))
	r.Header.Set(HeaderAlgorithm, "HmacSHA256")
	r.Header.Set(HeaderNonce, d.nonce)
	r.Header.Set(HeaderTimestamp, d.timestamp)
	if d.edit != nil {
		d.edit(r)
	}
	return r
}

// send sends a delivery and checks the status and the outcome.
func (f *fixture) send(d delivery, status int, outcome string) *httptest.ResponseRecorder {
	f.Helper()
	before := f.outcomes[outcome]
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, d.request())
	if w.Code != status || f.outcomes[outcome] != before+1 {
		f.Errorf("status %d, want %d; outcomes %v, want one more %s; %s", w.Code, status, f.outcomes, outcome, w.Body)
	}
	return w
}

// events returns the events of a tenant.
func (f *fixture) events(tenant string) []Event {
	f.Helper()
	all, last, err := f.inboxes.Of(tenant).After(f.Context(), 0, 1000)
	if err != nil || int64(len(all)) != last {
		f.Fatalf("%d events, last %d: %v", len(all), last, err)
	}
	return all
}
