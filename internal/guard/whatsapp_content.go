package guard

import (
	"context"
	"fmt"

	"papi-mcp/internal/jsonvalue"
)

var ruleTemplateBody = Rule{
	Code:   "guard_whatsapp_template_body",
	About:  "A WhatsApp template that is submitted has a BODY component. A warning, mostly since the contract's own examples do it: two components of the same type, two buttons with the same text, fields of AUTHENTICATION (addSecurityRecommendation, codeExpirationMinutes) in another category, and a BODY with a text in AUTHENTICATION, where it must be empty.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappTemplateDetailsInputDto, WhatsappButtonsComponentInputDto, WhatsappBodyComponentInputDto, WhatsappFooterComponentInputDto, 1.2.117",
	check:  templateBody,
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
			c.Warn(fmt.Sprintf("details.components[%d]: there is already a component of type %s: the API decides", i, kind))
		}
		seen[kind] = true
		warnOfComponent(c, component, fmt.Sprintf("details.components[%d]", i))
	}
	if seen["BODY"] || !submitsTemplate(c) {
		return nil
	}
	return &Refusal{
		Message:    "details.components has no BODY, and a template needs one",
		Resolution: "add a component of type BODY with the text, or save it with status " + asDraft,
	}
}

// submitsTemplate reports whether the call submits the template: a create does
// by default, an update only when it is asked to.
func submitsTemplate(c *Call) bool {
	if c.Row.Tool == "whatsapp_template_create" {
		return c.Args["status"] != asDraft
	}
	return c.Args["status"] == submit
}

// warnOfComponent warns of what the contract rules out for a component, and does
// in its own examples.
func warnOfComponent(c *Call, component map[string]any, path string) {
	warnOfCategory(c, jsonvalue.Text(c.Args, "category"), component, path)
	first := map[string]int{}
	for i, button := range jsonvalue.Objects(component, "buttons") {
		label := jsonvalue.Text(button, "text")
		if before, twice := first[label]; twice && label != "" {
			c.Warn(fmt.Sprintf("%s.buttons[%d] and [%d] have the same text: the API decides", path, before, i))
		} else {
			first[label] = i
		}
	}
}

// warnOfCategory warns of what does not go with the template's category.
func warnOfCategory(c *Call, category string, component map[string]any, path string) {
	if category == "AUTHENTICATION" && component["type"] == "BODY" && !jsonvalue.IsEmpty(component["text"]) {
		c.Warn(path + ".text stays empty in AUTHENTICATION templates, whose text is Meta's own: the API decides")
	}
	if category != "" && category != "AUTHENTICATION" {
		for _, name := range []string{"addSecurityRecommendation", "codeExpirationMinutes"} {
			if value := component[name]; value != nil && value != false {
				c.Warn(fmt.Sprintf("%s.%s is for AUTHENTICATION templates, and this one is %s: the API decides", path, name, category))
			}
		}
	}
}

var ruleTemplateTTL = Rule{
	Code:   "guard_whatsapp_template_ttl",
	About:  "messageSendTtlSeconds is within 10 to 900 for AUTHENTICATION, 43200 to 2592000 for MARKETING, 30 to 43200 for UTILITY; an update without a category is checked by whatsapp_template_update_ttl.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappTemplateDetailsInputDto, 1.2.117",
	check:  templateTTL,
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
		Resolution: "give a number in that range, or leave it out",
		Info:       map[string]any{"category": category, "allowed": fmt.Sprintf("%.0f to %.0f", allowed[0], allowed[1])},
	}
}

// ttls are the seconds that the delivery of a template may be tried, by
// category.
var ttls = map[string][2]float64{
	"AUTHENTICATION": {10, 900},
	"MARKETING":      {43200, 2592000},
	"UTILITY":        {30, 43200},
}
