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
			if n <= len(query)-i && slices.Equal(found.said, query[i:i+n]) {
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

// sayingWeight is what a synonym counts by the number of words said, where a word of
// the query counts 1.
var sayingWeight = []float64{0.8, 1, 1.2}
