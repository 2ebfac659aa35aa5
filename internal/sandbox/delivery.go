package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"papi-mcp/internal/loopback"
)

// The states of a delivery.
const (
	deliveryPending   = "pending"
	deliveryDelivered = "delivered"
	deliveryFailed    = "failed"
	deliveryNotSent   = "not_sent" // the sandbox delivers to loopback only
	deliveryCancelled = "cancelled"
)

const (
	// deliveryTimeout is the timeout of a try, in real time.
	deliveryTimeout = 10 * time.Second
	// maxConcurrentTries limits the tries that run at the same time.
	maxConcurrentTries = 16
	// maxDeliveries limits the list of deliveries; the oldest one that has ended is
	// removed from a full list.
	maxDeliveries = 5000
)

// backoffs are the times between the tries of a delivery, in the API's time.
var backoffs = []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour}

// delivery sends one event to one webhook.
type delivery struct {
	ID        string          `json:"id"`
	ProjectID string          `json:"projectId"`
	WebhookID string          `json:"webhookId"`
	Target    string          `json:"target"`
	Type      string          `json:"type"`
	Resource  string          `json:"resource"`
	Created   time.Time       `json:"created"`
	State     string          `json:"state"`
	Tries     int             `json:"tries"`
	Outcome   string          `json:"outcome,omitempty"` // of the last try
	Body      json.RawMessage `json:"body"`
	Secret    string          `json:"secret"`
}

// chain names the deliveries that are made in order: those of one resource to
// one webhook.
func (d *delivery) chain() string { return d.WebhookID + " " + d.Resource }

const kindDeliver = "_deliver"

var deliveryEvents = map[string]eventHandler{
	kindDeliver: func(s *Sandbox, _ *project, e event) bool {
		d := s.delivery(e.ID)
		if d != nil && d.State == deliveryPending {
			s.try(d)
		}
		return true
	},
}

// emit sends an event to the project's webhooks that have its type as a trigger.
// Its body has the fields and the type.
func (s *Sandbox) emit(p *project, resource, kind string, fields map[string]any) {
	raw, err := json.Marshal(clone(fields, map[string]any{"type": kind}))
	if err != nil {
		panic("sandbox: marshal an event: " + err.Error())
	}
	for _, hook := range p.Webhooks {
		if !slices.Contains(hook.Triggers, kind) && !slices.Contains(hook.Triggers, "ALL") {
			continue
		}
		d := &delivery{
			ID:        s.ulid("deliveries"),
			ProjectID: p.ID,
			WebhookID: hook.ID,
			Target:    hook.Target,
			Type:      kind,
			Resource:  resource,
			Created:   s.now,
			State:     deliveryPending,
			Body:      raw,
			Secret:    hook.Secret,
		}
		s.addDelivery(d)
		if s.noDelivery || !loopback.IsURL(hook.Target) {
			d.State, d.Outcome = deliveryNotSent, "the sandbox delivers to loopback only"
			continue
		}
		chain := s.state.Chains[d.chain()]
		s.state.Chains[d.chain()] = append(chain, d.ID)
		if len(chain) == 0 {
			s.after(0, event{Kind: kindDeliver, Project: p.ID, ID: d.ID})
		}
	}
}

func (s *Sandbox) addDelivery(d *delivery) {
	s.state.Deliveries = append(s.state.Deliveries, d)
	if len(s.state.Deliveries) > maxDeliveries {
		ended := slices.IndexFunc(s.state.Deliveries, func(d *delivery) bool { return d.State != deliveryPending })
		if ended >= 0 {
			s.state.Deliveries = slices.Delete(s.state.Deliveries, ended, ended+1)
		}
	}
}

func (s *Sandbox) delivery(id string) *delivery {
	for i := len(s.state.Deliveries) - 1; i >= 0; i-- {
		if d := s.state.Deliveries[i]; d.ID == id {
			return d
		}
	}
	return nil
}

// try makes one try of a delivery, without the lock, and records its outcome.
func (s *Sandbox) try(d *delivery) {
	if s.stopped.Err() != nil {
		return
	}
	d.Tries++
	nonce := s.ulid("nonces")
	target, secret, body := d.Target, d.Secret, d.Body
	s.inFlight++
	s.running.Go(func() {
		outcome, ok := "the sandbox was closed", false
		select {
		case s.slots <- struct{}{}:
			outcome, ok = s.send(target, secret, nonce, body)
			<-s.slots
		case <-s.stopped.Done():
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.inFlight--
		s.idle.Broadcast()
		s.endTry(d, outcome, ok)
	})
}

// endTry records the outcome of a try, and schedules the next one, or the next
// delivery of the chain.
func (s *Sandbox) endTry(d *delivery, outcome string, ok bool) {
	d.Outcome = outcome
	switch {
	case d.State != deliveryPending: // cancelled during the try
	case ok:
		d.State = deliveryDelivered
	case d.Tries > len(backoffs):
		d.State = deliveryFailed
	default:
		s.after(backoffs[d.Tries-1], event{Kind: kindDeliver, Project: d.ProjectID, ID: d.ID})
		return
	}
	s.log.Info("webhook", slog.String("type", d.Type), slog.String("state", d.State), slog.Int("tries", d.Tries))
	chain := s.state.Chains[d.chain()]
	if len(chain) == 0 || chain[0] != d.ID {
		return // the sandbox was reset during the try
	}
	if chain = chain[1:]; len(chain) == 0 {
		delete(s.state.Chains, d.chain())
		return
	}
	s.state.Chains[d.chain()] = chain
	s.after(0, event{Kind: kindDeliver, Project: d.ProjectID, ID: chain[0]})
	s.catchUp()
}

// cancelDeliveries cancels the pending deliveries to a deleted webhook.
func (s *Sandbox) cancelDeliveries(webhookID string) {
	for _, d := range s.state.Deliveries {
		if d.WebhookID == webhookID && d.State == deliveryPending {
			d.State = deliveryCancelled
			delete(s.state.Chains, d.chain())
		}
	}
}

// send makes a POST with the four headers of the signature. Any 2xx is a
// success.
func (s *Sandbox) send(target, secret, nonce string, body []byte) (outcome string, ok bool) {
	ctx, cancel := context.WithTimeout(s.stopped, deliveryTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return "the target is not a URL", false
	}
	// In real time, since receivers check the age by their own clock.
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(HeaderSandbox, "true")
	r.Header.Set("x-sinch-webhook-signature", signature(secret, body, nonce, timestamp))
	r.Header.Set("x-sinch-webhook-signature-algorithm", "HmacSHA256")
	r.Header.Set("x-sinch-webhook-signature-nonce", nonce)
	r.Header.Set("x-sinch-webhook-signature-timestamp", timestamp)
	resp, err := s.webhookClient.Do(r)
	if err != nil {
		return "no answer", false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be reused
	return fmt.Sprintf("status %d", resp.StatusCode), resp.StatusCode/100 == 2
}

// signature returns base64 of the HMAC-SHA256 of body.nonce.timestamp with the
// webhook's secret.
func signature(secret string, body []byte, nonce, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	mac.Write([]byte("." + nonce + "." + timestamp))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// loopbackClient returns a client that connects to loopback addresses only. It
// uses no proxy, follows no redirect and resolves no name but localhost.
func loopbackClient() *http.Client {
	var dialer net.Dialer
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				host, port, err := net.SplitHostPort(address)
				if err != nil || !loopback.IsHost(host) {
					return nil, errors.New("sandbox: not a loopback address")
				}
				if net.ParseIP(host) != nil {
					return dialer.DialContext(ctx, network, address)
				}
				conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
				if err != nil {
					conn, err = dialer.DialContext(ctx, network, net.JoinHostPort("::1", port))
				}
				return conn, err
			},
		},
	}
}

// renderDeliveries returns all deliveries, oldest first, without the secrets.
func (s *Sandbox) renderDeliveries() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	items := make([]any, len(s.state.Deliveries))
	for i, d := range s.state.Deliveries {
		items[i] = map[string]any{
			"id":        d.ID,
			"projectId": d.ProjectID,
			"webhookId": d.WebhookID,
			"target":    d.Target,
			"type":      d.Type,
			"resource":  d.Resource,
			"created":   formatTime(d.Created),
			"state":     d.State,
			"tries":     d.Tries,
			"outcome":   d.Outcome,
			"body":      d.Body,
		}
	}
	return map[string]any{"deliveries": items}
}
