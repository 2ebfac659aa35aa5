package papi

import (
	"strings"
	"testing"
)

func TestPrintableMasksURLUserinfo(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.com/hook":                        "https://example.com/hook",
		"https://user:pass@example.com/hook":              "https://***@example.com/hook",
		"https://user@example.com":                        "https://***@example.com",
		"https://user:p@ss@example.com/":                  "https://***@example.com/",
		"https://user:pa/ss@example.com/h":                "https://***@example.com/h",
		"https://user:pa?ss#@example.com:8443/h":          "https://***@example.com:8443/h",
		"HTTPS://user:pass@example.com":                   "HTTPS://***@example.com",
		"postgres://user:pass@db.example.com/x":           "postgres://***@db.example.com/x",
		`"https://user:pass@example.com", and more`:       `"https://***@example.com", and more`,
		"a https://u:p@a.example b https://u:p@b.example": "a https://***@a.example b https://***@b.example",
		"https://user:\u200bpass@example.com":             "https://***@example.com",
		"https://example.com/?to=https://u:p@b.example":   "https://example.com/?to=https://***@b.example",
		"https://a.example,https://u:p@b.example":         "https://a.example,https://***@b.example",
		"https://a.example:8443#x://u:p@b.example":        "https://a.example:8443#x://***@b.example",
		"https://user:pa://ss@example.com":                "https://***://***@example.com",
		"https://[2001:db8::1]/?to=https://b.example":     "https://[2001:db8::1]/?to=https://b.example",
		"https://example.com/@name/x":                     "https://example.com/@name/x",
		"https://example.com:8443/@name":                  "https://example.com:8443/@name",
		"https://[2001:db8::1]/@name":                     "https://[2001:db8::1]/@name",
		"https://example.com/?mail=a@example.com":         "https://example.com/?mail=a@example.com",
		"name@example.com":                                "name@example.com",
		"https://#{var}":                                  "https://#{var}",
		"://":                                             "://",
	} {
		if got := Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
		if again := Printable(want); again != want {
			t.Errorf("Printable(%q) = %q", want, again)
		}
	}
}

func TestMaskURLSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"https://u:p@example.com/h?token=abc&x=1#end": "https://***@example.com/h?token=***&x=1#end",
		"https://example.com/h?api_key=abc":           "https://example.com/h?api_key=***",
		"https://example.com/h?access%5Ftoken=abc":    "https://example.com/h?access%5Ftoken=***",
		"https://example.com/h?pageToken=abc&page=2":  "https://example.com/h?pageToken=abc&page=2",
		"https://example.com/h?token=a://bc&x=1":      "https://example.com/h?token=***&x=1",
		"https://example.com/h?token":                 "https://example.com/h?token",
		"see ?token=abc":                              "see ?token=abc",
	} {
		if got := MaskURLSecrets(text); got != want {
			t.Errorf("MaskURLSecrets(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTruncatedURLShowsNoPassword(t *testing.T) {
	for _, max := range []int{8, 20, 100, 400} {
		if got := Truncate("https://user:"+strings.Repeat("secret", 50)+"@example.com/"+strings.Repeat("x", 200), max); strings.Contains(got, "user") || strings.Contains(got, "secret") {
			t.Errorf("%d characters: %q", max, got)
		}
	}
}
