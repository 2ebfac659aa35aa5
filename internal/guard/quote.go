package guard

import (
	"fmt"
	"regexp"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// What a question tells of others - the API, the caller - is quoted, on one
// line and of bounded length: it can neither pass for words of ours nor push
// them out of view.
const (
	maxOfName    = 80
	maxOfWord    = 40
	maxOfAddress = 200
	maxListed    = 10
)

// Name quotes a name or an id of others.
func Name(text string) string { return papi.Quoted(text, maxOfName) }

// Address quotes a URL of others.
func Address(text string) string { return papi.Quoted(text, maxOfAddress) }

var plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$`)

// Word is a state, a code or the name of a field: as it is where it looks like
// one, else quoted.
func Word(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return papi.Quoted(text, maxOfWord)
}

// words lists words, the first of them where there are many.
func words(texts []string) string {
	shown := make([]string, 0, maxListed)
	for _, text := range texts[:min(len(texts), maxListed)] {
		shown = append(shown, Word(text))
	}
	return listed(shown, len(texts))
}

// listed joins what is shown of so many.
func listed(shown []string, of int) string {
	list := strings.Join(shown, ", ")
	if more := of - len(shown); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// stands says how a thing stands, as the end of a sentence.
func stands(thing map[string]any) string {
	state := "is not live yet"
	if s := jsonvalue.Text(thing, "state"); s != "" {
		state = "is " + Word(s)
	}
	if changes := pending(thing); changes != "" {
		return fmt.Sprintf("%s and has pending changes (%s)", state, Word(changes))
	}
	return state
}

// called is what a thing is called in a sentence: its kind, and its name where
// it has one.
func called(kind, itsName string) string {
	if itsName == "" {
		return kind
	}
	return kind + " " + Name(itsName)
}
