package lint

import (
	"slices"
	"strings"
	"unicode"

	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// checkEdge refuses a body that begins or ends with a variable. With nothing but
// punctuation outside of it, Meta's own page has an example, and its API has refused
// some.
func checkEdge(v *view, r *report) {
	v.eachText(func(t text) {
		pieces := t.found.pieces
		if len(pieces) == 1 {
			return
		}
		for _, edge := range []struct{ does, piece, where string }{{"starts", pieces[0], "before"}, {"ends", pieces[len(pieces)-1], "after"}} {
			switch {
			case isBlank(edge.piece):
				r.add(t.at, "%s with a variable: write words %s it", edge.does, edge.where)
			case !hasWords(edge.piece):
				r.addAs(Likely, t.at, "", "%s with a variable, with only %s %s it: write words there", edge.does, quote(strings.TrimSpace(edge.piece)), edge.where)
			}
		}
	}, body)
}

// isBlank reports whether a text shows nothing: blanks, and characters that only say how
// their neighbours are written, such as the direction.
func isBlank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) })
}

func hasWords(text string) bool { return strings.ContainsFunc(text, isWordRune) }

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func checkAdjacent(v *view, r *report) {
	const says = "has two variables with nothing between them: write words between them, or make them one"
	v.eachText(func(t text) {
		pieces := t.found.pieces
		for i := 1; i < len(pieces)-1; i++ {
			switch {
			case isBlank(pieces[i]):
				r.add(t.at, says)
				return
			case isBlank(withoutMarks(pieces[i-1], pieces[i], pieces[i+1])):
				r.addAs(Likely, t.at, "", says)
				return
			}
		}
	}, body)
}

// withoutMarks is the text between two variables without the marks that format one of
// them: those that are on both sides of it.
func withoutMarks(before, between, after string) string {
	for _, marks := range []string{"```", "`", "*", "_", "~"} {
		if strings.HasSuffix(before, marks) {
			between = strings.TrimPrefix(between, marks)
		}
		if strings.HasPrefix(after, marks) {
			between = strings.TrimSuffix(between, marks)
		}
	}
	return between
}

// checkDensity counts words as those do who send many templates: Meta does not publish
// its number.
func checkDensity(v *view, r *report) {
	v.eachText(func(t text) {
		wrong := slices.Compact(slices.Sorted(slices.Values(t.found.wrong)))
		variables := len(t.found.distinct()) + len(wrong)
		words := 0
		for _, piece := range t.found.pieces {
			words += countWords(piece)
		}
		if least := 2*variables + 1; variables > 0 && words < least {
			r.add(t.at, "has %s for %s: write at least %d", papi.Count(words, "word"), papi.Count(variables, "variable"), least)
		}
	}, body)
}

// lettersOfAWord are, for scripts without spaces between words, about how many letters
// a word has.
var lettersOfAWord = []struct {
	scripts []*unicode.RangeTable
	letters int
}{
	{[]*unicode.RangeTable{unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}, 5},
	{[]*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana}, 2},
}

func countWords(text string) int {
	words := 0
	for _, s := range lettersOfAWord {
		letters := 0
		text = strings.Map(func(r rune) rune {
			if unicode.IsOneOf(s.scripts, r) {
				if unicode.IsLetter(r) {
					letters++
				}
				return ' '
			}
			return r
		}, text)
		words += (letters + s.letters - 1) / s.letters
	}
	for word := range strings.FieldsSeq(text) {
		if hasWords(word) {
			words++
		}
	}
	return words
}

func checkHeaderText(v *view, r *report) { checkPlain(v, r, header) }
func checkFooterText(v *view, r *report) { checkPlain(v, r, footer) }
func checkButtonText(v *view, r *report) { checkPlain(v, r, label, autofill) }

// checkPlain finds what the short texts of a template can't have.
func checkPlain(v *view, r *report, roles ...role) {
	v.eachText(func(t text) {
		var has []string
		if strings.ContainsAny(t.value, lineBreaks) {
			has = append(has, "a line break")
		}
		if countEmoji(t.value) > 0 {
			has = append(has, "emoji")
		}
		if marks := markdown.FindString(t.value); marks != "" {
			has = append(has, "formatting such as "+quote(strings.TrimSpace(marks)))
		} else if t.role == header && strings.Contains(t.value, "*") {
			has = append(has, "an asterisk")
		}
		if has != nil {
			r.fix(t.at, plain(t.value, t.role), "has %s, which %s can't have", strings.Join(has, " and "), t.role)
		}
	}, roles...)
}

const lineBreaks = "\n\r\v\f\u0085\u2028\u2029"

// markdown finds WhatsApp's formatting: a pair of marks around words.
var markdown = lazyregexp.New("(?:^|[^\\pL\\pN])\\*[^*\\s](?:[^*]*[^*\\s])?\\*(?:$|[^\\pL\\pN])|(?:^|[^\\pL\\pN_])_[^_\\s](?:[^_]*[^_\\s])?_(?:$|[^\\pL\\pN_])|(?:^|[^\\pL\\pN~])~[^~\\s](?:[^~]*[^~\\s])?~(?:$|[^\\pL\\pN~])|`[^`]+`|`{3}")

// times is an asterisk for a multiplication sign, which no header can have either.
var times = lazyregexp.New(`([0-9]\s?)\*(\s?[0-9])`)

// plain is a text without line breaks, emoji and formatting; a header is without any
// asterisk.
func plain(text string, role role) string {
	text = withoutEmoji(text)
	for range 3 { // marks may be within marks
		text = markdown.ReplaceAllStringFunc(text, func(marked string) string {
			return strings.ReplaceAll(unpair(unpair(unpair(marked, "*"), "_"), "~"), "`", "")
		})
	}
	if role == header {
		text = strings.ReplaceAll(times.ReplaceAllString(text, "${1}×$2"), "*", "")
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if strings.ContainsRune(lineBreaks, r) {
			return ' '
		}
		return r
	}, text)), " ")
}

// unpair removes the first and the last of a mark.
func unpair(text, mark string) string {
	first, last := strings.Index(text, mark), strings.LastIndex(text, mark)
	if first < 0 || first == last {
		return text
	}
	return text[:first] + text[first+1:last] + text[last+1:]
}

var (
	manyLineBreaks = lazyregexp.New(`(?:(?:\r\n|[` + lineBreaks + `])[ \t]*){3,}`)
	manySpaces     = lazyregexp.New(`\t| {5,}`)
)

// checkBodySpacing refuses many line breaks, as Meta's own editor does. Of tabs and
// spaces Meta says so only for the values of variables.
func checkBodySpacing(v *view, r *report) {
	v.eachText(func(t text) {
		corrected := manySpaces.ReplaceAllString(manyLineBreaks.ReplaceAllString(t.value, "\n\n"), " ")
		if manyLineBreaks.MatchString(t.value) {
			r.fix(t.at, corrected, "has more than two line breaks in a row")
		} else if manySpaces.MatchString(t.value) {
			r.addAs(Likely, t.at, corrected, "has a tab, or more than four spaces in a row")
		}
	}, body)
	for _, p := range v.components {
		if p.kind != "BODY" {
			continue
		}
		v.examplesOf(p, func(path, example string) {
			if strings.ContainsAny(example, "\n\t") || manySpaces.MatchString(example) {
				r.addAs(Likely, path, manySpaces.ReplaceAllString(strings.ReplaceAll(example, "\n", " "), " "), "has a line break, a tab or more than four spaces in a row, which no value can have")
			}
		})
	}
}

// emojiLimits are how many emoji a body may have, by category.
var emojiLimits = map[string]int{marketing: 10, utility: 6}

func checkEmojiMany(v *view, r *report) {
	limit, limited := emojiLimits[v.Category]
	if !limited {
		return
	}
	v.eachText(func(t text) {
		if n := countEmoji(t.value); n > limit {
			r.add(t.at, "has %d emoji; a template of %s has at most %d", n, v.Category, limit)
		}
	}, body)
}

// shorteners are hosts whose links hide where they lead.
var shorteners = []string{"bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly", "rb.gy", "t.ly", "shorturl.at", "tiny.cc", "v.gd", "bl.ink", "short.io", "shorte.st", "adf.ly"}

var hostInText = lazyregexp.New(`(?i)(?:^|[\s(<"']|://)((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?:[^\pL\pN-]|$)`)

func checkTextLink(v *view, r *report) {
	v.eachText(func(t text) {
		for _, match := range hostInText.FindAllStringSubmatch(t.value, -1) {
			host := strings.ToLower(match[1])
			if isBelow(host, restrictedHosts) != "" {
				r.add(t.at, "has a link to %s: a template of the project is answered in WhatsApp already", host)
			} else if isBelow(host, shorteners) != "" {
				r.add(t.at, "has a link to %s, which hides where it leads: give the link of your own site", host)
			}
		}
	}, header, body, footer)
	v.eachText(func(t text) {
		if host := hostOf(t.value); isBelow(host, shorteners) != "" {
			r.add(t.at, "leads to %s, which hides where it leads: give the link of your own site", host)
		}
	}, address)
}
