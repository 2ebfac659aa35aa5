package sandbox

import (
	"cmp"
	"slices"

	"papi-mcp/internal/jsonvalue"
)

// maxWebhooks is the number of webhooks that a project can have.
const maxWebhooks = 15

type webhook struct {
	ID       string   `json:"id"`
	Target   string   `json:"target"`
	Secret   string   `json:"secret"`
	Triggers []string `json:"triggers"`
}

// Webhooks are listed by target.
func (w *webhook) sortKey() string { return w.Target }
func (w *webhook) facet() string   { return "" }

var webhookHandlers = map[string]handler{
	"WebhookWebhookController_listWebhooks_v1":   listWebhooks,
	"WebhookWebhookController_createWebhook_v1":  createWebhook,
	"WebhookWebhookController_getWebhook_v1":     onWebhook(func(c *call, w *webhook) answer { return c.ok(c.renderWebhook(w)) }),
	"WebhookWebhookController_deleteWebhook_v1":  onWebhook(deleteWebhook),
	"WebhookWebhookController_replaceWebhook_v1": onWebhook(changeWebhook),
	"WebhookWebhookController_updateWebhook_v1":  onWebhook(changeWebhook),
}

func onWebhook(do func(*call, *webhook) answer) handler {
	return withResource(findWebhook, "webhookId", "webhook_not_found", do)
}

func findWebhook(p *project, id string) (*webhook, bool) {
	i := slices.IndexFunc(p.Webhooks, func(w *webhook) bool { return w.ID == id })
	if i < 0 {
		return nil, false
	}
	return p.Webhooks[i], true
}

func (c *call) renderWebhook(w *webhook) map[string]any {
	return map[string]any{"id": w.ID, "target": w.Target, "projectId": c.project.ID, "triggers": w.Triggers}
}

func listWebhooks(c *call) answer {
	t := newTable[*webhook]()
	for _, w := range c.project.Webhooks {
		t.put(w.ID, w)
	}
	return listPage(c, t, "webhooks", maxWebhooks, filter{}, c.renderWebhook)
}

// targetUsed reports whether a webhook other than w has the target.
func (c *call) targetUsed(target string, w *webhook) bool {
	return slices.ContainsFunc(c.project.Webhooks, func(other *webhook) bool {
		return other != w && other.Target == target
	})
}

func createWebhook(c *call) answer {
	w := &webhook{Target: jsonvalue.Text(c.body, "target"), Secret: jsonvalue.Text(c.body, "secret"), Triggers: jsonvalue.Texts(c.body, "triggers")}
	if c.targetUsed(w.Target, w) {
		return c.fail("webhook_exists")
	}
	if len(c.project.Webhooks) >= maxWebhooks {
		return c.fail("webhook_limit_reached")
	}
	w.ID = c.ulid(c.project.stream("webhooks"))
	c.project.Webhooks = append(c.project.Webhooks, w)
	return c.ok(c.renderWebhook(w))
}

// changeWebhook replaces or updates a webhook: a replacement has all fields.
func changeWebhook(c *call, w *webhook) answer {
	target := cmp.Or(jsonvalue.Text(c.body, "target"), w.Target)
	if c.targetUsed(target, w) {
		return c.fail("webhook_exists")
	}
	w.Target, w.Secret = target, cmp.Or(jsonvalue.Text(c.body, "secret"), w.Secret)
	if triggers := jsonvalue.Texts(c.body, "triggers"); len(triggers) > 0 {
		w.Triggers = triggers
	}
	return c.ok(c.renderWebhook(w))
}

func deleteWebhook(c *call, w *webhook) answer {
	c.project.Webhooks = slices.DeleteFunc(c.project.Webhooks, func(other *webhook) bool { return other == w })
	c.cancelDeliveries(w.ID)
	return c.ok(nil)
}
