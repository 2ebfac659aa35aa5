package guard

import (
	"context"
	"slices"
)

// Rule is one thing that the API's documentation asks of an agent.
type Rule struct {
	// Name is stable: a refusal's errorCode is "guard_" and the name.
	Name string
	// About says the rule in a sentence.
	About string
	// Tools are the tools that it looks at.
	Tools []string
	// Reads are the tools that it reads with.
	Reads []string
	// Closed refuses when a read fails; else the call goes on with a warning,
	// and the API judges.
	Closed bool

	check func(ctx context.Context, g *Guard, c *Call) *Refusal
}

// Check applies the rule to a call: nil where it has nothing against it.
func (r *Rule) Check(ctx context.Context, g *Guard, c *Call) *Refusal {
	if !slices.Contains(r.Tools, c.Row.Tool) {
		return nil
	}
	return r.check(ctx, g, c)
}

// Rules are all rules, in the order in which they look at a call.
var Rules = slices.Concat(updateRules, webhookRules, registerRules, solutionRules, rcsRules, kakaotalkRules, smsRules, bundleRules)

// summaries add to the summary of a tool's confirmation what only that tool
// has to tell, and return the facts that may change.
var summaries = map[string]func(context.Context, *Call) (text string, facts []string){
	"whatsapp_template_delete":           summariseTemplateDelete,
	"rcs_sender_launch":                  summariseLaunch,
	"whatsapp_solution_assign":           summariseSolution,
	"sms_app_delete":                     summariseSmsAppDelete,
	"bundle_create":                      summariseBundle,
	"rcs_test_number_delete":             summariseTestNumber,
	"kakaotalk_sender_delete":            summariseKakaoSenderDelete,
	"kakaotalk_sender_changes_discard":   summariseKakaoDiscard("kakaotalk_sender_get"),
	"kakaotalk_template_delete":          summariseKakaoTemplate,
	"kakaotalk_template_changes_discard": summariseKakaoDiscard("kakaotalk_template_get"),
}
