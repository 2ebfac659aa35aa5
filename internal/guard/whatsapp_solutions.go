package guard

import (
	"context"
	"fmt"

	"papi-mcp/internal/catalog"
)

var solutionRules = []Rule{
	{
		Name:   "whatsapp_solution_assigned",
		About:  "Once the project is ONBOARDED, the WhatsApp solution that is assigned to it can't be replaced by another.",
		Tools:  []string{"whatsapp_solution_assign"},
		Reads:  []string{"whatsapp_account_get", "whatsapp_solution_list"},
		Closed: true,
		check:  solutionAssigned,
	},
}

func solutionAssigned(ctx context.Context, _ *Guard, c *Call) *Refusal {
	account, err := c.read(ctx, "whatsapp_account_get", map[string]any{})
	if err != nil {
		return unreadable(c, "whatsapp_account_get", true, err)
	}
	list, err := c.read(ctx, "whatsapp_solution_list", map[string]any{})
	if err != nil {
		return unreadable(c, "whatsapp_solution_list", true, err)
	}
	assigned := assignedSolution(list)
	if text(account, "state") != "ONBOARDED" || assigned == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project is ONBOARDED with the solution %v, which can't be changed any more", assigned["id"]),
		Resolution: "keep the solution, or onboard another project with the other one",
		Info:       map[string]any{"assigned": assigned["id"]},
		Next:       []catalog.Next{{Do: "see the solutions", Tool: "whatsapp_solution_list", Args: map[string]any{}, Needs: []string{}}},
	}
}

func assignedSolution(list map[string]any) map[string]any {
	for _, solution := range objects(list["solutions"]) {
		if solution["assigned"] == true {
			return solution
		}
	}
	return nil
}

// summariseSolution tells which solution is assigned, and in whose place.
func summariseSolution(ctx context.Context, c *Call) (string, []string) {
	list, err := c.read(ctx, "whatsapp_solution_list", map[string]any{})
	if err != nil {
		return unseen(err)
	}
	told := "Assigns a solution that the list of solutions does not show"
	for _, solution := range objects(list["solutions"]) {
		if solution["id"] == c.Args["solutionId"] {
			told = fmt.Sprintf("Assigns the solution %q", text(object(solution, "details"), "name"))
		}
	}
	if before := assignedSolution(list); before != nil && before["id"] != c.Args["solutionId"] {
		told += fmt.Sprintf(" in place of %q", text(object(before, "details"), "name"))
	}
	told += "."
	return told, []string{told}
}
