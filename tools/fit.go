package tools

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// The bounds here keep an answer small whatever the caller and the API wrote. They are
// checked by estimate: fitError leaves room to the 300 tokens of an error.
const (
	fitStep  = 60
	fitError = 275
	shortID  = 40 // bytes of JSON of an id that a step always has
	short    = 12 // and of any other argument
	nested   = 4  // tokens of brackets that the estimate misses in a step to wait
)

// fit bounds the steps of an outcome, and all of an error of ours. What the API
// itself says of an error stays.
func fit(out Outcome) {
	switch o := out.Structured.(type) {
	case *Result:
		o.Next = fitSteps(o.Next)
		if p, ok := o.Data.(preview); ok && p.Refusal != nil {
			p.Refusal.Next = fitSteps(p.Refusal.Next)
			shortenError(p.Refusal)
		}
	case *Error:
		o.Next = fitSteps(o.Next)
		if o.Status == 0 {
			shortenError(o)
		}
	}
}

// fitSteps has each step that is too long ask for what it repeats, the longest first.
// Short ids stay, and so does a project, which is there only where the call has named
// it: without it the step would be taken in another.
func fitSteps(next []catalog.Next) []catalog.Next {
	next = slices.Clone(next)
	for i := range next {
		n := &next[i]
		for tokensOf(n) > fitStep {
			if shortenWait(n) {
				continue
			}
			name := repeatable(n)
			if name == "" {
				break
			}
			n.Args = maps.Clone(n.Args)
			delete(n.Args, name)
			if n.Needs = slices.Clone(n.Needs); !slices.Contains(n.Needs, name) {
				n.Needs = append(n.Needs, name)
			}
		}
	}
	return next
}

// tokensOf estimates the tokens of a step. What is written in digits and letters mixed,
// as ids are, takes more than words do.
func tokensOf(n *catalog.Next) int {
	bare := *n
	bare.Via, bare.Args = "", map[string]any{}
	tokens := 0
	for name, value := range n.Args {
		if name == argProject {
			continue
		}
		if waitsFor(n) != nil {
			shape, texts := withoutTexts(value)
			bare.Args[name] = shape
			tokens += texts + nested
			continue
		}
		text := jsonvalue.Encode(value)
		if bare.Args[name] = ""; bytes.ContainsAny(text, "0123456789") {
			tokens += len(text) * 7 / 10
		} else {
			tokens += estimateTokens(text)
		}
	}
	return tokens + estimateTokens(jsonvalue.Encode(bare))
}

// withoutTexts returns a value with its texts left empty, and the tokens of those.
func withoutTexts(value any) (shape any, tokens int) {
	switch v := value.(type) {
	case map[string]any:
		shape := make(map[string]any, len(v))
		for name, field := range v {
			inner, n := withoutTexts(field)
			shape[name], tokens = inner, tokens+n
		}
		return shape, tokens
	case []any:
		shape := make([]any, len(v))
		for i, item := range v {
			inner, n := withoutTexts(item)
			shape[i], tokens = inner, tokens+n
		}
		return shape, tokens
	}
	text := jsonvalue.Encode(value)
	if bytes.ContainsAny(text, "0123456789") {
		return "", len(text) * 7 / 10
	}
	return "", estimateTokens(text)
}

// repeatable is the argument of a step that is asked for instead, "" for none.
func repeatable(n *catalog.Next) string {
	var ids []string
	if row := catalog.Lookup(n.Tool); row != nil {
		ids = row.Op().PathIDs()
	}
	name, size := "", 0
	for _, arg := range slices.Sorted(maps.Keys(n.Args)) {
		length := len(jsonvalue.Encode(n.Args[arg]))
		if length > size && arg != argProject && (length > shortID || length > short && !slices.Contains(ids, arg)) {
			name, size = arg, length
		}
	}
	return name
}

// shortenError shortens an error of ours until it is small, what a reader misses least first: of
// many violations the last, of a list in the information all but a few, what was given,
// the later steps, and of a long text its end. What a person is to confirm stays: it is
// short already.
func shortenError(e *Error) {
	fits := func() bool { return maxTokens(jsonvalue.Encode(e)) <= fitError }
	if fits() {
		return
	}
	e.Info = maps.Clone(e.Info)
	if violations, ok := e.Info["violations"].([]papi.Violation); ok {
		violations = slices.Clone(violations)
		e.Info["violations"] = violations
		for len(violations) > 1 && !fits() {
			violations = violations[:len(violations)-1]
			more, _ := e.Info["more"].(int)
			e.Info["violations"], e.Info["more"] = violations, more+1
		}
	}
	for _, max := range []int{300, 150, 80, 40} {
		if fits() {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(e.Info)) {
			e.Info[name] = shorter(e.Info[name], max)
		}
	}
	for len(e.Next) > 1 && !fits() {
		e.Next = e.Next[:len(e.Next)-1]
	}
	for _, max := range []int{500, 350, 200, 100} {
		if !fits() && e.Confirmation == nil {
			e.Message, e.Resolution = papi.Truncate(e.Message, max), papi.Truncate(e.Resolution, max)
		}
	}
}

// maxTokens is the estimate, and more for what takes the most tokens: other scripts,
// symbols and escapes.
func maxTokens(text []byte) int {
	tokens := estimateTokens(text)
	rare := 0
	for _, b := range text {
		if b >= 0x80 || b == '\\' {
			rare++
		}
	}
	return tokens + rare*4/10
}

// shorter bounds the texts and the lists of a piece of information.
func shorter(value any, max int) any {
	switch v := value.(type) {
	case string:
		return papi.Truncate(v, max)
	case []papi.Violation:
		all := slices.Clone(v)
		for i := range all {
			all[i].Path, all[i].Nearest = papi.Truncate(v[i].Path, max), papi.Truncate(v[i].Nearest, max)
			all[i].Given, all[i].Allowed = shorter(v[i].Given, max), shorter(v[i].Allowed, max)
		}
		return all
	case []string:
		all := make([]any, len(v))
		for i := range v {
			all[i] = v[i]
		}
		return shorter(all, max)
	case []any:
		shown := max / 10
		all := make([]any, min(len(v), shown))
		for i := range all {
			all[i] = shorter(v[i], max)
		}
		if more := len(v) - shown; more > 0 {
			all = append(all, fmt.Sprintf("and %d more", more))
		}
		return all
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[papi.Truncate(name, max)] = shorter(field, max)
		}
		return object
	}
	return value
}
