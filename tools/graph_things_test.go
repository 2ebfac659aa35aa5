package tools

import (
	"fmt"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// graphThing is a thing of the shop that is put into each state: how it is changed, how
// it is read, and by which states.
type graphThing struct {
	name            string
	read            catalog.Next
	states, changes string // enums of the contract
	edit            func(project map[string]any, state, change string)
}

// part returns what is at a path of the dumped project.
func part(project map[string]any, path ...string) map[string]any {
	for _, name := range path {
		project = project[name].(map[string]any)
	}
	return project
}

// setDoc changes the document of a thing: a state of "" is one that never was
// live.
func setDoc(doc map[string]any, state, change string) {
	doc["changes"] = map[string]any{"status": change, "details": doc["details"]}
	if change == "" {
		delete(doc, "changes")
	}
	doc["state"] = state
	if state == "" {
		delete(doc, "state")
	}
}

func graphThings() []graphThing {
	const sender, rcs, sms, bundle = "6b9cf9c1-c384-4886-b5fe-d3386498753e", "71417d8b-22ac-4cfd-affc-e489e79a0b1c", "ba09e6e90769a9579df9255dc328a126", "3a46499ef7a0570d3078d7cd"
	const friend, template = "exampleshop", "jigpsTZVQrSeCWY0ECQ7"
	read := func(tool string, args map[string]any) catalog.Next { return catalog.Next{Tool: tool, Args: args} }
	return []graphThing{
		{"whatsapp_account", read("whatsapp_account_get", map[string]any{}), "WhatsappAccountStateEnum", "WhatsappAccountChangeStateEnum",
			func(p map[string]any, state, change string) { setDoc(part(p, "account", "doc"), state, change) }},
		{"whatsapp_sender", read("whatsapp_sender_get", map[string]any{"senderId": sender}), "WhatsappSenderStatesEnum", "WhatsappSenderStatusesEnum",
			func(p map[string]any, state, change string) {
				setDoc(part(p, "senders", sender, "doc"), state, change)
				part(p, "senders", sender)["verified"] = state == "ACTIVE"
			}},
		{"whatsapp_template", read("whatsapp_template_get", map[string]any{"templateName": "order_shipped", "languageCode": "EN"}), "WhatsappTemplateStatesEnum", "WhatsappTemplateStatusesEnum",
			func(p map[string]any, state, change string) {
				tmpl := part(p, "templates", "order_shipped/EN")
				tmpl["state"], tmpl["status"] = state, change
				if change != "" {
					tmpl["changes"] = tmpl["details"]
				}
				if state == "" {
					tmpl["details"] = nil
				}
			}},
		{"kakaotalk_sender", read("kakaotalk_sender_get", map[string]any{"plusFriendId": friend}), "KakaotalkSenderStatesEnum", "KakaotalkSenderStatusesEnum",
			func(p map[string]any, state, change string) {
				setDoc(part(p, "kakaoSenders", friend, "doc"), state, change)
			}},
		{"kakaotalk_template", read("kakaotalk_template_get", map[string]any{"plusFriendId": friend, "templateCode": template}), "KakaotalkTemplateStatesEnum", "KakaotalkTemplateStatusesEnum",
			func(p map[string]any, state, change string) {
				tmpl := part(p, "kakaoSenders", friend, "templates", template)
				setDoc(tmpl["doc"].(map[string]any), state, change)
				tmpl["submitted"] = state != "" || change != "DRAFT"
			}},
		{"rcs_sender", read("rcs_sender_get", map[string]any{"senderId": rcs}), "RcsSenderStatesEnum", "",
			func(p map[string]any, state, _ string) { part(p, "rcsSenders", rcs)["state"] = state }},
		{"rcs_sender", read("rcs_sender_get", map[string]any{"senderId": rcs}), "RcsSenderStatesEnum", "", // one that lacks nothing
			func(p map[string]any, state, _ string) {
				part(p, "rcsSenders", rcs)["state"] = state
				launchReady(part(p, "rcsSenders", rcs))
			}},
		{"rcs_test_number", read("rcs_test_number_get", map[string]any{"senderId": rcs, "testNumber": "+15550110"}), "RcsTestNumberStatesEnum", "",
			func(p map[string]any, state, _ string) {
				part(p, "rcsSenders", rcs)["numbers"].([]any)[0].(map[string]any)["state"] = state
			}},
		{"sms_app", read("sms_app_get", map[string]any{"smsAppId": sms}), "SmsProvisioningStatesEnum", "",
			func(p map[string]any, state, _ string) { part(p, "smsApps", sms, "doc")["status"] = state }},
		{"bundle", read("bundle_get", map[string]any{"bundleId": bundle}), "BundlesBundleServicesStateEnum", "",
			func(p map[string]any, state, _ string) { part(p, "bundles", bundle)["state"] = state }},
	}
}

func enumOf(name string) []string {
	values := []string{}
	if name == "" {
		return values
	}
	for _, v := range papi.LookupSchema(name).Enum {
		values = append(values, fmt.Sprint(v))
	}
	return values
}

// launchReady completes the shop's RCS sender, so that a launch has nothing
// against it.
func launchReady(sender map[string]any) {
	details := sender["details"].(map[string]any)
	details["countries"] = []any{"SE"}
	for _, name := range []string{"bannerUrl", "logoUrl", "privacyPolicyUrl", "termsOfServiceUrl"} {
		details["brand"].(map[string]any)[name] = "https://example.com/" + name + ".png"
	}
	details["questionnaire"] = map[string]any{
		"general":      map[string]any{"answers": map[string]any{"optInDescription": "a form", "triggerDescription": "a purchase", "interactionsDescription": "orders", "optOutDescription": "STOP", "videoUris": []any{"https://example.com/video"}}},
		"verification": map[string]any{"answers": map[string]any{"name": "Example Manager", "email": "care@example.com", "website": "https://example.com", "phone": "+15550100"}},
	}
}

// worlds calls do in each state of each thing, with each status of pending changes:
// of a live thing, and of one that never was live.
func (g *graph) worlds(do func(thing graphThing, where string)) {
	for _, thing := range graphThings() {
		if catalog.Lookup(thing.read.Tool).Resource.States == nil {
			g.t.Errorf("no states of %s", thing.name)
		}
		for _, state := range append(enumOf(thing.states), "") {
			for _, change := range append(enumOf(thing.changes), "") {
				if state == "" && change == "" {
					continue
				}
				g.become(func(p map[string]any) { thing.edit(p, state, change) })
				do(thing, fmt.Sprintf("%s %s, changes %s", thing.name, state, change))
			}
		}
	}
	for _, row := range catalog.Rows() {
		if r := row.Resource; r != nil && r.States != nil && !slices.ContainsFunc(graphThings(), func(thing graphThing) bool { return thing.name == r.Name }) {
			g.t.Errorf("no test walks %s", r.Name)
		}
	}
}
