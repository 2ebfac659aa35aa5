package sandbox

var templateErrors = func() []errorCase {
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
	after := func(do func(*harness) result) func(*harness) result {
		return func(w *harness) result { w.onboarded(); return do(w) }
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
		return components(text, obj{"type": "BUTTONS", "buttons": []any{clone(button, obj{"type": "URL", "text": "Open"})}})
	}
	bid := func() obj {
		return clone(components(text), obj{"optimization": obj{"bidAmount": 500, "bidStrategy": "LOWEST_COST_WITH_BID_CAP"}})
	}
	// locked is a template on which another operation is still running.
	locked := func(do func(w *harness, path string) result) func(*harness) result {
		return after(func(w *harness) result {
			w.post(templates, template("locked_one", "EN")).ok()
			got := do(w, templatePath("locked_one", "EN"))
			w.s.Advance(templateLock)
			w.post(templatePath("locked_one", "EN")+"/comments", obj{"comment": "free again"}).ok()
			return got
		})
	}
	live := func(name string, do func(w *harness, path string) result) func(*harness) result {
		return after(func(w *harness) result { w.approved(name, "EN"); return do(w, templatePath(name, "EN")) })
	}
	all := []errorCase{
		{list, "invalid_page_size", func(w *harness) result { return w.get(templates + "?pageSize=1001") }},
		{list, "invalid_page_token", after(func(w *harness) result { return w.get(templates + "?pageToken=x") })},
		{list, "invalid_filter_states", func(w *harness) result { return w.get(templates + "?filterStates=ACTIVE") }},
		{list, "invalid_filter_statuses", func(w *harness) result { return w.get(templates + "?filterStatuses=ERROR") }},
		{list, "invalid_fields", func(w *harness) result { return w.get(templates + "?fieldMask=colour") }},
		{languages, "invalid_page_size", func(w *harness) result { return w.get(templates + "/a?pageSize=-1") }},
		{languages, "invalid_page_token", live("paged", func(w *harness, _ string) result { return w.get(templates + "/paged?pageToken=x") })},
		{languages, "invalid_fields", func(w *harness) result { return w.get(templates + "/a?fieldMask=colour") }},
		{languages, "template_not_found", after(func(w *harness) result { return w.get(templates + "/none") })},
		{get, "invalid_fields", func(w *harness) result { return w.get(none + "?fieldMask=name&fieldMask=colour") }},
		{create, "invalid_input", func(w *harness) result { return w.post(templates, obj{"name": "UPPER"}) }},
		{create, "invalid_payload", func(w *harness) result { return w.post(templates, "x") }},
		{create, "template_invalid_category", func(w *harness) result {
			return w.post(templates, clone(template("a1", "EN"), obj{"category": "NEWS"}))
		}},
		{create, "resource_locked", after(func(w *harness) result {
			w.post(templates, template("locked_one", "EN")).ok()
			return w.post(templates, template("locked_one", "DE"))
		})},
		{create, "template_exists", live("twice", func(w *harness, _ string) result { return w.post(templates, template("twice", "EN")) })},
		{create, "template_incorrect_category", live("two_kinds", func(w *harness, _ string) result {
			return w.post(templates, clone(template("two_kinds", "DE"), obj{"category": "MARKETING"}))
		})},
		{create, "template_name_recently_used", live("gone", func(w *harness, _ string) result {
			w.delete(templates + "/gone").ok()
			return w.post(templates, template("gone", "DE"))
		})},
		{create, "template_language_recently_deleted", live("gone", func(w *harness, path string) result {
			w.delete(path + "?deleteSubmitted=true").ok()
			return w.post(templates, template("gone", "EN"))
		})},
		{create, "template_dynamic_pricing_not_available", after(func(w *harness) result {
			body := clone(template("priced", "EN"), obj{"details": bid()})
			got := w.post(templates, body)
			w.post("/_sandbox/happen", obj{"event": kindAccountChange, "project": w.project, "value": "MAX_PRICE"}).ok()
			w.post(templates, body).ok()
			return got
		})},
		{sync, "project_not_initialized", func(w *harness) result { return w.post(templates+"/sync", nil) }},
		{sync, "resource_locked", after(func(w *harness) result { w.post(templates+"/sync", nil).ok(); return w.post(templates+"/sync", nil) })},
		{sync, "too_many_requests", after(func(w *harness) result {
			for range maxSyncs {
				w.post(templates+"/sync", nil).ok()
				w.s.Advance(templateSync)
			}
			got := w.post(templates+"/sync", nil)
			w.s.Advance(syncWindow)
			w.post(templates+"/sync", nil).ok()
			return got
		})},
		{update, "invalid_payload", after(func(w *harness) result { return w.patch(none, "x") })},
		{update, "resource_locked", locked(func(w *harness, path string) result { return w.patch(path, obj{}) })},
		{update, "template_not_updatable", after(func(w *harness) result {
			w.post(templates, template("pending", "EN")).ok()
			w.s.Advance(templateSubmission)
			return w.patch(templatePath("pending", "EN"), obj{})
		})},
		{update, "template_changes_not_updatable", after(func(w *harness) result {
			w.post(templates, template("fresh", "EN")).ok()
			return w.patch(templatePath("fresh", "EN"), obj{})
		})},
		{update, "template_category_not_updatable", live("fixed", func(w *harness, path string) result {
			return w.patch(path, obj{"category": "MARKETING"})
		})},
		{update, "template_allow_category_change_not_updatable", live("fixed", func(w *harness, path string) result {
			return w.patch(path, obj{"allowCategoryChange": true})
		})},
		{update, "template_source_not_updatable", after(func(w *harness) result {
			w.post(templates+"/sync", nil).ok()
			return w.patch(templatePath(sampleTemplate, "EN_US"), obj{})
		})},
		{remove, "resource_locked", locked(func(w *harness, path string) result { return w.delete(path + "?deleteSubmitted=true") })},
		{remove, "template_changes_not_found", after(func(w *harness) result {
			w.post(templates, template("reject_it", "EN")).ok()
			w.s.Advance(templateSubmission + templateReview)
			return w.delete(templatePath("reject_it", "EN"))
		})},
		{remove, "template_not_deletable_due_to_input_config", live("kept", func(w *harness, path string) result {
			return w.delete(path + "?deleteSubmitted=false")
		})},
		{removeAll, "project_not_initialized", func(w *harness) result { return w.delete(templates + "/none") }},
		{removeAll, "template_not_found", after(func(w *harness) result { return w.delete(templates + "/none") })},
		{removeAll, "resource_locked", locked(func(w *harness, _ string) result { return w.delete(templates + "/locked_one") })},
		{removeAll, "whatsapp_business_api_request_limit_exceeded", after(func(w *harness) result {
			w.post(templates, clone(template("rate_limited", "EN"), obj{"status": "DRAFT"})).ok()
			return w.delete(templates + "/rate_limited")
		})},
		{activities, "invalid_page_size", func(w *harness) result { return w.get(none + "/activities?pageSize=x") }},
		{activities, "invalid_page_token", live("old", func(w *harness, path string) result { return w.get(path + "/activities?pageToken=x") })},
		{comment, "invalid_input", func(w *harness) result { return w.post(none+"/comments", obj{"comment": 1}) }},
		{comment, "invalid_payload", func(w *harness) result { return w.post(none+"/comments", nil) }},
		{comment, "resource_locked", locked(func(w *harness, path string) result { return w.post(path+"/comments", obj{"comment": "Hi"}) })},
		{compare, "invalid_input", func(w *harness) result { return w.post(none+"/compare", obj{"templates": []any{}}) }},
		{compare, "invalid_payload", func(w *harness) result { return w.post(none+"/compare", nil) }},
		{compare, "resource_locked", locked(func(w *harness, path string) result { return w.post(path+"/compare", against("b2")) })},
		{compare, "templates_compare_not_unique", live("same", func(w *harness, path string) result { return w.post(path+"/compare", against("same")) })},
		{compare, "templates_compare_not_found", live("one", func(w *harness, path string) result { return w.post(path+"/compare", against("none")) })},
		{compare, "templates_not_eligible_for_comparison", live("one", func(w *harness, path string) result {
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
		p.do = func(w *harness) result {
			w.onboarded()
			w.post(templates, clone(template("original", "EN"), obj{"details": components(text)})).ok()
			return copied(w)
		}
		all = append(all, p)
	}

	// What each operation on a template has in common.
	for operation, do := range map[string]func(w *harness, path string) result{
		get:        func(w *harness, path string) result { return w.get(path) },
		update:     func(w *harness, path string) result { return w.patch(path, obj{}) },
		remove:     func(w *harness, path string) result { return w.delete(path) },
		activities: func(w *harness, path string) result { return w.get(path + "/activities") },
		comment:    func(w *harness, path string) result { return w.post(path+"/comments", obj{"comment": "Hi"}) },
		compare:    func(w *harness, path string) result { return w.post(path+"/compare", against("b2")) },
	} {
		all = append(all,
			errorCase{operation, "project_not_initialized", func(w *harness) result { return do(w, none) }},
			errorCase{operation, "template_not_found", after(func(w *harness) result { return do(w, none) })},
			errorCase{operation, "template_invalid_language_code", func(w *harness) result { return do(w, templatePath("none", "en_us")) }},
		)
	}
	for operation, do := range map[string]func(w *harness) result{
		list:      func(w *harness) result { return w.get(templates) },
		languages: func(w *harness) result { return w.get(templates + "/none") },
		create:    func(w *harness) result { return w.post(templates, template("a1", "EN")) },
	} {
		all = append(all, errorCase{operation, "project_not_initialized", do})
	}
	return all
}()

// submits provokes an error of a submit: of a new template, which is saved as
// a draft where the body asks for it, and of a draft.
func submits(create, update, code, name string, details obj) []errorCase {
	body := clone(template(name, "EN"), obj{"details": details})
	prepare := func(w *harness) {
		if w.get("/whatsapp").status != 200 {
			w.onboarded()
		}
	}
	return []errorCase{
		{create, code, func(w *harness) result {
			prepare(w)
			got := w.post("/whatsapp/templates", body)
			w.get(templatePath(name, "EN")).fails("template_not_found")
			w.post("/whatsapp/templates", clone(body, obj{"saveDraftOnFailure": true})).fails(code)
			w.get(templatePath(name, "EN")).ok().is("changes.status", "DRAFT")
			return got
		}},
		{update, code, func(w *harness) result {
			prepare(w)
			w.post("/whatsapp/templates", clone(body, obj{"status": "DRAFT"})).ok()
			return w.patch(templatePath(name, "EN"), obj{"status": "SUBMIT"})
		}},
	}
}
