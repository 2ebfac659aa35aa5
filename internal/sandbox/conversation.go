package sandbox

import (
	"slices"
	"strings"
)

// convApp is a Conversation app that was created with a bundle or an SMS app.
type convApp struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Region string         `json:"region"`
	Input  map[string]any `json:"input"` // of the bundle
	// Channels are the states of the channels that are set up.
	Channels map[string]string `json:"channels"`
}

const kindConversationChannel = "conversation_channel"

var conversationHandlers = map[string]handler{
	"ConversationInstagramController_get_v1": onChannel("instagram", "facebook_api_error"),
	"ConversationMessengerController_get_v1": onChannel("messenger", "facebook_api_error"),
	"ConversationTelegramController_get_v1":  onChannel("telegram", "telegram_api_error"),
	"ConversationViberController_get_v1":     onChannel("viber", "viber_api_error"),
}

var conversationEvents = map[string]eventHandler{
	kindConversationChannel: onEvent(findConvApp, nil, nil, setChannel),
}

func findConvApp(p *project, id string) (*convApp, bool) {
	app, ok := p.ConvApps[id]
	return app, ok
}

// channelInfo are the answers of the channels' providers.
var channelInfo = map[string]map[string]any{
	"instagram": {"id": "17800000000000001", "username": "example.shop", "name": "Example Shop", "followersCount": 1200, "followsCount": 30, "mediaCount": 48},
	"messenger": {"id": "100000000000009", "name": "Example Shop"},
	"telegram":  {"name": "Example Shop", "username": "example_shop_bot", "canJoinGroups": true, "canReadAllGroupMessages": false, "supportsInlineQueries": false},
	"viber":     {"id": "pa:5500000000000000001", "name": "Example Shop", "uri": "exampleshop", "subscribersCount": 640, "country": "United States", "location": map[string]any{"lon": 0.1, "lat": 51.5}},
}

// newConvApp creates a Conversation app. The channels that its name contains are
// set up, and all of them where it contains "social".
func (s *Sandbox) newConvApp(p *project, name, region string, input map[string]any) *convApp {
	app := &convApp{ID: s.ulid(p.stream("conversationApps")), Name: name, Region: region, Input: input, Channels: map[string]string{}}
	for channel := range channelInfo {
		if contains(name, channel) || contains(name, "social") {
			app.Channels[channel] = "ACTIVE"
		}
	}
	p.ConvApps[app.ID] = app
	return app
}

func onChannel(channel, providerError string) handler {
	return func(c *call) answer {
		id := c.id("conversationAppId")
		if !isULID(id) && c.documents("conversation_app_id_invalid") {
			return c.fail("conversation_app_id_invalid")
		}
		app := c.project.ConvApps[id]
		if app == nil {
			return c.fail("conversation_app_not_found")
		}
		switch app.Channels[channel] {
		case "":
			return c.fail("conversation_app_no_" + channel + "_channel")
		case channelBroken:
			return c.fail(providerError)
		}
		info := clone(channelInfo[channel], map[string]any{"status": app.Channels[channel]})
		if app.Channels[channel] == "ERROR" || app.Channels[channel] == "FAILING" {
			info["statusDescription"] = "the provider rejects the credentials of the channel"
		}
		return c.ok(info)
	}
}

// channelBroken is the state of a channel whose provider's API fails.
const channelBroken = "BROKEN"

// setChannel sets the state of an app's channel, with a value such as
// instagram:ACTIVE.
func setChannel(_ *Sandbox, _ *project, app *convApp, value string) bool {
	channel, state, _ := strings.Cut(value, ":")
	if channelInfo[channel] == nil || !slices.Contains([]string{"ACTIVE", "ERROR", "FAILING", "PENDING", channelBroken}, state) {
		return false
	}
	app.Channels[channel] = state
	return true
}
