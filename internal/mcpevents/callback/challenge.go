package callback

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/net/idna"
	"golang.org/x/time/rate"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/mcpevents"
)

// verification is the type of the body that asks an endpoint to echo its challenge.
const verification = "verification"

// verifiedTTL is how long a principal's endpoint counts as verified for its next
// subscriptions. One that lasts needs no other challenge.
const verifiedTTL = 30 * 24 * time.Hour

// How many challenges are sent to a host in a burst, and how often another one may follow,
// by each replica.
const (
	challengeBurst = 30
	challengeEvery = 2 * time.Second
)

// maxPerHost is how many deliveries to a host a replica sends at the same time.
const maxPerHost = 4

// verify returns nil where the endpoint of a subscription has echoed a challenge for its
// principal, now or before. The error is a *mcpevents.Error where it has not.
func (s *Subscriptions) verify(ctx context.Context, sub *subscription) error {
	key := "mcpevents/verified/" + hashed(sub.Principal, sub.URL)
	_, known, err := s.o.Store.Get(ctx, key)
	if err != nil || known {
		return err
	}
	if wait := s.hosts.challenge(hostOf(sub.URL)); wait > 0 {
		return &mcpevents.Error{
			Code: mcpevents.ResourceExhausted, Message: "too many callback endpoints of this host were challenged: subscribe again after data.retryAfterMs",
			Data: map[string]any{"limit": "challenges", "max": challengeBurst, "retryAfterMs": wait.Milliseconds()},
		}
	}
	nonce := rand.Text() + rand.Text()
	secret, _ := decodeSecret(sub.Secret)
	body := jsonvalue.Encode(map[string]any{"type": verification, "challenge": nonce})
	answered, reason := s.endpoint.send(ctx, message{controlID(verification), sub.ID, sub.URL, [][]byte{secret}}, body)
	var echoed struct {
		Challenge string `json:"challenge"`
	}
	switch {
	case reason != "":
	case !answered.ok():
		reason = answered.reason()
	case json.Unmarshal(answered.body, &echoed) != nil || subtle.ConstantTimeCompare([]byte(echoed.Challenge), []byte(nonce)) != 1:
		reason = challengeFailed
	}
	if reason != "" {
		s.o.Metrics.Challenged(reason)
		return endpointError(reason)
	}
	s.o.Metrics.Challenged("verified")
	return s.o.Store.Put(ctx, key, nil, verifiedTTL)
}

// hostOf is the host of a URL that was checked, the same in whatever form it is written: a
// name has no case, and may end with a dot.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// hostLimits bound what one host is sent.
type hostLimits struct {
	challenges *ttlcache.Cache[string, *rate.Limiter]
	mu         sync.Mutex
	sending    map[string]int
}

func newHostLimits() *hostLimits {
	return &hostLimits{sending: map[string]int{}, challenges: ttlcache.New(
		ttlcache.WithCapacity[string, *rate.Limiter](10_000),
		ttlcache.WithTTL[string, *rate.Limiter](challengeBurst*challengeEvery),
	)}
}

// challenge reports whether a host may be challenged now: it returns 0, or how long to
// wait.
func (h *hostLimits) challenge(host string) (wait time.Duration) {
	kept, _ := h.challenges.GetOrSetFunc(host, func() *rate.Limiter { return rate.NewLimiter(rate.Every(challengeEvery), challengeBurst) })
	reservation := kept.Value().Reserve()
	if wait = reservation.Delay(); wait > 0 {
		reservation.Cancel()
	}
	return wait
}

// begin counts a delivery to a host until end is called; ok is false at the maximum.
func (h *hostLimits) begin(host string) (end func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sending[host] >= maxPerHost {
		return nil, false
	}
	h.sending[host]++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.sending[host]--; h.sending[host] == 0 {
			delete(h.sending, host)
		}
	}, true
}
