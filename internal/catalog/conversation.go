package catalog

var conversation = []Row{
	{
		Tool: "conversation_instagram_get", Operation: "ConversationInstagramController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Instagram channel of a Conversation API app. Closed beta.",
	},
	{
		Tool: "conversation_messenger_get", Operation: "ConversationMessengerController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Facebook Messenger channel of a Conversation API app. Closed beta.",
	},
	{
		Tool: "conversation_telegram_get", Operation: "ConversationTelegramController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Telegram bot channel of a Conversation API app. Closed beta.",
	},
	{
		Tool: "conversation_viber_get", Operation: "ConversationViberController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Viber bot channel of a Conversation API app. Closed beta.",
	},
}
