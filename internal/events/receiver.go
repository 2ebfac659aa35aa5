package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// The outcomes of a delivery, as they are counted.
const (
	OutcomeStored       = "stored"
	OutcomeRepeated     = "repeated"     // its nonce is known: 200, and nothing is stored
	OutcomeUnauthorized = "unauthorized" // a wrong signature, or no such registration
	OutcomeExpired      = "expired"      // a right signature, but too old
	OutcomeMalformed    = "malformed"    // a right signature, but no JSON object
	OutcomeTooLarge     = "too_large"
	OutcomeIncomplete   = "incomplete" // the body did not come in time
	OutcomeBusy         = "busy"
	OutcomeFailed       = "store_unavailable"
)

// Outcomes are all outcomes.
var Outcomes = []string{
	OutcomeStored, OutcomeRepeated, OutcomeUnauthorized, OutcomeExpired, OutcomeMalformed,
	OutcomeTooLarge, OutcomeIncomplete, OutcomeBusy, OutcomeFailed,
}

const (
	// clockSkew is how much the clocks of the API and of this server may differ.
	clockSkew = 5 * time.Minute
	// maxBody bounds a delivery: the API reports one thing, in some kilobytes.
	maxBody = 512 << 10
	// maxOpen is how many deliveries are read at the same time, and maxStoring how many of
	// them use the store: anyone can send them, and calls need the store too.
	maxOpen    = 256
	maxStoring = 8
	// readTimeout is how long a body may take, and storeTimeout what follows.
	readTimeout  = 10 * time.Second
	storeTimeout = 10 * time.Second
	// retryAfter is when a delivery that could not be stored may be sent again.
	retryAfter = "10" // seconds
)

// ReceiverOptions configure a receiver.
type ReceiverOptions struct {
	Registrations *Registrations
	Inboxes       *Inboxes
	// Received is called with each event that is new, once it is stored and before it is
	// acknowledged: where it returns an error, the API sends the event again. It may be
	// called concurrently, and may be nil.
	Received func(Event) error
	// Count is called with the outcome of each delivery; it may be nil.
	Count func(outcome string)
	// Logger gets what an operator has to know; it may be nil.
	Logger *slog.Logger
}

// Receiver is the handler of [Pattern]. It needs no authentication but the signature, and
// bounds what strangers can use up.
//
// A delivery that is stored, or was before, is answered with 200. One that can't be stored
// now is answered with 503, so that the API sends it again. A wrong signature and an
// unknown registration have the same answer, 401, after the same work.
type Receiver struct {
	ReceiverOptions
	now     func() time.Time
	unknown string // the secret of registrations that don't exist
	open    chan struct{}
	storing chan struct{}
}

// NewReceiver returns a receiver.
func NewReceiver(o ReceiverOptions) *Receiver {
	if o.Count == nil {
		o.Count = func(string) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Receiver{o, time.Now, newSecret(), make(chan struct{}, maxOpen), make(chan struct{}, maxStoring)}
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed, "the API sends its events here, by POST")
		return
	}
	outcome := r.receive(w, request)
	r.Count(outcome)
	switch outcome {
	case OutcomeStored, OutcomeRepeated:
		answer(w, http.StatusOK, outcome)
	case OutcomeUnauthorized:
		answer(w, http.StatusUnauthorized, "the signature was not made with the secret of this webhook, or there is no such webhook")
	case OutcomeExpired:
		answer(w, http.StatusUnauthorized, errAge.Error())
	case OutcomeMalformed:
		answer(w, http.StatusBadRequest, "the body must be a JSON object")
	case OutcomeTooLarge:
		answer(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body may have at most %d bytes", maxBody))
	case OutcomeIncomplete:
		w.Header().Set("Connection", "close")
		answer(w, http.StatusRequestTimeout, "the body was not received in time")
	default:
		w.Header().Set("Retry-After", retryAfter)
		answer(w, http.StatusServiceUnavailable, "the event can't be stored now: send it again later")
	}
}

// receive receives a delivery and returns its outcome. It does not answer.
func (r *Receiver) receive(w http.ResponseWriter, request *http.Request) (outcome string) {
	select {
	case r.open <- struct{}{}:
		defer func() { <-r.open }()
	default:
		return OutcomeBusy
	}
	signed, ok := readSignature(request.Header)
	if !ok {
		return OutcomeUnauthorized
	}
	body, outcome := read(w, request)
	if outcome != "" {
		return outcome
	}
	// What has come is stored, even if the sender does not wait for the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(request.Context()), storeTimeout)
	defer cancel()
	select {
	case r.storing <- struct{}{}:
		defer func() { <-r.storing }()
	case <-ctx.Done():
		return OutcomeBusy
	}
	return r.store(ctx, request.PathValue("id"), signed, body)
}

// read reads a body; the outcome is "" where there is one.
func read(w http.ResponseWriter, request *http.Request) (body []byte, outcome string) {
	if request.ContentLength > maxBody {
		return nil, OutcomeTooLarge
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(readTimeout)) // not supported: the server's own counts
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, OutcomeTooLarge
	case err != nil:
		return nil, OutcomeIncomplete
	}
	_ = c.SetReadDeadline(time.Time{})
	return body, ""
}

// store checks the signature of a delivery, and stores its event.
func (r *Receiver) store(ctx context.Context, id string, signed signature, body []byte) (outcome string) {
	now := r.now()
	k, _, err := r.Registrations.get(ctx, id)
	secrets := []string{r.unknown}
	switch {
	case err == nil:
		secrets = k.secrets(now)
	case !errors.Is(err, ErrNotFound):
		return r.failed(err)
	}
	if !signed.matches(body, secrets) {
		return OutcomeUnauthorized
	}
	at, err := signedAt(signed.timestamp)
	if age := now.Sub(at); err != nil || age > r.Inboxes.maxAge || age < -clockSkew {
		r.Logger.Warn("an event was refused by its timestamp: is the clock right, and is --max-event-age long enough?", "age", age.Round(time.Second), "timestamp", signed.timestamp)
		return OutcomeExpired
	}
	event, err := parse(body)
	if err != nil {
		r.Logger.Warn("an event has a right signature, but is no JSON object", "bytes", len(body))
		return OutcomeMalformed
	}
	event.ID, event.Registration, event.ProjectID = eventID(id, signed.nonce), id, k.ProjectID
	added, err := r.Inboxes.Of(k.Tenant).add(ctx, event)
	switch {
	case err != nil:
		return r.failed(err)
	case !added:
		return OutcomeRepeated
	}
	r.Logger.Debug("event", "type", event.Type)
	if r.Received != nil {
		event.Received = now.UTC()
		if err := r.Received(event); err != nil {
			return r.failed(err)
		}
	}
	return OutcomeStored
}

func (r *Receiver) failed(err error) (outcome string) {
	r.Logger.Error("an event could not be stored", "error", err)
	return OutcomeFailed
}

// answer writes an answer, whose body the API ignores.
func answer(w http.ResponseWriter, status int, text string) {
	name := "status"
	if status >= http.StatusBadRequest {
		name = "error"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(jsonvalue.Encode(map[string]string{name: text})) // an error means that the sender is gone
}
