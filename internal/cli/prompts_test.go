package cli

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/guides"
	"papi-mcp/internal/sandbox"
	"papi-mcp/prompts"
)

// walker is a client that does what a prompt says, with a person at its side
// who agrees.
type walker struct {
	t      *testing.T
	ctx    context.Context
	box    *sandbox.Sandbox
	client *client.Client
	code   string
	kept   map[string]string // ids, by the words that stand for them in arguments
}

// taken is how a step is taken: the tool, its arguments as JSON, and what its
// answer holds. Words such as $senderId stand for ids of earlier answers.
type taken struct {
	tool, args, want string
	after            time.Duration // the API's time before it
	keep             map[string]string
}

func newWalker(t *testing.T, seed string) *walker {
	w := &walker{t: t, kept: map[string]string{}, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	t.Cleanup(w.box.Close)
	if seed != "" {
		if err := w.box.Seed(seed); err != nil {
			t.Fatal(err)
		}
	}
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.box.ServeHTTP(rw, r)
		if code := rw.Header().Get(sandbox.HeaderCode); code != "" {
			w.code = code
		}
	}))
	t.Cleanup(api.Close)
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	path, err := exec.LookPath("papi-mcp")
	if err != nil {
		t.Fatal(err)
	}
	environment := append(os.Environ(), "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token",
		"SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID="+sandbox.DefaultProject)
	w.client = client.NewClient(transport.NewStdio(path, environment, "serve"), client.WithElicitationHandler(answering("yes")))
	if err := w.client.Start(w.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.client.Close() })
	if _, err := w.client.Initialize(w.ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: mcp.LATEST_PROTOCOL_VERSION, ClientInfo: mcp.Implementation{Name: "walker", Version: "1"},
	}}); err != nil {
		t.Fatal(err)
	}
	return w
}

// steps gets the prompt from the server, and returns the tools of its steps.
func (w *walker) steps(name string, given map[string]string) []string {
	w.t.Helper()
	r := mcp.GetPromptRequest{}
	filled := map[string]string{}
	for name, value := range given {
		filled[name] = w.fill(value)
	}
	r.Params.Name, r.Params.Arguments = name, filled
	got, err := w.client.GetPrompt(w.ctx, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return prompts.Steps(got.Messages[0].Content.(mcp.TextContent).Text)
}

// fill puts what is known in the place of the words that stand for it.
func (w *walker) fill(text string) string {
	text = strings.ReplaceAll(text, "$CODE", w.code)
	for word, id := range w.kept {
		text = strings.ReplaceAll(text, "$"+word, id)
	}
	return text
}

// take makes the call of a step, and returns its answer.
func (w *walker) take(s taken) any {
	w.t.Helper()
	w.box.Advance(s.after)
	args := w.fill(s.args)
	r := mcp.CallToolRequest{}
	r.Params.Name, r.Params.Arguments = s.tool, json.RawMessage(args)
	result, err := w.client.CallTool(w.ctx, r)
	if err != nil {
		w.t.Fatalf("%s: %v", s.tool, err)
	}
	raw, err := json.Marshal(result.StructuredContent)
	if err != nil || !strings.Contains(string(raw), s.want) {
		w.t.Fatalf("%s %s: want %s in\n%s", s.tool, args, s.want, raw)
	}
	for word, path := range s.keep {
		id, ok := at(result.StructuredContent, path).(string)
		if !ok {
			w.t.Fatalf("%s: no %s in %s", s.tool, path, raw)
		}
		w.kept[word] = id
	}
	return result.StructuredContent
}

// known is what the person at the walker's side answers to what next needs.
var known = map[string]string{
	"useCase": `"MULTIUSE"`, "method": `"SMS"`, "testNumbers": `["+15550100"]`, "details": rcsDetails,
}

// follow does what the next of an answer says, all of it in its order, until a
// state says that it is over. Five minutes pass before each call: a code is
// good for ten.
func (w *walker) follow(answer any, over string) {
	w.t.Helper()
	for range 30 {
		if at(answer, "state") == over {
			return
		}
		next, _ := at(answer, "next").([]any)
		for _, n := range next {
			tool, _ := at(n, "tool").(string)
			if tool == "" {
				continue // for the person
			}
			args, _ := at(n, "args").(map[string]any)
			given := maps.Clone(args)
			needs, _ := at(n, "needs").([]any)
			for _, need := range needs {
				name := need.(string)
				value, ok := known[name]
				if name == "code" {
					value, ok = w.code, true
					if strings.HasPrefix(tool, "whatsapp") {
						value = `"` + value + `"`
					}
				}
				if !ok {
					w.t.Fatalf("%s needs %s, which the person does not know", tool, name)
				}
				given[name] = json.RawMessage(value)
			}
			raw, err := json.Marshal(given)
			if err != nil {
				w.t.Fatal(err)
			}
			answer = w.take(taken{tool: tool, args: string(raw), after: 5 * time.Minute})
			if at(answer, "errorCode") != nil {
				w.t.Fatalf("%s %s: next led to %v", tool, raw, answer)
			}
		}
	}
	w.t.Fatalf("next does not lead to %s, but to %v", over, answer)
}

// overAt is the state in which a family's provisioning is over; "" where the
// answer of the last step shows the end.
var overAt = map[string]string{
	"whatsapp": "ACTIVE", "whatsapp_templates": "APPROVED", "rcs": "LAUNCHED", "kakaotalk": "ACTIVE", "sms": "ACTIVE", "bundles": "DONE",
}

// walks are all prompts with arguments, and how their steps are taken, in
// order. A step that only looks whether something is over may be taken again.
var walks = []struct {
	prompt, seed string
	given        map[string]string
	before       []taken // what is there already
	steps        []taken
}{
	{
		prompt: "onboard_whatsapp_sender",
		before: []taken{confirm, account},
		steps: []taken{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"totalSize":0`},
			{tool: "whatsapp_account_get", args: `{}`, want: `"state":"ONBOARDED"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_list", args: `{}`, want: `"totalSize":1`},
			newSender,
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `"state":"PENDING_VERIFICATION"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_register", args: `{"senderId":"$id","method":"SMS"}`, want: `"verificationCodeSent":true`},
			{tool: "whatsapp_sender_verify", args: `{"senderId":"$id","code":"$CODE"}`, want: `"data":null`},
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `"state":"ACTIVE"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "onboard_whatsapp_sender", given: map[string]string{"senderId": "$id"},
		before: []taken{confirm, account, {tool: "whatsapp_account_get", args: `{}`, want: `"state":"ONBOARDED"`, after: 10 * time.Minute}, newSender},
		steps: []taken{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"totalSize":0`},
			{tool: "whatsapp_account_get", args: `{}`, want: `"state":"ONBOARDED"`},
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `"state":"PENDING_VERIFICATION"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_register", args: `{"senderId":"$id","method":"VOICE"}`, want: `"verificationCodeSent":true`},
			{tool: "whatsapp_sender_verify", args: `{"senderId":"$id","code":"$CODE"}`, want: `"data":null`},
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `"state":"ACTIVE"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "create_whatsapp_template", seed: "shop",
		given: map[string]string{"templateName": "order_late", "languageCode": "EN", "category": "UTILITY"},
		steps: []taken{
			confirm,
			{tool: "whatsapp_template_list", args: `{}`, want: `"totalSize":12`},
			{tool: "whatsapp_template_create", args: `{"name":"order_late","language":"EN","category":"UTILITY","status":"SUBMIT","details":{"components":[{"type":"BODY","text":"Your order {{1}} is late.","examples":["1001"]}]}}`, want: `"pending":"IN_PROGRESS"`},
			{tool: "whatsapp_template_get", args: `{"templateName":"order_late","languageCode":"EN"}`, want: `"state":"APPROVED"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "fix_rejected_template", seed: "shop",
		given: map[string]string{"templateName": "reject_winter_sale", "languageCode": "EN"},
		steps: []taken{
			confirm,
			{tool: "whatsapp_template_get", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"rejectionCode":"INVALID_FORMAT"`},
			{tool: "whatsapp_template_activity_list", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `REJECTED`},
			{tool: "whatsapp_template_update", args: `{"templateName":"reject_winter_sale","languageCode":"EN","status":"SUBMIT","details":{"components":[{"type":"BODY","text":"Winter sale until Sunday."}]}}`, want: `"pending":"IN_PROGRESS"`},
			{tool: "whatsapp_template_get", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"state":"APPROVED"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "fix_rejected_template", seed: "shop",
		given: map[string]string{"templateName": "reject_winter_sale"},
		steps: []taken{
			confirm,
			{tool: "whatsapp_template_language_list", args: `{"templateName":"reject_winter_sale"}`, want: `REJECTED`},
			{tool: "whatsapp_template_get", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"rejectionCode":"INVALID_FORMAT"`},
			{tool: "whatsapp_template_activity_list", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `REJECTED`},
			{tool: "whatsapp_template_update", args: `{"templateName":"reject_winter_sale","languageCode":"EN","status":"SUBMIT","details":{"components":[{"type":"BODY","text":"Winter sale until Monday."}]}}`, want: `"pending":"IN_PROGRESS"`},
			{tool: "whatsapp_template_get", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"state":"APPROVED"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "launch_rcs_sender", given: map[string]string{"useCase": "MULTIUSE"},
		steps: slices.Concat([]taken{confirm, {tool: "rcs_sender_list", args: `{}`, want: `rbm_has_not_been_used`}, newRcs}, rcsLaunch),
	},
	{
		prompt: "launch_rcs_sender", given: map[string]string{"senderId": "$id"},
		before: []taken{confirm, newRcs},
		steps:  slices.Concat([]taken{confirm}, rcsLaunch),
	},
	{
		prompt: "register_kakaotalk_sender", given: map[string]string{"plusFriendId": "exampleshop"},
		steps: []taken{
			confirm,
			{tool: "kakaotalk_sender_list", args: `{}`, want: `project_not_initialized`},
			{tool: "kakaotalk_sender_create", args: kakaoSender, want: `"pending":"IN_PROGRESS"`},
			{tool: "kakaotalk_sender_get", args: `{"plusFriendId":"exampleshop"}`, want: `"state":"INACTIVE"`, after: 10 * time.Minute},
			{tool: "kakaotalk_sender_register", args: `{"plusFriendId":"exampleshop"}`, want: `"state":"VERIFYING"`},
			{tool: "kakaotalk_sender_verify", args: `{"plusFriendId":"exampleshop","code":$CODE}`, want: `"state":"ACTIVE"`},
			{tool: "kakaotalk_sender_get", args: `{"plusFriendId":"exampleshop"}`, want: `"state":"ACTIVE"`},
		},
	},
	{
		prompt: "set_up_webhooks", given: map[string]string{"target": "https://example.com/hook", "family": "whatsapp"},
		steps: []taken{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"totalSize":0`},
			{tool: "webhook_create", args: `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs","triggers":["WHATSAPP_SENDER_ACTIVE"]}`, want: `webhookId`, keep: map[string]string{"id": "ids.webhookId"}},
			{tool: "webhook_get", args: `{"webhookId":"$id"}`, want: `"triggers":["WHATSAPP_SENDER_ACTIVE"]`},
		},
	},
	{
		prompt: "set_up_webhooks", given: map[string]string{"target": "https://example.com/hook"},
		steps: []taken{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"totalSize":0`},
			{tool: "webhook_create", args: `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs","triggers":["ALL"]}`, want: `webhookId`, keep: map[string]string{"id": "ids.webhookId"}},
			{tool: "webhook_get", args: `{"webhookId":"$id"}`, want: `"triggers":["ALL"]`},
		},
	},
	{
		prompt: "create_bundle", given: map[string]string{"name": "Example", "region": "EU"},
		steps: []taken{
			confirm,
			{tool: "bundle_list", args: `{}`, want: `"bundles":[]`},
			{tool: "bundle_create", args: `{"name":"Example","region":"EU","subproject":true,"smsApp":true}`, want: `"state":"IN_PROGRESS"`, keep: map[string]string{"id": "ids.bundleId"}},
			{tool: "bundle_get", args: `{"bundleId":"$id"}`, want: `"state":"DONE"`, after: 10 * time.Minute, keep: map[string]string{"app": "ids.smsAppId", "project": "data.projectId"}},
			{tool: "sms_app_get", args: `{"smsAppId":"$app","projectId":"$project"}`, want: `"state":"ACTIVE"`},
		},
	},
	{
		prompt: "find_what_is_stuck", seed: "shop",
		steps: []taken{
			overview,
			{tool: "whatsapp_account_get", args: `{}`, want: `ONBOARDED`},
			{tool: "whatsapp_sender_list", args: `{"all":true}`, want: `PENDING_VERIFICATION`},
			{tool: "whatsapp_template_list", args: `{"all":true}`, want: `REJECTED`},
			{tool: "rcs_sender_list", args: `{"all":true}`, want: `IN_TEST`},
			{tool: "kakaotalk_sender_list", args: `{"all":true}`, want: `ACTIVE`},
			{tool: "sms_app_list", args: `{"all":true}`, want: `ACTIVE`},
			{tool: "bundle_list", args: `{"all":true}`, want: `DONE`},
		},
	},
	{
		prompt: "audit_project", seed: "shop", given: map[string]string{"projectId": sandbox.DefaultProject},
		steps: []taken{
			overview,
			{tool: "webhook_list", args: `{"all":true}`, want: `"totalSize":2`},
			{tool: "whatsapp_account_get", args: `{}`, want: `businessDailyLimit`},
			{tool: "whatsapp_sender_list", args: `{"all":true}`, want: `qualityRating`},
			{tool: "whatsapp_template_list", args: `{"all":true}`, want: `qualityScore`},
			{tool: "rcs_sender_list", args: `{"all":true}`, want: `countryStatus`},
			{tool: "kakaotalk_sender_list", args: `{"all":true}`, want: `exampleshop`},
			{tool: "sms_app_list", args: `{"all":true}`, want: `Example alerts`},
			{tool: "bundle_list", args: `{"all":true}`, want: `Example outlet`},
		},
	},
}

var (
	confirm   = taken{tool: "project_confirm", args: `{"projectId":"` + sandbox.DefaultProject + `"}`, want: `"confirmed":true`}
	overview  = taken{tool: "project_overview", args: `{}`, want: `"whatsappTemplates"`}
	newSender = taken{tool: "whatsapp_sender_create", args: `{"phoneNumberProvider":"CUSTOMER","details":{"displayName":"Example Care","vertical":"SHOPPING_AND_RETAIL","countryCode":"1","phoneNumber":"5550100","description":"Orders","email":"care@example.com","websiteOne":"https://example.com","about":"Open"}}`,
		want: `"pending":"IN_PROGRESS"`, keep: map[string]string{"id": "ids.senderId"}}
	newRcs  = taken{tool: "rcs_sender_create", args: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE"}`, want: `"state":"DRAFT"`, keep: map[string]string{"id": "ids.senderId"}}
	account = taken{tool: "whatsapp_account_create", args: `{"wabaName":"Example Shop","clientBusinessManagerId":"1000000000","businessManager":"SINCH_UK","senderDetails":{"displayName":"Example Shop","businessCategory":"SHOPPING_AND_RETAIL","region":"EU"}}`, want: `IN_PROGRESS`}
)

const kakaoSender = `{"plusFriendId":"exampleshop","details":{"adminPhoneNo":"+15550120","name":"Example Shop","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`

// rcsLaunch is the way of an RCS sender from its draft to its launch.
var rcsLaunch = []taken{
	{tool: "rcs_sender_get", args: `{"senderId":"$id"}`, want: `"state":"DRAFT"`},
	{tool: "rcs_questionnaire_get", args: `{"useCase":"MULTIUSE"}`, want: `optInDescription`},
	{tool: "rcs_sender_update", args: rcsComplete, want: `"state":"IN_PROGRESS"`},
	{tool: "rcs_test_number_add", args: `{"senderId":"$id","testNumbers":["+15550100"]}`, want: `+15550100`, after: 5 * time.Minute},
	{tool: "rcs_test_number_get", args: `{"senderId":"$id","testNumber":"+15550100"}`, want: `"state":"VERIFIED"`, after: 5 * time.Minute},
	{tool: "rcs_sender_get", args: `{"senderId":"$id"}`, want: `"state":"IN_TEST"`},
	{tool: "rcs_sender_launch", args: `{"senderId":"$id"}`, want: `"state":"LAUNCHING"`},
	{tool: "rcs_sender_get", args: `{"senderId":"$id"}`, want: `"state":"LAUNCHED"`, after: 2 * time.Hour},
}

const rcsComplete = `{"senderId":"$id","details":` + rcsDetails + `}`

const rcsDetails = `{"countries":["SE"],
	"brand":{"name":"Example Shop","emails":[{"label":"Care","address":"care@example.com"}],"bannerUrl":"https://example.com/banner.png","logoUrl":"https://example.com/logo.png","privacyPolicyUrl":"https://example.com/privacy","termsOfServiceUrl":"https://example.com/terms"},
	"questionnaire":{"general":{"answers":{"optInDescription":"By a form","triggerDescription":"After a purchase","interactionsDescription":"Order status","optOutDescription":"STOP","videoUris":["https://example.com/video"]}},
		"verification":{"answers":{"name":"Example Manager","email":"care@example.com","website":"https://example.com","phone":"+15550100"}}}}`

// Each prompt is walked through as it is written: the tools are read out of the
// text that the server gives, and have to be those of the walk.
func TestPromptsAreWalkedToTheirEnd(t *testing.T) {
	walked := map[string]bool{"provision_channel": true} // below
	for _, walk := range walks {
		walked[walk.prompt] = true
		t.Run(walk.prompt, func(t *testing.T) {
			w := newWalker(t, walk.seed)
			for _, s := range walk.before {
				w.take(s)
			}
			var tools []string
			for _, s := range walk.steps {
				tools = append(tools, s.tool)
			}
			if steps := w.steps(walk.prompt, walk.given); !slices.Equal(steps, tools) {
				t.Fatalf("the prompt says\n%v, the walk\n%v", steps, tools)
			}
			for _, s := range walk.steps {
				w.take(s)
			}
		})
	}
	for _, p := range prompts.All() {
		if !walked[p.Name] {
			t.Errorf("nobody walks %s", p.Name)
		}
	}
}

// Where the server's project is configured, no prompt asks for it; where none is,
// each one does.
func TestPromptsNameTheConfiguredProject(t *testing.T) {
	w := newWalker(t, "")
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

// The general prompt is walked for each family, and then on by what next says,
// as its fifth step asks for, until the channel works.
func TestProvisionChannelForEachFamily(t *testing.T) {
	takes := map[string][]taken{
		"webhooks": {
			{tool: "webhook_list", args: `{}`}, {tool: "webhook_create", args: `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs"}`, want: `webhookId`, keep: map[string]string{"id": "ids.webhookId"}},
			{tool: "webhook_get", args: `{"webhookId":"$id"}`, want: `"triggers":["ALL"]`},
		},
		"whatsapp": {
			{tool: "whatsapp_sender_list", args: `{}`}, {tool: "whatsapp_sender_create", args: `{"wabaId":"100000000005678","phoneNumberId":"200000000005678","authenticationCode":"from-the-signup","region":"EU","businessManager":"SINCH_UK"}`, want: `IN_PROGRESS`, keep: map[string]string{"id": "ids.senderId"}},
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `PENDING_VERIFICATION`, after: time.Hour},
		},
		"whatsapp_templates": {
			{tool: "whatsapp_template_list", args: `{}`}, {tool: "whatsapp_template_create", args: `{"name":"late","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Your order is late."}]}}`, want: `IN_PROGRESS`},
			{tool: "whatsapp_template_get", args: `{"templateName":"late","languageCode":"EN"}`, want: `APPROVED`, after: time.Hour},
		},
		"rcs": {
			{tool: "rcs_sender_list", args: `{}`}, {tool: "rcs_sender_create", args: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE"}`, want: `DRAFT`, keep: map[string]string{"id": "ids.senderId"}},
			{tool: "rcs_sender_get", args: `{"senderId":"$id"}`, want: `DRAFT`},
		},
		"kakaotalk": {
			{tool: "kakaotalk_sender_list", args: `{}`}, {tool: "kakaotalk_sender_create", args: kakaoSender, want: `IN_PROGRESS`},
			{tool: "kakaotalk_sender_get", args: `{"plusFriendId":"exampleshop"}`, want: `INACTIVE`, after: time.Hour},
		},
		"conversation": {
			{tool: "bundle_list", args: `{}`}, {tool: "bundle_create", args: `{"name":"Example social","region":"EU","convApp":true}`, want: `IN_PROGRESS`, keep: map[string]string{"id": "ids.conversationAppId"}},
			{tool: "conversation_messenger_get", args: `{"conversationAppId":"$id"}`, want: `"status":"ACTIVE"`, after: time.Hour},
		},
		"sms": {
			{tool: "sms_app_list", args: `{}`}, {tool: "sms_app_create", args: `{"name":"Example","region":"EU"}`, want: `PENDING_ADD`, keep: map[string]string{"id": "ids.smsAppId"}},
			{tool: "sms_app_get", args: `{"smsAppId":"$id"}`, want: `ACTIVE`, after: time.Hour},
		},
		"bundles": {
			{tool: "bundle_list", args: `{}`}, {tool: "bundle_create", args: `{"name":"Example","region":"EU","smsApp":true}`, want: `IN_PROGRESS`, keep: map[string]string{"id": "ids.bundleId"}},
			{tool: "bundle_get", args: `{"bundleId":"$id"}`, want: `DONE`, after: time.Hour},
		},
	}
	for _, family := range guides.Families() {
		t.Run(family, func(t *testing.T) {
			seed := ""
			if family == "whatsapp_templates" {
				seed = "shop"
			}
			w := newWalker(t, seed)
			walk := takes[family]
			if len(walk) != 3 {
				t.Fatal("nobody walks it")
			}
			schema := taken{tool: "schema_get", args: `{"tool":"` + walk[1].tool + `"}`, want: `"example"`}
			steps := []string{}
			var last any
			for _, s := range []taken{confirm, walk[0], schema, walk[1], walk[2]} {
				steps = append(steps, s.tool)
				last = w.take(s)
			}
			if over := overAt[family]; over != "" {
				w.follow(last, over)
			}
			if said := w.steps("provision_channel", map[string]string{"family": family}); !slices.Equal(said, steps) {
				t.Fatalf("the prompt says %v, the walk %v", said, steps)
			}
		})
	}
}

// renderedPrompts are the texts of all prompts, with and without what may be
// left out.
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
