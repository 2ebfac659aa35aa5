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

// channelGet is the row of a tool that reads a social channel.
func channelGet(tool, operation, provider, channel string, phrases ...string) Row {
	return Row{
		Tool: tool, Operation: operation, Effect: Read, Next: channelSteps,
		About:   "Read the " + channel + " channel of a Conversation API app. Closed beta.",
		Phrases: phrases,
		Title:   "Get " + provider + " channel of Conversation app",
	}
}

var conversation = []Row{
	channelGet("conversation_instagram_get", "ConversationInstagramController_get_v1", "Instagram", "Instagram",
		"is Instagram connected", "Instagram direct messages don't come in", "status of the IG channel", "which Instagram account is linked"),
	channelGet("conversation_messenger_get", "ConversationMessengerController_get_v1", "Messenger", "Facebook Messenger",
		"is Messenger connected", "which Facebook page is linked", "messages to our FB page don't arrive", "Facebook chat is broken"),
	channelGet("conversation_telegram_get", "ConversationTelegramController_get_v1", "Telegram", "Telegram bot",
		"is the Telegram bot connected", "bot token problem", "status of our Telegram channel", "Telegram stopped working"),
	channelGet("conversation_viber_get", "ConversationViberController_get_v1", "Viber", "Viber bot",
		"is Viber connected", "status of the Viber bot", "messages on Viber fail", "Viber channel of the omnichannel app"),
}
