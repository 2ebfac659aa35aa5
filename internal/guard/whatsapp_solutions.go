package guard

import (
	"cmp"
	"fmt"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var ruleSolutionAssigned = withState(catalog.WhatsappSolutionAssign, Rule{
	About: "Once the project is " + oneOf(catalog.WhatsappSolutionAssign.NotLive) + ", the WhatsApp solution that is assigned to it can't be replaced by another.",
	Reads: []*Read{readWhatsappAccount, readSolutions},
	check: solutionAssigned,
})

func solutionAssigned(c *Call, a answers) *Refusal {
	state, assigned := jsonvalue.Text(a.of(readWhatsappAccount), "state"), assignedSolution(a.of(readSolutions))
	if catalog.WhatsappSolutionAssign.AllowsState(state) || assigned == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project is %s with the solution %v, which can't be changed any more", state, assigned["id"]),
		Resolution: "keep the solution, or onboard another project with the other one",
		Info:       map[string]any{"assigned": assigned["id"]},
		Next:       []catalog.Next{readSolutions.next(c, "see the solutions")},
	}
}

func assignedSolution(list map[string]any) map[string]any {
	for _, solution := range jsonvalue.Objects(list, "solutions") {
		if solution["assigned"] == true {
			return solution
		}
	}
	return nil
}

var solutionSummaries = []Summary{{Tool: "whatsapp_solution_assign", Reads: []*Read{readSolutions}, text: askSolution}}

func askSolution(args map[string]any, a answers) sentences {
	list := a.of(readSolutions)
	s := sentences{
		ask:    "Assign the WhatsApp solution",
		name:   Name(jsonvalue.Text(args, "solutionId")),
		effect: "Once the project is onboarded, its solution can't be changed.",
		facts:  "The list of solutions does not show it.",
	}
	for _, solution := range jsonvalue.Objects(list, "solutions") {
		if solution["id"] == args["solutionId"] {
			s.name, s.facts = cmp.Or(nameOf(solution, "details.name"), s.name), ""
		}
	}
	if before := assignedSolution(list); before != nil && before["id"] != args["solutionId"] {
		s.name += " in place of " + Name(jsonvalue.Text(before, "details.name"))
	}
	return s
}
