package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// The protocols with sessions are measured by the newest of them; the one after it has
// none, and each of its requests says who the client is.
const (
	withSessions = "2025-11-25"
	sessionless  = "2026-07-28"
)

// client is a client without a client library, so that the load measures the server.
type client struct {
	http     *http.Client
	url      string
	key      string // that it sends, "" for none
	protocol string
	session  string          // "" without one
	ctx      context.Context // of its requests; nil: they end by themselves
}

// newHTTP returns an HTTP client that many sessions share.
func newHTTP(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
}

// answer is the result of a request.
type answer struct {
	status int
	result json.RawMessage
}

// errorCode is the code of a tool call that failed, "" for none.
func (a answer) errorCode() string {
	var result struct {
		IsError           bool `json:"isError"`
		StructuredContent struct {
			ErrorCode string `json:"errorCode"`
		} `json:"structuredContent"`
	}
	if json.Unmarshal(a.result, &result) != nil || !result.IsError {
		return ""
	}
	return result.StructuredContent.ErrorCode
}

// open opens a session of a caller, who sends a key unless that is "".
func open(shared *http.Client, url, key string) (*client, error) {
	c := &client{http: shared, url: url, key: key, protocol: withSessions}
	a, err := c.request("initialize", `{"protocolVersion":"`+withSessions+`","clientInfo":{"name":"load","version":"1"},"capabilities":{}}`)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("initialize: status %d", a.status)
	}
	return c, nil
}

// openIn is open in either protocol; one has no sessions to open.
func openIn(shared *http.Client, url, key, protocol string) (*client, error) {
	if protocol == sessionless {
		return &client{http: shared, url: url, key: key, protocol: protocol}, nil
	}
	return open(shared, url, key)
}

// close ends the session.
func (c *client) close() error {
	resp, err := c.send(http.MethodDelete, "", "")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// post makes a request and reads the complete response.
func (c *client) post(method, params string) (status int, body []byte, err error) {
	if c.protocol == sessionless {
		params = fmt.Sprintf(`{"_meta":{%q:%q,%q:{"name":"load","version":"1"},%q:{}},%s`,
			mcp.MetaKeyProtocolVersion, sessionless, mcp.MetaKeyClientInfo, mcp.MetaKeyClientCapabilities, params[1:])
	}
	resp, err := c.send(http.MethodPost, method, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params))
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if id := resp.Header.Get("Mcp-Session-Id"); id != "" {
		c.session = id
	}
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// request makes a request and decodes the response.
func (c *client) request(method, params string) (answer, error) {
	status, body, err := c.post(method, params)
	a := answer{status: status}
	if err != nil || status != http.StatusOK {
		return a, err
	}
	text := string(body)
	if _, data, isEvent := strings.Cut(text, "data: "); isEvent && strings.HasPrefix(text, "event: ") {
		text = data
	}
	var message struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal([]byte(text), &message); err != nil {
		return a, fmt.Errorf("%s: %w", method, err)
	}
	if message.Error != nil {
		return a, fmt.Errorf("%s: %s", method, message.Error)
	}
	a.result = message.Result
	return a, nil
}

// send sends a request; rpc is the method of its message.
func (c *client) send(method, rpc, body string) (*http.Response, error) {
	r, err := http.NewRequest(method, c.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set(mcp.HeaderProtocolVersion, c.protocol)
	if c.protocol == sessionless {
		r.Header.Set(mcp.HeaderMethod, rpc)
		if rpc == string(mcp.MethodToolsCall) {
			r.Header.Set(mcp.HeaderName, waitTool) // no other tool is called in this protocol
		}
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.ctx != nil {
		r = r.WithContext(c.ctx)
	}
	if c.session != "" {
		r.Header.Set("Mcp-Session-Id", c.session)
	}
	return c.http.Do(r)
}
