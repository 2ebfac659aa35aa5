package guard

import (
	"context"
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
	// FailClosed refuses the call when a read fails; else the call continues with
	// a warning, and the API decides.
	FailClosed bool
	// Warns says that the rule refuses nothing: what it finds is a warning, and
	// the API decides.
	Warns bool
	// State is the precondition that the rule checks; nil where it checks none.
	State *catalog.Precondition

	// applies is When as a function; nil applies to all calls.
	applies func(c *Call) bool
	// A rule has one of the two: check examines the call and what the Reads
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
var Rules = []Rule{
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

	ruleTemplateBody, ruleTemplateVariables, ruleHeaderMedia, ruleTemplateExamples, ruleTemplateTTL,
	ruleButtonURLs, ruleFlowButtons, ruleCarouselCards,
	ruleTemplateNameLocked,
	ruleTemplateUnique, ruleTemplateLanguageCategory, ruleTemplatePricing, ruleTemplateUpdateContent, ruleTemplateUpdateTTL,
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
}

// isNeeded reports whether the rule applies to the call.
func (r *Rule) isNeeded(c *Call) bool {
	return slices.Contains(r.Tools, c.Row.Tool) && (r.applies == nil || r.applies(c))
}

// apply checks a call: nil where the rule allows it.
func (r *Rule) apply(ctx context.Context, g *Guard, c *Call) *Refusal {
	if r.checkGuard != nil {
		return r.checkGuard(ctx, g, c)
	}
	a := answers{}
	for _, read := range r.Reads {
		answer, err := c.read(ctx, read)
		switch {
		case err == nil:
			a[read] = answer
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
			wanted = append(wanted, rule.Reads...)
		}
	}
	var summary []*Read
	if c.Row.Confirm != "" && (g.opts.Mode != Off || effectsOf[c.Row.Tool].reads) {
		summary = Summaries[c.Row.Tool].Reads
	}
	wanted = append(wanted, summary...)
	read := false
	for _, rule := range needed {
		if rule.Reads != nil && !read {
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
