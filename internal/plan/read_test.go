package plan

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// readFile reads a file that has to be right.
func readFile(t testing.TB, text string, o Options) *Document {
	t.Helper()
	o.File, o.Secrets = "f.yaml", anySecret
	d, faults := Read([]byte(text), o)
	if faults != nil {
		t.Fatalf("%v", faults)
	}
	return d
}

// faultsOf are the faults of a file, a line each.
func faultsOf(text string, o Options) string {
	if o.File == "" {
		o.File = "f.yaml"
	}
	_, faults := Read([]byte(text), o)
	var lines []string
	for _, fault := range faults {
		lines = append(lines, fault.String())
	}
	return strings.Join(lines, "\n")
}

// TestReadFaults is what is wrong with files, with its place.
func TestReadFaults(t *testing.T) {
	for name, test := range map[string]struct{ file, want string }{
		"nothing":                    {"# only a comment\n", "f.yaml: the file is empty; it may have: project, webhooks, whatsappSenders, whatsappTemplates, kakaotalkSenders, kakaotalkTemplates, rcsSenders, smsApps, delete"},
		"a list":                     {"- a\n", "f.yaml:1:1: the file must be an object, with these names and their values: project, webhooks, whatsappSenders, whatsappTemplates, kakaotalkSenders, kakaotalkTemplates, rcsSenders, smsApps, delete"},
		"not YAML":                   {"webhooks: [\nb: 2\n", "f.yaml:3:1: not valid YAML: did not find expected ',' or ']'"},
		"a reference in a flow":      {"smsApps:\n- {name: a, region: ${var:REGION}}\n", "f.yaml:2:22: not valid YAML: did not find expected ',' or '}': within { } and [ ], write a text with ${...} in quotes"},
		"two documents":              {"project: a\n---\nproject: b\n", "f.yaml:2:1: there is more than one document in it: put all into one"},
		"not UTF-8":                  {"project: \xff\n", "f.yaml: it is not UTF-8: save it in that encoding"},
		"an unknown kind":            {"project: a\nsmsapp: []\n", "f.yaml:2:1: smsapp: no such name (did you mean smsApps?)"},
		"a name twice":               {"project: a\nwebhooks: []\nproject: b\n", "f.yaml:3:1: project: it is given twice: first in line 1"},
		"a project":                  {"project: a/b\n", "f.yaml:1:1: project: must be the id of a project: this one holds a slash"},
		"no list":                    {"webhooks: {target: a}\n", "f.yaml:1:1: webhooks: must be a list: each item begins with -"},
		"no object":                  {"webhooks:\n- https://example.com\n", "f.yaml:2:3: webhooks[0]: must be an object, with names and their values"},
		"an unknown field":           {"webhooks:\n- target: https://example.com/a\n  trigers: [ALL]\n", "f.yaml:3:3: webhooks[0].trigers: no such name (did you mean triggers?)"},
		"status":                     {"kakaotalkSenders:\n- plusFriendId: shop\n  status: DRAFT\n  draft: true\n", "f.yaml:3:3: kakaotalkSenders[0].status: \"DRAFT\" is given; allowed: no such name; known: details, draft, plusFriendId, saveDraftOnFailure"},
		"a wrong type":               {"smsApps:\n- name: 5\n  region: EU\n", "f.yaml:2:3: smsApps[0].name: 5 is given; allowed: a string: \"5\""},
		"a wrong value":              {"smsApps:\n- name: a\n  region: EUR\n", "f.yaml:3:3: smsApps[0].region: \"EUR\" is given; allowed: BR, EU, US"},
		"a code of digits":           {"kakaotalkSenders:\n- plusFriendId: shop\n  details:\n    adminPhoneNo: '+15550100'\n    name: a\n    topLevelCategoryCode: 001\n    midLevelCategoryCode: '0001'\n    subLevelCategoryCode: '0001'\n", "f.yaml:6:5: kakaotalkSenders[0].details.topLevelCategoryCode: 001 is given; allowed: a string: \"001\""},
		"too long":                   {"webhooks:\n- target: https://example.com/" + strings.Repeat("a", 800) + "\n", "f.yaml:2:3: webhooks[0].target: \"https://example.com/" + strings.Repeat("a", 79) + "…\" is given; allowed: at most 742 characters (given: 820)"},
		"what is missing":            {"smsApps:\n- name: a\n", "f.yaml:2:3: smsApps[0].region: allowed: required, one of BR, EU, US"},
		"a missing language":         {"whatsappTemplates:\n- name: hello\n  category: UTILITY\n", "f.yaml:2:3: whatsappTemplates[0]: required: languages by their codes, or one language"},
		"both":                       {"whatsappTemplates:\n- name: hello\n  category: UTILITY\n  language: EN\n  languages: {DE: {}}\n", "f.yaml:4:3: whatsappTemplates[0].language: give either languages or language, not both"},
		"another language":           {"whatsappTemplates:\n- name: hello\n  category: UTILITY\n  languages:\n    DE:\n      language: EN\n      draft: true\n", "f.yaml:6:7: whatsappTemplates[0].languages.DE.language: \"EN\" is given; allowed: DE, as above, or nothing"},
		"an unknown language":        {"whatsappTemplates:\n- name: hello\n  category: UTILITY\n  languages:\n    DE_DE: {draft: true}\n", "f.yaml:5:5: whatsappTemplates[0].languages.DE_DE.language: \"DE_DE\" is given; allowed: "},
		"no name":                    {"rcsSenders:\n- region: EU\n  billingCategory: CONVERSATIONAL\n  useCase: OTP\n", "f.yaml:2:3: rcsSenders[0].details.brand.name: required unless id is given: it says which RCS sender is meant"},
		"the same webhook":           {"webhooks:\n- target: https://example.com/a\n- target: https://example.com/b\n- target: https://example.com/a\n", "f.yaml:4:3: webhooks: the webhook \"https://example.com/a\" is in the file twice, first at f.yaml:2:3"},
		"the same language":          {"whatsappTemplates:\n- {name: hello, category: UTILITY, draft: true, languages: {EN: {}}}\n- {name: hello, category: UTILITY, draft: true, language: EN}\n", "f.yaml:3:3: whatsappTemplates: the WhatsApp template \"hello/EN\" is in the file twice, first at f.yaml:2:61"},
		"a name with and without id": {"smsApps:\n- {id: a, name: News, region: EU}\n- {name: News, region: EU}\n", "f.yaml:3:3: smsApps: the SMS app \"News\" is in the file twice, first at f.yaml:2:3: if they are two, write the id of both"},
		"wanted and deleted":         {"webhooks:\n- target: https://example.com/a\ndelete:\n  webhooks:\n  - target: https://example.com/a\n", "f.yaml:5:5: webhooks: the webhook \"https://example.com/a\" is in the file twice, first at f.yaml:2:3"},
		"what can't be deleted":      {"delete:\n  whatsappSenders: [{phoneNumber: '+15550100'}]\n  rcsSenders: [{id: a}]\n", "f.yaml:2:3: delete.whatsappSenders: WhatsApp senders can't be deleted by a file\nf.yaml:3:3: delete.rcsSenders: RCS senders can't be deleted by a file"},
		"an incomplete delete":       {"delete:\n  whatsappTemplates: [{name: hello}]\n  smsApps: [{}]\n  webhook: []\n", "f.yaml:2:23: delete.whatsappTemplates[0].language: allowed: required, one of "},
		"a tag":                      {"project: !secret a\n", "f.yaml:1:10: project: the tag \"!secret\" is not read: write the value without it"},
		"no number":                  {"smsApps:\n- name: a\n  region: .inf\n", "f.yaml:3:11: smsApps[0].region: \".inf\" is no number that JSON has: write it in quotes if it is a text"},
		"a merge of a text":          {"webhooks:\n- {<<: a, target: https://example.com/a}\n", "f.yaml:2:4: webhooks[0]: << takes over the fields of an object, or of a list of objects: give *NAME of one that has the anchor &NAME"},
		"a phone number":             {"whatsappSenders:\n- phoneNumber: +15550100\n", "f.yaml:2:3: whatsappSenders[0].phoneNumber: +15550100 is given; allowed: a string: \"+15550100\""},
		"null where it can't be":     {"smsApps:\n- name: a\n  region: null\n", "f.yaml:3:3: smsApps[0].region: allowed: BR, EU, US"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faultsOf(test.file, Options{}); !strings.HasPrefix(got, test.want) || test.want == "" {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestReadReportsAllTogether gives a file in which several things are wrong, in their
// order.
func TestReadReportsAllTogether(t *testing.T) {
	got := faultsOf("webhoks: []\nwebhooks:\n- target: 5\n  secret: hush\nsmsApps:\n- {name: a, region: '${var:REGION}'}\nrcsSenders: 7\n", Options{})
	var at []string
	for _, line := range strings.Split(got, "\n") {
		at = append(at, strings.Join(strings.SplitN(line, ":", 4)[1:3], ":"))
	}
	if want := "1:1 3:3 4:3 6:21 7:1"; strings.Join(at, " ") != want {
		t.Errorf("places %v, want %s:\n%s", at, want, got)
	}
	if strings.Contains(got, "hush") {
		t.Errorf("a secret is shown:\n%s", got)
	}
}

// TestReadItems is what items become: the arguments of a create.
func TestReadItems(t *testing.T) {
	d := readFile(t, `
project: ${var:PROJECT}
webhooks:
- target: https://example.com/hooks
  secret: ${env:PAPI_VAR_HOOK}
whatsappTemplates:
- name: order_update
  category: UTILITY
  details: {messageSendTtlSeconds: 600}
  ignoreLint: [wa_variable_edge]
  languages:
    EN_US: &en
      details:
        components:
        - type: BODY
          text: |
            Hello,
            your order is on its way.
    DE:
      draft: true
      category: MARKETING
      details: {messageSendTtlSeconds: 700}
    NB: *en
    FR: {<<: *en, draft: true}
whatsappSenders:
- phoneNumber: "+15550100"
  details: {about: null, displayName: Example}
kakaotalkTemplates:
- plusFriendId: shop
  details: {name: Welcome, language: KO, content: Hi}
rcsSenders:
- id: a
  launch: true
  details: {countries: [SE]}
- region: EU
  billingCategory: CONVERSATIONAL
  useCase: OTP
  details: {brand: {name: Example}}
smsApps:
- name: News
  region: EU
  convApiApp: true
delete:
  whatsappTemplates:
  - {name: old, language: DE, deleteSubmitted: true}
  smsApps: [{id: b}, {name: Old}]
`, Options{Vars: map[string]string{"PROJECT": "p"}})
	if d.ProjectID != "p" {
		t.Errorf("project %q", d.ProjectID)
	}
	got := map[string]string{}
	for _, item := range d.Items {
		text := string(jsonvalue.Encode(item.Fields))
		for flag, set := range map[string]bool{" draft": item.Draft, " launch": item.Launch} {
			if set {
				text += flag
			}
		}
		if item.ID != "" {
			text += " id=" + item.ID
		}
		if item.Secret != nil {
			text += fmt.Sprint(" secret ", item.Secret)
		}
		if item.IgnoreLint != nil {
			text += fmt.Sprint(" ignores ", item.IgnoreLint)
		}
		got[item.Kind.Name+" "+item.Key] = text
	}
	const text = `{"components":[{"text":"Hello,\nyour order is on its way.\n","type":"BODY"}],"messageSendTtlSeconds":600}`
	want := map[string]string{
		"webhooks https://example.com/hooks":   `{"secret":"${env:PAPI_VAR_HOOK}","target":"https://example.com/hooks"} secret [secret]`,
		"whatsappTemplates order_update/EN_US": `{"category":"UTILITY","details":` + text + `,"language":"EN_US","name":"order_update"} ignores [wa_variable_edge]`,
		"whatsappTemplates order_update/DE":    `{"category":"MARKETING","details":{"messageSendTtlSeconds":700},"language":"DE","name":"order_update"} draft ignores [wa_variable_edge]`,
		"whatsappTemplates order_update/NB":    `{"category":"UTILITY","details":` + text + `,"language":"NB","name":"order_update"} ignores [wa_variable_edge]`,
		"whatsappTemplates order_update/FR":    `{"category":"UTILITY","details":` + text + `,"language":"FR","name":"order_update"} draft ignores [wa_variable_edge]`,
		"whatsappSenders +15550100":            `{"details":{"about":null,"displayName":"Example"}}`,
		"kakaotalkTemplates shop/Welcome":      `{"details":{"content":"Hi","language":"KO","name":"Welcome"},"plusFriendId":"shop"}`,
		"rcsSenders a":                         `{"details":{"countries":["SE"]}} launch id=a`,
		"rcsSenders Example":                   `{"billingCategory":"CONVERSATIONAL","details":{"brand":{"name":"Example"}},"region":"EU","useCase":"OTP"}`,
		"smsApps News":                         `{"convApiApp":true,"name":"News","region":"EU"}`,
	}
	for key, fields := range want {
		if got[key] != fields {
			t.Errorf("%s:\ngot  %s\nwant %s", key, got[key], fields)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d items, want %d", len(got), len(want))
	}
	var deleted []string
	for _, item := range d.Delete {
		deleted = append(deleted, fmt.Sprint(item.Kind.Name, " ", item.Key, " ", string(jsonvalue.Encode(item.Fields))))
	}
	if want := []string{`whatsappTemplates old/DE {"deleteSubmitted":true}`, `smsApps b {}`, `smsApps Old {}`}; !reflect.DeepEqual(deleted, want) {
		t.Errorf("deleted %q, want %q", deleted, want)
	}
}

// TestReadPositions is where the fields of an item are: those that languages share are
// where the template has them.
func TestReadPositions(t *testing.T) {
	d := readFile(t, "whatsappTemplates:\n- name: hello\n  category: UTILITY\n  languages:\n    EN:\n      details:\n        components:\n        - type: BODY\n          text: Hello\n", Options{})
	item := d.Items[0]
	for path, want := range map[string]string{
		"details.components[0].text": "f.yaml:9:11",
		"details.components[0].type": "f.yaml:8:11",
		"details.components[0]":      "f.yaml:8:11",
		"details.components[4].text": "f.yaml:7:9",
		"category":                   "f.yaml:3:3",
		"name":                       "f.yaml:2:3",
		"":                           "f.yaml:5:5",
		"details.optimization":       "f.yaml:6:7",
	} {
		if got := item.At(path).String(); got != want {
			t.Errorf("%q is at %s, want %s", path, got, want)
		}
	}
}

// TestReadLimits gives files that would cost much.
func TestReadLimits(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	long := "a: &a " + strings.Repeat("x", 3<<20) + "\nb: [" + strings.TrimSuffix(strings.Repeat("*a, ", 1000), ", ") + "]\n"
	for name, test := range map[string]struct{ file, want string }{
		"aliases":        {laughs.String(), "it has more than 500000 values, those that aliases repeat included"},
		"a long text":    {long, "its texts have more than 64 MiB, with what aliases and variables repeat"},
		"deep":           {"a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n", "it is nested more than 60 levels deep"},
		"an alias in it": {"a: &a [*a]\n", "it is nested more than 60 levels deep"},
		"a long file":    {"a: " + strings.Repeat("x", MaxFile) + "\n", "it is too long: at most 4 MiB in a file, and 32 MiB in all"},
		"very deep":      {strings.Repeat("[", 1_000_000), "f.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faultsOf(test.file, Options{}); !strings.Contains(got, test.want) || len(got) > 5000 {
				t.Errorf("got %.300s, want %s", got, test.want)
			}
		})
	}
}
