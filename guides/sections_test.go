package guides

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/frontmatter"
	"papi-mcp/internal/tokentest"
)

// maxTokens is how many tokens a page of a guide may have.
const maxTokens = 900

// Every page of a guide is short, says what it is about, and ends with the version of
// its facts; a guide's own page has the URI of each of its sections.
func TestPagesAreShort(t *testing.T) {
	for _, g := range All() {
		pages := map[string]string{g.URI(): g.Text}
		for _, s := range g.Sections {
			pages[s.URI()] = s.Text
			if !strings.Contains(g.Text, "\n- "+s.URI()+": "+s.Title+"\n") {
				t.Errorf("%s does not list %s", g.URI(), s.URI())
			}
			if s.Family != g.Family || g.Section(s.Name) != s || s.URI() != URI+g.Family+"/"+s.Name {
				t.Errorf("%s: %+v", g.Family, s)
			}
		}
		if len(pages) != len(g.Sections)+1 {
			t.Errorf("%s has two sections of the same name", g.Family)
		}
		for uri, text := range pages {
			if n := tokentest.Count(text); n > maxTokens {
				t.Errorf("%s has %d tokens, want at most %d: give a heading of it a section, as in ## Heading {#name}", uri, n, maxTokens)
			}
			if !strings.HasPrefix(text, "# ") || !strings.Contains(text, "\nFacts: Provisioning API ") || strings.Contains(text, "{#") || strings.Contains(text, "<!--") || strings.Contains(text, "\n\n\n") {
				t.Errorf("%s is %s", uri, text)
			}
			if strings.Contains(text, "; overdue after ") != strings.Contains(text, strings.TrimSpace(overdueNote)) {
				t.Errorf("%s: the note about overdue waits", uri)
			}
		}
	}
}

// Each line of a guide's file is on exactly one of its pages.
func TestSectionsLoseNothing(t *testing.T) {
	for _, g := range All() {
		raw, err := os.ReadFile(g.Family + ".md")
		if err != nil {
			t.Fatal(err)
		}
		text, err := frontmatter.Read(raw, &Guide{})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, page := range append([]string{g.Text}, texts(g)...) {
			lines = append(lines, strings.Split(page, "\n")...)
		}
		heading := regexp.MustCompile(` \{#\w+\}$`)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case line == "", strings.HasPrefix(line, "<!--"), strings.HasPrefix(line, "|---"), strings.HasPrefix(line, "| state |"):
			case heading.MatchString(line):
				title := strings.TrimPrefix(heading.ReplaceAllString(line, ""), "## ")
				if !slices.Contains(lines, "# "+g.Title+": "+title) {
					t.Errorf("%s: no section %q", g.Family, title)
				}
			default:
				n := 0
				for _, other := range lines {
					if other == line {
						n++
					}
				}
				if n != strings.Count(text, line+"\n") {
					t.Errorf("%s: on %d pages: %s", g.Family, n, line)
				}
			}
		}
	}
}

func texts(g *Guide) (all []string) {
	for _, s := range g.Sections {
		all = append(all, s.Text)
	}
	return all
}

// The table of a resource's states is found where it is.
func TestSectionWithStates(t *testing.T) {
	for resource, want := range map[string]string{"whatsapp_account": "account", "whatsapp_sender": "sender", "rcs_test_number": "test_numbers", "kakaotalk_template": "template"} {
		family, _, _ := strings.Cut(resource, "_")
		s := Lookup(family).SectionWithStates(resource)
		if s == nil || s.Name != want || !strings.Contains(s.Text, "| state |") {
			t.Errorf("%s: %+v", resource, s)
		}
	}
	for family, resource := range map[string]string{"rcs": "rcs_sender", "whatsapp_templates": "whatsapp_template", "sms": "sms_app", "webhooks": "webhook"} {
		if s := Lookup(family).SectionWithStates(resource); s != nil {
			t.Errorf("%s is in %s", resource, s.Name)
		}
	}
	if all, some, none := SectionNames(""), SectionNames("rcs"), SectionNames("sms"); len(all) <= len(some) || !slices.Contains(some, "launch") || len(none) != 0 {
		t.Errorf("%v, %v, %v", all, some, none)
	}
}
