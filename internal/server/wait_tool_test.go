package server

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// serverThatWaits is a server with the tools themselves, whose senders are being set up.
func serverThatWaits(t *testing.T, dynamic bool) *Server {
	t.Helper()
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := papi.New(papi.Config{BaseURL: "http://api.example", AccessToken: "token", Transport: &senders{}})
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Options{Default: "p", Mode: guard.Auto, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}})
	set := tools.New(tools.Options{Rows: rows, Guard: g, API: client, Dynamic: dynamic})
	return New(Options{Name: "papi-mcp", Version: "1", Toolbox: set, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

// waitParams are the name and the arguments of a call of wait, by its name or through
// tool_call_read.
func waitParams(dynamic bool) (tool, params string) {
	const args = `{"for":[{"tool":"whatsapp_sender_get","args":{"senderId":"S"}}],"timeoutSeconds":25}`
	if dynamic {
		return "tool_call_read", `"name":"tool_call_read","arguments":{"tool":"wait","arguments":` + args + `}`
	}
	return "wait", `"name":"wait","arguments":` + args
}

// checkWaited checks the messages of a wait: its progress, and a result that its protocol
// version allows.
func checkWaited(t *testing.T, messages []message, isModern bool) {
	t.Helper()
	if len(messages) != 3 {
		t.Fatalf("%d messages: %v", len(messages), messages)
	}
	for i, want := range []string{"10", "20"} {
		var params map[string]any
		if m := messages[i]; m.Method != methodProgress || json.Unmarshal(m.Params, &params) != nil || fmt.Sprint(params["progress"]) != want || params["progressToken"] != "t7" || params["message"] != "0 of 1 settled; WhatsApp sender IN_PROGRESS" {
			t.Errorf("got %s", show(m))
		}
	}
	checkResult(t, messages[2], isModern)
}

func checkResult(t *testing.T, m message, isModern bool) {
	t.Helper()
	result := toolAnswer(t, m)
	r, _ := result.StructuredContent.(map[string]any)
	if string(m.ID) != "7" || len(result.Content) != 1 || r["settled"] != false || jsonvalue.Text(r, "cursor") == "" {
		t.Errorf("got %s", show(m))
	}
	var fields map[string]any
	if err := json.Unmarshal(m.Result, &fields); err != nil || (fields["resultType"] == "complete") != isModern || fields["isError"] == true {
		t.Errorf("the result is %s, %v", m.Result, err)
	}
}

// A wait with its own tool, by its name and through tool_call_read, on stdio and HTTP, in
// the old and the new protocol: its progress comes, and then a well-formed result.
func TestTheToolThatWaits(t *testing.T) {
	for _, isModern := range []bool{false, true} {
		for _, dynamic := range []bool{false, true} {
			tool, params := waitParams(dynamic)
			line := toolsCall(7, params+`,"_meta":{"progressToken":"t7"}`)
			if isModern {
				line = strings.Replace(modern(7, "tools/call", `{}`, ","+params), `"_meta":{`, `"_meta":{"progressToken":"t7",`, 1)
			}
			name := fmt.Sprintf("modern %v, dynamic %v", isModern, dynamic)
			t.Run("stdio, "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := dial(t, serverThatWaits(t, dynamic))
					if !isModern {
						p.initialize("2025-11-25", `{}`)
					}
					p.send(line)
					checkWaited(t, []message{p.next(), p.next(), p.next()}, isModern)
					p.close()
				})
			})
			t.Run("HTTP, "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := serverThatWaits(t, dynamic).HTTP(HTTPOptions{Authenticate: byName, Limits: DefaultHTTPLimits})
					defer h.Close()
					post := func(body string, more ...string) *httptest.ResponseRecorder {
						r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(body))
						for _, field := range append(headers{"Authorization: Bearer alice", "Content-Type: application/json", "Accept: application/json, text/event-stream"}, more...) {
							name, value, _ := strings.Cut(field, ": ")
							r.Header.Set(name, value)
						}
						w := httptest.NewRecorder()
						h.ServeHTTP(w, r)
						return w
					}
					fields := modernHeaders("tools/call", tool)
					if !isModern {
						fields = headers{headerSession + ": " + post(openSession).Header().Get(headerSession)}
					}
					answer := post(line, fields...)
					var messages []message
					for event := range strings.SplitSeq(answer.Body.String(), "\n") {
						if data, ok := strings.CutPrefix(event, "data: "); ok {
							var m message
							if err := json.Unmarshal([]byte(data), &m); err != nil {
								t.Fatalf("%s: %v", data, err)
							}
							messages = append(messages, m)
						}
					}
					if answer.Code != http.StatusOK {
						t.Errorf("%d %s", answer.Code, answer.Body)
					}
					checkWaited(t, messages, isModern)

					// Without a token it is answered with its result alone.
					answer = post(strings.Replace(line, `"progressToken":"t7"`, `"a":1`, 1), fields...)
					if kind := answer.Header().Get("Content-Type"); answer.Code != http.StatusOK || kind != "application/json" {
						t.Errorf("%d %s %s", answer.Code, kind, answer.Body)
					}
					var m message
					if err := json.Unmarshal(answer.Body.Bytes(), &m); err != nil {
						t.Fatal(err)
					}
					checkResult(t, m, isModern)
				})
			})
		}
	}
}
