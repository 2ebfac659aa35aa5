package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

// aSandbox starts the command, and returns it with its URL and the rest of its
// output.
func aSandbox(ctx context.Context, t *testing.T, env []string, flags ...string) (cmd *exec.Cmd, url string, rest io.Reader) {
	t.Helper()
	cmd = exec.CommandContext(ctx, "papi-mcp", append([]string{"sandbox", "--addr", "127.0.0.1:0", "--clock", "manual"}, flags...)...)
	cmd.Env = append(os.Environ(), env...)
	interruptible(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line), lines
}

// The sandbox fills the project of the environment, and accepts any project id
// without --strict-projects.
func TestSandboxFillsTheProjectOfTheEnvironment(t *testing.T) {
	const own = "00000000-0000-0000-0000-000000000007"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	webhooks := func(url, project string) (status int, body string) {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/projects/"+project+"/webhooks", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("any", "any")
		resp, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(raw)
	}
	env := []string{"SINCH_PROJECT_ID=" + own + ", 00000000-0000-0000-0000-000000000008"}
	for _, c := range []struct {
		flags []string
		loose int // the status for a project that is no UUID
	}{{nil, http.StatusOK}, {[]string{"--strict-projects"}, http.StatusUnauthorized}} {
		cmd, url, _ := aSandbox(ctx, t, env, append(c.flags, "--seed-data", "shop")...)
		if status, body := webhooks(url, own); status != http.StatusOK || !strings.Contains(body, `"totalSize":2`) {
			t.Errorf("%v: the project of the environment: %d %s", c.flags, status, body)
		}
		if status, body := webhooks(url, sandbox.DefaultProject); status != http.StatusOK || !strings.Contains(body, `"totalSize":0`) {
			t.Errorf("%v: the all-zero project: %d %s", c.flags, status, body)
		}
		if status, body := webhooks(url, "%7BprojectId%7D"); status != c.loose {
			t.Errorf("%v: no UUID: %d %s", c.flags, status, body)
		}
		http.DefaultClient.CloseIdleConnections()
		if err := interrupt(cmd); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// The built-in sandbox accepts only UUIDs, as the API does: a template that was not
// filled in is not a project.
func TestBuiltInSandboxRequiresUUIDs(t *testing.T) {
	const call = `{"projectId":"{projectId}"}`
	if _, out, _ := run(t, nil, "call", "webhook_list", call, "--sandbox"); !strings.Contains(out, `"status":401`) {
		t.Errorf("strict: %s", out)
	}
	if code, out, _ := run(t, nil, "call", "webhook_list", call, "--sandbox", "--strict-projects=false"); code != int(errorcode.Done) {
		t.Errorf("not strict: %s", out)
	}
}

// A byte order mark before the arguments is skipped, on the command line and on
// standard input.
func TestArgumentsAfterAByteOrderMark(t *testing.T) {
	for _, args := range [][]string{{"\ufeff{}"}, {"-"}} {
		var out, errOut bytes.Buffer
		if code := Main(append([]string{"call", "webhook_list", "--sandbox"}, args...), strings.NewReader("\ufeff{}\n"), &out, &errOut); code != int(errorcode.Done) {
			t.Errorf("%q: %d, %s%s", args, code, out.String(), errOut.String())
		}
	}
}

// The sandbox prints its URL as the one line of its output, answers there, and
// stops at an interrupt.
func TestSandboxCommand(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd, url, lines := aSandbox(ctx, t, nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/projects/"+sandbox.DefaultProject+"/webhooks", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("any", "any")
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get(sandbox.HeaderSandbox) != "true" {
		t.Errorf("%s, header %q", resp.Status, resp.Header.Get(sandbox.HeaderSandbox))
	}
	http.DefaultClient.CloseIdleConnections()
	if err := interrupt(cmd); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil || len(rest) != 0 {
		t.Errorf("ended with %v, more output %q", err, rest)
	}
}

// run runs a command in this process, with its own environment.
func run(t *testing.T, env map[string]string, args ...string) (code int, out, errOut string) {
	t.Helper()
	for _, name := range []string{"SINCH_PROJECT_ID", "SINCH_KEY_ID", "SINCH_KEY_SECRET", "SINCH_ACCESS_TOKEN", "PAPI_BASE_URL", "PAPI_TOKEN_URL", "PAPI_AUTH"} {
		t.Setenv(name, env[name])
	}
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// fullDisk is an output that can't be written.
type fullDisk struct{ err error }

func (f fullDisk) Write([]byte) (int, error) { return 0, f.err }

// No command ends with 0 where its output was lost, nor with the code of wrong usage.
func TestLostOutput(t *testing.T) {
	aHome(t)
	for _, args := range []string{
		"--help", "--version", "help call", "tools", "tools --json", "call webhook_list --sandbox", "call webhook_list --sandbox --results text",
		"demo", "doctor --sandbox", "config schema", "config key", "completion bash",
	} {
		for _, err := range []syscall.Errno{syscall.ENOSPC, syscall.EPIPE} {
			var errOut bytes.Buffer
			code := Main(strings.Fields(args), strings.NewReader(""), fullDisk{err}, &errOut)
			if code != int(errorcode.Failed) || strings.Contains(errOut.String(), err.Error()) != errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s, %v: exit %d, %s", args, err, code, &errOut)
			}
		}
	}
}

// The dump of one sandbox is seed data for the next.
func TestDumpIsSeedData(t *testing.T) {
	box := sandbox.New(sandbox.Options{Seed: 1})
	defer box.Close()
	if err := box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	if err := box.Dump(&dump); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dump.json")
	if err := os.WriteFile(path, dump.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := run(t, nil, "call", "whatsapp_template_list", "--sandbox", "--seed-data", path, "--store", "memory")
	if code != int(errorcode.Done) || !strings.Contains(out, "reject_winter_sale") {
		t.Errorf("exit %d, output %.200s, %s", code, out, errOut)
	}
}

func TestDoctorFindsProblems(t *testing.T) {
	box := sandbox.New(sandbox.Options{Seed: 1})
	defer box.Close()
	skewed := false
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if skewed {
			w.Header().Set("Date", time.Now().Add(-5*time.Minute).UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"webhooks":[],"totalSize":0,"pageSize":15,"access_token":"t","token_type":"bearer","expires_in":3600}`)
			return
		}
		box.ServeHTTP(w, r)
	}))
	defer api.Close()
	env := func(changes ...string) map[string]string {
		e := map[string]string{
			"SINCH_PROJECT_ID": sandbox.DefaultProject, "SINCH_KEY_ID": "any", "SINCH_KEY_SECRET": "canary-secret",
			"PAPI_BASE_URL": api.URL, "PAPI_TOKEN_URL": api.URL + "/oauth2/token",
		}
		for i := 0; i < len(changes); i += 2 {
			e[changes[i]] = changes[i+1]
		}
		return e
	}
	for _, tt := range []struct {
		name   string
		env    map[string]string
		skewed bool
		code   int
		want   []string
	}{
		{"all is well", env(), false, int(errorcode.Done), []string{"ok    token", "ok    API", "ok    clock"}},
		{"no credentials", env("SINCH_KEY_ID", ""), false, int(errorcode.Credentials), []string{"FAIL  credentials", "to fix: set SINCH_KEY_ID"}},
		{"half a key", env("SINCH_KEY_SECRET", ""), false, int(errorcode.Credentials), []string{"SINCH_KEY_ID is set, and SINCH_KEY_SECRET is not"}},
		{"a project that is none", env("SINCH_PROJECT_ID", "abc/../x"), false, int(errorcode.Failed), []string{"FAIL  project", "holds a slash"}},
		{"a key that is refused", env("SINCH_KEY_ID", "invalid"), false, int(errorcode.Credentials), []string{"FAIL  token", "to fix:"}},
		{"a token as it is", env("SINCH_ACCESS_TOKEN", "sandbox"), false, int(errorcode.Done), []string{"SINCH_ACCESS_TOKEN is set", "used as given"}},
		{"a token that is refused", env("SINCH_ACCESS_TOKEN", "canary-token"), false, int(errorcode.Credentials), []string{"FAIL  API", "to fix:"}},
		{"nothing listens", env("PAPI_BASE_URL", "http://127.0.0.1:1"), false, int(errorcode.TryAgain), []string{"FAIL  API", "PAPI_BASE_URL"}},
		{"no project", env("SINCH_PROJECT_ID", ""), false, int(errorcode.Done), []string{"note  project", "note  API"}},
		{"a clock that is off", env(), true, int(errorcode.Failed), []string{"FAIL  clock", "differs from the API's by 5m", "set the clock"}},
		{"a URL that is none", env("PAPI_BASE_URL", "::"), false, int(errorcode.Failed), []string{"FAIL  environment", "PAPI_BASE_URL is not a URL; unset, it is https://", "to fix:"}},
		{"a URL without a scheme", env("PAPI_TOKEN_URL", "example.com"), false, int(errorcode.Failed), []string{"PAPI_TOKEN_URL must be like https://host/path"}},
		{"a secret in a URL", env("PAPI_TOKEN_URL", "https://a:canary@example.com"), false, int(errorcode.Failed), []string{"PAPI_TOKEN_URL must have no user"}},
		{"another authentication method", env("PAPI_AUTH", "digest"), false, int(errorcode.Failed), []string{`PAPI_AUTH: unknown authentication method "digest"; known: oauth`}},
		{"a token that can't be sent", env("SINCH_ACCESS_TOKEN", "canary a"), false, int(errorcode.Failed), []string{"SINCH_ACCESS_TOKEN"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			skewed = tt.skewed
			code, out, errOut := run(t, tt.env, "doctor")
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s%s", code, tt.code, out, errOut)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			if strings.Contains(out+errOut, "canary") {
				t.Errorf("a secret is printed:\n%s%s", out, errOut)
			}
		})
	}
}

// For a connection that fails, the doctor names the cause, and neither the key nor
// itself.
func TestDoctorNamesTheCause(t *testing.T) {
	private := httptest.NewUnstartedServer(http.NotFoundHandler())
	private.Config.ErrorLog = log.New(io.Discard, "", 0)
	private.StartTLS()
	defer private.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	none := filepath.Join(t.TempDir(), "none.pem")
	ofCertificates, certificates := func(want string) string { return want }, errorcode.Failed
	if !readsCertificateFile(t) {
		ofCertificates, certificates = func(string) string { return "SSL_CERT_FILE is not read on this system" }, errorcode.TryAgain
	}
	for _, tt := range []struct {
		name, at string
		env      []string
		want     string
		code     errorcode.Exit
	}{
		{"an authority of its own", private.URL, nil, "set SSL_CERT_FILE", errorcode.TryAgain},
		{"a file of authorities that is none", private.URL, []string{"SSL_CERT_FILE=" + none}, ofCertificates("SSL_CERT_FILE names a file that can't be read"), certificates},
		{"a file without certificates", private.URL, []string{"SSL_CERT_FILE=commands_test.go"}, ofCertificates("which contains no certificate"), certificates},
		{"a proxy that asks for credentials", "https://api.example.com", []string{"HTTPS_PROXY=" + proxy.URL}, "before its host, as user:password@host:port", errorcode.TryAgain},
		{"a proxy that is not there", "https://api.example.com", []string{"HTTPS_PROXY=http://user:canary@127.0.0.1:1"}, "calls go through the proxy that HTTPS_PROXY", errorcode.TryAgain},
		{"the version in the URL", "http://127.0.0.1:1/v1", nil, "set it to http://127.0.0.1:1", errorcode.Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "papi-mcp", "doctor")
			cmd.Env = append([]string{
				"PATH=" + os.Getenv("PATH"), "SINCH_PROJECT_ID=" + sandbox.DefaultProject, "SINCH_KEY_ID=key", "SINCH_KEY_SECRET=canary",
				"PAPI_BASE_URL=" + tt.at, "PAPI_TOKEN_URL=" + tt.at + "/token",
			}, tt.env...)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != int(tt.code) || !strings.Contains(string(out), tt.want) {
				t.Errorf("%v: %s", err, out)
			}
			for _, not := range []string{"canary", "papi-mcp doctor", "check the key"} {
				if strings.Contains(string(out), not) {
					t.Errorf("it says %q: %s", not, out)
				}
			}
		})
	}
}

// The demo fails where a step does not have the expected result.
func TestDemoChecksItsSteps(t *testing.T) {
	var out bytes.Buffer
	d := &demo{out: &out, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	defer d.box.Close()
	stop, err := d.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	d.call(t.Context(), "webhook_list", args{}, expect{"data.rows.0": nil})
	if d.err != nil {
		t.Error(d.err)
	}
	d.call(t.Context(), "webhook_list", args{}, expect{"data.rows.0": 1.0})
	if d.err == nil || !strings.Contains(d.err.Error(), "data.rows.0 is <nil>, not 1") {
		t.Errorf("got %v", d.err)
	}
	shown := out.Len()
	if d.call(t.Context(), "webhook_list", args{}, nil); out.Len() != shown {
		t.Error("a call was shown after the error")
	}
	d.err = nil
	if d.expectAsked(1); d.err == nil {
		t.Error("the person was not asked, and that passed")
	}
}
