// Package guides holds what is worth knowing before one acts: a guide for each
// family of the API, written for a reader who must do something, and the tables
// of triggers and families that are generated from the contract.
package guides

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/frontmatter"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

//go:embed *.md
var files embed.FS

// Guide is what to know about one family.
type Guide struct {
	Family      string `yaml:"-"`
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	// Text is markdown. It names the sections, which have the rest.
	Text string `yaml:"-"`
	// Sections are the parts of a long guide that have pages of their own.
	Sections []*Section `yaml:"-"`
}

// Section is a part of a guide with a page of its own.
type Section struct {
	Family, Name, Title string
	// Text is markdown.
	Text string

	states []string // the resources whose tables of states it has
}

// URI is the beginning of the URIs of guides, and of their sections.
const URI = "papi://guides/"

// URI returns the URI of the guide.
func (g *Guide) URI() string { return URI + g.Family }

// URI returns the URI of the section.
func (s *Section) URI() string { return URI + s.Family + "/" + s.Name }

// order is that in which the guides are listed.
var order = []string{"webhooks", "whatsapp", "whatsapp_templates", "rcs", "kakaotalk", "conversation", "sms", "bundles"}

// All returns the guides. They are part of the program: one that can't be read
// is a defect, and panics at the start.
var All = sync.OnceValue(func() []*Guide {
	all := make([]*Guide, 0, len(order))
	for _, family := range order {
		raw, err := files.ReadFile(family + ".md")
		if err != nil {
			panic("guides: " + err.Error())
		}
		g := &Guide{Family: family}
		text, err := frontmatter.Read(raw, g)
		if err != nil {
			panic("guides: " + family + ": " + err.Error())
		}
		g.split(text)
		all = append(all, g)
	}
	return all
})

// split makes the pages of a guide from its text. A second-level heading that ends with
// {#NAME} begins a section of that name; the other parts are on the guide's own page.
func (g *Guide) split(text string) {
	var own strings.Builder
	for i, part := range strings.SplitAfter("\n"+text, "\n## ") {
		part = strings.TrimSuffix(part, "\n## ")
		heading, body, _ := strings.Cut(part, "\n")
		named := sectionHeading.FindStringSubmatch(heading)
		switch {
		case i == 0:
			own.WriteString(part)
		case named == nil:
			own.WriteString("\n## " + strings.TrimSpace(part) + "\n")
		default:
			s := &Section{Family: g.Family, Name: named[2], Title: named[1]}
			for _, table := range markers.FindAllStringSubmatch(body, -1) {
				if table[1] != "" { // its beginning
					s.states = append(s.states, table[1])
				}
			}
			s.Text = page("# " + g.Title + ": " + s.Title + "\n" + body)
			g.Sections = append(g.Sections, s)
		}
	}
	if len(g.Sections) > 0 {
		own.WriteString("\n## More\n")
		for _, s := range g.Sections {
			own.WriteString("\n- " + s.URI() + ": " + s.Title)
		}
	}
	g.Text = page(own.String())
}

// sectionHeading matches the heading of a section.
var sectionHeading = lazyregexp.New(`^(.+) \{#(\w+)\}$`)

// page completes the text of a page.
func page(text string) string {
	text = strings.TrimSpace(markers.ReplaceAllString(text, ""))
	if strings.Contains(text, "; overdue after ") {
		text += overdueNote
	}
	return text + "\n\nFacts: Provisioning API " + papi.ContractVersion + ".\n"
}

// Section returns the section of a name, or nil.
func (g *Guide) Section(name string) *Section {
	i := slices.IndexFunc(g.Sections, func(s *Section) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return g.Sections[i]
}

// SectionWithStates returns the section that has the table of a resource's states; nil
// where the guide's own page has it.
func (g *Guide) SectionWithStates(resource string) *Section {
	i := slices.IndexFunc(g.Sections, func(s *Section) bool { return slices.Contains(s.states, resource) })
	if i < 0 {
		return nil
	}
	return g.Sections[i]
}

// SectionNames are the names of the sections of a family's guide; of all of them where
// family is "".
func SectionNames(family string) []string {
	var names []string
	for _, g := range All() {
		for _, s := range g.Sections {
			if family == "" || g.Family == family {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// markers are the comments around the tables of states, which a test writes.
var markers = lazyregexp.New(`(?m)^<!-- states(?:: (\w+)| end) -->\n`)

// overdueNote follows tables that say when a wait is overdue.
const overdueNote = "\n\nThe API states no usual times. `wait` follows what ends soon, until it succeeded, failed or needs a person; where next names a later time, come back then. Results show since when something has been waiting, if the API does. This server decides when a wait is overdue: a person should then ask Sinch support, unless the table names another contact."

// Lookup returns the guide of a family, or nil.
func Lookup(family string) *Guide {
	i := slices.IndexFunc(All(), func(g *Guide) bool { return g.Family == family })
	if i < 0 {
		return nil
	}
	return All()[i]
}

// Families are the names of the guides, in the order in which they are listed.
func Families() []string { return slices.Clone(order) }

// OfTool is the family whose guide is about a tool of the toolset, or "".
func OfTool(toolset string) string {
	switch toolset {
	case "whatsapp_accounts", "whatsapp_senders", "whatsapp_solutions", "whatsapp_flows", "whatsapp_deprecated":
		return "whatsapp"
	}
	if slices.Contains(order, toolset) {
		return toolset
	}
	return ""
}

// TriggerFamilies are the families of which a webhook can name triggers: the
// first parts of their names, in lower case, in the contract's order. ALL
// belongs to none.
func TriggerFamilies() []string {
	return slices.DeleteFunc(triggerFamilies(), func(family string) bool { return family == "all" })
}

func triggerFamilies() []string {
	var families []string
	for _, trigger := range triggers() {
		if family := triggerFamily(trigger); !slices.Contains(families, family) {
			families = append(families, family)
		}
	}
	return families
}

// Triggers is the table of all triggers by family, as markdown.
func Triggers() string {
	var b strings.Builder
	about := papi.LookupSchema(triggersSchema).EnumDescriptions
	fmt.Fprintf(&b, "# Webhook triggers\n\n%d triggers, of Provisioning API %s. How to choose: papi://guides/webhooks.\n", len(triggers()), papi.ContractVersion)
	for _, family := range triggerFamilies() {
		fmt.Fprintf(&b, "\n## %s\n\n", family)
		for _, trigger := range triggers() {
			if triggerFamily(trigger) != family {
				continue
			}
			fmt.Fprintf(&b, "- `%s`", trigger)
			if text := cmp.Or(about[trigger], reported[trigger]); text != "" { // a newer contract may have triggers without words
				fmt.Fprintf(&b, ": %s", text)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

const triggersSchema = "WebhookWebhookTriggersEnum"

func triggers() []string { return papi.LookupSchema(triggersSchema).EnumTexts() }

func triggerFamily(trigger string) string {
	family, _, _ := strings.Cut(trigger, "_")
	return strings.ToLower(family)
}
