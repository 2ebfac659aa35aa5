package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// How large each part of an outcome may be is decided here, and what is left out of one
// that is larger. The cuts are made in their order, each as often as it takes; what a
// reader misses least goes first. Sizes are estimated, so a part is cut a little below
// its limit; the tests count.
//
//	part                limit             what is cut
//	steps               3                 the last
//	a step              60 tokens         stepCuts: needs asks for what its args leave out
//	an error of ours    300 tokens        errorCuts: more and "and N more" count what is left out
//	one with findings   900 tokens        briefFindings above 300, then errorCuts
//	a list              the API's answer  listCuts, moreListCuts: what the items have and the page token stay
//
// What the API says of an error stays, and so does what detail and fields ask for. The
// limits of arguments are in limits.go; those of any text of an error, which guard
// against abuse, are in sanitize.go.
const (
	maxNext  = 3
	maxStep  = 59
	maxError = 275
	// maxFindings is for an error with the findings of a template, which are all to be
	// corrected: so they are cut last.
	maxFindings = 850
	nested      = 2 // tokens of brackets that the estimate misses in a step to wait
)

// These are how large a list may be by the estimate, in percent of the answer: with what
// can be left out of it, and its table alone, of which the estimate is closer.
const (
	percentOfList  = 95
	percentOfTable = 100
)

// bound cuts an outcome to its limits, as the last step before it is encoded.
func bound(out Outcome) {
	switch o := out.Structured.(type) {
	case *Result:
		o.Next = boundSteps(o.Next)
		if p, ok := o.Data.(dryRunData); ok && p.Refusal != nil {
			boundError(p.Refusal)
		}
		o.boundByAnswer()
	case *Error:
		o.Next = boundSteps(o.Next)
		if o.Status == 0 {
			boundError(o)
		}
	}
}

// cut makes a part smaller, and reports false where it can't.
type cut[T any] func(part T) bool

// apply makes cuts until the part fits, or nothing is left to be cut.
func apply[T any](cuts []cut[T], part T, fits func() bool) {
	for _, cut := range cuts {
		for more := true; more; more = cut(part) {
			if fits() {
				return
			}
		}
	}
}

// The steps of an answer.

var stepCuts = []cut[*catalog.Next]{
	shortenWait,
	askForLongest(func(n *catalog.Next, name string) bool {
		isID := slices.Contains(catalog.PathIDs(n.Tool), name) && len(jsonvalue.Encode(n.Args[name])) <= longID
		return name != argProject && name != argFor && !isID
	}),
	askForLongest(func(_ *catalog.Next, name string) bool { return name != argProject && name != argFor }),
	// the project last: a call without an id is refused, one without a project is made in another
	askForLongest(func(n *catalog.Next, name string) bool { return n.Tool != "project_confirm" && name != argFor }),
	func(n *catalog.Next) bool {
		before := n.Do
		n.Do = papi.Truncate(n.Do, len([]rune(n.Do))*3/4)
		return n.Do != before
	},
}

// boundSteps returns the first steps, each within its limit.
func boundSteps(next []catalog.Next) []catalog.Next {
	next = slices.Clone(next[:min(len(next), maxNext)])
	for i := range next {
		n := &next[i]
		n.Args, n.Needs = maps.Clone(n.Args), slices.Clone(n.Needs)
		limit := maxStep
		if waitsFor(n) != nil {
			limit -= nested
		}
		apply(stepCuts, n, func() bool { return estimateTokens(jsonvalue.Encode(n)) <= limit })
	}
	return next
}

// shortArgument is how many bytes of JSON an argument has that no step asks for, and
// longID from how many on an id is asked for like any other argument.
const (
	shortArgument = 12
	longID        = 40
)

// askForLongest has a step ask for the longest of some arguments, instead of repeating
// it: the caller has given it, or has read it in the answer.
func askForLongest(among func(n *catalog.Next, name string) bool) cut[*catalog.Next] {
	return func(n *catalog.Next) bool {
		longest, size := "", shortArgument
		for _, name := range slices.Sorted(maps.Keys(n.Args)) {
			if length := len(jsonvalue.Encode(n.Args[name])); length > size && among(n, name) {
				longest, size = name, length
			}
		}
		if longest == "" {
			return false
		}
		delete(n.Args, longest)
		if !slices.Contains(n.Needs, longest) {
			n.Needs = append(n.Needs, longest)
		}
		return true
	}
}

// The errors of ours.

var errorCuts = slices.Concat(
	[]cut[*Error]{briefFindings, lastViolation, lastFinding},
	each(shortInfo, 300, 150, 80, 40),
	[]cut[*Error]{func(e *Error) bool {
		e.Next = e.Next[:max(len(e.Next)-1, min(len(e.Next), 1))]
		return len(e.Next) > 1
	}},
	each(shortTexts, 500, 350, 200, 100),
)

// boundError cuts an error of ours. What a person is to confirm is short already, and
// stays.
func boundError(e *Error) {
	e.Next = boundSteps(e.Next)
	e.Info = maps.Clone(e.Info)
	apply(errorCuts, e, func() bool {
		limit := maxError
		if _, brief := e.Info["findings"].([]briefFinding); brief {
			limit = maxFindings
		}
		return maxTokens(jsonvalue.Encode(e)) <= limit
	})
}

// briefFinding is a finding without what its rule says of all of its findings.
type briefFinding struct {
	Rule      string `json:"rule"`
	Path      string `json:"path"`
	Message   string `json:"message"`
	Corrected string `json:"corrected,omitempty"`
}

func briefFindings(e *Error) bool {
	if findings, _ := e.Info["findings"].([]lint.Finding); len(findings) > 0 {
		all := make([]briefFinding, len(findings))
		for i, f := range findings {
			all[i] = briefFinding{f.Rule, f.Path, f.Message, f.Corrected}
		}
		e.Info["findings"] = all
	}
	return false
}

// lastFinding leaves out the last of several findings; more counts them.
func lastFinding(e *Error) bool {
	findings, _ := e.Info["findings"].([]briefFinding)
	if len(findings) < 2 {
		return false
	}
	more, _ := e.Info["more"].(int)
	e.Info["findings"], e.Info["more"] = findings[:len(findings)-1], more+1
	return true
}

// each is a cut for each of these lengths, which is made once.
func each(shorten func(e *Error, length int), lengths ...int) []cut[*Error] {
	var all []cut[*Error]
	for _, length := range lengths {
		all = append(all, func(e *Error) bool {
			shorten(e, length)
			return false
		})
	}
	return all
}

// lastViolation leaves out the last of several violations; more counts them.
func lastViolation(e *Error) bool {
	violations, _ := e.Info["violations"].([]papi.Violation)
	if len(violations) < 2 {
		return false
	}
	more, _ := e.Info["more"].(int)
	e.Info["violations"], e.Info["more"] = violations[:len(violations)-1], more+1
	return true
}

// shortInfo shortens the texts and the lists in the information.
func shortInfo(e *Error, length int) {
	for name, value := range e.Info {
		e.Info[name] = shorter(value, length)
	}
}

func shortTexts(e *Error, length int) {
	if e.Confirmation == nil {
		e.Message, e.Resolution = papi.Truncate(e.Message, length), papi.Truncate(e.Resolution, length)
	}
}

// maxTokens is the estimate, and more for what takes the most tokens: other scripts,
// symbols and escapes.
func maxTokens(text []byte) int {
	rare := 0
	for _, b := range text {
		if b >= 0x80 || b == '\\' {
			rare++
		}
	}
	return estimateTokens(text) + rare*4/10
}

// shorter bounds the texts and the lists of a piece of information.
func shorter(value any, length int) any {
	switch v := value.(type) {
	case string:
		return papi.Truncate(v, length)
	case []papi.Violation:
		all := slices.Clone(v)
		for i := range all {
			all[i].Path, all[i].Nearest = papi.Truncate(v[i].Path, length), papi.Truncate(v[i].Nearest, length)
			all[i].Given, all[i].Allowed = shorter(v[i].Given, length), shorter(v[i].Allowed, length)
		}
		return all
	case []briefFinding:
		all := slices.Clone(v)
		for i := range all {
			all[i].Message, all[i].Corrected = papi.Truncate(v[i].Message, length), papi.Truncate(v[i].Corrected, length)
		}
		return all
	case []string:
		all := make([]any, len(v))
		for i := range v {
			all[i] = v[i]
		}
		return shorter(all, length)
	case []any:
		shown := length / 10
		all := make([]any, min(len(v), shown))
		for i := range all {
			all[i] = shorter(v[i], length)
		}
		if more := len(v) - shown; more > 0 {
			all = append(all, fmt.Sprintf("and %d more", more))
		}
		return all
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[papi.Truncate(name, length)] = shorter(field, length)
		}
		return object
	}
	return value
}

// The results of lists.

var listCuts = []cut[*Result]{
	// the steps that follow any list of the tool
	withoutSteps(func(r *Result, n catalog.Next) bool {
		return slices.ContainsFunc(catalog.Lookup(r.Tool).Next, func(s catalog.Step) bool { return s.Do == n.Do })
	}),
	func(r *Result) bool { // the counts, but how many there are on all pages
		counts := r.Counts
		r.Counts = nil
		if total, more := counts[countTotal]; more {
			r.Counts = map[string]any{countTotal: total}
		}
		return false
	},
	func(r *Result) bool { r.Now = ""; return false },
}

// moreListCuts follow where the answer has all that the contract requires.
var moreListCuts = []cut[*Result]{
	// the step to the next page, which nextPageToken names, then those to what the rows show
	withoutSteps(func(r *Result, n catalog.Next) bool { return n.Tool == r.Tool }),
	withoutSteps(func(*Result, catalog.Next) bool { return true }),
	func(r *Result) bool { // the table: the items are as the API has them
		if table, isTable := r.Data.(*Table); isTable && table.items != nil && len(table.Other) == 0 && (&sanitizer{}).isClean(table.items) {
			r.Data = &Items{List: table.items, table: table}
		}
		return false
	},
}

// withoutSteps leaves out some steps.
func withoutSteps(which func(r *Result, n catalog.Next) bool) cut[*Result] {
	return func(r *Result) bool {
		r.Next = slices.DeleteFunc(slices.Clone(r.Next), func(n catalog.Next) bool { return which(r, n) })
		return false
	}
}

// Items is a list whose table would be longer than the API's answer: the items as they
// are there. The text shows the table all the same.
type Items struct {
	List  []any
	table *Table
}

// MarshalJSON implements json.Marshaler.
func (i *Items) MarshalJSON() ([]byte, error) { return jsonvalue.Encode(i.List), nil }

// boundByAnswer cuts the result of a list to the size of the API's answer. One that fits
// as it is keeps its JSON.
func (r *Result) boundByAnswer() {
	table, isList := r.Data.(*Table)
	if !isList || r.answer == nil || len(table.Rows) == 0 {
		return
	}
	answer := compact(r.answer)
	r.encoded = jsonvalue.Encode(r)
	if len(r.encoded) <= len(answer)/farBelow {
		return
	}
	limit := estimateTokens(answer)
	if len(r.Warnings) == 0 && estimateTokens(r.encoded) <= limit*percentOfList/100 {
		return
	}
	r.encoded = nil
	size := estimateTokens(jsonvalue.Encode(table)) // once: it is most of the result
	within := func(percent int) func() bool {
		return func() bool {
			rest := *r
			rest.Data, rest.Warnings = nil, nil // which the caller caused
			return size+dataKey+estimateTokens(jsonvalue.Encode(&rest)) <= limit*percent/100
		}
	}
	apply(listCuts, r, within(percentOfList))
	if fits := within(percentOfTable); !fits() && r.isWhole() {
		apply(moreListCuts, r, fits)
	}
}

// farBelow is how many times shorter than the answer a result is that needs no estimate.
const farBelow = 2

// isWhole reports whether an answer with a list, and each of its items, has what the
// contract requires: another one is no measure.
func isWhole(row *catalog.Row, answer any) bool {
	has := func(part *contractPart, value any) bool {
		object := jsonvalue.Object(value, "")
		return slices.ContainsFunc(part.schemas, func(s *papi.Schema) bool {
			return !slices.ContainsFunc(s.Required, func(name string) bool { return object[name] == nil })
		})
	}
	lacks := func(item any) bool { return !has(itemPart(row), item) }
	return has(answerPart(row), answer) && !slices.ContainsFunc(jsonvalue.List(answer, row.List()), lacks)
}

// dataKey is how many tokens "data": has in a result.
const dataKey = 3

// compact is JSON without the blanks of one that is written on several lines.
func compact(raw []byte) []byte {
	if !bytes.ContainsRune(raw, '\n') {
		return raw
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}
