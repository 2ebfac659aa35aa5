package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// MakeOptions say what a plan is about.
type MakeOptions struct {
	// Only are kinds, keys, or KIND/KEY, in which * is any text: items that none of
	// them matches are neither read nor planned. Empty means all.
	Only []string `json:"only,omitempty"`
	// Rotate replaces the secrets that the file has references for, though nothing shows
	// whether they differ.
	Rotate bool `json:"rotate,omitempty"`
}

// Make compares a document with its project, and returns what has to be done, and what
// can't be. It changes nothing. An item that several things of the project could be is
// an error, *Ambiguous; one of only that matches nothing, and what a read fails with, is a
// *papi.Error.
func Make(ctx context.Context, p Project, d *Document, o MakeOptions) (*Plan, error) {
	if err := checkOnly(d, o.Only); err != nil {
		return nil, err
	}
	wanted, unwanted := selected(d.Items, o.Only), selected(d.Delete, o.Only)
	snapshot := newSnapshot(p)
	all := slices.Concat(wanted, unwanted)
	have, err := readProject(ctx, snapshot, kindsOf(all), func(has *Item) bool {
		return slices.ContainsFunc(all, func(i *Item) bool { return i.Kind.Parent == has.Kind && sameThing(parentOf(i), has) })
	})
	if err != nil {
		return nil, err
	}
	m := &maker{
		ctx: guard.Reading(ctx, snapshotReader{snapshot}), options: o, snapshot: snapshot,
		have: map[*Kind][]*Item{}, plan: &Plan{ProjectID: d.ProjectID},
		notes: sync.OnceValue(func() map[string][]Note { // which takes longer than the rest, where nothing is to do
			return notesByItem(Check(&Document{ProjectID: d.ProjectID, Items: wanted, Notes: d.Notes}))
		}),
	}
	for _, item := range have {
		m.have[item.Kind] = append(m.have[item.Kind], item)
	}
	// What is deleted makes room for what is created: a webhook, a name. A sender comes
	// before its templates, so that the question about it is about what it has now.
	unwanted, wanted = inOrder(unwanted), inOrder(wanted)
	for _, item := range unwanted {
		if err := m.remove(item); err != nil {
			return nil, err
		}
	}
	for _, item := range wanted {
		if err := m.item(item); err != nil {
			return nil, err
		}
	}
	m.finish()
	return m.plan, nil
}

// inOrder are items in the order of their kinds, and else of the file.
func inOrder(items []*Item) []*Item {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *Item) int { return slices.Index(Kinds, a.Kind) - slices.Index(Kinds, b.Kind) })
	return items
}

// maker makes one plan.
type maker struct {
	ctx      context.Context
	options  MakeOptions
	snapshot *snapshot
	have     map[*Kind][]*Item
	notes    func() map[string][]Note // of the file alone, by item
	plan     *Plan
}

// Ambiguous is the error of items that several things of a project could be.
type Ambiguous struct{ Faults []Fault }

// Error implements error.
func (a *Ambiguous) Error() string {
	texts := make([]string, len(a.Faults))
	for i, f := range a.Faults {
		texts[i] = f.Text
	}
	return strings.Join(texts, "; ")
}

// item plans what makes a thing as the file wants it.
func (m *maker) item(wants *Item) error {
	has, err := m.find(wants)
	switch {
	case err != nil:
		return err
	case has == nil:
		return m.create(wants)
	}
	return m.change(wants, has)
}

// find returns what the project has of an item, nil for nothing.
func (m *maker) find(wants *Item) (*Item, error) {
	var found []*Item
	for _, has := range m.have[wants.Kind] {
		if sameThing(wants, has) {
			found = append(found, has)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, one := range found {
		ids[i] = one.ID
	}
	fault := Fault{Text: fmt.Sprintf("the project has %s named %s: write the id of the one that is meant, %s", papi.Count(len(found), wants.Kind.Title), papi.Quoted(wants.Key, maxName), strings.Join(ids, " or "))}
	if wants.At != nil {
		fault.At = wants.At("")
	}
	return nil, &Ambiguous{[]Fault{fault}}
}

// sameThing reports whether an item of the file and a thing of the project are the
// same: by the id where the file gives one, else by what identifies it.
func sameThing(wants, has *Item) bool {
	if id := wants.Identity[fieldID]; id != "" {
		return id == has.ID
	}
	for _, name := range wants.Kind.Identity {
		if plainIdentity(name, wants.Identity[name]) != plainIdentity(name, has.Identity[name]) {
			return false
		}
	}
	return true
}

// plainIdentity is a value that identifies a thing, as the API compares it.
func plainIdentity(name, value string) string {
	format := ""
	if name == "target" {
		format = "url"
	}
	return plainText(&papi.Schema{Format: format}, name, value)
}

// create plans a thing that the project does not have.
func (m *maker) create(wants *Item) error {
	kind := wants.Kind
	if reason := m.notCreated(wants); reason != "" {
		m.block(wants, Create, nil, "", reason)
		return nil
	}
	args := withoutNull(wants.Fields)
	for name, value := range catalog.Lookup(kind.Create).Defaults {
		if args[name] == nil {
			args[name] = value
		}
	}
	m.addHow(args, wants)
	step, refused, err := m.step(wants, Create, Call{Tool: kind.Create, Arguments: args})
	if err != nil {
		return err
	}
	if refused != nil {
		m.block(wants, Create, nil, refused.Refused, m.reasonOf(wants, refused))
		return nil
	}
	m.snapshot.created(kind, args)
	if kind.Launch == "" || jsonvalue.Field(args, testNumbers) != nil {
		step.Person = kind.Created
	}
	m.after(step, wants)
	m.add(step, wants)
	if wants.Launch {
		m.block(wants, Launch, nil, "", "an RCS sender is launched once it is set up, which usually takes minutes after it was created: plan again then")
	}
	return nil
}

// change plans what a thing of the project lacks to be as the file wants it.
func (m *maker) change(wants, has *Item) error {
	kind := wants.Kind
	changes, patch := compare(kind, wants, has)
	if m.options.Rotate {
		changes, patch = rotated(wants, changes, patch)
	}
	submits := kind.Drafts && !wants.Draft && has.Pending == catalog.AsDraft
	if !submits && onlyRemoves(changes) && has.Pending != "" && has.State != "" {
		m.note(wants, fmt.Sprintf("its pending changes are %s, and the API does not show whether they remove %s", has.Pending, pathsOf(changes)))
		changes = nil
	}
	if submits {
		changes = append(changes, FieldChange{Path: fieldDraft, From: jsonvalue.Encode(true), To: jsonvalue.Encode(false)})
	}
	planned := false
	if len(changes) > 0 {
		var err error
		if planned, err = m.update(wants, has, changes, patch); err != nil {
			return err
		}
	}
	launches := wants.Launch && lacksLaunch(wants, has)
	switch {
	case launches && planned:
		m.block(wants, Launch, nil, "", "the changes come first: apply them, then plan again")
	case launches:
		if err := m.launch(wants, has); err != nil {
			return err
		}
	case len(changes) == 0:
		m.plan.Unchanged++
	}
	if !planned {
		m.noteState(wants, has)
	}
	return nil
}

// lacksLaunch reports whether a sender is not launched, or not in a country that the file
// wants.
func lacksLaunch(wants, has *Item) bool {
	if !has.Launch {
		return true
	}
	if has.State == catalog.RcsPreparingLaunch { // no operator was asked yet, in any country
		return false
	}
	sender := has.Live
	if countries := jsonvalue.List(wants.Fields, "details.countries"); countries != nil {
		sender = jsonvalue.With(sender, fieldDetails, jsonvalue.With(jsonvalue.Object(sender, fieldDetails), "countries", countries))
	}
	return catalog.AddedAfterLaunch(sender)
}

// onlyRemoves reports whether there are differences, and all of them are fields to remove:
// the pending changes of a thing don't show those that they remove
// (WhatsappSenderChangesDetailsDto, KakaotalkSenderChangesDetailsDto, 1.2.117).
func onlyRemoves(changes []FieldChange) bool {
	return len(changes) > 0 && !slices.ContainsFunc(changes, func(c FieldChange) bool { return c.To != nil })
}

func pathsOf(changes []FieldChange) string {
	paths := make([]string, len(changes))
	for i, change := range changes {
		paths[i] = change.Path
	}
	return strings.Join(paths, ", ")
}

// withoutNull is an object without the fields that are null, at any depth of objects: what
// does not exist has nothing to remove.
func withoutNull(object map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range object {
		if inner, ok := value.(map[string]any); ok {
			value = withoutNull(inner)
		}
		if value != nil {
			out[name] = value
		}
	}
	return out
}

// rotated adds the secrets of an item to an update.
func rotated(wants *Item, changes []FieldChange, patch map[string]any) ([]FieldChange, map[string]any) {
	for _, path := range wants.Secret {
		masked := jsonvalue.Encode(papi.Masked)
		changes = append(changes, FieldChange{Path: path, From: masked, To: masked})
		patch[path] = wants.Fields[path]
	}
	return changes, patch
}

// update plans an update with the differences of a thing, as far as it can be made, and
// reports whether there is one. The rest is blocked.
func (m *maker) update(wants, has *Item, changes []FieldChange, patch map[string]any) (bool, error) {
	kind := wants.Kind
	if has.Unmanaged != "" {
		m.block(wants, Change, changes, "", has.Unmanaged)
		return false, nil
	}
	if fixed := fixedFields(kind, patch); fixed != nil {
		changes = m.blockFields(wants, changes, patch, fixed, "", fixedReason(kind))
	}
	for len(changes) > 0 {
		args := has.Target()
		maps.Copy(args, patch)
		m.addHow(args, wants)
		step, refused, err := m.step(wants, Change, Call{Tool: kind.Update, Arguments: args})
		if err != nil {
			return false, err
		}
		if refused == nil {
			step.Changes = changes
			if jsonvalue.Field(patch, testNumbers) != nil {
				step.Person = kind.Updated
			}
			m.after(step, wants)
			m.add(step, wants)
			return true, nil
		}
		fields := refusedFields(refused.Refused, patch)
		if len(fields) == 0 {
			m.block(wants, Change, changes, refused.Refused, m.reasonOf(wants, refused))
			return false, nil
		}
		changes = m.blockFields(wants, changes, patch, fields, refused.Refused, refused.Reason)
	}
	return false, nil
}

// launch plans the launch of a sender that has all that the file wants.
func (m *maker) launch(wants, has *Item) error {
	step, refused, err := m.step(wants, Launch, Call{Tool: wants.Kind.Launch, Arguments: has.Target()})
	if err != nil {
		return err
	}
	if refused != nil {
		reason := refused.Reason
		if l := lint.NewLaunch(has.Live); l.Allowed && len(l.Missing) > 0 {
			reason = "it lacks what a launch needs: " + strings.Join(lint.GroupPaths(l.Missing), ", ")
		}
		m.block(wants, Launch, nil, refused.Refused, reason)
		return nil
	}
	m.add(step, wants)
	return nil
}

// remove plans the deletion of a thing; of one that is not there nothing.
func (m *maker) remove(item *Item) error {
	has, err := m.find(item)
	if err != nil || has == nil {
		return err
	}
	args := has.Target()
	for _, name := range item.Kind.DeleteWith {
		if value, given := item.Fields[name]; given {
			args[name] = value
		}
	}
	if item.Kind.Delete == "" {
		m.block(item, Delete, nil, "", "the API has no call that deletes one")
		return nil
	}
	step, refused, err := m.step(item, Delete, Call{Tool: item.Kind.Delete, Arguments: args})
	if err != nil {
		return err
	}
	if refused != nil {
		m.block(item, Delete, nil, refused.Refused, refused.Reason)
		return nil
	}
	step.Person = item.Kind.Deleted
	m.snapshot.deleted(item.Kind, has.Target())
	m.have[item.Kind] = slices.DeleteFunc(m.have[item.Kind], func(one *Item) bool { return one == has })
	m.add(step, item)
	return nil
}
