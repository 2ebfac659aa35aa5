package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	"github.com/rogpeppe/go-internal/testscript"

	"papi-mcp/internal/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(apart{m}, map[string]func(){
		"papi-mcp": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// apart runs the tests with a state folder of their own.
type apart struct{ *testing.M }

func (a apart) Run() int {
	dir, err := os.MkdirTemp("", "papi-mcp-state-*")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	os.Setenv("XDG_STATE_HOME", dir)
	if isRace {
		if err := plainProgram(dir); err != nil {
			panic(err)
		}
	}
	return a.M.Run()
}

// detected is the program for the tests of servers to start: with the race detector, where
// the tests have it.
var detected = "papi-mcp"

// plainProgram has the other tests start the program without the race detector, with which
// each of a thousand processes starts many times slower. They run commands that do
// one thing after the other.
func plainProgram(dir string) (err error) {
	if detected, err = exec.LookPath("papi-mcp"); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "papi-mcp"), "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return os.Setenv("PATH", filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// The scripts are tool calls that a user could type, made by the real binary. In
// addition to testscript's commands they have:
//
//	sandbox            start a sandbox with a manual clock, and set the environment for it
//	advance [-read] DURATION
//	                   move its clock; with -read, once it has answered the next GET
//	code               set $CODE to the one-time code that it sent last
//	connect [-client NAME] [-person yes|no] [FLAG...]
//	                   start papi-mcp serve and connect over stdio, as a client of that name that can or can't ask a person
//	tool NAME [JSON | @FILE]
//	                   make a tool call; its result or error is standard output. ! tool wants an error.
//	                   A file may name variables
//	receive            start a receiver of webhooks, and set $HOOK to its URL
//	received           the bodies of the webhooks that came since the last time, a line each, as standard output
//	control PATH JSON  send a request to its control API
//	exits CODE PROGRAM [ARGUMENT...]
//	                   as exec, for a program that ends with this exit code
//	keep VAR PATH      set $VAR to the value at the path in the last answer
func TestScripts(t *testing.T) {
	refused := &refusals{}
	t.Cleanup(func() { refused.check(t) }) // when all scripts have ended
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Values[scriptKey{}] = &script{env: env, refused: refused, moves: make(chan time.Duration, 10)}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": func(ts *testscript.TestScript, _ bool, _ []string) { ofScript(ts).startSandbox(ts) },
			"advance": func(ts *testscript.TestScript, _ bool, args []string) { ofScript(ts).advance(ts, args) },
			"code":    func(ts *testscript.TestScript, _ bool, _ []string) { ts.Setenv("CODE", ofScript(ts).code) },
			"connect": func(ts *testscript.TestScript, _ bool, args []string) { ofScript(ts).connect(ts, args) },
			"tool":    func(ts *testscript.TestScript, neg bool, args []string) { ofScript(ts).tool(ts, neg, args) },
			"receive": func(ts *testscript.TestScript, _ bool, _ []string) { ofScript(ts).receive(ts) },
			"received": func(ts *testscript.TestScript, _ bool, _ []string) {
				ofScript(ts).box.Settle()
				fmt.Fprint(ts.Stdout(), ofScript(ts).inbox.take())
			},
			"control": func(ts *testscript.TestScript, _ bool, args []string) { ofScript(ts).control(ts, args) },
			"exits":   exits,
			"keep":    func(ts *testscript.TestScript, _ bool, args []string) { ofScript(ts).keep(ts, args) },
		},
		RequireExplicitExec: true,
	})
}

type scriptKey struct{}

// script is the state of a running script.
type script struct {
	env    *testscript.Env
	box    *sandbox.Sandbox
	code   string
	client *client.Client
	last   any
	inbox  inbox

	// moves are by how much its clock moves after each of the next reads.
	moves   chan time.Duration
	refused *refusals
}

// inbox has the webhook events that were received.
type inbox struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	fmt.Fprintf(&i.lines, "%s\n", body)
}

func (i *inbox) take() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	defer i.lines.Reset()
	return i.lines.String()
}

func (s *script) receive(ts *testscript.TestScript) {
	server := httptest.NewServer(&s.inbox)
	s.env.Defer(server.Close)
	ts.Setenv("HOOK", server.URL+"/hook")
}

func ofScript(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

func (s *script) startSandbox(ts *testscript.TestScript) {
	s.box = sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.box.ServeHTTP(w, r)
		if code := w.Header().Get(sandbox.HeaderCode); code != "" {
			s.code = code
		}
		if r.Method == http.MethodGet {
			select {
			case d := <-s.moves:
				s.box.Advance(d)
			default:
			}
		}
	}))
	s.env.Defer(func() { server.Close(); s.box.Close() })
	ts.Setenv("PAPI_BASE_URL", server.URL)
	ts.Setenv("PAPI_TOKEN_URL", server.URL+"/oauth2/token")
	ts.Setenv("SINCH_KEY_ID", "any")
	ts.Setenv("SINCH_KEY_SECRET", "any")
	ts.Setenv("SINCH_PROJECT_ID", sandbox.DefaultProject)
	ts.Setenv("PROJECT", sandbox.DefaultProject)
}

func (s *script) advance(ts *testscript.TestScript, args []string) {
	afterRead := args[0] == "-read"
	d, err := time.ParseDuration(args[len(args)-1])
	ts.Check(err)
	if afterRead {
		s.moves <- d
		return
	}
	s.box.Advance(d)
}

func (s *script) control(ts *testscript.TestScript, args []string) {
	answer := httptest.NewRecorder()
	s.box.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/_sandbox/"+args[0], strings.NewReader(args[1])))
	if answer.Code != http.StatusOK {
		ts.Fatalf("%s", answer.Body)
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// connect starts the real binary.
func (s *script) connect(ts *testscript.TestScript, args []string) {
	var options []client.ClientOption
	name := "script"
	if len(args) > 1 && args[0] == "-client" {
		name, args = args[1], args[2:]
	}
	if len(args) > 1 && args[0] == "-person" {
		options = append(options, client.WithElicitationHandler(answering(args[1])))
		args = args[2:]
	}
	if s.client != nil {
		s.client.Close()
	}
	path, err := exec.LookPath("papi-mcp")
	ts.Check(err)
	environment := []string{}
	for _, name := range []string{"PAPI_BASE_URL", "PAPI_TOKEN_URL", "SINCH_KEY_ID", "SINCH_KEY_SECRET", "SINCH_PROJECT_ID", "XDG_STATE_HOME", "HOME"} {
		environment = append(environment, name+"="+ts.Getenv(name))
	}
	s.client = client.NewClient(transport.NewStdio(path, environment, append([]string{"serve"}, args...)...), options...)
	s.env.Defer(func() { s.client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ts.Check(s.client.Start(context.Background()))
	_, err = s.client.Initialize(ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: mcp.LATEST_PROTOCOL_VERSION, ClientInfo: mcp.Implementation{Name: name, Version: "1"},
	}})
	ts.Check(err)
}

// answering gives the same answer to every question.
type answering string

func (a answering) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	r := &mcp.ElicitationResult{}
	r.Action = mcp.ElicitationResponseActionDecline
	if a == "yes" {
		r.Action = mcp.ElicitationResponseActionAccept
		r.Content = map[string]any{}
	}
	return r, nil
}

func (s *script) tool(ts *testscript.TestScript, neg bool, args []string) {
	request := mcp.CallToolRequest{}
	request.Params.Name = args[0]
	request.Params.Arguments = json.RawMessage("{}")
	if len(args) > 1 {
		arguments := args[1]
		if name, ok := strings.CutPrefix(arguments, "@"); ok {
			arguments = os.Expand(ts.ReadFile(name), ts.Getenv)
		}
		request.Params.Arguments = json.RawMessage(arguments)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	result, err := s.client.CallTool(ctx, request)
	ts.Check(err)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	ts.Check(enc.Encode(result.StructuredContent))
	fmt.Fprint(ts.Stdout(), b.String())
	ts.Check(json.Unmarshal(b.Bytes(), &s.last))
	if text, ok := result.Content[0].(mcp.TextContent); !ok || strings.TrimSpace(text.Text) == "" {
		ts.Fatalf("the result has no text")
	}
	if result.IsError {
		s.refused.add(fmt.Sprint(at(s.last, "errorCode")), b.String())
	}
	if result.IsError != neg {
		ts.Fatalf("isError is %v: %s", result.IsError, b.String())
	}
}

func (s *script) keep(ts *testscript.TestScript, args []string) {
	value := at(s.last, args[1])
	if value == nil {
		ts.Fatalf("nothing at %s", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}
