package catalog

import "fmt"

var webhook = &Resource{
	Name: "webhook",
	Get:  "webhook_get", List: "webhook_list", Create: "webhook_create",
	Empty: Step{Do: "register one", Tool: "webhook_create", Needs: []string{"target", "secret"}},
	IDs:   map[string]string{"webhookId": "id"},
}

// MaxWebhooks is how many webhooks a project may have (createWebhook, 1.2.117).
const MaxWebhooks = 15

// EveryTrigger is given alone, for all events: the default of a webhook that names
// no triggers.
const EveryTrigger = "ALL"

var everyTrigger = map[string]any{"triggers": []any{EveryTrigger}}

var webhooks = []Row{
	{
		Tool: "webhook_list", Operation: "WebhookWebhookController_listWebhooks_v1", Effect: Read, Resource: webhook,
		About:   fmt.Sprintf("List the project's webhooks (at most %d).", MaxWebhooks),
		Phrases: []string{"where are notifications sent", "show all callback URLs", "who gets our events", "how many endpoints are registered"},
		Columns: []Column{
			{Name: "webhookId", Path: "id"},
			{Name: "target", Path: "target"},
			{Name: "triggers", Path: "triggers", Show: triggersInLowerCase},
		},
	},
	{
		Tool: "webhook_get", Operation: "WebhookWebhookController_getWebhook_v1", Effect: Read, Resource: webhook,
		About:   "Read one webhook: target and triggers; its secret is never shown.",
		Phrases: []string{"which event types does this callback receive", "what is this endpoint subscribed to", "look at one notification URL"},
	},
	{
		Tool: "webhook_create", Operation: "WebhookWebhookController_createWebhook_v1", Effect: Create, Resource: webhook, Defaults: everyTrigger,
		About: fmt.Sprintf("Register a webhook. Without triggers it gets ALL, which excludes other triggers. A target has one webhook, a project at most %d.", MaxWebhooks),
		Phrases: []string{
			"notify my server when something happens", "subscribe to events", "add a callback URL",
			"send status updates to our endpoint", "get alerted by HTTP POST instead of polling",
		},
		Done:      "created",
		Next:      []Step{{Do: "see all webhooks of the project", Tool: "webhook_list"}},
		Example:   `{"triggers":["WHATSAPP_SENDER_ACTIVE"]}`,
		Reconcile: &Reconcile{Read: "webhook_list", Same: map[string]string{"target": "target"}, Unique: true, Resend: true},
	},
	{
		Tool: "webhook_update", Operation: "WebhookWebhookController_updateWebhook_v1", Effect: Update, Resource: webhook,
		About: "Change fields of a webhook; those left out keep their value. triggers replaces the list.",
		Phrases: []string{
			"change the callback URL", "add another event to an existing subscription",
			"rotate the signing secret", "move notifications to a new address", "receive fewer event types",
		},
		Done:    "updated",
		Example: `{"triggers":["WHATSAPP_SENDER_ACTIVE"]}`,
	},
	{
		Tool: "webhook_replace", Operation: "WebhookWebhookController_replaceWebhook_v1", Effect: Update, Resource: webhook,
		Defaults: everyTrigger,
		About:    "Replace a complete webhook; without triggers it gets ALL. For one field use webhook_update.",
		Phrases:  []string{"set up the callback from scratch", "overwrite all settings of a subscription", "swap out the entire endpoint configuration"},
		Done:     "replaced",
		Example:  `{"triggers":["WHATSAPP_SENDER_ACTIVE"]}`,
	},
	{
		Tool: "webhook_delete", Operation: "WebhookWebhookController_deleteWebhook_v1", Effect: Delete, Resource: webhook,
		About:   "Delete a webhook.",
		Phrases: []string{"unsubscribe", "stop receiving notifications", "remove a callback URL", "no more events to that endpoint"},
		Done:    "deleted",
		Next:    []Step{{Do: "see which webhooks are left", Tool: "webhook_list"}},
		Confirm: "events stop reaching its target",
	},
}
