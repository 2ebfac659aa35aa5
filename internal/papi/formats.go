package papi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// format says what is wrong with a text, or what is doubtful about it; "" for
// nothing.
type format func(text string) (wrong, doubt string)

// formats are the formats of the contract that are checked, as far as its texts
// are clear. The others are hints for people (an access code is an "uri" there),
// or judged by the guard (the numbers of testers).
var formats = map[string]format{
	"url":                  webURL,
	"email":                email,
	"otp":                  otp,
	"country code":         countryCode,
	"numeric phone number": numericPhone,
	"phone number":         phone,
	"hex":                  color,
	"digits":               digits,
}

// textFormats are those of properties whose form stands in a text alone.
var textFormats = map[string]format{
	"target": target, // of a Conversation webhook: "url that gets the events"
}

// appLinks are the links of KakaoTalk's buttons: an "url" there may be of an app.
var appLinks = []string{"linkMo", "linkPc", "schemeIos", "schemeAndroid"}

// MayHoldVariables tells whether the URL of a property may hold variables, such
// as {{1}} or #{name}.
func MayHoldVariables(name, description string) bool {
	return slices.Contains(appLinks, name) || strings.Contains(description, "{{")
}

// format checks the form of a value.
func (c *checker) format(s *Schema, value any, name, at string) {
	switch v := value.(type) {
	case string:
		if s.Format == "timestamp" {
			c.addTo(at, ": "+timestampForm)
			return
		}
		check := formats[s.Format]
		switch {
		case slices.Contains(appLinks, name):
			check = appLink
		case s.Format == "":
			check = textFormats[name]
		}
		if check == nil || v == "" && s.MinLength != nil {
			return
		}
		wrong, doubt := check(v)
		if wrong != "" {
			c.add(Violation{Path: at, Given: shown(name, v), Allowed: wrong})
		}
		if doubt != "" {
			c.doubts = append(c.doubts, at+": "+doubt+": the API judges")
		}
	case json.Number, float64:
		if s.Format == "timestamp" {
			c.timestamp(v, at)
		}
	case map[string]any:
		if name == "bidCountryMultiplierOverrides" {
			c.multipliers(v, at)
		}
	}
}

// isFile finds what is given by somebody who has a file, and no URL of it: its
// content, a path, or a handle of Meta's.
var isFile = regexp.MustCompile(`(?i)^(?:data:|file:|blob:|content:|[/\\~.]|[a-z]:[/\\]|[0-9]+(?::|$))`)

func webURL(text string) (string, string) {
	const example = "a URL such as https://example.com/path"
	if isFile.MatchString(text) {
		return example + "; for a file, give its public URL: there is no upload", ""
	}
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return example + ", without blanks", ""
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return example, ""
	}
	return "", ""
}

// target is a doubt only: what a targetType other than HTTP needs, the contract
// does not say.
func target(text string) (string, string) {
	wrong, _ := webURL(text)
	if wrong == "" || strings.ContainsFunc(text, unicode.IsSpace) {
		return wrong, ""
	}
	return "", "not a URL such as https://example.com/path"
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:.`)

// appLink takes what KakaoTalk may take: links of apps, and variables.
func appLink(text string) (string, string) {
	const example = "a URL such as https://example.com/path, or the link of an app such as exampleshop://open"
	switch wrong, _ := webURL(text); {
	case wrong == "":
		return "", ""
	case strings.ContainsFunc(text, unicode.IsSpace):
		return example + ", without blanks", ""
	case strings.Contains(text, "#{"):
		return "", "a link with a variable"
	case scheme.MatchString(text) && !strings.HasPrefix(strings.ToLower(text), "http"):
		return "", "not a web address but a link into an app"
	}
	return example, ""
}

func email(text string) (string, string) {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		return "an email address such as name@example.com", ""
	}
	return "", ""
}

func otp(text string) (string, string) {
	if utf8.RuneCountInString(text) != 6 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' }) {
		return "a string of exactly 6 characters, without spaces", ""
	}
	return "", ""
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func countryCode(text string) (string, string) {
	if !onlyDigits(text) || len(text) > 3 || text[0] == '0' {
		return "a numeric country code, digits only, such as 48 for PL or 44 for GB", ""
	}
	return "", ""
}

func numericPhone(text string) (string, string) {
	if !onlyDigits(text) {
		return "the number without its country code, digits only, such as 444555666", ""
	}
	return "", ""
}

var phoneForm = regexp.MustCompile(`^\+?[0-9 ().-]+$`)

func phone(text string) (string, string) {
	n := 0
	for _, r := range text {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	switch {
	case !phoneForm.MatchString(text) || n < 3 || n > 15:
		return "a phone number: digits, with a plus sign and the country code in front, such as +15550100001", ""
	case text[0] != '+':
		return "", "a phone number without a plus sign and its country code"
	}
	return "", ""
}

var colorForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

func color(text string) (string, string) {
	if !colorForm.MatchString(text) {
		return "a color as #RRGGBB, such as #1A73E8", ""
	}
	return "", ""
}

// digits is a doubt only: the vendor's own example of a flowId is a word.
func digits(text string) (string, string) {
	if !onlyDigits(text) {
		return "", "the contract asks for digits"
	}
	return "", ""
}

const timestampForm = "milliseconds since 1970-01-01 UTC, such as 1694612898734"

// addTo says more of what may stand at a path, where something is wrong there.
func (c *checker) addTo(at, more string) {
	for i, v := range c.violations {
		if allowed, ok := v.Allowed.(string); ok && v.Path == at {
			c.violations[i].Allowed = allowed + more
		}
	}
}

// timestamp looks at a point in time as the contract's example gives it, in
// milliseconds.
func (c *checker) timestamp(value any, at string) {
	n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	switch {
	case err != nil || n < 0 || n != float64(int64(n)):
		c.add(Violation{Path: at, Given: shown("", value), Allowed: timestampForm})
	case n < 1e11:
		c.doubts = append(c.doubts, at+": looks like seconds, and the contract's example has milliseconds: the API judges")
	}
}

var (
	multiplier = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	alpha2     = regexp.MustCompile(`^[A-Z]{2}$`)
)

// multipliers looks at the bids by country: "ISO 3166-1 alpha-2 country code, as
// decimal strings; 0.0 to 10.0".
func (c *checker) multipliers(given map[string]any, at string) {
	countries := texts(LookupSchema("WhatsappCountryCodesEnum").Enum)
	for _, country := range slices.Sorted(maps.Keys(given)) {
		path := join(at, country)
		known := countryFor(country, countries)
		if !alpha2.MatchString(country) || known != nil && known[0] != country {
			c.add(Violation{Path: path, Given: shown(country, given[country]), Allowed: "a two-letter country code of ISO 3166, such as GB", Nearest: offer(known)})
		}
		text, isText := given[country].(string)
		if factor, err := strconv.ParseFloat(text, 64); isText && (!multiplier.MatchString(text) || err != nil || factor > 10) {
			c.add(Violation{Path: path, Given: shown(country, text), Allowed: `a decimal number from "0.0" to "10.0", as a string such as "1.2"`})
		}
	}
}
