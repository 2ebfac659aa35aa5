package papi

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// longestGuess bounds what is compared with known names: nothing that anybody
// means by one of them is longer.
const longestGuess = 100

// Nearest returns the candidate that a wrong name most likely means, or ""
// where none or more than one is likely: the same letters, a name that others
// have for it, a slip of the keyboard, an abbreviation.
func Nearest(name string, candidates []string) string {
	if name == "" || len(name) > longestGuess {
		return ""
	}
	for _, likely := range []func(name, candidate string) bool{sameLetters, knownAs} {
		if found := only(candidates, func(c string) bool { return likely(name, c) }); found != "" {
			return found
		}
	}
	// A few letters may differ: one in four, and one at least.
	if len(letters(name)) >= 3 {
		if found := closest(letters(name), candidates, letters, max(1, len(name)/4)); found != "" {
			return found
		}
	}
	for _, likely := range []func(name, candidate string) bool{reorders, abbreviates, shortens} {
		if found := only(candidates, func(c string) bool { return likely(name, c) }); found != "" {
			return found
		}
	}
	return ""
}

// closest returns the candidate that differs from a text in the fewest letters,
// and in no more than most; "" where none or several do.
func closest(text string, candidates []string, fold func(string) string, most int) string {
	best, tie := "", false
	for _, c := range candidates {
		switch d := levenshtein.ComputeDistance(text, fold(c)); {
		case d < most, d == most && best == "":
			best, most, tie = c, d, false
		case d == most && c != best:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return best
}

// only returns the one candidate that fits, "" where none or several do.
func only(candidates []string, fits func(string) bool) string {
	found := ""
	for _, c := range candidates {
		if fits(c) {
			if found != "" && found != c {
				return ""
			}
			found = c
		}
	}
	return found
}

// letters folds case, and leaves out what separates words: sender_id is
// senderId.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. ", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

func sameLetters(name, candidate string) bool { return letters(name) == letters(candidate) }

// knownAs reports whether other APIs, or people, call the candidate so.
func knownAs(name, candidate string) bool {
	return slices.Contains(otherNames[candidate], letters(name))
}

// reorders reports whether the words are the same in another order: listWebhooks is
// webhook_list.
func reorders(name, candidate string) bool {
	given, known := wordsOf(name), wordsOf(candidate)
	for _, all := range [][]string{given, known} {
		for i, word := range all {
			all[i] = strings.TrimSuffix(word, "s")
		}
		slices.Sort(all)
	}
	return slices.Equal(given, known)
}

// abbreviates reports whether each word of name begins one of candidate:
// langCode is languageCode.
func abbreviates(name, candidate string) bool {
	short, long := wordsOf(name), wordsOf(candidate)
	if len(short) != len(long) {
		return false
	}
	for i, word := range short {
		if len(word) < 3 && word != long[i] || !strings.HasPrefix(long[i], word) {
			return false
		}
	}
	return true
}

// shortens reports whether one name is the end of the other, or the given one the
// beginning of the candidate, by whole words: number and phone are phoneNumber,
// templateName is name.
func shortens(name, candidate string) bool {
	short, long := wordsOf(name), wordsOf(candidate)
	begins := len(short) < len(long) && slices.Equal(long[:len(short)], short)
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(strings.Join(short, "")) < 4 {
		return false
	}
	return begins || slices.Equal(long[len(long)-len(short):], short)
}

// nearestValue returns the fixed value that a wrong one most likely means;
// several, joined by commas, where it may be any of them; "" where none is
// known. Codes of languages and countries lie so close together that their
// letters tell nothing: for them only what is known to be meant is offered.
func nearestValue(given string, values []string) string {
	if given == "" || len(given) > longestGuess {
		return ""
	}
	for _, v := range values {
		if spelling(v) == spelling(given) {
			return v
		}
	}
	switch {
	case areLanguages(values):
		return offer(languagesFor(given, values))
	case areCountries(values):
		return offer(countryFor(given, values))
	}
	if known := otherValues[spelling(given)]; known != "" {
		if found := only(values, func(v string) bool { return slices.Contains(strings.Fields(known), v) }); found != "" {
			return found
		}
	}
	if areCodes(values) {
		return ""
	}
	var parts []string
	for _, v := range values {
		if isPart(v, given) || isPart(given, v) {
			parts = append(parts, v)
		}
	}
	if parts != nil {
		return offer(parts)
	}
	if len(given) < 4 {
		return ""
	}
	return closest(spelling(given), values, spelling, (len(given)+1)/3)
}

// offer joins what may be meant; more than three are no help.
func offer(values []string) string {
	if len(values) > 3 {
		return ""
	}
	return strings.Join(values, ", ")
}

// isPart reports whether short is the end or the beginning of long, by whole words.
func isPart(long, short string) bool {
	long, short = spelling(long), spelling(short)
	before, ends := strings.CutSuffix(long, "_"+short)
	return len(short) >= 3 && (ends && !slices.Contains([]string{"NO", "NON", "NOT"}, before) || strings.HasPrefix(long, short+"_"))
}

// spelling folds case, and blanks and hyphens into underscores; blanks around
// the text mean nothing.
func spelling(text string) string {
	return underscored.Replace(strings.ToUpper(strings.TrimSpace(text)))
}

var underscored = strings.NewReplacer("-", "_", " ", "_")

// Spelled returns the fixed value that is certainly meant by another spelling
// of it: in other letters (en_us), without the beginning that all values share
// (TEXT for EMPHASIZE_TYPE_TEXT), or by a country's other code (UK for GB). It
// is "" where there is none.
func Spelled(given string, values []string) string {
	if len(given) > longestGuess {
		return ""
	}
	shared := sharedBeginning(values)
	for _, v := range values {
		if spelling(v) == spelling(given) || shared != "" && v == shared+spelling(given) {
			return v
		}
	}
	if areCountries(values) && spelling(given) == "UK" && slices.Contains(values, "GB") {
		return "GB"
	}
	return ""
}

// sharedBeginning is what all values begin with, up to the last underscore.
func sharedBeginning(values []string) string {
	if len(values) < 2 {
		return ""
	}
	shared := values[0]
	for _, v := range values[1:] {
		for !strings.HasPrefix(v, shared) {
			shared = shared[:len(shared)-1]
		}
	}
	return shared[:strings.LastIndex(shared, "_")+1]
}
