package server

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// guarded is the real guard and the real tools in front of the sandbox, with
// two webhooks that a client may try to delete.
type guarded struct {
	*peer
	box  *sandbox.Sandbox
	one  string
	two  string
	last int
}

func newGuarded(t *testing.T, within time.Duration) *guarded {
	t.Helper()
	g := &guarded{box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	t.Cleanup(g.box.Close)
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", TokenURL: "http://sandbox/oauth2/token", AccessToken: sandbox.StaticToken, Transport: g.box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	guards := guard.New(guard.Options{Default: sandbox.DefaultProject, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}})
	if v, _, _ := guards.ConfirmProject(t.Context(), StdioPrincipal, "peer", nil, sandbox.DefaultProject, ""); !v.Allowed() {
		t.Fatal("the project is not confirmed")
	}
	for i, id := range []*string{&g.one, &g.two} {
		sent, err := dispatch.Send(t.Context(), client, catalog.Lookup("webhook_create"), sandbox.DefaultProject,
			map[string]any{"target": fmt.Sprintf("https://example.com/%d", i), "secret": "sixteen-or-more-signs", "triggers": []any{"ALL"}})
		if err != nil {
			t.Fatal(err)
		}
		*id = jsonvalue.Text(sent.Answer, "id")
	}
	g.peer = dial(t, New(Options{
		Toolbox: tools.New(tools.Options{Rows: rows, Guard: guards, API: client}),
		Logger:  slog.New(slog.NewTextHandler(t.Output(), nil)), answerTimeout: within,
	}))
	return g
}

// remaining returns which of the two webhooks exist.
func (g *guarded) remaining() string {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://sandbox/v1/projects/"+sandbox.DefaultProject+"/webhooks", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+sandbox.StaticToken)
	resp, err := (&http.Client{Transport: g.box.Transport()}).Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	var there []string
	for name, id := range map[string]string{"one": g.one, "two": g.two} {
		if strings.Contains(string(body), id) {
			there = append(there, name)
		}
	}
	if len(there) == 2 {
		return "both"
	}
	return strings.Join(there, "")
}

// deleteCall returns the line of a call that a person must confirm.
func (g *guarded) deleteCall(webhook, supplied string) string {
	g.last++
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"webhook_delete","arguments":{"webhookId":%q}%s}}`, g.last, webhook, supplied)
}

func (g *guarded) modernDeleteCall(webhook, supplied string) string {
	g.last++
	return modern(g.last, "tools/call", `{"elicitation":{"form":{}}}`, fmt.Sprintf(`,"name":"webhook_delete","arguments":{"webhookId":%q}%s`, webhook, supplied))
}

// code is the errorCode of a result, with the reason where it has one; "done"
// for none.
func (g *guarded) code(m message) string {
	g.t.Helper()
	r := toolAnswer(g.t, m)
	if !r.IsError {
		return "done"
	}
	content, _ := r.StructuredContent.(map[string]any)
	info, _ := content["additionalInformation"].(map[string]any)
	if reason, ok := info["reason"].(string); ok {
		return fmt.Sprint(content["errorCode"], " ", reason)
	}
	return fmt.Sprint(content["errorCode"])
}

// personAnswers are answers to a question, what the call then answers, and which
// webhooks remain.
var personAnswers = map[string]struct{ answer, code, left string }{
	"accepts, without content":        {`{"action":"accept"}`, "done", "two"},
	"accepts, with an empty form":     {`{"action":"accept","content":{}}`, "done", "two"},
	"accepts, with content":           {`{"action":"accept","content":{"confirm":true}}`, "done", "two"},
	"accepts, with content saying no": {`{"action":"accept","content":{"confirm":false}}`, "done", "two"},
	"declines":                        {`{"action":"decline"}`, "confirmation_declined", "both"},
	"declines, with content":          {`{"action":"decline","content":{"confirm":true}}`, "confirmation_declined", "both"},
	"cancels":                         {`{"action":"cancel"}`, "confirmation_declined", "both"},
}

func TestAGuardedWriteOfAnOlderClient(t *testing.T) {
	for _, version := range []string{"2025-06-18", "2025-11-25"} {
		for name, person := range personAnswers {
			t.Run(version+", the person "+name, func(t *testing.T) {
				g := newGuarded(t, 0)
				defer g.close()
				g.initialize(version, `{"elicitation":{}}`)
				g.send(g.deleteCall(g.one, ""))
				question := g.next()
				if !strings.Contains(string(question.Params), g.one) {
					t.Errorf("the question does not name the webhook: %s", question.Params)
				}
				g.send(result(question.ID, person.answer))
				if got := g.code(g.next()); got != person.code || g.remaining() != person.left {
					t.Errorf("%s, left: %s", got, g.remaining())
				}
			})
		}
		t.Run(version+", no answer", func(t *testing.T) {
			g := newGuarded(t, time.Millisecond)
			defer g.close()
			g.initialize(version, `{"elicitation":{}}`)
			g.send(g.deleteCall(g.one, ""))
			question := g.next()
			g.next() // the question is taken back
			got := g.code(g.next())
			g.send(result(question.ID, `{"action":"accept"}`)) // too late
			g.send(`{"jsonrpc":"2.0","id":"ping","method":"ping"}`)
			g.next()
			if got != "confirmation_timeout" || g.remaining() != "both" {
				t.Errorf("%s, left: %s", got, g.remaining())
			}
		})
		t.Run(version+", answers twice", func(t *testing.T) {
			g := newGuarded(t, 0)
			defer g.close()
			g.initialize(version, `{"elicitation":{}}`)
			g.send(g.deleteCall(g.one, ""))
			first := g.next()
			g.send(result(first.ID, `{"action":"accept"}`), result(first.ID, `{"action":"accept"}`))
			g.next()
			g.send(g.deleteCall(g.two, ""))
			second := g.next()
			g.send(result(first.ID, `{"action":"accept"}`), result(second.ID, `{"action":"decline"}`))
			if got := g.code(g.next()); got != "confirmation_declined" || g.remaining() != "two" {
				t.Errorf("%s, left: %s", got, g.remaining())
			}
		})
		t.Run(version+", answers what was not asked", func(t *testing.T) {
			g := newGuarded(t, 0)
			defer g.close()
			g.initialize(version, `{"elicitation":{}}`)
			g.send(result([]byte(`1`), `{"action":"accept"}`), result([]byte(`"confirmation"`), `{"action":"accept"}`))
			g.send(g.deleteCall(g.one, `,"requestState":"made up","inputResponses":{"confirmation":{"action":"accept"}}`))
			question := g.next()
			g.send(result([]byte(`77`), `{"action":"accept"}`), result(question.ID, `{"action":"decline"}`))
			if got := g.code(g.next()); got != "confirmation_declined" || g.remaining() != "both" {
				t.Errorf("%s, left: %s", got, g.remaining())
			}
		})
	}
}

func TestAGuardedWriteOfAModernClient(t *testing.T) {
	ask := func(g *guarded, webhook string) (state string) {
		g.t.Helper()
		g.send(g.modernDeleteCall(webhook, ""))
		asked := toolAnswer(g.t, g.next())
		if !asked.NeedsInput() || asked.RequestState == "" {
			g.t.Fatalf("not asked: %+v", asked)
		}
		return asked.RequestState
	}
	answered := func(state, answer string) string {
		return fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirmation":%s}`, state, answer)
	}
	const yes = `{"action":"accept"}`
	for name, person := range personAnswers {
		t.Run("the person "+name, func(t *testing.T) {
			g := newGuarded(t, 0)
			defer g.close()
			g.send(g.modernDeleteCall(g.one, answered(ask(g, g.one), person.answer)))
			if got := g.code(g.next()); got != person.code || g.remaining() != person.left {
				t.Errorf("%s, left: %s", got, g.remaining())
			}
		})
	}
	for name, test := range map[string]struct {
		supplied func(g *guarded) string // to the call that deletes the first
		code     string
		left     string
	}{
		"an answer to what was not asked":     {func(*guarded) string { return `,"inputResponses":{"confirmation":` + yes + `}` }, "confirmation_invalid other_call", "both"},
		"a state that was made up":            {func(*guarded) string { return answered("made up", yes) }, "confirmation_invalid other_call", "both"},
		"the state of another call":           {func(g *guarded) string { return answered(ask(g, g.two), yes) }, "confirmation_invalid other_call", "both"},
		"a state with a letter changed":       {func(g *guarded) string { return answered(flipCharacter(ask(g, g.one)), yes) }, "confirmation_invalid other_call", "both"},
		"the state, and no answer":            {func(g *guarded) string { return fmt.Sprintf(`,"requestState":%q`, ask(g, g.one)) }, "confirmation_declined", "both"},
		"an older question's state, accepted": {func(g *guarded) string { first := ask(g, g.one); ask(g, g.one); return answered(first, yes) }, "done", "two"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t, 0)
			defer g.close()
			supplied := test.supplied(g)
			g.send(g.modernDeleteCall(g.one, supplied))
			if got := g.code(g.next()); got != test.code || g.remaining() != test.left {
				t.Errorf("%s, left: %s", got, g.remaining())
			}
		})
	}
	t.Run("answers twice", func(t *testing.T) {
		g := newGuarded(t, 0)
		defer g.close()
		state := ask(g, g.one)
		g.send(g.modernDeleteCall(g.one, answered(state, yes)))
		first := g.code(g.next())
		g.send(g.modernDeleteCall(g.one, answered(state, yes)))
		second := g.code(g.next())
		g.send(g.modernDeleteCall(g.two, answered(state, yes)))
		if third := g.code(g.next()); first != "done" || second != "confirmation_invalid spent" || third != "confirmation_invalid other_call" || g.remaining() != "two" {
			t.Errorf("%s, %s, %s, left: %s", first, second, third, g.remaining())
		}
	})
	// Once a question is out, a client that says that it can't ask gets no token,
	// and its answers count for nothing.
	t.Run("a client that can't ask, with an answer", func(t *testing.T) {
		g := newGuarded(t, 0)
		defer g.close()
		state := ask(g, g.one)
		g.last++
		g.send(modern(g.last, "tools/call", `{}`, fmt.Sprintf(`,"name":"webhook_delete","arguments":{"webhookId":%q}%s`, g.one, answered(state, yes))))
		if got := g.code(g.next()); got != "confirmation_timeout" || g.remaining() != "both" {
			t.Errorf("%s, left: %s", got, g.remaining())
		}
	})
}

// flipCharacter changes one character of a state.
func flipCharacter(state string) string {
	other := "A"
	if state[9] == 'A' {
		other = "B"
	}
	return state[:9] + other + state[10:]
}
