package plan

import (
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// TestCompare compares what a file wants with what the project has: the paths that
// differ, and what an update has to give.
func TestCompare(t *testing.T) {
	body := func(text string) string { return `{"type":"BODY","text":"` + text + `"}` }
	for name, test := range map[string]struct {
		kind, wants, has string
		paths            []string
		patch            string
	}{
		"nothing differs":       {kind: "webhooks", wants: `{"target":"https://example.com","triggers":["ALL"]}`, has: `{"target":"https://example.com","triggers":["ALL"]}`},
		"the order of triggers": {kind: "webhooks", wants: `{"triggers":["RCS_SENDER_STATUS_UPDATED","BUNDLE_DONE"]}`, has: `{"triggers":["BUNDLE_DONE","RCS_SENDER_STATUS_UPDATED"]}`},
		"other triggers": {
			kind: "webhooks", wants: `{"triggers":["BUNDLE_DONE"]}`, has: `{"triggers":["ALL"]}`,
			paths: []string{"triggers"}, patch: `{"triggers":["BUNDLE_DONE"]}`,
		},
		"a secret":                  {kind: "webhooks", wants: `{"triggers":["ALL"],"secret":"${env:PAPI_VAR_X}"}`, has: `{"triggers":["ALL"]}`},
		"left out stays":            {kind: "webhooks", wants: `{}`, has: `{"triggers":["ALL"]}`},
		"how the call is made":      {kind: "whatsappTemplates", wants: `{"status":"DRAFT","saveDraftOnFailure":true}`, has: `{}`},
		"a default in the file":     {kind: "smsApps", wants: `{"test":false}`, has: `{}`},
		"what is not shown":         {kind: "whatsappTemplates", wants: `{"allowCategoryChange":true}`, has: `{}`},
		"a default in the project":  {kind: "whatsappTemplates", wants: `{}`, has: `{"test":false}`},
		"a default inside a list":   {kind: "whatsappTemplates", wants: `{"details":{"components":[{"type":"BODY","text":"A","addSecurityRecommendation":false}]}}`, has: `{"details":{"components":[` + body("A") + `]}}`},
		"an empty list and none":    {kind: "whatsappTemplates", wants: `{"details":{"components":[{"type":"BODY","text":"A","examples":[]}]}}`, has: `{"details":{"components":[` + body("A") + `]}}`},
		"the order of components":   {kind: "whatsappTemplates", wants: `{"details":{"components":[{"type":"FOOTER","text":"F"},` + body("A") + `]}}`, has: `{"details":{"components":[` + body("A") + `,{"type":"FOOTER","text":"F"}]}}`},
		"null and nothing":          {kind: "whatsappSenders", wants: `{"details":{"about":null}}`, has: `{"details":{}}`},
		"a number as it is written": {kind: "whatsappTemplates", wants: `{"details":{"optimization":{"bidStrategy":"LOWEST_COST_WITH_BID_CAP","bidAmount":5000}}}`, has: `{"details":{"optimization":{"bidStrategy":"LOWEST_COST_WITH_BID_CAP","bidAmount":5e3}}}`},
		"a text of a template": {
			kind: "whatsappTemplates", wants: `{"category":"UTILITY","details":{"components":[` + body("B") + `,{"type":"FOOTER","text":"F"}]}}`,
			has:   `{"category":"UTILITY","details":{"components":[{"type":"FOOTER","text":"F"},` + body("A") + `]}}`,
			paths: []string{"details.components.BODY.text"}, patch: `{"details":{"components":[` + body("B") + `,{"type":"FOOTER","text":"F"}]}}`,
		},
		"a component more and one less": {
			kind: "whatsappTemplates", wants: `{"details":{"components":[` + body("A") + `,{"type":"FOOTER","text":"F"}]}}`,
			has:   `{"details":{"components":[{"type":"HEADER","format":"LOCATION"},` + body("A") + `]}}`,
			paths: []string{"details.components.FOOTER", "details.components.HEADER"}, patch: `{"details":{"components":[` + body("A") + `,{"type":"FOOTER","text":"F"}]}}`,
		},
		"the order of a message's buttons": {
			kind:  "whatsappTemplates",
			wants: `{"details":{"components":[{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Yes"},{"type":"QUICK_REPLY","text":"No"}]}]}}`,
			has:   `{"details":{"components":[{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"No"},{"type":"QUICK_REPLY","text":"Yes"}]}]}}`,
			paths: []string{"details.components.BUTTONS.buttons[0].text", "details.components.BUTTONS.buttons[1].text"},
			patch: `{"details":{"components":[{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Yes"},{"type":"QUICK_REPLY","text":"No"}]}]}}`,
		},
		"an optimization is replaced as one": {
			kind: "whatsappTemplates", wants: `{"details":{"optimization":{"bidStrategy":"LOWEST_COST_WITH_BID_CAP","bidAmount":1}}}`,
			has:   `{"details":{"optimization":{"bidStrategy":"LOWEST_COST_WITH_BID_CAP","bidAmount":1,"bidCountryMultiplierOverrides":{"DE":"1.2"}}}}`,
			paths: []string{"details.optimization.bidCountryMultiplierOverrides"}, patch: `{"details":{"optimization":{"bidAmount":1,"bidStrategy":"LOWEST_COST_WITH_BID_CAP"}}}`,
		},
		"null removes": {
			kind: "whatsappSenders", wants: `{"details":{"about":null,"email":"a@example.com"}}`, has: `{"details":{"about":"Hi","email":"b@example.com","websiteOne":"https://example.com"}}`,
			paths: []string{"details.about", "details.email"}, patch: `{"details":{"about":null,"email":"a@example.com"}}`,
		},
		"countries and numbers are sets": {
			kind: "rcsSenders", wants: `{"details":{"countries":["DE","FR"],"testNumbers":["+15550100001","+15550100002"]}}`,
			has: `{"details":{"countries":["FR","DE"],"testNumbers":["15550100002","15550100001"]}}`,
		},
		"only what differs of a brand": {
			kind: "rcsSenders", wants: `{"details":{"brand":{"name":"Example","color":"#ABCDEF","phones":[{"label":"Call","number":"+1 555 0100"}]},"countries":["DE"]}}`,
			has:   `{"details":{"brand":{"name":"Old","color":"#abcdef","description":"D","phones":[{"label":"Call","number":"+15550100"}]},"countries":["DE"]}}`,
			paths: []string{"details.brand.name"}, patch: `{"details":{"brand":{"name":"Example"}}}`,
		},
		"the brand's default color": {kind: "rcsSenders", wants: `{"details":{"brand":{"name":"Example"}}}`, has: `{"details":{"brand":{"name":"Example","color":"#000000"}}}`},
		"an answer of a questionnaire": {
			kind: "rcsSenders", wants: `{"details":{"questionnaire":{"gb":{"answers":{"brandIndustry":"Retail"}}}}}`,
			has:   `{"details":{"questionnaire":{"gb":{"answers":{"brandIndustry":"Travel","companyLegalName":"Example"}}}}}`,
			paths: []string{"details.questionnaire.gb.answers.brandIndustry"}, patch: `{"details":{"questionnaire":{"gb":{"answers":{"brandIndustry":"Retail"}}}}}`,
		},
		"the buttons of KakaoTalk say their place": {
			kind:  "kakaotalkTemplates",
			wants: `{"details":{"buttons":[{"ordering":1,"type":"BOT_KEYWORD","name":"A"},{"ordering":2,"type":"WEB_LINK","name":"B"}]}}`,
			has:   `{"details":{"buttons":[{"ordering":2,"type":"WEB_LINK","name":"B"},{"ordering":1,"type":"BOT_KEYWORD","name":"A"}]}}`,
		},
		"an address as browsers write it": {kind: "kakaotalkSenders", wants: `{"details":{"logoImage":"https://Example.com"}}`, has: `{"details":{"logoImage":"https://example.com/"}}`},
		"a path in another case": {
			kind: "kakaotalkSenders", wants: `{"details":{"logoImage":"https://example.com/A.png"}}`, has: `{"details":{"logoImage":"https://example.com/a.png"}}`,
			paths: []string{"details.logoImage"}, patch: `{"details":{"logoImage":"https://example.com/A.png"}}`,
		},
		"the number of an administrator": {kind: "kakaotalkSenders", wants: `{"details":{"adminPhoneNo":"+1 555 0100"}}`, has: `{"details":{"adminPhoneNo":"0015550100"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			changes, patch := compare(LookupKind(test.kind), itemOf(t, test.wants), itemOf(t, test.has))
			var paths []string
			for _, change := range changes {
				paths = append(paths, change.Path)
			}
			if string(jsonvalue.Encode(paths)) != string(jsonvalue.Encode(test.paths)) {
				t.Errorf("differ: %q, want %q", paths, test.paths)
			}
			if want := test.patch; want != "" && string(jsonvalue.Encode(patch)) != canonicalJSON(t, want) || want == "" && len(patch) > 0 {
				t.Errorf("an update gives %s, want %s", jsonvalue.Encode(patch), want)
			}
		})
	}
}

func itemOf(t *testing.T, fields string) *Item {
	t.Helper()
	return &Item{Fields: decoded(t, fields)}
}

func decoded(t testing.TB, object string) map[string]any {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(object))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func canonicalJSON(t *testing.T, text string) string {
	t.Helper()
	return string(jsonvalue.Encode(decoded(t, text)))
}
