package plan

import (
	"testing"

	"papi-mcp/internal/catalog"
)

func kindOf(t *testing.T, name string) *Kind {
	t.Helper()
	for _, k := range testKinds {
		if k.Name == name {
			return k
		}
	}
	t.Fatalf("no kind %s", name)
	return nil
}

var testKinds = []*Kind{
	{Name: "webhooks", Title: "webhook", Resource: catalog.LookupResource("webhook"), Identity: []string{"target"}, Create: "webhook_create", Update: "webhook_update", Delete: "webhook_delete"},
	{Name: "whatsappTemplates", Title: "WhatsApp template", Resource: catalog.LookupResource("whatsapp_template"), Identity: []string{"name", "language"}, Create: "whatsapp_template_create", Update: "whatsapp_template_update", Delete: "whatsapp_template_delete"},
	{Name: "whatsappSenders", Resource: catalog.LookupResource("whatsapp_sender"), Identity: []string{"phoneNumber"}, Update: "whatsapp_sender_update", Delete: "whatsapp_sender_delete"},
	{Name: "rcsSenders", Resource: catalog.LookupResource("rcs_sender"), Identity: []string{"id"}, Create: "rcs_sender_create", Update: "rcs_sender_update"},
	{Name: "kakaotalkSenders", Resource: catalog.LookupResource("kakaotalk_sender"), Identity: []string{"plusFriendId"}, Create: "kakaotalk_sender_create", Update: "kakaotalk_sender_update", Delete: "kakaotalk_sender_delete"},
	{Name: "kakaotalkTemplates", Resource: catalog.LookupResource("kakaotalk_template"), Identity: []string{"sender", "name"}, Create: "kakaotalk_template_create", Update: "kakaotalk_template_update", Delete: "kakaotalk_template_delete"},
}
