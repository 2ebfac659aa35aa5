package catalog

// ChannelStates are the statuses of a social channel of a Conversation app
// (ConversationChannelStatusEnum, 1.2.117), which no call here changes. The
// results of its tools show no state: the status is in data.
var ChannelStates = []State{
	{Name: "ACTIVE", Class: Success, Means: "works"},
	{
		Name: "PENDING", Class: ActionRequired, Means: "setup or verification is not finished", Moves: "a person, in the Sinch Dashboard",
		Next: []Step{{Do: "the channel is not set up: ask the person to finish it in the Sinch Dashboard"}},
	},
	{
		Name: "FAILING", Class: Failure, Means: "validation or delivery fails; `statusDescription` says why", Moves: "a person, at the provider",
		Next: []Step{{Do: "the channel fails: statusDescription says why; ask the person to fix it at the provider"}},
	},
	{
		Name: "ERROR", Class: Failure, Means: "broke down and is disabled", Moves: "a person, by connecting it again in the Sinch Dashboard",
		Next: []Step{{Do: "the channel broke down and is disabled: ask the person to connect it again in the Sinch Dashboard"}},
	},
	unrecognized,
}

// channelSteps are the steps of each status that an answer may show.
var channelSteps = func() []Step {
	var all []Step
	for _, state := range ChannelStates {
		for _, step := range state.Next {
			step.When = "status=" + state.Name
			all = append(all, step)
		}
	}
	return all
}()

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
