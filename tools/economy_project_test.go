package tools

import "fmt"

// step is a step of a script for the sandbox.
type step map[string]any

func post(path string, body map[string]any, keep ...string) step {
	s := step{"method": "POST", "path": path, "body": body}
	if len(keep) > 0 {
		s["keep"] = map[string]any{keep[0]: keep[1]}
	}
	return s
}

func advance(by string) step { return step{"advance": by} }

// object is short for a JSON object.
type object = map[string]any

// projectScript fills a project with a dozen things of each kind, as those of a
// shop are: their names, their texts, and the states that they are in.
func projectScript() []step {
	var script []step
	add := func(steps ...step) { script = append(script, steps...) }
	triggers := [][]any{ // all, and those that report how a change has ended
		{"ALL"},
		{"WHATSAPP_SENDER_ACTIVE", "WHATSAPP_SENDER_ERROR", "WHATSAPP_SENDER_INACTIVE", "WHATSAPP_SENDER_PENDING_VERIFICATION", "WHATSAPP_SENDER_REJECTED"},
		{"WHATSAPP_TEMPLATE_APPROVED", "WHATSAPP_TEMPLATE_REJECTED", "WHATSAPP_TEMPLATE_STATUS_UPDATED"},
		{"RCS_SENDER_OPERATOR_STATUS_UPDATED", "RCS_SENDER_STATUS_UPDATED"},
	}
	shops := []string{"Shop", "Care", "Outlet", "Bakery", "Garden", "Books", "Travel", "Sports", "Music", "Toys", "Fashion", "Market"}
	for i := range shops {
		add(post("/webhooks", object{"target": fmt.Sprintf("https://hooks.example.com/papi/%02d", i+1), "secret": "sixteen-or-more-signs", "triggers": triggers[i%len(triggers)]}))
	}
	for _, name := range shops {
		add(post("/whatsapp/solutions", object{"accessToken": "the token of the signup", "businessManager": "SINCH_UK", "details": object{"name": "Example " + name}}))
	}
	add(
		post("/whatsapp", object{
			"wabaName": "Example Shop", "clientBusinessManagerId": "100000000000011", "businessManager": "SINCH_UK",
			"senderDetails": object{"displayName": "Example Shop", "businessCategory": "SHOPPING_AND_RETAIL", "region": "EU"},
		}),
		advance("2m"),
	)
	for i, name := range shops {
		add(whatsappSender(i, name)...)
	}
	add(advance("26h"))
	for i := range shops {
		add(whatsappTemplate(i))
	}
	add(step{"method": "PUT", "path": "/whatsapp/enableTemplateAnalytics"})
	for i, name := range shops {
		add(rcsSender(i, name)...)
	}
	add(advance("3h"))
	for i, name := range shops {
		add(kakaotalkSender(i, name)...)
		add(kakaotalkTemplate(i))
	}
	add(advance("2h"))
	for i, name := range shops {
		add(
			post("/sms/smsApps", object{"name": "Example " + name + " alerts", "region": []any{"EU", "US"}[i%2], "convApiApp": i%3 == 0}),
			bundle(i, name),
		)
		for _, path := range []string{
			"/whatsapp", "/whatsapp/senders/{whatsapp0}", "/whatsapp/templates/order_confirmed/languages/DE", "/rcs/senders/{rcs0}", "/rcs",
			"/kakaotalk/senders/exampleshop0", "/kakaotalk/senders/exampleshop0/templates/{kakaotalk0}",
		} {
			add(post(path+"/comments", object{"comment": fmt.Sprintf("Reviewed for %s: the description is fine, the opening hours are missing.", name)}))
		}
	}
	add(advance("5m"))
	return script
}

// whatsappSender is active for an even number; the others wait for a code, are
// drafts, were refused or failed.
func whatsappSender(i int, name string) []step {
	id := fmt.Sprintf("whatsapp%d", i)
	number := fmt.Sprintf("55501%02d", i)
	body := object{"phoneNumberProvider": "CUSTOMER"}
	switch i {
	case 3:
		number = "5550000"
	case 7:
		number = "5559999"
	case 5, 11:
		body["status"] = "DRAFT"
	}
	body["details"] = object{
		"displayName": "Example " + name, "vertical": "SHOPPING_AND_RETAIL", "countryCode": "1", "phoneNumber": number, "description": "Orders, deliveries and returns of Example " + name,
		"email": "care@example.com", "websiteOne": "https://www.example.com", "websiteTwo": "https://shop.example.com", "about": "Open from 9 to 5.", "address": "1 Example Street, Exampletown",
		"photoUrl": "https://example.com/photo.png",
	}
	steps := []step{post("/whatsapp/senders", body, id, "id"), advance("1m")}
	if i%2 == 0 {
		path := "/whatsapp/senders/{" + id + "}/"
		steps = append(steps,
			post(path+"register", object{"method": "SMS"}, id+"code", "X-Papi-Sandbox-Code"),
			post(path+"verify", object{"code": "{" + id + "code}"}),
			advance("1m"))
	}
	return steps
}

// whatsappTemplate is one of four names in three languages, approved, refused,
// paused or a draft.
func whatsappTemplate(i int) step {
	names := []string{"order_confirmed", "reject_winter_sale", "pause_summer_sale", "login_help"}
	languages := []string{"DE", "EN", "FR"}
	body := object{
		"name": names[i/3], "language": languages[i%3], "category": []any{"UTILITY", "MARKETING", "MARKETING", "UTILITY"}[i/3],
		"details": object{"components": []any{
			object{"type": "HEADER", "format": "TEXT", "text": fmt.Sprintf("News %d of your order", i)},
			object{"type": "BODY", "text": fmt.Sprintf("Hello {{1}}, your order {{2}} was confirmed today in shop %d. We send it to you as soon as it has been packed, and tell you when.", i), "examples": []any{"Alex", "1001"}},
			object{"type": "FOOTER", "text": "Example Shop, 1 Example Street"},
			object{"type": "BUTTONS", "buttons": []any{object{"type": "QUICK_REPLY", "text": "Thank you"}, object{"type": "URL", "text": "Follow it", "url": "https://www.example.com/orders"}}},
		}},
	}
	if i == 10 {
		body["status"] = "DRAFT"
	}
	return post("/whatsapp/templates", body)
}

// rcsSender is in test for an odd number; the others are launched in two countries.
func rcsSender(i int, name string) []step {
	id := fmt.Sprintf("rcs%d", i)
	description := "Orders, deliveries and returns"
	if i%4 == 0 {
		description = "refuse Telia"
	}
	steps := []step{
		post("/rcs/senders", object{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE", "details": object{
			"countries": []any{"GB", "SE"}, "testNumbers": []any{"+15550110", fmt.Sprintf("+155503%02d", i)},
			"brand": object{
				"name": "Example " + name, "description": description, "color": "#336699", "emails": []any{object{"label": "Care", "address": "care@example.com"}},
				"phones": []any{object{"label": "Care", "number": "+15550130"}}, "websites": []any{object{"label": "Shop", "url": "https://www.example.com"}},
				"bannerUrl": "https://example.com/banner.png", "logoUrl": "https://example.com/logo.png",
				"privacyPolicyUrl": "https://www.example.com/privacy", "termsOfServiceUrl": "https://www.example.com/terms",
			},
			"questionnaire": object{
				"general": object{"answers": object{
					"optInDescription": "By a form on our website, with a box that is not ticked", "triggerDescription": "After a purchase in our shop",
					"interactionsDescription": "Order status, deliveries and returns", "optOutDescription": "The customer sends STOP", "videoUris": []any{"https://example.com/video"},
				}},
				"verification": object{"answers": object{"name": "Example Manager", "title": "Head of care", "email": "care@example.com", "website": "https://www.example.com", "phone": "+15550100"}},
				"gb": object{"answers": object{
					"brandIndustry": "Retail", "companyLegalName": "Example Shop Ltd", "messagesVolume": "10000", "companyRegistrationNumber": "00000000",
					"fullCompanyAddress": "1 Example Street, Exampletown", "messagesFrequency": "2 a month",
				}},
			},
		}}, id, "id"),
		advance("3m"),
	}
	if i%2 == 0 {
		steps = append(steps, step{"method": "POST", "path": "/rcs/senders/{" + id + "}/launch"})
	}
	return steps
}

// kakaotalkSender is active for an even number; the others are drafts or wait for a
// registration.
func kakaotalkSender(i int, name string) []step {
	id := fmt.Sprintf("exampleshop%d", i)
	body := object{"plusFriendId": id, "details": object{
		"adminPhoneNo": fmt.Sprintf("+155504%02d", i), "name": "Example " + name, "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001",
	}}
	if i%4 == 3 {
		body["status"] = "DRAFT"
	}
	steps := []step{post("/kakaotalk/senders", body), advance("5m")}
	if i%2 == 0 {
		steps = append(steps,
			post("/kakaotalk/senders/"+id+"/register", nil, id+"code", "X-Papi-Sandbox-Code"),
			post("/kakaotalk/senders/"+id+"/verify", object{"code": "{" + id + "code:number}"}),
			advance("1m"))
	}
	return steps
}

// bundle has a subproject, with a webhook, for an odd number.
func bundle(i int, name string) step {
	body := object{"name": "Example " + name, "region": "EU", "smsApp": true, "convApp": object{"name": "Example " + name + " social"}}
	if i%2 == 1 {
		body["subproject"] = true
		body["webhooks"] = []any{object{"target": "https://hooks.example.com/bundles", "secret": "sixteen-or-more-signs", "triggers": []any{"BUNDLE_DONE"}}}
	}
	return post("/bundles", body)
}

func kakaotalkTemplate(i int) step {
	body := object{"details": object{
		"name": fmt.Sprintf("Order news %d", i), "language": "KO", "categoryCode": "002001", "messageType": "BASIC", "emphasizeType": "EMPHASIZE_TYPE_NONE",
		"content": fmt.Sprintf("안녕하세요 #{name}님, 주문 #{number}이 확인되었습니다. 상품을 준비하는 대로 배송해 드리겠습니다. (%d)", i),
		"buttons": []any{object{"type": "WEB_LINK", "name": "See the order", "linkMo": "https://m.example.com", "linkPc": "https://www.example.com", "ordering": 1}},
	}}
	if i%4 == 1 {
		body["status"] = "DRAFT"
	}
	return post("/kakaotalk/senders/exampleshop0/templates", body, fmt.Sprintf("kakaotalk%d", i), "code")
}
