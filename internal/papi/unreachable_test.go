package papi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"papi-mcp/internal/errorcode"
)

// throughProxy sends a client's calls through a proxy that answers each request
// with a status, and counts them.
func throughProxy(t *testing.T, status int) (proxy *url.URL, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	proxy, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return proxy, asked
}

// A proxy that asks for credentials is called once, whether it tunnels (https) or
// forwards (http), for the API and for the token endpoint.
func TestProxyCredentialsAreNotRetried(t *testing.T) {
	for _, scheme := range []string{"https", "http"} {
		for _, auth := range []string{AuthBasic, AuthOAuth} {
			t.Run(scheme+" "+auth, func(t *testing.T) {
				proxy, asked := throughProxy(t, http.StatusProxyAuthRequired)
				transport := NewTransport()
				transport.Proxy = http.ProxyURL(proxy)
				defer transport.CloseIdleConnections()
				c, err := New(Config{
					BaseURL: scheme + "://api.example.com", TokenURL: scheme + "://auth.example.com/token",
					Auth: auth, KeyID: testKey, KeySecret: testSecret, Transport: transport,
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.Do(t.Context(), aRead())
				e := failureOf(t, err)
				if e.Code != errorcode.Unreachable || !strings.Contains(e.Message, "407") || !strings.Contains(e.Resolution, "HTTPS_PROXY") {
					t.Errorf("%v; %s", e, e.Resolution)
				}
				if n := asked.Load(); n != 1 {
					t.Errorf("the proxy was asked %d times", n)
				}
				if _, err = c.Do(t.Context(), aCreate()); failureOf(t, err).Unknown {
					t.Error("a write that the proxy did not let through may have taken effect")
				}
			})
		}
	}
}

// The resolution of a failed connection depends on its cause.
func TestResolutionFitsTheCause(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cause error
		want  string
		not   string
	}{
		{"an unknown authority", x509.UnknownAuthorityError{}, "SSL_CERT_FILE", "network"},
		{"a certificate for another name", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}, "the host in PAPI_BASE_URL", "SSL_CERT_FILE"},
		{"an expired certificate", x509.CertificateInvalidError{Reason: x509.Expired}, "clock", "SSL_CERT_FILE"},
		{"a proxy that is not there", &net.OpError{Op: "proxyconnect", Err: errors.New("refused")}, "HTTPS_PROXY", "PAPI_BASE_URL"},
		{"a proxy that refuses", &proxyRefusal{http.StatusForbidden}, "HTTPS_PROXY", "PAPI_BASE_URL"},
		{"a proxy that asks for credentials", errProxyCredentials, "user:password@", "PAPI_BASE_URL"},
		{"a server without TLS", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "does not use TLS", "PROXY"},
		{"a name that no host has", &net.DNSError{Err: "no such host", IsNotFound: true}, "the host in PAPI_BASE_URL, and the DNS", "PROXY"},
		{"a name server that does not answer", &net.DNSError{Err: "i/o timeout", IsTimeout: true}, "can't be looked up", "PAPI_BASE_URL"},
		{"nothing listens", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "host and port in PAPI_BASE_URL", "PROXY"},
		{"nothing answers", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, "a firewall", "SSL_CERT_FILE"},
		{"another cause", errors.New("lost"), "check the network, and the URL in PAPI_BASE_URL", "PROXY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := unreachable("", BaseURLVariable, fmt.Errorf("wrapped: %w", tt.cause)).Resolution
			if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) || !strings.HasSuffix(got, errorcode.ThenDoctor) {
				t.Error(got)
			}
		})
	}
	t.Setenv("SSL_CERT_FILE", "/some/file.pem")
	if got, isRead := Remedy(BaseURLVariable, x509.UnknownAuthorityError{}), CertificateFile(runtime.GOOS) != ""; strings.Contains(got, "not in SSL_CERT_FILE") != isRead {
		t.Error(got)
	}
	for system, want := range map[string]string{"linux": "/some/file.pem", "freebsd": "/some/file.pem", "darwin": "", "windows": ""} {
		if got := CertificateFile(system); got != want {
			t.Errorf("on %s: %q", system, got)
		}
	}
}

// The version is part of each operation's path, and not of the base URL.
func TestBaseURLWithVersionIsRefused(t *testing.T) {
	for given, right := range map[string]string{
		"http://127.0.0.1:80/v1":                                "http://127.0.0.1:80",
		"https://provisioning.api.sinch.com/v1/":                "https://provisioning.api.sinch.com",
		"https://provisioning.api.sinch.com/v1/projects":        "https://provisioning.api.sinch.com",
		"https://provisioning.api.sinch.com/v1/projects/{id}/x": "https://provisioning.api.sinch.com",
		"https://gateway.example.com/papi/v1":                   "https://gateway.example.com/papi",
		"https://gateway.example.com/PAPI/V1/":                  "https://gateway.example.com/PAPI",
	} {
		_, err := New(Config{BaseURL: given})
		if err == nil || !strings.HasSuffix(err.Error(), "set it to "+right) {
			t.Errorf("%s: %v", given, err)
		}
	}
	for _, given := range []string{"https://gateway.example.com/papi", "https://gateway.example.com/v12", "https://v1.example.com"} {
		if _, err := New(Config{BaseURL: given}); err != nil {
			t.Errorf("%s: %v", given, err)
		}
	}
}
