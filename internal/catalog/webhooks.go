package catalog

import "fmt"

var webhook = &Resource{
	Name: "webhook",
	Get:  "webhook_get", List: "webhook_list", Create: "webhook_create",
	IDs: map[string]string{"webhookId": "id"},
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
		About: fmt.Sprintf("List the project's webhooks (at most %d).", MaxWebhooks),
		Columns: []Column{
			{Name: "webhookId", Path: "id"},
			{Name: "target", Path: "target"},
			{Name: "triggers", Path: "triggers", Show: triggersByThing},
		},
	},
	{
		Tool: "webhook_get", Operation: "WebhookWebhookController_getWebhook_v1", Effect: Read, Resource: webhook,
		About: "Read one webhook: target and triggers; its secret is never shown.",
	},
	{
		Tool: "webhook_create", Operation: "WebhookWebhookController_createWebhook_v1", Effect: Create, Resource: webhook, Defaults: everyTrigger,
		About:     fmt.Sprintf("Register a webhook. Without triggers it gets ALL, which excludes other triggers. A target has one webhook, a project at most %d.", MaxWebhooks),
		Done:      "created",
		Next:      []Step{{Do: "see all webhooks of the project", Tool: "webhook_list"}},
		Example:   `{"triggers":["WHATSAPP_SENDER_ACTIVE"]}`,
		Reconcile: &Reconcile{Read: "webhook_list", Same: map[string]string{"target": "target"}, Unique: true, Resend: true},
	},
	{
		Tool: "webhook_update", Operation: "WebhookWebhookController_updateWebhook_v1", Effect: Update, Resource: webhook,
		About:   "Change fields of a webhook; those left out keep their value. triggers replaces the list.",
		Done:    "updated",
		Example: `{"triggers":["WHATSAPP_SENDER_ACTIVE"]}`,
	},
	{
		Tool: "webhook_replace", Operation: "WebhookWebhookController_replaceWebhook_v1", Effect: Update, Resource: webhook,
		Defaults: everyTrigger,
		About:    "Replace a complete webhook; without triggers it gets ALL. For one field use webhook_update.",
		Done:     "replaced",
		Example:  `{"triggers":["WHATSAPP_SENDER_ACTIVE"]}`,
	},
	{
		Tool: "webhook_delete", Operation: "WebhookWebhookController_deleteWebhook_v1", Effect: Delete, Resource: webhook,
		About:   "Delete a webhook.",
		Done:    "deleted",
		Next:    []Step{{Do: "see which webhooks are left", Tool: "webhook_list"}},
		Confirm: "events stop reaching its target",
	},
}
