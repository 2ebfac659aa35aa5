package sandbox

import (
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/papi"
)

// formatProblems returns the strings of a body whose form is not what the
// contract's formats, or the descriptions of fields without one, require. What they
// leave newHarness (the digits of a flowId, the links of KakaoTalk's buttons) is valid.
func formatProblems(schema *papi.Schema, value any, opts papi.CheckOptions) []string {
	var problems []string
	var visit func(s *papi.Schema, value any, name, path string)
	visit = func(s *papi.Schema, value any, name, path string) {
		s = s.Resolve()
		for _, variant := range s.AnyOf {
			if len(variant.Violations(value, opts)) == 0 {
				visit(variant, value, name, path)
			}
		}
		switch v := value.(type) {
		case string:
			if problem := formatProblem(s.Format, name, v); problem != "" {
				problems = append(problems, path+" "+problem)
			}
		case float64:
			if s.Format == "timestamp" && (v < 0 || v != float64(int64(v))) {
				problems = append(problems, path+" must be a timestamp in milliseconds")
			}
		case map[string]any:
			if name == "bidCountryMultiplierOverrides" {
				problems = append(problems, multiplierProblems(v, path)...)
			}
			for _, field := range slices.Sorted(maps.Keys(v)) {
				if p := s.Properties[field]; p != nil {
					visit(p, v[field], field, strings.TrimPrefix(path+"."+field, "."))
				}
			}
		case []any:
			for i, item := range v {
				if s.Items != nil {
					visit(s.Items, item, name, fmt.Sprintf("%s[%d]", path, i))
				}
			}
		}
	}
	visit(schema, value, "", "")
	slices.Sort(problems)
	return slices.Compact(problems)
}

func formatProblem(format, name, value string) string {
	switch format {
	case "url":
		switch name {
		case "linkMo", "linkPc", "schemeIos", "schemeAndroid":
			if !strings.Contains(value, ":") && !strings.Contains(value, "#{") || strings.ContainsAny(value, " \t\r\n") {
				return "must be a URL address"
			}
			return ""
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) || len(strings.Fields(value)) != 1 || strings.TrimSpace(value) != value {
			return "must be a URL address"
		}
		if n, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || n == 0) {
			return "must be a URL address"
		}
	case "email":
		if a, err := mail.ParseAddress(value); err != nil || a.Address != value {
			return "must be an email"
		}
	case "otp":
		if len([]rune(value)) != 6 || strings.ContainsAny(value, " \t\r\n") {
			return "must have exactly 6 characters, without spaces"
		}
	case "country code":
		if n, err := strconv.ParseUint(value, 10, 10); err != nil || strconv.FormatUint(n, 10) != value || n == 0 || n > 999 {
			return "must be a numeric country code"
		}
	case "numeric phone number":
		if value == "" || strings.Trim(value, "0123456789") != "" {
			return "must be a numeric phone number"
		}
	case "phone number":
		digits := strings.NewReplacer(" ", "", "(", "", ")", "", ".", "", "-", "").Replace(strings.TrimPrefix(value, "+"))
		if strings.Trim(digits, "0123456789") != "" || len(digits) < 3 || len(digits) > 15 {
			return "must be a phone number"
		}
	case "hex":
		rest, hash := strings.CutPrefix(value, "#")
		if _, err := strconv.ParseUint(rest, 16, 32); err != nil || !hash || len(rest) != 6 {
			return "must be a hexadecimal color"
		}
	}
	return ""
}

// multiplierProblems validates bids by country: "ISO 3166-1 alpha-2 country code,
// as decimal strings; 0.0 to 10.0".
func multiplierProblems(given map[string]any, path string) []string {
	var problems []string
	for _, country := range slices.Sorted(maps.Keys(given)) {
		value, _ := given[country].(string)
		integer, fraction, point := strings.Cut(value, ".")
		decimal := integer != "" && strings.Trim(integer+fraction, "0123456789") == "" && (!point || fraction != "")
		if n, err := strconv.ParseFloat(value, 64); err != nil || !decimal || n > 10 {
			problems = append(problems, fmt.Sprintf("%s.%s must be a decimal from 0.0 to 10.0", path, country))
		}
		if len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || country == "UK" {
			problems = append(problems, fmt.Sprintf("%s.%s is not a country code", path, country))
		}
	}
	return problems
}
