package tools

import "papi-mcp/internal/catalog"

var channelSteps = catalog.ChannelSteps
