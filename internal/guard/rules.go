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
	// Reads are the reads that it judges by. Where one is not needed, or shows
	// that there is no such thing, the rule has nothing against the call.
	Reads []Read
	// Closed refuses when a read fails; else the call goes on with a warning,
	// and the API judges.
	Closed bool

	// Warns tells that the rule refuses nothing: what it finds is a warning, and
	// the API judges.
	Warns bool

	// A rule has one of the two: check judges the call alone, judge judges it
	// by what the reads showed.
	check func(ctx context.Context, g *Guard, c *Call) *Refusal
	judge func(c *Call, s seen) *Refusal
	// recall completes a refusal of judge by what the guard remembers; nil adds
	// nothing.
	recall func(ctx context.Context, g *Guard, c *Call, r *Refusal) error
}

// Check applies the rule to a call: nil where it has nothing against it.
func (r *Rule) Check(ctx context.Context, g *Guard, c *Call) *Refusal {
	if r.judge == nil {
		return r.check(ctx, g, c)
	}
	s := seen{}
	for i := range r.Reads {
		read := &r.Reads[i]
		if !read.isNeeded(c) {
			return nil
		}
		answer, err := c.read(ctx, read)
		switch {
		case err == nil:
			s[read.Tool] = answer
		case absent(err):
			return nil
		default:
			return unreadable(c, read, r.Closed, err)
		}
	}
	refusal := r.judge(c, s)
	if refusal != nil && r.recall != nil {
		if err := r.recall(ctx, g, c, refusal); err != nil {
			return storeFailed(err)
		}
	}
	return refusal
}

// Rules are all rules, in the order in which they look at a call. Those that
// need no read come first in their family, so that a call that they refuse
// costs none.
var Rules = slices.Concat(updateRules, webhookRules, mediaRules, whatsappAccountRules, whatsappSenderRules, pauseRules, registerRules, whatsappContentRules, whatsappTemplateRules, solutionRules, rcsRules, kakaotalkRules, smsRules, bundleRules)

// checkRules applies the rules of the call's tool. When the first of them needs
// to read, all that they and the summary read is read side by side.
func (g *Guard) checkRules(ctx context.Context, c *Call) *Refusal {
	var mine []*Rule
	var wanted []Read
	for i := range g.opts.Rules {
		rule := &g.opts.Rules[i]
		if slices.Contains(rule.Tools, c.Row.Tool) {
			mine = append(mine, rule)
			wanted = append(wanted, rule.Reads...)
		}
	}
	if c.Row.Confirm != "" && g.opts.Mode != Off {
		wanted = append(wanted, Summaries[c.Row.Tool].Reads...)
	}
	read := false
	for _, rule := range mine {
		if rule.judge != nil && !read {
			c.readAll(ctx, wanted)
			read = true
		}
		if r := rule.Check(ctx, g, c); r != nil {
			if r.Code == "" {
				r.Code = "guard_" + rule.Name
			}
			return r
		}
	}
	return nil
}
