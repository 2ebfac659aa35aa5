package sandbox

import "strings"

var webhookErrors = func() []errorCase {
	const (
		list    = "WebhookWebhookController_listWebhooks_v1"
		create  = "WebhookWebhookController_createWebhook_v1"
		get     = "WebhookWebhookController_getWebhook_v1"
		remove  = "WebhookWebhookController_deleteWebhook_v1"
		replace = "WebhookWebhookController_replaceWebhook_v1"
		update  = "WebhookWebhookController_updateWebhook_v1"
	)
	made := func(w *harness) string { return "/webhooks/" + w.post("/webhooks", webhookBody).ok().str("id") }
	second := func(w *harness) string {
		made(w)
		return "/webhooks/" + w.post("/webhooks", strings.Replace(webhookBody, "/a", "/b", 1)).ok().str("id")
	}
	return []errorCase{
		{list, "invalid_page_size", func(w *harness) result { return w.get("/webhooks?pageSize=16") }},
		{list, "invalid_page_token", func(w *harness) result { return w.get("/webhooks?pageToken=nonsense") }},
		{create, "invalid_input", func(w *harness) result { return w.post("/webhooks", obj{"target": "nowhere"}) }},
		{create, "invalid_payload", func(w *harness) result { return w.post("/webhooks", "{") }},
		{create, "webhook_exists", func(w *harness) result { made(w); return w.post("/webhooks", webhookBody) }},
		{create, "webhook_limit_reached", func(w *harness) result {
			for i := range maxWebhooks {
				w.post("/webhooks", strings.Replace(webhookBody, "/a", "/"+string(rune('b'+i)), 1)).ok()
			}
			w.post("/webhooks", strings.Replace(webhookBody, "/a", "/b", 1)).fails("webhook_exists")
			return w.post("/webhooks", webhookBody)
		}},
		{get, "invalid_id_format", func(w *harness) result { return w.get("/webhooks/x") }},
		{get, "webhook_not_found", func(w *harness) result { return w.get("/webhooks/" + noULID) }},
		{remove, "invalid_id_format", func(w *harness) result { return w.delete("/webhooks/x") }},
		{remove, "webhook_not_found", func(w *harness) result { return w.delete("/webhooks/" + noULID) }},
		{replace, "invalid_id_format", func(w *harness) result { return w.put("/webhooks/x", webhookBody) }},
		{replace, "invalid_input", func(w *harness) result { return w.put(made(w), obj{"secret": "s"}) }},
		{replace, "invalid_payload", func(w *harness) result { return w.put(made(w), "[]") }},
		{replace, "webhook_not_found", func(w *harness) result { return w.put("/webhooks/"+noULID, webhookBody) }},
		{replace, "webhook_exists", func(w *harness) result { return w.put(second(w), webhookBody) }},
		{update, "invalid_id_format", func(w *harness) result { return w.patch("/webhooks/x", webhookBody) }},
		{update, "invalid_input", func(w *harness) result { return w.patch(made(w), obj{"triggers": []any{"NONE"}}) }},
		{update, "invalid_payload", func(w *harness) result { return w.patch(made(w), "null") }},
		{update, "webhook_not_found", func(w *harness) result { return w.patch("/webhooks/"+noULID, webhookBody) }},
		{update, "webhook_exists", func(w *harness) result { return w.patch(second(w), webhookBody) }},
	}
}()

var accountErrors = func() []errorCase {
	const (
		get        = "WhatsappAccountsController_getAccount_v1"
		create     = "WhatsappAccountsController_createAccount_v1"
		update     = "WhatsappAccountsController_updateAccount_v1"
		remove     = "WhatsappAccountsController_deleteAccount_v1"
		activities = "WhatsappAccountsController_listActivities_v1"
		comment    = "WhatsappAccountsController_createComment_v1"
		analytics  = "WhatsappTemplateAnalyticsHelpersController_enableTemplateAnalytics_v1"
	)
	body := obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1"}
	return []errorCase{
		{get, "account_not_found", func(w *harness) result { return w.get("/whatsapp") }},
		{create, "invalid_input", func(w *harness) result { return w.post("/whatsapp", obj{}) }},
		{create, "invalid_payload", func(w *harness) result { return w.post("/whatsapp", "") }},
		{create, "invalid_business_manager_for_environment", func(w *harness) result {
			return w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1", "businessManager": foreignBusinessManager})
		}},
		{create, "account_exists", func(w *harness) result { w.post("/whatsapp", body).ok(); return w.post("/whatsapp", body) }},
		{update, "invalid_input", func(w *harness) result { return w.patch("/whatsapp", obj{"wabaName": ""}) }},
		{update, "no_fields_to_update", func(w *harness) result { w.onboarded(); return w.patch("/whatsapp", obj{}) }},
		{update, "account_not_found", func(w *harness) result { return w.patch("/whatsapp", obj{"wabaName": "New"}) }},
		{update, "account_not_updatable", func(w *harness) result { w.onboarded(); return w.patch("/whatsapp", obj{"wabaName": "New"}) }},
		{remove, "project_not_initialized", func(w *harness) result { return w.delete("/whatsapp") }},
		{remove, "account_has_sender_changes", func(w *harness) result { w.onboarded(); return w.delete("/whatsapp") }},
		{remove, "account_has_senders", func(w *harness) result { w.onboarded(); w.activeSender("5550103"); return w.delete("/whatsapp") }},
		{remove, "template_could_not_delete_drafts", func(w *harness) result {
			w.post("/whatsapp", body).ok()
			w.s.Advance(accountReview)
			w.post("/whatsapp/templates", obj{"name": "locked", "language": "EN", "category": "UTILITY", "status": "DRAFT"}).ok()
			return w.delete("/whatsapp")
		}},
		{activities, "account_not_found", func(w *harness) result { return w.get("/whatsapp/activities") }},
		{activities, "invalid_page_size", func(w *harness) result { return w.get("/whatsapp/activities?pageSize=x") }},
		{activities, "invalid_page_token", func(w *harness) result { w.onboarded(); return w.get("/whatsapp/activities?pageToken=x") }},
		{comment, "account_not_found", func(w *harness) result { return w.post("/whatsapp/comments", obj{"comment": "Hi"}) }},
		{comment, "invalid_input", func(w *harness) result { return w.post("/whatsapp/comments", obj{"comment": ""}) }},
		{comment, "invalid_payload", func(w *harness) result { return w.post("/whatsapp/comments", "x") }},
		{analytics, "project_not_initialized", func(w *harness) result { return w.put("/whatsapp/enableTemplateAnalytics", nil) }},
		{analytics, "template_insights_not_yet_available", func(w *harness) result {
			w.post("/whatsapp", obj{"companyLegalName": "No Insights Ltd", "clientBusinessManagerId": "1"}).ok()
			w.s.Advance(accountReview)
			return w.put("/whatsapp/enableTemplateAnalytics", nil)
		}},
	}
}()

var senderErrors = func() []errorCase {
	const (
		list       = "WhatsappSendersController_listSenders_v1"
		create     = "WhatsappSendersController_createSender_v1"
		get        = "WhatsappSendersController_get_v1"
		update     = "WhatsappSendersController_update_v1"
		remove     = "WhatsappSendersController_delete_v1"
		activities = "WhatsappSendersController_listActivities_v1"
		discard    = "WhatsappSendersController_deleteChanges_v1"
		comment    = "WhatsappSendersController_createComment_v1"
		register   = "WhatsappSendersController_register_v1"
		verify     = "WhatsappSendersController_verify_v1"
		suggest    = "WhatsappSendersController_getSuggestedUsernames_v1"
		some       = "/whatsapp/senders/none"
	)
	// after puts a request behind an onboarding.
	after := func(do func(*harness) result) func(*harness) result {
		return func(w *harness) result { w.onboarded(); return do(w) }
	}
	pending := func(w *harness, phone string) string {
		w.onboarded()
		path := "/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender(phone)).ok().str("id")
		w.s.Advance(senderProvisioning)
		return path
	}
	active := func(w *harness, phone string) string {
		w.onboarded()
		path := "/whatsapp/senders/" + w.activeSender(phone)
		w.s.Advance(displayNameReview)
		return path
	}
	signup := func(code string, more obj) obj {
		return clone(obj{"wabaId": "111111111111111", "phoneNumberId": "333", "authenticationCode": code}, more)
	}
	older := func(token string) obj {
		return obj{"name": "Example", "facebookAccessToken": token, "details": obj{"displayName": "Example", "vertical": "OTHER"}}
	}
	photo := func(file string) obj {
		body := partnerSender("5550104")
		body["details"].(obj)["photoUrl"] = "https://example.com/" + file
		return body
	}
	newPhoto := func(file string) obj {
		return obj{"details": obj{"photoUrl": "https://example.com/" + file}}
	}
	all := []errorCase{
		{list, "project_not_initialized", func(w *harness) result { return w.get("/whatsapp/senders") }},
		{list, "invalid_page_token", after(func(w *harness) result { return w.get("/whatsapp/senders?pageToken=x") })},
		{list, "invalid_page_size", func(w *harness) result { return w.get("/whatsapp/senders?pageSize=0") }},
		{list, "invalid_filter_states", func(w *harness) result { return w.get("/whatsapp/senders?filterStates=ACTIVE,ERROR") }},
		{list, "invalid_filter_statuses", func(w *harness) result { return w.get("/whatsapp/senders?filterStatuses=DONE") }},
		{create, "invalid_input", func(w *harness) result { return w.post("/whatsapp/senders", obj{"details": obj{}}) }},
		{create, "invalid_payload", func(w *harness) result { return w.post("/whatsapp/senders", "{]") }},
		{create, "project_not_initialized", func(w *harness) result { return w.post("/whatsapp/senders", partnerSender("5550105")) }},
		{create, "invalid_facebook_token", func(w *harness) result { return w.post("/whatsapp/senders", signup("invalid", nil)) }},
		{create, "invalid_business_manager", after(func(w *harness) result {
			return w.post("/whatsapp/senders", clone(partnerSender("5550106"), obj{"region": "BR"}))
		})},
		{create, "wrong_waba_id", after(func(w *harness) result { return w.post("/whatsapp/senders", signup("a", nil)) })},
		{create, "not_found_waba_id", func(w *harness) result { return w.post("/whatsapp/senders", signup("no-waba", obj{"wabaId": ""})) }},
		{create, "too_many_waba_id", func(w *harness) result { return w.post("/whatsapp/senders", signup("many-wabas", obj{"wabaId": ""})) }},
		{create, "waba_id_used", func(w *harness) result {
			w.in("other").post("/whatsapp/senders", signup("a", nil)).ok()
			return w.post("/whatsapp/senders", signup("b", obj{"phoneNumberId": "444"}))
		}},
		{create, "wrong_business_manager", after(func(w *harness) result {
			return w.post("/whatsapp/senders", signup("a", obj{"wabaId": "", "businessManager": "SINCH_BR"}))
		})},
		{create, "used_phone_number_id", func(w *harness) result {
			w.post("/whatsapp/senders", signup("a", nil)).ok()
			return w.post("/whatsapp/senders", signup("b", nil))
		}},
		{create, "provisioned_phone_number_id", func(w *harness) result {
			id := w.post("/whatsapp/senders", signup("a", obj{"phoneNumberId": "31111"})).ok().str("id")
			w.s.Advance(senderProvisioning)
			w.post("/whatsapp/senders/"+id+"/verify", obj{}).ok()
			w.s.Advance(senderActivation)
			return w.post("/whatsapp/senders", signup("b", obj{"phoneNumberId": "31111"}))
		}},
		{create, "all_phone_number_id_provisioned", func(w *harness) result { return w.post("/whatsapp/senders", older("all-provisioned")) }},
		{create, "invalid_waba_id_or_phone_number_id_for_region", after(func(w *harness) result {
			return w.post("/whatsapp/senders", signup("a", obj{"wabaId": "", "region": "BR"}))
		})},
		{create, "facebook_Request_limit_reached", func(w *harness) result { return w.post("/whatsapp/senders", older("limit")) }},
		{create, "log_in_facebook_required", func(w *harness) result { return w.post("/whatsapp/senders", older("login")) }},
		{create, "file_invalid_mime_type", after(func(w *harness) result { return w.post("/whatsapp/senders", photo("a.gif")) })},
		{create, "file_not_found", after(func(w *harness) result { return w.post("/whatsapp/senders", photo("missing.png")) })},
		{create, "file_size_too_large", after(func(w *harness) result { return w.post("/whatsapp/senders", photo("too-large.png")) })},
		{create, "file_has_wrong_dimensions", after(func(w *harness) result { return w.post("/whatsapp/senders", photo("wrong-dimensions.png")) })},
		{create, "file_unexpected_error", after(func(w *harness) result { return w.post("/whatsapp/senders", photo("broken.png")) })},
		{update, "invalid_input", after(func(w *harness) result { return w.patch(some, obj{"details": obj{"displayName": nil}}) })},
		{update, "invalid_payload", after(func(w *harness) result { return w.patch(some, "1") })},
		{update, "no_fields_to_update", func(w *harness) result { return w.patch(active(w, "5550107"), obj{"details": obj{}}) }},
		{update, "sender_not_updatable", func(w *harness) result { return w.patch(pending(w, "5550108"), obj{"details": obj{"about": "x"}}) }},
		{update, "sender_changes_not_updatable", after(func(w *harness) result {
			path := "/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender("5550109")).ok().str("id")
			return w.patch(path, obj{"details": obj{"about": "x"}})
		})},
		{update, "sender_username_update_not_available", func(w *harness) result {
			return w.patch(pending(w, "5550110"), obj{"details": obj{"username": "me"}})
		}},
		{update, "sender_username_not_available", func(w *harness) result {
			return w.patch(active(w, "5550112"), obj{"details": obj{"username": "taken.name"}})
		}},
		{update, "sender_phone_number_not_registered_with_meta_cloud_api", func(w *harness) result {
			return w.patch(active(w, "555"+suffixNoCloudAPI), obj{"details": obj{"username": "me"}})
		}},
		{update, "sender_display_name_update_not_allowed", func(w *harness) result {
			path := active(w, "5550113")
			w.patch(path, obj{"status": "SUBMIT", "details": obj{"displayName": "New"}}).ok()
			return w.patch(path, obj{"details": obj{"displayName": "Newer"}})
		}},
		{update, "file_invalid_mime_type", func(w *harness) result { return w.patch(active(w, "5550114"), newPhoto("a.gif")) }},
		{update, "file_not_found", func(w *harness) result { return w.patch(active(w, "5550114"), newPhoto("missing")) }},
		{update, "file_size_too_large", func(w *harness) result { return w.patch(active(w, "5550114"), newPhoto("too-large")) }},
		{update, "file_has_wrong_dimensions", func(w *harness) result { return w.patch(active(w, "5550114"), newPhoto("wrong-dimensions")) }},
		{update, "file_unexpected_error", func(w *harness) result { return w.patch(active(w, "5550114"), newPhoto("broken")) }},
		{remove, "sender_already_deleted", func(w *harness) result {
			path := pending(w, "5550115")
			w.delete(path).ok()
			return w.delete(path)
		}},
		{activities, "invalid_page_size", after(func(w *harness) result { return w.get(some + "/activities?pageSize=101") })},
		{activities, "invalid_page_token", func(w *harness) result { return w.get(pending(w, "5550116") + "/activities?pageToken=x") }},
		{discard, "sender_changes_not_found", after(func(w *harness) result { return w.delete(some + "/changes") })},
		{discard, "sender_changes_not_deletable", after(func(w *harness) result {
			return w.delete("/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender("5550117")).ok().str("id") + "/changes")
		})},
		{comment, "invalid_input", after(func(w *harness) result { return w.post(some+"/comments", obj{}) })},
		{comment, "invalid_payload", after(func(w *harness) result { return w.post(some+"/comments", "[") })},
		{register, "invalid_input", after(func(w *harness) result { return w.post(some+"/register", obj{"method": "PIGEON"}) })},
		{register, "invalid_payload", after(func(w *harness) result { return w.post(some+"/register", nil) })},
		{register, "not_allowed_register", after(func(w *harness) result {
			return w.post("/whatsapp/senders/"+w.post("/whatsapp/senders", partnerSender("5550118")).ok().str("id")+"/register", obj{"method": "SMS"})
		})},
		{register, "sender-already-registered", func(w *harness) result {
			w.post(active(w, "5550129")+"/register", obj{"method": "SMS"}).fails("not_allowed_register")
			path := "/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender("5550119")).ok().str("id")
			w.s.Advance(senderProvisioning)
			code := w.post(path+"/register", obj{"method": "SMS"}).ok().header.Get(HeaderCode)
			w.post(path+"/verify", obj{"code": code}).ok()
			w.post(path+"/verify", obj{}).ok() // the state is all that a verify needs
			return w.post(path+"/register", obj{"method": "SMS"})
		}},
		{register, "sender-number-not-approved-for-enterprise", func(w *harness) result {
			return w.post(pending(w, "555"+suffixUnapproved)+"/register", obj{"method": "SMS"})
		}},
		{register, "sender_request_code_failed", func(w *harness) result {
			return w.post(pending(w, "555"+suffixUnreachable)+"/register", obj{"method": "SMS"})
		}},
		{register, "sender-register-too-many-requests", func(w *harness) result {
			path := pending(w, "5550120") + "/register"
			for range maxRegisters {
				w.post(path, obj{"method": "SMS"}).ok()
			}
			got := w.post(path, obj{"method": "SMS"})
			w.s.Advance(registerWindow)
			w.post(path, obj{"method": "SMS"}).ok()
			return got
		}},
		{register, "too_many_invalid_verification_codes", func(w *harness) result {
			path := pending(w, "5550121")
			code := w.post(path+"/register", obj{"method": "SMS"}).ok().header.Get(HeaderCode)
			for range maxWrongCodes {
				w.post(path+"/verify", obj{"code": other(code)}).fails("wrong_otp")
			}
			w.post(path+"/verify", obj{"code": code}).fails("wrong_otp") // it is void
			got := w.post(path+"/register", obj{"method": "SMS"})
			w.s.Advance(codeBlock)
			w.post(path+"/register", obj{"method": "SMS"}).ok()
			return got
		}},
		{verify, "invalid_input", after(func(w *harness) result { return w.post(some+"/verify", obj{"code": "12 456"}) })},
		{verify, "invalid_payload", after(func(w *harness) result { return w.post(some+"/verify", "") })},
		{verify, "not_allowed_verify", func(w *harness) result { return w.post(active(w, "5550122")+"/verify", obj{"code": "123456"}) }},
		{verify, "wrong_otp", func(w *harness) result {
			path := pending(w, "5550123")
			w.post(path+"/verify", obj{}).fails("wrong_otp")
			code := w.post(path+"/register", obj{"method": "SMS"}).ok().header.Get(HeaderCode)
			w.s.Advance(codeTTL)
			return w.post(path+"/verify", obj{"code": code})
		}},
	}
	// What each operation on a sender has in common.
	for operation, do := range map[string]func(w *harness) result{
		get:        func(w *harness) result { return w.get(some) },
		update:     func(w *harness) result { return w.patch(some, obj{"details": obj{"about": "x"}}) },
		remove:     func(w *harness) result { return w.delete(some) },
		activities: func(w *harness) result { return w.get(some + "/activities") },
		discard:    func(w *harness) result { return w.delete(some + "/changes") },
		comment:    func(w *harness) result { return w.post(some+"/comments", obj{"comment": "Hi"}) },
		register:   func(w *harness) result { return w.post(some+"/register", obj{"method": "SMS"}) },
		verify:     func(w *harness) result { return w.post(some+"/verify", obj{"code": "123456"}) },
		suggest:    func(w *harness) result { return w.get(some + "/suggestedUsernames") },
	} {
		all = append(all, errorCase{operation, "project_not_initialized", do})
		if operation != discard {
			all = append(all, errorCase{operation, "sender_not_found", after(do)})
		}
	}
	return all
}()
