package guard

import (
	"context"
	"fmt"

	"papi-mcp/internal/jsonvalue"
)

var whatsappContentRules = []Rule{
	{
		Name:  "whatsapp_template_body",
		About: "A WhatsApp template that is submitted has a BODY component. Told as a warning, most of it since the contract's own examples do it: two components of a type, two buttons with the same text, what only AUTHENTICATION has (addSecurityRecommendation, codeExpirationMinutes) in another category, and a BODY with a text in AUTHENTICATION, where it is empty.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: templateBody,
	},
	{
		Name:  "whatsapp_template_variables",
		About: "The variables of a WhatsApp template are written {{1}}, {{2}} and so on without a gap, one at most in a header, drafts included: {{name}}, {{ 1 }}, {{1} and {{}} are none. What is submitted has an example for each. Footers, limited-time offers and the texts of buttons take no variable. Told as a warning: {name}, #{name} and their like, which are sent as plain text.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: templateVariables,
	},
	{
		Name:  "whatsapp_header_media",
		About: "The mimeType of a header's example is one of its format: IMAGE/JPEG and IMAGE/PNG for IMAGE, VIDEO/3GP and VIDEO/MP4 for VIDEO, APPLICATION/PDF for DOCUMENT. Told as a warning, since the contract's own examples do it: a URL that ends like a file of another type.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: headerMedia,
	},
	{
		Name:  "whatsapp_template_examples",
		About: "What is submitted has an example in each header of format IMAGE, VIDEO or DOCUMENT, and in each COPY_CODE button; a draft may leave them out.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: templateExamples,
	},
	{
		Name:  "whatsapp_template_ttl",
		About: "messageSendTtlSeconds lies within 10 to 900 for AUTHENTICATION, 43200 to 2592000 for MARKETING, 30 to 43200 for UTILITY; an update that names none is looked at by whatsapp_template_update_ttl.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: templateTTL,
	},
}

// submitsTemplate reports whether the call submits the template: a create does
// unless told otherwise, an update only when told.
func submitsTemplate(c *Call) bool {
	if c.Row.Tool == "whatsapp_template_create" {
		return c.Args["status"] != "DRAFT"
	}
	return c.Args["status"] == "SUBMIT"
}

func templateBody(_ context.Context, _ *Guard, c *Call) *Refusal {
	components := jsonvalue.Objects(c.Args, "details.components")
	if components == nil {
		return nil
	}
	seen := map[string]bool{}
	for i, component := range components {
		kind := jsonvalue.Text(component, "type")
		if seen[kind] {
			c.Warn(fmt.Sprintf("details.components[%d]: there is a component of type %s already: the API judges", i, kind))
		}
		seen[kind] = true
		warnOfComponent(c, component, fmt.Sprintf("details.components[%d]", i))
	}
	if seen["BODY"] || !submitsTemplate(c) {
		return nil
	}
	return &Refusal{
		Message:    "details.components has no BODY, and a template needs one",
		Resolution: "add a component of type BODY with the text, or save it with status DRAFT",
	}
}

// warnOfComponent warns of what the contract rules out for a component, and does
// in its own examples.
func warnOfComponent(c *Call, component map[string]any, path string) {
	warnOfCategory(c, jsonvalue.Text(c.Args, "category"), component, path)
	first := map[string]int{}
	for i, button := range jsonvalue.Objects(component, "buttons") {
		label := jsonvalue.Text(button, "text")
		if before, twice := first[label]; twice && label != "" {
			c.Warn(fmt.Sprintf("%s.buttons[%d] and [%d] have the same text: the API judges", path, before, i))
		} else {
			first[label] = i
		}
	}
}

// warnOfCategory warns of what does not go with the template's category.
func warnOfCategory(c *Call, category string, component map[string]any, path string) {
	if category == "AUTHENTICATION" && component["type"] == "BODY" && !jsonvalue.IsEmpty(component["text"]) {
		c.Warn(path + ".text stays empty in AUTHENTICATION templates, whose text is Meta's own: the API judges")
	}
	if category != "" && category != "AUTHENTICATION" {
		for _, name := range []string{"addSecurityRecommendation", "codeExpirationMinutes"} {
			if value := component[name]; value != nil && value != false {
				c.Warn(fmt.Sprintf("%s.%s is for AUTHENTICATION templates, and this one is %s: the API judges", path, name, category))
			}
		}
	}
}

// ttls are the seconds that the delivery of a template may be tried, by
// category.
var ttls = map[string][2]float64{
	"AUTHENTICATION": {10, 900},
	"MARKETING":      {43200, 2592000},
	"UTILITY":        {30, 43200},
}

func templateTTL(_ context.Context, _ *Guard, c *Call) *Refusal {
	return wrongTTL(c, jsonvalue.Text(c.Args, "category"))
}

func wrongTTL(c *Call, category string) *Refusal {
	allowed, known := ttls[category]
	seconds, given := number(jsonvalue.Field(c.Args, "details.messageSendTtlSeconds"))
	if !known || !given || allowed[0] <= seconds && seconds <= allowed[1] {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("details.messageSendTtlSeconds is %.0f; %s allows %.0f to %.0f", seconds, category, allowed[0], allowed[1]),
		Resolution: "give a number within it, or leave it out",
		Info:       map[string]any{"category": category, "allowed": fmt.Sprintf("%.0f to %.0f", allowed[0], allowed[1])},
	}
}
