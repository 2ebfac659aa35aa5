package sandbox

import (
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Ends of test numbers that mean something.
const (
	endDeclines    = "0000" // declines the invitation
	endNoRCS       = "0002" // has no RCS: can't be added
	endLosesRCS    = "0003" // has no RCS any more when its capabilities are asked for
	endAfterLaunch = "0004" // the carrier takes it after the launch only
	endSilent      = "9999" // lets the invitation expire
)

var isPhone = regexp.MustCompile(`^\+?[0-9]{6,15}$`).MatchString

// supplied is for senders that have their Google supplier: all but drafts.
func supplied(do func(*call, *rcsSender) answer) func(*call, *rcsSender) answer {
	return func(c *call, r *rcsSender) answer {
		if r.State == "DRAFT" {
			return c.fail("no_google_supplier")
		}
		return do(c, r)
	}
}

func onTestNumber(do func(*call, *rcsSender, *rcsTestNumber) answer) func(*call, *rcsSender) answer {
	return func(c *call, r *rcsSender) answer {
		number := c.id("testNumber")
		if !isPhone(number) && c.documents("add_test_number_invalid") {
			return c.fail("add_test_number_invalid")
		}
		n := r.number(number)
		if n == nil {
			return c.fail("user_is_not_tester_for_agent")
		}
		return do(c, r, n)
	}
}

func (r *rcsSender) number(number string) *rcsTestNumber {
	for _, n := range r.Numbers {
		if n.Number == number {
			return n
		}
	}
	return nil
}

func (n *rcsTestNumber) shown() map[string]any {
	return map[string]any{"number": n.Number, "state": n.State, "submitted": stamp(n.Submitted)}
}

// invite asks the owner of a number, anew where it was asked before.
func (s *Sandbox) invite(p *project, r *rcsSender, number string) {
	n := r.number(number)
	if n == nil {
		n = &rcsTestNumber{Number: number}
		r.Numbers = append(r.Numbers, n)
	}
	n.State, n.Submitted = "UNVERIFIED", s.at
	n.Turn++
	wait := rcsInvitation
	if strings.HasSuffix(number, endSilent) {
		wait = rcsInvitationTTL
	}
	s.after(wait, event{Kind: kindRcsTestNumber, Project: p.ID, ID: r.ID + "/" + number, Turn: n.Turn})
}

// answerInvitation ends an invitation: as the value says, or as the number
// does.
func answerInvitation(_ *Sandbox, p *project, e event) bool {
	id, number, _ := strings.Cut(e.ID, "/")
	r, ok := p.RcsSenders.get(id)
	if !ok {
		return false
	}
	n := r.number(number)
	if n == nil || e.Turn != 0 && (e.Turn != n.Turn || n.State != "UNVERIFIED") {
		return false
	}
	state := e.Value
	if state == "" {
		state = "VERIFIED"
		switch {
		case strings.HasSuffix(number, endDeclines):
			state = "DECLINED"
		case strings.HasSuffix(number, endSilent):
			state = "EXPIRED"
		}
	}
	if !slices.Contains([]string{"DECLINED", "EXPIRED", "FAILED", "INVALID", "PENDING", "REJECTED", "UNVERIFIED", "VERIFIED"}, state) {
		return false
	}
	n.State = state
	return true
}

// testNumberProblem is the code for a number that can't be added, or "".
func (c *call) testNumberProblem(r *rcsSender, number string) string {
	known := r.number(number)
	switch {
	case !isPhone(number):
		return "add_test_number_invalid"
	case known != nil && known.State == "DECLINED":
		return "blocked_because_the_recipient_declined"
	case strings.HasSuffix(number, endNoRCS) && c.documents("user_cannot_be_reached"):
		return "user_cannot_be_reached"
	case strings.HasSuffix(number, endAfterLaunch) && r.State != "LAUNCHED" && c.documents("add_test_number_not_allowed_before_launch"):
		return "add_test_number_not_allowed_before_launch"
	}
	return ""
}

func addTestNumbers(c *call, r *rcsSender) answer {
	numbers := jsonvalue.Texts(c.body, "testNumbers")
	for _, number := range numbers {
		if code := c.testNumberProblem(r, number); code != "" {
			return c.fail(code)
		}
	}
	for _, number := range numbers {
		c.invite(c.project, r, number)
	}
	r.noteNumbers()
	c.saveRcs(c.project, r)
	shown := make([]any, len(r.Numbers))
	for i, n := range r.Numbers {
		shown[i] = n.shown()
	}
	return c.ok(map[string]any{"testNumbers": shown})
}

// noteNumbers keeps the details' list of numbers as the numbers are.
func (r *rcsSender) noteNumbers() {
	all := make([]any, len(r.Numbers))
	for i, n := range r.Numbers {
		all[i] = n.Number
	}
	r.Details["testNumbers"] = all
}

func retryTestNumber(c *call, r *rcsSender, n *rcsTestNumber) answer {
	if code := c.testNumberProblem(r, n.Number); code != "" {
		return c.fail(code)
	}
	c.invite(c.project, r, n.Number)
	return c.ok(n.shown())
}

func deleteTestNumber(c *call, r *rcsSender, n *rcsTestNumber) answer {
	r.Numbers = slices.DeleteFunc(r.Numbers, func(other *rcsTestNumber) bool { return other == n })
	r.noteNumbers()
	c.saveRcs(c.project, r)
	return c.ok(nil)
}

func testNumberCapabilities(c *call, _ *rcsSender, n *rcsTestNumber) answer {
	switch {
	case n.State == "DECLINED":
		return c.fail("blocked_because_the_recipient_declined")
	case n.State != "VERIFIED":
		return c.fail("user_has_not_accepted_invite")
	case strings.HasSuffix(n.Number, endLosesRCS):
		return c.fail("user_cannot_be_reached")
	}
	return c.ok(map[string]any{"features": []any{"REVOCATION", "ACTION_DIAL", "ACTION_OPEN_URL", "RICHCARD_STANDALONE", "RICHCARD_CAROUSEL"}})
}
