package tools

import "bytes"

// estimateTokens estimates how many tokens of a model a text has. It is cut as the
// vocabularies of today cut it: into words with one sign before them (but |, which
// outlines have between values), numbers of three digits, and what is between. A long
// word has several tokens, and what has letters and digits, as ids have, has more.
func estimateTokens(text []byte) int {
	tokens, runEnds, isID := 0, 0, false
	for from := 0; from < len(text); {
		kind, to := kindOf(text[from]), from+1
		if kind == sign && text[from] != '|' && to < len(text) && kindOf(text[to]) <= upper {
			from, kind, to = to, kindOf(text[to]), to+1
		}
		if kind == upper && to < len(text) && kindOf(text[to]) == lower {
			kind = lower // a word with a capital
		}
		for to < len(text) && kindOf(text[to]) == kind {
			to++
		}
		if kind <= upper && from >= runEnds {
			runEnds, isID = run(text, from)
		}
		switch n := to - from; {
		case kind == upper && isID:
			tokens += (2*n + 2) / 3
		case kind == lower && isID:
			tokens += (n + 1) / 2
		case kind == lower && rareWords[string(text[from:to])] > 0: // the compiler makes no copy here
			tokens += rareWords[string(text[from:to])]
		case kind == sign && (n > 2 && bytes.IndexByte(text[from:to], ']') >= 0 || n > 3 && bytes.IndexByte(text[from:to], '[') >= 0):
			tokens += max(2, (n+perToken[sign]-1)/perToken[sign]) // brackets among signs are apart
		default:
			tokens += (n + perToken[kind] - 1) / perToken[kind]
		}
		from = to
	}
	return tokens
}

// rareWords are the tokens of words in the names of our tools that vocabularies lack.
var rareWords = map[string]int{"kakaotalk": 5, "whatsapp": 2, "questionnaire": 3, "discard": 2, "webhook": 2, "rcs": 2}

// run is where the letters and digits end that this letter is among, and whether there
// are both.
func run(text []byte, from int) (to int, mixed bool) {
	mixed = from > 0 && kindOf(text[from-1]) == digit
	for to = from; to < len(text) && kindOf(text[to]) <= digit; to++ {
		mixed = mixed || kindOf(text[to]) == digit
	}
	return to, mixed
}

// The kinds of bytes, and how many of each a token has.
const (
	lower = iota
	upper
	digit
	sign
	other
)

var perToken = [...]int{lower: 10, upper: 4, digit: 3, sign: 5, other: 4}

func kindOf(b byte) int { return int(kinds[b]) }

// kinds are those of all bytes: each list is estimated, byte by byte.
var kinds = func() (all [256]uint8) {
	for b := range all {
		switch {
		case b >= 'a' && b <= 'z':
			all[b] = lower
		case b >= 'A' && b <= 'Z':
			all[b] = upper
		case b >= '0' && b <= '9':
			all[b] = digit
		case b < 0x80:
			all[b] = sign
		default:
			all[b] = other // of a letter of another script
		}
	}
	return all
}()
