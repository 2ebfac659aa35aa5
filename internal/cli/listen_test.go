package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/events"
	"papi-mcp/internal/events/eventstest"
)

// listening is papi-mcp listen in a separate process.
type listening struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	out    *bufio.Reader
	close  func() error // of the end of its output that is read
	log    lockedBuffer
	client *http.Client
}

func startListen(t *testing.T, env []string, args ...string) *listening {
	t.Helper()
	l := &listening{t: t, client: &http.Client{Transport: &http.Transport{}}}
	l.cmd = exec.CommandContext(t.Context(), detected, append([]string{"listen", "--addr", "127.0.0.1:0"}, args...)...)
	l.cmd.Env = append(l.cmd.Environ(), env...)
	interruptible(l.cmd)
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	logged, err := l.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.out, l.close = bufio.NewReader(out), out.Close
	first := bufio.NewReader(logged)
	line, err := first.ReadString('\n')
	found := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(line)
	if err != nil || found == nil {
		t.Fatalf("%q, %v", line, err)
	}
	l.url = found[1]
	go func() { _, _ = io.Copy(&l.log, first) }() // until the process ends
	t.Cleanup(l.client.CloseIdleConnections)
	return l
}

func (l *listening) send(path, secret, nonce, body string) (status int) {
	l.t.Helper()
	status, _, err := eventstest.Send(l.t.Context(), l.client, l.url+path, secret, nonce, body)
	if err != nil {
		l.t.Fatal(err)
	}
	return status
}

// next returns the next line of the output.
func (l *listening) next() (line map[string]any) {
	l.t.Helper()
	text, err := l.out.ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(text), &line)
	}
	if err != nil {
		l.t.Fatalf("%q: %v", text, err)
	}
	return line
}

// stop interrupts it, and returns the rest of its output.
func (l *listening) stop() (rest string) {
	l.t.Helper()
	if err := interrupt(l.cmd); err != nil {
		l.t.Fatal(err)
	}
	raw, err := io.ReadAll(l.out)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.cmd.Wait(); err != nil {
		l.t.Errorf("%v: %s", err, l.log.String())
	}
	return string(raw)
}

const handSecret = "a-secret-of-high-entropy"

// A webhook that was created by hand has its secret in a variable, and a target with any
// path; each of its events is a line.
func TestListen(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(handSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, variable := range map[string]string{"variable": webhookSecretVariable + "=" + handSecret, "file": webhookSecretVariable + "_FILE=" + file} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startListen(t, []string{variable})
			for n, path := range []string{"/", "/hooks/papi?x=1", "/events/short", "/healthz"} {
				if status := l.send(path, handSecret, fmt.Sprint("n", n), fmt.Sprintf(`{"type":"T%d","payload":{"projectId":"p","authToken":"s3cret"},"comment":"c"}`, n)); status != http.StatusOK {
					t.Errorf("%s: %d", path, status)
				}
				line := l.next()
				if line["type"] != fmt.Sprint("T", n) || fmt.Sprint(line["payload"]) != "map[authToken:*** projectId:p]" || fmt.Sprint(line["more"]) != "map[comment:c]" || line["received"] == nil || len(line["id"].(string)) != 32 {
					t.Errorf("%v", line)
				}
			}
			if status := l.send("/", handSecret, "n0", `{}`); status != http.StatusOK {
				t.Errorf("a repetition: %d", status)
			}
			if status := l.send("/", "another", "n9", `{}`); status != http.StatusUnauthorized {
				t.Errorf("another secret: %d", status)
			}
			resp, err := l.client.Get(l.url + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("/healthz: %s", resp.Status)
			}
			if rest := l.stop(); rest != "" {
				t.Errorf("also printed: %s", rest)
			}
		})
	}
}

// It receives for the webhooks of servers, and keeps their events for these.
func TestListenForServers(t *testing.T) {
	t.Parallel()
	path, reg, secret := registered(t)
	l := startListen(t, nil, "--store", path)
	if status := l.send(events.Path+reg.ID, secret, "n1", `{"type":"T"}`); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if line := l.next(); line["type"] != "T" || line["projectId"] != reg.ProjectID {
		t.Errorf("%v", line)
	}
	for path, want := range map[string]int{events.Path + "ABCDEFGHIJKLMNOPQRSTUVWXYZ": http.StatusUnauthorized, "/": http.StatusNotFound} {
		if status := l.send(path, secret, "n2", `{}`); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	l.stop()
	if got := inboxOf(t, path); len(got) != 1 || got[0].Type != "T" {
		t.Errorf("%+v", got)
	}
}

// An event that can't be printed is not acknowledged, and ends the process.
func TestListenWithAClosedPipe(t *testing.T) {
	t.Parallel()
	l := startListen(t, []string{webhookSecretVariable + "=" + handSecret})
	l.send("/", handSecret, "n1", `{"type":"T"}`)
	l.next()
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	if status := l.send("/", handSecret, "n2", `{}`); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	if err := l.cmd.Wait(); l.cmd.ProcessState.ExitCode() != int(errorcode.Failed) {
		t.Errorf("%v: %s", err, l.log.String())
	}
}

func TestListenNeedsASecretOrAStore(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"neither":         {nil, nil, "set " + webhookSecretVariable},
		"memory":          {nil, []string{"--store", "memory"}, "set " + webhookSecretVariable},
		"both":            {map[string]string{webhookSecretVariable: handSecret}, []string{"--store", "state.db"}, "give one of them"},
		"a placeholder":   {map[string]string{webhookSecretVariable: "${SECRET}"}, nil, "was not filled in"},
		"no such file":    {map[string]string{webhookSecretVariable + "_FILE": "/nowhere"}, nil, "name a file"},
		"no such store":   {nil, []string{"--store", "/nowhere/state.db"}, "nowhere"},
		"a wrong address": {map[string]string{webhookSecretVariable: handSecret}, []string{"--addr", "8091"}, "use HOST:PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			code, out, log := run(t, nil, append([]string{"listen"}, c.args...)...)
			if code != int(errorcode.Usage) || out != "" || !strings.Contains(log, c.want) || strings.Contains(log, handSecret) {
				t.Errorf("%d, %s%s", code, out, log)
			}
		})
	}
}
