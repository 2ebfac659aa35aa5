package guard

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// badMediaURLs are what people give for a file, and what is said of each.
var badMediaURLs = map[string]string{
	"https://":                      "not a URL with a host",
	"http://10.0.0.1/a.png":         "private address",
	"https://192.168.1.10/a.png":    "private address",
	"https://172.16.0.1/a.png":      "private address",
	"https://169.254.169.254/a.png": "private address",
	"https://100.64.0.1/a.png":      "private address",
	"https://[fd00::1]/a.png":       "private address",
	"https://[fe80::1]/a.png":       "private address",
	"https://0.0.0.0/a.png":         "private address",
	"https://nas.local/a.png":       "private network",
	"https://files.internal/a.png":  "private network",
	"https://fileserver/a.png":      "private network",
	"https://127.1/a.png":           "neither a name nor a complete IP address",
	"https://2130706433/a.png":      "neither a name nor a complete IP address",
	"https://0x7f000001/a.png":      "neither a name nor a complete IP address",
}

var loopbackURLs = []string{"http://127.0.0.1:8080/a.png", "http://localhost/a.png", "https://[::1]/a.png", "https://x.localhost/a.png", "https://[::ffff:127.0.0.1]/a.png"}

func TestMediaArePublicURLs(t *testing.T) {
	for _, address := range []string{"https://example.com/a.png", "http://example.com/a.png", "https://93.184.216.34/a.png", "https://example.com/a.png?x=1#y"} {
		if got := unreachable(address); got != "" {
			t.Errorf("%s: %s", address, got)
		}
	}
	for address, says := range badMediaURLs {
		if got := unreachable(address); !strings.Contains(got, says) {
			t.Errorf("%s: %q", address, got)
		}
	}
	for _, address := range loopbackURLs {
		if got := unreachable(address); !strings.Contains(got, "loopback") {
			t.Errorf("%s: %q", address, got)
		}
		f := newFixture(func(o *Options) { o.LocalTargets = true }).confirmed(t)
		if got := f.check(call("kakaotalk_sender_update", map[string]any{"plusFriendId": "@f", "details": map[string]any{"logoImage": address}})); got != "guard_media_address" {
			t.Errorf("%s, with the API on this machine: %s", address, got)
		}
	}
}

// links are the fields of format url that people open, not the API, by the end
// of their paths; webhooks' targets have a rule of their own.
var links = regexp.MustCompile(`(^|\.)(target|websiteOne|websiteTwo|websites\[\]\.url|buttons\[\]\.(url|examples\[\])|privacyPolicyUrl|termsOfServiceUrl|website|websiteUrl|linkMo|linkPc|schemeIos|schemeAndroid)$`)

// Each field of a request that the contract gives the format of a URL is a
// medium, or known to be a link; each medium is checked, in each tool.
func TestEveryMediaFieldOfTheContractIsChecked(t *testing.T) {
	tried := 0
	for _, row := range catalog.Rows() {
		media := map[string]bool{}
		for _, body := range row.Op().Variants() {
			eachURLField(body, "", func(path, about string) {
				switch isLink := links.MatchString(path); {
				case !isLink:
					media[path] = true
				case strings.Contains(about, "image/") || strings.Contains(about, "video"):
					t.Errorf("%s: %s is not a link: %s", row.Tool, path, about)
				}
			})
		}
		for _, path := range slices.Sorted(maps.Keys(media)) {
			tried++
			f := newFixture(nil).confirmed(t)
			f.fail = gone
			args := atPath(path, "http://10.0.0.1/a.png").(map[string]any)
			if got := f.check(call(row.Tool, args)); got != "guard_media_address" {
				t.Errorf("%s: %s is not checked: %s", row.Tool, path, got)
			}
		}
	}
	if tried < 15 {
		t.Errorf("only %d media fields were found", tried)
	}
}

func eachURLField(s *papi.Schema, path string, visit func(path, about string)) {
	s = s.Resolve()
	if s.Format == "url" {
		visit(path, s.Description)
	}
	for name, p := range s.Properties {
		eachURLField(p, strings.TrimPrefix(path+"."+name, "."), visit)
	}
	if s.Items != nil {
		eachURLField(s.Items, path+"[]", visit)
	}
	for _, v := range s.AnyOf {
		eachURLField(v, path, visit)
	}
}

// atPath is the value at the end of a path, with what is around it.
func atPath(path string, value any) any {
	name, rest, more := strings.Cut(path, ".")
	if more {
		value = atPath(rest, value)
	}
	for strings.HasSuffix(name, "[]") {
		name, value = strings.TrimSuffix(name, "[]"), []any{value}
	}
	return map[string]any{name: value}
}

func TestTheRefusalNamesAllWrongMedia(t *testing.T) {
	const rule = "media_address"
	var many []string
	for range 60 {
		many = append(many, `"https://10.0.0.1/a"`)
	}
	answers := func(uris string) string {
		return `{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "OTP", "details": {"questionnaire": {"general": {"answers": {"videoUris": [` + uris + `]}}}}}`
	}
	checkRule(t, []ruleCase{
		{name: "two of them", tool: "rcs_sender_create", args: `{"details": {"brand": {"bannerUrl": "https://10.0.0.1/b.png", "logoUrl": "https://nas.local/l.png"}}}`, want: rule,
			says: "details.brand.bannerUrl is a private address, which the API can't reach; details.brand.logoUrl has a host name of a private network, which the API can't reach", reads: []string{}},
		{name: "in a card of a draft", tool: "whatsapp_template_update", args: `{"details": {"components": [{"type": "CAROUSEL", "cards": [{"components": [{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "http://127.0.0.1/a.png"}]}]}]}]}}`, want: rule,
			says: "details.components[0].cards[0].components[0].examples[0].url is a loopback address"},
		{name: "a medium that is taken away", tool: "kakaotalk_template_update", args: `{"details": {"imageUrl": null}}`, want: "allowed"},
		{name: "links of people", tool: "rcs_sender_create", args: `{"details": {"brand": {"privacyPolicyUrl": "https://intranet/p", "websites": [{"url": "https://10.0.0.1"}]}}}`, want: "allowed"},
		{name: "many", tool: "rcs_sender_create", args: answers(strings.Join(many, ", ")), want: rule, says: "54 more like these"},
	})
}
