package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/guides"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/preview"
	"papi-mcp/internal/sandbox"
)

// read returns the text of a resource, or the error.
func (w *agent) read(uri string) string {
	w.t.Helper()
	r := mcp.ReadResourceRequest{}
	r.Params.URI = uri
	got, err := w.client.ReadResource(w.ctx, r)
	if err != nil {
		return "error: " + err.Error()
	}
	text, ok := got.Contents[0].(mcp.TextResourceContents)
	if !ok || text.URI != uri || len(got.Contents) != 1 {
		w.t.Fatalf("%s: %+v", uri, got.Contents)
	}
	if text.MIMEType == "application/json" && !json.Valid([]byte(text.Text)) {
		w.t.Fatalf("%s is no JSON: %s", uri, text.Text)
	}
	return text.Text
}

func TestResources(t *testing.T) {
	w := newAgent(t, "shop")
	listed, err := w.client.ListResources(w.ctx, mcp.ListResourcesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(listed.Resources) != len(guides.All())+len(guides.SectionNames(""))+3 { // and the triggers, the page of previews, and the skill
		t.Errorf("%d resources are listed", len(listed.Resources))
	}
	for _, r := range listed.Resources {
		begins, mime := "# ", "text/markdown"
		if r.URI == preview.URI {
			begins, mime = "<!DOCTYPE html>\n", preview.MIMEType
		}
		if strings.HasPrefix(r.URI, "skill://") {
			begins = "---\nname: "
		}
		if text := w.read(r.URI); !strings.HasPrefix(text, begins) || r.Description == "" || r.MIMEType != mime {
			t.Errorf("%s: %.60q", r.URI, text)
		}
	}
	templates, err := w.client.ListResourceTemplates(w.ctx, mcp.ListResourceTemplatesRequest{})
	if err != nil || len(templates.ResourceTemplates) != 5 {
		t.Errorf("%v, templates %+v", err, templates)
	}
	for uri, want := range map[string]string{
		"papi://guides/rcs":                                      "# RCS senders",
		"papi://errors/webhook_exists":                           "`webhook_list`",
		"papi://errors/guard_all_alone":                          "- Source: ",
		"papi://errors/confirmation_required":                    "- Retryable: no.",
		"papi://triggers":                                        fmt.Sprintf("%d triggers", len(papi.LookupSchema("WebhookWebhookTriggersEnum").Enum)),
		"papi://schemas/webhook_create":                          `"inputSchema"`,
		"papi://project/" + sandbox.DefaultProject + "/overview": `"whatsappTemplates"`,
		"papi://guides/fax":                                      `error: invalid params: there is no guide "fax"; known: webhooks, whatsapp`,
		"papi://guides/rcs/launch":                               "# RCS senders: What a launch requires",
		"papi://guides/rcs/weather":                              `error: invalid params: the guide rcs has no section "weather"; known: launch, refused, test_numbers`,
		"papi://guides/sms/weather":                              `error: invalid params: the guide sms has no section "weather"; it has none: read papi://guides/sms`,
		"papi://guides/fax/launch":                               `error: invalid params: there is no guide "fax"; known: webhooks, whatsapp`,
		"papi://guides/rcs/":                                     `error: invalid params: no section in "papi://guides/rcs/"`,
		"papi://guides/rcs/launch/x":                             "not found",
		"papi://errors/no_such":                                  `error: invalid params: there is not an error code "no_such"`,
		"papi://schemas/no_such":                                 "error: invalid params: unknown_tool",
		"papi://project/not-allowed/overview":                    "error: invalid params: guard_project_not_allowed",
		"papi://weather":                                         "resource not found",
	} {
		if text := w.read(uri); !strings.Contains(text, want) {
			t.Errorf("%s: %q is not in %.300q", uri, want, text)
		}
	}
}

func (w *agent) complete(ref any, name, begun string, given map[string]string) string {
	w.t.Helper()
	r := mcp.CompleteRequest{}
	r.Params.Ref, r.Params.Argument, r.Params.Context = ref, mcp.CompleteArgument{Name: name, Value: begun}, mcp.CompleteContext{Arguments: given}
	got, err := w.client.Complete(w.ctx, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(got.Completion.Values, " ")
}

func TestCompletion(t *testing.T) {
	w := newAgent(t, "shop")
	prompt := func(name string) any { return mcp.PromptReference{Type: "ref/prompt", Name: name} }
	resource := func(uri string) any { return mcp.ResourceReference{Type: "ref/resource", URI: uri} }
	for name, test := range map[string]struct {
		ref        any
		arg, begun string
		given      map[string]string
		want       string
	}{
		"an argument of a prompt":     {prompt("fix_rejected_template"), "templateName", "reject", nil, "reject_winter_sale"},
		"one that depends on another": {prompt("fix_rejected_template"), "languageCode", "", map[string]string{"templateName": "order_confirmed"}, "DE EN"},
		"one that nothing completes":  {prompt("create_bundle"), "name", "x", nil, ""},
		"an unknown argument":         {prompt("create_bundle"), "weather", "", nil, ""},
		"an unknown prompt":           {prompt("test_prompt_with_arguments"), "arg1", "par", nil, ""},
		"a variable of a template":    {resource("papi://guides/{family}"), "family", "r", nil, "rcs"},
		"a section of a guide":        {resource("papi://guides/{family}/{section}"), "section", "", map[string]string{"family": "rcs"}, "launch refused test_numbers"},
		"a section of any guide":      {resource("papi://guides/{family}/{section}"), "section", "t", nil, "template test_numbers"},
		"the family of a section":     {resource("papi://guides/{family}/{section}"), "family", "k", nil, "kakaotalk"},
		"a section of no guide":       {resource("papi://guides/{family}/{section}"), "section", "", map[string]string{"family": "fax"}, ""},
		"an error code":               {resource("papi://errors/{code}"), "code", "webhook_e", nil, "webhook_exists"},
		"an error code of ours":       {resource("papi://errors/{code}"), "code", "guard_all_a", nil, "guard_all_alone"},
		"a tool":                      {resource("papi://schemas/{tool}"), "tool", "project_o", nil, "project_overview"},
		"a project":                   {resource("papi://project/{projectId}/overview"), "projectId", "", nil, sandbox.DefaultProject},
		"an unknown variable":         {resource("papi://guides/{family}"), "weather", "", nil, ""},
		"an unknown template":         {resource("papi://weather/{day}"), "day", "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.complete(test.ref, test.arg, test.begun, test.given); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A result has at most one link, after its text, and the link can be read.
func TestResultLinks(t *testing.T) {
	w := newAgent(t, "shop")
	for call, want := range map[string]string{
		`webhook_get {"webhookId":"01Z327Q8JAP1FQ40QXJMEXRE1K"}`:                                                              "papi://errors/webhook_not_found",
		`whatsapp_template_get {"templateName":"reject_winter_sale","languageCode":"EN"}`:                                     "papi://guides/whatsapp_templates",
		`webhook_create {"target":"https://example.com/x","triggers":["ALL","BUNDLE_DONE"],"secret":"sixteen-or-more-signs"}`: "papi://guides/webhooks",
		`webhook_list {}`: "",
	} {
		name, args, _ := strings.Cut(call, " ")
		r := mcp.CallToolRequest{}
		r.Params.Name, r.Params.Arguments = name, json.RawMessage(args)
		result, err := w.client.CallTool(w.ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := result.Content[0].(mcp.TextContent); !ok || len(result.Content) > 2 {
			t.Errorf("%s: content %+v", call, result.Content)
		}
		got := ""
		if len(result.Content) == 2 {
			got = result.Content[1].(mcp.ResourceLink).URI
			if text := w.read(got); !strings.HasPrefix(text, "# ") {
				t.Errorf("%s: the link leads to %q", call, text)
			}
		}
		if got != want {
			t.Errorf("%s: link %q, want %q", call, got, want)
		}
	}
}
