package sandbox

import (
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// reviewRule is a reason for which Meta rejects what a component contains.
type reviewRule struct {
	component string // its type
	reason    string // as it is in the comment of the rejection
	breaks    func(component map[string]any) bool
}

// reviewRules are reasons for a rejection that Meta publishes and that need no
// person to be found. They are written apart from the checks of the MCP server,
// which can be tested against them.
var reviewRules = []reviewRule{
	{"BODY", "the body starts or ends with a variable", textMatches(outerVariable)},
	{"BODY", "the body has variables without words between them", textMatches(adjacentVariables)},
	{"BODY", "the body has too many variables for its words", hasTooManyVariables},
	{"BODY", "the body has a tab, more than two line breaks or more than four spaces in a row", textMatches(wideSpacing)},
	{"HEADER", "the header has a line break, an emoji or formatting", textMatches(unplain)},
	{"FOOTER", "the footer has a line break, an emoji or formatting", textMatches(unplain)},
	{"BUTTONS", "a button has a line break, an emoji or formatting", hasUnplainButton},
	{"BUTTONS", "other buttons are between the quick replies", splitsQuickReplies},
}

var (
	outerVariable     = lazyregexp.New(`^\s*\{\{\d+\}\}|\{\{\d+\}\}\s*$`)
	adjacentVariables = lazyregexp.New(`\{\{\d+\}\}\s*\{\{\d+\}\}`)
	wideSpacing       = lazyregexp.New(`\t|\n\s*\n\s*\n| {5}`)
	// unplain is a line break, a pair of formatting signs around a text, or a
	// character that is shown as an emoji, either always or with U+FE0F.
	unplain = lazyregexp.New(`\n|\*\S[^*]*\*|(^|\s)_\S[^_]*_(\W|$)|~\S[^~]*~|` + "```" +
		`|[\x{1F000}-\x{1FAFF}\x{FE0F}\x{231A}\x{231B}\x{23E9}-\x{23EC}\x{23F0}\x{23F3}\x{25FD}\x{25FE}\x{2614}\x{2615}\x{2648}-\x{2653}\x{267F}\x{2693}\x{26A1}\x{26AA}\x{26AB}\x{26BD}\x{26BE}\x{26C4}\x{26C5}\x{26CE}\x{26D4}\x{26EA}\x{26F2}\x{26F3}\x{26F5}\x{26FA}\x{26FD}\x{2705}\x{270A}\x{270B}\x{2728}\x{274C}\x{274E}\x{2753}-\x{2755}\x{2757}\x{2795}-\x{2797}\x{27B0}\x{27BF}\x{2B1B}\x{2B1C}\x{2B50}\x{2B55}]`)
	// word is a run of letters and digits; in scripts that put no spaces between
	// words, each character counts.
	word = lazyregexp.New(`[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}\p{N}]+`)
)

func textMatches(pattern *lazyregexp.Regexp) func(map[string]any) bool {
	return func(component map[string]any) bool { return pattern.MatchString(jsonvalue.Text(component, "text")) }
}

// hasTooManyVariables reports whether a body has fewer words than two for each
// variable and one more. Meta publishes no number; this is the lowest of those that
// are reported.
func hasTooManyVariables(body map[string]any) bool {
	text := jsonvalue.Text(body, "text")
	variables := numbered.FindAllString(text, -1)
	slices.Sort(variables)
	different := len(slices.Compact(variables))
	words := word.FindAllString(numbered.ReplaceAllString(text, " "), -1)
	return different > 0 && len(words) < 2*different+1
}

func hasUnplainButton(buttons map[string]any) bool {
	return slices.ContainsFunc(jsonvalue.Objects(buttons, "buttons"), textMatches(unplain))
}

// splitsQuickReplies reports whether quick replies are in two groups. Meta also
// rejects other buttons on both sides of one group, but an example of the contract
// has them.
func splitsQuickReplies(buttons map[string]any) bool {
	groups, inGroup := 0, false
	for _, button := range jsonvalue.Objects(buttons, "buttons") {
		quick := jsonvalue.Text(button, "type") == "QUICK_REPLY"
		if quick && !inGroup {
			groups++
		}
		inGroup = quick
	}
	return groups > 1
}

// reviewProblems are the reasons for which the review rejects the details of a
// template, those of a carousel's cards too; "" is none.
func reviewProblems(details map[string]any) string {
	var found []string
	visitComponents(details, func(component map[string]any) {
		for _, rule := range reviewRules {
			if rule.component == jsonvalue.Text(component, "type") && !slices.Contains(found, rule.reason) && rule.breaks(component) {
				found = append(found, rule.reason)
			}
		}
	})
	return strings.Join(found, "; ")
}

func visitComponents(holder map[string]any, visit func(map[string]any)) {
	for _, component := range jsonvalue.Objects(holder, "components") {
		visit(component)
		for _, card := range jsonvalue.Objects(component, "cards") {
			visitComponents(card, visit)
		}
	}
}
