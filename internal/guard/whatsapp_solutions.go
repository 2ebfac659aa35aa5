package guard

import (
	"fmt"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var readSolutions = Read{Tool: "whatsapp_solution_list"}

var solutionRules = []Rule{
	{
		Name:   "whatsapp_solution_assigned",
		About:  "Once the project is ONBOARDED, the WhatsApp solution that is assigned to it can't be replaced by another.",
		Tools:  []string{"whatsapp_solution_assign"},
		Reads:  []Read{readWhatsappAccount, readSolutions},
		Closed: true,
		judge:  solutionAssigned,
	},
}

func solutionAssigned(c *Call, s seen) *Refusal {
	assigned := assignedSolution(s["whatsapp_solution_list"])
	if jsonvalue.Text(s["whatsapp_account_get"], "state") != "ONBOARDED" || assigned == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project is ONBOARDED with the solution %v, which can't be changed any more", assigned["id"]),
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

// showSolution tells which solution is assigned, and in whose place.
func showSolution(c *Call, s seen) string {
	list := s["whatsapp_solution_list"]
	told := "Assigns a solution that the list of solutions does not show"
	for _, solution := range jsonvalue.Objects(list, "solutions") {
		if solution["id"] == c.Args["solutionId"] {
			told = "Assigns the solution " + Name(jsonvalue.Text(solution, "details.name"))
		}
	}
	if before := assignedSolution(list); before != nil && before["id"] != c.Args["solutionId"] {
		told += " in place of " + Name(jsonvalue.Text(before, "details.name"))
	}
	return told + "."
}
