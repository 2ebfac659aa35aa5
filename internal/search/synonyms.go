package search

import (
	"slices"
	"strings"
)

// synonyms have what sayings mean, by the first term of each.
type synonyms map[string][]synonym

type synonym struct{ said, meant []string }

func newSynonyms(words map[string]string) synonyms {
	s := synonyms{}
	for meaning, sayings := range words {
		for saying := range strings.SplitSeq(sayings, ",") {
			said := Terms(saying)
			s[said[0]] = append(s[said[0]], synonym{said, Terms(meaning)})
		}
	}
	return s
}

// meant calls a function with the terms that a query's sayings mean, and what they
// count: a saying of several words is rarely meant otherwise. It returns the first terms
// of those.
func (s synonyms) meant(query []string, use func(term string, weight float64)) (first []string) {
	for i, term := range query {
		for _, found := range s[term] {
			n := len(found.said)
			if found.begins(query[i:]) {
				if n > 1 {
					first = append(first, term)
				}
				for _, meant := range found.meant {
					use(meant, sayingWeight[min(n, len(sayingWeight))-1])
				}
			}
		}
	}
	return first
}

// begins says that a query begins with a saying. A verb and its particle may have a few
// words between them: "take the number off".
func (s synonym) begins(query []string) bool {
	n := len(s.said)
	if n <= len(query) && slices.Equal(s.said, query[:n]) {
		return true
	}
	return n == 2 && particles[s.said[1]] && slices.Contains(query[1:min(len(query), 2+maxBetween)], s.said[1])
}

// maxBetween is how many words may be between a verb and its particle.
const maxBetween = 4

var particles = map[string]bool{"off": true, "on": true, "up": true, "down": true, "out": true, "away": true, "back": true, "again": true, "to": true}

// sayingWeight is what a synonym counts by the number of words said, where a word of
// the query counts 1.
var sayingWeight = []float64{0.8, 1, 1.2}
