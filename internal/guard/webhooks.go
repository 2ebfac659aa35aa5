package guard

import (
	"context"
	"fmt"
	"strings"

	"papi-mcp/internal/catalog"
)

const all = "ALL"

var webhookRules = []Rule{
	{
		Name:  "all_alone",
		About: "The trigger ALL stands alone: it holds every other one.",
		Tools: []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
		check: allAlone,
	},
}

func allAlone(_ context.Context, _ *Guard, c *Call) *Refusal {
	if c.Row.Tool != "bundle_create" {
		others := besideAll(c.Args["triggers"])
		if others == nil {
			return nil
		}
		args := withArg(c.Args, "triggers", []any{all})
		delete(args, "secret")
		return &Refusal{
			Message:    fmt.Sprintf("ALL stands beside other triggers (%s), which it holds already", strings.Join(others, ", ")),
			Resolution: "give ALL alone, or leave ALL out and name the triggers",
			Info:       map[string]any{"triggers": others},
			Next: []catalog.Next{
				{Do: "subscribe to every event", Tool: c.Row.Tool, Args: args, Needs: secretNeeded(c)},
				{Do: "subscribe to the named events alone", Tool: c.Row.Tool, Args: withArg(args, "triggers", others), Needs: secretNeeded(c)},
			},
		}
	}
	hooks, _ := c.Args["webhooks"].([]any)
	for i, hook := range hooks {
		fields, _ := hook.(map[string]any)
		if others := besideAll(fields["triggers"]); others != nil {
			return &Refusal{
				Message:    fmt.Sprintf("webhooks[%d]: ALL stands beside other triggers (%s), which it holds already", i, strings.Join(others, ", ")),
				Resolution: "give each webhook ALL alone, or leave ALL out and name the triggers",
				Info:       map[string]any{"triggers": others},
			}
		}
	}
	return nil
}

// besideAll returns the triggers that stand beside ALL, nil where ALL is
// missing or alone.
func besideAll(triggers any) []string {
	list, _ := triggers.([]any)
	var others []string
	found := false
	for _, t := range list {
		if t == all {
			found = true
		} else {
			others = append(others, fmt.Sprint(t))
		}
	}
	if !found {
		return nil
	}
	return others
}

// secretNeeded names the secret where the tool needs one: a suggestion never
// repeats it.
func secretNeeded(c *Call) []string {
	if _, given := c.Args["secret"]; given {
		return []string{"secret"}
	}
	return []string{}
}

// withArg returns a copy of the arguments with one changed.
func withArg(args map[string]any, name string, value any) map[string]any {
	out := make(map[string]any, len(args)+1)
	for k, v := range args {
		out[k] = v
	}
	out[name] = value
	return out
}
