package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/sandbox"
)

// rawClient is a client of protocol 2026-07-28 on standard input and output, that knows
// nothing but lines.
type rawClient struct {
	t      *testing.T
	send   func(line string)
	out    *bufio.Scanner
	id     int
	before []map[string]any // notifications that came before answers
}

// request sends a request, and returns its id.
func (c *rawClient) request(method, params string) int {
	c.id++
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"raw","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}%s}}`, c.id, method, params))
	return c.id
}

func (c *rawClient) next() (m map[string]any) {
	c.t.Helper()
	if !c.out.Scan() {
		c.t.Fatal("the server sent nothing more")
	}
	if err := json.Unmarshal(c.out.Bytes(), &m); err != nil {
		c.t.Fatalf("%s: %v", c.out.Bytes(), err)
	}
	return m
}

// answer sends a request and returns its result.
func (c *rawClient) answer(method, params string) map[string]any {
	c.t.Helper()
	id := c.request(method, params)
	for {
		m := c.next()
		if m["method"] != nil {
			c.before = append(c.before, m)
			continue
		}
		result, ok := m["result"].(map[string]any)
		if m["id"] != float64(id) || !ok || result["isError"] == true {
			c.t.Fatalf("%s: %v", method, m)
		}
		return result
	}
}

// untilEvent returns the data of the next event of a stream.
func (c *rawClient) untilEvent() map[string]any {
	c.t.Helper()
	for {
		var m map[string]any
		if len(c.before) > 0 {
			m, c.before = c.before[0], c.before[1:]
		} else {
			m = c.next()
		}
		if m["method"] == "notifications/events/event" {
			return m["params"].(map[string]any)
		}
	}
}

// A client on standard input and output learns that a template is approved, by a stream
// and by polls, with the same id: no receiver and no public URL is needed.
func TestEventsOfTheProgram(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "papi-mcp", "serve", "--sandbox", "--seed-data", "shop", "--clock", "manual")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &rawClient{t: t, out: bufio.NewScanner(out), send: func(line string) {
		if _, err := fmt.Fprintln(in, line); err != nil {
			t.Error(err)
		}
	}}
	c.out.Buffer(nil, 1<<20)
	defer func() {
		in.Close()
		for c.out.Scan() { // the stream's result
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}()

	list := c.answer("events/list", "")["events"].([]any)
	if !slices.ContainsFunc(list, func(e any) bool {
		return e.(map[string]any)["name"] == "whatsapp.template.status_changed" && fmt.Sprint(e.(map[string]any)["delivery"]) == "[poll push]"
	}) {
		t.Errorf("events/list has %v", list)
	}
	const settled = `,"name":"whatsapp.template.status_changed","arguments":{"templateName":"order_shipped","settled":true}`
	start := c.answer("events/poll", settled)
	c.request("events/stream", settled+`,"cursor":null`)
	c.answer("tools/call", `,"name":"project_confirm","arguments":{"projectId":"`+sandbox.DefaultProject+`"}`)
	c.answer("tools/call", `,"name":"whatsapp_template_create","arguments":{"name":"order_shipped","language":"EN_US","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Order {{1}} is on its way.","examples":["1001"]}]}}`)
	c.answer("tools/call", `,"name":"sandbox_advance","arguments":{"seconds":86400}`)
	event := c.untilEvent()
	data := event["data"].(map[string]any)
	if data["state"] != "APPROVED" || data["class"] != "Success" || data["tool"] != "whatsapp_template_get" || fmt.Sprint(data["ids"]) != "map[languageCode:EN_US templateName:order_shipped]" {
		t.Errorf("the stream said %v", event)
	}
	poll := c.answer("events/poll", settled+`,"cursor":"`+start["cursor"].(string)+`"`)
	events := poll["events"].([]any)
	if len(events) != 1 || events[0].(map[string]any)["eventId"] != event["eventId"] || poll["cursor"] != event["cursor"] || poll["truncated"] != false {
		t.Errorf("the poll said %v", poll)
	}
}

// What a caller with a key may see is what the configuration says now.
func TestGrantOfAnOwner(t *testing.T) {
	mine := auth.Grant{Tenant: "t", Projects: []string{"new"}}
	keys := []auth.Key{{Name: "a", Grant: mine}, {Name: "b"}}
	c := &config{keys: func() []auth.Key { return keys }}
	old := auth.Grant{Projects: []string{"old"}}
	for _, tt := range []struct {
		principal, tenant string
		want              string
	}{
		{"key:a@t", "t", "[new]"},
		{"key:b", "", "[]"},
		{"key:a", "", "refused"},      // its tenant is another now
		{"key:c", "", "refused"},      // it was removed
		{"key:b@t", "t", "refused"},   // it has no tenant
		{"oidc:someone", "", "[old]"}, // its token said so
	} {
		grant, failure := c.grantNow(mcpevents.Owner{Principal: tt.principal, Tenant: tt.tenant, Grant: old})
		got := fmt.Sprint(grant.Projects)
		if failure != nil {
			got = "refused"
		}
		if got != tt.want {
			t.Errorf("%s of %q: %s, want %s", tt.principal, tt.tenant, got, tt.want)
		}
	}
}
