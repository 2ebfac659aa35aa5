package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// answeringAPI is an API with a token endpoint, which answers reads with a status and a
// body.
func answeringAPI(t *testing.T, status int, header, body string) map[string]string {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/token") {
			_, _ = io.WriteString(w, `{"access_token":"canary-token","token_type":"bearer","expires_in":3600}`)
			return
		}
		if name, value, found := strings.Cut(header, ": "); found {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(api.Close)
	return map[string]string{
		"SINCH_PROJECT_ID": sandbox.DefaultProject, "SINCH_KEY_ID": "key", "SINCH_KEY_SECRET": "canary-secret",
		"PAPI_BASE_URL": api.URL, "PAPI_TOKEN_URL": api.URL + "/token",
	}
}

// A clock that differs from the API's is a problem, unless a sandbox has the other one.
func TestDoctorComparesClocks(t *testing.T) {
	aHome(t)
	const empty = `{"webhooks":[],"totalSize":0,"pageSize":15}`
	for header, want := range map[string]string{
		"": "ok    clock", "Date: ": "note  clock        not compared: the API's answer has no time",
		"Date: Mon, 05 Jan 2026 09:00:00 GMT": "FAIL  clock        differs from the API's by ",
	} {
		if _, out, _ := run(t, answeringAPI(t, http.StatusOK, header, empty), "doctor"); !strings.Contains(out, want) {
			t.Errorf("%q: no %s in\n%s", header, want, out)
		}
	}
}

// An answer of the API that is none of its own, or an error, is explained by its
// cause.
func TestDoctorExplainsAnswers(t *testing.T) {
	aHome(t)
	const portal = "<html><body>Please log in</body></html>"
	apiError := func(code string) string { return `{"errorCode":"` + code + `","message":"m","resolution":""}` }
	for _, tt := range []struct {
		name   string
		status int
		header string
		body   string
		want   string
		code   errorcode.Exit
	}{
		{"a portal", 200, "Content-Type: text/html", portal, "something else answers in the place of the API", errorcode.Failed},
		{"a portal with a status", 403, "Content-Type: text/html", portal, "something else answers in the place of the API", errorcode.Failed},
		{"a redirect", 302, "Location: https://login.example.com/", "", "something else answers in the place of the API", errorcode.Failed},
		{"another API", 404, "Content-Type: text/plain", "404 page not found", "PAPI_BASE_URL is that of another API", errorcode.Failed},
		{"another project's key", 401, "", apiError("unauthorized"), "use a key of the same project", errorcode.Credentials},
		{"a key without access", 403, "", apiError("forbidden"), "ask the owner of the account for access", errorcode.Credentials},
		{"no such project", 404, "", apiError("not_found"), "check the id in SINCH_PROJECT_ID", errorcode.Failed},
		{"a bad request", 400, "", apiError("bad_request"), "check PAPI_BASE_URL, and that the key belongs to the project", errorcode.Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, _ := run(t, answeringAPI(t, tt.status, tt.header, tt.body), "doctor")
			_, fix, found := strings.Cut(out, "FAIL  API ")
			if _, fix, _ = strings.Cut(fix, "to fix: "); !found || !strings.Contains(fix, tt.want) || code != int(tt.code) || strings.Contains(out, "canary") {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

// A secret that was pasted into another variable is found, and not shown.
func TestDoctorFindsWhatWasPastedWrongly(t *testing.T) {
	aHome(t)
	env := answeringAPI(t, 200, "", `{"webhooks":[]}`)
	for _, tt := range []struct {
		change, value, want string
		code                errorcode.Exit
	}{
		{"SINCH_KEY_ID", "canary-secret", "SINCH_KEY_ID and SINCH_KEY_SECRET have the same value", errorcode.Credentials},
		{"PAPI_BASE_URL", "", "FAIL  project      SINCH_PROJECT_ID: an id is not a UUID", errorcode.Failed},
		{"PAPI_BASE_URL", "https://us.conversation.api.sinch.com", "which is not the Provisioning API", errorcode.Failed},
		{"PAPI_BASE_URL", "http://api.example.com", "the credentials are sent without encryption", errorcode.TryAgain},
		{"SINCH_KEY_SECRET", "<your-secret>", "SINCH_KEY_SECRET was not filled in", errorcode.Failed},
		{"SINCH_KEY_ID", "", "SINCH_KEY_SECRET is set, and SINCH_KEY_ID is not", errorcode.Credentials},
		{"SINCH_KEY_SECRET", "", "SINCH_KEY_ID is set, and SINCH_KEY_SECRET is not", errorcode.Credentials},
	} {
		changed := map[string]string{}
		for name, value := range env {
			changed[name] = value
		}
		changed[tt.change] = tt.value
		if tt.value == "" && tt.change == "PAPI_BASE_URL" {
			changed["SINCH_PROJECT_ID"], changed["SINCH_KEY_ID"] = "canary-in-the-wrong-place", "" // so that nothing is sent
		}
		if strings.HasPrefix(tt.value, "http:") {
			changed["PAPI_TOKEN_URL"] = "http://127.0.0.1:1/token"
		}
		code, out, errOut := run(t, changed, "doctor")
		if code != int(tt.code) || !strings.Contains(out, tt.want) || strings.Contains(out+errOut, "canary") {
			t.Errorf("%s=%s: exit %d, want %s in\n%s", tt.change, tt.value, code, tt.want, out)
		}
	}
}

// The doctor takes the arguments that a client gives to serve, the word too, and the
// variables of its flags, and reports what is wrong with them.
func TestDoctorTakesTheFlagsOfServe(t *testing.T) {
	home := aHome(t)
	if code, out, errOut := run(t, nil, "doctor", "serve", "--sandbox", "--toolsets", "webhooks", "--read-only", "--dynamic", "--confirm", "human", "--results", "text", "--audit", "audit.jsonl", "--store", "s.db"); code != int(errorcode.Done) {
		t.Errorf("exit %d\n%s%s", code, out, errOut)
	}
	if err := os.WriteFile("f.yaml", []byte("sandbox: true\ntoolsets: [webhoks]\nkeys: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args  string
		env   string
		wants string
	}{
		{"--toolsets webhoks", "", `there is no toolset "webhoks" (did you mean "webhooks"?)`},
		{"--tools webhok_list", "", `(did you mean "webhook_list"?)`},
		{"--confirm humn", "", "--confirm \"humn\""},
		{"--max-result-tokens 0", "", "--max-result-tokens 0"},
		{"--speed 0", "", "--speed 0"},
		{"--seed-data none", "", "--seed-data none"},
		{"--http 0.0.0.0:0", "", "anyone who reaches this address"},
		{"--http 8080", "", "use HOST:PORT"},
		{"--http 127.0.0.1:0 --metrics-addr 1", "", "--metrics-addr \"1\": use HOST:PORT"},
		{"--http 127.0.0.1:0 --tls-cert a", "", "need each other"},
		{"--http 127.0.0.1:0 --public-url example.com", "", "--public-url \"example.com\""},
		{"--http 127.0.0.1:0 --auth token", "", "needs keys in --config"},
		{"--auth token", "", "--auth has an effect only over HTTP"},
		{"--store http://example.com", "", "use memory, the path of a file, or"},
		{"--audit store --store memory", "", "needs a persistent --store"},
		{"--audit store", "", "needs a persistent --store"},
		{"--config none.yaml", "", "give --config the path of a file"},
		{"--config f.yaml", "", "FAIL  config       f.yaml:2:1: --toolsets"},
		{"", "PAPI_MCP_TOOLSETS=webhoks", `there is no toolset "webhoks"`},
		{"", "PAPI_MCP_MAX_RUNNING=many", `PAPI_MCP_MAX_RUNNING="many"`},
		{"", "PAPI_MCP_REDONLY=true", "did you mean PAPI_MCP_READ_ONLY?"},
		{"", "PAPI_MCP_AUDIT=${AUDIT}", "PAPI_MCP_AUDIT was not filled in"},
		{"--audit ${AUDIT}", "", "--audit was not filled in"},
	} {
		t.Run(tt.args+tt.env, func(t *testing.T) {
			if name, value, found := strings.Cut(tt.env, "="); found {
				t.Setenv(name, value)
			}
			code, out, _ := run(t, nil, append([]string{"doctor", "--sandbox"}, strings.Fields(tt.args)...)...)
			_, after, found := strings.Cut(out, "FAIL ")
			if code != int(errorcode.Failed) || !found || !strings.Contains(out, tt.wants) || !strings.Contains(after, "to fix: ") {
				t.Errorf("exit %d, no %s in\n%s", code, tt.wants, out)
			}
		})
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) != 1 {
		t.Errorf("it has created files: %v, %v", entries, err)
	}
	if code, _, errOut := run(t, nil, "doctor", "webhook_list"); code != int(errorcode.Usage) {
		t.Errorf("exit %d, %s", code, errOut)
	}
}

// The doctor changes nothing on disk, and creates nothing.
func TestDoctorChangesNothing(t *testing.T) {
	home := aHome(t)
	state := filepath.Join(home, "state", "papi-mcp", "state.db")
	if err := store.NewFile(state).Put(t.Context(), "k", nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := audit.File(filepath.Join(home, "old.jsonl")).Add(t.Context(), audit.Entry{Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "empty.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, home)
	for _, env := range []string{"", filepath.Join(home, "state"), filepath.Join(home, "none")} {
		t.Setenv("XDG_STATE_HOME", env)
		for _, args := range []string{"", "--sandbox", "--audit new.jsonl", "--audit old.jsonl", "--audit store", "--store new/s.db", "--store empty.db", "--audit store --store empty.db", "--http 127.0.0.1:0"} {
			_, out, _ := run(t, nil, append([]string{"doctor"}, strings.Fields(args)...)...)
			if after := snapshot(t, home); after != before {
				t.Fatalf("%s: the disk has changed, from\n%s\nto\n%s", args, before, after)
			}
			if strings.Contains(out, "FAIL  store") || strings.Contains(out, "FAIL  audit") {
				t.Errorf("%s:\n%s", args, out)
			}
		}
	}
}

// Files that others can read, folders that they can write, files of others, damaged
// and locked ones are found; with no --store all of the folder is checked.
func TestDoctorChecksFiles(t *testing.T) {
	home := aHome(t)
	t.Setenv("XDG_STATE_HOME", home)
	folder := filepath.Join(home, "papi-mcp")
	state := filepath.Join(folder, "state.db")
	chmod := func(path string, mode fs.FileMode) func(*testing.T) {
		return func(t *testing.T) {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(path, text string) func(*testing.T) {
		return func(t *testing.T) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	type faulty struct {
		name  string
		args  string
		setUp func(*testing.T)
		want  string
	}
	permissions := []faulty{ // which Windows has no modes for
		{"a file that others can read", "", chmod(state, 0o644), "FAIL  store        " + state + " has the permissions 0644"},
		{"a file that its group can write", "", chmod(state, 0o660), "FAIL  store        " + state + " has the permissions 0660"},
		{"a folder that others can read", "", chmod(folder, 0o755), "FAIL  store        " + folder + " has the permissions 0755"},
		{"a folder that others can write", "--store " + state, chmod(folder, 0o777), "FAIL  store        " + folder + " has the permissions 0777"},
		{"a folder of one's choice that others can read", "--store " + state, chmod(folder, 0o755), "ok    store        " + state},
		{"another file there", "", func(t *testing.T) {
			write(filepath.Join(folder, "tokens.json"), "{}")(t)
			chmod(filepath.Join(folder, "tokens.json"), 0o604)(t)
		}, "tokens.json has the permissions 0604"},
		{"a file of another user", "--store /etc/passwd", func(*testing.T) {}, "FAIL  store        /etc/passwd "},
	}
	tests := []faulty{
		{"intact", "", func(*testing.T) {}, "ok    store        " + state + ": intact, and private"},
		{"a symbolic link", "", func(t *testing.T) {
			if err := errors.Join(os.Rename(state, state+".1"), os.Symlink(state+".1", state)); err != nil {
				t.Fatal(err)
			}
		}, state + " is a symbolic link"},
		{"a damaged file", "", write(state, "not a store"), "is damaged"},
		{"a folder in its place", "--store " + folder, func(*testing.T) {}, "is not a regular file"},
		{"a folder that is a file", "--store " + state + "/s.db", func(*testing.T) {}, "FAIL  store"},
		{"a locked file", "", func(t *testing.T) {
			held, err := bbolt.Open(state, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { held.Close() })
		}, "held by another process"},
		{"no store yet", "--store new.db", func(*testing.T) {}, "ok    store        new.db does not exist"},
		{"memory", "--store memory", func(*testing.T) {}, "note  store"},
		{"a log that was altered", "--audit log.jsonl", write("log.jsonl", "{}\n"), "FAIL  audit        the log in log.jsonl is not intact: line 1"},
		{"a log that is a folder", "--audit " + folder, func(*testing.T) {}, "is not a regular file"},
		{"an intact log", "--audit a.jsonl", func(t *testing.T) {
			if err := audit.File("a.jsonl").Add(t.Context(), audit.Entry{Phase: audit.Intent, Call: "c", Time: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}, "1 calls have no outcome"},
		{"a log in the store", "--audit store", func(t *testing.T) {
			if err := audit.InStore(store.NewFile(state)).Add(t.Context(), audit.Entry{Time: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}, "ok    audit        " + state + ": intact, with 1 lines"},
	}
	if runtime.GOOS != "windows" {
		tests = append(tests, permissions...)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := errors.Join(os.RemoveAll(folder), store.NewFile(state).Put(t.Context(), "k", nil, 0)); err != nil {
				t.Fatal(err)
			}
			tt.setUp(t)
			_, out, _ := run(t, nil, append([]string{"doctor"}, strings.Fields(tt.args)...)...)
			if !strings.Contains(out, tt.want) {
				t.Errorf("no %s in\n%s", tt.want, out)
			}
		})
	}
	withoutHome(t)
	if _, out, _ := run(t, nil, "doctor"); !strings.Contains(out, "note  store        in memory, and lost at the end of the process") || !strings.Contains(out, "set HOME or XDG_STATE_HOME") {
		t.Errorf("without a home:\n%s", out)
	}
}

// certificate writes a certificate of its own for example.com, and its key.
func certificate(t *testing.T, from, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.com"}, DNSNames: []string{"example.com"}, NotBefore: from, NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

// The addresses, the certificate and the authorization server are checked.
func TestDoctorChecksWhatServeListensWith(t *testing.T) {
	aHome(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	now := time.Now()
	cert, key := certificate(t, now.Add(-time.Hour), now.Add(90*24*time.Hour))
	old, oldKey := certificate(t, now.Add(-2*time.Hour), now.Add(-time.Hour))
	early, earlyKey := certificate(t, now.Add(time.Hour), now.Add(2*time.Hour))
	late, lateKey := certificate(t, now.Add(-time.Hour), now.Add(time.Hour))
	http127 := "--http 127.0.0.1:0 "
	withTLS := func(cert, key string) string { return http127 + "--tls-cert " + cert + " --tls-key " + key + " " }
	issuer := func(metadata, keys string) string {
		var server *httptest.Server
		server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch r.URL.Path {
			case "/.well-known/openid-configuration":
				_, _ = io.WriteString(w, strings.ReplaceAll(metadata, "HERE", server.URL))
			case "/keys":
				_, _ = io.WriteString(w, keys)
			default:
				http.NotFound(w, r)
			}
		}))
		t.Cleanup(server.Close)
		return http127 + "--auth oidc --public-url https://example.com --oidc-issuer " + server.URL
	}
	private := httptest.NewUnstartedServer(http.NotFoundHandler())
	private.Config.ErrorLog = log.New(io.Discard, "", 0)
	private.StartTLS()
	defer private.Close()
	const metadata = `{"issuer":"HERE","jwks_uri":"HERE/keys"}`
	for _, tt := range []struct {
		name, args, want string
		code             errorcode.Exit
	}{
		{"a free address", http127, "ok    http         127.0.0.1:0 is free", errorcode.Done},
		{"a port in use", "--http " + taken.Addr().String(), "stop what listens there", errorcode.Failed},
		{"a port in use, for metrics", http127 + "--metrics-addr " + taken.Addr().String(), "FAIL  metrics-addr", errorcode.Failed},
		{"an address of another machine", "--http 192.0.2.1:0 --auth token", "FAIL  http", errorcode.Failed},
		{"a certificate", withTLS(cert, key), "ok    tls-cert     it matches its key", errorcode.Done},
		{"a certificate and its host", withTLS(cert, key) + "--public-url https://example.com", "ok    tls-cert", errorcode.Done},
		{"another host", withTLS(cert, key) + "--public-url https://other.example.com", "use a certificate for the host of --public-url", errorcode.Failed},
		{"the key of another", withTLS(cert, oldKey), "FAIL  flags        --tls-cert, --tls-key: ", errorcode.Failed},
		{"no certificate", withTLS("none.pem", key), "FAIL  flags        --tls-cert: open none.pem", errorcode.Failed},
		{"no key", withTLS(cert, "none.pem"), "FAIL  flags        --tls-key: open none.pem", errorcode.Failed},
		{"an expired certificate", withTLS(old, oldKey), "has expired", errorcode.Failed},
		{"a certificate of the future", withTLS(early, earlyKey), "is not valid before", errorcode.Failed},
		{"a certificate that expires soon", withTLS(late, lateKey), "note  tls-cert", errorcode.Done},
		{"an issuer", issuer(metadata, `{"keys":[{}]}`), "answers, with 1 keys", errorcode.Done},
		{"an issuer without keys", issuer(metadata, `{"keys":[]}`), "its keys: there are none", errorcode.Failed},
		{"keys that are none", issuer(metadata, `<html>`), "its keys are not JSON", errorcode.Failed},
		{"no place for keys", issuer(`{"issuer":"HERE","jwks_uri":"HERE/none"}`, ""), "its keys: 404", errorcode.Failed},
		{"an issuer with another name", issuer(`{"issuer":"https://other.example.com","jwks_uri":"HERE/keys"}`, ""), "says that its URL is https://other.example.com", errorcode.Failed},
		{"no metadata", issuer(`<html>`, ""), "/.well-known/openid-configuration", errorcode.Failed},
		{"an issuer that is not there", http127 + "--auth oidc --public-url https://example.com --oidc-issuer http://127.0.0.1:1", "host and port in --oidc-issuer", errorcode.TryAgain},
		{"an issuer with an authority of its own", http127 + "--auth oidc --public-url https://example.com --oidc-issuer " + private.URL, "was issued by an authority", errorcode.TryAgain},
		{"an issuer without TLS", http127 + "--auth oidc --public-url https://example.com --oidc-issuer http://issuer.example.com", "use the https URL", errorcode.Failed},
		{"a public URL", http127 + "--public-url https://example.com", "ok    public-url   events of the API are received at https://example.com/events/", errorcode.Done},
		{"a public URL without TLS", http127 + "--public-url http://example.com", "note  public-url   the API sends events to https alone", errorcode.Done},
		{"requests with credentials", http127 + "--tenant header", "", errorcode.Done},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, _ := run(t, nil, append([]string{"doctor", "--sandbox"}, strings.Fields(tt.args)...)...)
			if code != int(tt.code) || !strings.Contains(out, tt.want) {
				t.Errorf("exit %d, no %s in\n%s", code, tt.want, out)
			}
		})
	}
}

// The collector of --trace is reached, and its variables can be read.
func TestDoctorChecksTraces(t *testing.T) {
	aHome(t)
	collector := httptest.NewServer(http.NotFoundHandler())
	defer collector.Close()
	for _, tt := range []struct {
		variable, value, want string
		code                  errorcode.Exit
	}{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL, "ok    trace", errorcode.Done},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "host and port in OTEL_EXPORTER_OTLP_ENDPOINT", errorcode.TryAgain},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "canary", "FAIL  trace        OTEL_EXPORTER_OTLP_TIMEOUT has a value that can't be read", errorcode.Failed},
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
		t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "")
		t.Setenv(tt.variable, tt.value)
		code, out, _ := run(t, nil, "doctor", "--sandbox", "--trace")
		if code != int(tt.code) || !strings.Contains(out, tt.want) || strings.Contains(out, "canary") {
			t.Errorf("%s=%s: exit %d\n%s", tt.variable, tt.value, code, out)
		}
	}
}

// The credentials of each tenant are checked; a server with tenants needs none of its
// own.
func TestDoctorChecksTenants(t *testing.T) {
	aHome(t)
	env := answeringAPI(t, 200, "", `{"webhooks":[],"totalSize":0,"pageSize":15}`)
	env["SINCH_KEY_ID"], env["SINCH_KEY_SECRET"] = "", ""
	t.Setenv("EMEA_SECRET", "canary-emea")
	const file = `http: 127.0.0.1:0
auth: token
keys:
  bot: {hashes: [sha256:1111111111111111111111111111111111111111111111111111111111111111], tenant: emea, projects: all, toolsets: all, read-only: true}
tenants:
  emea: {projects: [` + sandbox.DefaultProject + `], key-id: key, key-secret: "${EMEA_SECRET}"}
  apac: {projects: all, key-id: key, key-secret: "${APAC_SECRET}"}
`
	if err := os.WriteFile("f.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := run(t, env, "doctor", "--config", "f.yaml")
	for _, want := range []string{"note  credentials  none are set in the environment", "ok    token (emea)", "ok    API (emea)", "tenants.apac.key-secret: \"${APAC_SECRET}\" is given"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if code != int(errorcode.Failed) || strings.Contains(out+errOut, "canary") || strings.Contains(out, "token (apac)") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// readsCertificateFile reports whether Go reads SSL_CERT_FILE on this system.
func readsCertificateFile(t *testing.T) bool {
	t.Setenv("SSL_CERT_FILE", os.DevNull)
	return papi.CertificateFile(runtime.GOOS) != ""
}

// What is wrong with the certificate of the API is named: it is for another host, or
// has expired; or there is none.
func TestDoctorNamesWhatIsWrongWithTLS(t *testing.T) {
	now := time.Now()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	tlsServer := func(from, until time.Time) (url, authority string) {
		certFile, keyFile := certificate(t, from, until)
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
		server.StartTLS()
		t.Cleanup(server.Close)
		return server.URL, certFile
	}
	other, otherFile := tlsServer(now.Add(-time.Hour), now.Add(time.Hour))
	old, oldFile := tlsServer(now.Add(-2*time.Hour), now.Add(-time.Hour))
	for _, tt := range []struct{ name, url, authority, want string }{
		{"another host", other, otherFile, "the server's certificate is for another name: check the host in PAPI_TOKEN_URL"},
		{"expired", old, oldFile, "the server's certificate has expired, or the clock of this machine is wrong"},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), otherFile, "the server does not use TLS"},
	} {
		if tt.name != "no TLS" && !readsCertificateFile(t) {
			continue // the authority of a test is in no store of the system
		}
		cmd := exec.CommandContext(t.Context(), "papi-mcp", "doctor", "--store", "memory")
		cmd.Env = []string{"SSL_CERT_FILE=" + tt.authority, "SINCH_KEY_ID=key", "SINCH_KEY_SECRET=canary", "PAPI_BASE_URL=" + tt.url, "PAPI_TOKEN_URL=" + tt.url + "/token"}
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != int(errorcode.TryAgain) || !strings.Contains(string(out), tt.want) || strings.Contains(string(out), "canary") {
			t.Errorf("%s: %v\n%s", tt.name, err, out)
		}
	}
}
