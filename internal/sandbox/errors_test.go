package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/papi"
)

// provocation is how a state causes an error.
type provocation struct {
	operation string
	code      string
	do        func(w *world) result
}

// Magic projects, and ids that nothing has.
const (
	noProject = "00000000-0000-0000-0000-000000000404"
	corrupt   = "00000000-0000-0000-0000-000000000409"
	noULID    = "01AAAAAAAAAAAAAAAAAAAAAAAA"
	webhookOf = `{"target":"http://127.0.0.1:9/a","secret":"s","triggers":["ALL"]}`
)

// onlyNext are errors that no state causes: the next answer has to be told.
var onlyNext = map[string][]string{
	"WhatsappSendersController_listSenders_v1":  {"sender_not_found"},
	"WhatsappSendersController_createSender_v1": {"invalid_business_manager_for_environment"},
	"WhatsappTemplatesController_updateTemplate_v1": {
		"template_name_recently_used", "template_language_recently_deleted",
	},
	"WhatsappTemplatesController_deleteTemplatesByName_v1": {"template_invalid_language_code"},
	"BundlesBundlesController_get_v1":                      {"conversation_app_not_found"},
	"KakaotalkSendersController_listSenders_v1":            {"sender_not_found"},
	"KakaotalkTemplatesController_listTemplates_v1":        {"template_not_found"},
	"KakaotalkTemplatesController_createComment_v1":        {"template_invalid_language_code"},
}

func TestEveryErrorThatAStateCanCause(t *testing.T) {
	all := slices.Concat(webhookErrors, accountErrors, senderErrors, templateErrors, otherErrors, kakaoErrors, rcsErrors)
	covered := map[string][]string{}
	for _, p := range all {
		covered[p.operation] = append(covered[p.operation], p.code)
		t.Run(p.operation+"/"+p.code, func(t *testing.T) {
			w := manual(t)
			got := p.do(w).fails(p.code)
			if want := statusOf(papi.Lookup(p.operation), p.code); got.status != want {
				t.Errorf("status %d, the contract has %d", got.status, want)
			}
		})
	}
	s := New(Options{Manual: true})
	defer s.Close()
	for id := range s.handlers {
		for _, codes := range papi.Lookup(id).Errors {
			for _, code := range codes {
				listed := slices.Contains(covered[id], code) || slices.Contains(onlyNext[id], code)
				if !listed && magic[code] == "" {
					t.Errorf("%s: nothing provokes %s", id, code)
				}
			}
		}
	}
}

// magic has the project that provokes a code in every operation that documents
// it.
var magic = func() map[string]string {
	out := map[string]string{}
	for project, code := range magicProjects {
		out[code] = project
	}
	return out
}()

func TestMagicProjects(t *testing.T) {
	w := manual(t)
	w.in(noProject).get("/webhooks").ok() // not documented there
	w.in(corrupt).get("/whatsapp").fails("account_data_is_corrupt")
	for _, op := range papi.Operations() {
		for _, codes := range op.Errors {
			for _, code := range codes {
				if magic[code] != "" {
					path := strings.NewReplacer("/v1/projects/{projectId}", "", "{", "", "}", "").Replace(op.Path)
					w.in(magic[code]).do(op.Method, path, nil).fails(code)
				}
			}
		}
	}
}

func TestTheNextAnswerCanBeAnyDocumentedError(t *testing.T) {
	w := manual(t)
	for _, op := range papi.Operations() {
		path := strings.NewReplacer("/v1/projects/{projectId}", "", "{", "", "}", "").Replace(op.Path)
		for status, codes := range op.Errors {
			for _, code := range codes {
				w.post("/_sandbox/next", obj{"operation": op.ID, "code": code}).ok()
				if got := w.do(op.Method, path, nil).fails(code); got.status != status && statusOf(op, code) != got.status {
					t.Errorf("%s %s: status %d, want %d", op.ID, code, got.status, status)
				}
			}
		}
	}
	w.post("/_sandbox/next", obj{"operation": "WhatsappAccountsController_getAccount_v1", "code": "wrong_otp"}).fails("sandbox_invalid_control")
}

var webhookErrors = func() []provocation {
	const (
		list    = "WebhookWebhookController_listWebhooks_v1"
		create  = "WebhookWebhookController_createWebhook_v1"
		get     = "WebhookWebhookController_getWebhook_v1"
		remove  = "WebhookWebhookController_deleteWebhook_v1"
		replace = "WebhookWebhookController_replaceWebhook_v1"
		update  = "WebhookWebhookController_updateWebhook_v1"
	)
	made := func(w *world) string { return "/webhooks/" + w.post("/webhooks", webhookOf).ok().str("id") }
	second := func(w *world) string {
		made(w)
		return "/webhooks/" + w.post("/webhooks", strings.Replace(webhookOf, "/a", "/b", 1)).ok().str("id")
	}
	return []provocation{
		{list, "invalid_page_size", func(w *world) result { return w.get("/webhooks?pageSize=16") }},
		{list, "invalid_page_token", func(w *world) result { return w.get("/webhooks?pageToken=nonsense") }},
		{create, "invalid_input", func(w *world) result { return w.post("/webhooks", obj{"target": "nowhere"}) }},
		{create, "invalid_payload", func(w *world) result { return w.post("/webhooks", "{") }},
		{create, "webhook_exists", func(w *world) result { made(w); return w.post("/webhooks", webhookOf) }},
		{create, "webhook_limit_reached", func(w *world) result {
			for i := range mostWebhooks {
				w.post("/webhooks", strings.Replace(webhookOf, "/a", "/"+string(rune('b'+i)), 1)).ok()
			}
			w.post("/webhooks", strings.Replace(webhookOf, "/a", "/b", 1)).fails("webhook_exists")
			return w.post("/webhooks", webhookOf)
		}},
		{get, "invalid_id_format", func(w *world) result { return w.get("/webhooks/x") }},
		{get, "webhook_not_found", func(w *world) result { return w.get("/webhooks/" + noULID) }},
		{remove, "invalid_id_format", func(w *world) result { return w.delete("/webhooks/x") }},
		{remove, "webhook_not_found", func(w *world) result { return w.delete("/webhooks/" + noULID) }},
		{replace, "invalid_id_format", func(w *world) result { return w.put("/webhooks/x", webhookOf) }},
		{replace, "invalid_input", func(w *world) result { return w.put(made(w), obj{"secret": "s"}) }},
		{replace, "invalid_payload", func(w *world) result { return w.put(made(w), "[]") }},
		{replace, "webhook_not_found", func(w *world) result { return w.put("/webhooks/"+noULID, webhookOf) }},
		{replace, "webhook_exists", func(w *world) result { return w.put(second(w), webhookOf) }},
		{update, "invalid_id_format", func(w *world) result { return w.patch("/webhooks/x", webhookOf) }},
		{update, "invalid_input", func(w *world) result { return w.patch(made(w), obj{"triggers": []any{"NONE"}}) }},
		{update, "invalid_payload", func(w *world) result { return w.patch(made(w), "null") }},
		{update, "webhook_not_found", func(w *world) result { return w.patch("/webhooks/"+noULID, webhookOf) }},
		{update, "webhook_exists", func(w *world) result { return w.patch(second(w), webhookOf) }},
	}
}()

var accountErrors = func() []provocation {
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
	return []provocation{
		{get, "account_not_found", func(w *world) result { return w.get("/whatsapp") }},
		{create, "invalid_input", func(w *world) result { return w.post("/whatsapp", obj{}) }},
		{create, "invalid_payload", func(w *world) result { return w.post("/whatsapp", "") }},
		{create, "invalid_business_manager_for_environment", func(w *world) result {
			return w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1", "businessManager": foreignBusinessManager})
		}},
		{create, "account_exists", func(w *world) result { w.post("/whatsapp", body).ok(); return w.post("/whatsapp", body) }},
		{update, "invalid_input", func(w *world) result { return w.patch("/whatsapp", obj{"wabaName": ""}) }},
		{update, "no_fields_to_update", func(w *world) result { w.onboarded(); return w.patch("/whatsapp", obj{}) }},
		{update, "account_not_found", func(w *world) result { return w.patch("/whatsapp", obj{"wabaName": "New"}) }},
		{update, "account_not_updatable", func(w *world) result { w.onboarded(); return w.patch("/whatsapp", obj{"wabaName": "New"}) }},
		{remove, "project_not_initialized", func(w *world) result { return w.delete("/whatsapp") }},
		{remove, "account_has_sender_changes", func(w *world) result { w.onboarded(); return w.delete("/whatsapp") }},
		{remove, "account_has_senders", func(w *world) result { w.onboarded(); w.activeSender("5550103"); return w.delete("/whatsapp") }},
		{remove, "template_could_not_delete_drafts", func(w *world) result {
			w.post("/whatsapp", body).ok()
			w.s.Advance(accountReview)
			w.post("/whatsapp/templates", obj{"name": "locked", "language": "EN", "category": "UTILITY", "status": "DRAFT"}).ok()
			return w.delete("/whatsapp")
		}},
		{activities, "account_not_found", func(w *world) result { return w.get("/whatsapp/activities") }},
		{activities, "invalid_page_size", func(w *world) result { return w.get("/whatsapp/activities?pageSize=x") }},
		{activities, "invalid_page_token", func(w *world) result { w.onboarded(); return w.get("/whatsapp/activities?pageToken=x") }},
		{comment, "account_not_found", func(w *world) result { return w.post("/whatsapp/comments", obj{"comment": "Hi"}) }},
		{comment, "invalid_input", func(w *world) result { return w.post("/whatsapp/comments", obj{"comment": ""}) }},
		{comment, "invalid_payload", func(w *world) result { return w.post("/whatsapp/comments", "x") }},
		{analytics, "project_not_initialized", func(w *world) result { return w.put("/whatsapp/enableTemplateAnalytics", nil) }},
		{analytics, "template_insights_not_yet_available", func(w *world) result {
			w.post("/whatsapp", obj{"companyLegalName": "No Insights Ltd", "clientBusinessManagerId": "1"}).ok()
			w.s.Advance(accountReview)
			return w.put("/whatsapp/enableTemplateAnalytics", nil)
		}},
	}
}()

var senderErrors = func() []provocation {
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
	after := func(do func(*world) result) func(*world) result {
		return func(w *world) result { w.onboarded(); return do(w) }
	}
	pending := func(w *world, phone string) string {
		w.onboarded()
		path := "/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender(phone)).ok().str("id")
		w.s.Advance(senderProvisioning)
		return path
	}
	active := func(w *world, phone string) string {
		w.onboarded()
		path := "/whatsapp/senders/" + w.activeSender(phone)
		w.s.Advance(displayNameReview)
		return path
	}
	signup := func(code string, more obj) obj {
		return with(obj{"wabaId": "111111111111111", "phoneNumberId": "333", "authenticationCode": code}, more)
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
	all := []provocation{
		{list, "project_not_initialized", func(w *world) result { return w.get("/whatsapp/senders") }},
		{list, "invalid_page_token", after(func(w *world) result { return w.get("/whatsapp/senders?pageToken=x") })},
		{list, "invalid_page_size", func(w *world) result { return w.get("/whatsapp/senders?pageSize=0") }},
		{list, "invalid_filter_states", func(w *world) result { return w.get("/whatsapp/senders?filterStates=ACTIVE,ERROR") }},
		{list, "invalid_filter_statuses", func(w *world) result { return w.get("/whatsapp/senders?filterStatuses=DONE") }},
		{create, "invalid_input", func(w *world) result { return w.post("/whatsapp/senders", obj{"details": obj{}}) }},
		{create, "invalid_payload", func(w *world) result { return w.post("/whatsapp/senders", "{]") }},
		{create, "project_not_initialized", func(w *world) result { return w.post("/whatsapp/senders", partnerSender("5550105")) }},
		{create, "invalid_facebook_token", func(w *world) result { return w.post("/whatsapp/senders", signup("invalid", nil)) }},
		{create, "invalid_business_manager", after(func(w *world) result {
			return w.post("/whatsapp/senders", with(partnerSender("5550106"), obj{"region": "BR"}))
		})},
		{create, "wrong_waba_id", after(func(w *world) result { return w.post("/whatsapp/senders", signup("a", nil)) })},
		{create, "not_found_waba_id", func(w *world) result { return w.post("/whatsapp/senders", signup("no-waba", obj{"wabaId": ""})) }},
		{create, "too_many_waba_id", func(w *world) result { return w.post("/whatsapp/senders", signup("many-wabas", obj{"wabaId": ""})) }},
		{create, "waba_id_used", func(w *world) result {
			w.in("other").post("/whatsapp/senders", signup("a", nil)).ok()
			return w.post("/whatsapp/senders", signup("b", obj{"phoneNumberId": "444"}))
		}},
		{create, "wrong_business_manager", after(func(w *world) result {
			return w.post("/whatsapp/senders", signup("a", obj{"wabaId": "", "businessManager": "SINCH_BR"}))
		})},
		{create, "used_phone_number_id", func(w *world) result {
			w.post("/whatsapp/senders", signup("a", nil)).ok()
			return w.post("/whatsapp/senders", signup("b", nil))
		}},
		{create, "provisioned_phone_number_id", func(w *world) result {
			id := w.post("/whatsapp/senders", signup("a", obj{"phoneNumberId": "31111"})).ok().str("id")
			w.s.Advance(senderProvisioning)
			w.post("/whatsapp/senders/"+id+"/verify", obj{}).ok()
			w.s.Advance(senderActivation)
			return w.post("/whatsapp/senders", signup("b", obj{"phoneNumberId": "31111"}))
		}},
		{create, "all_phone_number_id_provisioned", func(w *world) result { return w.post("/whatsapp/senders", older("all-provisioned")) }},
		{create, "invalid_waba_id_or_phone_number_id_for_region", after(func(w *world) result {
			return w.post("/whatsapp/senders", signup("a", obj{"wabaId": "", "region": "BR"}))
		})},
		{create, "facebook_Request_limit_reached", func(w *world) result { return w.post("/whatsapp/senders", older("limit")) }},
		{create, "log_in_facebook_required", func(w *world) result { return w.post("/whatsapp/senders", older("login")) }},
		{create, "file_invalid_mime_type", after(func(w *world) result { return w.post("/whatsapp/senders", photo("a.gif")) })},
		{create, "file_not_found", after(func(w *world) result { return w.post("/whatsapp/senders", photo("missing.png")) })},
		{create, "file_size_too_large", after(func(w *world) result { return w.post("/whatsapp/senders", photo("too-large.png")) })},
		{create, "file_has_wrong_dimensions", after(func(w *world) result { return w.post("/whatsapp/senders", photo("wrong-dimensions.png")) })},
		{create, "file_unexpected_error", after(func(w *world) result { return w.post("/whatsapp/senders", photo("broken.png")) })},
		{update, "invalid_input", after(func(w *world) result { return w.patch(some, obj{"details": obj{"displayName": nil}}) })},
		{update, "invalid_payload", after(func(w *world) result { return w.patch(some, "1") })},
		{update, "no_fields_to_update", func(w *world) result { return w.patch(active(w, "5550107"), obj{"details": obj{}}) }},
		{update, "sender_not_updatable", func(w *world) result { return w.patch(pending(w, "5550108"), obj{"details": obj{"about": "x"}}) }},
		{update, "sender_changes_not_updatable", after(func(w *world) result {
			path := "/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender("5550109")).ok().str("id")
			return w.patch(path, obj{"details": obj{"about": "x"}})
		})},
		{update, "sender_username_update_not_available", func(w *world) result {
			return w.patch(pending(w, "5550110"), obj{"details": obj{"username": "me"}})
		}},
		{update, "sender_username_not_available", func(w *world) result {
			return w.patch(active(w, "5550112"), obj{"details": obj{"username": "taken.name"}})
		}},
		{update, "sender_phone_number_not_registered_with_meta_cloud_api", func(w *world) result {
			return w.patch(active(w, "555"+endNoCloud), obj{"details": obj{"username": "me"}})
		}},
		{update, "sender_display_name_update_not_allowed", func(w *world) result {
			path := active(w, "5550113")
			w.patch(path, obj{"status": "SUBMIT", "details": obj{"displayName": "New"}}).ok()
			return w.patch(path, obj{"details": obj{"displayName": "Newer"}})
		}},
		{update, "file_invalid_mime_type", func(w *world) result { return w.patch(active(w, "5550114"), newPhoto("a.gif")) }},
		{update, "file_not_found", func(w *world) result { return w.patch(active(w, "5550114"), newPhoto("missing")) }},
		{update, "file_size_too_large", func(w *world) result { return w.patch(active(w, "5550114"), newPhoto("too-large")) }},
		{update, "file_has_wrong_dimensions", func(w *world) result { return w.patch(active(w, "5550114"), newPhoto("wrong-dimensions")) }},
		{update, "file_unexpected_error", func(w *world) result { return w.patch(active(w, "5550114"), newPhoto("broken")) }},
		{remove, "sender_already_deleted", func(w *world) result {
			path := pending(w, "5550115")
			w.delete(path).ok()
			return w.delete(path)
		}},
		{activities, "invalid_page_size", after(func(w *world) result { return w.get(some + "/activities?pageSize=101") })},
		{activities, "invalid_page_token", func(w *world) result { return w.get(pending(w, "5550116") + "/activities?pageToken=x") }},
		{discard, "sender_changes_not_found", after(func(w *world) result { return w.delete(some + "/changes") })},
		{discard, "sender_changes_not_deletable", after(func(w *world) result {
			return w.delete("/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender("5550117")).ok().str("id") + "/changes")
		})},
		{comment, "invalid_input", after(func(w *world) result { return w.post(some+"/comments", obj{}) })},
		{comment, "invalid_payload", after(func(w *world) result { return w.post(some+"/comments", "[") })},
		{register, "invalid_input", after(func(w *world) result { return w.post(some+"/register", obj{"method": "PIGEON"}) })},
		{register, "invalid_payload", after(func(w *world) result { return w.post(some+"/register", nil) })},
		{register, "not_allowed_register", after(func(w *world) result {
			return w.post("/whatsapp/senders/"+w.post("/whatsapp/senders", partnerSender("5550118")).ok().str("id")+"/register", obj{"method": "SMS"})
		})},
		{register, "sender-already-registered", func(w *world) result { return w.post(active(w, "5550119")+"/register", obj{"method": "SMS"}) }},
		{register, "sender-number-not-approved-for-enterprise", func(w *world) result {
			return w.post(pending(w, "555"+endUnapproved)+"/register", obj{"method": "SMS"})
		}},
		{register, "sender_request_code_failed", func(w *world) result {
			return w.post(pending(w, "555"+endUnreachable)+"/register", obj{"method": "SMS"})
		}},
		{register, "sender-register-too-many-requests", func(w *world) result {
			path := pending(w, "5550120") + "/register"
			for range mostRegisters {
				w.post(path, obj{"method": "SMS"}).ok()
			}
			got := w.post(path, obj{"method": "SMS"})
			w.s.Advance(registerWindow)
			w.post(path, obj{"method": "SMS"}).ok()
			return got
		}},
		{register, "too_many_invalid_verification_codes", func(w *world) result {
			path := pending(w, "5550121")
			code := w.post(path+"/register", obj{"method": "SMS"}).ok().header.Get(HeaderCode)
			for range mostWrongCodes {
				w.post(path+"/verify", obj{"code": other(code)}).fails("wrong_otp")
			}
			w.post(path+"/verify", obj{"code": code}).fails("wrong_otp") // it is void
			got := w.post(path+"/register", obj{"method": "SMS"})
			w.s.Advance(codeBlock)
			w.post(path+"/register", obj{"method": "SMS"}).ok()
			return got
		}},
		{verify, "invalid_input", after(func(w *world) result { return w.post(some+"/verify", obj{"code": "12 456"}) })},
		{verify, "invalid_payload", after(func(w *world) result { return w.post(some+"/verify", "") })},
		{verify, "not_allowed_verify", func(w *world) result { return w.post(active(w, "5550122")+"/verify", obj{"code": "123456"}) }},
		{verify, "wrong_otp", func(w *world) result {
			path := pending(w, "5550123")
			w.post(path+"/verify", obj{}).fails("wrong_otp")
			code := w.post(path+"/register", obj{"method": "SMS"}).ok().header.Get(HeaderCode)
			w.s.Advance(codeLasts)
			return w.post(path+"/verify", obj{"code": code})
		}},
	}
	// What each operation on a sender has in common.
	for operation, do := range map[string]func(w *world) result{
		get:        func(w *world) result { return w.get(some) },
		update:     func(w *world) result { return w.patch(some, obj{"details": obj{"about": "x"}}) },
		remove:     func(w *world) result { return w.delete(some) },
		activities: func(w *world) result { return w.get(some + "/activities") },
		discard:    func(w *world) result { return w.delete(some + "/changes") },
		comment:    func(w *world) result { return w.post(some+"/comments", obj{"comment": "Hi"}) },
		register:   func(w *world) result { return w.post(some+"/register", obj{"method": "SMS"}) },
		verify:     func(w *world) result { return w.post(some+"/verify", obj{"code": "123456"}) },
		suggest:    func(w *world) result { return w.get(some + "/suggestedUsernames") },
	} {
		all = append(all, provocation{operation, "project_not_initialized", do})
		if operation != discard {
			all = append(all, provocation{operation, "sender_not_found", after(do)})
		}
	}
	return all
}()

var templateErrors = func() []provocation {
	const (
		list       = "WhatsappTemplatesController_listTemplates_v1"
		create     = "WhatsappTemplatesController_createTemplate_v1"
		languages  = "WhatsappTemplatesController_listTemplatesByName_v1"
		get        = "WhatsappTemplatesController_getTemplate_v1"
		update     = "WhatsappTemplatesController_updateTemplate_v1"
		remove     = "WhatsappTemplatesController_deleteTemplateByNameAndLanguage_v1"
		removeAll  = "WhatsappTemplatesController_deleteTemplatesByName_v1"
		activities = "WhatsappTemplatesController_listActivities_v1"
		comment    = "WhatsappTemplatesController_createComment_v1"
		compare    = "WhatsappTemplatesController_compareTemplates_v1"
		sync       = "WhatsappTemplatesController_syncTemplates_v1"
		templates  = "/whatsapp/templates"
	)
	none := templatePath("none", "EN")
	after := func(do func(*world) result) func(*world) result {
		return func(w *world) result { w.onboarded(); return do(w) }
	}
	against := func(name string) obj {
		return obj{"templates": []any{obj{"templateName": name, "templateLanguage": "EN"}}}
	}
	components := func(parts ...any) obj { return obj{"components": parts} }
	text := obj{"type": "BODY", "text": "Good day."}
	media := func(file string) obj {
		return components(text, obj{"type": "HEADER", "format": "IMAGE", "examples": []any{obj{"url": "https://example.com/" + file}}})
	}
	button := func(button obj) obj {
		return components(text, obj{"type": "BUTTONS", "buttons": []any{with(button, obj{"type": "URL", "text": "Open"})}})
	}
	bid := func() obj {
		return with(components(text), obj{"optimization": obj{"bidAmount": 500, "bidStrategy": "LOWEST_COST_WITH_BID_CAP"}})
	}
	// locked is a template on which another operation is still running.
	locked := func(do func(w *world, path string) result) func(*world) result {
		return after(func(w *world) result {
			w.post(templates, template("locked_one", "EN")).ok()
			got := do(w, templatePath("locked_one", "EN"))
			w.s.Advance(templateLock)
			w.post(templatePath("locked_one", "EN")+"/comments", obj{"comment": "free again"}).ok()
			return got
		})
	}
	live := func(name string, do func(w *world, path string) result) func(*world) result {
		return after(func(w *world) result { w.approved(name, "EN"); return do(w, templatePath(name, "EN")) })
	}
	all := []provocation{
		{list, "invalid_page_size", func(w *world) result { return w.get(templates + "?pageSize=1001") }},
		{list, "invalid_page_token", after(func(w *world) result { return w.get(templates + "?pageToken=x") })},
		{list, "invalid_filter_states", func(w *world) result { return w.get(templates + "?filterStates=ACTIVE") }},
		{list, "invalid_filter_statuses", func(w *world) result { return w.get(templates + "?filterStatuses=ERROR") }},
		{list, "invalid_fields", func(w *world) result { return w.get(templates + "?fieldMask=colour") }},
		{languages, "invalid_page_size", func(w *world) result { return w.get(templates + "/a?pageSize=-1") }},
		{languages, "invalid_page_token", live("paged", func(w *world, _ string) result { return w.get(templates + "/paged?pageToken=x") })},
		{languages, "invalid_fields", func(w *world) result { return w.get(templates + "/a?fieldMask=colour") }},
		{languages, "template_not_found", after(func(w *world) result { return w.get(templates + "/none") })},
		{get, "invalid_fields", func(w *world) result { return w.get(none + "?fieldMask=name&fieldMask=colour") }},
		{create, "invalid_input", func(w *world) result { return w.post(templates, obj{"name": "UPPER"}) }},
		{create, "invalid_payload", func(w *world) result { return w.post(templates, "x") }},
		{create, "template_invalid_category", func(w *world) result {
			return w.post(templates, with(template("a1", "EN"), obj{"category": "NEWS"}))
		}},
		{create, "resource_locked", after(func(w *world) result {
			w.post(templates, template("locked_one", "EN")).ok()
			return w.post(templates, template("locked_one", "DE"))
		})},
		{create, "template_exists", live("twice", func(w *world, _ string) result { return w.post(templates, template("twice", "EN")) })},
		{create, "template_incorrect_category", live("two_kinds", func(w *world, _ string) result {
			return w.post(templates, with(template("two_kinds", "DE"), obj{"category": "MARKETING"}))
		})},
		{create, "template_name_recently_used", live("gone", func(w *world, _ string) result {
			w.delete(templates + "/gone").ok()
			return w.post(templates, template("gone", "DE"))
		})},
		{create, "template_language_recently_deleted", live("gone", func(w *world, path string) result {
			w.delete(path + "?deleteSubmitted=true").ok()
			return w.post(templates, template("gone", "EN"))
		})},
		{create, "template_dynamic_pricing_not_available", after(func(w *world) result {
			body := with(template("priced", "EN"), obj{"details": bid()})
			got := w.post(templates, body)
			w.post("/_sandbox/happen", obj{"event": kindAccountChange, "project": w.project, "value": "MAX_PRICE"}).ok()
			w.post(templates, body).ok()
			return got
		})},
		{sync, "project_not_initialized", func(w *world) result { return w.post(templates+"/sync", nil) }},
		{sync, "resource_locked", after(func(w *world) result { w.post(templates+"/sync", nil).ok(); return w.post(templates+"/sync", nil) })},
		{sync, "too_many_requests", after(func(w *world) result {
			for range mostSyncs {
				w.post(templates+"/sync", nil).ok()
				w.s.Advance(templateSync)
			}
			got := w.post(templates+"/sync", nil)
			w.s.Advance(syncWindow)
			w.post(templates+"/sync", nil).ok()
			return got
		})},
		{update, "invalid_payload", after(func(w *world) result { return w.patch(none, "x") })},
		{update, "resource_locked", locked(func(w *world, path string) result { return w.patch(path, obj{}) })},
		{update, "template_not_updatable", after(func(w *world) result {
			w.post(templates, template("pending", "EN")).ok()
			w.s.Advance(templateSubmission)
			return w.patch(templatePath("pending", "EN"), obj{})
		})},
		{update, "template_changes_not_updatable", after(func(w *world) result {
			w.post(templates, template("fresh", "EN")).ok()
			return w.patch(templatePath("fresh", "EN"), obj{})
		})},
		{update, "template_category_not_updatable", live("fixed", func(w *world, path string) result {
			return w.patch(path, obj{"category": "MARKETING"})
		})},
		{update, "template_allow_category_change_not_updatable", live("fixed", func(w *world, path string) result {
			return w.patch(path, obj{"allowCategoryChange": true})
		})},
		{update, "template_source_not_updatable", after(func(w *world) result {
			w.post(templates+"/sync", nil).ok()
			return w.patch(templatePath(sampleTemplate, "EN_US"), obj{})
		})},
		{remove, "resource_locked", locked(func(w *world, path string) result { return w.delete(path + "?deleteSubmitted=true") })},
		{remove, "template_changes_not_found", after(func(w *world) result {
			w.post(templates, template("reject_it", "EN")).ok()
			w.s.Advance(templateSubmission + templateReview)
			return w.delete(templatePath("reject_it", "EN"))
		})},
		{remove, "template_not_deletable_due_to_input_config", live("kept", func(w *world, path string) result {
			return w.delete(path + "?deleteSubmitted=false")
		})},
		{removeAll, "project_not_initialized", func(w *world) result { return w.delete(templates + "/none") }},
		{removeAll, "template_not_found", after(func(w *world) result { return w.delete(templates + "/none") })},
		{removeAll, "resource_locked", locked(func(w *world, _ string) result { return w.delete(templates + "/locked_one") })},
		{removeAll, "whatsapp_business_api_request_limit_exceeded", after(func(w *world) result {
			w.post(templates, with(template("rate_limited", "EN"), obj{"status": "DRAFT"})).ok()
			return w.delete(templates + "/rate_limited")
		})},
		{activities, "invalid_page_size", func(w *world) result { return w.get(none + "/activities?pageSize=x") }},
		{activities, "invalid_page_token", live("old", func(w *world, path string) result { return w.get(path + "/activities?pageToken=x") })},
		{comment, "invalid_input", func(w *world) result { return w.post(none+"/comments", obj{"comment": 1}) }},
		{comment, "invalid_payload", func(w *world) result { return w.post(none+"/comments", nil) }},
		{comment, "resource_locked", locked(func(w *world, path string) result { return w.post(path+"/comments", obj{"comment": "Hi"}) })},
		{compare, "invalid_input", func(w *world) result { return w.post(none+"/compare", obj{"templates": []any{}}) }},
		{compare, "invalid_payload", func(w *world) result { return w.post(none+"/compare", nil) }},
		{compare, "resource_locked", locked(func(w *world, path string) result { return w.post(path+"/compare", against("b2")) })},
		{compare, "templates_compare_not_unique", live("same", func(w *world, path string) result { return w.post(path+"/compare", against("same")) })},
		{compare, "templates_compare_not_found", live("one", func(w *world, path string) result { return w.post(path+"/compare", against("none")) })},
		{compare, "templates_not_eligible_for_comparison", live("one", func(w *world, path string) result {
			w.approved("two", "EN")
			return w.post(path+"/compare", against("two"))
		})},
	}

	// A submit fails alike in create and update.
	for code, details := range map[string]obj{
		"template_policies_violations":                             components(obj{"type": "BODY", "text": "Abusive words"}),
		"template_check_media_file_size":                           media("unknown-size.png"),
		"template_media_file_size_exceeds_maximum_file_size_limit": media("over-limit.png"),
		"template_start_session_for_uploading_media":               media("no-upload.png"),
		"file_invalid_mime_type":                                   media("a.gif"),
		"file_not_found":                                           media("missing.png"),
		"file_size_too_large":                                      media("too-large.png"),
		"file_unexpected_error":                                    media("broken.png"),
		"template_invalid_button_example":                          button(obj{"url": "https://example.com/", "examples": []any{"https://example.com/1"}}),
		"template_restricted_Domain_for_button_url":                button(obj{"url": "https://wa.me/1"}),
	} {
		all = append(all, submits(create, update, code, "content", details)...)
	}
	for name, code := range map[string]string{
		"a_limit_reached": "template_limit_reached",
		"a_submit_error":  "template_submit_error",
		"a_rate_limited":  "whatsapp_business_api_request_limit_exceeded",
		"a_waba_gone":     "object_with_whatsapp_business_account_id_does_not_exist",
	} {
		all = append(all, submits(create, update, code, name, components(text))...)
	}
	for _, p := range submits(create, update, "template_content_already_exists", "copy", components(text)) {
		copied := p.do
		p.do = func(w *world) result {
			w.onboarded()
			w.post(templates, with(template("original", "EN"), obj{"details": components(text)})).ok()
			return copied(w)
		}
		all = append(all, p)
	}

	// What each operation on a template has in common.
	for operation, do := range map[string]func(w *world, path string) result{
		get:        func(w *world, path string) result { return w.get(path) },
		update:     func(w *world, path string) result { return w.patch(path, obj{}) },
		remove:     func(w *world, path string) result { return w.delete(path) },
		activities: func(w *world, path string) result { return w.get(path + "/activities") },
		comment:    func(w *world, path string) result { return w.post(path+"/comments", obj{"comment": "Hi"}) },
		compare:    func(w *world, path string) result { return w.post(path+"/compare", against("b2")) },
	} {
		all = append(all,
			provocation{operation, "project_not_initialized", func(w *world) result { return do(w, none) }},
			provocation{operation, "template_not_found", after(func(w *world) result { return do(w, none) })},
			provocation{operation, "template_invalid_language_code", func(w *world) result { return do(w, templatePath("none", "en_us")) }},
		)
	}
	for operation, do := range map[string]func(w *world) result{
		list:      func(w *world) result { return w.get(templates) },
		languages: func(w *world) result { return w.get(templates + "/none") },
		create:    func(w *world) result { return w.post(templates, template("a1", "EN")) },
	} {
		all = append(all, provocation{operation, "project_not_initialized", do})
	}
	return all
}()

// submits provokes an error of a submit: of a new template, which is saved as
// a draft where the body asks for it, and of a draft.
func submits(create, update, code, name string, details obj) []provocation {
	body := with(template(name, "EN"), obj{"details": details})
	prepare := func(w *world) {
		if w.get("/whatsapp").status != 200 {
			w.onboarded()
		}
	}
	return []provocation{
		{create, code, func(w *world) result {
			prepare(w)
			got := w.post("/whatsapp/templates", body)
			w.get(templatePath(name, "EN")).fails("template_not_found")
			w.post("/whatsapp/templates", with(body, obj{"saveDraftOnFailure": true})).fails(code)
			w.get(templatePath(name, "EN")).ok().is("changes.status", "DRAFT")
			return got
		}},
		{update, code, func(w *world) result {
			prepare(w)
			w.post("/whatsapp/templates", with(body, obj{"status": "DRAFT"})).ok()
			return w.patch(templatePath(name, "EN"), obj{"status": "SUBMIT"})
		}},
	}
}

func TestCodesAndLocksHaveTheirTime(t *testing.T) {
	for _, span := range []time.Duration{senderRemoval, templateNameLock} {
		if span != 30*day {
			t.Errorf("%s, the contract has 30 days", span)
		}
	}
	if templateLanguageLock != 4*7*day {
		t.Errorf("%s, the contract has 4 weeks", templateLanguageLock)
	}
}
