package guard

import (
	"context"
	"fmt"
	"slices"

	"papi-mcp/internal/catalog"
)

// Rule is one thing that the API's documentation asks of an agent.
type Rule struct {
	// Code is the errorCode of its refusals; stable.
	Code string
	// About says the rule in a sentence.
	About string
	// Tools are the tools that it checks.
	Tools []string
	// Source names the operations or schemas of the contract that it is taken
	// from, and the contract's version: "updateSender, 1.2.117".
	Source string
	// When says in words for which calls it applies; "" for all.
	When string
	// Reads are what it must know from the API. Where one shows that there is no
	// such thing, the rule allows the call.
	Reads []*Read
	// ReadsFor are those of Tools whose calls need the Reads; nil for all.
	ReadsFor []string
	// Partial says that where a read fails, the rule checks what the call has; else it
	// checks nothing.
	Partial bool
	// FailClosed refuses the call when a read fails; else the call continues with
	// a warning, and the API decides.
	FailClosed bool
	// Warns says that the rule refuses nothing: what it finds is a warning, and
	// the API decides.
	Warns bool
	// CheckedBy is the code of the rule that finds what this one is about, together
	// with what else it finds; "" where this rule has its own check.
	CheckedBy string
	// State is the precondition that the rule checks; nil where it checks none.
	State *catalog.Precondition

	// applies is When as a function; nil applies to all calls.
	applies func(c *Call) bool
	// A rule with its own check has one of the two: check examines the call and what the Reads
	// returned, checkGuard what the guard remembers or is configured with.
	check      func(c *Call, a answers) *Refusal
	checkGuard func(ctx context.Context, g *Guard, c *Call) *Refusal
	// complete adds to a refusal of check what the guard remembers; nil adds
	// nothing.
	complete func(ctx context.Context, g *Guard, c *Call, r *Refusal) error
}

// Rules are all rules, in the order in which they check a call. Those that need
// no read come first in their family, so that a call that they refuse costs
// none.
var Rules = slices.Concat([]Rule{
	ruleEmptyUpdate,

	ruleAllAlone, ruleWebhookAddress, ruleWebhookSecret, ruleWebhookTarget, ruleWebhookLimit,

	ruleMediaAddress,

	ruleTokenSource, ruleAccountOne,
	stateRule(catalog.WhatsappAccountUpdate, readWhatsappAccount),
	ruleAccountEmpty,
	ruleSenderRegion, ruleSenderAccount,
	stateRule(catalog.WhatsappSenderUpdate, readWhatsappSender),
	ruleDisplayNameReview,
	stateRule(catalog.WhatsappSenderDiscard, readWhatsappSender),
	ruleVerifyPause,
	stateRule(catalog.WhatsappSenderRegister, readWhatsappSender),
	ruleRegisterFirst,
	stateRule(catalog.KakaotalkSenderRegister, readKakaoSender),
	stateRule(catalog.KakaotalkSenderVerify, readKakaoSender),
}, lintRules(), []Rule{
	ruleTemplateNameLocked,
	ruleTemplateUnique, ruleTemplateLanguageCategory, ruleTemplatePricing,
	ruleTemplateUpdateState,
	ruleTemplateSource, ruleTemplateCategory, ruleTemplateDraft,
	ruleSolutionAssigned,

	ruleBrandUnique, ruleBillingCategory, ruleCountryAnswers, ruleUSAnswers, ruleTestNumberForm,
	ruleLaunch, ruleUpdateLaunched, ruleCountryAdded, ruleTestNumber,

	ruleKakaoCategoryForm, ruleKakaoButtons, ruleKakaoVariables, ruleKakaoSenderUnique, ruleKakaoSenderCategory,
	stateRule(catalog.KakaotalkSenderUpdate, readKakaoSender),
	stateRule(catalog.KakaotalkSenderDiscard, readKakaoSender),
	ruleKakaoTemplateUnique, ruleKakaoTemplateCategory,
	stateRule(catalog.KakaotalkTemplateUpdate, readKakaoTemplate),
	stateRule(catalog.KakaotalkTemplateDiscard, readKakaoTemplate),

	ruleSmsAppConversation,

	ruleBundleServices, ruleBundleNames, ruleBundleConversation, ruleBundleTargets, ruleBundleWebhooks,
})

// isNeeded reports whether the rule applies to the call.
func (r *Rule) isNeeded(c *Call) bool {
	return r.CheckedBy == "" && slices.Contains(r.Tools, c.Row.Tool) && (r.applies == nil || r.applies(c))
}

// ReadsOf are the reads of a call of a tool.
func (r *Rule) ReadsOf(tool string) []*Read {
	if !slices.Contains(r.Tools, tool) || r.ReadsFor != nil && !slices.Contains(r.ReadsFor, tool) {
		return nil
	}
	return r.Reads
}

// apply checks a call: nil where the rule allows it.
func (r *Rule) apply(ctx context.Context, g *Guard, c *Call) *Refusal {
	if r.checkGuard != nil {
		return r.checkGuard(ctx, g, c)
	}
	a := answers{}
	for _, read := range r.ReadsOf(c.Row.Tool) {
		answer, err := c.read(ctx, read)
		switch {
		case err == nil:
			a[read] = answer
		case r.Partial:
			if !absent(err) {
				c.Warn(fmt.Sprintf("%s could not be read (%s), so only what the call gives was checked", read.Tool, code(err)))
			}
		case absent(err):
			return nil
		default:
			return unreadable(c, read, r.FailClosed, err)
		}
	}
	refusal := r.check(c, a)
	if refusal != nil && r.complete != nil {
		if err := r.complete(ctx, g, c, refusal); err != nil {
			return storeFailed(err)
		}
	}
	return refusal
}

// checkRules applies the rules of the call. When the first of them needs to
// read, all that they and the summary read is read concurrently.
func (g *Guard) checkRules(ctx context.Context, c *Call) *Refusal {
	var needed []*Rule
	var wanted []*Read
	for i := range g.opts.Rules {
		if rule := &g.opts.Rules[i]; rule.isNeeded(c) {
			needed = append(needed, rule)
			wanted = append(wanted, rule.ReadsOf(c.Row.Tool)...)
		}
	}
	var summary []*Read
	if c.Row.Confirm != "" && (g.opts.Mode != Off || effectsOf[c.Row.Tool].reads) {
		summary = Summaries[c.Row.Tool].Reads
	}
	wanted = append(wanted, summary...)
	read := false
	for _, rule := range needed {
		if rule.ReadsOf(c.Row.Tool) != nil && !read {
			c.readAll(ctx, wanted)
			read = true
		}
		if r := rule.apply(ctx, g, c); r != nil {
			if r.Code == "" {
				r.Code = rule.Code
			}
			return r
		}
	}
	if effectsOf[c.Row.Tool].reads {
		c.readAll(ctx, summary)
	}
	return nil
}
