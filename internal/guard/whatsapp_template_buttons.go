package guard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var ruleButtonURLs = Rule{
	Code:   "guard_whatsapp_button_url",
	About:  "A URL button leads neither to wa.me nor to whatsapp.com, has no variable except one {{1}} at its very end, and has an example if, and only if, it has that variable; a draft may omit the example.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappUrlButtonInputDto, 1.2.117",
	check:  buttonURLs,
}

// buttonURLs names all that is wrong with the URL buttons, those of a carousel's
// cards too.
func buttonURLs(c *Call, _ answers) *Refusal {
	submits := submitsTemplate(c)
	var wrong []string
	eachPart(c, "URL", func(path string, button map[string]any) {
		address := jsonvalue.Text(button, "url")
		host := hostOf(address)
		before, dynamic := strings.CutSuffix(address, variable)
		for _, restricted := range restrictedHosts {
			if host == restricted || strings.HasSuffix(host, "."+restricted) {
				wrong = append(wrong, fmt.Sprintf("%s.url leads to %s", path, restricted))
			}
		}
		switch {
		case address == "":
		case strings.Contains(host, "{{"):
			wrong = append(wrong, fmt.Sprintf("%s.url has a variable in its host", path))
		case strings.Contains(before, "{{"):
			wrong = append(wrong, fmt.Sprintf("%s.url has a variable other than a %s at its very end", path, variable))
		case !dynamic && !jsonvalue.IsEmpty(button["examples"]):
			wrong = append(wrong, fmt.Sprintf("%s.examples is given, though the url contains no %s", path, variable))
		case dynamic && submits && jsonvalue.IsEmpty(button["examples"]):
			wrong = append(wrong, fmt.Sprintf("%s.examples must be given, since the url contains %s", path, variable))
		}
	})
	return refuseAll(wrong, Refusal{Resolution: correctAll})
}

// variable is what makes the address of a URL button dynamic.
const variable = "{{1}}"

// restrictedHosts are those that a URL button may not lead to, with all below
// them.
var restrictedHosts = []string{"wa.me", "whatsapp.com"}

var ruleFlowButtons = Rule{
	Code:    "guard_whatsapp_button_flow",
	About:   "A FLOW button that navigates names its first screen; a draft may omit it.",
	Tools:   []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source:  "WhatsappFlowButtonInputDto, 1.2.117",
	When:    "the template is submitted",
	applies: submitsTemplate,
	check:   flowButtons,
}

func flowButtons(c *Call, _ answers) *Refusal {
	var wrong []string
	eachPart(c, "FLOW", func(path string, button map[string]any) {
		if button["flowAction"] == "NAVIGATE" && jsonvalue.IsEmpty(button["navigateScreen"]) {
			wrong = append(wrong, path+".navigateScreen must be given, since flowAction is NAVIGATE: the id of the flow's first screen")
		}
	})
	return refuseAll(wrong, Refusal{
		Resolution: correctAll,
		Next:       []catalog.Next{nextCall("see the flow's screens", "whatsapp_flow_screen_list", nil, "flowId")},
	})
}

var ruleCarouselCards = Rule{
	Code:    "guard_whatsapp_carousel_cards",
	About:   "The cards of a carousel have the same components, among them a header and a body; a draft may omit them.",
	Tools:   []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source:  "WhatsappInputCarouselComponentDto, WhatsappInputCardDto, 1.2.117",
	When:    "the template is submitted",
	applies: submitsTemplate,
	check:   carouselCards,
}

// carouselCards compares the kinds of components: of cards that differ, the
// first is the measure.
func carouselCards(c *Call, _ answers) *Refusal {
	var wrong []string
	for i, component := range jsonvalue.Objects(c.Args, "details.components") {
		var first string
		for j, card := range jsonvalue.Objects(component, "cards") {
			var kinds []string
			for _, part := range jsonvalue.Objects(card, "components") {
				kinds = append(kinds, strings.TrimSpace(jsonvalue.Text(part, "type")+" "+jsonvalue.Text(part, "format")))
			}
			slices.Sort(kinds)
			all := strings.Join(kinds, ", ")
			path := fmt.Sprintf("details.components[%d].cards[%d].components", i, j)
			for _, needed := range []string{"HEADER", "BODY"} {
				if !strings.Contains(all, needed) {
					wrong = append(wrong, fmt.Sprintf("%s has no %s", path, needed))
				}
			}
			if first = cmp.Or(first, all); all != first {
				wrong = append(wrong, fmt.Sprintf("%s: %s, and the first card has %s", path, cmp.Or(all, "none"), first))
			}
		}
	}
	return refuseAll(wrong, Refusal{Resolution: correctAll})
}

// eachPart visits the components and buttons of a type in a call's template,
// those of a carousel's cards too, with their paths.
func eachPart(c *Call, kind string, visit func(path string, part map[string]any)) {
	visitTyped(jsonvalue.Field(c.Args, "details.components"), "details.components", kind, visit)
}

func visitTyped(value any, path, kind string, visit func(path string, part map[string]any)) {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			visitTyped(item, fmt.Sprintf("%s[%d]", path, i), kind, visit)
		}
	case map[string]any:
		if v["type"] == kind {
			visit(path, v)
		}
		for _, name := range []string{"buttons", "cards", "components"} {
			visitTyped(v[name], path+"."+name, kind, visit)
		}
	}
}

// hostOf is the host of an address, in lower case. An address with a
// variable need not be a URL yet, so it is taken apart by hand.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
