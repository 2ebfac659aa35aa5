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

// formatProblems says which strings of a body have not the form that the
// contract gives them, by its formats and, where it has none, by its texts. What
// the texts leave open (the digits of a flowId, the links of KakaoTalk's
// buttons) is taken.
func formatProblems(schema *papi.Schema, value any, mode papi.Mode) []string {
	var wrong []string
	var visit func(s *papi.Schema, value any, name, path string)
	visit = func(s *papi.Schema, value any, name, path string) {
		s = s.Resolve()
		for _, variant := range s.AnyOf {
			if len(variant.Violations(value, mode)) == 0 {
				visit(variant, value, name, path)
			}
		}
		switch v := value.(type) {
		case string:
			if problem := formatProblem(s.Format, name, v); problem != "" {
				wrong = append(wrong, path+" "+problem)
			}
		case float64:
			if s.Format == "timestamp" && (v < 0 || v != float64(int64(v))) {
				wrong = append(wrong, path+" must be a timestamp in milliseconds")
			}
		case map[string]any:
			if name == "bidCountryMultiplierOverrides" {
				wrong = append(wrong, multiplierProblems(v, path)...)
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
	slices.Sort(wrong)
	return slices.Compact(wrong)
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

// multiplierProblems looks at bids by country: "ISO 3166-1 alpha-2 country code,
// as decimal strings; 0.0 to 10.0".
func multiplierProblems(given map[string]any, path string) []string {
	var wrong []string
	for _, country := range slices.Sorted(maps.Keys(given)) {
		value, _ := given[country].(string)
		whole, fraction, point := strings.Cut(value, ".")
		plain := whole != "" && strings.Trim(whole+fraction, "0123456789") == "" && (!point || fraction != "")
		if n, err := strconv.ParseFloat(value, 64); err != nil || !plain || n > 10 {
			wrong = append(wrong, fmt.Sprintf("%s.%s must be a decimal from 0.0 to 10.0", path, country))
		}
		if len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || country == "UK" {
			wrong = append(wrong, fmt.Sprintf("%s.%s is no country code", path, country))
		}
	}
	return wrong
}
