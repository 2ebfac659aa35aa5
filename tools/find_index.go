package tools

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/search"
)

// searchedFields are the parts of a tool by which it is found.
var searchedFields = []search.Field{
	{Weight: 3},               // its name
	{Weight: 1.5},             // the phrases of users
	{Weight: 1},               // title and text
	{Weight: 0.5},             // the states after which it is a next step
	{Weight: 0.3},             // the fields of its body
	{Weight: 12, Names: true}, // error codes and states
}

// builtIndex is an index, once it was needed.
type builtIndex struct {
	once  sync.Once
	index *search.Index
}

// optionalTools are those of the server's own that only some servers have: in the index of
// the others they would change what is found.
var optionalTools = [...]string{SandboxAdvance, toolEventSubscribe, EventList}

// toolIndexes are by which of optionalTools they have, as bits.
var toolIndexes [1 << len(optionalTools)]builtIndex

// toolIndex returns the index of all tools, of the optional ones those that are offered.
// The first search makes it, which reads the contract.
func toolIndex(offers func(tool string) bool) *search.Index {
	has := 0
	for i, tool := range optionalTools {
		if offers(tool) {
			has |= 1 << i
		}
	}
	built := &toolIndexes[has]
	built.once.Do(func() { built.index = newToolIndex(offers) })
	return built.index
}

// newToolIndex returns the index of all tools, of which a set offers some.
func newToolIndex(offers func(tool string) bool) *search.Index {
	codes, states := toolsByCode(), toolsByState()
	triggers := papi.LookupSchema("WebhookWebhookTriggersEnum").EnumTexts()
	var documents []search.Document
	for _, row := range catalog.Rows() {
		names := slices.Concat(codes[row.Tool], longNames(states[row.Tool]))
		if row.Op().Body != nil && row.Op().Family() == "Webhook" {
			names = append(names, longNames(triggers)...)
		}
		fields := map[string]bool{}
		for _, body := range row.Op().Variants() {
			maps.Copy(fields, body.PropertyNames())
		}
		documents = append(documents, search.Document{Name: row.Tool, Texts: [][]string{
			{row.Tool}, row.Phrases, {row.Title, row.Title, row.About}, states[row.Tool], slices.Sorted(maps.Keys(fields)), names,
		}})
	}
	for _, c := range new(Set).coreTools() {
		if c.phrases == nil || slices.Contains(optionalTools[:], c.name) && !offers(c.name) {
			continue
		}
		documents = append(documents, search.Document{Name: c.name, Texts: [][]string{
			{c.name}, c.phrases, {c.annotations.Title, c.about}, nil, nil, codes[c.name],
		}})
	}
	return search.New(searchedFields, documents, search.Words{Synonyms: toolWords, Exclusive: []string{"whatsapp", "rcs", "kakaotalk"}, Plural: "list", Verb: "get", Question: "read get", Named: "whatsapp template", Known: errorCodes()})
}

// toolsByState has the states of things that each tool shows or leads on from.
func toolsByState() map[string][]string {
	all := map[string][]string{}
	for _, r := range catalog.Resources() {
		states := slices.Concat(r.States, r.Changes)
		for _, part := range r.Parts {
			states = append(states, part.States...)
		}
		for _, state := range states {
			tools := []string{r.Get}
			for _, step := range state.Next {
				tools = append(tools, step.Tool)
			}
			slices.Sort(tools)
			for _, tool := range slices.Compact(tools) {
				all[tool] = append(all[tool], state.Name)
			}
		}
	}
	return all
}

// longNames are the names of several words: the others are words as any.
func longNames(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.Contains(name, "_") })
}

// maxOfACode is how many tools may document an error code for it to say anything
// about them.
const maxOfACode = 20

// toolsByCode has the error codes that each tool is about: those that it returns, and
// those after which it is the next step, twice.
func toolsByCode() map[string][]string {
	all := map[string][]string{}
	add := func(tool, code string) { all[tool] = append(all[tool], code) }
	for code := range papi.ErrorCodes() {
		var rows []*catalog.Row
		for _, a := range answering(code) {
			rows = append(rows, a.rows...)
		}
		for _, row := range rows {
			if len(rows) <= maxOfACode {
				add(row.Tool, code)
			}
		}
		for key, steps := range afterError {
			if key[strings.LastIndexByte(key, '/')+1:] != code {
				continue
			}
			for _, step := range steps {
				if step.Tool != "" {
					add(step.Tool, code)
				}
			}
		}
	}
	for _, rule := range guard.Rules {
		for _, tool := range rule.Tools {
			add(tool, rule.Code)
		}
	}
	for _, c := range new(Set).coreTools() {
		for _, code := range c.after {
			add(c.name, code)
		}
	}
	for code, steps := range afterRefusal {
		for _, step := range steps {
			if step.Tool != "" {
				add(step.Tool, code)
			}
		}
	}
	return all
}
