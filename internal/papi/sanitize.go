package papi

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Printable returns a text as a model or a person may read it: without characters
// that can hide an instruction or disguise the text, and with the user and password
// of URLs masked. All text from the API or a caller passes here before it is read.
// What is sent to the API never does.
//
// Removed are controls other than newline and tab, bidi embeddings, overrides
// and isolates, tags, format characters that carry no script, Hangul fillers,
// line and paragraph separators, and each variation selector but the first
// after a character. CR LF becomes LF. Joiners, direction marks and the
// selectors of emoji stay: emoji, Persian, Arabic and Hebrew need them.
func Printable(text string) string {
	if hasSuspect(text) { // few texts have one, and this costs less than a copy
		text, _ = sanitize(text)
	}
	return maskUserinfo(text)
}

// HasHidden reports whether Printable removes characters that are worth a warning:
// any but the CR of a CR LF.
func HasHidden(text string) bool {
	if !hasSuspect(text) {
		return false
	}
	_, removed := sanitize(text)
	return removed > 0
}

// Quoted returns a text from outside as it may appear in a sentence of this server:
// printable, on one line, in double quotes, and with at most max characters, the
// last of which is an ellipsis where the text is longer. Runs of blanks become one,
// and quotes and backslashes inside are escaped, so that a text can neither end
// its own quotes nor push what follows out of view.
func Quoted(text string, max int) string {
	text = Truncate(strings.Join(strings.Fields(Printable(text)), " "), max)
	return `"` + quotes.Replace(strings.ToValidUTF8(text, "\ufffd")) + `"`
}

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Truncate shortens a text to at most max characters, the last of which is an
// ellipsis where the text is longer. The password of a URL is masked first: half of
// a URL no longer shows that it has one.
func Truncate(text string, max int) string {
	if len(text) <= max {
		return text
	}
	text = maskUserinfo(text)
	n, last := 0, 0 // characters, and the offset of the last that fits
	for i := range text {
		if n++; n == max {
			last = i
		}
		if n > max {
			return text[:last] + "…"
		}
	}
	return text
}

// EscapeHidden writes the characters of a JSON text that Printable would remove as
// \u escapes: the JSON is equal, and safe to show on a terminal.
func EscapeHidden(text []byte) []byte {
	if !bytes.ContainsFunc(text, suspect) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case !suspect(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}

// sanitize returns the text without hidden characters, and how many it removed, not
// counting the CR of a CR LF.
func sanitize(text string) (plain string, removed int) {
	var b strings.Builder
	b.Grow(len(text))
	takesSelector := false // a selector may follow the character before
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

func hasSuspect(text string) bool {
	for i := range len(text) { // most texts are ASCII
		switch c := text[i]; {
		case c >= 0x80:
			return strings.ContainsFunc(text[i:], suspect)
		case c == 0x7f, c < ' ' && c != '\n' && c != '\t':
			return true
		}
	}
	return false
}

// suspect reports whether a character may have to be removed.
func suspect(r rune) bool {
	return hidden(r) || r >= 0x180b && unicode.Is(unicode.Variation_Selector, r)
}

// hidden reports whether a character is removed in any position.
func hidden(r rune) bool {
	switch {
	case r < 0x7f:
		return r < ' ' && r != '\n' && r != '\t'
	case r > 0xad && r < 0x34f, r > 0x3164 && r < 0xd800: // most text: none of these is hidden
		return false
	}
	switch r {
	case '\u061c', '\u200c', '\u200d', '\u200e', '\u200f': // joiners and direction marks carry script
		return false
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2028', '\u2029', '\u3164', '\uffa0':
		return true
	}
	// The prepended marks of Cf are visible: the Arabic number sign and the like.
	// The controls of Egyptian hieroglyphs carry script.
	return unicode.Is(unicode.Cc, r) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) && (r < 0x13430 || r > 0x1343f) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.Is(unicode.Variation_Selector, r)
}
