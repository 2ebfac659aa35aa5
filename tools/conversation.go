package tools

import "papi-mcp/internal/catalog"

// channelSteps follow the status of a social channel, which no call here
// changes.
var channelSteps = []catalog.Step{
	{Do: "the channel is not finished: a person finishes it in the Sinch Dashboard", When: "status=PENDING"},
	{Do: "the channel fails: statusDescription says what; a person puts it right at the provider", When: "status=FAILING"},
	{Do: "the channel broke down and is disabled: a person connects it again in the Sinch Dashboard", When: "status=ERROR"},
}
