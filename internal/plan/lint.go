package plan

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// maxCompared is how many templates of one language are compared with each other: the
// cost grows with the square of their number.
const maxCompared = 200

// Check returns what is wrong with a document on its own, though it is as the contract
// describes it: what lint finds in its templates, what a launch of its RCS senders
// lacks, and what the workflow of the API does not allow. What was read in another way
// than it is written comes first.
func Check(d *Document) []Note {
	c := &checkedDocument{notes: slices.Clone(d.Notes)}
	languages := map[string][]*Item{}
	category := map[string]*Item{}
	webhooks := 0
	for _, item := range d.Items {
		switch item.Kind.Name {
		case "webhooks":
			webhooks++
			c.webhook(item, webhooks)
		case "whatsappTemplates":
			c.template(item, category)
			if code := item.Identity[keyLanguage]; !item.Draft { // a draft is not approved either
				languages[code] = append(languages[code], item)
			}
		case "rcsSenders":
			c.launch(item)
		case "smsApps":
			if item.Fields["convApiApp"] == true && item.Fields["convApiAppId"] != nil {
				c.add(item, "convApiAppId", "", true, "either convApiApp for a new Conversation app, or convApiAppId for one that exists")
			}
		}
	}
	for _, item := range d.Items {
		if alike := languages[item.Identity[keyLanguage]]; item.Kind.Name == "whatsappTemplates" && len(alike) <= maxCompared {
			c.compare(item, alike)
		}
	}
	return c.notes
}

type checkedDocument struct{ notes []Note }

func (c *checkedDocument) add(item *Item, path, code string, isError bool, format string, args ...any) {
	c.notes = append(c.notes, Note{
		Kind: item.Kind.Name, Key: item.Key, Code: code, Error: isError, Path: path,
		Text: fmt.Sprintf(format, args...), At: item.At(path),
	})
}

func (c *checkedDocument) webhook(item *Item, number int) {
	if triggers := jsonvalue.Texts(item.Fields, "triggers"); len(triggers) > 1 && slices.Contains(triggers, catalog.EveryTrigger) {
		c.add(item, "triggers", "", true, "%s is for all events: give it alone, or the others without it", catalog.EveryTrigger)
	}
	if number == catalog.MaxWebhooks+1 {
		c.add(item, "", "", true, "a project has at most %d webhooks", catalog.MaxWebhooks)
	}
}

// template checks a WhatsApp template. What stops a submit does not stop a draft.
func (c *checkedDocument) template(item *Item, category map[string]*Item) {
	t := linted(item)
	for _, finding := range lint.Check(t) {
		c.finding(item, finding)
	}
	first := category[t.Name]
	if first == nil {
		category[t.Name] = item
		return
	}
	if other := jsonvalue.Text(first.Fields, "category"); other != t.Category {
		c.add(item, "category", "wa_category_languages", true, "%s in this language, and %s in %s: all languages of a name have the same category", t.Category, other, first.Identity[keyLanguage])
	}
}

func linted(item *Item) lint.Template {
	return lint.Template{
		Name: item.Identity[keyName], Language: item.Identity[keyLanguage], Category: jsonvalue.Text(item.Fields, "category"),
		Details: jsonvalue.Object(item.Fields, fieldDetails),
	}
}

func (c *checkedDocument) compare(item *Item, alike []*Item) {
	var others []lint.Template
	for _, other := range alike {
		others = append(others, linted(other))
	}
	for _, finding := range lint.Compare(linted(item), others) {
		c.finding(item, finding)
	}
}

func (c *checkedDocument) finding(item *Item, f lint.Finding) {
	if slices.Contains(item.IgnoreLint, f.Rule) {
		return
	}
	text := f.Message
	if f.Corrected != "" {
		text += ": " + papi.Quoted(f.Corrected, 2*papi.MaxEcho)
	}
	c.add(item, f.Path, f.Rule, f.Severity == lint.Refused && !item.Draft, "%s", text)
}

// launch says what the launch of an RCS sender lacks.
func (c *checkedDocument) launch(item *Item) {
	if !item.Launch || item.ID != "" && item.Fields[fieldDetails] == nil { // the API has the rest
		return
	}
	missing := lint.NewLaunch(item.Fields).Missing
	if len(missing) > 0 {
		c.add(item, fieldLaunch, "", item.ID == "", "the launch needs %s", strings.Join(lint.GroupPaths(missing), ", "))
	}
}
