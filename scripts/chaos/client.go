//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// kind is how a client speaks, and how its person answers.
type kind struct {
	name   string
	modern bool // 2026-07-28, otherwise 2025-11-25 with a session
	elicit bool // the person is asked through the client, otherwise shown a token
}

var kinds = []kind{
	{"2026-07-28, by tokens", true, false}, {"2026-07-28, by questions", true, true},
	{"2025-11-25, by tokens", false, false}, {"2025-11-25, by questions", false, true},
}

// client is a client and its person.
type client struct {
	url, key, name string
	kind           kind
	api            *api
	results        *results
	http           *http.Client
	declines       bool // the next questions

	mu      sync.Mutex
	session string
	yes     int // how often its person said yes since the round began
}

// said counts a yes.
func (c *client) said() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.declines {
		c.yes++
	}
}

// answer is the result of a call.
type answer struct {
	Structured struct {
		IDs          map[string]string `json:"ids"`
		ErrorCode    string            `json:"errorCode"`
		Data         any               `json:"data"`
		Info         map[string]any    `json:"additionalInformation"`
		Confirmation struct {
			Token string `json:"token"`
		} `json:"confirmation"`
	} `json:"structuredContent"`
	RequestState  string `json:"requestState"`
	InputRequests any    `json:"inputRequests"`
}

// passed reports whether the guard let the call through. A second delete that it lets through
// fails, since the first has removed the thing.
func (a *answer) passed() bool {
	code := a.Structured.ErrorCode
	return a.RequestState == "" && a.Structured.Confirmation.Token == "" && !strings.HasPrefix(code, "confirmation_") && !strings.HasPrefix(code, "guard_")
}

// lost is the error of a call whose answer did not arrive, or came from no replica.
type lost struct{ why string }

func (l lost) Error() string { return l.why }

type message struct {
	ID     any             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// call makes a tool call. more are members of the params, which begin with a comma.
func (c *client) call(ctx context.Context, tool string, arguments map[string]any, more string) (*answer, error) {
	raw, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	meta, session := "", ""
	if c.kind.modern {
		capabilities := `{}`
		if c.kind.elicit {
			capabilities = `{"elicitation":{"form":{}}}`
		}
		meta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"chaos","version":"1"},"io.modelcontextprotocol/clientCapabilities":` + capabilities + `}`
	} else if session, err = c.current(ctx); err != nil {
		return nil, err
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s%s%s}}`, tool, raw, meta, more)
	m, _, err := c.post(ctx, session, body, tool)
	if err != nil {
		c.forget(session)
		return nil, err
	}
	var a answer
	if m.Error != nil {
		return nil, lost{"JSON-RPC error: " + m.Error.Message}
	}
	if err := json.Unmarshal(m.Result, &a); err != nil {
		return nil, err
	}
	return &a, nil
}

// current returns the session, and opens one where there is none.
func (c *client) current(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != "" {
		return c.session, nil
	}
	capabilities := `{}`
	if c.kind.elicit {
		capabilities = `{"elicitation":{}}`
	}
	_, header, err := c.post(ctx, "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"chaos","version":"1"},"capabilities":`+capabilities+`}}`, "")
	if err == nil {
		c.session = header.Get(sessionHeader)
	}
	return c.session, err
}

// forget forgets a session, whose replica may be gone.
func (c *client) forget(session string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == session {
		c.session = ""
	}
}

func (c *client) request(ctx context.Context, session, body, tool string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/mcp", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + c.key, "Content-Type": "application/json", "Accept": "application/json, text/event-stream", sessionHeader: session,
	} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	switch {
	case c.kind.modern:
		r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
		r.Header.Set("Mcp-Method", "tools/call")
		r.Header.Set("Mcp-Name", tool)
	case session != "":
		r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, lost{"no answer"}
	}
	return resp, nil
}

// post sends a message, answers the questions that come before its answer, and returns that.
func (c *client) post(ctx context.Context, session, body, tool string) (*message, http.Header, error) {
	resp, err := c.request(ctx, session, body, tool)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, resp.Body)
		return nil, nil, lost{fmt.Sprint("status ", resp.StatusCode)}
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		var m message
		if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
			return nil, nil, lost{"no answer"}
		}
		return &m, resp.Header, nil
	}
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil, nil, lost{"no answer"}
		}
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok {
			continue
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			continue
		}
		switch m.Method {
		case "elicitation/create":
			if err := c.reply(ctx, session, m.ID); err != nil {
				return nil, nil, err
			}
		case "":
			return &m, resp.Header, nil
		}
	}
}

// reply answers a question on the stream of a session.
func (c *client) reply(ctx context.Context, session string, id any) error {
	c.said()
	raw, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "result": map[string]any{"action": c.action(), "content": map[string]any{}}})
	if err != nil {
		return err
	}
	resp, err := c.request(ctx, session, string(raw), "")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (c *client) action() string {
	if c.declines {
		return "decline"
	}
	return "accept"
}

// inputResponse is the members of a call that answers a question of 2026-07-28.
func (c *client) inputResponse(state string) string {
	return fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirmation":{"action":%q}}`, state, c.action())
}
