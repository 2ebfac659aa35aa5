// Package search finds documents by words: a small index in memory, ranked by
// BM25F over weighted fields. Words are compared by their stems, and a query is
// widened by synonyms. It knows nothing of tools; package tools makes the documents.
package search

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"papi-mcp/internal/lazyregexp"

	"github.com/agnivade/levenshtein"
	"github.com/kljensen/snowball/english"
)

// Field is a part that each document has. What matches in it counts by its weight.
type Field struct {
	Weight float64
	// Names says that its texts are names: each matches only completely, and counts no
	// less in a long list of them.
	Names bool
}

// Document is something to find, with its texts by field.
type Document struct {
	Name  string
	Texts [][]string
}

// Match is a document that was found, with a score that is comparable within one
// query.
type Match struct {
	Name  string
	Score float64
}

// The constants of BM25: how soon more of a word counts no further, and how much a
// long field lowers the weight of its words.
const (
	saturation = 1.2
	length     = 0.4
)

// What words count, where a word of the query counts 1: one that is a letter away,
// one that is part of an unknown name, the one that a plural suggests, those for a thing
// that is called by an unknown name, and those for a question.
const (
	nearWeight   = 0.8
	partWeight   = 0.4
	pluralWeight = 0.4
	namedWeight  = 0.5
	idWeight     = 0.4

	questionWeight = 0.5
)

// asked is how many of the first words of a query name what it asks for.
const asked = 5

// severalOf is what it counts that a document is the list of what a query asks for.
const severalOf = 5

// codeNumber is a one-time code.
var codeNumber = lazyregexp.New(`\b\d{3}-?\d{2,3}\b`)

// maxIDF bounds what a rare word counts: one that only happens to be in a single
// document must not outweigh the word for what is searched.
const maxIDF = 2.5

// longNumber is a phone number, with or without separators.
var longNumber = lazyregexp.New(`\+\d[\d ()-]{5,}\d\b|\b\d[\d ()-]{8,}\d\b`)

// covers is what it counts that a query has all words of a document's name. Half of
// them count a quarter.
const covers = 10

// otherWord is what the score of a document with another exclusive word is worth.
const otherWord = 0.4

// Index is an index of documents. It is safe for concurrent use.
type Index struct {
	names     []string
	nameTerms [][]string
	fields    []*field
	known     map[string]bool // the terms of all fields
	synonyms  synonyms
	// exclusive has the documents of each exclusive word.
	exclusive map[string][]int
	plural    string
	named     []string
	question  []string
	verb      string
}

// field is the index of the fields at one position.
type field struct {
	weight   float64
	postings map[string]map[int]float64 // by term and document, how much the term counts
}

// Words are what an index knows of the language of its documents.
type Words struct {
	// Synonyms are what users say, with commas between, by the words of the documents
	// that they mean.
	Synonyms map[string]string
	// Exclusive are words of names of which a document has one at most: a query with
	// one of them is hardly about a document that has another.
	Exclusive []string
	// Known are names that users give to nothing.
	Known []string
	// Question are the words for a query that begins like a question for yes or no.
	Question string
	// Named are the words for what users give names with an underscore.
	Named string
	// Verb is a word that means something at the beginning or the end of a query, as in
	// a name, and nothing within.
	Verb string
	// Plural is the word that a plural suggests.
	Plural string
}

// New returns an index of the documents, which have texts for each of the fields.
func New(fields []Field, documents []Document, language Words) *Index {
	x := &Index{known: map[string]bool{}, synonyms: newSynonyms(language.Synonyms), exclusive: map[string][]int{}, plural: stem(language.Plural), verb: stem(language.Verb), named: Terms(language.Named), question: Terms(language.Question)}
	for _, name := range language.Known {
		x.known[whole(name)] = true
	}
	for _, word := range language.Exclusive {
		x.exclusive[stem(word)] = nil
	}
	for d, doc := range documents {
		parts := Terms(strings.ReplaceAll(doc.Name, "_", " "))
		x.nameTerms = append(x.nameTerms, parts)
		for _, term := range parts {
			if all, ok := x.exclusive[term]; ok {
				x.exclusive[term] = append(all, d)
			}
		}
		x.names = append(x.names, doc.Name)
	}
	for i, f := range fields {
		terms := make([][]string, len(documents))
		for d, doc := range documents {
			for _, text := range doc.Texts[i] {
				if f.Names {
					terms[d] = append(terms[d], whole(text))
				} else {
					terms[d] = append(terms[d], Terms(text)...)
				}
			}
		}
		x.fields = append(x.fields, x.indexField(f, terms))
	}
	return x
}

// indexField indexes the terms that each document has in a field.
func (x *Index) indexField(of Field, terms [][]string) *field {
	f := &field{of.Weight, map[string]map[int]float64{}}
	total := 0
	for d, all := range terms {
		total += len(all)
		for _, term := range all {
			x.known[term] = true
			if f.postings[term] == nil {
				f.postings[term] = map[int]float64{}
			}
			f.postings[term][d]++
		}
	}
	average := float64(total) / float64(len(terms))
	for _, found := range f.postings {
		idf := min(maxIDF, math.Log(1+(float64(len(terms))-float64(len(found))+0.5)/(float64(len(found))+0.5)))
		for d, n := range found {
			normal := saturation
			if !of.Names {
				normal *= 1 - length + length*float64(len(terms[d]))/average
			}
			found[d] = idf * n * (saturation + 1) / (n + normal)
		}
	}
	return f
}

// Find returns the documents that have words of the query, the best first; those of
// equal score are in the order of the index.
func (x *Index) Find(query string) []Match {
	scores := make([]float64, len(x.names))
	weights, several := x.weigh(query), x.severalOf(query)
	for _, term := range slices.Sorted(maps.Keys(weights)) { // in one order, as sums of floats depend on it
		weight := weights[term]
		for _, f := range x.fields {
			for d, counts := range f.postings[term] {
				scores[d] += f.weight * weight * counts
			}
		}
	}
	for d, name := range x.nameTerms {
		covered := 0.0
		for _, term := range name {
			covered += min(1, weights[term])
		}
		covered /= float64(len(name))
		scores[d] += covers * covered * covered
		if last := len(name) - 1; last > 0 && name[last] == x.plural && several[name[last-1]] {
			scores[d] += severalOf
		}
	}
	x.exclude(scores, weights)
	var matches []Match
	for d, score := range scores {
		if score > 0 {
			matches = append(matches, Match{x.names[d], score})
		}
	}
	slices.SortStableFunc(matches, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
	return matches
}

// exclude lowers the scores of documents that have another exclusive word than the
// query.
func (x *Index) exclude(scores []float64, query map[string]float64) {
	if !slices.ContainsFunc(slices.Collect(maps.Keys(x.exclusive)), func(term string) bool { return query[term] > 0 }) {
		return
	}
	for term, documents := range x.exclusive {
		for _, d := range documents {
			if query[term] == 0 {
				scores[d] *= otherWord
			}
		}
	}
}

// weigh returns the terms of a query with what each counts.
func (x *Index) weigh(query string) map[string]float64 {
	weights := map[string]float64{}
	var only map[string]bool // the exclusive words that the query names, none for all
	add := func(term string, weight float64) {
		if _, exclusive := x.exclusive[term]; exclusive && len(only) > 0 && !only[term] {
			return
		}
		weights[term] = max(weights[term], weight)
	}
	if longNumber.MatchString(query) {
		add(x.verb, idWeight)
	}
	query = longNumber.ReplaceAllString(query, " number ")
	query = codeNumber.ReplaceAllString(query, " digit ")
	all := words(query)
	var terms []string // without the parts of names that a user gave to things
	for _, word := range all {
		if parts := Terms(word); len(all) > 1 && strings.Contains(word, "_") && !x.known[parts[0]] {
			terms = append(terms, parts[0])
			for _, term := range x.named {
				add(term, namedWeight)
			}
			add(x.verb, idWeight)
		} else {
			terms = append(terms, parts...)
		}
	}
	only = x.exclusiveOf(terms)
	said := x.synonyms.meant(terms, add)
	if len(all) > 0 && questions[strings.ToLower(all[0])] {
		for _, term := range x.question {
			add(term, questionWeight)
		}
	}
	if slices.ContainsFunc(all, isID) {
		add(x.verb, idWeight)
	}
	for i, word := range all {
		isVerb := stem(word) == x.verb && (i == 0 && !slices.Contains(said, x.verb) || i == len(all)-1)
		if stopWords[stem(word)] && !isVerb {
			continue
		}
		weight := 1.0
		if parts := Terms(word); len(all) > 1 && len(parts) > 1 && !x.known[parts[0]] {
			weight = partWeight // of a name that a user gave to a thing
		}
		for _, term := range Terms(word) {
			add(term, weight)
			if !x.known[term] && x.synonyms[term] == nil {
				for _, near := range x.misspelled(term) {
					add(near, nearWeight)
				}
			}
			if strings.HasSuffix(word, "s") && term+"s" == strings.ToLower(word) {
				add(x.plural, pluralWeight)
			}
		}
	}
	return weights
}

// isID says that a word is the id of one thing: it has digits.
func isID(word string) bool {
	return len(word) >= minID && strings.ContainsFunc(word, unicode.IsDigit)
}

// minID is the length of the shortest id, in bytes.
const minID = 4

// exclusiveOf returns the exclusive words that a query names, itself or by a saying that
// means nothing else.
func (x *Index) exclusiveOf(query []string) map[string]bool {
	named := map[string]bool{}
	for i, term := range query {
		if _, ok := x.exclusive[term]; ok {
			named[term] = true
		}
		for _, s := range x.synonyms[term] {
			if _, ok := x.exclusive[s.meant[0]]; ok && len(s.meant) == 1 && s.begins(query[i:]) {
				named[s.meant[0]] = true
			}
		}
	}
	return named
}

// severalOf returns the terms for the things of which a query asks for several.
func (x *Index) severalOf(query string) map[string]bool {
	things := map[string]bool{}
	all := words(longNumber.ReplaceAllString(query, " number1 "))
	if len(all) == 0 || !asks[strings.ToLower(all[0])] || slices.ContainsFunc(all, isID) {
		return things
	}
	for _, word := range all[:min(asked, len(all))] {
		if term := stem(word); term+"s" == strings.ToLower(word) || term+"es" == strings.ToLower(word) {
			things[term] = true
			x.synonyms.meant([]string{term}, func(meant string, _ float64) { things[meant] = true })
		}
	}
	return things
}

// misspelled returns the terms of the index that differ by one letter from one that
// has no meaning.
func (x *Index) misspelled(term string) []string {
	if len(term) < 5 || len(term) > maxWord || stopWords[term] {
		return nil
	}
	var near []string
	for known := range x.known {
		if len(known) >= 4 && levenshtein.ComputeDistance(term, known) == 1 {
			near = append(near, known)
		}
	}
	return near
}

// maxWord bounds the words that are compared with all others, in bytes.
const maxWord = 40

// Terms are the stems of a text's words: the names in it both as they are and word by
// word, and words in camel case apart.
func Terms(text string) []string {
	var terms []string
	for _, word := range words(text) {
		parts := strings.FieldsFunc(word, func(r rune) bool { return r == '_' || r == '-' })
		if len(parts) > 1 {
			terms = append(terms, whole(word))
		}
		for _, part := range parts {
			for _, single := range camelWords(part) {
				terms = append(terms, stem(single))
			}
		}
	}
	return terms
}

// words are those of a text, names among them as they are.
func words(text string) []string {
	all := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '\''
	})
	for i, word := range all {
		all[i] = strings.Trim(word, "_-'")
	}
	return all
}

// whole is a name as one term.
func whole(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "_")) }

func stem(word string) string {
	word = strings.ToLower(word)
	word = strings.TrimSuffix(word, "'s")
	word = strings.ReplaceAll(word, "'", "")
	if same := inflections[word]; same != "" {
		return same
	}
	return english.Stem(word, true)
}

// camelWords separates the words of a name in camel case.
func camelWords(name string) []string {
	var words []string
	start := 0
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		if unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i-1]) {
			words = append(words, string(runes[start:i]))
			start = i
		}
	}
	return append(words, string(runes[start:]))
}
