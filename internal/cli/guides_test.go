package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// vocabulary has every name that prompts and guides may use.
type vocabulary struct {
	tools  []string
	names  map[string]bool // properties and parameters
	values map[string]bool // of enums: states, triggers, categories
	codes  map[string]bool
}

func readVocabulary(t *testing.T) *vocabulary {
	t.Helper()
	v := &vocabulary{
		tools: []string{"project_activity", "project_confirm", "project_overview", "schema_get", "wait"},
		names: map[string]bool{"reveal": true, "registeredElsewhere": true, "ignoreLint": true, "compare": true, "next": true, "state": true, "errorCode": true, "retryAfterSeconds": true, "validationErrors": true}, values: map[string]bool{}, codes: map[string]bool{},
	}
	v.tools = append(v.tools, catalog.Filter{}.Own()...)
	for _, severity := range []lint.Severity{lint.Refused, lint.Likely, lint.Advice} {
		v.values[string(severity)] = true
	}
	v.tools = append(v.tools, catalog.Filter{}.Own()...)
	for _, row := range catalog.Rows() {
		v.tools = append(v.tools, row.Tool)
		for _, p := range row.Op().Parameters {
			v.names[p.Name] = true
		}
	}
	for code := range papi.ErrorCodes() {
		v.codes[code] = true
	}
	files, err := filepath.Glob("../papi/contract/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no contract: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var any any
		if err := json.Unmarshal(raw, &any); err != nil {
			t.Fatal(err)
		}
		v.collect(any)
	}
	return v
}

func (v *vocabulary) collect(node any) {
	switch n := node.(type) {
	case map[string]any:
		if properties, ok := n["properties"].(map[string]any); ok {
			for name := range properties {
				v.names[name] = true
			}
		}
		if enum, ok := n["enum"].([]any); ok {
			for _, value := range enum {
				v.values[fmt.Sprint(value)] = true
			}
		}
		for _, child := range n {
			v.collect(child)
		}
	case []any:
		for _, child := range n {
			v.collect(child)
		}
	}
}

var (
	inCode    = regexp.MustCompile("`([^`]+)`")
	bareState = regexp.MustCompile(`\b[A-Z]{2,}(?:_[A-Z]+)+\b|\b(?:ACTIVE|APPROVED|REJECTED|PENDING|PAUSED|DISABLED|DRAFT|ONBOARDED|LAUNCHED|LAUNCHING|EXPIRED|VERIFIED|DONE|FAILED|VERIFYING)\b`)
	snake     = regexp.MustCompile(`\b[a-z]+(?:_[a-z]+)+\b`)
	camel     = regexp.MustCompile(`\b[a-z]+[A-Z][A-Za-z]+\b`)
	uris      = regexp.MustCompile(`papi://\S+`)
)

// Everything that a prompt or a guide names exists: tools, arguments, states,
// triggers, error codes, resources.
func TestEveryNameInPromptsAndGuidesExists(t *testing.T) {
	v := readVocabulary(t)
	ours := []string{
		"confirmation_required", "outcome_unknown", // errors of this server
		"set_up_webhooks", "fix_rejected_template", // prompts
		"whatsapp_templates", // a family
	}
	exists := func(word string) bool {
		path := strings.Split(word, ".")
		all := true
		for _, name := range path {
			all = all && v.names[name]
		}
		return all || v.values[word] || v.codes[word] || slices.Contains(v.tools, word) || slices.Contains(ours, word)
	}
	for where, text := range texts(t) {
		for _, found := range inCode.FindAllStringSubmatch(text, -1) {
			word := found[1]
			if strings.HasPrefix(word, "papi://") || strings.HasPrefix(word, "x-sinch-webhook-signature") || strings.HasPrefix(word, "{{") {
				continue
			}
			if !exists(word) {
				t.Errorf("%s: there is no `%s`", where, word)
			}
		}
		plain := uris.ReplaceAllString(strings.ReplaceAll(text, "x-sinch", ""), "")
		for _, pattern := range []*regexp.Regexp{bareState, snake, camel} {
			for _, word := range pattern.FindAllString(plain, -1) {
				if !exists(word) {
					t.Errorf("%s: there is no %s", where, word)
				}
			}
		}
		for _, uri := range uris.FindAllString(text, -1) {
			uri = strings.Trim(uri, "`.,;:)")
			path, isGuide := strings.CutPrefix(uri, tools.GuidesURI)
			family, section, inSection := strings.Cut(path, "/")
			g := guides.Lookup(family)
			switch {
			case isGuide && g != nil && (!inSection || g.Section(section) != nil), uri == "papi://triggers", uri == "papi://errors/CODE":
			default:
				t.Errorf("%s: there is no %s", where, uri)
			}
		}
	}
}

// ownWords returns the lines of an error page that are not from the contract.
func ownWords(page string) string {
	return strings.Join(regexp.MustCompile(`(?m)^- Next: .*$`).FindAllString(page, -1), "\n")
}

// texts returns the guides, the prompts, and our own lines of error pages.
func texts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, g := range guides.All() {
		all["guide "+g.Family] = guideText(g.Family)
	}
	all["triggers"] = guides.Triggers()
	for code := range papi.ErrorCodes() {
		all["error page "+code] = ownWords(tools.ErrorPage(code))
	}
	for name, text := range renderedPrompts(t) {
		all["prompt "+name] = text
	}
	return all
}

// guideText returns a guide with its sections, each under its heading.
func guideText(family string) string {
	g := guides.Lookup(family)
	text := g.Text
	for _, section := range g.Sections {
		text += "\n## " + section.Title + "\n" + section.Text
	}
	return text
}

// rows returns the first cells of the tables under a heading of a guide, "" for all
// tables.
func rows(guide, heading string) string {
	text := guideText(guide)
	if heading != "" {
		_, text, _ = strings.Cut(text, "\n## "+heading+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
	}
	return strings.Join(regexp.MustCompile(`(?m)^\|[^|]*\|`).FindAllString(text, -1), "\n")
}

// Every state of every resource has a row in the guide of its family.
func TestGuidesDescribeEveryState(t *testing.T) {
	for _, table := range []struct {
		guide, heading string
		enums          []string
	}{
		{"whatsapp", "The account", []string{"WhatsappAccountStateEnum", "WhatsappAccountChangeStateEnum"}},
		{"whatsapp", "A sender", []string{"WhatsappSenderStatesEnum", "WhatsappSenderStatusesEnum"}},
		{"whatsapp_templates", "States", []string{"WhatsappTemplateStatesEnum", "WhatsappTemplateStatusesEnum"}},
		{"whatsapp_templates", "What a review checks", []string{"WhatsappTemplateRejectionCodeEnum"}},
		{"rcs", "States", []string{"RcsSenderStatesEnum"}},
		{"rcs", "Test numbers", []string{"RcsTestNumberStatesEnum"}},
		{"kakaotalk", "A sender", []string{"KakaotalkSenderStatesEnum", "KakaotalkSenderStatusesEnum"}},
		{"kakaotalk", "A template", []string{"KakaotalkTemplateStatesEnum", "KakaotalkTemplateStatusesEnum"}},
		{"sms", "", []string{"SmsProvisioningStatesEnum"}},
		{"conversation", "", []string{"ConversationChannelStatusEnum"}},
		{"bundles", "", []string{"BundlesBundleServicesStateEnum"}},
	} {
		listed := rows(table.guide, table.heading)
		for _, enum := range table.enums {
			for _, value := range papi.LookupSchema(enum).Enum {
				if value != "UNKNOWN" && value != "UNRECOGNIZED" && value != "NONE" && !strings.Contains(listed, fmt.Sprintf("`%v`", value)) {
					t.Errorf("guide %s, %s: no row for %v", table.guide, table.heading, value)
				}
			}
		}
	}
	for _, category := range papi.LookupSchema("WhatsappTemplateInputCategoryEnum").Enum {
		if !strings.Contains(guideText("whatsapp_templates"), fmt.Sprintf("`%v`", category)) {
			t.Errorf("guide whatsapp_templates does not mention %v", category)
		}
	}
}

// The guides mention what costs days when it is not known, with the contract's
// numbers.
func TestGuidesMentionTheGotchas(t *testing.T) {
	const (
		noUpload    = "there is no upload"
		keptAsDraft = "saved as a draft, and a create is submitted"
	)
	for guide, facts := range map[string][]string{
		"webhooks":           {"15 webhooks", "`ALL` can't be combined", "| each target at most once"},
		"whatsapp":           {"for 30 days", "| BR | `SINCH_BR`, `SINCH_MX` |\n| EU | `SINCH_UK` |\n| US | `SINCH_BR`, `SINCH_MX`, `SINCH_UK` |", "6 characters", "set `registeredElsewhere` true", "takes no `details`", keptAsDraft, noUpload},
		"whatsapp_templates": {"locked for 30 days (`template_name_recently_used`)", "4 weeks (`template_language_recently_deleted`)", "expect 30 days", "`deleteSubmitted` true", "`components` replaces the complete list", "footer 60,", "2 buttons on a card", "They apply even where an example", "`{{name}}` and `{{ 1 }}` are not variables", keptAsDraft, noUpload},
		"rcs": {
			"`details.countries`: at least one", "`bannerUrl`, `logoUrl`, `privacyPolicyUrl`, `termsOfServiceUrl`, and one of `phones` or `emails`",
			"`details.questionnaire.general` and `details.questionnaire.verification`", "Without `videoUris`", "each country that has one: `us`, `gb`, `fr`",
			"Before the first launch, think of the countries that may follow", "remove the country again, or have a person ask Sinch support", "`details.countries` names all countries, including the launched ones",
			"GB needs `brandIndustry`, `companyLegalName` and `messagesVolume`", noUpload,
		},
		"kakaotalk": {"60 more days", "The code is a number", "does not promise that a draft makes the list available", "`buttons` replaces the complete list", keptAsDraft, noUpload},
		"bundles":   {"It can't be undone", "without them none are registered", "add the subproject's id to the configuration"},
	} {
		for _, fact := range facts {
			if !strings.Contains(guideText(guide), fact) {
				t.Errorf("guide %s does not say: %s", guide, fact)
			}
		}
	}
}

// The prompts mention what must be asked for in time, or checked.
func TestPromptsMentionTheGotchas(t *testing.T) {
	rendered := renderedPrompts(t)
	for prompt, facts := range map[string][]string{
		"audit_project":                  {"a displayName or username in metadata that is under review or was refused", "PENDING for days"},
		"find_what_is_stuck":             {"a displayName or username in metadata that is PENDING, DEFERRED, REJECTED or EXPIRED", "PENDING or IN_PROGRESS: only the activities show since when"},
		"launch_rcs_sender":              {"Ask which countries may follow later", "can't be answered in LAUNCHING and LAUNCHED", "there is no upload"},
		"onboard_whatsapp_sender":        {"set registeredElsewhere true", "or without one when none was sent"},
		"onboard_whatsapp_sender  least": {"there is no upload"}, // a sender that is there has its photo
		"register_kakaotalk_sender":      {"try the create with status DRAFT and without codes", "continue with `kakaotalk_sender_update`", "there is no upload"},
		"create_whatsapp_template":       {"a footer has no variables", "there is no upload"},
		"provision_channel":              {"a create without status submits"},
	} {
		shown := 0
		for name, text := range rendered {
			if !strings.HasPrefix(name+" ", prompt+" ") {
				continue
			}
			shown++
			for _, fact := range facts {
				if !strings.Contains(text, fact) {
					t.Errorf("prompt %s does not say: %s", name, fact)
				}
			}
		}
		if shown == 0 {
			t.Errorf("there is no prompt %s", prompt)
		}
	}
}

// pagesOf are the pages of an error code, one of each toolset that has it.
func pagesOf(code string) []string {
	var pages []string
	for _, toolset := range catalog.Toolsets() {
		if page := tools.ErrorPage(toolset + "." + code); page != "" {
			pages = append(pages, page)
		}
	}
	return pages
}

// Each error code has a page of each toolset, which names the tools that answer it,
// the first where there are many.
func TestEveryErrorCodeHasAPage(t *testing.T) {
	named := map[string]bool{}
	for _, row := range catalog.Rows() {
		for _, codes := range row.Op().Errors {
			for _, code := range codes {
				named[code] = true
				if page := tools.ErrorPage(row.Toolset + "." + code); !strings.Contains(page, "`"+row.Tool+"`") && !strings.Contains(page, " more.") {
					t.Errorf("%s: its page does not name %s", code, row.Tool)
				}
				if page := tools.ErrorPage(code); !strings.Contains(page, row.Toolset) {
					t.Errorf("%s: its page does not name %s", code, row.Toolset)
				}
			}
		}
	}
	for code := range papi.ErrorCodes() {
		page := tools.ErrorPage(code)
		if !strings.HasPrefix(page, "# "+code+"\n") || named[code] && !strings.Contains(page, "\nDo: ") {
			t.Errorf("%s: %q", code, page)
		}
	}
	if tools.ErrorPage("no_such_code") != "" {
		t.Error("a page of no code")
	}
}

// The status alone says what to do about arguments that must be corrected (400),
// missing permission (401), a rate limit (429) or an unknown failure. For every other
// code, each toolset's section says what helps: a tool, or what a person does.
func TestErrorPagesSayWhatHelps(t *testing.T) {
	for code := range papi.ErrorCodes() {
		for _, page := range pagesOf(code) {
			_, section, _ := strings.Cut(page, "\n## ")
			toolset, _, _ := strings.Cut(section, "\n")
			byStatus := strings.Contains(section, "\n- 400 ") || strings.Contains(section, "\n- 401 ") || strings.Contains(section, "\n- 429 ") || code == "internal_error"
			if !byStatus && !strings.Contains(section, "\n- Next: ") {
				t.Errorf("%s, %s: nothing that helps", code, toolset)
			}
			if strings.Contains(section, "placeholder") {
				t.Errorf("%s, %s: it speaks of the contract's source", code, toolset)
			}
		}
	}
	page := tools.ErrorPage("file_not_found")
	if strings.Contains(page, "The current state does not allow it") || !strings.Contains(page, "\n- Next: ask the person for a URL") {
		t.Errorf("the text of other 409 errors is on the page of a file:\n%s", page)
	}
	if page := tools.ErrorPage("account_not_found"); !strings.Contains(page, "`whatsapp_account_create`: onboard the project's WhatsApp account.") {
		t.Errorf("the tool that helps is not named:\n%s", page)
	}
}

// The contract's text on a page is that of the toolset, and names only arguments of
// its tools: the limits of another field would be misleading.
func TestErrorPagesNameOnlyTheirOwnFields(t *testing.T) {
	inputs := map[string]map[string]bool{} // of the tools of each toolset
	for _, row := range catalog.Rows() {
		if inputs[row.Toolset] == nil {
			inputs[row.Toolset] = map[string]bool{}
		}
		inputNames(row.Op(), inputs[row.Toolset])
	}
	answers := map[string]bool{"rejectionCode": true, "defaultTest": true, "smsAppId": true, "conversationAppId": true} // what answers and results show
	for code := range papi.ErrorCodes() {
		for _, page := range pagesOf(code) {
			_, section, _ := strings.Cut(page, "\n## ")
			toolset, text, _ := strings.Cut(section, "\n")
			text, _, _ = strings.Cut(text, "\n- ")
			for _, name := range camel.FindAllString(text, -1) {
				if !inputs[toolset][name] && !answers[name] {
					t.Errorf("%s: the part of %s names %s:\n%s", code, toolset, name, text)
				}
			}
			if page != tools.ErrorPage(toolset+"."+code) || strings.Count(page, "\n## ") != 1 {
				t.Errorf("%s: its page for %s is about %.20q", code, toolset, section)
			}
			if strings.Contains(text, "example text") || strings.Contains(text, "(example") || strings.Contains(text, " example)") {
				t.Errorf("%s, %s: it speaks of the contract's source: %s", code, toolset, text)
			}
		}
		if tools.ErrorPage("no_toolset."+code) != "" {
			t.Errorf("%s has a page of no toolset", code)
		}
	}
	for where, want := range map[string][]string{ // and what it must not name
		"whatsapp_senders.file_invalid_mime_type":   {"image/webp", "application/pdf"},
		"whatsapp_templates.file_invalid_mime_type": {"application/pdf", "image/webp"},
		"kakaotalk.file_invalid_mime_type":          {"image/png", "image/webp"},
		"rcs.file_invalid_mime_type":                {"image/png", "image/webp"},
		"whatsapp_senders.file_size_too_large":      {"5MB", "header"},
		"whatsapp_templates.file_size_too_large":    {"5MB", "photo"},
		"rcs.file_size_too_large":                   {"banner up to 200 KB, the logo up to 50 KB", "5MB"},
		"rcs.file_has_wrong_dimensions":             {"1440 x 448 px, the logo to 224 x 224 px", "640"},
	} {
		section := strings.Split(tools.ErrorPage(where), "\n## ")[1]
		if !strings.Contains(section, want[0]) || strings.Contains(section, want[1]) {
			t.Errorf("%s: wants %q and no %q:\n%s", where, want[0], want[1], section)
		}
	}
}

// inputNames adds the names of all parameters and fields that an operation
// takes.
func inputNames(op *papi.Operation, names map[string]bool) {
	for _, p := range op.Parameters {
		names[p.Name] = true
	}
	seen := map[*papi.Schema]bool{}
	var collect func(s *papi.Schema)
	collect = func(s *papi.Schema) {
		if s == nil {
			return
		}
		if s = s.Resolve(); seen[s] {
			return
		}
		seen[s] = true
		for name, field := range s.Properties {
			names[name] = true
			collect(field)
		}
		collect(s.Items)
		for _, branch := range s.AnyOf {
			collect(branch)
		}
	}
	collect(op.Body)
}

// durations matches statements of how long something takes or lasts.
var durations = regexp.MustCompile(`(?i)\b(?:\d+|a few|some) (?:more )?(?:working )?(?:minutes?|hours?|days?|weeks?|months?)\b|\b(?:minutes|hours|days) to (?:a |an )?\w+|\b(?:takes|last|lasts) (?:minutes|hours|days|weeks)\b|(?:: |\| )(?:minutes|hours|days|weeks)\b`)

// overdue matches this server's own times, in tables of states.
var overdue = regexp.MustCompile(`; overdue after \d+ days?`)

// The contract states few durations. Those of guides and prompts are the contract's,
// or this server's own.
func TestGuidesStateOnlyDocumentedTimes(t *testing.T) {
	stated := []string{
		"30 days", "30 more days", "4 weeks", // of a deleted sender, a deleted name and language, and what was sent before
		"60 more days", // of a deleted KakaoTalk sender
		"24 hours",     // for which this server stores a registration
	}
	for where, text := range texts(t) {
		if !strings.HasPrefix(where, "guide ") && !strings.HasPrefix(where, "prompt ") {
			continue
		}
		text = overdue.ReplaceAllString(text, "")
		for _, found := range durations.FindAllString(text, -1) {
			if !slices.Contains(stated, strings.TrimSpace(found)) {
				t.Errorf("%s: says %q, which the contract does not", where, found)
			}
		}
	}
}

// A guide says of each thing that others move on how to wait for it, and a prompt what to
// do where that takes long, and what only a person can do.
func TestGuidesAndPromptsSayHowToWait(t *testing.T) {
	for _, row := range catalog.Rows() {
		if row.Follows() && !strings.Contains(guideText(guides.OfTool(row.Toolset)), "`wait` for `"+row.Tool+"`") {
			t.Errorf("the guide of %s does not say to wait for %s", row.Toolset, row.Tool)
		}
	}
	rendered := renderedPrompts(t)
	for prompt, facts := range map[string][]string{
		"create_bundle":             {"`wait`: for bundle_get", "`wait`: if it has an SMS app, for sms_app_get", "are for a person, with Sinch support"},
		"create_whatsapp_template":  {"`wait`: for whatsapp_template_get", "come back later, tell the person when"},
		"fix_rejected_template":     {"`wait`: for whatsapp_template_get", "come back later, tell the person when", "wait for their approval"},
		"launch_rcs_sender":         {"`wait`: for rcs_test_number_get, while the person accepts", "`wait`: once, for rcs_sender_get with state LAUNCHED", "come back when next says, not earlier"},
		"onboard_whatsapp_sender":   {"wait for whatsapp_account_get", "the person completes it in Meta Business Manager", "say when to come back", "`wait`: for whatsapp_sender_get, until PENDING_VERIFICATION", "`wait`: for whatsapp_sender_get with state ACTIVE"},
		"register_kakaotalk_sender": {"`wait`: for kakaotalk_sender_get", "come back when next says, and tell the person"},
		"provision_channel rcs":     {"`wait`: for rcs_sender_get", "tell the person, and come back then, not earlier"},
	} {
		for name, text := range rendered {
			for _, fact := range facts {
				if strings.HasPrefix(name, prompt) && !strings.Contains(text, fact) {
					t.Errorf("prompt %s does not say: %s", name, fact)
				}
			}
		}
	}
}

// For every waiting state, the guide says when it is overdue, and who can
// be asked.
func TestGuidesSayWhenAWaitIsOverdue(t *testing.T) {
	for _, row := range catalog.Rows() {
		if row.Resource == nil {
			continue
		}
		text := guideText(guides.OfTool(row.Toolset))
		states := slices.Concat(row.Resource.States, row.Resource.Changes)
		for _, part := range row.Resource.Parts {
			states = append(states, part.States...)
		}
		for _, state := range states {
			if state.Lasts.Overdue == 0 {
				continue
			}
			want := "; overdue after " + state.Lasts.OverdueAfter()
			if state.Lasts.Ask != "" {
				want += ": ask " + state.Lasts.Asked()
			}
			line := regexp.MustCompile("(?m)^\\|[^|]*`" + state.Name + "`[^|]*\\|.*" + regexp.QuoteMeta(want) + " \\|$")
			if !line.MatchString(text) || !strings.Contains(text, "a person should then ask Sinch support") {
				t.Errorf("guide of %s: nothing of %s, %s", row.Toolset, state.Name, want)
			}
		}
	}
}
