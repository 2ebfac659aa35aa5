package sandbox

import (
	"slices"
	"strconv"

	"papi-mcp/internal/jsonvalue"
)

// whatsappSolution is a multi-partner solution of a project.
type whatsappSolution struct {
	Doc map[string]any `json:"doc"` // the API's answer
}

var whatsappSolutionHandlers = map[string]handler{
	"WhatsappSolutionsController_listSolutions_v1":  func(c *call) answer { return c.ok(map[string]any{"solutions": c.project.renderSolutions()}) },
	"WhatsappSolutionsController_createSolution_v1": createSolution,
	"WhatsappSolutionsController_getSolution_v1":    onSolution(func(c *call, w *whatsappSolution) answer { return c.ok(w.Doc) }),
	"WhatsappSolutionsController_assignSolution_v1": onSolution(assignSolution),
}

// onSolution is for operations on a solution.
func onSolution(do func(*call, *whatsappSolution) answer) handler {
	return func(c *call) answer {
		for _, w := range c.project.Solutions {
			if w.Doc["id"] == c.id("solutionId") {
				return do(c, w)
			}
		}
		return c.fail("solution_not_found")
	}
}

func (p *project) renderSolutions() []any {
	docs := make([]any, len(p.Solutions))
	for i, w := range p.Solutions {
		docs[i] = w.Doc
	}
	return docs
}

// createSolution succeeds with a failed solution where the access token is magic
// or the name contains "fail".
func createSolution(c *call) answer {
	name := jsonvalue.Text(c.body, "details.name")
	partner := c.digits(c.project.stream("apps"), 15)
	failed := []any{}
	if magicSignups[jsonvalue.Text(c.body, "accessToken")] != "" || contains(name, "fail") {
		failed = append(failed, map[string]any{"partnerAppId": partner, "errorCode": "CREATION_FAILED", "errorMessage": "the solution could not be created"})
	} else {
		app, _ := strconv.ParseFloat(partner, 64) // digits
		c.project.Solutions = append(c.project.Solutions, &whatsappSolution{Doc: map[string]any{
			"id":         c.digits(c.project.stream("solutions"), 16),
			"details":    map[string]any{"name": name},
			"ownerApp":   map[string]any{"id": float64(100000000000001), "name": "Sinch " + jsonvalue.Text(c.body, "businessManager")},
			"partnerApp": map[string]any{"id": app, "name": name},
			"assigned":   false,
		}})
	}
	return c.ok(map[string]any{"solutions": c.project.renderSolutions(), "failedSolutions": failed})
}

// assignSolution assigns one solution. An onboarded project keeps the one that it
// has.
func assignSolution(c *call, w *whatsappSolution) answer {
	assigned := slices.ContainsFunc(c.project.Solutions, func(other *whatsappSolution) bool { return other.Doc["assigned"] == true })
	if a := c.project.Account; assigned && a != nil && a.state() == "ONBOARDED" {
		return c.fail("solution_cannot_be_reassigned")
	}
	for _, other := range c.project.Solutions {
		other.Doc["assigned"] = other == w
	}
	return c.ok(nil)
}
