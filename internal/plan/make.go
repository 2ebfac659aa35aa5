package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// MakeOptions say what a plan is about.
type MakeOptions struct {
	// Only are kinds, keys, or KIND/KEY, in which * stands for any text: items that none of
	// them matches are neither read nor planned. Empty means all.
	Only []string
	// Rotate replaces the secrets that the file has references for, though nothing shows
	// whether they differ.
	Rotate bool
}

// MaxConfirmed is how many calls that a person must agree to a plan may have to be
// applied: each has a line in the question.
const MaxConfirmed = 20

// Make compares a document with its project, and returns what has to be done, and what
// can't be. It changes nothing. An item that several things of the project could be is
// an error, *Ambiguous; any other error is that of a read.
func Make(ctx context.Context, p Project, d *Document, o MakeOptions) (*Plan, error) {
	wanted, unwanted := selected(d.Items, o.Only), selected(d.Delete, o.Only)
	snapshot := newSnapshot(p)
	have, err := ReadProject(ctx, snapshot, kindsOf(slices.Concat(wanted, unwanted)))
	if err != nil {
		return nil, err
	}
	m := &maker{
		ctx: guard.Reading(ctx, snapshotReader{snapshot}), options: o, snapshot: snapshot,
		have: map[*Kind][]*Item{}, plan: &Plan{ProjectID: d.ProjectID},
		notes: notesByItem(Check(&Document{ProjectID: d.ProjectID, Items: wanted})),
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
	notes    map[string][]Note // of the file alone, by item
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
	args := maps.Clone(wants.Fields)
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
	step.Person = personAfter[kind.Create]
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
	launches := wants.Launch && (!has.Launch || catalog.AddedAfterLaunch(has.Live))
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
		m.noteState(has)
	}
	return nil
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
			if jsonvalue.Field(patch, "details.testNumbers") != nil {
				step.Person = personAfter[kind.Update]
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
		m.block(wants, Launch, nil, refused.Refused, refused.Reason)
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
	step.Person = personAfter[item.Kind.Delete]
	m.snapshot.deleted(item.Kind, has.Target())
	m.have[item.Kind] = slices.DeleteFunc(m.have[item.Kind], func(one *Item) bool { return one == has })
	m.add(step, item)
	return nil
}

// addHow adds to the arguments of a call how it is made: as a draft or not, and without
// which rules of lint.
func (m *maker) addHow(args map[string]any, wants *Item) {
	if wants.Kind.Drafts {
		args["status"] = catalog.Submit
		if wants.Draft {
			args["status"] = catalog.AsDraft
		}
	}
	if wants.Kind.Lints && len(wants.IgnoreLint) > 0 {
		rules := make([]any, len(wants.IgnoreLint))
		for i, rule := range wants.IgnoreLint {
			rules[i] = rule
		}
		args["ignoreLint"] = rules
	}
}

// step is a step with one call, which the guard would let through; else refused says why
// not.
func (m *maker) step(item *Item, action Action, call Call) (_ *Step, refused *Preview, _ error) {
	seen, err := m.snapshot.Preview(m.ctx, call.Tool, withoutReferences(item, call.Arguments))
	if err != nil {
		return nil, nil, err
	}
	if seen.Refused != "" {
		if err := wholeRun(seen); err != nil {
			return nil, nil, err
		}
		return nil, &seen, nil
	}
	row := catalog.Lookup(call.Tool)
	call.Confirm, call.Facts = row.Confirm, seen.Facts
	m.warn(item, seen.Warnings)
	step := &Step{ID: stepID(item, action), Action: action, Kind: item.Kind.Name, Key: item.Key, Calls: []Call{call}}
	if call.Arguments["status"] != catalog.AsDraft {
		step.Usual = usualTime(row)
	}
	return step, nil, nil
}

func stepID(item *Item, action Action) string {
	return item.Kind.Name + "/" + item.Key + "/" + string(action)
}

// withoutReferences are the arguments of a call with a secret in place of each reference
// to one: the guard checks how hard a secret is to guess, and can't of a reference.
func withoutReferences(item *Item, args map[string]any) map[string]any {
	checked := maps.Clone(args)
	for _, path := range item.Secret {
		if _, given := checked[path]; given {
			checked[path] = "a Secret of 21 signs"
		}
	}
	return checked
}

// after adds the steps that must be done before a step.
func (m *maker) after(step *Step, item *Item) {
	for _, before := range m.plan.Steps {
		switch {
		case item.Kind.Parent != nil && before.ID == stepID(parentOf(item), Create):
		case item.Kind == kakaotalkSenders && step.Action == Create && before.Kind == item.Kind.Name && before.Action == Create && len(m.have[item.Kind]) == 0:
			// its account is made with the first sender, and takes no other meanwhile
			// (createSender, 1.2.117)
		case before.Action == Delete && before.Kind == item.Kind.Name && (before.Key == item.Key || m.isFull(item.Kind)):
		default:
			continue
		}
		step.After = append(step.After, before.ID)
	}
}

// isFull reports whether one more thing of a kind needs a place that a deletion makes.
func (m *maker) isFull(kind *Kind) bool {
	there := len(m.have[kind])
	for _, step := range m.plan.Steps {
		if step.Kind == kind.Name && (step.Action == Create || step.Action == Delete) {
			there++
		}
	}
	return kind.Create == "webhook_create" && there >= catalog.MaxWebhooks
}

// parentOf is the item that an item belongs to, by its identity.
func parentOf(item *Item) *Item {
	parent := &Item{Kind: item.Kind.Parent, Identity: map[string]string{}}
	for _, name := range item.Kind.Parent.Identity {
		parent.Identity[name] = item.Identity[name]
	}
	parent.Key = item.Kind.Parent.key(parent.Identity)
	return parent
}

// add adds a step, with what the file alone shows of its item.
func (m *maker) add(step *Step, item *Item) {
	m.plan.Steps = append(m.plan.Steps, step)
	if step.Action != Delete {
		m.plan.Notes = append(m.plan.Notes, m.notes[itemKey(item)]...)
	}
}

// finish counts what a person must agree to, and completes the plan.
func (m *maker) finish() {
	if n := m.plan.Confirmed(); n > MaxConfirmed {
		m.plan.Notes = append(m.plan.Notes, Note{
			Text: fmt.Sprintf("%d calls ask for a person's confirmation, and a plan may have %d to be applied: split it with --only", n, MaxConfirmed), Error: true,
		})
	}
	m.plan.Hash = m.plan.hash()
}

// Confirmed is how many calls of a plan a person must agree to.
func (p *Plan) Confirmed() int {
	n := 0
	for _, step := range p.Steps {
		for _, call := range step.Calls {
			if call.Confirm != "" {
				n++
			}
		}
	}
	return n
}

// hash identifies the project, the steps with their calls, and what each waits for.
func (p *Plan) hash() string {
	type step struct {
		ID    string   `json:"id"`
		Calls []Call   `json:"calls"`
		After []string `json:"after"`
	}
	steps := make([]step, len(p.Steps))
	for i, s := range p.Steps {
		steps[i] = step{s.ID, s.Calls, s.After}
	}
	sum := sha256.Sum256(jsonvalue.Encode(map[string]any{"projectId": p.ProjectID, "steps": steps}))
	return hex.EncodeToString(sum[:])
}

// selected are the items that --only selects.
func selected(items []*Item, only []string) []*Item {
	if len(only) == 0 {
		return items
	}
	var found []*Item
	for _, item := range items {
		names := []string{item.Kind.Name, item.Key, item.Kind.Name + "/" + item.Key}
		if slices.ContainsFunc(only, func(pattern string) bool {
			return slices.ContainsFunc(names, wildcard(pattern).MatchString)
		}) {
			found = append(found, item)
		}
	}
	return found
}

// wildcard matches a pattern in which * stands for any text.
func wildcard(pattern string) *regexp.Regexp {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
}

// kindsOf are the kinds of items, and of what they belong to, in the order of Kinds.
func kindsOf(items []*Item) []*Kind {
	used := map[*Kind]bool{}
	for _, item := range items {
		for kind := item.Kind; kind != nil; kind = kind.Parent {
			used[kind] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(Kinds), func(kind *Kind) bool { return !used[kind] })
}
