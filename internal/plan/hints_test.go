package plan

import (
	"strings"
	"testing"
)

// The usual slips are named with their place and what to do.
func TestHints(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"a tab", "webhooks:\n\t- target: https://example.com\n", "f.yaml:2:1: not valid YAML: found character that cannot start any token: the line begins with a tab; indent it by blanks"},
		{"wrong indentation", "webhooks:\n- target: https://example.com\n   triggers: [ALL]\n", "f.yaml:3:12: not valid YAML: mapping values are not allowed in this context: indent the line like the fields around it, and write a text with a colon and a blank in quotes"},
		{"a placeholder first", "smsApps:\n- name: {{1}} news\n", "write a text that begins with { @ ` or % in quotes"},
		{"an at sign first", "smsApps:\n- name: @home\n", "write a text that begins with { @ ` or % in quotes"},
		{"no end of a quote", "smsApps:\n- name: \"home\n  region: EU\n", "a quote or bracket before has no end"},
		{"yes", "smsApps:\n- {name: News, region: EU, convApiApp: yes}\n", `"yes" is given; allowed: true or false, without quotes`},
		{"no list", "webhooks:\n- target: https://example.com\n  triggers: ALL\n", `"ALL" is given; allowed: a list, such as [ALL]`},
		{"blanks in a number", "whatsappSenders:\n- phoneNumber: +1 555 0100\n", `allowed: + and digits alone, with the country code, such as "+15550100"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := Read([]byte(tt.file), Options{File: "f.yaml"})
			var all []string
			for _, fault := range faults {
				all = append(all, fault.String())
			}
			if !strings.Contains(strings.Join(all, "\n"), tt.want) {
				t.Errorf("%s\nwant %s", strings.Join(all, "\n"), tt.want)
			}
		})
	}
}
