package cli

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/sandbox"
	"papi-mcp/prompts"
)

// agent is a client that does what a prompt says; its person confirms everything.
type agent struct {
	t      *testing.T
	ctx    context.Context
	box    *sandbox.Sandbox
	client *client.Client
	code   string
	kept   map[string]string // ids of earlier answers, by name
}

// step is a call: the tool, its arguments as JSON, and a part of its answer. $name
// in the arguments is replaced by an id of an earlier answer.
type step struct {
	tool, args, want string
	after            time.Duration // how far the sandbox's clock moves before it
	keep             map[string]string
}

func newAgent(t *testing.T, seed string) *agent {
	w := &agent{t: t, kept: map[string]string{}, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	t.Cleanup(w.box.Close)
	if seed != "" {
		if err := w.box.Seed(seed); err != nil {
			t.Fatal(err)
		}
	}
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.box.ServeHTTP(rw, r)
		if code := rw.Header().Get(sandbox.HeaderCode); code != "" {
			w.code = code
		}
	}))
	t.Cleanup(api.Close)
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	path, err := exec.LookPath("papi-mcp")
	if err != nil {
		t.Fatal(err)
	}
	environment := append(os.Environ(), "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token",
		"SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID="+sandbox.DefaultProject)
	w.client = client.NewClient(transport.NewStdio(path, environment, "serve"), client.WithElicitationHandler(answering("yes")))
	if err := w.client.Start(w.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.client.Close() })
	if _, err := w.client.Initialize(w.ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: mcp.LATEST_PROTOCOL_VERSION, ClientInfo: mcp.Implementation{Name: "walker", Version: "1"},
	}}); err != nil {
		t.Fatal(err)
	}
	return w
}

// steps gets a prompt from the server, and returns the tools of its steps.
func (w *agent) steps(name string, given map[string]string) []string {
	w.t.Helper()
	r := mcp.GetPromptRequest{}
	filled := map[string]string{}
	for name, value := range given {
		filled[name] = w.fill(value)
	}
	r.Params.Name, r.Params.Arguments = name, filled
	got, err := w.client.GetPrompt(w.ctx, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return prompts.Steps(got.Messages[0].Content.(mcp.TextContent).Text)
}

// fill replaces $names and $CODE by their values.
func (w *agent) fill(text string) string {
	text = strings.ReplaceAll(text, "$CODE", w.code)
	for word, id := range w.kept {
		text = strings.ReplaceAll(text, "$"+word, id)
	}
	return text
}

// perform makes the call of a step, and returns its answer.
func (w *agent) perform(s step) any {
	w.t.Helper()
	w.box.Advance(s.after)
	args := w.fill(s.args)
	r := mcp.CallToolRequest{}
	r.Params.Name, r.Params.Arguments = s.tool, json.RawMessage(args)
	result, err := w.client.CallTool(w.ctx, r)
	if err != nil {
		w.t.Fatalf("%s: %v", s.tool, err)
	}
	raw, err := json.Marshal(result.StructuredContent)
	if err != nil || !strings.Contains(string(raw), s.want) {
		w.t.Fatalf("%s %s: want %s in\n%s", s.tool, args, s.want, raw)
	}
	for word, path := range s.keep {
		id, ok := at(result.StructuredContent, path).(string)
		if !ok {
			w.t.Fatalf("%s: no %s in %s", s.tool, path, raw)
		}
		w.kept[word] = id
	}
	return result.StructuredContent
}

// personKnows has the person's values for what next needs.
var personKnows = map[string]string{
	"useCase": `"MULTIUSE"`, "method": `"SMS"`, "testNumbers": `["+15550100"]`, "details": rcsDetails,
}

// follow makes the calls of next, in order, until the state is the final one. Five minutes pass before each call: a code is
// valid for ten.
func (w *agent) follow(answer any, over string) {
	w.t.Helper()
	for range 30 {
		if at(answer, "state") == over || at(answer, "data.rows.0.3") == over && at(answer, "data.cols.3") == "state" {
			return
		}
		next, _ := at(answer, "next").([]any)
		for _, n := range next {
			tool, _ := at(n, "tool").(string)
			if tool == "" {
				continue // for the person
			}
			args, _ := at(n, "args").(map[string]any)
			given := maps.Clone(args)
			needs, _ := at(n, "needs").([]any)
			for _, need := range needs {
				name := need.(string)
				value, ok := personKnows[name]
				if name == "code" {
					value, ok = w.code, true
					if strings.HasPrefix(tool, "whatsapp") {
						value = `"` + value + `"`
					}
				}
				if !ok {
					w.t.Fatalf("%s needs %s, which the person does not know", tool, name)
				}
				given[name] = json.RawMessage(value)
			}
			raw, err := json.Marshal(given)
			if err != nil {
				w.t.Fatal(err)
			}
			answer = w.perform(step{tool: tool, args: string(raw), after: 5 * time.Minute})
			if at(answer, "errorCode") != nil {
				w.t.Fatalf("%s %s: next led to %v", tool, raw, answer)
			}
		}
	}
	w.t.Fatalf("next does not lead to %s, but to %v", over, answer)
}

// finalStates has the state in which a family's provisioning ends; "" where the
// answer of the last step shows the end.
var finalStates = map[string]string{
	"whatsapp": "ACTIVE", "whatsapp_templates": "APPROVED", "rcs": "LAUNCHED", "kakaotalk": "ACTIVE", "sms": "ACTIVE", "bundles": "DONE",
}
