package sandbox

import (
	"strings"

	"papi-mcp/internal/jsonvalue"
)

var otherErrors = func() []provocation {
	const (
		flows       = "WhatsappFlowsController_listFlows_v1"
		screens     = "WhatsappFlowsController_listFlowScreens_v1"
		getSolution = "WhatsappSolutionsController_getSolution_v1"
		assign      = "WhatsappSolutionsController_assignSolution_v1"
		wabas       = "WhatsappEmbeddedSignupHelperController_listWabaDetailsForToken_v1"
		longLived   = "WhatsappEmbeddedSignupHelperController_createLongLivedAccessToken_v1"
		smsList     = "SmsSmsAppsController_listSmsApps_v1"
		smsCreate   = "SmsSmsAppsController_createSmsApp_v1"
		smsGet      = "SmsSmsAppsController_getSmsApp_v1"
		smsUpdate   = "SmsSmsAppsController_updateSmsApp_v1"
		smsDelete   = "SmsSmsAppsController_deleteSmsApp_v1"
		bundleList  = "BundlesBundlesController_list_v1"
		bundleNew   = "BundlesBundlesController_create_v1"
		bundleGet   = "BundlesBundlesController_get_v1"
		noHex       = "00000000000000000000000000000000"
		noBundle    = "000000000000000000000000"
	)
	after := func(do func(*world) result) func(*world) result {
		return func(w *world) result { w.onboarded(); return do(w) }
	}
	sms := func(w *world) string {
		return "/sms/smsApps/" + w.post("/sms/smsApps", obj{"name": "A", "region": "EU"}).ok().str("id")
	}
	bundle := func(body obj) obj { return clone(obj{"name": "B", "region": "EU"}, body) }
	all := []provocation{
		{flows, "project_not_initialized", func(w *world) result { return w.get("/whatsapp/flows") }},
		{screens, "project_not_initialized", func(w *world) result { return w.get("/whatsapp/flows/1/screens") }},
		{screens, "flow_not_found", after(func(w *world) result { return w.get("/whatsapp/flows/1/screens") })},
		{screens, "flow_screens_not_found", after(func(w *world) result { return w.get("/whatsapp/flows/1000000000000002/screens") })},
		{getSolution, "solution_not_found", func(w *world) result { return w.get("/whatsapp/solutions/1") }},
		{assign, "solution_not_found", func(w *world) result { return w.post("/whatsapp/solutions/1/assign", nil) }},
		{assign, "solution_cannot_be_reassigned", after(func(w *world) result {
			made := w.post("/whatsapp/solutions", obj{"accessToken": "t", "businessManager": "SINCH_UK", "details": obj{"name": "One"}}).ok()
			path := "/whatsapp/solutions/" + jsonvalue.Text(made.items("solutions")[0], "id") + "/assign"
			w.post(path, nil).ok() // the first one replaces none
			return w.post(path, nil)
		})},
		{longLived, "invalid_facebook_code", func(w *world) result {
			w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "invalid"}).fails("invalid_facebook_code")
			w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "once"}).ok()
			return w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "once"})
		}},
		{longLived, "invalid_input", func(w *world) result { return w.post("/whatsapp/longLivedAccessToken", obj{}) }},
		{wabas, "invalid_input", func(w *world) result { return w.post("/whatsapp/wabaDetails", obj{}) }},

		{smsList, "invalid_id_format", func(w *world) result { return w.in("other").get("/sms/smsApps") }},
		{smsList, "invalid_page_size", func(w *world) result { return w.get("/sms/smsApps?pageSize=x") }},
		{smsList, "invalid_page_token", func(w *world) result { sms(w); return w.get("/sms/smsApps?pageToken=x") }},
		{smsList, "sms_service_not_found", func(w *world) result { return w.get("/sms/smsApps") }},
		{smsCreate, "invalid_payload", func(w *world) result { return w.post("/sms/smsApps", "x") }},
		{smsCreate, "invalid_input", func(w *world) result {
			w.post("/sms/smsApps", obj{"name": "A"}).fails("invalid_input")
			w.post("/sms/smsApps", obj{"name": "A", "region": "EU", "convApiAppId": noULID}).fails("invalid_input")
			return w.post("/sms/smsApps", obj{"name": "A", "region": "EU", "convApiAppId": noULID, "convApiApp": true})
		}},
		{smsGet, "sms_app_not_found", func(w *world) result { return w.get("/sms/smsApps/x") }},
		{smsDelete, "invalid_id_format", func(w *world) result { return w.delete("/sms/smsApps/x") }},
		{smsDelete, "sms_app_not_found", func(w *world) result { return w.delete("/sms/smsApps/" + noHex) }},
		{smsUpdate, "sms_app_not_found", func(w *world) result { return w.patch("/sms/smsApps/"+noHex, obj{"name": "A"}) }},
		{smsUpdate, "no_fields_to_update", func(w *world) result { return w.patch(sms(w), obj{}) }},
		{smsUpdate, "invalid_input", func(w *world) result { return w.patch(sms(w), obj{"name": ""}) }},

		{bundleList, "invalid_page_token", func(w *world) result { return w.get("/bundles?pageToken=x") }},
		{bundleList, "invalid_page_size", func(w *world) result { return w.get("/bundles?pageSize=26") }},
		{bundleList, "invalid_id_format", func(w *world) result {
			w.in("other").get("/bundles").fails("invalid_id_format")
			w.get("/bundles?filterConvAppIds=x").fails("invalid_id_format")
			return w.get("/bundles?filterSmsAppIds=x")
		}},
		{bundleGet, "invalid_id_format", func(w *world) result { return w.get("/bundles/x") }},
		{bundleGet, "bundle_not_found", func(w *world) result { return w.get("/bundles/" + noBundle) }},
		{bundleNew, "invalid_input", func(w *world) result { return w.post("/bundles", obj{"name": "B"}) }},
		{bundleNew, "invalid_payload", func(w *world) result { return w.post("/bundles", "x") }},
		{bundleNew, "no_services_to_create", func(w *world) result { return w.post("/bundles", bundle(obj{"smsApp": false})) }},
		{bundleNew, "missing_name", func(w *world) result { return w.post("/bundles", obj{"region": "EU", "smsApp": true}) }},
		{bundleNew, "webhook_exists", func(w *world) result {
			w.post("/webhooks", webhookOf).ok()
			return w.post("/bundles", bundle(obj{"smsApp": true, "webhooks": []any{obj{"target": "http://127.0.0.1:9/a", "secret": "s", "triggers": []any{"ALL"}}}}))
		}},
		{bundleNew, "webhook_limit_reached", func(w *world) result {
			for i := range maxWebhooks {
				w.post("/webhooks", strings.Replace(webhookOf, "/a", "/"+string(rune('b'+i)), 1)).ok()
			}
			return w.post("/bundles", bundle(obj{"smsApp": true, "webhooks": []any{obj{"target": "http://127.0.0.1:9/a", "secret": "s", "triggers": []any{"ALL"}}}}))
		}},
	}
	for operation, path := range map[string]string{wabas: "/whatsapp/wabaDetails", longLived: "/whatsapp/longLivedAccessToken"} {
		for code, body := range map[string]any{
			"invalid_facebook_token":                   obj{"facebookToken": "invalid"},
			"facebook_Request_limit_reached":           obj{"facebookToken": "limit"},
			"log_in_facebook_required":                 obj{"facebookToken": "login"},
			"invalid_business_manager_for_environment": obj{"facebookToken": "t", "businessManager": foreignBusinessManager},
			"invalid_payload":                          "x",
		} {
			all = append(all, provocation{operation, code, func(w *world) result { return w.post(path, body) }})
		}
		all = append(all, provocation{operation, "invalid_business_manager", after(func(w *world) result {
			return w.post(path, obj{"facebookToken": "t", "businessManager": "SINCH_BR"})
		})})
	}
	for _, code := range []string{
		"invalid_webhooks", "invalid_staging_bundles_input_region", "parent_sms_bespoke_price", "target_project_not_subproject",
		"parent_sms_not_route_assisted", "conversation_app_already_connected_to_sms_app", "forbidden_payload", "conversation_app_not_found",
		"sms_app_not_found", "default_sms_app_not_found", "conversation_app_is_already_in_bundles_process", "default_sms_app_already_exists",
		"more_than_one_sms_app", "sms_app_is_already_linked_to_conversation_app", "sms_app_is_already_in_bundles_process",
		"allowed_only_for_default_test_sms_app", "not_allowed_for_subproject", "not_allowed_for_non_test_account", "only_one_test_number_allowed",
		"failed_to_create_subproject", "failed_to_create_sms_service", "failed_to_create_conversation_service",
	} {
		all = append(all, provocation{bundleNew, code, func(w *world) result {
			return w.post("/bundles", bundle(obj{"name": "error:" + code, "smsApp": true}))
		}})
	}
	for operation, channel := range map[string]string{
		"ConversationInstagramController_get_v1": "instagram", "ConversationMessengerController_get_v1": "messenger",
		"ConversationTelegramController_get_v1": "telegram", "ConversationViberController_get_v1": "viber",
	} {
		broken := map[string]string{"telegram": "telegram_api_error", "viber": "viber_api_error"}[channel]
		if broken == "" {
			broken = "facebook_api_error"
		}
		app := func(w *world) string {
			return w.post("/sms/smsApps", obj{"name": "A", "region": "EU", "convApiApp": true}).ok().str("conversationApiAppDetails", "id")
		}
		all = append(all,
			provocation{operation, "conversation_app_not_found", func(w *world) result { return w.get("/conversation/apps/" + noULID + "/" + channel) }},
			provocation{operation, "conversation_app_no_" + channel + "_channel", func(w *world) result { return w.get("/conversation/apps/" + app(w) + "/" + channel) }},
			provocation{operation, broken, func(w *world) result {
				id := app(w)
				w.post("/_sandbox/happen", obj{"event": kindConversationChannel, "id": id, "value": channel + ":ERROR"}).ok()
				w.get("/conversation/apps/"+id+"/"+channel).ok().is("status", "ERROR")
				w.post("/_sandbox/happen", obj{"event": kindConversationChannel, "id": id, "value": channel + ":" + channelBroken}).ok()
				return w.get("/conversation/apps/" + id + "/" + channel)
			}},
		)
		if channel != "viber" {
			all = append(all, provocation{operation, "conversation_app_id_invalid", func(w *world) result { return w.get("/conversation/apps/x/" + channel) }})
		}
	}
	return all
}()

var kakaoErrors = func() []provocation {
	const (
		categories    = "KakaotalkCategoriesController_listSenderCategories_v1"
		tplCategories = "KakaotalkCategoriesController_getTemplateCategories_v1"
		list          = "KakaotalkSendersController_listSenders_v1"
		create        = "KakaotalkSendersController_createSender_v1"
		get           = "KakaotalkSendersController_getSender_v1"
		update        = "KakaotalkSendersController_updateSender_v1"
		remove        = "KakaotalkSendersController_deleteSender_v1"
		activities    = "KakaotalkSendersController_listActivities_v1"
		discard       = "KakaotalkSendersController_deleteChanges_v1"
		comment       = "KakaotalkSendersController_createComment_v1"
		register      = "KakaotalkSendersController_registerSender_v1"
		verify        = "KakaotalkSendersController_verifySender_v1"
		tplList       = "KakaotalkTemplatesController_listTemplates_v1"
		tplCreate     = "KakaotalkTemplatesController_createTemplate_v1"
		tplGet        = "KakaotalkTemplatesController_get_v1"
		tplUpdate     = "KakaotalkTemplatesController_updateTemplate_v1"
		tplRemove     = "KakaotalkTemplatesController_deleteTemplate_v1"
		tplDiscard    = "KakaotalkTemplatesController_deleteTemplateDraft_v1"
		tplActivities = "KakaotalkTemplatesController_listActivities_v1"
		tplComment    = "KakaotalkTemplatesController_createComment_v1"
		senders       = "/kakaotalk/senders"
		none          = senders + "/none"
		shop          = senders + "/shop"
	)
	live := func(do func(*world) result) func(*world) result {
		return func(w *world) result { w.kakaoActive("shop"); return do(w) }
	}
	// pending has a template whose review is running.
	pending := func(do func(w *world, path string) result) func(*world) result {
		return live(func(w *world) result {
			return do(w, shop+"/templates/"+w.post(shop+"/templates", kakaoTemplateBody("Welcome")).ok().str("code"))
		})
	}
	approved := func(do func(w *world, path string) result) func(*world) result {
		return pending(func(w *world, path string) result { w.s.Advance(kakaoReview); return do(w, path) })
	}
	logo := func(file string) obj {
		body := kakaoBody("logo")
		body["details"].(obj)["logoImage"] = "https://example.com/" + file
		return body
	}
	all := []provocation{
		{list, "invalid_page_token", live(func(w *world) result { return w.get(senders + "?pageToken=x") })},
		{list, "invalid_page_size", func(w *world) result { return w.get(senders + "?pageSize=x") }},
		{list, "invalid_filter_states", func(w *world) result { return w.get(senders + "?filterStates=x") }},
		{list, "invalid_filter_statuses", func(w *world) result { return w.get(senders + "?filterStatuses=x") }},
		{create, "invalid_input", func(w *world) result { w.post(senders, "x").fails("invalid_input"); return w.post(senders, obj{}) }},
		{create, "sender_invalid_category_code", func(w *world) result {
			body := kakaoBody("a")
			body["details"].(obj)["subLevelCategoryCode"] = "9999"
			return w.post(senders, body)
		}},
		{create, "account_exists", func(w *world) result { return w.post(senders, kakaoBody("account_exists")) }},
		{create, "account_not_updatable", func(w *world) result { return w.post(senders, kakaoBody("account_not_updatable")) }},
		{create, "plus_friend_id_used", live(func(w *world) result { return w.post(senders, kakaoBody("shop")) })},
		{create, "account_is_in_progress", func(w *world) result { w.post(senders, kakaoBody("a")).ok(); return w.post(senders, kakaoBody("b")) }},
		{update, "no_fields_to_update", live(func(w *world) result { return w.patch(shop, obj{}) })},
		{update, "invalid_input", live(func(w *world) result { return w.patch(shop, obj{"details": obj{"name": ""}}) })},
		{update, "sender_invalid_category_code", live(func(w *world) result {
			return w.patch(shop, obj{"details": obj{"topLevelCategoryCode": "999"}})
		})},
		{update, "sender_not_updatable", func(w *world) result {
			w.post(senders, kakaoBody("shop")).ok()
			w.s.Advance(kakaoReview)
			return w.patch(shop, obj{"details": obj{"name": "x"}})
		}},
		{update, "sender_changes_not_updatable", func(w *world) result {
			w.post(senders, kakaoBody("shop")).ok()
			return w.patch(shop, obj{"details": obj{"name": "x"}})
		}},
		{remove, "sender_already_deleted", live(func(w *world) result { w.delete(shop).ok(); return w.delete(shop) })},
		{activities, "invalid_page_token", live(func(w *world) result { return w.get(shop + "/activities?pageToken=x") })},
		{activities, "invalid_page_size", func(w *world) result { return w.get(shop + "/activities?pageSize=x") }},
		{tplCategories, "invalid_page_token", live(func(w *world) result { return w.get("/kakaotalk/categories/senders/shop/templates?pageToken=x") })},
		{tplCategories, "invalid_page_size", func(w *world) result { return w.get("/kakaotalk/categories/senders/shop/templates?pageSize=x") }},
		{discard, "sender_changes_not_found", live(func(w *world) result { return w.delete(shop + "/changes") })},
		{discard, "sender_changes_not_deletable", func(w *world) result { w.post(senders, kakaoBody("shop")).ok(); return w.delete(shop + "/changes") }},
		{comment, "invalid_input", func(w *world) result { return w.post(shop+"/comments", obj{}) }},
		{comment, "invalid_payload", func(w *world) result { return w.post(shop+"/comments", "x") }},
		{register, "not_allowed_register", live(func(w *world) result { return w.post(shop+"/register", nil) })},
		{register, "invalid_app_key", func(w *world) result {
			w.post(senders, kakaoBody("invalid_app_key")).ok()
			return w.post(senders+"/invalid_app_key/register", nil)
		}},
		{verify, "not_allowed_verify", live(func(w *world) result {
			w.post(shop+"/verify", `{"code":123456}`).fails("not_allowed_verify") // it is ACTIVE
			w.post(senders, kakaoBody("other")).ok()
			w.s.Advance(kakaoReview)
			code := w.post(senders+"/other/register", nil).ok().header.Get(HeaderCode)
			w.s.Advance(codeTTL)
			return w.post(senders+"/other/verify", `{"code":`+code+`}`)
		})},
		{tplList, "invalid_page_token", live(func(w *world) result { return w.get(shop + "/templates?pageToken=x") })},
		{tplList, "invalid_page_size", func(w *world) result { return w.get(shop + "/templates?pageSize=1001") }},
		{tplCreate, "invalid_payload", func(w *world) result { return w.post(shop+"/templates", obj{}) }},
		{tplCreate, "template_invalid_category_code", live(func(w *world) result {
			return w.post(shop+"/templates", obj{"details": obj{"name": "A", "language": "KO", "content": "x", "categoryCode": "123"}})
		})},
		{tplCreate, "template_exists", pending(func(w *world, _ string) result { return w.post(shop+"/templates", kakaoTemplateBody("Welcome")) })},
		{tplCreate, "template_kakaotalk_validation_error", live(func(w *world) result {
			body := obj{"details": obj{"name": "A", "language": "KO", "content": "Invalid"}}
			got := w.post(shop+"/templates", body)
			saved := w.post(shop+"/templates", clone(body, obj{"saveDraftOnFailure": true})).fails("template_kakaotalk_validation_error")
			w.get(shop+"/templates/"+saved.str("additionalInformation", "templateCode")).ok().is("changes.status", "DRAFT")
			return got
		})},
		{tplUpdate, "template_invalid_category_code", approved(func(w *world, path string) result {
			return w.patch(path, obj{"details": obj{"categoryCode": "123"}})
		})},
		{tplUpdate, "template_exists", approved(func(w *world, path string) result {
			w.post(shop+"/templates", kakaoTemplateBody("Other")).ok()
			return w.patch(path, obj{"details": obj{"name": "Other"}})
		})},
		{tplUpdate, "template_not_updatable", pending(func(w *world, path string) result { return w.patch(path, obj{}) })},
		{tplUpdate, "template_changes_not_updatable", approved(func(w *world, path string) result {
			w.patch(path, obj{"status": "SUBMIT", "details": obj{"title": "T"}}).ok()
			return w.patch(path, obj{})
		})},
		{tplUpdate, "template_kakaotalk_validation_error", approved(func(w *world, path string) result {
			return w.patch(path, obj{"status": "SUBMIT", "details": obj{"content": "invalid"}})
		})},
		{tplDiscard, "template_not_deletable", pending(func(w *world, path string) result { return w.delete(path + "/changes") })},
		{tplActivities, "invalid_page_token", pending(func(w *world, path string) result { return w.get(path + "/activities?pageToken=x") })},
		{tplActivities, "invalid_page_size", func(w *world) result { return w.get(shop + "/templates/x/activities?pageSize=x") }},
		{tplComment, "invalid_input", func(w *world) result { return w.post(shop+"/templates/x/comments", obj{}) }},
		{tplComment, "invalid_payload", func(w *world) result { return w.post(shop+"/templates/x/comments", "x") }},
	}
	for code, file := range map[string]string{
		"file_invalid_mime_type": "a.gif", "file_not_found": "missing.png", "file_unexpected_error": "broken.png", "file_size_too_large": "too-large.png",
	} {
		all = append(all,
			provocation{create, code, func(w *world) result {
				got := w.post(senders, logo(file))
				w.post(senders, clone(logo(file), obj{"saveDraftOnFailure": true})).fails(code)
				w.get(senders+"/logo").ok().is("changes.status", "DRAFT")
				return got
			}},
			provocation{update, code, live(func(w *world) result {
				return w.patch(shop, obj{"details": obj{"logoImage": "https://example.com/" + file}})
			})},
		)
	}
	for operation, do := range map[string]func(w *world, sender string) result{
		tplCategories: func(w *world, s string) result {
			return w.get("/kakaotalk/categories" + strings.TrimPrefix(s, "/kakaotalk") + "/templates")
		},
		get:           func(w *world, s string) result { return w.get(s) },
		update:        func(w *world, s string) result { return w.patch(s, obj{"details": obj{"name": "x"}}) },
		remove:        func(w *world, s string) result { return w.delete(s) },
		activities:    func(w *world, s string) result { return w.get(s + "/activities") },
		comment:       func(w *world, s string) result { return w.post(s+"/comments", obj{"comment": "Hi"}) },
		register:      func(w *world, s string) result { return w.post(s+"/register", nil) },
		verify:        func(w *world, s string) result { return w.post(s+"/verify", obj{"code": 123456}) },
		tplList:       func(w *world, s string) result { return w.get(s + "/templates") },
		tplCreate:     func(w *world, s string) result { return w.post(s+"/templates", kakaoTemplateBody("A")) },
		tplGet:        func(w *world, s string) result { return w.get(s + "/templates/x") },
		tplUpdate:     func(w *world, s string) result { return w.patch(s+"/templates/x", obj{}) },
		tplRemove:     func(w *world, s string) result { return w.delete(s + "/templates/x") },
		tplActivities: func(w *world, s string) result { return w.get(s + "/templates/x/activities") },
	} {
		all = append(all,
			provocation{operation, "project_not_initialized", func(w *world) result { return do(w, none) }},
			provocation{operation, "sender_not_found", live(func(w *world) result { return do(w, none) })},
		)
		switch operation {
		case tplGet, tplUpdate, tplRemove, tplActivities:
			all = append(all, provocation{operation, "template_not_found", live(func(w *world) result { return do(w, shop) })})
		}
	}
	for operation, do := range map[string]func(w *world) result{
		tplDiscard: func(w *world) result { return w.delete(none + "/templates/x/changes") },
		tplComment: func(w *world) result { return w.post(none+"/templates/x/comments", obj{"comment": "Hi"}) },
	} {
		all = append(all,
			provocation{operation, "project_not_initialized", do},
			provocation{operation, "template_not_found", live(do)},
		)
	}
	for operation, do := range map[string]func(w *world) result{
		categories: func(w *world) result { return w.get("/kakaotalk/categories/senders") },
		list:       func(w *world) result { return w.get(senders) },
		discard:    func(w *world) result { return w.delete(shop + "/changes") },
	} {
		all = append(all, provocation{operation, "project_not_initialized", do})
	}
	return all
}()
