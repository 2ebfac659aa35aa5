package catalog

// channelSteps follow the status of a social channel, which no call here
// changes.
var channelSteps = []Step{
	{Do: "the channel is not finished: a person finishes it in the Sinch Dashboard", When: "status=PENDING"},
	{Do: "the channel fails: statusDescription says what; a person fixes it at the provider", When: "status=FAILING"},
	{Do: "the channel broke down and is disabled: a person connects it again in the Sinch Dashboard", When: "status=ERROR"},
}

var conversation = []Row{
	{
		Tool: "conversation_instagram_get", Operation: "ConversationInstagramController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Instagram channel of a Conversation API app. Closed beta.",
		Title: "Get Instagram channel of Conversation app",
		Next:  channelSteps,
	},
	{
		Tool: "conversation_messenger_get", Operation: "ConversationMessengerController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Facebook Messenger channel of a Conversation API app. Closed beta.",
		Title: "Get Messenger channel of Conversation app",
		Next:  channelSteps,
	},
	{
		Tool: "conversation_telegram_get", Operation: "ConversationTelegramController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Telegram bot channel of a Conversation API app. Closed beta.",
		Title: "Get Telegram channel of Conversation app",
		Next:  channelSteps,
	},
	{
		Tool: "conversation_viber_get", Operation: "ConversationViberController_get_v1", Toolset: "conversation", Effect: Read,
		About: "Read the Viber bot channel of a Conversation API app. Closed beta.",
		Title: "Get Viber channel of Conversation app",
		Next:  channelSteps,
	},
}
