package cli

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/guides"
	"papi-mcp/internal/sandbox"
	"papi-mcp/prompts"
)

// Each prompt reaches its end: the tools are read from the text that the server
// returns, and must be those of the run.
func TestPromptsReachTheirEnd(t *testing.T) {
	covered := map[string]bool{"provision_channel": true} // below
	for _, run := range promptRuns {
		covered[run.prompt] = true
		t.Run(run.prompt, func(t *testing.T) {
			w := newAgent(t, run.seed)
			for _, s := range run.before {
				w.perform(s)
			}
			var tools []string
			for _, s := range run.steps {
				tools = append(tools, s.tool)
			}
			if steps := w.steps(run.prompt, run.given); !slices.Equal(steps, tools) {
				t.Fatalf("the prompt says\n%v, the run\n%v", steps, tools)
			}
			for _, s := range run.steps {
				w.perform(s)
			}
		})
	}
	for _, p := range prompts.All() {
		if !covered[p.Name] {
			t.Errorf("%s is not run", p.Name)
		}
	}
}

// If a project is configured, no prompt asks for it; otherwise each one does.
func TestPromptsNameTheConfiguredProject(t *testing.T) {
	w := newAgent(t, "")
	for _, p := range prompts.All() {
		given := map[string]string{}
		for _, a := range p.Arguments {
			if a.Required {
				given[a.Name] = "x"
			}
			if a.Name == "family" {
				given[a.Name] = "rcs"
			}
		}
		r := mcp.GetPromptRequest{}
		r.Params.Name, r.Params.Arguments = p.Name, given
		got, err := w.client.GetPrompt(w.ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		text := got.Messages[0].Content.(mcp.TextContent).Text
		if !strings.Contains(text, "with projectId "+sandbox.DefaultProject) || strings.Contains(text, "which project it is, and give") {
			t.Errorf("%s asks for the project:\n%s", p.Name, text)
		}
		if text, err := p.Render(given); err != nil || strings.Contains(text, "project_confirm") && !strings.Contains(text, "project it is") && !strings.Contains(text, "the project that the person names") {
			t.Errorf("%s without a project: %v\n%s", p.Name, err, text)
		}
	}
}

// The general prompt is run for each family, then continued by next, as its fifth
// step says, until the channel works.
func TestProvisionChannelForEachFamily(t *testing.T) {
	runs := map[string][]step{
		"webhooks": {
			{tool: "webhook_list", args: `{}`}, {tool: "webhook_create", args: `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs"}`, want: `webhookId`, keep: map[string]string{"id": "ids.webhookId"}},
			{tool: "webhook_get", args: `{"webhookId":"$id"}`, want: `"triggers":["ALL"]`},
		},
		"whatsapp": {
			{tool: "whatsapp_sender_list", args: `{}`}, {tool: "whatsapp_sender_create", args: `{"wabaId":"100000000005678","phoneNumberId":"200000000005678","authenticationCode":"from-the-signup","region":"EU","businessManager":"SINCH_UK"}`, want: `IN_PROGRESS`, keep: map[string]string{"id": "ids.senderId"}},
			{tool: "wait", args: waitFor("whatsapp_sender_get", `{"senderId":"$id"}`), want: `PENDING_VERIFICATION`, after: time.Hour},
		},
		"whatsapp_templates": {
			{tool: "whatsapp_template_list", args: `{}`}, {tool: "whatsapp_template_create", args: `{"name":"late","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Your order is late."}]}}`, want: `IN_PROGRESS`},
			{tool: "wait", args: waitFor("whatsapp_template_get", `{"templateName":"late","languageCode":"EN"}`), want: `APPROVED`, after: time.Hour},
		},
		"rcs": {
			{tool: "rcs_sender_list", args: `{}`}, {tool: "rcs_sender_create", args: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE"}`, want: `DRAFT`, keep: map[string]string{"id": "ids.senderId"}},
			{tool: "wait", args: waitFor("rcs_sender_get", `{"senderId":"$id"}`), want: `DRAFT`},
		},
		"kakaotalk": {
			{tool: "kakaotalk_sender_list", args: `{}`}, {tool: "kakaotalk_sender_create", args: kakaoSender, want: `IN_PROGRESS`},
			{tool: "wait", args: waitFor("kakaotalk_sender_get", `{"plusFriendId":"exampleshop"}`), want: `INACTIVE`, after: time.Hour},
		},
		"conversation": {
			{tool: "bundle_list", args: `{}`}, {tool: "bundle_create", args: `{"name":"Example social","region":"EU","convApp":true}`, want: `IN_PROGRESS`, keep: map[string]string{"id": "ids.conversationAppId"}},
			{tool: "conversation_messenger_get", args: `{"conversationAppId":"$id"}`, want: `"status":"ACTIVE"`, after: time.Hour},
		},
		"sms": {
			{tool: "sms_app_list", args: `{}`}, {tool: "sms_app_create", args: `{"name":"Example","region":"EU"}`, want: `PENDING_ADD`, keep: map[string]string{"id": "ids.smsAppId"}},
			{tool: "wait", args: waitFor("sms_app_get", `{"smsAppId":"$id"}`), want: `ACTIVE`, after: time.Hour},
		},
		"bundles": {
			{tool: "bundle_list", args: `{}`}, {tool: "bundle_create", args: `{"name":"Example","region":"EU","smsApp":true}`, want: `IN_PROGRESS`, keep: map[string]string{"id": "ids.bundleId"}},
			{tool: "wait", args: waitFor("bundle_get", `{"bundleId":"$id"}`), want: `DONE`, after: time.Hour},
		},
	}
	for _, family := range guides.Families() {
		t.Run(family, func(t *testing.T) {
			seed := ""
			if family == "whatsapp_templates" {
				seed = "shop"
			}
			w := newAgent(t, seed)
			run := runs[family]
			if len(run) != 3 {
				t.Fatal("it is not run")
			}
			schema := step{tool: "schema_get", args: `{"tool":"` + run[1].tool + `"}`, want: `"example"`}
			steps := []string{}
			var last any
			for _, s := range []step{confirm, run[0], schema, run[1], run[2]} {
				steps = append(steps, s.tool)
				last = w.perform(s)
			}
			if over := finalStates[family]; over != "" {
				w.follow(last, over)
			}
			if said := w.steps("provision_channel", map[string]string{"family": family}); !slices.Equal(said, steps) {
				t.Fatalf("the prompt says %v, the run %v", said, steps)
			}
		})
	}
}

// renderedPrompts returns the texts of all prompts, with and without optional
// arguments.
func renderedPrompts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, p := range prompts.All() {
		least, all := map[string]string{}, map[string]string{}
		for _, a := range p.Arguments {
			all[a.Name] = "x"
			if a.Complete == "trigger_families" {
				all[a.Name] = guides.TriggerFamilies()[0]
			}
			if a.Required {
				least[a.Name] = "x"
			}
		}
		families := []string{""}
		if p.Name == "provision_channel" {
			families = guides.Families()
		}
		for _, family := range families {
			for kind, given := range map[string]map[string]string{"least": least, "all": all} {
				given = maps.Clone(given)
				if family != "" {
					given["family"] = family
				}
				text, err := p.Render(given)
				if err != nil {
					t.Fatal(err)
				}
				texts[p.Name+" "+family+" "+kind] = text
			}
		}
	}
	return texts
}
