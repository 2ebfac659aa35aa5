package sandbox

import (
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// The magic test numbers, by how they end.
const (
	suffixDeclines    = "0000" // declines the invitation
	suffixNoRCS       = "0002" // does not have RCS: can't be added
	suffixLosesRCS    = "0003" // does not have RCS any more when its capabilities are read
	suffixAfterLaunch = "0004" // the carrier accepts it only after the launch
	suffixSilent      = "9999" // lets the invitation expire
)

var isPhone = regexp.MustCompile(`^\+?[0-9]{6,15}$`).MatchString

// withSupplier is for operations that need a sender with a Google supplier: any
// but a draft.
func withSupplier(do func(*call, *rcsSender) answer) func(*call, *rcsSender) answer {
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

func (n *rcsTestNumber) render() map[string]any {
	return map[string]any{"number": n.Number, "state": n.State, "submitted": formatTime(n.Submitted)}
}

// invite sends an invitation to a number, or repeats it.
func (s *Sandbox) invite(p *project, r *rcsSender, number string) {
	n := r.number(number)
	if n == nil {
		n = &rcsTestNumber{Number: number}
		r.Numbers = append(r.Numbers, n)
	}
	n.State, n.Submitted = "UNVERIFIED", s.now
	wait := rcsInvitation
	if strings.HasSuffix(number, suffixSilent) {
		wait = rcsInvitationTTL
	}
	s.reschedule(&n.schedule, wait, event{Kind: kindRcsTestNumber, Project: p.ID, ID: r.ID + "/" + number})
}

// findTestNumber returns a test number by the id of its events.
func findTestNumber(p *project, id string) (*rcsTestNumber, bool) {
	sender, number, _ := strings.Cut(id, "/")
	r, ok := p.RcsSenders.get(sender)
	if !ok {
		return nil, false
	}
	n := r.number(number)
	return n, n != nil
}

// isStale reports whether the invitation was answered or repeated before the
// event.
func (n *rcsTestNumber) isStale(e event) bool {
	return n.schedule.isStale(e) || e.Generation != 0 && n.State != "UNVERIFIED"
}

// invitationOutcome is what the number asks for.
func invitationOutcome(n *rcsTestNumber) string {
	switch {
	case strings.HasSuffix(n.Number, suffixDeclines):
		return "DECLINED"
	case strings.HasSuffix(n.Number, suffixSilent):
		return "EXPIRED"
	}
	return "VERIFIED"
}

// endInvitation sets the state of a test number.
func endInvitation(_ *Sandbox, _ *project, n *rcsTestNumber, state string) bool {
	n.State = state
	return true
}

// testNumberProblem is the error code for a number that can't be added, or "".
func (c *call) testNumberProblem(r *rcsSender, number string) string {
	known := r.number(number)
	switch {
	case !isPhone(number):
		return "add_test_number_invalid"
	case known != nil && known.State == "DECLINED":
		return "blocked_because_the_recipient_declined"
	case strings.HasSuffix(number, suffixNoRCS) && c.documents("user_cannot_be_reached"):
		return "user_cannot_be_reached"
	case strings.HasSuffix(number, suffixAfterLaunch) && r.State != "LAUNCHED" && c.documents("add_test_number_not_allowed_before_launch"):
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
	r.syncTestNumbers()
	c.saveRcsSender(c.project, r)
	shown := make([]any, len(r.Numbers))
	for i, n := range r.Numbers {
		shown[i] = n.render()
	}
	return c.ok(map[string]any{"testNumbers": shown})
}

// syncTestNumbers sets the list of numbers in the details.
func (r *rcsSender) syncTestNumbers() {
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
	return c.ok(n.render())
}

func deleteTestNumber(c *call, r *rcsSender, n *rcsTestNumber) answer {
	r.Numbers = slices.DeleteFunc(r.Numbers, func(other *rcsTestNumber) bool { return other == n })
	r.syncTestNumbers()
	c.saveRcsSender(c.project, r)
	return c.ok(nil)
}

func testNumberCapabilities(c *call, _ *rcsSender, n *rcsTestNumber) answer {
	switch {
	case n.State == "DECLINED":
		return c.fail("blocked_because_the_recipient_declined")
	case n.State != "VERIFIED":
		return c.fail("user_has_not_accepted_invite")
	case strings.HasSuffix(n.Number, suffixLosesRCS):
		return c.fail("user_cannot_be_reached")
	}
	return c.ok(map[string]any{"features": []any{"REVOCATION", "ACTION_DIAL", "ACTION_OPEN_URL", "RICHCARD_STANDALONE", "RICHCARD_CAROUSEL"}})
}
