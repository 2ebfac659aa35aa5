package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// block adds what can't be done, and why.
func (m *maker) block(item *Item, action Action, changes []FieldChange, code, reason string) {
	m.plan.Blocked = append(m.plan.Blocked, Blocked{Kind: item.Kind.Name, Key: item.Key, Action: action, Changes: changes, Code: code, Reason: reason})
}

// notCreated says why a thing that the project does not have can't be created, whatever
// the guard says of the call; "" where it can.
func (m *maker) notCreated(wants *Item) string {
	kind := wants.Kind
	switch {
	case kind.Create == "":
		return "the project has no " + kind.Title + " of this identity, and a file changes only one that exists: " + createElsewhere[kind.Name]
	case wants.Identity[fieldID] != "":
		return fmt.Sprintf("the project has no %s with this id: correct the id, or leave it out to create one", kind.Title)
	case kind.Parent != nil && !m.hasParent(wants):
		return fmt.Sprintf("the project has no %s %s, and the file creates none", kind.Parent.Title, papi.Quoted(parentOf(wants).Key, maxName))
	case kind == whatsappTemplates && !m.hasWhatsapp():
		return "the project has no WhatsApp account that is ONBOARDED, and only such a one has templates: create it with whatsapp_account_create, and plan again when it is ONBOARDED"
	}
	return ""
}

// createElsewhere says how a thing is created that a file does not create.
var createElsewhere = map[string]string{
	"whatsappSenders": "whatsapp_sender_create creates one, together with the owner of its number, who receives a code; then plan again",
}

func (m *maker) hasParent(wants *Item) bool {
	parent := parentOf(wants)
	return slices.ContainsFunc(m.have[parent.Kind], func(has *Item) bool { return sameThing(parent, has) }) ||
		slices.ContainsFunc(m.plan.Steps, func(step *Step) bool { return step.ID == stepID(parent, Create) })
}

// hasWhatsapp reports whether the project can have templates: the list of a project that
// is not set up for WhatsApp is not empty, but missing (project_not_initialized,
// listTemplates, 1.2.117).
func (m *maker) hasWhatsapp() bool { return !m.snapshot.lacks(whatsappTemplates) }

// fixedFields are the fields of an update that only a create takes.
func fixedFields(kind *Kind, patch map[string]any) []string {
	takes := papi.Merge(catalog.Lookup(kind.Update).Op().Variants())
	var fixed []string
	for _, path := range patchFields(patch) {
		top, rest, _ := strings.Cut(path, ".")
		field := takes.Properties[top]
		if field != nil && rest != "" {
			inner, _, _ := strings.Cut(rest, ".")
			if known := field.Resolve().Properties; known != nil {
				field = known[inner]
			}
		}
		if field == nil {
			fixed = append(fixed, path)
		}
	}
	return fixed
}

func fixedReason(kind *Kind) string {
	reason := "it is fixed when the " + kind.Title + " is created: leave it as it is, or create another one"
	if kind.Delete != "" {
		reason += " and delete this one"
	}
	return reason
}

// refusedFields are the fields of an update that a rule of the guard is about; nil for a
// rule that is about all of it.
func refusedFields(code string, patch map[string]any) []string {
	about := ruleFields[code]
	if about == nil {
		return nil
	}
	return slices.DeleteFunc(patchFields(patch), func(path string) bool { return !about(path) })
}

// ruleFields are the rules that refuse some fields of an update, while the others can be
// changed.
var ruleFields = map[string]func(path string) bool{
	catalog.WhatsappTemplateCategory.Code:  func(path string) bool { return path == "category" || path == "allowCategoryChange" },
	catalog.WhatsappSenderDisplayName.Code: func(path string) bool { return path == "details.displayName" },
	catalog.RcsSenderUpdate.Code:           func(path string) bool { return path != "details.countries" },
}

// patchFields are the paths of the fields of an update: those of its arguments, and those in
// its details.
func patchFields(patch map[string]any) []string {
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		details, ok := patch[name].(map[string]any)
		if !ok || name != fieldDetails {
			paths = append(paths, name)
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(details)) {
			paths = append(paths, name+"."+field)
		}
	}
	return paths
}

// blockFields takes fields out of an update, blocks their changes, and returns the
// others.
func (m *maker) blockFields(item *Item, changes []FieldChange, patch map[string]any, fields []string, code, reason string) []FieldChange {
	var blocked, left []FieldChange
	for _, change := range changes {
		if slices.ContainsFunc(fields, func(field string) bool { return inField(change.Path, field) }) {
			blocked = append(blocked, change)
		} else {
			left = append(left, change)
		}
	}
	for _, field := range fields {
		name, inner, isInner := strings.Cut(field, ".")
		if !isInner {
			delete(patch, name)
			continue
		}
		details := maps.Clone(jsonvalue.Object(patch, name))
		delete(details, inner)
		patch[name] = details
		if len(details) == 0 {
			delete(patch, name)
		}
	}
	m.block(item, Change, blocked, code, reason)
	return left
}

// inField reports whether a path is that of a field, or leads into it.
func inField(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// reasonOf is why a call of an item is refused. Where lint refuses it, that is what lint
// has found, which is not noted again then.
func (m *maker) reasonOf(item *Item, refused *Preview) string {
	key, notes := itemKey(item), m.notes()
	var found []string
	for _, note := range notes[key] {
		if note.Error && note.Code != "" && strings.Contains(refused.Reason, note.Code) {
			found = append(found, strings.TrimPrefix(note.Path+": ", ": ")+note.Text+" ("+note.Code+")")
		}
	}
	if found == nil {
		return refused.Reason
	}
	notes[key] = slices.DeleteFunc(notes[key], func(note Note) bool { return note.Error })
	return strings.Join(found, "; ")
}

// wholeRun is the error of a refusal that is about the server or the project, and not
// about the call; nil for one that is about the call.
func wholeRun(seen Preview) error {
	switch seen.Refused {
	case errorcode.InvalidArguments, errorcode.ReadFailed, errorcode.InvalidPath:
		return nil
	}
	if _, ours := errorcode.Lookup(seen.Refused); !ours {
		return nil
	}
	return &papi.Error{Code: seen.Refused, Message: seen.Reason}
}

// warn notes what the guard warns of, except what lint has found in the file.
func (m *maker) warn(item *Item, warnings []string) {
	for _, text := range warnings {
		byLint := slices.ContainsFunc(m.notes()[itemKey(item)], func(note Note) bool {
			return note.Code != "" && strings.Contains(text, "("+note.Code)
		})
		if !byLint {
			m.note(item, text)
		}
	}
}

func (m *maker) note(item *Item, text string) {
	m.plan.Notes = append(m.plan.Notes, Note{Kind: item.Kind.Name, Key: item.Key, Text: text})
}

// noteState notes of a thing that the plan leaves as it is that it does not work, or
// waits for a person.
func (m *maker) noteState(item, has *Item) {
	resource := has.Kind.Resource
	at := resource.At(has.State, has.Pending)
	if (at.Class == catalog.Failure || at.Class == catalog.ActionRequired) && !(has.Draft && at.Name == catalog.AsDraft) {
		text := "it is " + at.Name + ": " + strings.ReplaceAll(at.Means, "`", "")
		for path := range strings.SplitSeq(resource.Reason, "|") {
			if reason := jsonvalue.Text(has.Live, path); path != "" && reason != "" {
				text += fmt.Sprintf(" (%s)", papi.Quoted(reason, maxValue))
			}
		}
		if at.Moves != "" {
			text += "; what moves it on: " + strings.ReplaceAll(at.Moves, "`", "")
		}
		m.note(item, text)
	}
	for i := range resource.Parts {
		part := &resource.Parts[i]
		if status, _, reason := part.Status(has.Live); status != nil && status.Class == catalog.Failure {
			text := fmt.Sprintf("%s is %s: %s", part.Name, status.Name, status.Means)
			if reason != "" {
				text += fmt.Sprintf(" (%s)", papi.Quoted(reason, maxValue))
			}
			m.note(item, text)
		}
	}
}

// usualTime says how long the change of a row usually takes, and by whom; "" where its
// answer is the end.
func usualTime(row *catalog.Row) string {
	if row.Wait == nil {
		return ""
	}
	states := slices.Concat(row.Resource.Changes, row.Resource.States)
	if row.Effect == catalog.Action { // a launch goes through the last of them
		slices.Reverse(states)
	}
	for _, state := range states {
		if usual := state.Lasts.Usual(1); usual != "" {
			return usual + ", by " + cmp.Or(strings.TrimPrefix(strings.SplitN(state.Moves, ";", 2)[0], "the "), "the API")
		}
	}
	return ""
}

// testNumbers are those of an RCS sender, whose owners are invited.
const testNumbers = "details.testNumbers"

func notesByItem(notes []Note) map[string][]Note {
	found := map[string][]Note{}
	for _, note := range notes {
		key := note.Kind + "/" + note.Key
		found[key] = append(found[key], note)
	}
	return found
}

func itemKey(item *Item) string { return item.Kind.Name + "/" + item.Key }
