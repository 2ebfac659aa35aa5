package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// malformedValues are used in place of an object.
var malformedValues = []string{`true`, `false`, `null`, `0`, `-1.5`, `""`, `"yes"`, `[]`, `[{}]`, `{"x":[1,{"y":null}]}`}

// malformedCapabilities are what a client may declare that is not what the protocol
// says: never an error, and never that it can show a form, save where that
// appears next to it.
func malformedCapabilities() map[string]bool {
	odd := map[string]bool{`{"elicitation":{},"experimental":7}`: true, `{"elicitation":{"form":{"applyDefaults":true}}}`: true}
	for _, value := range malformedValues {
		odd[value] = false
		for _, name := range []string{"roots", "sampling", "elicitation", "experimental", "extensions", "tasks", "new"} {
			odd[fmt.Sprintf(`{%q:%s}`, name, value)] = false
			if name != "elicitation" {
				odd[fmt.Sprintf(`{%q:%s,"elicitation":{}}`, name, value)] = true
			}
		}
		for _, name := range []string{"listChanged", "context", "tools", "list", "requests"} {
			odd[fmt.Sprintf(`{"roots":{%[1]q:%[2]s},"sampling":{%[1]q:%[2]s},"tasks":{%[1]q:%[2]s}}`, name, value)] = false
		}
		odd[fmt.Sprintf(`{"elicitation":{"url":%s}}`, value)] = false
		odd[fmt.Sprintf(`{"elicitation":{"voice":%s}}`, value)] = false
		odd[fmt.Sprintf(`{"elicitation":{"voice":%s,"form":{}}}`, value)] = true
		if !strings.HasPrefix(value, "{") {
			odd[fmt.Sprintf(`{"elicitation":{"form":%s}}`, value)] = false
			odd[fmt.Sprintf(`{"Elicitation":%s}`, value)] = false
		}
	}
	return odd
}

// malformedInfos are values of clientInfo.
func malformedInfos() []string {
	infos := []string{`{}`}
	for _, value := range malformedValues {
		infos = append(infos, value)
		for _, name := range []string{"name", "version", "title", "description", "websiteUrl", "icons", "new"} {
			infos = append(infos, fmt.Sprintf(`{"name":"n","version":"1",%q:%s}`, name, value))
		}
	}
	return append(infos, `{"name":"n","version":"1","icons":[{"src":1,"sizes":"any"}]}`)
}

func initializeWith(info, capabilities string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":%s,"capabilities":%s}}`, info, capabilities)
}

const validInfo = `{"name":"peer","version":"1"}`

// hasBegun checks the answer to initialize.
func checkInitialized(t *testing.T, m message) {
	t.Helper()
	if m.Error != nil || !strings.Contains(string(m.Result), `"protocolVersion":"2025-11-25"`) {
		t.Errorf("initialize: %s", show(m))
	}
}

func TestMalformedCapabilities(t *testing.T) {
	w := serveWeb(t, asking, HTTPOptions{Limits: HTTPLimits{SessionsPerCaller: 4000}})
	web := func(body string) (message, string) {
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", body, nil)
		_, text := read(t, r)
		return decode(t, text), "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
	}
	for declared, asked := range malformedCapabilities() {
		t.Run(declared, func(t *testing.T) {
			p := dial(t, newServer(t, asking))
			defer p.close()
			p.send(initializeWith(validInfo, declared))
			checkInitialized(t, p.next())
			p.send(call(1, `{}`))
			m := p.next()
			if got := m.Method == mcp.MethodElicitationCreate; got != asked {
				t.Errorf("stdio: got %s", show(m))
			}
			if m.Method == mcp.MethodElicitationCreate {
				p.send(result(m.ID, `{"action":"accept"}`))
				p.next()
			}
			p.send(modern(2, "tools/call", declared, `,"name":"do"`))
			if m = p.next(); m.Error != nil || toolAnswer(t, m).NeedsInput() != asked {
				t.Errorf("2026-07-28 on stdio: got %s", show(m))
			}

			m, session := web(initializeWith(validInfo, declared))
			checkInitialized(t, m)
			if !asked { // else it would wait for the answer
				if status, text := w.answerTo(call(1, `{}`), session, "Accept: application/json"); status != http.StatusOK || strings.Contains(text, "elicitation/create") {
					t.Errorf("over HTTP: %d %s", status, text)
				}
			}
			status, text := w.answerTo(modern(2, "tools/call", declared, `,"name":"do"`), modernHeaders("tools/call", "do")...)
			if m := decode(t, text); status != http.StatusOK || toolAnswer(t, m).NeedsInput() != asked {
				t.Errorf("2026-07-28 over HTTP: %d %s", status, text)
			}
		})
	}
}

func TestMalformedClientInfo(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	events := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/sse", "", nil))
	at, _ := events.data()
	for _, info := range malformedInfos() {
		p := dial(t, newServer(t, echo))
		p.send(initializeWith(info, `{}`))
		checkInitialized(t, p.next())
		p.close()
		_, text := w.answerTo(initializeWith(info, `{}`))
		checkInitialized(t, decode(t, text))
		if status, text := read(t, w.send(withTimeout(t), http.MethodPost, at, initializeWith(info, `{"roots":[]}`), nil)); status != http.StatusAccepted {
			t.Fatalf("%d %s", status, text)
		}
		checkInitialized(t, events.next())
		meta := fmt.Sprintf(`{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":%s,"io.modelcontextprotocol/clientCapabilities":{}}`, info)
		status, text := w.answerTo(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"do","_meta":`+meta+`}}`, modernHeaders("tools/call", "do")...)
		if status != http.StatusOK {
			t.Errorf("2026-07-28, %s: %d %s", info, status, text)
		}
	}
}

// Arguments next to malformed capabilities reach the tool unchanged.
func TestLimitClientInfoKeepsArguments(t *testing.T) {
	p := dial(t, newServer(t, echo))
	defer p.close()
	const arguments = `{"a":"<&>\u2028 \"clientCapabilities\"","n":12345678901234567890.10,"deep":{"io.modelcontextprotocol/clientCapabilities":true}}`
	p.send(modern(1, "tools/call", `true`, `,"name":"do","arguments":`+arguments))
	got, err := json.Marshal(structured(t, toolAnswer(t, p.next()))["echo"])
	var want any
	if err != nil || json.Unmarshal([]byte(arguments), &want) != nil {
		t.Fatal(err)
	}
	if same, _ := json.Marshal(want); string(got) != string(same) {
		t.Errorf("got %s, want %s", got, same)
	}
}

// live is the heap that is in use after a collection, in bytes.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A session needs little memory, however much its client sends about itself.
func TestSessionMemory(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	experimental := fmt.Sprintf(`{"experimental":{"x":[%s1]}}`, strings.Repeat(`{"y":[]},`, 1<<17))
	long := fmt.Sprintf(`{"name":%[1]q,"version":%[1]q,"title":%[1]q,"icons":[{"src":%[1]q}]}`, strings.Repeat("n", 1<<18))
	open := func() {
		t.Helper()
		for _, body := range []string{initializeWith(validInfo, experimental), initializeWith(long, `{}`)} {
			if status, text := w.answerTo(body); status != http.StatusOK {
				t.Fatalf("%d %s", status, text)
			}
		}
	}
	open() // what is loaded once
	before := live()
	for range 10 {
		open()
	}
	const sessions, most = 20, 64 << 10
	if n := w.http.sessions.count(); n != sessions+2 {
		t.Fatalf("%d sessions", n)
	}
	if grown := live() - before; grown > sessions*most {
		t.Errorf("%d sessions keep %d kB", sessions, grown>>10)
	}
	for _, s := range w.http.sessions.open {
		if info := s.GetClientInfo(); len(info.Name) > maxClientName || len(info.Version) > maxClientName || info.Title != "" || s.GetClientCapabilities().Experimental != nil {
			t.Errorf("kept: %.200v", info)
		}
	}
}

// decode reads a message that came as JSON, or as the one event of a stream.
func decode(t *testing.T, text string) message {
	t.Helper()
	if _, data, ok := strings.Cut(text, "data: "); ok {
		text = data
	}
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return m
}

// A subscription is kept as long as its stream, so it is bounded too.
func TestSubscriptionIsBounded(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	filter := fmt.Sprintf(`,"notifications":{"resourceSubscriptions":[%q]}`, "papi://"+strings.Repeat("x", maxParams(mcp.MethodSubscriptionsListen)))
	status, text := w.answerTo(modern(1, "subscriptions/listen", `{}`, filter), modernHeaders("subscriptions/listen", "")...)
	if status != http.StatusBadRequest || !strings.Contains(text, "the params of subscriptions/listen") {
		t.Errorf("%d %.300s", status, text)
	}
}
