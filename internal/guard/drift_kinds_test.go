package guard_test

import "maps"

// kinds are the things that have states, each live in the base.
func (w *world) kinds() []kind {
	return []kind{
		w.whatsappAccount(), w.whatsappSender(), w.whatsappTemplate(), w.kakaotalkSender(), w.kakaotalkTemplate(),
		w.rcsSender(), w.rcsTestNumber(), w.smsApp(), w.bundle(),
	}
}

// withAll is each of the sets of arguments with those of more.
func withAll(more jsonObject, sets ...jsonObject) []jsonObject {
	if len(sets) == 0 {
		sets = []jsonObject{{}}
	}
	out := make([]jsonObject, len(sets))
	for i, set := range sets {
		out[i] = jsonObject{}
		maps.Copy(out[i], more)
		maps.Copy(out[i], set)
	}
	return out
}

// setDoc puts the document of a thing into a state. Without one it was never
// live, and its details are pending.
func setDoc(doc jsonObject, state, status string, change jsonObject) {
	details := doc["details"]
	delete(doc, "changes")
	if state == "" {
		delete(doc, "state")
		delete(doc, "details")
	} else {
		doc["state"] = state
		details = change
	}
	if status != "" {
		doc["changes"] = jsonObject{"status": status, "details": details}
	}
}

var accountBody = jsonObject{"wabaName": "Example Ltd", "clientBusinessManagerId": "1", "senderDetails": jsonObject{"displayName": "Example", "businessCategory": "OTHER"}}

const later = "2100-01-01T00:00:00Z"

func (w *world) whatsappAccount() kind {
	sender := jsonObject{"senderId": w.ids["sender"]}
	template := jsonObject{"templateName": "popular_offer", "languageCode": "EN"}
	assigned := func(p jsonObject) {
		in(p["solutions"].([]any)[0].(map[string]any), "doc")["assigned"] = true
	}
	return kind{
		resource: "whatsapp_account", states: "WhatsappAccountStateEnum", statuses: "WhatsappAccountChangeStateEnum", none: true,
		set: func(p jsonObject, state, status string) {
			setDoc(in(p, "account", "doc"), state, status, jsonObject{"wabaName": "Other"})
			if state != "ONBOARDED" { // before that there are none
				p["senders"], p["templates"] = jsonObject{}, jsonObject{}
			}
		},
		more: map[string]func(jsonObject){
			"none":                  func(p jsonObject) { delete(p, "account"); p["senders"], p["templates"] = jsonObject{}, jsonObject{} },
			"ONBOARDED and empty":   func(p jsonObject) { p["senders"] = jsonObject{} },
			"ONBOARDED by solution": assigned,
			"ONBOARDED with a sender that never was live": func(p jsonObject) {
				setDoc(in(p, "senders", w.ids["sender"].(string), "doc"), "", "DRAFT", nil)
			},
		},
		calls: map[string][]jsonObject{
			"whatsapp_account_create":      {accountBody},
			"whatsapp_account_update":      {{"wabaName": "Example"}},
			"whatsapp_account_delete":      {{}},
			"whatsapp_account_comment_add": {{"comment": "Hi"}},
			"whatsapp_solution_create":     {{"accessToken": "t", "businessManager": "SINCH_UK", "details": jsonObject{"name": "Two"}}},
			"whatsapp_solution_assign":     {{"solutionId": w.ids["solution"]}},
			"whatsapp_sender_create": {
				{"details": jsonObject{"countryCode": "1", "phoneNumber": "5550171", "displayName": "Example"}},
				{"wabaId": "", "phoneNumberId": "77", "authenticationCode": "c"},
			},
			"whatsapp_template_create":           {templateBody("another")},
			"whatsapp_template_sync":             {{}},
			"whatsapp_template_analytics_enable": {{}},
			"whatsapp_flow_list":                 {{}},
			"whatsapp_sender_list":               {{}},
			"whatsapp_template_list":             {{}},
			"whatsapp_sender_comment_add":        withAll(sender, jsonObject{"comment": "Hi"}),
			"whatsapp_template_comment_add":      withAll(template, jsonObject{"comment": "Hi"}),
		},
	}
}

func (w *world) whatsappSender() kind {
	id := jsonObject{"senderId": w.ids["sender"]}
	sender := func(p jsonObject) jsonObject { return in(p, "senders", w.ids["sender"].(string)) }
	set := func(p jsonObject, state, status string) {
		one := sender(p)
		setDoc(in(one, "doc"), state, status, jsonObject{"about": "Hi"})
		one["verified"] = state != "PENDING_VERIFICATION" && state != ""
		one["code"], one["codeEnds"] = "123456", later
	}
	more := map[string]func(jsonObject){
		"ACTIVE, marked for removal": func(p jsonObject) {
			set(p, "ACTIVE", "")
			sender(p)["deleted"] = true
		},
		"PENDING_VERIFICATION, verified": func(p jsonObject) {
			set(p, "PENDING_VERIFICATION", "")
			sender(p)["verified"] = true
		},
		"PENDING_VERIFICATION, known to Meta": func(p jsonObject) {
			set(p, "PENDING_VERIFICATION", "")
			sender(p)["knownToMeta"] = true
		},
	}
	for _, status := range enum("WhatsappWhatsAppSenderFieldUpdateStatusEnum", false) {
		for _, field := range []string{"displayName", "username"} {
			more["ACTIVE, "+field+"="+status] = func(p jsonObject) {
				set(p, "ACTIVE", "")
				in(sender(p), "doc")["metadata"] = jsonObject{field: jsonObject{"value": "other", "status": status}}
			}
		}
	}
	return kind{
		resource: "whatsapp_sender", states: "WhatsappSenderStatesEnum", statuses: "WhatsappSenderStatusesEnum", none: true, set: set, more: more,
		calls: map[string][]jsonObject{
			"whatsapp_sender_update": withAll(
				id, jsonObject{"details": jsonObject{"about": "Hello"}}, jsonObject{"status": "SUBMIT", "details": jsonObject{"about": "Hello"}},
				jsonObject{"status": "SUBMIT", "details": jsonObject{"displayName": "Example Two"}}, jsonObject{"status": "SUBMIT", "details": jsonObject{"username": "example"}},
				jsonObject{"details": jsonObject{"username": "example", "about": "Hello"}}, jsonObject{"status": "SUBMIT"},
			),
			"whatsapp_sender_register":         withAll(id, jsonObject{"method": "SMS"}),
			"whatsapp_sender_verify":           withAll(id, jsonObject{"code": "123456"}, jsonObject{}),
			"whatsapp_sender_changes_discard":  withAll(id),
			"whatsapp_sender_delete":           withAll(id),
			"whatsapp_sender_comment_add":      withAll(id, jsonObject{"comment": "Hi"}),
			"whatsapp_sender_get":              withAll(id),
			"whatsapp_sender_username_suggest": withAll(id),
			"whatsapp_sender_activity_list":    withAll(id),
		},
	}
}

func (w *world) whatsappTemplate() kind {
	id := jsonObject{"templateName": "popular_offer", "languageCode": "EN"}
	template := func(p jsonObject) jsonObject { return in(p, "templates", "popular_offer/EN") }
	set := func(p jsonObject, state, status string) {
		one := template(p)
		one["state"], one["status"], one["rejectionCode"] = state, status, ""
		if state == "REJECTED" {
			one["rejectionCode"] = "INVALID_FORMAT"
		}
		if state == "" {
			one["changes"], one["details"], one["submits"] = one["details"], nil, 0
			if status != "DRAFT" {
				one["submits"] = 1
			}
		} else if status != "" {
			one["changes"] = jsonObject{"components": body("Other.")}
		}
	}
	fresh := jsonObject{"details": jsonObject{"components": body("Hello again.")}}
	submit := jsonObject{"status": "SUBMIT"}
	return kind{
		resource: "whatsapp_template", states: "WhatsappTemplateStatesEnum", statuses: "WhatsappTemplateStatusesEnum", none: true, set: set,
		more: map[string]func(jsonObject){
			"REJECTED for its category": func(p jsonObject) {
				set(p, "REJECTED", "")
				template(p)["rejectionCode"] = "INCORRECT_CATEGORY"
			},
			"REJECTED for its category, with a draft": func(p jsonObject) {
				set(p, "REJECTED", "DRAFT")
				template(p)["rejectionCode"] = "INCORRECT_CATEGORY"
			},
			"made by Meta": func(p jsonObject) { template(p)["metaGenerated"] = true },
			"locked":       func(p jsonObject) { template(p)["lockedUntil"] = later },
			"none":         func(p jsonObject) { delete(in(p, "templates"), "popular_offer/EN") },
		},
		calls: map[string][]jsonObject{
			"whatsapp_template_create": {templateBody("popular_offer")},
			"whatsapp_template_update": withAll(
				id, fresh, withAll(fresh, submit)[0], submit, jsonObject{"category": "MARKETING"}, jsonObject{"category": "UTILITY"},
				jsonObject{"allowCategoryChange": true}, jsonObject{"allowCategoryChange": false},
			),
			"whatsapp_template_delete":               withAll(id, jsonObject{}, jsonObject{"deleteSubmitted": false}, jsonObject{"deleteSubmitted": true}),
			"whatsapp_template_delete_all_languages": {{"templateName": "popular_offer"}},
			"whatsapp_template_comment_add":          withAll(id, jsonObject{"comment": "Hi"}),
			"whatsapp_template_get":                  withAll(id),
			"whatsapp_template_language_list":        {{"templateName": "popular_offer"}},
			"whatsapp_template_activity_list":        withAll(id),
			"whatsapp_template_compare":              withAll(id, jsonObject{"templates": []any{jsonObject{"templateName": "popular_other", "templateLanguage": "EN"}}}),
		},
	}
}

func (w *world) kakaotalkSender() kind {
	id := jsonObject{"plusFriendId": "shop"}
	template := jsonObject{"plusFriendId": "shop", "templateCode": w.ids["templateCode"]}
	sender := func(p jsonObject) jsonObject { return in(p, "kakaoSenders", "shop") }
	change := jsonObject{"name": "Other"}
	return kind{
		resource: "kakaotalk_sender", states: "KakaotalkSenderStatesEnum", statuses: "KakaotalkSenderStatusesEnum", none: true,
		set: func(p jsonObject, state, status string) {
			one := sender(p)
			setDoc(in(one, "doc"), state, status, change)
			one["code"], one["codeEnds"] = "123456", later
		},
		more: map[string]func(jsonObject){
			"marked for removal": func(p jsonObject) { sender(p)["deleted"] = true },
			"none":               func(p jsonObject) { p["kakaoSenders"] = jsonObject{} },
			"none, and no account": func(p jsonObject) {
				p["kakaoSenders"], p["kakaoReady"] = jsonObject{}, "0001-01-01T00:00:00Z"
			},
			"account on its way": func(p jsonObject) { p["kakaoReady"] = later },
		},
		calls: map[string][]jsonObject{
			"kakaotalk_sender_create": {{"plusFriendId": "shop", "details": kakaoDetails}, {"plusFriendId": "other", "details": kakaoDetails}},
			"kakaotalk_sender_update": withAll(
				id, jsonObject{"details": change}, jsonObject{"status": "SUBMIT", "details": change}, jsonObject{"status": "SUBMIT"},
			),
			"kakaotalk_sender_register":        withAll(id),
			"kakaotalk_sender_verify":          withAll(id, jsonObject{"code": 123456}),
			"kakaotalk_sender_changes_discard": withAll(id),
			"kakaotalk_sender_delete":          withAll(id),
			"kakaotalk_sender_comment_add":     withAll(id, jsonObject{"comment": "Hi"}),
			"kakaotalk_sender_get":             withAll(id),
			"kakaotalk_sender_activity_list":   withAll(id),
			"kakaotalk_sender_category_list":   {{}},
			"kakaotalk_template_category_list": withAll(id),
			"kakaotalk_template_list":          withAll(id),
			"kakaotalk_template_create":        withAll(id, jsonObject{"details": kakaoTemplate("Goodbye")}),
			"kakaotalk_template_update":        withAll(template, jsonObject{"details": jsonObject{"content": "Hello again"}}),
			"kakaotalk_template_delete":        withAll(template),
			"kakaotalk_template_comment_add":   withAll(template, jsonObject{"comment": "Hi"}),
			"kakaotalk_template_activity_list": withAll(template),
		},
	}
}

func (w *world) kakaotalkTemplate() kind {
	id := jsonObject{"plusFriendId": "shop", "templateCode": w.ids["templateCode"]}
	change := jsonObject{"content": "Hello again"}
	return kind{
		resource: "kakaotalk_template", states: "KakaotalkTemplateStatesEnum", statuses: "KakaotalkTemplateStatusesEnum", none: true,
		set: func(p jsonObject, state, status string) {
			one := in(p, "kakaoSenders", "shop", "templates", w.ids["templateCode"].(string))
			setDoc(in(one, "doc"), state, status, change)
			one["submitted"] = state != "" || status != "DRAFT"
		},
		more: map[string]func(jsonObject){
			"none": func(p jsonObject) { in(p, "kakaoSenders", "shop")["templates"] = jsonObject{} },
		},
		calls: map[string][]jsonObject{
			"kakaotalk_template_create": {{"plusFriendId": "shop", "details": kakaoTemplate("Welcome")}},
			"kakaotalk_template_update": withAll(
				id, jsonObject{"details": change}, jsonObject{"status": "SUBMIT", "details": change}, jsonObject{"status": "SUBMIT"},
			),
			"kakaotalk_template_changes_discard": withAll(id),
			"kakaotalk_template_delete":          withAll(id),
			"kakaotalk_template_comment_add":     withAll(id, jsonObject{"comment": "Hi"}),
			"kakaotalk_template_get":             withAll(id),
			"kakaotalk_template_activity_list":   withAll(id),
		},
	}
}

func (w *world) rcsSender() kind {
	id := jsonObject{"senderId": w.ids["rcsSender"]}
	number := jsonObject{"senderId": w.ids["rcsSender"], "testNumber": testNumber}
	return kind{
		resource: "rcs_sender", states: "RcsSenderStatesEnum",
		set: func(p jsonObject, state, _ string) { in(p, "rcsSenders", w.ids["rcsSender"].(string))["state"] = state },
		more: map[string]func(jsonObject){
			"IN_TEST without a banner": func(p jsonObject) {
				delete(in(p, "rcsSenders", w.ids["rcsSender"].(string), "details", "brand"), "bannerUrl")
			},
			"none": func(p jsonObject) { delete(p, "rcs"); p["rcsSenders"] = jsonObject{} },
		},
		calls: map[string][]jsonObject{
			"rcs_sender_create": {rcsBody},
			"rcs_sender_update": withAll(
				id, jsonObject{"details": jsonObject{"brand": jsonObject{"description": "Another"}}}, jsonObject{"details": jsonObject{"countries": []any{"SE", "ES"}}},
				jsonObject{"details": jsonObject{"countries": []any{"SE", "ES"}, "testNumbers": []any{testNumber}}},
			),
			"rcs_sender_launch":                withAll(id),
			"rcs_sender_comment_add":           withAll(id, jsonObject{"comment": "Hi"}),
			"rcs_account_comment_add":          {{"comment": "Hi"}},
			"rcs_sender_get":                   withAll(id),
			"rcs_sender_activity_list":         withAll(id),
			"rcs_test_number_add":              withAll(id, jsonObject{"testNumbers": []any{"+15550124"}}),
			"rcs_test_number_get":              withAll(number),
			"rcs_test_number_reinvite":         withAll(number),
			"rcs_test_number_capabilities_get": withAll(number),
			"rcs_test_number_delete":           withAll(number),
		},
	}
}

func (w *world) rcsTestNumber() kind {
	id := jsonObject{"senderId": w.ids["rcsSender"]}
	number := jsonObject{"senderId": w.ids["rcsSender"], "testNumber": testNumber}
	sender := func(p jsonObject) jsonObject { return in(p, "rcsSenders", w.ids["rcsSender"].(string)) }
	return kind{
		resource: "rcs_test_number", states: "RcsTestNumberStatesEnum",
		set: func(p jsonObject, state, _ string) { sender(p)["numbers"].([]any)[0].(map[string]any)["state"] = state },
		more: map[string]func(jsonObject){
			"none": func(p jsonObject) { sender(p)["numbers"] = []any{} },
		},
		calls: map[string][]jsonObject{
			"rcs_test_number_add":              withAll(id, jsonObject{"testNumbers": []any{testNumber}}),
			"rcs_test_number_get":              withAll(number),
			"rcs_test_number_reinvite":         withAll(number),
			"rcs_test_number_capabilities_get": withAll(number),
			"rcs_test_number_delete":           withAll(number),
			"rcs_sender_update":                withAll(id, jsonObject{"details": jsonObject{"testNumbers": []any{testNumber}}}),
		},
	}
}

func (w *world) smsApp() kind {
	id := jsonObject{"smsAppId": w.ids["smsApp"]}
	return kind{
		resource: "sms_app", states: "SmsProvisioningStatesEnum",
		set: func(p jsonObject, state, _ string) {
			in(p, "smsApps", w.ids["smsApp"].(string), "doc")["status"] = state
		},
		calls: map[string][]jsonObject{
			"sms_app_create": {{"name": "News", "region": "EU"}},
			"sms_app_update": withAll(id, jsonObject{"name": "News"}),
			"sms_app_delete": withAll(id),
			"sms_app_get":    withAll(id),
		},
	}
}

func (w *world) bundle() kind {
	return kind{
		resource: "bundle", states: "BundlesBundleServicesStateEnum",
		set: func(p jsonObject, state, _ string) { in(p, "bundles", w.ids["bundle"].(string))["state"] = state },
		calls: map[string][]jsonObject{
			"bundle_create": {{"name": "Example", "region": "EU", "convApp": true}},
			"bundle_get":    {{"bundleId": w.ids["bundle"]}},
			"bundle_list":   {{}},
		},
	}
}
