package lint

import (
	"strings"
	"unicode"

	"papi-mcp/internal/lazyregexp"
)

// scripts are those that the languages of the contract are written in, by the
// language's code without its country; Latin where none is listed.
var scripts = map[string][]string{
	"AR": {"Arabic"}, "FA": {"Arabic"}, "UR": {"Arabic"}, "HE": {"Hebrew"}, "EL": {"Greek"}, "KA": {"Georgian"},
	"BG": {"Cyrillic"}, "MK": {"Cyrillic"}, "RU": {"Cyrillic"}, "UK": {"Cyrillic"}, "KY": {"Cyrillic"},
	"KK": {"Cyrillic", "Latin"}, "SR": {"Cyrillic", "Latin"}, "UZ": {"Latin", "Cyrillic"}, "AZ": {"Latin", "Cyrillic"},
	"HI": {"Devanagari"}, "MR": {"Devanagari"}, "BN": {"Bengali"}, "GU": {"Gujarati"}, "PA": {"Gurmukhi", "Arabic"},
	"TA": {"Tamil"}, "TE": {"Telugu"}, "KN": {"Kannada"}, "ML": {"Malayalam"}, "TH": {"Thai"}, "LO": {"Lao"},
	"JA": {"Hiragana", "Katakana", "Han"}, "KO": {"Hangul", "Han"}, "ZH": {"Han", "Bopomofo"},
	"HA": {"Latin", "Arabic"}, "MS": {"Latin", "Arabic"},
}

var latin = []string{"Latin"}

var links = lazyregexp.New(`https?://\S+|www\.\S+`)

// leastLetters is from how many letters on a text's script says something.
const leastLetters = 10

// checkScript compares the script of most letters of a body with its language. A
// language of the same script is not noticed.
func checkScript(v *view, r *report) {
	code, _, _ := strings.Cut(v.Language, "_")
	if code == "" {
		return
	}
	own := scripts[code]
	if own == nil {
		own = latin
	}
	v.eachText(func(t text) {
		counts, letters := map[string]int{}, 0
		for _, piece := range t.found.pieces {
			for _, c := range links.ReplaceAllString(piece, "") {
				if script := scriptOf(c); script != "" {
					counts[script]++
					letters++
				}
			}
		}
		fit := 0
		for _, script := range own {
			fit += counts[script]
		}
		if letters < leastLetters || fit*2 >= letters {
			return
		}
		most := ""
		for script, n := range counts {
			if n > counts[most] || n == counts[most] && script < most {
				most = script
			}
		}
		r.add(t.at, "is written in %s letters, and the language %s is written in %s", most, v.Language, strings.Join(own, " or "))
	}, body, header)
}

// scriptOf is the script of a letter; "" for other characters.
func scriptOf(c rune) string {
	if !unicode.IsLetter(c) {
		return ""
	}
	if c < unicode.MaxASCII {
		return "Latin"
	}
	for _, script := range allScripts {
		if unicode.Is(unicode.Scripts[script], c) {
			return script
		}
	}
	return "other"
}

// allScripts are those of all languages.
var allScripts = []string{
	"Latin", "Arabic", "Hebrew", "Greek", "Georgian", "Cyrillic", "Devanagari", "Bengali", "Gujarati", "Gurmukhi", "Tamil",
	"Telugu", "Kannada", "Malayalam", "Thai", "Lao", "Han", "Hiragana", "Katakana", "Hangul", "Bopomofo",
}
