package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"go.uber.org/goleak"

	"papi-mcp/internal/guard"
	"papi-mcp/tools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeToolbox has one tool for each name, which all do the same.
type fakeToolbox struct {
	names  []string
	do     func(ctx context.Context, caller tools.Caller, name string, arguments json.RawMessage) tools.Outcome
	loads  atomic.Int32
	onLoad func()
	events func(changed func()) (stop func()) // of WatchEvents; nil: there are none
}

func (b *fakeToolbox) Tools() []mcp.Tool {
	b.loads.Add(1)
	if b.onLoad != nil {
		b.onLoad()
	}
	var advertised []mcp.Tool
	for _, name := range b.names {
		advertised = append(advertised, mcp.NewToolWithRawSchema(name, "Does "+name+".", json.RawMessage(`{"type":"object"}`)))
	}
	return advertised
}

// Offers knows the tools that are advertised.
func (b *fakeToolbox) WatchEvents(_ context.Context, _ tools.Caller, changed func()) (func(), bool) {
	if b.events == nil {
		return nil, false
	}
	return b.events(changed), true
}

func (b *fakeToolbox) Offers(name string) bool { return slices.Contains(b.names, name) }

// Lists knows them too.
func (b *fakeToolbox) Lists(name string) bool { return slices.Contains(b.names, name) }

// Via knows no tools that are called through others.
func (b *fakeToolbox) Via(string) string { return "" }

// Complete knows 250 values of everything.
func (b *fakeToolbox) Complete(context.Context, tools.Caller, string, map[string]string, string) []string {
	return make([]string, 250)
}

func (b *fakeToolbox) Call(ctx context.Context, caller tools.Caller, name string, arguments json.RawMessage) tools.Outcome {
	return b.do(ctx, caller, name, arguments)
}

// echo answers with the arguments.
func echo(_ context.Context, _ tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
	return tools.Outcome{Structured: map[string]any{"echo": arguments}}
}

// newServer is a server with one tool, "do".
func newServer(t *testing.T, do func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome) *Server {
	t.Helper()
	return New(Options{
		Name:         "papi-mcp",
		Title:        "Provisioning",
		Version:      "1.2.3",
		Instructions: "Confirm the project first.",
		Toolbox:      &fakeToolbox{names: []string{"do"}, do: do},
		Logger:       slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
}

// peer is a client that is written out by hand, line by line.
type peer struct {
	t     *testing.T
	in    *io.PipeWriter
	lines chan string
	ended chan error
	stop  context.CancelCauseFunc
}

// dial connects a peer to a server over pipes. The test must hangUp, or see
// the connection end.
func dial(t *testing.T, s *Server) *peer {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ctx, stop := context.WithCancelCause(context.Background())
	p := &peer{t: t, in: inW, lines: make(chan string, 4096), ended: make(chan error, 1), stop: stop}
	go func() {
		err := s.ServeStdio(ctx, inR, outW)
		outW.Close()
		inR.Close()
		p.ended <- err
	}()
	go func() {
		defer close(p.lines)
		lines := bufio.NewReaderSize(outR, 1<<20)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			p.lines <- line
		}
	}()
	return p
}

// send writes lines.
func (p *peer) send(lines ...string) {
	p.t.Helper()
	for _, line := range lines {
		if _, err := io.WriteString(p.in, line+"\n"); err != nil {
			p.t.Fatalf("send: %v", err)
		}
	}
}

// next returns the next message from the server.
func (p *peer) next() message {
	p.t.Helper()
	line, ok := <-p.lines
	if !ok {
		p.t.Fatal("the server sent nothing more")
	}
	var m message
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		p.t.Fatalf("the server sent %q: %v", line, err)
	}
	return m
}

// hangUp closes the input and returns what else came out, and how the
// connection ended.
func (p *peer) closeInput() ([]message, error) {
	p.t.Helper()
	p.in.Close()
	return p.rest(), <-p.ended
}

// rest returns what comes until the end of the output.
func (p *peer) rest() []message {
	p.t.Helper()
	var rest []message
	for line := range p.lines {
		var m message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			p.t.Fatalf("the server sent %q: %v", line, err)
		}
		rest = append(rest, m)
	}
	return rest
}

// close hangs up and expects that nothing more came.
func (p *peer) close() {
	p.t.Helper()
	rest, err := p.closeInput()
	if err != nil {
		p.t.Errorf("the connection ended with %v", err)
	}
	for _, m := range rest {
		p.t.Errorf("not expected: %s", show(m))
	}
}

// initialize opens a session of an older protocol.
func (p *peer) initialize(version, capabilities string) message {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":%q,"clientInfo":{"name":"peer","version":"1"},"capabilities":%s}}`, version, capabilities),
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return p.next()
}

// call is the line that calls the tool "do".
func call(id int, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"do","arguments":%s}}`, id, arguments)
}

// modern is the line of a request of protocol 2026-07-28.
func modern(id int, method, capabilities, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"peer","version":"1"},"io.modelcontextprotocol/clientCapabilities":%s}%s}}`, id, method, capabilities, params)
}

func cancelled(id int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, id)
}

// show renders a message for a failure.
func show(m message) string {
	line, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(line)
}

// toolAnswer reads the answer to a call.
func toolAnswer(t *testing.T, m message) *mcp.CallToolResult {
	t.Helper()
	if m.Error != nil || m.Result == nil {
		t.Fatalf("no tool result: %s", show(m))
	}
	var result mcp.CallToolResult
	if err := json.Unmarshal(m.Result, &result); err != nil {
		t.Fatalf("%s: %v", m.Result, err)
	}
	return &result
}

// structured returns the structured content of a tool result, and sees that
// the text is the same.
func structured(t *testing.T, result *mcp.CallToolResult) map[string]any {
	t.Helper()
	if len(result.Content) != 1 {
		t.Fatalf("%d contents, want 1", len(result.Content))
	}
	text, ok := result.Content[0].(mcp.TextContent)
	if !ok {
		t.Fatalf("content is a %T", result.Content[0])
	}
	var fromText map[string]any
	if err := json.Unmarshal([]byte(text.Text), &fromText); err != nil {
		t.Fatalf("text %q: %v", text.Text, err)
	}
	content, ok := result.StructuredContent.(map[string]any)
	if !ok {
		t.Fatalf("structured content is a %T", result.StructuredContent)
	}
	if a, b := fmt.Sprint(fromText), fmt.Sprint(content); a != b {
		t.Errorf("text has %s, structured content %s", a, b)
	}
	return content
}

// errorOf returns code and text of an error answer.
func errorOf(t *testing.T, m message) (code int, text string) {
	t.Helper()
	var e struct {
		Code    int
		Message string
	}
	if err := json.Unmarshal(m.Error, &e); err != nil {
		t.Fatalf("no error: %s", show(m))
	}
	return e.Code, e.Message
}

// asking is a tool that asks, and answers with how that ended. It does what a
// careful toolbox does: an answer that came along counts by its state.
func asking(ctx context.Context, caller tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
	const state = "signed-state"
	if caller.Elicitor == nil {
		return tools.Outcome{Structured: map[string]any{"answer": "can not elicit"}}
	}
	if echoed, answer, ok := caller.Elicitor.Answered(); ok && echoed == state {
		return tools.Outcome{Structured: map[string]any{"answer": answer}}
	}
	question := guard.Question{Summary: "Delete <webhook> 7?", State: state}
	answer := caller.Elicitor.Ask(ctx, question)
	if answer == guard.Pending {
		return tools.Outcome{Question: &question}
	}
	return tools.Outcome{Structured: map[string]any{"answer": answer}}
}

// ids returns the ids of the answers among messages, in order.
func ids(messages []message) []string {
	var ids []string
	for _, m := range messages {
		if m.isAnswer() {
			ids = append(ids, string(m.ID))
		}
	}
	return ids
}

// scripted serves lines that are all there from the start, as from a shell's
// pipe, and returns what came out.
func scripted(t *testing.T, s *Server, lines []string) []message {
	t.Helper()
	var out strings.Builder
	if err := s.ServeStdio(context.Background(), strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	var messages []message
	for line := range strings.Lines(out.String()) {
		var m message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("the server sent %q: %v", line, err)
		}
		messages = append(messages, m)
	}
	return messages
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var errStopped = errors.New("stopped by the test")
