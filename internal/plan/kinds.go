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
	// ProfileOnly reports that a file neither creates nor deletes an item.
	ProfileOnly bool
	// Create, Update and Delete are the tools; "" where there is none. Launch is the
	// tool that starts a launch. They are named after the resource.
	Create, Update, Delete, Launch string
	// Created, Updated and Deleted say what a person has to do after such a call, or to
	// know about it; "" for nothing.
	Created, Updated, Deleted string
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

var kakaotalkSenders = newKind(Kind{
	Name: "kakaotalkSenders", Title: "KakaoTalk sender", Resource: catalog.LookupResource("kakaotalk_sender"),
	Identity: []string{"plusFriendId"}, Drafts: true, Hidden: []string{"saveDraftOnFailure"},
	Created: "when Kakao has accepted it, a code is sent to the channel's manager (kakaotalk_sender_register), who has to tell it (kakaotalk_sender_verify)",
	Deleted: "it works for 60 more days, and is listed until then: take it out of delete when it is applied",
})

var whatsappTemplates = newKind(Kind{
	Name: "whatsappTemplates", Title: "WhatsApp template", Resource: catalog.LookupResource("whatsapp_template"),
	Identity: []string{"name", "language"}, Drafts: true, Lints: true, Hidden: []string{"allowCategoryChange", "saveDraftOnFailure"},
	DeleteWith: []string{"deleteSubmitted"},
})

// Kinds are all kinds, in the order in which they are applied.
var Kinds = []*Kind{
	newKind(Kind{
		Name: "webhooks", Title: "webhook", Resource: catalog.LookupResource("webhook"),
		Identity: []string{"target"}, Hidden: []string{"secret"}, Secret: []string{"secret"},
	}),
	newKind(Kind{ // its profile: a sender is created with the number's owner, not by a file
		Name: "whatsappSenders", Title: "WhatsApp sender", Resource: catalog.LookupResource("whatsapp_sender"),
		Identity: []string{"phoneNumber"}, Drafts: true,
		ProfileOnly: true,
	}),
	whatsappTemplates,
	kakaotalkSenders,
	newKind(Kind{
		Name: "kakaotalkTemplates", Title: "KakaoTalk template", Resource: catalog.LookupResource("kakaotalk_template"),
		Identity: []string{"plusFriendId", "name"}, Paths: map[string]string{"name": "details.name"}, Parent: kakaotalkSenders,
		Drafts: true, Hidden: []string{"saveDraftOnFailure"},
	}),
	newKind(Kind{
		Name: "rcsSenders", Title: "RCS sender", Resource: catalog.LookupResource("rcs_sender"),
		Identity: []string{"name"}, ByID: true, Paths: map[string]string{"name": "details.brand.name"},
		Created: "the owners of its test numbers have to accept the invitations",
		Updated: "the owners of new test numbers have to accept the invitations",
	}),
	newKind(Kind{
		Name: "smsApps", Title: "SMS app", Resource: catalog.LookupResource("sms_app"),
		Identity: []string{"name"}, ByID: true, Hidden: []string{"convApiApp"},
	}),
}

// newKind completes a kind with its tools, by the names of the catalog.
func newKind(k Kind) *Kind {
	tool := func(verb string) string {
		if name := k.Resource.Name + verb; catalog.Lookup(name) != nil {
			return name
		}
		return ""
	}
	k.Update, k.Launch = tool("_update"), tool("_launch")
	if !k.ProfileOnly {
		k.Create, k.Delete = k.Resource.Create, tool("_delete")
	}
	return &k
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
