package plan

import (
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// Kind is a kind of item: all that the rest of the package knows of it.
type Kind struct {
	// Name is its key in the file: whatsappTemplates. Title is what people call one.
	Name, Title string
	Resource    *catalog.Resource
	// Identity are the fields that identify an item, in the order of its key. One that
	// is not a field of its own in the API is in Paths.
	Identity []string
	// ByID reports that id, the API's, identifies an item where the file has it. The
	// name need not be unique then.
	ByID bool
	// Paths are those of identifying fields in Item.Fields, where they differ from the
	// name: details.name.
	Paths map[string]string
	// Create, Update and Delete are the tools; "" where there is none. Launch is the
	// tool that starts a launch.
	Create, Update, Delete, Launch string
	// Drafts reports that an item can be kept as a draft, by draft: true in the file and
	// status DRAFT in a call.
	Drafts bool
	// Hidden are the fields of Item.Fields that the API never shows, or not for long.
	// They are given to a create, and never compared.
	Hidden []string
	// Secret are those of them that only a reference to a secret may give.
	Secret []string
	// Lints reports that a call takes ignoreLint.
	Lints bool
	// Parent is the kind that an item belongs to, nil for none: the fields of the
	// parent's identity are among those of the item.
	Parent *Kind
	// DeleteWith are the arguments of Delete that the file may give.
	DeleteWith []string
}

const (
	fieldID      = "id"
	fieldDraft   = "draft"
	fieldLaunch  = "launch"
	fieldDetails = "details"
)

var kakaotalkSenders = &Kind{
	Name: "kakaotalkSenders", Title: "KakaoTalk sender", Resource: catalog.LookupResource("kakaotalk_sender"),
	Identity: []string{"plusFriendId"}, Drafts: true, Hidden: []string{"saveDraftOnFailure"},
	Create: "kakaotalk_sender_create", Update: "kakaotalk_sender_update", Delete: "kakaotalk_sender_delete",
}

var whatsappTemplates = &Kind{
	Name: "whatsappTemplates", Title: "WhatsApp template", Resource: catalog.LookupResource("whatsapp_template"),
	Identity: []string{"name", "language"}, Drafts: true, Lints: true, Hidden: []string{"allowCategoryChange", "saveDraftOnFailure"},
	Create: "whatsapp_template_create", Update: "whatsapp_template_update", Delete: "whatsapp_template_delete",
	DeleteWith: []string{"deleteSubmitted"},
}

// Kinds are all kinds, in the order in which they are applied.
var Kinds = []*Kind{
	{
		Name: "webhooks", Title: "webhook", Resource: catalog.LookupResource("webhook"),
		Identity: []string{"target"}, Hidden: []string{"secret"}, Secret: []string{"secret"},
		Create: "webhook_create", Update: "webhook_update", Delete: "webhook_delete",
	},
	{ // its profile: a sender is created with the number's owner, not by a file
		Name: "whatsappSenders", Title: "WhatsApp sender", Resource: catalog.LookupResource("whatsapp_sender"),
		Identity: []string{"phoneNumber"}, Drafts: true,
		Update: "whatsapp_sender_update",
	},
	whatsappTemplates,
	kakaotalkSenders,
	{
		Name: "kakaotalkTemplates", Title: "KakaoTalk template", Resource: catalog.LookupResource("kakaotalk_template"),
		Identity: []string{"plusFriendId", "name"}, Paths: map[string]string{"name": "details.name"}, Parent: kakaotalkSenders,
		Drafts: true, Hidden: []string{"saveDraftOnFailure"},
		Create: "kakaotalk_template_create", Update: "kakaotalk_template_update", Delete: "kakaotalk_template_delete",
	},
	{
		Name: "rcsSenders", Title: "RCS sender", Resource: catalog.LookupResource("rcs_sender"),
		Identity: []string{"name"}, ByID: true, Paths: map[string]string{"name": "details.brand.name"},
		Create: "rcs_sender_create", Update: "rcs_sender_update", Launch: "rcs_sender_launch",
	},
	{
		Name: "smsApps", Title: "SMS app", Resource: catalog.LookupResource("sms_app"),
		Identity: []string{"name"}, ByID: true, Hidden: []string{"convApiApp"},
		Create: "sms_app_create", Update: "sms_app_update", Delete: "sms_app_delete",
	},
}

// LookupKind returns a kind by its name in the file, or nil.
func LookupKind(name string) *Kind {
	if i := slices.IndexFunc(Kinds, func(k *Kind) bool { return k.Name == name }); i >= 0 {
		return Kinds[i]
	}
	return nil
}

// path is that of an identifying field in Item.Fields.
func (k *Kind) path(identity string) string {
	if path := k.Paths[identity]; path != "" {
		return path
	}
	return identity
}

// key is the key of an item with an identity: its id where the file gives one, else the
// values in the order of Identity.
func (k *Kind) key(identity map[string]string) string {
	if id := identity[fieldID]; id != "" {
		return id
	}
	values := make([]string, len(k.Identity))
	for i, name := range k.Identity {
		values[i] = identity[name]
	}
	return strings.Join(values, "/")
}

// Target are the arguments that name an item of the project in the calls of its tools:
// webhookId; templateName and languageCode.
func (i *Item) Target() map[string]any {
	args := map[string]any{}
	for name, field := range i.Kind.Resource.IDs {
		if name == "conversationAppId" { // another thing's
			continue
		}
		if value := jsonvalue.Text(i.Live, field); value != "" {
			args[name] = value
		}
	}
	if i.Kind.Parent != nil {
		for _, name := range i.Kind.Parent.Identity {
			args[name] = i.Identity[name]
		}
	}
	return args
}
