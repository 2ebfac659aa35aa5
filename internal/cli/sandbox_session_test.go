package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"papi-mcp/internal/sandbox"
)

// session is a client of the real binary on stdio, and all that the binary wrote.
type session struct {
	t    *testing.T
	in   *json.Encoder
	out  *bufio.Reader
	said bytes.Buffer
	last any // the structured content of the last result
	sent int
}

// request sends a request and reads its answer.
func (s *session) request(method string, params any) map[string]any {
	s.t.Helper()
	s.sent++
	if err := s.in.Encode(args{"jsonrpc": "2.0", "id": s.sent, "method": method, "params": params}); err != nil {
		s.t.Fatal(err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
	s.said.Write(line)
	var answer struct{ Result map[string]any }
	if err := json.Unmarshal(line, &answer); err != nil || answer.Result == nil {
		s.t.Fatalf("%s: %s", method, line)
	}
	return answer.Result
}

// call makes a tool call. A text {path} in an argument is what the last answer has at
// the path.
func (s *session) call(tool string, a args) {
	s.t.Helper()
	filled := args{}
	for name, value := range a {
		if path, ok := value.(string); ok && strings.HasPrefix(path, "{") {
			if value = at(s.last, strings.Trim(path, "{}")); value == nil {
				s.t.Fatalf("%s: no %s in %v", tool, path, s.last)
			}
		}
		filled[name] = value
	}
	s.last = s.request("tools/call", args{"name": tool, "arguments": filled})["structuredContent"]
}

// runSession runs the binary with a sandbox, and returns what it wrote: the work of an
// agent with a token for what a person confirms, and with steps of the clock.
func runSession(t *testing.T, flags ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "papi-mcp", append([]string{"serve", "--sandbox"}, flags...)...)
	cmd.Env = append(os.Environ(), "SINCH_PROJECT_ID=")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, in: json.NewEncoder(stdin), out: bufio.NewReaderSize(stdout, 1<<20)}
	s.request("initialize", args{"protocolVersion": "2025-06-18", "capabilities": args{}, "clientInfo": args{"name": "session", "version": "1"}})
	s.request("tools/list", args{})
	s.call("project_confirm", args{})
	s.call("project_confirm", args{"projectId": "{next.0.args.projectId}"})
	s.call("project_overview", args{})
	s.call("whatsapp_sender_create", args{"phoneNumberProvider": "CUSTOMER", "details": args{
		"displayName": "Example Care", "vertical": "EDUCATION", "countryCode": "1", "phoneNumber": "5550123",
	}})
	id := at(s.last, "ids.senderId")
	s.call("sandbox_advance", args{"seconds": 600})
	s.call("whatsapp_sender_register", args{"senderId": id, "method": "SMS"})
	s.call("whatsapp_sender_verify", args{"senderId": id, "code": "{sandbox.code}"})
	s.call("sandbox_advance", args{"until": "change"})
	s.call("whatsapp_sender_get", args{"senderId": id})
	if state := at(s.last, "state"); state != "ACTIVE" {
		t.Fatalf("the sender is %v: %v", state, s.last)
	}
	s.call("whatsapp_sender_activity_list", args{"senderId": id})
	s.call("webhook_create", args{"target": "https://example.com/hook", "secret": "a-secret-of-high-entropy"})
	hook := at(s.last, "ids.webhookId")
	s.call("webhook_delete", args{"webhookId": hook})
	s.call("webhook_delete", args{"webhookId": hook, "confirm": "{confirmation.token}"})
	if done := at(s.last, "done"); done != "deleted" {
		t.Fatalf("%v", s.last)
	}
	s.call("bundle_create", args{"name": "Example", "region": "EU", "smsApp": args{}})
	s.call("bundle_create", args{"name": "Example", "region": "EU", "smsApp": args{}, "confirm": "{confirmation.token}"})
	s.call("sandbox_advance", args{"until": "change"})
	s.call("sandbox_advance", args{"seconds": 40 * 24 * 3600})
	s.call("project_overview", args{})
	s.call("whatsapp_template_list", args{})
	s.call("bundle_list", args{})
	_ = stdin.Close() // which ends the server
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return s.said.String()
}

// With a seed and a start a session is the same each time: ids, codes,
// states, times, and the tokens of confirmations. Another seed and another start give
// another one.
func TestASandboxSessionIsTheSameEachTime(t *testing.T) {
	flags := []string{"--seed-data", "shop", "--seed", "7", "--start", "2026-03-01T12:00:00+01:00"}
	first := runSession(t, flags...)
	if again := runSession(t, flags...); again != first {
		a, b := strings.Split(first, "\n"), strings.Split(again, "\n")
		for i := range a {
			if a[i] != b[i] {
				t.Errorf("line %d is\n%s\nand then\n%s", i+1, a[i], b[i])
			}
		}
	}
	if !strings.Contains(first, `"now":"2026-03-01T11:00:00Z"`) || !strings.Contains(first, `"until":"2026-03-01T23:00:00Z"`) || !strings.Contains(first, `"expiresAt":"2026-03-01T11:2`) {
		t.Errorf("it does not begin at its start: %.3000s", first[strings.Index(first, `"id":3,`):])
	}
	for i, other := range []string{"8", "2026-03-02T00:00:00Z"} {
		changed := append([]string{}, flags...)
		changed[3+2*i] = other
		if runSession(t, changed...) == first {
			t.Errorf("%v changes nothing", changed)
		}
	}
}

// The instructions of a sandbox name its project and how to continue without a person's
// phone, fit the clients that cut them, and speak of nothing that is not offered. Those
// of the API speak of no sandbox.
func TestInstructionsOfASandbox(t *testing.T) {
	for _, dynamic := range []bool{false, true} {
		real := instructionsFor(spoken{dynamic: dynamic})
		moves := instructionsFor(spoken{dynamic: dynamic, project: sandbox.DefaultProject, advance: true})
		still := instructionsFor(spoken{dynamic: dynamic, project: sandbox.DefaultProject})
		if strings.Contains(real, "sandbox") || strings.Contains(still, "sandbox_advance") {
			t.Errorf("dynamic %v: they speak of what is not there", dynamic)
		}
		for _, text := range []string{moves, still} {
			if n := utf8.RuneCountInString(text); n > 1900 {
				t.Errorf("dynamic %v: %d characters", dynamic, n)
			}
			for _, said := range []string{"nothing here is real", "project_confirm with " + sandbox.DefaultProject, "sandbox.code", "Never guess a code"} {
				if strings.Count(text, said) != 1 {
					t.Errorf("dynamic %v: %q is not said once", dynamic, said)
				}
			}
			if strings.Contains(text, "ask the person for the code") || !strings.HasPrefix(text, real[:strings.Index(real, "\n")]) {
				t.Errorf("dynamic %v: %s", dynamic, text)
			}
		}
		if !strings.Contains(moves, "sandbox_advance") {
			t.Errorf("dynamic %v: %s", dynamic, moves)
		}
	}
	own := fmt.Sprintf(sandboxProject, "00000000-0000-0000-0000-000000000007")
	if text := instructionsFor(spoken{project: "00000000-0000-0000-0000-000000000007"}); !strings.Contains(text, own) {
		t.Error("they don't name the project that is set")
	}
}
