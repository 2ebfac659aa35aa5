package tools

// estimateTokens estimates how many tokens of a model a text has: words are cut every
// few letters, numbers every three digits, and punctuation goes together.
func estimateTokens(text []byte) int {
	tokens := 0
	for from := 0; from < len(text); {
		kind, to := kindOf(text[from]), from+1
		if kind == upper && to < len(text) && kindOf(text[to]) == lower {
			kind = lower // a word with a capital
		}
		for to < len(text) && (kindOf(text[to]) == kind || text[to] == ' ') {
			to++
		}
		tokens += (to - from + perToken[kind] - 1) / perToken[kind]
		from = to
	}
	return tokens
}

// The kinds of bytes, and how many of each a token has.
const (
	lower = iota
	upper
	digit
	sign
	other
)

var perToken = [...]int{lower: 8, upper: 5, digit: 3, sign: 4, other: 4}

func kindOf(b byte) int {
	switch {
	case b >= 'a' && b <= 'z':
		return lower
	case b >= 'A' && b <= 'Z':
		return upper
	case b >= '0' && b <= '9':
		return digit
	case b < 0x80:
		return sign
	}
	return other // of a letter of another script
}
