package sandbox

import "strings"

var bundleErrors = func() []errorCase {
	const (
		bundleList = "BundlesBundlesController_list_v1"
		bundleNew  = "BundlesBundlesController_create_v1"
		bundleGet  = "BundlesBundlesController_get_v1"
		noBundle   = "000000000000000000000000"
	)
	bundle := func(body obj) obj { return clone(obj{"name": "B", "region": "EU"}, body) }
	all := []errorCase{
		{bundleList, "invalid_page_token", func(w *harness) result { return w.get("/bundles?pageToken=x") }},
		{bundleList, "invalid_page_size", func(w *harness) result { return w.get("/bundles?pageSize=26") }},
		{bundleList, "invalid_id_format", func(w *harness) result {
			w.in("other").get("/bundles").fails("invalid_id_format")
			w.get("/bundles?filterConvAppIds=x").fails("invalid_id_format")
			return w.get("/bundles?filterSmsAppIds=x")
		}},
		{bundleGet, "invalid_id_format", func(w *harness) result { return w.get("/bundles/x") }},
		{bundleGet, "bundle_not_found", func(w *harness) result { return w.get("/bundles/" + noBundle) }},
		{bundleNew, "invalid_input", func(w *harness) result { return w.post("/bundles", obj{"name": "B"}) }},
		{bundleNew, "invalid_payload", func(w *harness) result { return w.post("/bundles", "x") }},
		{bundleNew, "no_services_to_create", func(w *harness) result { return w.post("/bundles", bundle(obj{"smsApp": false})) }},
		{bundleNew, "missing_name", func(w *harness) result { return w.post("/bundles", obj{"region": "EU", "smsApp": true}) }},
		{bundleNew, "webhook_exists", func(w *harness) result {
			w.post("/webhooks", webhookBody).ok()
			return w.post("/bundles", bundle(obj{"smsApp": true, "webhooks": []any{obj{"target": "http://127.0.0.1:9/a", "secret": "s", "triggers": []any{"ALL"}}}}))
		}},
		{bundleNew, "webhook_limit_reached", func(w *harness) result {
			for i := range maxWebhooks {
				w.post("/webhooks", strings.Replace(webhookBody, "/a", "/"+string(rune('b'+i)), 1)).ok()
			}
			return w.post("/bundles", bundle(obj{"smsApp": true, "webhooks": []any{obj{"target": "http://127.0.0.1:9/a", "secret": "s", "triggers": []any{"ALL"}}}}))
		}},
	}
	for _, code := range []string{
		"invalid_webhooks", "invalid_staging_bundles_input_region", "parent_sms_bespoke_price", "target_project_not_subproject",
		"parent_sms_not_route_assisted", "conversation_app_already_connected_to_sms_app", "forbidden_payload", "conversation_app_not_found",
		"sms_app_not_found", "default_sms_app_not_found", "conversation_app_is_already_in_bundles_process", "default_sms_app_already_exists",
		"more_than_one_sms_app", "sms_app_is_already_linked_to_conversation_app", "sms_app_is_already_in_bundles_process",
		"allowed_only_for_default_test_sms_app", "not_allowed_for_subproject", "not_allowed_for_non_test_account", "only_one_test_number_allowed",
		"failed_to_create_subproject", "failed_to_create_sms_service", "failed_to_create_conversation_service",
	} {
		all = append(all, errorCase{bundleNew, code, func(w *harness) result {
			return w.post("/bundles", bundle(obj{"name": "error:" + code, "smsApp": true}))
		}})
	}
	return all
}()
