package plan

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

func raw(value any) json.RawMessage { return jsonvalue.Encode(value) }

// examplePlan has each thing that a plan can have.
func examplePlan() *Plan {
	long := strings.Repeat("Your order is on its way. ", 8)
	p := &Plan{
		ProjectID: "00000000-0000-0000-0000-000000000000",
		Steps: []*Step{
			{
				ID: "whatsappTemplates/old/DE/delete", Action: Delete, Kind: "whatsappTemplates", Key: "old/DE",
				Calls: []Call{{Tool: "whatsapp_template_delete", Arguments: map[string]any{"templateName": "old", "languageCode": "DE"}, Confirm: "the draft of this language goes", Facts: "It is APPROVED."}},
			},
			{
				ID: "webhooks/https://example.com/in/create", Action: Create, Kind: "webhooks", Key: "https://example.com/in",
				Calls: []Call{{Tool: "webhook_create", Arguments: map[string]any{"target": "https://example.com/in", "secret": "${env:PAPI_VAR_HOOK}", "triggers": []any{"ALL"}}}},
			},
			{
				ID: "whatsappTemplates/order/EN_US/change", Action: Change, Kind: "whatsappTemplates", Key: "order/EN_US", Usual: "minutes, by Meta",
				Changes: []FieldChange{
					{Path: "category", From: raw("UTILITY"), To: raw("MARKETING")},
					{Path: "details.components.BODY.text", From: raw(long + "Bye."), To: raw(long + "See you.")},
					{Path: "details.components.FOOTER", To: raw(map[string]any{"text": "Example Shop"})},
					{Path: "details.about", From: raw("Open")},
				},
				Calls: []Call{{Tool: "whatsapp_template_update"}},
			},
			{
				ID: "rcsSenders/Example/change", Action: Change, Kind: "rcsSenders", Key: "Example", Person: "accept the invitations",
				Changes: []FieldChange{
					{Path: "details.countries", From: raw([]string{"DE", "FR"}), To: raw([]string{"DE", "GB"})},
					{Path: "details.brand.description", From: raw("one\ntwo\nthree"), To: raw("one\n2\nthree")},
				},
				Calls: []Call{{Tool: "rcs_sender_update"}},
			},
		},
		Blocked: []Blocked{
			{Kind: "smsApps", Key: "Alerts", Action: Change, Changes: []FieldChange{{Path: "region", From: raw("EU"), To: raw("US")}}, Reason: "it is fixed when the SMS app is created"},
			{Kind: "whatsappTemplates", Key: "late/DE", Action: Create, Code: "guard_x", Reason: "the name is locked until 2027"},
			{Kind: "whatsappTemplates", Key: "late/EN", Action: Create, Code: "guard_x", Reason: "the name is locked until 2027"},
		},
		Notes: []Note{
			{Kind: "whatsappTemplates", Key: "order/EN_US", Code: "wa_emoji_many", Path: "details.components[0].text", Text: "has 12 emoji"},
			{Text: "21 calls ask", Error: true},
		},
		Unchanged: 54,
	}
	p.Hash = p.hash()
	return p
}

func TestText(t *testing.T) {
	const want = `Project 00000000-0000-0000-0000-000000000000

- WhatsApp template old DE
    (asks: the draft of this language goes)

+ webhook https://example.com/in
    secret: ***
    target: "https://example.com/in"
    triggers: ALL

~ WhatsApp template order EN_US
    category: UTILITY -> MARKETING
    details.components.BODY.text:
      - …ay. Your order is on its way. Bye.
      + …ay. Your order is on its way. See you.
    details.components.FOOTER: + {"text":"Example Shop"}
    details.about: - "Open"
    (usually takes minutes, by Meta)

~ RCS sender Example
    details.countries: +GB -FR
    details.brand.description:
      - two
      + 2
    (a person: accept the invitations)

Can't be done now:
  ! change SMS app Alerts
      region: EU -> US
    because it is fixed when the SMS app is created
  ! create WhatsApp template late DE
  ! create WhatsApp template late EN
    because the name is locked until 2027 (guard_x)

To know:
  * 21 calls ask
  * WhatsApp template order EN_US: details.components[0].text: has 12 emoji (wa_emoji_many)

Plan: 1 to create, 2 to change, 1 to delete, 3 can't be done, 54 unchanged.
A person is asked about 1 of these operations.
`
	if got := examplePlan().Text(PrintOptions{}); got != want {
		t.Errorf("the plan is written as\n%s\nwant\n%s", got, want)
	}
	colored := examplePlan().Text(PrintOptions{Color: true})
	if !strings.Contains(colored, "\x1b[32m+ webhook https://example.com/in\x1b[0m\n") {
		t.Errorf("on a terminal: %q", colored)
	}
}

// TestTextForgesNoLine gives each text of a plan line breaks, and what begins the lines
// of a plan, ends a block of Markdown, and colors a terminal: no line begins with it.
func TestTextForgesNoLine(t *testing.T) {
	const evil = "x\n+ webhook https://evil.example\r\n- y\n\n````\n# head\x1b[31m\u202e\nPlan: 0 to create."
	p := examplePlan()
	p.ProjectID = evil
	for _, step := range p.Steps {
		step.Key, step.Usual, step.Person = evil, evil, evil
		for i := range step.Changes {
			change := &step.Changes[i]
			change.Path = evil
			if change.From != nil {
				change.From = raw(evil + "1")
			}
			if change.To != nil {
				change.To = raw(evil + "2")
			}
		}
		step.Changes = append(step.Changes,
			FieldChange{Path: "list", From: raw([]string{"a"}), To: raw([]string{evil})},
			FieldChange{Path: "words", From: raw([]string{"a"}), To: raw([]string{"b\u2028+c"})},
			FieldChange{Path: "object", To: raw(map[string]any{evil: evil})})
		for i := range step.Calls {
			step.Calls[i].Arguments = map[string]any{evil: evil, "list": []any{evil}, "components": []any{map[string]any{"type": evil, "text": evil}}}
			step.Calls[i].Confirm = evil
		}
	}
	for i := range p.Blocked {
		p.Blocked[i].Key, p.Blocked[i].Reason, p.Blocked[i].Code = evil, evil, evil
	}
	for i := range p.Notes {
		p.Notes[i].Key, p.Notes[i].Text, p.Notes[i].Code, p.Notes[i].Path = evil, evil, evil, evil
	}
	ours := regexp.MustCompile(`^(Project x|[-+~] (WhatsApp template|webhook|RCS sender) x|    |Can't be done now:$|  ! |To know:$|  \* |Plan: 1 to create, 2 to change|A person is asked|$)`)
	text := p.Text(PrintOptions{})
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); !ours.MatchString(line) {
			t.Errorf("a line of another: %q", line)
		}
	}
	if strings.ContainsAny(text, "\x1b\u202e\r\u2028") {
		t.Errorf("hidden characters are left: %q", text)
	}
	markdown := p.Markdown(1 << 20)
	body, rest, _ := strings.Cut(markdown, "diff\n")
	fence := body[strings.LastIndexByte(body, '\n')+1:]
	if len(fence) != 5 || strings.Count(rest, fence) != 1 || !strings.HasSuffix(rest, fence+"\n\nHash: `"+p.Hash+"`\n") {
		t.Errorf("the block ends too early: fence %q in %q", fence, markdown)
	}
}

// TestMarkdownIsBounded cuts a plan between two lines.
func TestMarkdownIsBounded(t *testing.T) {
	whole := examplePlan().Markdown(1 << 20)
	if !strings.HasPrefix(whole, "### papi-mcp plan: 1 to create, 2 to change, 1 to delete, 3 can't be done, 54 unchanged\n\n```diff\nProject ") {
		t.Errorf("the comment begins with %.200q", whole)
	}
	for max := 300; max < len(whole); max += 7 {
		cut := examplePlan().Markdown(max)
		if len(cut) > max || !strings.Contains(cut, "… the rest is left out: papi-mcp plan shows it\n```\n\nHash: `") {
			t.Fatalf("with %d bytes: %d bytes, %q", max, len(cut), cut)
		}
	}
}

// TestTextShowsMuchInLittle counts the lines of a plan with many creates, and of texts
// with many lines.
func TestTextShowsMuchInLittle(t *testing.T) {
	p := &Plan{ProjectID: "p"}
	for i := range 60 {
		p.Steps = append(p.Steps, &Step{Action: Create, Kind: "whatsappTemplates", Key: "a/EN", Calls: []Call{{Arguments: map[string]any{"category": "UTILITY", "n": i}}}})
		p.Blocked = append(p.Blocked, Blocked{Kind: "whatsappTemplates", Key: "b/EN", Action: Create, Reason: "the same"})
		p.Notes = append(p.Notes, Note{Kind: "whatsappTemplates", Key: "a/EN", Text: "the same"})
	}
	p.Steps = append(p.Steps, &Step{Action: Change, Kind: "webhooks", Key: "c", Changes: []FieldChange{{
		Path: "t", From: raw(strings.Repeat("a\n", 1000)), To: raw(strings.Repeat("b\n", 1000)),
	}}})
	if n := strings.Count(p.Text(PrintOptions{}), "\n"); n > 170 {
		t.Errorf("%d lines", n)
	}
}

// TestHash depends on what is done, and on nothing else.
func TestHash(t *testing.T) {
	was := examplePlan().Hash
	for name, test := range map[string]struct {
		edit func(p *Plan)
		same bool
	}{
		"nothing":     {edit: func(*Plan) {}, same: true},
		"a note":      {edit: func(p *Plan) { p.Notes = nil }, same: true},
		"a usual":     {edit: func(p *Plan) { p.Steps[2].Usual = "" }, same: true},
		"unchanged":   {edit: func(p *Plan) { p.Unchanged++ }, same: true},
		"the project": {edit: func(p *Plan) { p.ProjectID = "1" }},
		"an argument": {edit: func(p *Plan) { p.Steps[1].Calls[0].Arguments["triggers"] = []any{"BUNDLE_DONE"} }},
		"a reference": {edit: func(p *Plan) { p.Steps[1].Calls[0].Arguments["secret"] = "${env:PAPI_VAR_OTHER}" }},
		"a fact":      {edit: func(p *Plan) { p.Steps[0].Calls[0].Facts = "It is PAUSED." }},
		"a tool":      {edit: func(p *Plan) { p.Steps[0].Calls[0].Tool = "webhook_delete" }},
		"the order":   {edit: func(p *Plan) { p.Steps[0], p.Steps[1] = p.Steps[1], p.Steps[0] }},
		"one less":    {edit: func(p *Plan) { p.Steps = p.Steps[1:] }},
		"what waits":  {edit: func(p *Plan) { p.Steps[1].After = []string{p.Steps[0].ID} }},
	} {
		p := examplePlan()
		test.edit(p)
		if got := p.hash() == was; got != test.same {
			t.Errorf("%s: the hash is the same: %t, want %t", name, got, test.same)
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(was) {
		t.Errorf("hash %q", was)
	}
}
