package papi

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// maxNameLength is the longest text that is compared with known names.
const maxNameLength = 100

// Nearest returns the candidate that an unknown name most likely means, or "" where
// none or several are likely: other case or separators, a synonym, a typo, the
// same words in another order, an abbreviation.
func Nearest(name string, candidates []string) string {
	if name == "" || len(name) > maxNameLength {
		return ""
	}
	first := func(criteria ...func(name, candidate string) bool) string {
		for _, matches := range criteria {
			if found := unique(candidates, func(c string) bool { return matches(name, c) }); found != "" {
				return found
			}
		}
		return ""
	}
	if found := first(sameLetters, isSynonym); found != "" {
		return found
	}
	// One letter in four may differ, and at least one.
	if letters := normalizeName(name); len(letters) >= 3 {
		if found := closest(letters, candidates, normalizeName, max(1, len(name)/4)); found != "" {
			return found
		}
	}
	return first(hasSameWords, isAbbreviation, isPrefixOrSuffix)
}

// closest returns the candidate with the smallest edit distance from a text, if
// that is at most max; "" where there is none, or several.
func closest(text string, candidates []string, normalize func(string) string, max int) string {
	best, tie := "", false
	for _, c := range candidates {
		switch d := levenshtein.ComputeDistance(text, normalize(c)); {
		case d < max, d == max && best == "":
			best, max, tie = c, d, false
		case d == max && c != best:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return best
}

// unique returns the one candidate that fits, "" where none or several do.
func unique(candidates []string, fits func(string) bool) string {
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

// normalizeName folds case and removes separators: sender_id becomes senderid, as
// senderId does.
func normalizeName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. ", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

func sameLetters(name, candidate string) bool { return normalizeName(name) == normalizeName(candidate) }

// isSynonym reports whether other APIs, or people, use the name for the candidate.
func isSynonym(name, candidate string) bool {
	return slices.Contains(nameSynonyms[candidate], normalizeName(name))
}

// hasSameWords reports whether the words are the same in any order: listWebhooks and
// webhook_list.
func hasSameWords(name, candidate string) bool {
	given, known := splitWords(name), splitWords(candidate)
	for _, all := range [][]string{given, known} {
		for i, word := range all {
			all[i] = strings.TrimSuffix(word, "s")
		}
		slices.Sort(all)
	}
	return slices.Equal(given, known)
}

// isAbbreviation reports whether each word of name is a prefix of the candidate's:
// langCode of languageCode.
func isAbbreviation(name, candidate string) bool {
	short, long := splitWords(name), splitWords(candidate)
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

// isPrefixOrSuffix reports whether one name is the end of the other, or the given one
// the beginning of the candidate, in complete words: number and phone are
// phoneNumber, templateName is name.
func isPrefixOrSuffix(name, candidate string) bool {
	short, long := splitWords(name), splitWords(candidate)
	begins := len(short) < len(long) && slices.Equal(long[:len(short)], short)
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(strings.Join(short, "")) < 4 {
		return false
	}
	return begins || slices.Equal(long[len(long)-len(short):], short)
}

// nearestValue returns the value of an enum that an unknown one most likely means;
// several, joined by commas, where it may be any of them; "" where none is likely.
// Codes of languages and countries are too similar for an edit distance: for them
// only other codes of the same language or country are recognized.
func nearestValue(given string, values []string) string {
	if given == "" || len(given) > maxNameLength {
		return ""
	}
	for _, v := range values {
		if normalizeValue(v) == normalizeValue(given) {
			return v
		}
	}
	switch {
	case isLanguageList(values):
		return joinFew(languagesFor(given, values))
	case isCountryList(values):
		return joinFew(countryFor(given, values))
	}
	synonyms := strings.Fields(valueSynonyms[normalizeValue(given)])
	if found := unique(values, func(v string) bool { return slices.Contains(synonyms, v) }); found != "" {
		return found
	}
	if isCodeList(values) {
		return ""
	}
	var parts []string
	for _, v := range values {
		if isPartOf(v, given) || isPartOf(given, v) {
			parts = append(parts, v)
		}
	}
	if parts != nil {
		return joinFew(parts)
	}
	if len(given) < 4 {
		return ""
	}
	return closest(normalizeValue(given), values, normalizeValue, (len(given)+1)/3)
}

// joinFew joins suggestions; more than three are of no help.
func joinFew(values []string) string {
	if len(values) > 3 {
		return ""
	}
	return strings.Join(values, ", ")
}

// isPartOf reports whether short is the end or the beginning of long, in complete
// words.
func isPartOf(long, short string) bool {
	long, short = normalizeValue(long), normalizeValue(short)
	before, ends := strings.CutSuffix(long, "_"+short)
	return len(short) >= 3 && (ends && !slices.Contains([]string{"NO", "NON", "NOT"}, before) || strings.HasPrefix(long, short+"_"))
}

// normalizeValue folds case, turns blanks and hyphens into underscores, and trims
// the text.
func normalizeValue(text string) string {
	return separators.Replace(strings.ToUpper(strings.TrimSpace(text)))
}

var separators = strings.NewReplacer("-", "_", " ", "_")

// CanonicalValue returns the value of an enum of which given is certainly another
// spelling: in other case (en_us), without the prefix that all values share (TEXT
// for EMPHASIZE_TYPE_TEXT), or a country's other code (UK for GB); "" where there
// is none.
func CanonicalValue(given string, values []string) string {
	if len(given) > maxNameLength {
		return ""
	}
	prefix := commonPrefix(values)
	for _, v := range values {
		if normalizeValue(v) == normalizeValue(given) || prefix != "" && v == prefix+normalizeValue(given) {
			return v
		}
	}
	if isCountryList(values) && normalizeValue(given) == "UK" && slices.Contains(values, "GB") {
		return "GB"
	}
	return ""
}

// commonPrefix returns the longest common prefix, up to its last underscore.
func commonPrefix(values []string) string {
	if len(values) < 2 {
		return ""
	}
	prefix := values[0]
	for _, v := range values[1:] {
		for !strings.HasPrefix(v, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix[:strings.LastIndex(prefix, "_")+1]
}
