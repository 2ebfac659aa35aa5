package guard

import (
	"cmp"
	"fmt"
	"maps"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var ruleSmsAppConversation = Rule{
	Code:   "guard_sms_app_conversation",
	About:  "An SMS app is created with a new Conversation app (convApiApp) or connected to one that exists (convApiAppId), not both.",
	Tools:  []string{"sms_app_create"},
	Source: "SmsInputSmsAppDto, 1.2.117",
	check:  smsAppConversation,
}

func smsAppConversation(c *Call, _ answers) *Refusal {
	if c.Args["convApiApp"] != true || jsonvalue.Text(c.Args, "convApiAppId") == "" {
		return nil
	}
	existing, fresh := maps.Clone(c.Args), maps.Clone(c.Args)
	delete(existing, "convApiApp")
	delete(fresh, "convApiAppId")
	return &Refusal{
		Message:    "convApiApp asks for a new Conversation app, and convApiAppId names one that exists",
		Resolution: "give one of the two; ask the person when it is not clear which",
		Next: []catalog.Next{
			nextCall("connect it to the app that exists", "sms_app_create", existing),
			nextCall("create a Conversation app with it", "sms_app_create", fresh),
		},
	}
}

var smsSummaries = []Summary{{Tool: "sms_app_delete", Reads: []*Read{readSmsApp}, text: askSmsAppDelete}}

func askSmsAppDelete(_ map[string]any, a answers) sentences {
	app := a.of(readSmsApp)
	facts := "It is " + Word(cmp.Or(jsonvalue.Text(app, "status"), "UNKNOWN"))
	if regions := words(jsonvalue.Texts(app, "regions")); regions != "" {
		facts += " in " + regions
	}
	if conversation := jsonvalue.Text(app, "conversationApiAppDetails.id"); conversation != "" {
		facts += fmt.Sprintf(", and the Conversation app %s is connected to it", Name(conversation))
	}
	return sentences{ask: "Delete the SMS app", name: nameOf(app, "name"), effect: noWayBack, facts: facts + "."}
}
