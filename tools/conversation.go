package tools

// channelSteps follow the status of a social channel, which no call here
// changes.
var channelSteps = []step{
	{do: "the channel is not finished: a person finishes it in the Sinch Dashboard", when: "status=PENDING"},
	{do: "the channel fails: statusDescription says what; a person puts it right at the provider", when: "status=FAILING"},
	{do: "the channel broke down and is disabled: a person connects it again in the Sinch Dashboard", when: "status=ERROR"},
}
