package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Metrics may have a separate address, which needs no key.
func TestMetricsAddress(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	w := startHTTP(t, nil, "--sandbox", "--metrics-addr", addr)
	w.call("webhook_list", `{}`)
	w.call("webhook_get", `{}`)
	w.url = "http://" + addr
	status, _, numbers := w.send(http.MethodGet, "/metrics", "")
	for _, number := range []string{
		`papi_mcp_calls_total{outcome="ok",tool="webhook_list"} 1`, `papi_mcp_calls_total{outcome="invalid_arguments",tool="webhook_get"} 1`,
		`papi_mcp_upstream_exchanges_total{status="200"} 1`, `papi_mcp_upstream_tokens_total{outcome="ok"} 1`, "papi_mcp_call_duration_seconds_count", "papi_mcp_sessions 0",
	} {
		if !strings.Contains(numbers, number) {
			t.Errorf("%d, without %s", status, number)
		}
	}
	if status, _, _ := w.send(http.MethodPost, "/mcp", older); status != http.StatusNotFound {
		t.Errorf("MCP is there too: %d", status)
	}
}

// A renewed certificate is used without a restart.
func TestCertificateIsReloaded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	renew := func(serial int64) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		about := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
		der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: raw}} {
			if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	renew(1)
	w := startHTTP(t, nil, "--sandbox", "--tls-cert", certFile, "--tls-key", keyFile)
	if !strings.HasPrefix(w.url, "https://") {
		t.Fatal(w.url)
	}
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(w.url, "https://"), &tls.Config{InsecureSkipVerify: true}) // of this test's own making
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("serial %d", got)
	}
	renew(2)
	eventually(t, 20*time.Second, func() bool { return serial() == 2 })
}
