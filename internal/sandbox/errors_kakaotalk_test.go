package sandbox

import "strings"

var kakaoErrors = func() []errorCase {
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
	live := func(do func(*harness) result) func(*harness) result {
		return func(w *harness) result { w.kakaoActive("shop"); return do(w) }
	}
	// pending has a template whose review is running.
	pending := func(do func(w *harness, path string) result) func(*harness) result {
		return live(func(w *harness) result {
			return do(w, shop+"/templates/"+w.post(shop+"/templates", kakaoTemplateBody("Welcome")).ok().str("code"))
		})
	}
	approved := func(do func(w *harness, path string) result) func(*harness) result {
		return pending(func(w *harness, path string) result { w.s.Advance(kakaoReview); return do(w, path) })
	}
	logo := func(file string) obj {
		body := kakaoBody("logo")
		body["details"].(obj)["logoImage"] = "https://example.com/" + file
		return body
	}
	all := []errorCase{
		{list, "invalid_page_token", live(func(w *harness) result { return w.get(senders + "?pageToken=x") })},
		{list, "invalid_page_size", func(w *harness) result { return w.get(senders + "?pageSize=x") }},
		{list, "invalid_filter_states", func(w *harness) result { return w.get(senders + "?filterStates=x") }},
		{list, "invalid_filter_statuses", func(w *harness) result { return w.get(senders + "?filterStatuses=x") }},
		{create, "invalid_input", func(w *harness) result { w.post(senders, "x").fails("invalid_input"); return w.post(senders, obj{}) }},
		{create, "sender_invalid_category_code", func(w *harness) result {
			body := kakaoBody("a")
			body["details"].(obj)["subLevelCategoryCode"] = "9999"
			return w.post(senders, body)
		}},
		{create, "account_exists", func(w *harness) result { return w.post(senders, kakaoBody("account_exists")) }},
		{create, "account_not_updatable", func(w *harness) result { return w.post(senders, kakaoBody("account_not_updatable")) }},
		{create, "plus_friend_id_used", live(func(w *harness) result { return w.post(senders, kakaoBody("shop")) })},
		{create, "account_is_in_progress", func(w *harness) result { w.post(senders, kakaoBody("a")).ok(); return w.post(senders, kakaoBody("b")) }},
		{update, "no_fields_to_update", live(func(w *harness) result { return w.patch(shop, obj{}) })},
		{update, "invalid_input", live(func(w *harness) result { return w.patch(shop, obj{"details": obj{"name": ""}}) })},
		{update, "sender_invalid_category_code", live(func(w *harness) result {
			return w.patch(shop, obj{"details": obj{"topLevelCategoryCode": "999"}})
		})},
		{update, "sender_not_updatable", func(w *harness) result {
			w.post(senders, kakaoBody("shop")).ok()
			w.s.Advance(kakaoReview)
			return w.patch(shop, obj{"details": obj{"name": "x"}})
		}},
		{update, "sender_changes_not_updatable", func(w *harness) result {
			w.post(senders, kakaoBody("shop")).ok()
			return w.patch(shop, obj{"details": obj{"name": "x"}})
		}},
		{remove, "sender_already_deleted", live(func(w *harness) result { w.delete(shop).ok(); return w.delete(shop) })},
		{activities, "invalid_page_token", live(func(w *harness) result { return w.get(shop + "/activities?pageToken=x") })},
		{activities, "invalid_page_size", func(w *harness) result { return w.get(shop + "/activities?pageSize=x") }},
		{tplCategories, "invalid_page_token", live(func(w *harness) result { return w.get("/kakaotalk/categories/senders/shop/templates?pageToken=x") })},
		{tplCategories, "invalid_page_size", func(w *harness) result { return w.get("/kakaotalk/categories/senders/shop/templates?pageSize=x") }},
		{discard, "sender_changes_not_found", live(func(w *harness) result { return w.delete(shop + "/changes") })},
		{discard, "sender_changes_not_deletable", func(w *harness) result { w.post(senders, kakaoBody("shop")).ok(); return w.delete(shop + "/changes") }},
		{comment, "invalid_input", func(w *harness) result { return w.post(shop+"/comments", obj{}) }},
		{comment, "invalid_payload", func(w *harness) result { return w.post(shop+"/comments", "x") }},
		{register, "not_allowed_register", live(func(w *harness) result { return w.post(shop+"/register", nil) })},
		{register, "invalid_app_key", func(w *harness) result {
			w.post(senders, kakaoBody("invalid_app_key")).ok()
			return w.post(senders+"/invalid_app_key/register", nil)
		}},
		{verify, "not_allowed_verify", live(func(w *harness) result {
			w.post(shop+"/verify", `{"code":123456}`).fails("not_allowed_verify") // it is ACTIVE
			w.post(senders, kakaoBody("other")).ok()
			w.s.Advance(kakaoReview)
			code := w.post(senders+"/other/register", nil).ok().header.Get(HeaderCode)
			w.s.Advance(codeTTL)
			return w.post(senders+"/other/verify", `{"code":`+code+`}`)
		})},
		{tplList, "invalid_page_token", live(func(w *harness) result { return w.get(shop + "/templates?pageToken=x") })},
		{tplList, "invalid_page_size", func(w *harness) result { return w.get(shop + "/templates?pageSize=1001") }},
		{tplCreate, "invalid_payload", func(w *harness) result { return w.post(shop+"/templates", obj{}) }},
		{tplCreate, "template_invalid_category_code", live(func(w *harness) result {
			return w.post(shop+"/templates", obj{"details": obj{"name": "A", "language": "KO", "content": "x", "categoryCode": "123"}})
		})},
		{tplCreate, "template_exists", pending(func(w *harness, _ string) result { return w.post(shop+"/templates", kakaoTemplateBody("Welcome")) })},
		{tplCreate, "template_kakaotalk_validation_error", live(func(w *harness) result {
			body := obj{"details": obj{"name": "A", "language": "KO", "content": "Invalid"}}
			got := w.post(shop+"/templates", body)
			saved := w.post(shop+"/templates", clone(body, obj{"saveDraftOnFailure": true})).fails("template_kakaotalk_validation_error")
			w.get(shop+"/templates/"+saved.str("additionalInformation.templateCode")).ok().is("changes.status", "DRAFT")
			return got
		})},
		{tplUpdate, "template_invalid_category_code", approved(func(w *harness, path string) result {
			return w.patch(path, obj{"details": obj{"categoryCode": "123"}})
		})},
		{tplUpdate, "template_exists", approved(func(w *harness, path string) result {
			w.post(shop+"/templates", kakaoTemplateBody("Other")).ok()
			return w.patch(path, obj{"details": obj{"name": "Other"}})
		})},
		{tplUpdate, "template_not_updatable", pending(func(w *harness, path string) result { return w.patch(path, obj{}) })},
		{tplUpdate, "template_changes_not_updatable", approved(func(w *harness, path string) result {
			w.patch(path, obj{"status": "SUBMIT", "details": obj{"title": "T"}}).ok()
			return w.patch(path, obj{})
		})},
		{tplUpdate, "template_kakaotalk_validation_error", approved(func(w *harness, path string) result {
			return w.patch(path, obj{"status": "SUBMIT", "details": obj{"content": "invalid"}})
		})},
		{tplDiscard, "template_not_deletable", pending(func(w *harness, path string) result { return w.delete(path + "/changes") })},
		{tplActivities, "invalid_page_token", pending(func(w *harness, path string) result { return w.get(path + "/activities?pageToken=x") })},
		{tplActivities, "invalid_page_size", func(w *harness) result { return w.get(shop + "/templates/x/activities?pageSize=x") }},
		{tplComment, "invalid_input", func(w *harness) result { return w.post(shop+"/templates/x/comments", obj{}) }},
		{tplComment, "invalid_payload", func(w *harness) result { return w.post(shop+"/templates/x/comments", "x") }},
	}
	for code, file := range map[string]string{
		"file_invalid_mime_type": "a.gif", "file_not_found": "missing.png", "file_unexpected_error": "broken.png", "file_size_too_large": "too-large.png",
	} {
		all = append(all,
			errorCase{create, code, func(w *harness) result {
				got := w.post(senders, logo(file))
				w.post(senders, clone(logo(file), obj{"saveDraftOnFailure": true})).fails(code)
				w.get(senders+"/logo").ok().is("changes.status", "DRAFT")
				return got
			}},
			errorCase{update, code, live(func(w *harness) result {
				return w.patch(shop, obj{"details": obj{"logoImage": "https://example.com/" + file}})
			})},
		)
	}
	for operation, do := range map[string]func(w *harness, sender string) result{
		tplCategories: func(w *harness, s string) result {
			return w.get("/kakaotalk/categories" + strings.TrimPrefix(s, "/kakaotalk") + "/templates")
		},
		get:           func(w *harness, s string) result { return w.get(s) },
		update:        func(w *harness, s string) result { return w.patch(s, obj{"details": obj{"name": "x"}}) },
		remove:        func(w *harness, s string) result { return w.delete(s) },
		activities:    func(w *harness, s string) result { return w.get(s + "/activities") },
		comment:       func(w *harness, s string) result { return w.post(s+"/comments", obj{"comment": "Hi"}) },
		register:      func(w *harness, s string) result { return w.post(s+"/register", nil) },
		verify:        func(w *harness, s string) result { return w.post(s+"/verify", obj{"code": 123456}) },
		tplList:       func(w *harness, s string) result { return w.get(s + "/templates") },
		tplCreate:     func(w *harness, s string) result { return w.post(s+"/templates", kakaoTemplateBody("A")) },
		tplGet:        func(w *harness, s string) result { return w.get(s + "/templates/x") },
		tplUpdate:     func(w *harness, s string) result { return w.patch(s+"/templates/x", obj{}) },
		tplRemove:     func(w *harness, s string) result { return w.delete(s + "/templates/x") },
		tplActivities: func(w *harness, s string) result { return w.get(s + "/templates/x/activities") },
	} {
		all = append(all,
			errorCase{operation, "project_not_initialized", func(w *harness) result { return do(w, none) }},
			errorCase{operation, "sender_not_found", live(func(w *harness) result { return do(w, none) })},
		)
		switch operation {
		case tplGet, tplUpdate, tplRemove, tplActivities:
			all = append(all, errorCase{operation, "template_not_found", live(func(w *harness) result { return do(w, shop) })})
		}
	}
	for operation, do := range map[string]func(w *harness) result{
		tplDiscard: func(w *harness) result { return w.delete(none + "/templates/x/changes") },
		tplComment: func(w *harness) result { return w.post(none+"/templates/x/comments", obj{"comment": "Hi"}) },
	} {
		all = append(all,
			errorCase{operation, "project_not_initialized", do},
			errorCase{operation, "template_not_found", live(do)},
		)
	}
	for operation, do := range map[string]func(w *harness) result{
		categories: func(w *harness) result { return w.get("/kakaotalk/categories/senders") },
		list:       func(w *harness) result { return w.get(senders) },
		discard:    func(w *harness) result { return w.delete(shop + "/changes") },
	} {
		all = append(all, errorCase{operation, "project_not_initialized", do})
	}
	return all
}()
