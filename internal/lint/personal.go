package lint

import (
	"strings"

	"papi-mcp/internal/lazyregexp"
)

// checkExamplePersonal finds examples that may be of a real person: reviewers see them,
// and they stay in the template.
func checkExamplePersonal(v *view, r *report) {
	v.eachExample(func(path, example string) {
		for _, p := range personal {
			if found := p.find(example); found != "" {
				r.add(path, "has %s, which looks like %s: give an invented one, such as %s", quote(found), p.noun, p.instead)
				return
			}
		}
	})
}

// personal are the kinds of personal data; find returns a piece of a text that looks
// real, or "".
var personal = []struct {
	noun, instead string
	find          func(text string) string
}{
	{"an e-mail address", "ann@example.com", func(text string) string { return first(emails, text, realEmail) }},
	{"the number of a bank account", "XX00 0000 0000 0000", func(text string) string { return first(ibans, text, validIBAN) }},
	{"the number of a card", "the last four digits", func(text string) string { return first(cards, text, validCard) }},
	{"a phone number", "+1 555 0100", func(text string) string { return first(phones, text, realPhone) }},
}

var (
	emails = lazyregexp.New(`[\pL\pN._%+-]+@[\pL\pN.-]+\.\pL{2,}`)
	ibans  = lazyregexp.New(`\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b`)
	cards  = lazyregexp.New(`\b[3-6][0-9]{3}(?:[ -]?[0-9]{2,6}){2,4}\b`)
	// phones have the international form, or are in groups as people write them.
	phones = lazyregexp.New(`(?:\+|\b00)[1-9][0-9 ().-]{6,18}[0-9]|\(?\b0[0-9]{2,4}\)?[ /-][0-9]{3,4}[ -]?[0-9]{2,5}\b|\(?\b[2-9][0-9]{2}\)?[ -][0-9]{3}[ -][0-9]{4}\b`)
)

func first(pattern *lazyregexp.Regexp, text string, isReal func(string) bool) string {
	for _, found := range pattern.FindAllString(text, -1) {
		if isReal(found) {
			return found
		}
	}
	return ""
}

// exampleDomains are those that are known as examples (RFC 2606).
var exampleDomains = []string{"example.com", "example.org", "example.net"}

func realEmail(text string) bool {
	_, host, _ := strings.Cut(strings.ToLower(text), "@")
	return isBelow(host, exampleDomains) == ""
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// realPhone leaves out numbers that are reserved for examples (+1 555, 555-01), and those
// with digits in a row, which hardly anybody has.
func realPhone(text string) bool {
	digits := strings.TrimPrefix(digitsOf(text), "00")
	reserved := strings.HasPrefix(digits, "1555") || strings.Contains(digits, "55501")
	return len(digits) >= 8 && len(digits) <= 15 && !reserved && !isInvented(digits)
}

// isInvented reports whether some digits are the same, or count.
func isInvented(digits string) bool {
	for _, row := range []string{"00000", "11111", "22222", "33333", "44444", "66666", "77777", "88888", "99999", "12345", "123123", "98765"} {
		if strings.Contains(digits, row) {
			return true
		}
	}
	return false
}

// validCard checks the number's last digit (Luhn). Reviewers can't know that a number is
// one for tests.
func validCard(text string) bool {
	digits := digitsOf(text)
	if len(digits) < 13 || len(digits) > 19 {
		return false
	}
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// validIBAN checks the number's check digits (ISO 13616).
func validIBAN(text string) bool {
	compact := strings.ReplaceAll(text, " ", "")
	rest := 0
	for _, c := range compact[4:] + compact[:4] {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}
