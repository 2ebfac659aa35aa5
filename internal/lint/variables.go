package lint

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

// variables are what a text has of them.
type variables struct {
	numbers    []int    // of those that are written as they should be
	written    []string // the same, as text
	wrong      []string // what only a variable can mean, and is none
	lookalikes []string // what other APIs take for a variable, and may be plain text
	// pieces are the text before, between and after the variables, the wrong ones
	// among them.
	pieces []string
}

// Variables are what a text has that is, or looks like, a variable.
type Variables struct {
	Written    []string // {{1}}, and what only a variable can mean: {{name}}, {{1}
	Lookalikes []string // what other systems take for a variable: {name}, %s
}

// FindVariables finds the variables of a text.
func FindVariables(text string) Variables {
	v := findVariables(text)
	return Variables{append(v.written, v.wrong...), v.lookalikes}
}

var (
	// bracesInText finds pairs of braces, and runs of them without a partner.
	bracesInText = lazyregexp.New(`[#$%]?(\{+)([^{}]*)(\}+)|\{{2,}[^{}\s]*|[^{}\s]*\}{2,}`)
	numberText   = lazyregexp.New(`^[1-9][0-9]{0,3}$`)
	nameText     = lazyregexp.New(`^\s*[\pL\pN_][\pL\pN_.-]*\s*$`)
	// foreign is what other systems write for a variable: braces that only look
	// alike, those of a URL that was percent-encoded, printf's and templates'.
	foreign = lazyregexp.New(`｛｛?[^｛｝]*｝｝?|(?i:%7B%7B.*?%7D%7D)|%[0-9]+\$[sd@]|%s\b|\[\[[^\[\]]+\]\]|<%.*?%>|\{%.*?%\}`)
)

func findVariables(text string) variables {
	var v variables
	rest := text
	for _, m := range bracesInText.FindAllStringSubmatch(text, -1) {
		match, open, inner, closing := m[0], m[1], m[2], m[3]
		if open != "{" || closing != "}" {
			match = strings.TrimLeft(match, "#$%") // a sign before a variable: #{{1}}, ${{1}}
		}
		isNumber := numberText.MatchString(inner)
		switch {
		case open == "{{" && closing == "}}" && isNumber:
			n, _ := strconv.Atoi(inner)
			v.numbers, v.written = append(v.numbers, n), append(v.written, match)
		case open == "{" && closing == "}" && (!isNumber || strings.ContainsAny(match[:1], "#$%")):
			if nameText.MatchString(inner) {
				v.lookalikes = append(v.lookalikes, match)
			}
			continue
		default:
			v.wrong = append(v.wrong, match)
		}
		before, after, _ := strings.Cut(rest, match)
		v.pieces, rest = append(v.pieces, before), after
	}
	v.pieces = append(v.pieces, rest)
	v.lookalikes = append(v.lookalikes, foreign.FindAllString(text, -1)...)
	return v
}

// distinct are the numbers of the variables, each once, in order.
func (v *variables) distinct() []int {
	return slices.Compact(slices.Sorted(slices.Values(v.numbers)))
}

// inNumbered are the texts that may have numbered variables.
var inNumbered = []role{header, body}

func checkVariableFormat(v *view, r *report) {
	v.eachText(func(t text) {
		if len(t.found.wrong) > 0 {
			said, corrected := t.found.numberAll(t.value)
			r.fix(t.at, corrected, "has placeholders that are not valid variables; number them: write %s, with one example for each number", said)
		}
	}, inNumbered...)
	v.eachText(func(t text) {
		if len(t.found.wrong) == 0 {
			return
		}
		one, corrected := t.found.wrong[0], ""
		if before, atEnd := strings.CutSuffix(t.value, one); atEnd && strings.HasPrefix(one, "{") && len(t.found.pieces) == 2 {
			corrected = before + variable
		}
		r.fix(t.at, corrected, "contains %s, which is not a variable here: write {{1}}, once, at its very end", quote(one))
	}, address)
}

// maxCorrections is how many wrong variables of one text are listed.
const maxCorrections = 10

// numberAll says for each wrong variable what to write instead: the numbers that the
// text does not use yet, one for each name. The corrected text is "" where it is not
// clear which part of it a lone brace belongs to.
func (v *variables) numberAll(text string) (said, corrected string) {
	used := map[int]bool{}
	for _, n := range v.numbers {
		used[n] = true
	}
	byName := map[string]int{}
	var parts []string
	numbers := make([]int, len(v.wrong))
	next, more, clear := 1, 0, true
	for i, one := range v.wrong {
		clear = clear && strings.HasPrefix(one, "{") && strings.HasSuffix(one, "}")
		name := strings.TrimSpace(strings.Trim(one, "{}"))
		number, again := byName[name]
		if !again || name == "" {
			if n, err := strconv.Atoi(name); err == nil && n > 0 && n < 1000 {
				number = n
			} else {
				for used[next] {
					next++
				}
				number = next
			}
			used[number], byName[name] = true, number
			if len(parts) < maxCorrections {
				parts = append(parts, fmt.Sprintf("%s as {{%d}}", quote(one), number))
			} else {
				more++
			}
		}
		numbers[i] = number
	}
	if more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	said = strings.Join(parts, ", ")
	if !clear {
		return said, ""
	}
	i := 0
	return said, bracesInText.ReplaceAllStringFunc(text, func(match string) string {
		if i == len(v.wrong) || !strings.HasSuffix(match, v.wrong[i]) {
			return match
		}
		i++
		return fmt.Sprintf("%s{{%d}}", strings.TrimSuffix(match, v.wrong[i-1]), numbers[i-1])
	})
}

func checkNumbering(v *view, r *report) {
	v.eachText(func(t text) {
		numbers := t.found.distinct()
		if n := len(numbers); n == 0 || len(t.found.wrong) > 0 || numbers[n-1] == n {
			return
		}
		corrected := numberedVariable.ReplaceAllStringFunc(t.value, func(match string) string {
			n, _ := strconv.Atoi(strings.Trim(match, "{}"))
			return fmt.Sprintf("{{%d}}", slices.Index(numbers, n)+1)
		})
		r.fix(t.at, corrected, "has variables that are not numbered {{1}}, {{2}} and so on without a gap")
	}, inNumbered...)
}

var numberedVariable = lazyregexp.New(`\{\{[1-9][0-9]{0,3}\}\}`)

func checkVariableNotAllowed(v *view, r *report) {
	v.eachText(func(t text) {
		if given := append(t.found.written, t.found.wrong...); len(given) > 0 {
			r.add(t.at, "contains %s, and %s can't have variables: write the text itself", quote(given[0]), t.role)
		}
	}, footer, offer, label, autofill, phone)
}

func checkHeaderVariables(v *view, r *report) {
	v.eachText(func(t text) {
		if len(t.found.distinct()) > 1 {
			r.add(t.at, "has %d variables, and a header has at most one variable", len(t.found.distinct()))
		}
	}, header)
}

func checkExampleCount(v *view, r *report) {
	v.eachText(func(t text) {
		numbers := t.found.distinct()
		n := len(numbers)
		if n == 0 && len(t.found.wrong) == 0 && t.has("examples") {
			r.addAs(Likely, t.path+".examples", "", "has %s, and the text has no variable", papi.Count(len(jsonvalue.List(t.fields, "examples")), "example"))
		}
		if n == 0 || len(t.found.wrong) > 0 || numbers[n-1] != n || t.role == header && n > 1 {
			return // which comes first
		}
		if examples := len(jsonvalue.List(t.fields, "examples")); examples != n {
			r.add(t.path+".examples", "has %s for %s", papi.Count(examples, "example"), papi.Count(n, "variable"))
		}
	}, inNumbered...)
}

// examplesOf visits the examples of a text or a URL.
func (v *view) examplesOf(p part, visit func(path, example string)) {
	for i, example := range jsonvalue.List(p.fields, "examples") {
		if text, ok := example.(string); ok {
			visit(fmt.Sprintf("%s.examples[%d]", p.path, i), text)
		}
	}
}

// eachExample visits the examples of all texts and URLs.
func (v *view) eachExample(visit func(path, example string)) {
	for _, p := range slices.Concat(v.components, v.buttons) {
		v.examplesOf(p, visit)
	}
}

func checkExamplePlaceholder(v *view, r *report) {
	v.eachExample(func(path, example string) {
		if found := FindVariables(example); len(found.Written) > 0 {
			r.add(path, "still contains %s: give the complete text with the variable filled in", quote(found.Written[0]))
		}
	})
}

func checkLookalikes(v *view, r *report) {
	for _, t := range v.texts {
		for _, one := range t.found.lookalikes {
			if slices.Contains([]role{header, body, address}, t.role) {
				r.add(t.at, "%s is sent as it is, since variables are written {{1}}, {{2}} and so on: number it if it should be one", quote(one))
			} else {
				r.add(t.at, "%s is sent as it is, since %s can't have variables", quote(one), t.role)
			}
		}
	}
}
