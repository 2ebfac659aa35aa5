package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// Summary declares the question about the calls of one tool that needs a
// confirmation. It stands beside the rules of the tool's family.
type Summary struct {
	Tool string
	// Reads are what text needs beside the arguments.
	Reads []Read
	// text words the question. It is a pure function: when it returns something
	// else after the answer, the confirmation is void. A read that failed is
	// missing from the answers.
	text func(args map[string]any, answers seen) sentences
}

// sentences are the parts of a question, in the order in which they are shown.
type sentences struct {
	// ask is the verb and the kind of thing, without the question mark.
	ask string
	// name is what the person knows the thing by; "" stands for its id.
	name string
	// effect is what follows from a yes, whatever the reads return. It comes
	// before the facts, whose length depends on others: it is always in view.
	effect string
	// facts are what else matters to the decision. Where a read failed, the
	// error is shown instead.
	facts string
}

const noWayBack = "This API has no call that restores it."

// Summaries has the question of each tool whose row has a Confirm.
var Summaries = slices.Concat(webhookSummaries, whatsappAccountSummaries, whatsappSenderSummaries, whatsappTemplateSummaries, solutionSummaries, rcsSummaries, kakaotalkSummaries, smsSummaries, bundleSummaries)

// summaries are Summaries by tool. A row without its question is found when the
// program starts, not when the row is called.
var summaries = func() map[string]*Summary {
	byTool := map[string]*Summary{}
	for i := range Summaries {
		byTool[Summaries[i].Tool] = &Summaries[i]
	}
	for _, row := range catalog.Rows() {
		if (byTool[row.Tool] != nil) != (row.Confirm != "") {
			panic("guard: " + row.Tool + " has a Confirm or a question, but not both")
		}
	}
	return byTool
}()

// sentences words the question about a call.
func (s *Summary) sentences(ctx context.Context, c *Call) sentences {
	c.readAll(ctx, s.Reads)
	answers, failed := seen{}, ""
	for i := range s.Reads {
		answer, err := c.read(ctx, &s.Reads[i])
		if err == nil {
			answers[s.Reads[i].Tool] = answer
		} else if failed == "" {
			failed = fmt.Sprintf("More about it could not be read: %s answered %s.", s.Reads[i].Tool, Word(code(err)))
		}
	}
	text := s.text(c.Args, answers)
	if failed != "" {
		text.facts = failed
	}
	return text
}

// lostChanges says which pending changes of a thing are lost.
func lostChanges(thing map[string]any) string {
	to := ""
	if fields := slices.Sorted(maps.Keys(jsonvalue.Object(thing, "changes.details"))); len(fields) > 0 {
		to = " to " + words(fields)
	}
	return fmt.Sprintf("Its pending changes%s are lost; their status is %s. %s.", to, Word(or(pending(thing), "none")), stateOf(thing))
}
