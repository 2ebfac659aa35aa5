package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// summary adds to the summary of a tool's confirmation what only that tool has
// to tell. What it tells is a fact: when it is told otherwise at the time of
// doing, the confirmation is void.
type summary struct {
	// tell tells from the call alone; nil where that has nothing to tell.
	tell func(c *Call) string
	// Reads are what show tells from. Where one fails, the person is told that
	// instead.
	Reads []Read
	show  func(c *Call, s seen) string
}

var summaries = map[string]summary{
	"webhook_delete":                         {Reads: []Read{{Tool: "webhook_get"}}, show: showWebhookDelete},
	"whatsapp_account_delete":                {Reads: []Read{readWhatsappAccount}, show: showAccountDelete},
	"whatsapp_sender_delete":                 {Reads: []Read{readWhatsappSender}, show: showWhatsappSenderDelete},
	"whatsapp_sender_changes_discard":        {Reads: []Read{readWhatsappSender}, show: showWhatsappDiscard},
	"whatsapp_template_delete":               {Reads: []Read{readWhatsappTemplate}, tell: tellDeleteSubmitted, show: showTemplate},
	"whatsapp_template_delete_all_languages": {Reads: []Read{{Tool: "whatsapp_template_language_list"}}, show: showTemplateLanguages},
	"whatsapp_solution_assign":               {Reads: []Read{readSolutions}, show: showSolution},
	"rcs_sender_launch":                      {Reads: []Read{readRcsSender}, show: showLaunch},
	"rcs_test_number_delete":                 {Reads: []Read{readRcsSender}, show: showTestNumber},
	"kakaotalk_sender_delete":                {Reads: []Read{readKakaoSender, {Tool: "kakaotalk_template_list"}}, tell: tellKakaoSenderDelete, show: showKakaoSender},
	"kakaotalk_sender_changes_discard":       {Reads: []Read{readKakaoSender}, show: showKakaoDiscard("kakaotalk_sender_get")},
	"kakaotalk_template_delete":              {Reads: []Read{readKakaoTemplate}, show: showKakaoTemplate},
	"kakaotalk_template_changes_discard":     {Reads: []Read{readKakaoTemplate}, show: showKakaoDiscard("kakaotalk_template_get")},
	"sms_app_delete":                         {Reads: []Read{{Tool: "sms_app_get"}}, show: showSmsAppDelete},
	"bundle_create":                          {tell: tellBundle},
}

// lostChanges says which pending changes of a thing are lost.
func lostChanges(name string, thing map[string]any) string {
	fields := slices.Sorted(maps.Keys(object(thing, "changes", "details")))
	return fmt.Sprintf("%q is %s. Lost are its changes in %s: %s.",
		name, or(text(thing, "state"), "not live yet"), or(pending(thing), "none"), strings.Join(fields, ", "))
}

// SummaryReads are the reads that the summary of a tool's confirmation is told
// from.
func SummaryReads(tool string) []Read { return summaries[tool].Reads }

// text makes the tool's own part of the summary, "" where there is none.
func (s *summary) text(ctx context.Context, c *Call) string {
	var lines []string
	if s.show != nil {
		lines = append(lines, s.shown(ctx, c))
	}
	if s.tell != nil {
		lines = append(lines, s.tell(c))
	}
	return strings.Join(lines, "\n")
}

func (s *summary) shown(ctx context.Context, c *Call) string {
	c.readAll(ctx, s.Reads)
	answers := seen{}
	for i := range s.Reads {
		answer, err := c.read(ctx, &s.Reads[i])
		if err != nil {
			return fmt.Sprintf("What %s shows could not be read (%s).", s.Reads[i].Tool, code(err))
		}
		answers[s.Reads[i].Tool] = answer
	}
	return s.show(c, answers)
}
