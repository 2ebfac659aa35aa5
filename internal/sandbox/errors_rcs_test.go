package sandbox

import "papi-mcp/internal/papi"

var rcsErrors = func() []errorCase {
	const (
		accountList    = "RcsAccountsController_listActivities_v1"
		accountComment = "RcsAccountsController_createComment_v1"
		ask            = "RcsQuestionnaireController_getQuestions_v1"
		list           = "RcsSendersController_listSenders_v1"
		create         = "RcsSendersController_createSender_v1"
		get            = "RcsSendersController_getSender_v1"
		update         = "RcsSendersController_updateSender_v1"
		activities     = "RcsSendersController_listActivities_v1"
		comment        = "RcsSendersController_createSenderComment_v1"
		launch         = "RcsSendersController_launchSender_v1"
		add            = "RcsSendersController_addTestNumbers_v1"
		number         = "RcsSendersController_getTestNumberState_v1"
		retry          = "RcsSendersController_retryTestNumber_v1"
		remove         = "RcsSendersController_deleteTestNumber_v1"
		capabilities   = "RcsSendersController_getTestNumberCapabilities_v1"
		senders        = "/rcs/senders"
		unknown        = senders + "/00000000-0000-4000-8000-000000000000"
		noID           = senders + "/x"
		tester         = "+15550100"
	)
	minimal := obj{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE"}
	inTest := func(do func(w *harness, path string) result) func(*harness) result {
		return func(w *harness) result {
			path := w.rcsInTest(rcsBody("Example", "SE"))
			w.s.Advance(rcsInvitation)
			return do(w, path)
		}
	}
	declined := func(do func(w *harness, path string) result) func(*harness) result {
		return inTest(func(w *harness, path string) result {
			w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixDeclines}}).ok()
			w.s.Advance(rcsInvitation)
			return do(w, path)
		})
	}
	calls := map[string]func(w *harness, path string) result{
		get: func(w *harness, path string) result { return w.get(path) },
		update: func(w *harness, path string) result {
			return w.patch(path, obj{"details": obj{"countries": []any{"SE"}}})
		},
		activities: func(w *harness, path string) result { return w.get(path + "/activities") },
		comment:    func(w *harness, path string) result { return w.post(path+"/comments", obj{"comment": "Hi"}) },
		launch:     func(w *harness, path string) result { return w.post(path+"/launch", nil) },
		add: func(w *harness, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{tester}})
		},
		number:       func(w *harness, path string) result { return w.get(path + "/testNumbers/" + tester) },
		retry:        func(w *harness, path string) result { return w.get(path + "/testNumbers/" + tester + "/retry") },
		remove:       func(w *harness, path string) result { return w.delete(path + "/testNumbers/" + tester) },
		capabilities: func(w *harness, path string) result { return w.get(path + "/testNumbers/" + tester + "/capabilities") },
	}
	image := func(file string) obj {
		return clone(minimal, obj{"details": obj{"brand": obj{"name": "A", "logoUrl": "https://example.com/" + file}}})
	}
	all := []errorCase{
		{accountList, "account_not_found", func(w *harness) result { return w.get("/rcs/activities") }},
		{accountList, "invalid_page_size", func(w *harness) result { return w.get("/rcs/activities?pageSize=x") }},
		{accountList, "invalid_page_token", inTest(func(w *harness, _ string) result { return w.get("/rcs/activities?pageToken=x") })},
		{accountComment, "account_not_found", func(w *harness) result { return w.post("/rcs/comments", obj{"comment": "Hi"}) }},
		{accountComment, "invalid_input", func(w *harness) result { return w.post("/rcs/comments", obj{}) }},
		{accountComment, "invalid_payload", func(w *harness) result { return w.post("/rcs/comments", "x") }},
		{ask, "questionnaire_invalid_use_case", func(w *harness) result { return w.get("/rcs/questionnaire/FUN") }},
		{ask, "questionnaire_invalid_country", func(w *harness) result { return w.get("/rcs/questionnaire/OTP?countries=XX") }},
		{list, "invalid_page_size", func(w *harness) result { return w.get(senders + "?pageSize=x") }},
		{list, "invalid_page_token", inTest(func(w *harness, _ string) result { return w.get(senders + "?pageToken=x") })},
		{list, "invalid_filter_states", func(w *harness) result { return w.get(senders + "?filterStates=x") }},
		{list, "rbm_has_not_been_used", func(w *harness) result { return w.get(senders) }},
		{create, "invalid_input", func(w *harness) result { return w.post(senders, obj{}) }},
		{create, "invalid_payload", func(w *harness) result { return w.post(senders, "x") }},
		{create, "add_test_number_invalid", func(w *harness) result {
			return w.post(senders, clone(minimal, obj{"details": obj{"testNumbers": []any{"soon"}}}))
		}},
		{create, "file_invalid_mime_type", func(w *harness) result { return w.post(senders, image("a.gif")) }},
		{create, "file_not_found", func(w *harness) result { return w.post(senders, image("missing.png")) }},
		{create, "file_size_too_large", func(w *harness) result { return w.post(senders, image("too-large.png")) }},
		{create, "file_has_wrong_dimensions", func(w *harness) result { return w.post(senders, image("wrong-dimensions.png")) }},
		{create, "file_unexpected_error", func(w *harness) result { return w.post(senders, image("broken.png")) }},
		{update, "invalid_input", func(w *harness) result { return w.patch(unknown, obj{}) }},
		{update, "invalid_payload", func(w *harness) result { return w.patch(unknown, "x") }},
		{update, "no_fields_to_update", inTest(func(w *harness, path string) result { return w.patch(path, obj{"details": obj{}}) })},
		{update, "fields_not_updatable", inTest(func(w *harness, path string) result {
			w.post(path+"/launch", nil).ok()
			return w.patch(path, obj{"details": obj{"brand": obj{"name": "x"}}})
		})},
		{update, "add_test_number_invalid", inTest(func(w *harness, path string) result {
			return w.patch(path, obj{"details": obj{"testNumbers": []any{"soon"}}})
		})},
		{update, "blocked_because_the_recipient_declined", declined(func(w *harness, path string) result {
			return w.patch(path, obj{"details": obj{"testNumbers": []any{"+1555" + suffixDeclines}}})
		})},
		{activities, "invalid_page_size", func(w *harness) result { return w.get(unknown + "/activities?pageSize=x") }},
		{activities, "invalid_page_token", inTest(func(w *harness, path string) result { return w.get(path + "/activities?pageToken=x") })},
		{comment, "invalid_input", func(w *harness) result { return w.post(unknown+"/comments", obj{}) }},
		{comment, "invalid_payload", func(w *harness) result { return w.post(unknown+"/comments", "x") }},
		{launch, "launch_invalid_agent_state", func(w *harness) result {
			return w.post(senders+"/"+w.post(senders, minimal).ok().str("id")+"/launch", nil)
		}},
		{launch, "launch_precondition_failed", func(w *harness) result {
			return w.post(w.rcsInTest(clone(minimal, obj{"details": obj{"brand": obj{"name": "A"}}}))+"/launch", nil)
		}},
		{add, "invalid_input", func(w *harness) result { return w.post(unknown+"/testNumbers", obj{"testNumbers": []any{1}}) }},
		{add, "add_test_number_invalid", inTest(func(w *harness, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"soon"}})
		})},
		{add, "user_cannot_be_reached", inTest(func(w *harness, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixNoRCS}})
		})},
		{add, "add_test_number_not_allowed_before_launch", inTest(func(w *harness, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixAfterLaunch}})
		})},
		{add, "blocked_because_the_recipient_declined", declined(func(w *harness, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixDeclines}})
		})},
		{retry, "add_test_number_invalid", inTest(func(w *harness, path string) result { return w.get(path + "/testNumbers/soon/retry") })},
		{retry, "add_test_number_not_allowed_before_launch", func(w *harness) result {
			body := rcsBody("Example", "SE")
			body["details"].(obj)["testNumbers"] = []any{"+1555" + suffixAfterLaunch}
			return w.get(w.rcsInTest(body) + "/testNumbers/+1555" + suffixAfterLaunch + "/retry")
		}},
		{retry, "blocked_because_the_recipient_declined", declined(func(w *harness, path string) result {
			return w.get(path + "/testNumbers/+1555" + suffixDeclines + "/retry")
		})},
		{capabilities, "blocked_because_the_recipient_declined", declined(func(w *harness, path string) result {
			return w.get(path + "/testNumbers/+1555" + suffixDeclines + "/capabilities")
		})},
		{capabilities, "user_has_not_accepted_invite", inTest(func(w *harness, path string) result {
			w.get(path + "/testNumbers/" + tester + "/retry").ok()
			return w.get(path + "/testNumbers/" + tester + "/capabilities")
		})},
		{capabilities, "user_cannot_be_reached", inTest(func(w *harness, path string) result {
			w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixLosesRCS}}).ok()
			w.s.Advance(rcsInvitation)
			return w.get(path + "/testNumbers/+1555" + suffixLosesRCS + "/capabilities")
		})},
	}
	for _, code := range []string{"invalid_google_agent", "rbm_has_not_been_used", "rbm_webhook_incorrect_secret", "rbm_resources_not_found", "rbm_too_many_requests"} {
		all = append(all, errorCase{create, code, func(w *harness) result {
			return w.post(senders, clone(minimal, obj{"details": obj{"brand": obj{"name": "error:" + code}}}))
		}})
	}
	// The brand's name asks for the errors of Google and the suppliers.
	renamed := func(operation, code, name string) errorCase {
		return errorCase{operation, code, inTest(func(w *harness, path string) result {
			w.patch(path, obj{"details": obj{"brand": obj{"name": name}}}).ok()
			if operation == list {
				return w.get(senders)
			}
			return calls[operation](w, path)
		})}
	}
	for operation, codes := range map[string][]string{
		list:         {"rbm_too_many_requests"},
		get:          {"rbm_too_many_requests"},
		update:       {"rbm_too_many_requests", "rbm_resources_not_found", "invalid_google_agent"},
		launch:       {"rbm_too_many_requests", "rbm_resources_not_found", "launch_invalid_verification_state", "verification_suspended_in_gmb"},
		add:          {"rbm_too_many_requests"},
		number:       {"rbm_too_many_requests"},
		retry:        {"rbm_too_many_requests"},
		remove:       {"rbm_too_many_requests"},
		capabilities: {"rbm_too_many_requests", "wrong_supplier_configuration", "looking_up_the_rbm_agent"},
	} {
		for _, code := range codes {
			all = append(all, renamed(operation, code, "error:"+code))
		}
	}
	for operation, do := range calls {
		op := papi.Lookup(operation)
		for code, provoke := range map[string]func(w *harness) result{
			"invalid_id_format":     func(w *harness) result { return do(w, noID) },
			"rbm_has_not_been_used": func(w *harness) result { return do(w, unknown) },
			"sender_not_found":      inTest(func(w *harness, _ string) result { return do(w, unknown) }),
			"no_google_supplier":    func(w *harness) result { return do(w, senders+"/"+w.post(senders, minimal).ok().str("id")) },
			"invalid_region_for_att_supplier": inTest(func(w *harness, path string) result {
				w.patch(path, obj{"details": obj{"brand": obj{"name": "supplier ATT"}}}).ok()
				return do(w, path)
			}),
			"user_is_not_tester_for_agent": inTest(func(w *harness, path string) result {
				w.delete(path + "/testNumbers/" + tester).ok()
				return do(w, path)
			}),
		} {
			if statusOf(op, code) != 0 {
				all = append(all, errorCase{operation, code, provoke})
			}
		}
	}
	return all
}()
