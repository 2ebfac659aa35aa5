package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// hidden has a character of each class that no output may contain; a few of them
// are not valid in JSON, and occur only in pages.
const hidden = "\u0085\u202e\u2066\U000e0041\u200b\u2060\ufeff\u00ad\u180e\u115f\u1160\u3164\uffa0\u2028\u2029x\ufe00\ufe01"

// never is what no output may contain: the password and the token of a URL, and the
// body of an unsolicited answer.
var never = []string{"hunter2", "unsolicited-body"}

// hostileAPI answers everything with texts and keys with hidden characters, and
// appends an unsolicited second answer to each.
func hostileAPI(t *testing.T) *httptest.Server {
	target := "https://agent:hunter2@hooks.example.com/" + hidden + "?token=hunter3"
	hook := map[string]any{"id": "hook" + hidden, "target": target, "triggers": []any{"ALL" + hidden}, "k" + hidden: hidden}
	thing := map[string]any{"id": "thing" + hidden, "name": "name" + hidden, "state": "ACTIVE" + hidden, "plusFriendId": hidden}
	list := map[string]any{"totalSize": 1, "nextPageToken": hidden}
	for _, name := range []string{"senders", "templates", "smsApps", "bundles", "languages"} {
		list[name] = []any{thing}
	}
	list["webhooks"] = []any{hook}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, status := any(list), http.StatusOK
		switch {
		case r.Method != http.MethodGet:
			status = http.StatusConflict
			body = map[string]any{
				"errorCode": "code" + hidden, "message": "taken: " + target, "resolution": hidden,
				"additionalInformation": map[string]any{"k" + hidden: []any{target}},
			}
		case strings.HasSuffix(r.URL.Path, "/account"), strings.Contains(r.URL.Path, "/webhooks/"):
			body = hook
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Error(err)
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		second := "HTTP/1.1 200 OK\r\n\r\nunsolicited-body bearerToken: hunter2" + hidden
		fmt.Fprintf(buffered, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s%s", status, len(raw), raw, second)
		buffered.Flush()
		_, _ = io.Copy(io.Discard, conn) // until the client has seen both
	}))
	t.Cleanup(api.Close)
	return api
}

// see fails the test if an output contains what it must not.
func see(t *testing.T, what string, raw []byte) {
	t.Helper()
	text := string(raw)
	for _, r := range hidden[:len(hidden)-len("x\ufe00\ufe01")] {
		if strings.ContainsRune(text, r) {
			t.Errorf("%s holds %U: %.400q", what, r, text)
		}
	}
	if strings.Contains(text, "\ufe00\ufe01") {
		t.Errorf("%s holds two selectors: %.400q", what, text)
	}
	for _, secret := range never {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %s: %.400q", what, secret, text)
		}
	}
}

// collecting confirms everything, and records the questions.
type collecting struct {
	mu    sync.Mutex
	asked []mcp.ElicitationParams
}

func (c *collecting) Elicit(_ context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, r.Params)
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept}}, nil
}

// lockedBuffer is a buffer for concurrent writers.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Whatever the API writes, no hidden character and no password of a URL reaches a
// model, a person, a log, a trace or the audit log, by any output of the program.
func TestHiddenCharactersAreRemoved(t *testing.T) {
	path, err := exec.LookPath("papi-mcp")
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"2025-06-18", "2026-07-28"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			api, traces := hostileAPI(t), &collected{}
			otlp := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var request collector.ExportTraceServiceRequest
				if err := proto.Unmarshal(body, &request); err != nil {
					t.Error(err)
				}
				texts, err := protojson.Marshal(&request) // ids, which may look like anything, become base64
				if err != nil {
					t.Error(err)
				}
				traces.mu.Lock()
				defer traces.mu.Unlock()
				traces.raw.Write(texts)
			}))
			defer otlp.Close()
			log := filepath.Join(t.TempDir(), "audit.jsonl")
			environment := append(os.Environ(), "PAPI_BASE_URL="+api.URL, "SINCH_ACCESS_TOKEN=token", "SINCH_PROJECT_ID=p",
				"OTEL_EXPORTER_OTLP_ENDPOINT="+otlp.URL, "OTEL_EXPORTER_OTLP_HEADERS=authorization=%zzhunter2")
			stderr := &lockedBuffer{}
			person := &collecting{}
			c := client.NewClient(
				transport.NewStdioWithOptions(path, environment, []string{"serve", "--verbose", "--trace", "--audit", log}, transport.WithCommandStderrWriter(stderr)),
				client.WithElicitationHandler(person))
			if err := c.Start(ctx); err != nil {
				t.Fatal(err)
			}
			var initialize mcp.InitializeRequest
			initialize.Params.ProtocolVersion = version
			initialize.Params.ClientInfo = mcp.Implementation{Name: "client", Version: "1"}
			if _, err := c.Initialize(ctx, initialize); err != nil {
				t.Fatal(err)
			}
			tell := func(what string, result any, err error) {
				t.Helper()
				if err != nil {
					result = err.Error()
				}
				raw, err := json.Marshal(result)
				if err != nil {
					t.Fatal(err)
				}
				var texts any // as JSON has them, some are escaped
				if err := json.Unmarshal(raw, &texts); err != nil {
					t.Fatal(err)
				}
				see(t, what, fmt.Append(nil, texts))
			}
			webhook := map[string]any{"target": "https://agent:hunter2@hooks.example.com/?token=hunter3", "secret": "sixteen-or-more-signs", "triggers": []any{"ALL"}}
			for _, call := range []struct {
				tool string
				args map[string]any
			}{
				{"webhook_list", nil},
				{"webhook_get", map[string]any{"webhookId": "x"}},
				{"project_overview", nil},
				{"project_confirm", map[string]any{"projectId": "p"}},
				{"webhook_create", webhook},
				{"webhook_create", map[string]any{"target": webhook["target"], "secret": "short"}},
				{"webhook_create", map[string]any{"target": webhook["target"], "secret": webhook["secret"], "dryRun": true}},
				{"webhook_delete", map[string]any{"webhookId": "x"}},
				{"whatsapp_sender_get", map[string]any{"senderId": "x" + hidden}},
				{"whatsapp_sender_list", map[string]any{"all": true}},
				{"no_such" + hidden, nil},
				{"webhook_list", map[string]any{"name" + hidden: hidden}},
			} {
				var request mcp.CallToolRequest
				request.Params.Name, request.Params.Arguments = call.tool, call.args
				result, err := c.CallTool(ctx, request)
				tell(call.tool, result, err)
			}
			for uri := range map[string]bool{"papi://project/p/overview": true, "papi://project/p" + hidden + "/overview": true, "papi://guides/" + hidden: true} {
				result, err := c.ReadResource(ctx, mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: uri}})
				tell(uri, result, err)
			}
			for name, args := range map[string]map[string]string{"audit_project": {"projectId": "p" + hidden}, "create_bundle": {"name": hidden, "region": "EU"}, "none" + hidden: nil} {
				result, err := c.GetPrompt(ctx, mcp.GetPromptRequest{Params: mcp.GetPromptParams{Name: name, Arguments: args}})
				tell(name, result, err)
			}
			for prompt, argument := range map[string]string{"onboard_whatsapp_sender": "senderId", "fix_rejected_template": "templateName", "register_kakaotalk_sender": "plusFriendId"} {
				var request mcp.CompleteRequest
				request.Params.Ref = mcp.PromptReference{Type: "ref/prompt", Name: prompt}
				request.Params.Argument.Name = argument
				result, err := c.Complete(ctx, request)
				tell(prompt, result, err)
			}
			if len(person.asked) == 0 {
				t.Error("the person was not asked")
			}
			for _, question := range person.asked {
				tell("a question", question.Message, nil)
			}
			c.Close()

			logged := stderr.String()
			see(t, "the log", []byte(logged))
			if !strings.Contains(logged, "exchange with the API") || strings.Contains(logged, "hunter3") {
				t.Errorf("the log: %.2000s", logged)
			}
			lines, err := os.ReadFile(log)
			if err != nil || !bytes.Contains(lines, []byte("***@hooks.example.com/?token=***")) {
				t.Errorf("%v: %s", err, lines)
			}
			see(t, "the audit", lines)
			if traces.raw.Len() == 0 {
				t.Error("no traces")
			}
			see(t, "the traces", traces.raw.Bytes())
		})
	}
}

func TestHiddenCharactersAreRemovedByCommands(t *testing.T) {
	api := hostileAPI(t)
	for name, args := range map[string][]string{
		"a read":                {"call", "--store", "memory", "webhook_list"},
		"an error":              {"call", "--store", "memory", "--verbose", "webhook_create", `{"projectId":"p","target":"https://agent:hunter2@example.com/","secret":"sixteen-or-more-signs"}`},
		"no tool":               {"call", "--store", "memory", "no" + hidden},
		"a wait":                {"wait", "--store", "memory", "whatsapp_sender_get", "senderId=x", "--timeout", "200ms"},
		"no tool to wait for":   {"wait", "--store", "memory", "no" + hidden},
		"no state to wait for":  {"wait", "--store", "memory", "bundle_get", "bundleId=x", "--state", hidden + "https://agent:hunter2@example.com"},
		"no arguments":          {"call", "--store", "memory", "webhook_list", hidden + "https://agent:hunter2@example.com"},
		"doctor":                {"doctor"},
		"an unknown command":    {"no" + hidden},
		"an unknown flag":       {"serve", "--no" + hidden},
		"a store that is none":  {"call", "--store", "postgres://agent:hunter2@db.example.com", "webhook_list"},
		"an audit that is none": {"call", "--store", "memory", "--audit", "/no/" + hidden, "webhook_list"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "papi-mcp", args...)
			cmd.Env = append(os.Environ(), "PAPI_BASE_URL="+api.URL, "SINCH_ACCESS_TOKEN=token", "SINCH_PROJECT_ID=p")
			out, _ := cmd.CombinedOutput()
			if len(out) == 0 {
				t.Error("nothing came out")
			}
			see(t, name, out)
		})
	}
}
