package sandbox

var smsErrors = func() []errorCase {
	const (
		smsList   = "SmsSmsAppsController_listSmsApps_v1"
		smsCreate = "SmsSmsAppsController_createSmsApp_v1"
		smsGet    = "SmsSmsAppsController_getSmsApp_v1"
		smsUpdate = "SmsSmsAppsController_updateSmsApp_v1"
		smsDelete = "SmsSmsAppsController_deleteSmsApp_v1"
		noHex     = "00000000000000000000000000000000"
	)
	sms := func(w *harness) string {
		return "/sms/smsApps/" + w.post("/sms/smsApps", obj{"name": "A", "region": "EU"}).ok().str("id")
	}
	return []errorCase{
		{smsList, "invalid_id_format", func(w *harness) result { return w.in("other").get("/sms/smsApps") }},
		{smsList, "invalid_page_size", func(w *harness) result { return w.get("/sms/smsApps?pageSize=x") }},
		{smsList, "invalid_page_token", func(w *harness) result { sms(w); return w.get("/sms/smsApps?pageToken=x") }},
		{smsList, "sms_service_not_found", func(w *harness) result { return w.get("/sms/smsApps") }},
		{smsCreate, "invalid_payload", func(w *harness) result { return w.post("/sms/smsApps", "x") }},
		{smsCreate, "invalid_input", func(w *harness) result {
			w.post("/sms/smsApps", obj{"name": "A"}).fails("invalid_input")
			w.post("/sms/smsApps", obj{"name": "A", "region": "EU", "convApiAppId": noULID}).fails("invalid_input")
			return w.post("/sms/smsApps", obj{"name": "A", "region": "EU", "convApiAppId": noULID, "convApiApp": true})
		}},
		{smsGet, "sms_app_not_found", func(w *harness) result { return w.get("/sms/smsApps/x") }},
		{smsDelete, "invalid_id_format", func(w *harness) result { return w.delete("/sms/smsApps/x") }},
		{smsDelete, "sms_app_not_found", func(w *harness) result { return w.delete("/sms/smsApps/" + noHex) }},
		{smsUpdate, "sms_app_not_found", func(w *harness) result { return w.patch("/sms/smsApps/"+noHex, obj{"name": "A"}) }},
		{smsUpdate, "no_fields_to_update", func(w *harness) result { return w.patch(sms(w), obj{}) }},
		{smsUpdate, "invalid_input", func(w *harness) result { return w.patch(sms(w), obj{"name": ""}) }},
	}
}()
