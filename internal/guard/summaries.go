package guard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// Summary declares the question about a call of one tool. It is found next to the
// rules of the tool's family.
type Summary struct {
	Tool string
	// Reads are what text needs besides the arguments.
	Reads []*Read
	// text words the question. It depends on nothing but its arguments, and
	// when it returns something else at the time of sending, the confirmation
	// is void. The answer of a read that failed is nil.
	text func(args map[string]any, a answers) sentences
}

// sentences are the parts of a question, in the order in which they are shown.
type sentences struct {
	ask  string // the verb and the kind of thing
	name string // what the person knows the thing by; its id where this is ""
	// effect is what follows from a yes, worded without the reads too. It comes
	// before the facts, whose length depends on others: it is always in view.
	effect string
	// facts are what else the person should know. Where a read failed, the
	// error is shown instead.
	facts string
	// brief are the facts with shorter lists, for an answer to the agent; "" means
	// that they are short as they are.
	brief string
}

const noWayBack = "It can't be restored through this API."

// Summaries has, by tool, the question of each row that has a Confirm.
var Summaries = byTool(slices.Concat(webhookSummaries, whatsappAccountSummaries, whatsappSenderSummaries, whatsappTemplateSummaries, solutionSummaries, rcsSummaries, kakaotalkSummaries, smsSummaries, bundleSummaries))

// byTool indexes the declarations. It panics for a row that lacks its question:
// that is found when the program starts, not when the tool is called.
func byTool(all []Summary) map[string]*Summary {
	index := map[string]*Summary{}
	for i := range all {
		index[all[i].Tool] = &all[i]
	}
	for _, row := range catalog.Rows() {
		if (index[row.Tool] != nil) != (row.Confirm != "") {
			panic("guard: " + row.Tool + " has a Confirm or a question, but not both")
		}
	}
	return index
}

// worded is the question about a call: in full for the person whom the client asks,
// and brief for an answer that the agent reads and shows.
type worded struct{ full, brief string }

// summarise words the question about a call, and returns the facts in it that
// may change until the answer.
func (g *Guard) summarise(ctx context.Context, c *Call, project bool) (summary worded, facts []string) {
	var lines []string
	join := func(lines ...string) string {
		return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
	}
	if project {
		lines = append(lines, g.ProjectQuestion(c.ProjectID, c.Client)+" This project has not been confirmed yet.")
		facts = append(facts, "the project is not confirmed")
	}
	ids, last := []string{}, ""
	for _, p := range c.Row.Op().Parameters {
		if p.In == "path" && p.Name != "projectId" {
			last = Name(fmt.Sprint(c.Args[p.Name]))
			ids = append(ids, p.Name+" "+last)
		}
	}
	var text sentences
	switch s := Summaries[c.Row.Tool]; {
	case s != nil:
		text = s.sentences(ctx, c)
		facts = append(facts, text.ask, text.name, text.effect, text.facts)
	case !c.Reveal:
		first := join(append(lines, "The first change in it is "+strings.Join(append([]string{c.Row.Tool}, ids...), ", ")+".")...)
		return worded{first, first}, facts
	case last == "":
		text.ask = "Show secrets to the agent"
	default:
		text.ask = "Show the agent the secrets of"
		if c.Row.Resource != nil {
			text.ask += " the " + c.Row.Resource.Called(1)
		}
	}
	lines = append(lines, strings.TrimSpace(text.ask+" "+cmp.Or(text.name, last))+"?", text.effect)
	if c.Reveal {
		pages := ""
		if c.All {
			pages = ", on all pages of the list"
		}
		lines = append(lines, "The agent will see tokens and keys in clear text"+pages+".")
	}
	ids = append(ids, "project "+Name(c.ProjectID))
	of := func(facts string, ids ...string) string {
		return join(append(slices.Clone(lines), facts, "("+strings.Join(ids, ", ")+")")...)
	}
	return worded{
		full:  of(text.facts, append([]string{c.Row.Tool}, ids...)...),
		brief: of(cmp.Or(text.brief, text.facts), ids...), // the answer names the tool itself
	}, facts
}

// questionAbout is the question about one thing: its name is a field of its
// details, and the facts are in its read.
func questionAbout(tool string, read *Read, name string, s sentences, facts func(thing map[string]any) string) Summary {
	return Summary{Tool: tool, Reads: []*Read{read}, text: func(_ map[string]any, a answers) sentences {
		q, thing := s, a.of(read)
		q.name, q.facts = detailName(thing, name), facts(thing)
		return q
	}}
}

// sentences words the question about a call.
func (s *Summary) sentences(ctx context.Context, c *Call) sentences {
	c.readAll(ctx, s.Reads)
	a, failed := answers{}, ""
	for _, read := range s.Reads {
		answer, err := c.read(ctx, read)
		if err != nil {
			answer = nil
			failed = cmp.Or(failed, fmt.Sprintf("Its details could not be read: %s returned %s.", read.Tool, Word(code(err))))
		}
		a[read] = answer
	}
	text := s.text(c.Args, a)
	if failed != "" {
		text.facts, text.brief = failed, ""
	}
	return text
}

// lostChanges says which pending changes of a thing are lost.
func lostChanges(thing map[string]any) string {
	to := ""
	if fields := slices.Sorted(maps.Keys(jsonvalue.Object(thing, "changes.details"))); len(fields) > 0 {
		to = " to " + words(fields)
	}
	return fmt.Sprintf("Its pending changes%s are lost; their status is %s. %s.", to, Word(cmp.Or(pending(thing), "none")), stateOf(thing))
}
