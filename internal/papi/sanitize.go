package papi

import (
	"strings"
	"unicode"
)

// Plain returns a text without the characters that can hide an instruction in
// it, or make it look other than it is: whatever comes from the API or a caller
// passes here before a model or a person reads it. What is sent to the API
// never does.
//
// Removed are controls other than newline and tab, bidi embeddings, overrides
// and isolates, tags, format characters that carry no script, Hangul fillers,
// line and paragraph separators, and each variation selector but the first
// after a character. CR LF becomes LF. Joiners, direction marks and the
// selectors of emoji stay: emoji, Persian, Arabic and Hebrew need them.
func Plain(text string) string {
	if !strings.ContainsFunc(text, suspect) { // hardly any text has one, and looking costs less than a copy
		return text
	}
	plain, _ := sanitize(text)
	return plain
}

// Hides tells whether Plain takes something out of a text that is worth a
// warning: anything but the CR of a CR LF.
func Hides(text string) bool {
	if !strings.ContainsFunc(text, suspect) {
		return false
	}
	_, removed := sanitize(text)
	return removed > 0
}

// Quoted returns a text of others as it may stand in a sentence of ours: plain,
// on one line, in double quotes, and with at most max characters, the last of
// which is an ellipsis where more were given. Runs of blanks become one, and
// quotes and backslashes inside are escaped, so that a text can neither end its
// own quotes nor push what follows out of view.
func Quoted(text string, max int) string {
	text = strings.Join(strings.Fields(Plain(text)), " ")
	var b strings.Builder
	b.WriteByte('"')
	n := 0
	for i, r := range text {
		n++
		if n >= max && i+len(string(r)) < len(text) {
			r = '…'
		}
		if r == '"' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if n >= max {
			break
		}
	}
	b.WriteByte('"')
	return b.String()
}

// sanitize counts what it removes, without the CR of a CR LF.
func sanitize(text string) (plain string, removed int) {
	var b strings.Builder
	b.Grow(len(text))
	takesSelector := false // the character before is one that a selector may follow
	for i, r := range text {
		switch {
		case r == '\r' && strings.HasPrefix(text[i+1:], "\n"):
			continue
		case hidden(r), unicode.Is(unicode.Variation_Selector, r) && !takesSelector:
			removed++
			continue
		}
		takesSelector = r >= ' ' && !unicode.In(r, unicode.Variation_Selector, unicode.Cf)
		b.WriteRune(r)
	}
	return b.String(), removed
}

// suspect tells whether a character may have to go.
func suspect(r rune) bool {
	return hidden(r) || r > 0x7f && unicode.Is(unicode.Variation_Selector, r)
}

// hidden tells whether a character is removed wherever it stands.
func hidden(r rune) bool {
	if r < 0x7f {
		return r < ' ' && r != '\n' && r != '\t'
	}
	switch r {
	case '\u061c', '\u200c', '\u200d', '\u200e', '\u200f': // joiners and direction marks carry script
		return false
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2028', '\u2029', '\u3164', '\uffa0':
		return true
	}
	// The prepended marks of Cf are seen: the Arabic number sign and its like.
	// The controls of Egyptian hieroglyphs carry script.
	return unicode.Is(unicode.Cc, r) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) && (r < 0x13430 || r > 0x1343f) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.Is(unicode.Variation_Selector, r)
}
