package guard

import (
	"context"
	"fmt"
	"strings"
)

// summary adds to the summary of a tool's confirmation what only that tool has
// to tell. What it tells is a fact: when it is told otherwise at the time of
// doing, the confirmation is void.
type summary struct {
	// Reads are what it tells from. One that failed is missing in what tell
	// gets, and the person is told so.
	Reads []Read

	tell func(c *Call, s seen) string
}

var summaries = map[string]summary{
	"whatsapp_template_delete":           {tell: tellTemplateDelete},
	"whatsapp_solution_assign":           {Reads: []Read{readSolutions}, tell: tellSolution},
	"rcs_sender_launch":                  {Reads: []Read{readRcsSender}, tell: tellLaunch},
	"rcs_test_number_delete":             {Reads: []Read{readRcsSender}, tell: tellTestNumber},
	"kakaotalk_sender_delete":            {Reads: []Read{readKakaoSender, {Tool: "kakaotalk_template_list"}}, tell: tellKakaoSenderDelete},
	"kakaotalk_sender_changes_discard":   {Reads: []Read{readKakaoSender}, tell: tellKakaoDiscard("kakaotalk_sender_get")},
	"kakaotalk_template_delete":          {Reads: []Read{readKakaoTemplate}, tell: tellKakaoTemplate},
	"kakaotalk_template_changes_discard": {Reads: []Read{readKakaoTemplate}, tell: tellKakaoDiscard("kakaotalk_template_get")},
	"sms_app_delete":                     {Reads: []Read{{Tool: "sms_app_get"}}, tell: tellSmsAppDelete},
	"bundle_create":                      {tell: tellBundle},
}

// SummaryReads are the reads that the summary of a tool's confirmation is told
// from.
func SummaryReads(tool string) []Read { return summaries[tool].Reads }

// text makes the tool's own part of the summary, "" where there is none.
func (s *summary) text(ctx context.Context, c *Call) string {
	if s.tell == nil {
		return ""
	}
	c.readAll(ctx, s.Reads)
	shown := seen{}
	var lines []string
	for i := range s.Reads {
		answer, err := c.read(ctx, &s.Reads[i])
		if err != nil {
			lines = append(lines, fmt.Sprintf("What %s shows could not be read (%s).", s.Reads[i].Tool, code(err)))
			continue
		}
		shown[s.Reads[i].Tool] = answer
	}
	if len(shown) > 0 || len(s.Reads) == 0 {
		lines = append(lines, s.tell(c, shown))
	}
	return strings.Join(lines, "\n")
}
