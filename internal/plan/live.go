package plan

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/events"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/template"
)

// maxReads is how many lists of a project are read at the same time.
const maxReads = 6

// ReadProject returns what a project has of some kinds, in the order of Kinds, with
// their lists read at the same time. One request is made for each kind, for each page of
// its list, and for each KakaoTalk sender, which lists its own templates.
func ReadProject(ctx context.Context, p Reader, kinds []*Kind) ([]*Item, error) {
	return readProject(ctx, p, kinds, func(*Item) bool { return true })
}

// readProject does the same, with the templates of those KakaoTalk senders alone that are
// parents.
func readProject(ctx context.Context, p Reader, kinds []*Kind, parents func(*Item) bool) ([]*Item, error) {
	wanted := func(k *Kind) bool { return slices.Contains(kinds, k) }
	found := make(map[*Kind][]*Item)
	for _, depth := range [][]*Kind{topKinds(), childKinds()} {
		reads, ctx := errgroup.WithContext(ctx)
		reads.SetLimit(maxReads)
		type list struct {
			kind   *Kind
			parent *Item
			items  []*Item
		}
		var lists []*list
		for _, kind := range depth {
			isParent := slices.ContainsFunc(Kinds, func(k *Kind) bool { return k.Parent == kind && wanted(k) })
			switch {
			case kind.Parent == nil && (wanted(kind) || isParent):
				lists = append(lists, &list{kind: kind})
			case kind.Parent != nil && wanted(kind):
				for _, parent := range found[kind.Parent] {
					if parents(parent) {
						lists = append(lists, &list{kind: kind, parent: parent})
					}
				}
			}
		}
		for _, one := range lists {
			reads.Go(func() (err error) {
				one.items, err = readList(ctx, p, one.kind, one.parent)
				return err
			})
		}
		if err := reads.Wait(); err != nil {
			return nil, err
		}
		for _, one := range lists {
			found[one.kind] = append(found[one.kind], one.items...)
		}
	}
	var all []*Item
	for _, kind := range Kinds {
		if wanted(kind) {
			all = append(all, found[kind]...)
		}
	}
	return all, nil
}

func topKinds() []*Kind {
	return slices.DeleteFunc(slices.Clone(Kinds), func(k *Kind) bool { return k.Parent != nil })
}

func childKinds() []*Kind {
	return slices.DeleteFunc(slices.Clone(Kinds), func(k *Kind) bool { return k.Parent == nil })
}

func readList(ctx context.Context, p Reader, kind *Kind, parent *Item) ([]*Item, error) {
	args := map[string]any{}
	if parent != nil {
		args = parent.Target()
	}
	row := catalog.Lookup(kind.Resource.List)
	answer, err := p.Read(ctx, row.Tool, args)
	if err != nil {
		return nil, err
	}
	var items []*Item
	for _, one := range jsonvalue.Objects(answer, row.List()) {
		items = append(items, FromLive(kind, one, parent))
	}
	return items, nil
}

// FromLive returns an item for an answer of the API. parent is the item that it belongs
// to, nil for none. What only answers have is left out of its fields: ids, states,
// questions, null, values that no request has, and false where that is the default.
func FromLive(kind *Kind, answer map[string]any, parent *Item) *Item {
	item := &Item{Kind: kind, Live: answer}
	if field := kind.Resource.State; field != "" {
		item.State = jsonvalue.Text(answer, field)
	}
	if field := kind.Resource.Pending; field != "" {
		item.Pending = jsonvalue.Text(answer, field)
	}
	item.Draft = kind.Drafts && item.Pending == catalog.AsDraft
	if read := liveFields[kind.Name]; read != nil {
		item.Fields = read(item)
	} else {
		item.Fields = kind.request(answer)
	}
	if parent != nil {
		for _, name := range kind.Parent.Identity {
			item.Fields[name] = parent.Identity[name]
		}
	}
	if item.Identity == nil {
		item.Identity = kind.identity(item.Fields)
	}
	if kind.ByID {
		item.ID = jsonvalue.Text(answer, fieldID)
		item.Identity[fieldID] = item.ID
	}
	item.Key = kind.key(item.Identity)
	if item.ID == "" && len(item.Identity) < len(kind.Identity) {
		item.Unmanaged = cmp.Or(item.Unmanaged, "the API shows nothing that identifies it")
		item.Key = jsonvalue.Text(answer, fieldID)
	}
	return item
}

// liveFields return the fields of an item by its answer, of the kinds whose answer has
// them in another place than the request; and may set more of the item.
var liveFields = map[string]func(*Item) map[string]any{
	"webhooks":           webhookFields,
	"whatsappSenders":    whatsappSenderFields,
	"whatsappTemplates":  whatsappTemplateFields,
	"kakaotalkSenders":   withChanges,
	"kakaotalkTemplates": withChanges,
	"rcsSenders":         rcsSenderFields,
	"smsApps":            smsAppFields,
}

// webhookFields also says which webhooks are of a server that receives their events itself:
// it has their secret, and for another project there is another.
func webhookFields(i *Item) map[string]any {
	if events.IsTarget(jsonvalue.Text(i.Live, "target")) {
		i.Unmanaged = "it brings events to a papi-mcp server, whose tool event_subscribe makes and changes it"
	}
	return i.Kind.request(i.Live)
}

// withChanges are the fields with the details as they will be once the pending changes
// are live.
func withChanges(i *Item) map[string]any {
	details := map[string]any{}
	maps.Copy(details, jsonvalue.Object(i.Live, fieldDetails))
	maps.Copy(details, jsonvalue.Object(i.Live, "changes.details"))
	return i.Kind.request(jsonvalue.With(i.Live, fieldDetails, details))
}

// whatsappSenderFields are those of the profile. A display name and a username have a
// review of their own, and are pending apart from the other changes.
func whatsappSenderFields(i *Item) map[string]any {
	fields := withChanges(i)
	for _, part := range i.Kind.Resource.Parts {
		status, value, _ := part.Status(i.Live)
		if status == nil || status.Class != catalog.Pending || value == "" {
			continue
		}
		details := jsonvalue.Object(fields, fieldDetails)
		fields[fieldDetails] = jsonvalue.With(details, part.Name, value)
	}
	i.Identity = map[string]string{}
	if number := jsonvalue.Text(i.Live, "phoneNumber"); number != "" {
		i.Identity["phoneNumber"] = "+" + jsonvalue.Text(i.Live, "countryCode") + number
	} else {
		i.Unmanaged = "it has no phone number yet"
	}
	return fields
}

func whatsappTemplateFields(i *Item) map[string]any {
	if i.Live["isMetaGenerated"] == true {
		i.Unmanaged = "Meta generated it, and no call changes it"
	}
	return template.FromAnswer(i.Live)
}

// rcsSenderFields also says whether the sender is launched, or being launched, in all of
// its countries: one that was added later is launched by another launch.
func rcsSenderFields(i *Item) map[string]any {
	i.Launch = i.State == catalog.RcsPreparingLaunch || catalog.LaunchBegun(i.State) && !catalog.AddedAfterLaunch(i.Live)
	return i.Kind.request(i.Live)
}

func smsAppFields(i *Item) map[string]any {
	answer := maps.Clone(i.Live)
	if regions := jsonvalue.Texts(answer, "regions"); len(regions) > 0 {
		answer["region"] = regions[0]
	}
	if app := jsonvalue.Text(answer, "conversationApiAppDetails.id"); app != "" {
		answer["convApiAppId"] = app
	}
	if i.State == "DELETED" {
		i.Unmanaged = "it is deleted"
	}
	return i.Kind.request(answer)
}
