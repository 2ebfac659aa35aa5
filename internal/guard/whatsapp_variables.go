package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// A WhatsApp template's variables are written {{1}}, {{2}} and so on ("main
// text; variables are written {{1}}, {{2}}": the body's text, 1.2.117). Which
// texts may have some, the schemas show: those with examples next to them.

var ruleTemplateVariables = Rule{
	Code:   "guard_whatsapp_template_variables",
	About:  "The variables of a WhatsApp template are written {{1}}, {{2}} and so on without a gap, at most one in a header, drafts included: {{name}}, {{ 1 }}, {{1} and {{}} are not variables. What is submitted has an example for each. Footers, limited-time offers and the texts of buttons have no variables. A warning: {name}, #{name} and similar forms, which are sent as plain text.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappBodyComponentInputDto, WhatsappTextHeaderComponentInputDto, WhatsappUrlButtonInputDto, 1.2.117",
	check:  templateVariables,
}

// templateVariables names all that is wrong with the texts, those of a carousel's
// cards too, in drafts as well: the API keeps a draft as it is, and the error
// would come with its review.
func templateVariables(c *Call, _ answers) *Refusal {
	v := variableCheck{c: c, submits: submitsTemplate(c)}
	v.components(jsonvalue.Objects(c.Args, "details.components"), "details.components")
	return refuseAll(v.wrong, Refusal{Resolution: correctAll})
}

type variableCheck struct {
	c       *Call
	submits bool
	wrong   []string
}

func (v *variableCheck) components(components []map[string]any, path string) {
	for i, component := range components {
		here := fmt.Sprintf("%s[%d]", path, i)
		switch component["type"] {
		case "HEADER", "BODY":
			v.numbered(component, here)
		case "FOOTER":
			v.plain(component, here, "text", "a footer")
		case "LIMITED_TIME_OFFER":
			v.plain(component, here, "text", "a limited-time offer")
		}
		for j, button := range jsonvalue.Objects(component, "buttons") {
			v.button(button, fmt.Sprintf("%s.buttons[%d]", here, j))
		}
		for j, card := range jsonvalue.Objects(component, "cards") {
			v.components(jsonvalue.Objects(card, "components"), fmt.Sprintf("%s.cards[%d].components", here, j))
		}
	}
}

// numbered checks a text that may have variables.
func (v *variableCheck) numbered(component map[string]any, path string) {
	found := findVariables(jsonvalue.Text(component, "text"))
	v.warnOfLookalikes(found, path+".text")
	if len(found.wrong) > 0 {
		v.refuse("%s.text has %s", path, found.corrections())
		return
	}
	numbers := slices.Compact(slices.Sorted(slices.Values(found.numbers)))
	examples := jsonvalue.List(component, "examples")
	v.samples(component, path)
	switch n := len(numbers); {
	case n == 0:
	case numbers[n-1] != n:
		v.refuse("%s.text: its variables are not {{1}}, {{2}} and so on without a gap", path)
	case component["type"] == "HEADER" && n > 1:
		v.refuse("%s.text: a header has at most one variable", path)
	case v.submits && len(examples) != n:
		v.refuse("%s.examples: %s for %s", path, papi.Count(len(examples), "example"), papi.Count(n, "variable"))
	}
}

// plain checks a text that has no variable: its schema has no examples.
func (v *variableCheck) plain(holder map[string]any, path, field, noun string) {
	found := findVariables(jsonvalue.Text(holder, field))
	for _, one := range found.lookalikes {
		v.c.Warn(fmt.Sprintf("%s.%s: %q is sent as it is, since %s can't have variables", path, field, shortened(one), noun))
	}
	if given := append(found.written, found.wrong...); len(given) > 0 {
		v.refuse("%s.%s contains %q, and %s can't have variables: write the text itself", path, field, shortened(given[0]), noun)
	}
}

// button checks the texts of a button; where a url may have a variable,
// whatsapp_button_url checks.
func (v *variableCheck) button(button map[string]any, path string) {
	for _, field := range []string{"text", "autofillText", "phoneNumber"} {
		v.plain(button, path, field, "a button's "+field)
	}
	found := findVariables(jsonvalue.Text(button, "url"))
	v.warnOfLookalikes(found, path+".url")
	if len(found.wrong) > 0 {
		v.refuse("%s.url contains %q, which is not a variable here: write {{1}}, once, at its very end", path, shortened(found.wrong[0]))
	}
	v.samples(button, path)
}

// samples checks the examples of variables, which have none themselves.
func (v *variableCheck) samples(holder map[string]any, path string) {
	for i, example := range jsonvalue.Texts(holder, "examples") {
		if found := findVariables(example); len(found.written)+len(found.wrong) > 0 {
			v.refuse("%s.examples[%d] still contains %q: give the complete text with the variable filled in", path, i, shortened(append(found.written, found.wrong...)[0]))
		}
	}
}

func (v *variableCheck) refuse(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

func (v *variableCheck) warnOfLookalikes(found variables, path string) {
	for _, one := range found.lookalikes {
		v.c.Warn(fmt.Sprintf("%s: %q is sent as it is, since variables are written {{1}}, {{2}} and so on: number it if it should be one", path, shortened(one)))
	}
}

// variables are what a text has of them.
type variables struct {
	numbers    []int    // of those that are written as they should be
	written    []string // the same, as text
	wrong      []string // what only a variable can mean, and is none
	lookalikes []string // what other APIs take for a variable, and may be plain text
}

var (
	// bracesInText finds pairs of braces, and runs of them without a partner.
	bracesInText = lazyregexp.New(`[#$%]?(\{+)([^{}]*)(\}+)|\{{2,}[^{}\s]*|[^{}\s]*\}{2,}`)
	numberText   = lazyregexp.New(`^[1-9][0-9]{0,3}$`)
	// foreign is what other systems write for a variable: braces that only look
	// alike, those of a URL that was percent-encoded, printf's and templates'.
	foreign = lazyregexp.New(`｛｛?[^｛｝]*｝｝?|(?i:%7B%7B.*?%7D%7D)|%[0-9]+\$[sd@]|%s\b|\[\[[^\[\]]+\]\]|<%.*?%>|\{%.*?%\}`)
)

var nameText = lazyregexp.New(`^\s*[\pL\pN_][\pL\pN_.-]*\s*$`)

func findVariables(text string) variables {
	var v variables
	for _, m := range bracesInText.FindAllStringSubmatch(text, -1) {
		match, open, inner, closing := m[0], m[1], m[2], m[3]
		if open != "{" || closing != "}" {
			match = strings.TrimLeft(match, "#$%") // a sign before a variable: #{{1}}, ${{1}}
		}
		switch {
		case open == "{{" && closing == "}}" && numberText.MatchString(inner):
			n, _ := strconv.Atoi(inner)
			v.numbers, v.written = append(v.numbers, n), append(v.written, match)
		case open == "{" && closing == "}":
			if nameText.MatchString(inner) {
				v.lookalikes = append(v.lookalikes, match)
			}
		default:
			v.wrong = append(v.wrong, match)
		}
	}
	v.lookalikes = append(v.lookalikes, foreign.FindAllString(text, -1)...)
	return v
}

// corrections says for each wrong variable what to write instead: the numbers
// that the text does not use yet, one for each name.
func (v *variables) corrections() string {
	used := map[int]bool{}
	for _, n := range v.numbers {
		used[n] = true
	}
	next := 1
	var said []string
	done := map[string]bool{}
	for i, one := range v.wrong {
		if len(said) == maxCorrections {
			said = append(said, fmt.Sprintf("%d more", len(v.wrong)-i))
			break
		}
		name := strings.TrimSpace(strings.Trim(one, "{}"))
		if name != "" && done[name] {
			continue
		}
		done[name] = true
		if n, err := strconv.Atoi(name); err == nil && n > 0 && n < 1000 {
			used[n] = true
			said = append(said, fmt.Sprintf("%q as {{%d}}", shortened(one), n))
			continue
		}
		for used[next] {
			next++
		}
		used[next] = true
		said = append(said, fmt.Sprintf("%q as {{%d}}", shortened(one), next))
	}
	return "placeholders that are not valid variables; number them: write " + strings.Join(said, ", ") + ", with one example for each number"
}

// maxCorrections is how many wrong variables of one text are listed.
const maxCorrections = 10
