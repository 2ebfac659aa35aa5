package lint

import (
	"embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"papi-mcp/internal/lazyregexp"
)

// The words of the rules are data, a file for each language: a phrase on each line,
// without accents and in lower case. A star at the end of a word means any ending, #
// a number or a variable, ¤ a currency, and ... up to four words in between. A line
// that begins with ! is a phrase that says nothing: it is taken out of the text first.
//
//go:embed words/*.txt
var wordFiles embed.FS

// phrases are the phrases of a file.
type phrases struct {
	find, ignore [][]string
}

var loaded sync.Map // by the name of the file: func() *phrases

// loadPhrases reads a file of phrases, once; nil where there is none.
func loadPhrases(name string) *phrases {
	load, _ := loaded.LoadOrStore(name, sync.OnceValue(func() *phrases {
		raw, err := wordFiles.ReadFile("words/" + name + ".txt")
		if err != nil {
			return nil
		}
		var p phrases
		for line := range strings.Lines(string(raw)) {
			line = strings.TrimSpace(line)
			switch rest, ignored := strings.CutPrefix(line, "!"); {
			case line == "" || strings.HasPrefix(line, "//"):
			case ignored:
				p.ignore = append(p.ignore, strings.Fields(rest))
			default:
				p.find = append(p.find, strings.Fields(line))
			}
		}
		return &p
	}))
	return load.(func() *phrases)()
}

// endOfSentence is the token of what no phrase goes across.
const endOfSentence = "."

// tokens are the words of a text as phrases have them: lower case, no accents. The spans
// are where in the text they are.
func tokens(text string) (words []string, spans [][]int) {
	spans = tokenText.FindAllStringIndex(text, -1)
	for _, span := range spans {
		words = append(words, fold(text[span[0]:span[1]]))
	}
	return words, spans
}

var (
	tokenText = lazyregexp.New(`\{\{[0-9]+\}\}|[0-9][xX][0-9]\b|[0-9]+(?:[.,][0-9]+)*|%|\p{Sc}|[\pL\pM]+(?:['’][\pL\pM]+)*|[.!?…](?:\s|$)|\s[-–—]\s|\n\s*\n`)
	// numberToken is a number or a variable; 2x1 is an offer.
	numberToken = lazyregexp.New(`^(?:\{\{.*|[0-9.,]+)$`)
)

// fold returns a token as phrases have it.
func fold(token string) string {
	first, _ := utf8.DecodeRuneInString(token)
	switch {
	case numberToken.MatchString(token):
		return "#"
	case unicode.Is(unicode.Sc, first):
		return "¤"
	case first != '%' && !isWordRune(first):
		return endOfSentence
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(token))
}

// in returns the piece of the text that is the first phrase found; "" for none.
func (p *phrases) in(text string) string {
	words, spans := tokens(text)
	for _, phrase := range p.ignore {
		for i := 0; i < len(words); i++ {
			if n := matchAt(words[i:], phrase); n > 0 {
				for j := range n {
					words[i+j] = ""
				}
			}
		}
	}
	for _, phrase := range p.find {
		for i := range words {
			if n := matchAt(words[i:], phrase); n > 0 {
				return text[spans[i][0]:spans[i+n-1][1]]
			}
		}
	}
	return ""
}

const maxBetween = 4

// matchAt is how many of the words a phrase takes that begins with the first; 0 where
// it does not.
func matchAt(words, phrase []string) int {
	if len(phrase) == 0 {
		return 0
	}
	n := 0
	for i, want := range phrase {
		if want == "..." {
			for skip := range maxBetween + 1 {
				if n+skip > len(words) || skip > 0 && words[n+skip-1] == endOfSentence {
					return 0
				}
				if rest := matchAt(words[n+skip:], phrase[i+1:]); rest > 0 {
					return n + skip + rest
				}
			}
			return 0
		}
		if n == len(words) || !isWord(words[n], want) {
			return 0
		}
		n++
	}
	return n
}

func isWord(word, want string) bool {
	if stem, any := strings.CutSuffix(want, "*"); any {
		return strings.HasPrefix(word, stem)
	}
	return strings.ReplaceAll(word, "’", "'") == want
}

// checkCategoryMarketing finds words that sell in a template that may not: Meta moves
// it to MARKETING, which costs more.
func checkCategoryMarketing(v *view, r *report) {
	code, _, _ := strings.Cut(v.Language, "_")
	if v.Category != utility {
		return
	}
	promotional := loadPhrases("marketing_" + strings.ToLower(code))
	if promotional == nil {
		return
	}
	v.eachText(func(t text) {
		if found := promotional.in(t.value); found != "" {
			r.add(t.at, "says %s, which is promotional: Meta moves such a UTILITY template to MARKETING, which costs more", quote(found))
		}
	}, header, body, footer, label)
}

var (
	inBrackets = lazyregexp.New(`\[[^\[\]]{1,40}\]|<[^<>]{1,40}>`)
	// leftOver is what was to be replaced before sending.
	leftOver = lazyregexp.New(`(?i:lorem ipsum|dolor sit amet)|\b(?:TODO|TBD|TBC|FIXME|X{3,})\b|_{3,}|\.{5,}|(?i:\b(?:insert|enter|add|type) (?:your |the |a )?(?:\pL+ ){1,3}here\b|\byour (?:company|business|brand|store|shop|app) name\b|\bplaceholder\b)`)
)

func checkPlaceholderLeft(v *view, r *report) {
	for _, t := range v.texts {
		if t.role == address || t.role == phone {
			continue
		}
		found := ""
		for _, one := range inBrackets.FindAllString(t.value, -1) {
			if found == "" && isPlaceholder(one) && !strings.Contains(t.value, "["+one+"]") {
				found = one
			}
		}
		if found == "" {
			found = leftOver.FindString(t.value)
		}
		if found != "" {
			r.add(t.at, "has %s, a placeholder that was not filled in: write the text, or a variable", quote(found))
		}
	}
}

// isPlaceholder reports whether all words in brackets are those of placeholders.
func isPlaceholder(text string) bool {
	words, _ := tokens(text)
	words = slices.DeleteFunc(words, func(word string) bool { return word == endOfSentence })
	known := loadPhrases("placeholders")
	for _, word := range words {
		fits := false
		for _, phrase := range known.find {
			fits = fits || isWord(word, phrase[0])
		}
		if !fits {
			return false
		}
	}
	return len(words) > 0
}
