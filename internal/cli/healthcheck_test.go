package cli

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
)

// The server is asked at the address of a flag, of its variable and of a configuration
// file, with TLS and without.
func TestHealthcheck(t *testing.T) {
	plain := strings.TrimPrefix(startHTTP(t, nil, "--sandbox").url, "http://")
	cert, key := certificate(t, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)) // an old one is in use all the same
	secured := strings.TrimPrefix(startHTTP(t, nil, "--sandbox", "--tls-cert", cert, "--tls-key", key).url, "https://")
	lost := strings.TrimPrefix(startHTTP(t, []string{"SINCH_KEY_ID=id", "SINCH_KEY_SECRET=secret", "PAPI_BASE_URL=http://127.0.0.1:1", "PAPI_TOKEN_URL=http://127.0.0.1:1"}).url, "http://")
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	config := func(text string) string {
		file := filepath.Join(t.TempDir(), "papi-mcp.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	_, port, _ := net.SplitHostPort(plain)
	for name, c := range map[string]struct {
		http string // PAPI_MCP_HTTP
		args []string
		code errorcode.Exit
		want string
	}{
		"a flag":               {"", []string{"--http", plain}, errorcode.Done, "alive\n"},
		"its variable":         {plain, nil, errorcode.Done, "alive\n"},
		"the flag comes first": {"127.0.0.1:1", []string{"--http", plain}, errorcode.Done, "alive\n"},
		"any interface":        {"0.0.0.0:" + port, []string{"--ready"}, errorcode.Done, "ready\n"},
		"a file":               {"", []string{"--config", config("http: " + plain + "\n")}, errorcode.Done, "alive\n"},
		"a file with faults":   {"", []string{"--config", config("http: " + plain + "\nauth: token\nkeys: {a: {}}\n")}, errorcode.Done, "alive\n"},
		"TLS":                  {"", []string{"--http", secured, "--tls-cert", cert, "--ready"}, errorcode.Done, "ready\n"},
		"TLS in a file":        {"", []string{"--config", config("http: " + secured + "\ntls-cert: " + cert + "\ntls-key: " + key + "\n")}, errorcode.Done, "alive\n"},
		"alive, not ready":     {"", []string{"--http", lost}, errorcode.Done, "alive\n"},
		"not ready":            {"", []string{"--http", lost, "--ready"}, errorcode.Failed, "is not ready: the API can't be used now"},
		"nothing there":        {"", []string{"--http", "127.0.0.1:1"}, errorcode.Failed, "nothing accepts connections there: check the host and port in --http"},
		"another server":       {"", []string{"--http", other.Listener.Addr().String()}, errorcode.Failed, "is not papi-mcp: it answers with status 404"},
		"TLS is not expected":  {"", []string{"--http", secured}, errorcode.Failed, "as a server with TLS does: give --tls-cert"},
		"no TLS":               {"", []string{"--http", plain, "--tls-cert", cert}, errorcode.Failed, "does not use TLS"},
		"no answer":            {"", []string{"--http", silent.Addr().String(), "--timeout", "10ms"}, errorcode.Failed, "does not answer"},
		"no address":           {"", nil, errorcode.Usage, "set PAPI_MCP_HTTP for both"},
		"a chosen port":        {"127.0.0.1:0", nil, errorcode.Usage, "serve chooses a port"},
		"no port":              {"127.0.0.1", nil, errorcode.Usage, "use HOST:PORT"},
		"no file":              {"", []string{"--config", "/nonexistent"}, errorcode.Usage, "--config /nonexistent"},
		"an argument":          {"", []string{plain}, errorcode.Usage, "takes no arguments"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PAPI_MCP_HTTP", c.http)
			if c.http == "" { // empty, it would be a value
				os.Unsetenv("PAPI_MCP_HTTP")
			}
			code, out, errOut := run(t, nil, append([]string{"healthcheck"}, c.args...)...)
			if code != int(c.code) || !strings.Contains(out+errOut, c.want) || (code == 0) != (errOut == "") {
				t.Errorf("%d, %q, %q; want %d, %q", code, out, errOut, c.code, c.want)
			}
		})
	}
}

// The flags of a server that is process 1 are those of the health check; a server on stdio
// has no address; and another program has no flags of serve.
func TestFlagsOfTheFirstProcess(t *testing.T) {
	for line, want := range map[string]string{
		"/papi-mcp serve --http 0.0.0.0:8080":        "0.0.0.0:8080",
		"papi-mcp --http=0.0.0.0:8080 --sandbox":     "0.0.0.0:8080",
		"/papi-mcp serve":                            "stdio",
		"/papi-mcp":                                  "stdio",
		"/papi-mcp listen --addr 0.0.0.0:8091":       "other",
		"/papi-mcp serve --no-such-flag":             "other",
		"/sbin/docker-init -- /papi-mcp serve":       "other",
		"/usr/lib/systemd/systemd --system --http x": "other",
		"": "other",
	} {
		var h httpFlags
		serve := &cobra.Command{}
		new(config).addServeFlags(serve, &h)
		got := "other"
		if addFlagsOf(strings.ReplaceAll(line, " ", "\x00")+"\x00", serve) {
			if got = h.addr; got == "" {
				got = "stdio"
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}
