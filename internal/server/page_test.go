package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/preview"
)

// A caller who is offered previews finds their page in the list and can read it, in every
// protocol version, and no other caller: the server's own tools do not matter.
func TestThePageIsForThoseWhoAreOfferedPreviews(t *testing.T) {
	offered := &fakeToolbox{names: []string{catalog.WhatsappTemplatePreview}, do: echo}
	other := &fakeToolbox{names: []string{"do"}, do: echo}
	read := fmt.Sprintf(`"uri":%q`, preview.URI)
	for name, test := range map[string]struct {
		servers, callers *fakeToolbox
		want             bool
	}{
		"the server's":             {offered, nil, true},
		"not the server's":         {other, nil, false},
		"the caller's":             {other, offered, true},
		"the server's, not theirs": {offered, other, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Toolbox: test.servers})
			ask := func(request string) mcp.JSONRPCMessage {
				ctx := t.Context()
				if test.callers != nil {
					ctx = withToolbox(ctx, test.callers)
				}
				return s.mcp.HandleMessage(ctx, json.RawMessage(request))
			}
			ask(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`)
			for _, requests := range [][2]string{
				{`{"jsonrpc":"2.0","id":1,"method":"resources/list"}`, `{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{` + read + `}}`},
				{modern(1, "resources/list", `{}`, ""), modern(2, "resources/read", `{}`, ","+read)},
			} {
				list, _ := json.Marshal(ask(requests[0]))
				if got := strings.Contains(string(list), preview.URI); got != test.want || !strings.Contains(string(list), triggers) {
					t.Errorf("the list has the page: %v, want %v: %.300s", got, test.want, list)
				}
				page, _ := json.Marshal(ask(requests[1]))
				if got := strings.Contains(string(page), "ui/initialize"); got != test.want || got == strings.Contains(string(page), `"error"`) {
					t.Errorf("it is read: %v, want %v: %.300s", got, test.want, page)
				}
			}
		})
	}
}

// The page has the type of MCP Apps and declares no domains, in the list and where it is
// read.
func TestThePageDeclaresNoDomains(t *testing.T) {
	s := New(Options{Toolbox: &fakeToolbox{names: []string{catalog.WhatsappTemplatePreview}, do: echo}})
	p := dial(t, s)
	defer p.close()
	p.initialize("2025-11-25", "{}")
	type resource struct {
		URI, MIMEType, Text string
		Meta                map[string]any `json:"_meta"`
	}
	want := map[string]any{"ui": map[string]any{"csp": map[string]any{}, "prefersBorder": true}}
	p.send(`{"jsonrpc":"2.0","id":1,"method":"resources/list"}`, fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":%q}}`, preview.URI))
	for range 2 {
		var answer struct{ Resources, Contents []resource }
		m := p.next()
		if err := json.Unmarshal(m.Result, &answer); err != nil {
			t.Fatal(err)
		}
		all := append(answer.Resources, answer.Contents...)
		i := slices.IndexFunc(all, func(r resource) bool { return r.URI == preview.URI })
		if i < 0 {
			t.Fatalf("no page in %.300s", m.Result)
		}
		if all[i].MIMEType != "text/html;profile=mcp-app" || string(mustEncode(all[i].Meta)) != string(mustEncode(want)) {
			t.Errorf("it has %s and %s", all[i].MIMEType, mustEncode(all[i].Meta))
		}
		if string(m.ID) == "2" && all[i].Text != preview.App() {
			t.Errorf("its text is %.100q", all[i].Text)
		}
	}
}

// What a tool has in _meta is in the list of tools.
func TestTheListOfToolsHasTheirMeta(t *testing.T) {
	plain, page := mcp.NewToolWithRawSchema("plain", "", anyObject), mcp.NewToolWithRawSchema("page", "", anyObject)
	page.Meta = mcp.NewMetaFromMap(map[string]any{"ui": map[string]any{"resourceUri": preview.URI}})
	raw, err := toolList(mcp.ListToolsResult{Tools: []mcp.Tool{plain, page}}).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Tools []map[string]any }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	equal(t, "meta", []string{string(mustEncode(list.Tools[0]["_meta"])), string(mustEncode(list.Tools[1]["_meta"]))}, []string{"null", `{"ui":{"resourceUri":"` + preview.URI + `"}}`})
}
