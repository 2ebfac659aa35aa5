package sandbox

var conversationErrors = func() []errorCase {
	var all []errorCase
	for operation, channel := range map[string]string{
		"ConversationInstagramController_get_v1": "instagram", "ConversationMessengerController_get_v1": "messenger",
		"ConversationTelegramController_get_v1": "telegram", "ConversationViberController_get_v1": "viber",
	} {
		broken := map[string]string{"telegram": "telegram_api_error", "viber": "viber_api_error"}[channel]
		if broken == "" {
			broken = "facebook_api_error"
		}
		app := func(w *harness) string {
			return w.post("/sms/smsApps", obj{"name": "A", "region": "EU", "convApiApp": true}).ok().str("conversationApiAppDetails.id")
		}
		all = append(all,
			errorCase{operation, "conversation_app_not_found", func(w *harness) result { return w.get("/conversation/apps/" + noULID + "/" + channel) }},
			errorCase{operation, "conversation_app_no_" + channel + "_channel", func(w *harness) result { return w.get("/conversation/apps/" + app(w) + "/" + channel) }},
			errorCase{operation, broken, func(w *harness) result {
				id := app(w)
				w.post("/_sandbox/happen", obj{"event": kindConversationChannel, "id": id, "value": channel + ":ERROR"}).ok()
				w.get("/conversation/apps/"+id+"/"+channel).ok().is("status", "ERROR")
				w.post("/_sandbox/happen", obj{"event": kindConversationChannel, "id": id, "value": channel + ":" + channelBroken}).ok()
				return w.get("/conversation/apps/" + id + "/" + channel)
			}},
		)
		if channel != "viber" {
			all = append(all, errorCase{operation, "conversation_app_id_invalid", func(w *harness) result { return w.get("/conversation/apps/x/" + channel) }})
		}
	}
	return all
}()
