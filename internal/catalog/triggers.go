package catalog

import (
	"strings"

	"papi-mcp/internal/papi"
)

// triggersSchema is the contract's list of triggers.
const triggersSchema = "WebhookWebhookTriggersEnum"

// reportsOn are the beginnings of triggers that don't begin with the name of the resource
// that they report on; "" is none that has a resource.
var reportsOn = map[string]string{
	"RCS_ACCOUNT_":   "",
	"RCS_BRAND_":     "rcs_sender",
	"WHATSAPP_WABA_": "whatsapp_account",
}

// Triggers returns the names of the contract's triggers, in its order.
func Triggers() []string { return papi.LookupSchema(triggersSchema).EnumTexts() }

// OfTrigger returns the resource that a trigger reports on: a delivery's payload is such a
// thing. It is nil for ALL, and for one that reports on none, or is not known.
func OfTrigger(trigger string) *Resource {
	for prefix, name := range reportsOn {
		if strings.HasPrefix(trigger, prefix) {
			return LookupResource(name)
		}
	}
	words := strings.Split(strings.ToLower(trigger), "_")
	for n := len(words) - 1; n > 0; n-- {
		if r := LookupResource(strings.Join(words[:n], "_")); r != nil {
			return r
		}
	}
	return nil
}

// TriggersOf returns the triggers of a family, such as whatsapp, of a kind of thing, such as
// whatsapp_template, or of a toolset; nil for a name that has none.
func TriggersOf(name string) []string {
	if name == "" {
		return nil
	}
	var found []string
	for _, trigger := range Triggers() {
		if strings.HasPrefix(strings.ToLower(trigger), strings.ToLower(name)+"_") || name == toolsetOf(OfTrigger(trigger)) {
			found = append(found, trigger)
		}
	}
	return found
}

// toolsetOf returns the toolset of the tool that reads a resource, "" for nil.
func toolsetOf(r *Resource) string {
	if r == nil {
		return ""
	}
	return Lookup(r.Get).Toolset
}
