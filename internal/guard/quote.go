package guard

import (
	"fmt"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// Text of the API or the caller is quoted in a question, on one line and of
// bounded length: it can neither pass for a text of ours nor push one out of
// view.
const (
	maxOfName    = 80
	maxOfWord    = 40
	maxOfAddress = 200
	maxListed    = 10
	maxBrief     = 3 // of a list in an answer
)

// Name quotes a name or an id of others.
func Name(text string) string { return papi.Quoted(text, maxOfName) }

// Address quotes a URL of others.
func Address(text string) string { return papi.Quoted(text, maxOfAddress) }

var plainWord = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$`)

// Word shows a state, a code or the name of a field: as it is where it looks
// like one, else quoted.
func Word(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return papi.Quoted(text, maxOfWord)
}

// words lists words, the first of them where there are many.
func words(texts []string) string {
	shown := make([]string, len(texts))
	for i, text := range texts {
		shown[i] = Word(text)
	}
	return listed(shown, maxListed)
}

// listed joins texts, the first of them where there are more than max.
func listed(texts []string, max int) string {
	more := len(texts) - max
	if more <= 0 {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:max], ", "), more)
}

// stateOf says in which state a thing is, as a sentence without its end.
func stateOf(thing map[string]any) string {
	if state := jsonvalue.Text(thing, "state"); state != "" {
		return "It is " + Word(state)
	}
	return "It is not live yet"
}

// stateAndChanges says in which state a thing and its pending changes are.
func stateAndChanges(thing map[string]any) string {
	if changes := pending(thing); changes != "" {
		return fmt.Sprintf("%s and has pending changes (%s).", stateOf(thing), Word(changes))
	}
	return stateOf(thing) + "."
}

// detailName quotes a name in the details of a thing, "" where it has none.
func detailName(thing map[string]any, field string) string {
	return nameOf(thing, "details."+field, "changes.details."+field)
}

// nameOf quotes the first of the fields that holds a name, "" where none does.
func nameOf(thing map[string]any, fields ...string) string {
	for _, field := range fields {
		if name := jsonvalue.Text(thing, field); name != "" {
			return Name(name)
		}
	}
	return ""
}
