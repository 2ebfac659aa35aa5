package callback

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"papi-mcp/internal/mcpevents"
)

// newStatus serves a status, and returns its URL.
func newStatus(t *testing.T, status int) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// names is a DNS server whose answers a test sets.
type names struct {
	mu        sync.Mutex
	addresses []netip.Addr
	asked     int
}

func (n *names) set(addresses ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses = nil
	for _, address := range addresses {
		n.addresses = append(n.addresses, netip.MustParseAddr(address))
	}
}

// times is how often it was asked.
func (n *names) times() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

// resolver starts the server, and returns a resolver that asks it.
func (n *names) resolver(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply := n.answer(buffer[:size]); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) answer(request []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(request) != nil || len(m.Questions) != 1 {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	header := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET}
	for _, address := range n.addresses {
		switch {
		case address.Is4() && m.Questions[0].Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: address.As4()}})
		case address.Is6() && m.Questions[0].Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: address.As16()}})
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// tlsReceiver is an endpoint with a certificate for example.com, and the authority that
// signed it.
func tlsReceiver(t *testing.T) (*receiver, *x509.CertPool) {
	r := newReceiver(t, httptest.NewTLSServer)
	authorities := x509.NewCertPool()
	authorities.AddCert(r.Certificate())
	return r, authorities
}

// at is the URL of a receiver by a name.
func at(name string, r *receiver) string {
	u, _ := url.Parse(r.URL)
	return "https://" + net.JoinHostPort(name, u.Port()) + "/hook"
}

// The address that a name has when something is delivered counts, whatever it was when the
// client subscribed.
func TestAddressesAreCheckedAtDelivery(t *testing.T) {
	dns := &names{}
	dns.set("127.0.0.1")
	hook, authorities := tlsReceiver(t)
	f := newFixture(t, func(o *Options) {
		o.resolver, o.authorities, o.delays = dns.resolver(t), authorities, []time.Duration{}
	})
	f.hook = hook
	f.run(f.subs)
	params := json.RawMessage(strings.Replace(string(f.request("")), hook.URL+"/hook", at("example.com", hook), 1))
	f.subscribe("key:a", params)
	f.occur("evt_1")
	if got := hook.next(t); got.text("eventId") != "evt_1" { // with the host and the name of TLS
		t.Fatalf("%s", got.raw)
	}
	f.until("it is settled", func() bool { return f.metrics.of("delivered") == 1 })
	asked := dns.times()
	for n, address := range []string{"10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "::ffff:10.0.0.1", "fd00::1", "64:ff9b::7f00:1", "0.0.0.0"} {
		dns.set(address)
		f.occur(fmt.Sprint("evt_private_", n))
		f.until("it is given up", func() bool { return f.metrics.of("abandoned") == n+1 })
		if status := f.subscribe("key:a", params).DeliveryStatus; status["lastError"] != connectionRefused {
			t.Errorf("%s: %v", address, status) // timeout, where it was connected to
		}
	}
	if dns.times() == asked {
		t.Error("names were not resolved again")
	}
	hook.none(t)

	// Where one of several addresses is allowed, it is used, and the others are not.
	dns.set("10.0.0.1", "127.0.0.1")
	f.occur("evt_last")
	if got := hook.next(t); got.text("eventId") != "evt_last" {
		t.Errorf("%s", got.raw)
	}
}

// A public name that resolves to this machine gets nothing, not even a challenge.
func TestANameOfThisMachine(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1"} {
		dns := &names{}
		dns.set(address)
		hook, authorities := tlsReceiver(t)
		f := newFixture(t, func(o *Options) {
			o.resolver, o.authorities, o.Loopback = dns.resolver(t), authorities, false
		})
		params := strings.Replace(string(f.request("")), f.hook.URL+"/hook", at("example.com", hook), 1)
		_, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), json.RawMessage(params))
		if wrong == nil || wrong.Code != mcpevents.CallbackEndpointError || wrong.Data["reason"] != connectionRefused {
			t.Errorf("%s: %+v", address, wrong)
		}
		hook.none(t)
	}
}

// Why an endpoint can't be used is reported as a word, without anything of its answer.
func TestReasons(t *testing.T) {
	closed := newStatus(t, http.StatusOK)
	u, _ := url.Parse(closed)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := listener.Addr().String() // it accepts nothing, and connections wait
	t.Cleanup(func() { listener.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := gone.Addr().String()
	gone.Close()
	certified, _ := tlsReceiver(t)
	for address, want := range map[string]string{
		"http://" + silent + "/": timedOut, "https://" + silent + "/": timedOut, "http://" + refused + "/": connectionRefused,
		"https://" + u.Host + "/": tlsError, certified.URL + "/": tlsError, "https://name.invalid/": connectionRefused,
	} {
		dns := &names{}
		f := newFixture(t, func(o *Options) {
			o.resolver = dns.resolver(t)
			if want == timedOut {
				o.timeout = 50 * time.Millisecond
			}
		})
		params := fmt.Sprintf(`{"name":"changed","delivery":{"url":%q,"secret":%q}}`, address, secretA)
		_, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), json.RawMessage(params))
		if wrong == nil || wrong.Code != mcpevents.CallbackEndpointError || wrong.Data["reason"] != want || wrong.Message == "" {
			t.Errorf("%s: %+v, want %s", address, wrong, want)
		}
	}
}

// A redirect is not followed, and neither is a proxy of the environment used.
func TestNoRedirectsAndProxies(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	other := newReceiver(t, httptest.NewServer)
	t.Setenv("HTTP_PROXY", other.URL)
	t.Setenv("HTTPS_PROXY", other.URL)
	f.hook.answers(func(received) int { return http.StatusPermanentRedirect })
	f.occur("evt_1")
	f.until("it is given up", func() bool { return f.metrics.of("abandoned") == 1 })
	if status := f.subscribe("key:a", f.request("")).DeliveryStatus; status["lastError"] != http4xx {
		t.Errorf("%v", status)
	}
	other.none(t)
	for len(f.hook.bodies) > 0 {
		if got := f.hook.next(t); got.path != "/hook" {
			t.Errorf("%s was asked for", got.path)
		}
	}
}

// An answer without end does not hold a delivery up.
func TestAnswersAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 1<<16))
		}
	}))
	defer server.Close()
	e := newEndpoint(Options{Loopback: true, timeout: maxWait, now: time.Now})
	got, reason := e.send(t.Context(), message{"evt_1", "sub_1", server.URL, nil}, nil)
	if reason != "" || !got.ok() || len(got.body) != maxAnswer {
		t.Errorf("%d bytes, %s", len(got.body), reason)
	}
}
