package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/prompts"
	"papi-mcp/tools"
)

func TestInitializeResult(t *testing.T) {
	for asked, answered := range map[string]string{
		"2024-11-05": "2024-11-05",
		"2025-03-26": "2025-03-26",
		"2025-06-18": "2025-06-18",
		"2025-11-25": "2025-11-25",
		"2026-07-28": "2025-11-25", // that one has no initialize
		"1999-01-01": "2025-11-25",
	} {
		t.Run(asked, func(t *testing.T) {
			p := dial(t, newServer(t, echo))
			defer p.close()
			var result mcp.InitializeResult
			if err := json.Unmarshal(p.initialize(asked, `{}`).Result, &result); err != nil {
				t.Fatal(err)
			}
			if result.ProtocolVersion != answered {
				t.Errorf("protocol %s, want %s", result.ProtocolVersion, answered)
			}
			info := result.ServerInfo
			if info.Name != "papi-mcp" || info.Title != "Provisioning" || info.Version != "1.2.3" {
				t.Errorf("server info %+v", info)
			}
			if result.Instructions != "Confirm the project first." {
				t.Errorf("instructions %q", result.Instructions)
			}
			if result.Capabilities.Tools == nil || result.Capabilities.Tools.ListChanged {
				t.Errorf("tools capability %+v, want one without listChanged", result.Capabilities.Tools)
			}
		})
	}
}

func TestDiscoverResult(t *testing.T) {
	p := dial(t, newServer(t, echo))
	defer p.close()
	p.send(modern(1, "server/discover", `{}`, ``))
	var result mcp.DiscoverResult
	if err := json.Unmarshal(p.next().Result, &result); err != nil {
		t.Fatal(err)
	}
	equal(t, "versions", result.SupportedVersions, mcp.ValidProtocolVersions)
	if result.Instructions != "Confirm the project first." {
		t.Errorf("instructions %q", result.Instructions)
	}
	if result.Capabilities.Tools == nil || result.Capabilities.Tools.ListChanged {
		t.Errorf("tools capability %+v, want one without listChanged", result.Capabilities.Tools)
	}
	if info := result.GetResultMeta().ServerInfo(); info == nil || info.Name != "papi-mcp" || info.Title != "Provisioning" {
		t.Errorf("server info %+v", info)
	}
}

// The tools are loaded once, after the first answer; requests for them wait, and no
// list_changed is sent.
func TestToolsAreLoadedOnDemand(t *testing.T) {
	openings := map[string]string{
		"initialize": `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"peer","version":"1"},"capabilities":{}}}`,
		"discover":   modern(0, "server/discover", `{}`, ``),
	}
	for name, opening := range openings {
		t.Run(name, func(t *testing.T) {
			loading, load := make(chan struct{}), make(chan struct{})
			box := &fakeToolbox{names: []string{"also", "do"}, do: echo, onLoad: func() {
				close(loading)
				<-load
			}}
			p := dial(t, New(Options{Toolbox: box}))
			p.send(opening)
			if m := p.next(); string(m.ID) != "0" {
				t.Fatalf("got %s", show(m))
			}
			<-loading // before any request for a tool
			p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, call(2, `{}`), `{"jsonrpc":"2.0","id":3,"method":"ping"}`)
			if m := p.next(); string(m.ID) != "3" {
				t.Fatalf("answered without tools: %s", show(m))
			}
			close(load)

			rest, err := p.closeInput()
			if err != nil {
				t.Fatal(err)
			}
			if len(rest) != 2 {
				t.Fatalf("%d messages, want the two answers", len(rest))
			}
			for _, m := range rest {
				if string(m.ID) == "1" && strings.Count(string(m.Result), `"name"`) != 2 || m.Error != nil {
					t.Errorf("got %s", show(m))
				}
			}
			if n := box.loads.Load(); n != 1 {
				t.Errorf("%d loads, want 1", n)
			}
		})
	}
}

// A client that offers a model only the first tools offers those that the toolbox has
// first. There is one page.
func TestToolsListHasTheOrderOfTheToolbox(t *testing.T) {
	s := New(Options{Toolbox: &fakeToolbox{names: []string{"b", "c", "a"}, do: echo}})
	answers := scripted(t, s, []string{`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`})
	var result mcp.ListToolsResult
	if err := json.Unmarshal(answers[0].Result, &result); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range result.Tools {
		names = append(names, tool.Name)
	}
	equal(t, "tools", names, []string{"b", "c", "a"})
	if result.NextCursor != "" {
		t.Errorf("a second page: %q", result.NextCursor)
	}
}

// A toolbox that can't load fails each request for the tools, and no other.
func TestToolsThatDoNotLoad(t *testing.T) {
	box := &fakeToolbox{do: echo, onLoad: func() { panic("secret") }}
	answers := scripted(t, New(Options{Toolbox: box}), []string{
		`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
		call(2, `{}`),
		`{"jsonrpc":"2.0","id":3,"method":"ping"}`,
	})
	if len(answers) != 4 {
		t.Fatalf("%d answers, want 4", len(answers))
	}
	for _, m := range answers {
		switch string(m.ID) {
		case "0", "3":
			if m.Result == nil {
				t.Errorf("got %s", show(m))
			}
		default:
			if code, text := errorOf(t, m); code != mcp.INTERNAL_ERROR || strings.Contains(text, "secret") {
				t.Errorf("got %s", show(m))
			}
		}
	}
}

// Prompts are registered next to the tools.
func TestPromptsBesideTheTools(t *testing.T) {
	s := newServer(t, echo)
	s.mcp.AddPrompt(mcp.NewPrompt("onboard"), func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return mcp.NewGetPromptResult("Onboard a sender", nil), nil
	})
	p := dial(t, s)
	defer p.close()
	var result mcp.InitializeResult
	if err := json.Unmarshal(p.initialize("2025-11-25", `{}`).Result, &result); err != nil {
		t.Fatal(err)
	}
	if result.Capabilities.Prompts == nil {
		t.Error("no prompts capability")
	}
	p.send(`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"onboard"}}`)
	if m := p.next(); !strings.Contains(string(m.Result), "Onboard a sender") {
		t.Errorf("got %s", show(m))
	}
}

func TestARequestHasAPrincipal(t *testing.T) {
	if got := principalOf(withPrincipal(context.Background(), "someone")); got != "someone" {
		t.Errorf("principal %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a request without a principal passed")
		}
	}()
	principalOf(context.Background())
}

// A client may subscribe to any resource.
func TestSubscriptionsAreAccepted(t *testing.T) {
	p := dial(t, newServer(t, echo))
	defer p.close()
	p.initialize("2025-11-25", `{}`)
	for i, method := range []string{"resources/subscribe", "resources/unsubscribe"} {
		p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{"uri":"test://watched-resource"}}`, i+1, method))
		if answer := p.next(); answer.Error != nil || string(answer.Result) != "{}" {
			t.Errorf("%s: %s, error %v", method, answer.Result, answer.Error)
		}
	}
}

// familiesToolbox completes everything with the names of families.
type familiesToolbox struct{ fakeToolbox }

func (*familiesToolbox) Complete(context.Context, tools.Caller, string, map[string]string, string) []string {
	return []string{"kakaotalk", "rcs", "sms"}
}

func TestCompletionOfOfferedFamilies(t *testing.T) {
	s := New(Options{Toolbox: &familiesToolbox{}, Prompts: func() []*prompts.Prompt {
		return prompts.Offered(prompts.All(), func(tool string) bool { return tool == "sms_app_create" })
	}})
	got, err := (&completer{s}).CompletePromptArgument(withPrincipal(t.Context(), "me"), "provision_channel", mcp.CompleteArgument{Name: "family"}, mcp.CompleteContext{})
	if err != nil || !slices.Equal(got.Values, []string{"sms"}) || got.Total != 1 || got.HasMore {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = (&completer{s}).CompleteResourceArgument(withPrincipal(t.Context(), "me"), "papi://guides/{family}", mcp.CompleteArgument{Name: "family"}, mcp.CompleteContext{})
	if err != nil || got.Total != 3 {
		t.Errorf("a guide can be read without the tools: %+v, %v", got, err)
	}
}

// The protocol allows 100 values; the answer says that there are more.
func TestCompletionsAreBounded(t *testing.T) {
	s := New(Options{Toolbox: &fakeToolbox{do: echo}})
	got, err := (&completer{s}).CompleteResourceArgument(withPrincipal(t.Context(), "me"), "papi://guides/{family}", mcp.CompleteArgument{Name: "family"}, mcp.CompleteContext{})
	if err != nil || len(got.Values) != 100 || got.Total != 250 || !got.HasMore {
		t.Errorf("%d values of %d, more %v, %v", len(got.Values), got.Total, got.HasMore, err)
	}
}
