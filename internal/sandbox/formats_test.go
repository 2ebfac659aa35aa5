package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// The sandbox checks the contract's formats on its own: what the server's own
// check lets through by mistake shows here.
func TestFormatsAreChecked(t *testing.T) {
	for format, texts := range map[string]struct{ good, bad []string }{
		"url":                  {[]string{"https://example.com/a?b=c", "http://example.com"}, []string{"", "example.com", "https://example.com/a b", " https://example.com", "myapp://open", "data:text/plain,x"}},
		"email":                {[]string{"name@example.com"}, []string{"", "name", "Name <name@example.com>"}},
		"otp":                  {[]string{"123456", "abcdef"}, []string{"", "12345", "1234567", "123 56"}},
		"country code":         {[]string{"1", "44", "358"}, []string{"", "GB", "+44", "044", "1234", "0"}},
		"numeric phone number": {[]string{"5550123"}, []string{"", "+15550123", "555 0123", "x"}},
		"phone number":         {[]string{"+15550123", "555-0123"}, []string{"", "12", "1234567890123456", "phone"}},
		"hex":                  {[]string{"#1A73E8", "#ffffff"}, []string{"", "red", "1A73E8", "#1A73E", "#1A73E88", "#GGGGGG"}},
	} {
		for _, text := range texts.good {
			if wrong := formatProblem(format, "field", text); wrong != "" {
				t.Errorf("%s: %q %s", format, text, wrong)
			}
		}
		for _, text := range texts.bad {
			if formatProblem(format, "field", text) == "" {
				t.Errorf("%s: %q is taken", format, text)
			}
		}
	}
	for _, link := range []string{"linkMo", "linkPc", "schemeIos", "schemeAndroid"} {
		for text, taken := range map[string]bool{"myapp://open": true, "market://details?id=x": true, "intent://x": true, "https://#{var}": true, "#{var}": true, "https://example.com": true, "nothing": false, "my app://open": false} {
			if (formatProblem("url", link, text) == "") != taken {
				t.Errorf("%s: %q, taken: %v", link, text, !taken)
			}
		}
	}
	wrong := multiplierProblems(map[string]any{"GB": "1.2", "DE": "10.0", "FR": "0", "UK": "1.0", "gb": "1.0", "GBR": "1.0", "SE": "10.1", "ES": "-1", "IT": ".5", "PL": "1.", "NL": "x", "BE": "1e1"}, "m")
	var places []string
	for _, one := range wrong {
		place, _, _ := strings.Cut(one, " ")
		places = append(places, place)
	}
	slices.Sort(places)
	if got := strings.Join(places, " "); got != "m.BE m.ES m.GBR m.IT m.NL m.PL m.SE m.UK m.gb" {
		t.Errorf("wrong are %s", got)
	}
}
