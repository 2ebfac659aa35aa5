package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// summary is what a person is told of a call that needs their word: what this
// call does, and nothing that another one would do. What tell and show tell is
// a fact: when it is told otherwise at the time of doing, the confirmation is
// void.
type summary struct {
	// ask is the question, without what the call is about.
	ask string
	// effect is what follows, in whole sentences; "" where tell or show says it.
	effect string
	// Reads are what show tells from. Where one fails, the person is told that
	// instead.
	Reads []*Read
	show  func(c *Call, a answers) string
	// tell tells from the call alone.
	tell func(c *Call) string
}

const noWayBack = "This API has no call that brings it back."

var summaries = map[string]summary{
	"webhook_delete": {
		ask:    "Delete a webhook",
		effect: "Events stop reaching its target.",
		Reads:  []*Read{readWebhook}, show: showWebhookDelete,
	},
	"whatsapp_account_delete": {
		ask:    "Delete the WhatsApp account",
		effect: noWayBack,
		Reads:  []*Read{readWhatsappAccount}, show: showAccountDelete,
	},
	"whatsapp_sender_delete": {
		ask:    "Delete a WhatsApp sender",
		effect: "It delivers its last messages for 30 days and is then gone. " + noWayBack,
		Reads:  []*Read{readWhatsappSender}, show: showWhatsappSenderDelete,
	},
	"whatsapp_sender_changes_discard": {
		ask:   "Discard the pending changes of a WhatsApp sender",
		Reads: []*Read{readWhatsappSender}, show: showWhatsappDiscard,
	},
	"whatsapp_template_delete": {
		ask:   "Delete a WhatsApp template in one language",
		Reads: []*Read{readWhatsappTemplate}, show: showTemplate, tell: tellDeleteSubmitted,
	},
	"whatsapp_template_delete_all_languages": {
		ask:    "Delete a WhatsApp template in all its languages",
		effect: "Its name can't be used again for 30 days. Messages that are on their way are still attempted for 30 days.",
		Reads:  []*Read{readWhatsappTemplateLanguages}, show: showTemplateLanguages,
	},
	"whatsapp_template_analytics_enable": {
		ask:    "Turn on Meta's template analytics",
		effect: "They are on for the whole WhatsApp Business Account, and nothing turns them off again.",
	},
	"whatsapp_solution_assign": {
		ask:    "Assign a WhatsApp solution",
		effect: "Once the project is onboarded, its solution can't be changed.",
		Reads:  []*Read{readSolutions}, show: showSolution,
	},
	"whatsapp_access_token_create": {
		ask:    "Make a long-lived Meta access token",
		effect: "It is valid for 60 days.",
	},
	"rcs_sender_launch": {
		ask:    "Launch an RCS sender",
		effect: "It is submitted to Google and the carriers, and can't be withdrawn; afterwards only its countries can be changed.",
		Reads:  []*Read{readRcsSender}, show: showLaunch,
	},
	"rcs_test_number_delete": {
		ask:    "Remove a test number from an RCS sender",
		effect: "To test again, the number must be invited again, and its owner must accept again.",
		Reads:  []*Read{readRcsSender}, show: showTestNumber,
	},
	"kakaotalk_sender_delete": {
		ask:    "Delete a KakaoTalk sender",
		effect: "It delivers its last messages for 60 days and is then gone. " + noWayBack,
		Reads:  []*Read{readKakaoSender, readKakaoTemplates}, show: showKakaoSender,
	},
	"kakaotalk_sender_changes_discard": {
		ask:   "Discard the pending changes of a KakaoTalk sender",
		Reads: []*Read{readKakaoSender}, show: showKakaoDiscard("The sender", readKakaoSender),
	},
	"kakaotalk_template_delete": {
		ask:    "Delete a KakaoTalk template",
		effect: noWayBack,
		Reads:  []*Read{readKakaoTemplate}, show: showKakaoTemplate,
	},
	"kakaotalk_template_changes_discard": {
		ask:   "Discard the draft of a KakaoTalk template",
		Reads: []*Read{readKakaoTemplate}, show: showKakaoDiscard("The template", readKakaoTemplate),
	},
	"sms_app_delete": {
		ask:    "Delete an SMS app",
		effect: noWayBack,
		Reads:  []*Read{readSmsApp}, show: showSmsAppDelete,
	},
	"bundle_create": {ask: "Create a bundle", tell: tellBundle},
}

// lostChanges says which pending changes of a thing are lost.
func lostChanges(called string, thing map[string]any) string {
	told := called + " is not live yet."
	if state := jsonvalue.Text(thing, "state"); state != "" {
		told = called + " is " + Word(state) + "."
	}
	to := ""
	if fields := slices.Sorted(maps.Keys(jsonvalue.Object(thing, "changes.details"))); len(fields) > 0 {
		to = " to " + words(fields)
	}
	return fmt.Sprintf("%s Its pending changes%s are lost; their status is %s.", told, to, Word(or(pending(thing), "none")))
}

// SummaryReads are the reads that the summary of a tool's confirmation is told
// from.
func SummaryReads(tool string) []*Read { return summaries[tool].Reads }

// facts are what tell and show tell, "" where they tell nothing.
func (s *summary) facts(ctx context.Context, c *Call) string {
	var lines []string
	if s.tell != nil {
		lines = append(lines, s.tell(c))
	}
	if s.show != nil {
		lines = append(lines, s.shown(ctx, c))
	}
	return strings.Join(lines, "\n")
}

func (s *summary) shown(ctx context.Context, c *Call) string {
	c.readAll(ctx, s.Reads)
	a := answers{}
	for _, read := range s.Reads {
		answer, err := c.read(ctx, read)
		if err != nil {
			return fmt.Sprintf("What %s shows could not be read (%s).", read.Tool, Word(code(err)))
		}
		a[read] = answer
	}
	return s.show(c, a)
}
