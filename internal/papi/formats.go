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

	"papi-mcp/internal/lazyregexp"
)

// format says what is allowed where a text is invalid, or warns where only the API
// can decide; both are "" for a valid text.
type format func(text string) (allowed, warning string)

// formats are the formats of the contract that are checked, as far as its texts are
// clear. The others are hints for people (an access code is a "uri" there), or are
// checked by the guard (the numbers of testers).
var formats = map[string]format{
	"url":                  webURL,
	"email":                email,
	"otp":                  matching(`^[^\x00- ]{6}$`, "a string of exactly 6 characters, without spaces"),
	"country code":         countryCode,
	"numeric phone number": matching(`^[0-9]+$`, "the number without its country code, digits only, such as 444555666"),
	"phone number":         phone,
	"hex":                  matching(`^#[0-9A-Fa-f]{6}$`, "a color as #RRGGBB, such as #1A73E8"),
	"digits":               digits,
}

var countryCode = matching(`^[1-9][0-9]{0,2}$`, "a numeric country code, digits only, such as 48 for PL or 44 for GB")

// matching returns the format of the texts that match a pattern.
func matching(pattern, allowed string) format {
	form := regexp.MustCompile(pattern)
	return func(text string) (string, string) {
		if form.MatchString(text) {
			return "", ""
		}
		return allowed, ""
	}
}

// textFormats are those of properties whose description alone states the format.
var textFormats = map[string]format{
	"target": target, // of a Conversation webhook: "url that gets the events"
}

// appLinks are the links of KakaoTalk's buttons, whose "url" may open an app.
var appLinks = []string{"linkMo", "linkPc", "schemeIos", "schemeAndroid"}

// MayContainVariables reports whether the URL of a property may contain variables,
// such as {{1}} or #{name}.
func MayContainVariables(name, description string) bool {
	return slices.Contains(appLinks, name) || strings.Contains(description, "{{")
}

// IsIdentifier reports whether the property of a name is an id or a page token.
func IsIdentifier(name string) bool {
	return name == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || strings.HasSuffix(name, "ageToken")
}

// format checks the form of a value.
func (c *checker) format(s *Schema, value any, name, at string) {
	switch v := value.(type) {
	case string:
		check := formats[s.Format]
		switch {
		case slices.Contains(appLinks, name):
			check = appLink
		case s.Format == "":
			check = textFormats[name]
		}
		if IsIdentifier(name) && !strings.HasSuffix(name, "ageToken") && strings.TrimSpace(v) != v {
			violation := Violation{Path: at, Given: echoValue(name, v), Allowed: "an id as the API returned it, without blanks around it"}
			if id := strings.TrimSpace(v); len(id) <= maxNameLength {
				violation.Nearest = id
			}
			c.add(violation)
		}
		if check == nil || v == "" && s.MinLength != nil {
			return
		}
		allowed, warning := check(v)
		if s.Format == "url" || s.Format == "" { // those without a format are URLs too
			switch variables := MayContainVariables(name, s.Description); {
			case allowed != "" && strings.Contains(v, "{{") && strings.Contains(s.Description, "{{"):
				allowed += "; a {{1}} is allowed only at its end"
			case !variables && placeholderInURL.MatchString(v):
				allowed, warning = "a URL such as https://example.com/path; this one contains a placeholder that was not filled in", ""
			}
		}
		if allowed != "" {
			violation := Violation{Path: at, Given: echoValue(name, v), Allowed: allowed}
			if s.Format == "country code" {
				violation.Nearest = callingCode(v)
			}
			c.add(violation)
		}
		if warning != "" {
			c.warnings = append(c.warnings, at+": "+warning+": the API decides")
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

// isFile matches a file that is given without a URL: its content, its path, or a
// handle of Meta's.
var isFile = lazyregexp.New(`(?i)^(?:data:|file:|blob:|content:|[/\\~.]|[a-z]:[/\\]|[0-9]+(?::|$))`)

// placeholderInURL matches the placeholders of a URL that were not filled in.
var placeholderInURL = lazyregexp.New(`^[^?#]*<[^<>]*>|[$#]\{|\{\{`)

func webURL(text string) (string, string) {
	const example = "a URL such as https://example.com/path"
	if isFile.MatchString(text) {
		return example + "; for a file, give its public URL: there is no upload", ""
	}
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return example + ", without blanks", ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return example, ""
	}
	if port, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return example + ", with a port from 1 to 65535 if it has one", ""
	}
	return "", ""
}

// target only warns: the contract does not say which targets a targetType other
// than HTTP has.
func target(text string) (string, string) {
	allowed, _ := webURL(text)
	if allowed == "" || strings.ContainsFunc(text, unicode.IsSpace) {
		return allowed, ""
	}
	return "", "not a URL such as https://example.com/path"
}

var (
	scheme        = lazyregexp.New(`^[A-Za-z][A-Za-z0-9+.-]*:.`)
	webScheme     = lazyregexp.New(`(?i)^https?:`)
	kakaoVariable = lazyregexp.New(`#\{[^{}]*\}`) // its name may contain blanks
)

// appLink also allows what KakaoTalk may accept: links to apps, and variables.
func appLink(text string) (string, string) {
	const example = "a URL such as https://example.com/path, or the link of an app such as exampleshop://open"
	switch allowed, _ := webURL(text); {
	case allowed == "":
		return "", ""
	case strings.ContainsFunc(kakaoVariable.ReplaceAllString(text, ""), unicode.IsSpace):
		return example + ", without blanks", ""
	case strings.Contains(text, "#{"):
		return "", "a link with a variable"
	case scheme.MatchString(text) && !webScheme.MatchString(text):
		return "", "not a web address but a link to an app"
	}
	return example, ""
}

func email(text string) (string, string) {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		return "an email address such as name@example.com", ""
	}
	return "", ""
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// callingCode returns the digits of a country code that is written in another way:
// 44 for +44 and 0044.
func callingCode(text string) string {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "+"), "00")
	if allowed, _ := countryCode(text); allowed != "" {
		return ""
	}
	return text
}

var phoneForm = lazyregexp.New(`^\+?[0-9 ().-]+$`)

func phone(text string) (string, string) {
	n := 0
	for _, r := range text {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	switch {
	case !phoneForm.MatchString(text) || n < 3 || n > 15 || strings.TrimSpace(text) != text:
		return "a phone number: digits, with a plus sign and the country code in front, such as +15550100001", ""
	case text[0] != '+':
		return "", "a phone number without a plus sign and its country code"
	}
	return "", ""
}

// digits only warns: the vendor's own example of a flowId is a word.
func digits(text string) (string, string) {
	if !onlyDigits(text) {
		return "", "the contract asks for digits"
	}
	return "", ""
}

const timestampForm = "milliseconds since 1970-01-01 UTC, such as 1694612898734"

// timestamp checks a time in milliseconds, as in the contract's example.
func (c *checker) timestamp(value any, at string) {
	n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	switch {
	case err != nil || n < 0 || n != float64(int64(n)):
		c.add(Violation{Path: at, Given: echoValue("", value), Allowed: timestampForm})
	case n < 1e11:
		c.warnings = append(c.warnings, at+": looks like seconds, and the contract's example has milliseconds: the API decides")
	}
}

var (
	multiplier = lazyregexp.New(`^[0-9]+(\.[0-9]+)?$`)
	alpha2     = lazyregexp.New(`^[A-Z]{2}$`)
)

// multipliers checks the bids by country: "ISO 3166-1 alpha-2 country code, as
// decimal strings; 0.0 to 10.0".
func (c *checker) multipliers(given map[string]any, at string) {
	countries := LookupSchema("WhatsappCountryCodesEnum").EnumTexts()
	for _, country := range slices.Sorted(maps.Keys(given)) {
		path := JoinPath(at, country)
		known := countryFor(country, countries)
		if !alpha2.MatchString(country) || known != nil && known[0] != country {
			c.add(Violation{Path: path, Given: echoValue(country, given[country]), Allowed: "a two-letter country code of ISO 3166, such as GB", Nearest: joinFew(known)})
		}
		text, isText := given[country].(string)
		if factor, err := strconv.ParseFloat(text, 64); isText && (!multiplier.MatchString(text) || err != nil || factor > 10) {
			c.add(Violation{Path: path, Given: echoValue(country, text), Allowed: `a decimal number from "0.0" to "10.0", as a string such as "1.2"`})
		}
	}
}
