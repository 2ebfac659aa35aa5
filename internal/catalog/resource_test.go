package catalog

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

// A title says in sentence case what the tool does: its verb first, then the
// thing by the name that people know, and no other tool has it.
func TestTitlesAreForPeople(t *testing.T) {
	var verbs []string // by which tools are called
	for _, row := range Rows() {
		verbs = append(verbs, capitalised(row.Tool[strings.LastIndexByte(row.Tool, '_')+1:]))
	}
	names := strings.Fields("WhatsApp KakaoTalk RCS SMS Meta Instagram Messenger Telegram Viber Conversation Business Accounts")
	plain := regexp.MustCompile(`^[a-z]+$`)
	titles := map[string]string{}
	for _, row := range Rows() {
		if other := titles[row.Title]; other != "" {
			t.Errorf("%s and %s: both are %q", other, row.Tool, row.Title)
		}
		titles[row.Title] = row.Tool
		words := strings.Split(row.Title, " ")
		if !slices.Contains(verbs, words[0]) || len(words) < 2 || len(row.Title) > 50 {
			t.Errorf("%s: %q is not a verb and a thing", row.Tool, row.Title)
		}
		for _, word := range words[1:] {
			if !slices.Contains(names, word) && !plain.MatchString(word) {
				t.Errorf("%s: %q in %q", row.Tool, word, row.Title)
			}
		}
		if strings.HasSuffix(row.Tool, "_list") != (words[0] == "List") {
			t.Errorf("%s is called %q", row.Tool, row.Title)
		}
	}
}

func TestResourcesByName(t *testing.T) {
	for name, want := range map[string]struct {
		kind, one, many string
		counted         bool
	}{
		"webhook":            {"webhooks", "webhook", "webhooks", false},
		"whatsapp_account":   {"whatsappAccount", "WhatsApp account", "WhatsApp account", false},
		"whatsapp_sender":    {"whatsappSenders", "WhatsApp sender", "WhatsApp senders", true},
		"kakaotalk_template": {"kakaotalkTemplates", "KakaoTalk template", "KakaoTalk templates", false},
		"sms_app":            {"smsApps", "SMS app", "SMS apps", true},
	} {
		r := LookupResource(name)
		if r.Kind() != want.kind || r.Called(1) != want.one || r.Called(2) != want.many || r.Counted() != want.counted {
			t.Errorf("%s: %s, %s, %s, counted %v", name, r.Kind(), r.Called(1), r.Called(2), r.Counted())
		}
	}
	if LookupResource("no_such") != nil {
		t.Error("found no_such")
	}
}

// The tools that a resource names do what the name says.
func TestResourcesNameTheirTools(t *testing.T) {
	for _, r := range Resources() {
		for tool, effect := range map[string]Effect{r.Get: Read, r.List: Read, r.Create: Create, r.History: Read} {
			if tool != "" && (Lookup(tool) == nil || Lookup(tool).Effect != effect) {
				t.Errorf("%s: %s is no tool to %s", r.Name, tool, effect)
			}
			if own := tool != "" && tool != r.History; own && Lookup(tool).Resource != r && r.Name != "rcs_test_number" { // its sender shows it
				t.Errorf("%s: %s shows another resource", r.Name, tool)
			}
		}
		if r.Get == "" || r.List != "" && Lookup(r.List).List() == "" {
			t.Errorf("%s is shown by %q and listed by %q", r.Name, r.Get, r.List)
		}
		for _, row := range Rows() {
			if row.Effect == Create && row.Resource == r && row.Tool != r.Create {
				t.Errorf("%s is made by %s, not by %q", r.Name, row.Tool, r.Create)
			}
		}
		if shows := cmp.Or(r.List, r.Get); r.NoneHere != "" && !slices.ContainsFunc(slices.Collect(maps.Values(Lookup(shows).Op().Errors)), func(codes []string) bool { return slices.Contains(codes, r.NoneHere) }) {
			t.Errorf("%s does not answer %s", shows, r.NoneHere)
		}
		for name, from := range r.Complete {
			if from.Tool == "" && r.List == "" || from.Tool != "" && Lookup(from.Tool) == nil {
				t.Errorf("%s is completed by no list", name)
			}
			if !slices.Contains(slices.Collect(maps.Values(r.IDs)), from.Field) {
				t.Errorf("%s is completed by %s, which is no id", name, from.Field)
			}
		}
	}
}

// The fields that a resource names are in the contract's answers.
func TestFieldsOfResourcesAreInAnswers(t *testing.T) {
	for _, r := range Resources() {
		fields := []string{r.State, r.Pending}
		for _, alternatives := range []string{r.Reason, r.Since} {
			fields = append(fields, strings.Split(alternatives, "|")...)
		}
		for _, part := range r.Parts {
			fields = append(fields, part.Field, part.Value, part.Reason)
		}
		row := Lookup(r.Name + "_get")
		for _, field := range fields {
			if field != "" && row != nil && !hasField(row.Op().Answers[200], field) {
				t.Errorf("%s: %s does not answer %s", r.Name, row.Tool, field)
			}
		}
	}
}

func hasField(s *papi.Schema, path string) bool {
	s = s.Resolve()
	if slices.ContainsFunc(s.AnyOf, func(variant *papi.Schema) bool { return hasField(variant, path) }) {
		return true
	}
	name, rest, more := strings.Cut(path, ".")
	property := s.Properties[name]
	return property != nil && (!more || hasField(property, rest))
}
