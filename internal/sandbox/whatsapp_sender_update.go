package sandbox

import (
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// pendingFields returns the fields of the pending changes, null for those that
// they remove.
func (w *whatsappSender) pendingFields() map[string]any {
	fields := clone(jsonvalue.Object(w.Doc, "changes.details"), nil)
	for _, name := range w.Nulls {
		fields[name] = nil
	}
	return fields
}

// setChanges sets the pending changes.
func (w *whatsappSender) setChanges(fields map[string]any, status string) {
	w.Nulls = nil
	details := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name] == nil {
			w.Nulls = append(w.Nulls, name)
		} else {
			details[name] = cloneValue(fields[name])
		}
	}
	w.Doc["changes"] = map[string]any{"status": status, "details": details}
}

// updateSender changes a live sender, or one whose provisioning was saved as a
// draft or rejected.
func updateSender(c *call, w *whatsappSender) answer {
	given := jsonvalue.Object(c.body, "details")
	submits := !c.draft
	pending := w.status() == "DRAFT" || w.status() == "REJECTED"
	if len(given) == 0 && !(submits && pending) {
		return c.fail("no_fields_to_update")
	}
	if code := updateProblem(c, w, given); code != "" {
		return c.fail(code)
	}
	if code := photoProblem(jsonvalue.Text(given, "photoUrl")); code != "" {
		return c.fail(code)
	}
	fields := map[string]any{}
	if pending {
		fields = w.pendingFields()
	}
	maps.Copy(fields, given)
	if w.state() == "" {
		return resubmitSender(c, w, fields, submits)
	}
	w.record(c.now, "EDITED")
	if !submits {
		w.setChanges(fields, "DRAFT")
		w.record(c.now, "DRAFT")
		c.saveSender(c.project, w)
		return c.ok(w.Doc)
	}
	c.submitFields(w, fields)
	return c.ok(w.Doc)
}

// resubmitSender changes a sender that was never live.
func resubmitSender(c *call, w *whatsappSender, fields map[string]any, submits bool) answer {
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	if submits {
		complete := clone(fields, only(w.Doc, "countryCode", "phoneNumber"))
		if found := papi.LookupSchema("WhatsappInputSenderPartnerInitiatedDetailsDto").Violations(complete, papi.CheckOptions{}); len(found) > 0 {
			return c.failBody("invalid_input", messages(found))
		}
	}
	w.record(c.now, "EDITED")
	w.setChanges(fields, "DRAFT")
	if submits {
		c.submitNewSender(c.project, w)
	} else {
		c.saveSender(c.project, w)
	}
	return c.ok(w.Doc)
}

// updateProblem is the error code for an update that the sender's state does not
// allow, or "".
func updateProblem(c *call, w *whatsappSender, given map[string]any) string {
	username, named := given["username"].(string)
	switch {
	case named && (w.state() == "" || w.state() != "ACTIVE" && len(given) == 1):
		return "sender_username_update_not_available"
	case w.state() != "ACTIVE" && w.state() != "":
		return "sender_not_updatable"
	case w.status() != "" && w.status() != "DRAFT" && w.status() != "REJECTED":
		return "sender_changes_not_updatable"
	case jsonvalue.Text(given, "displayName") != "" && jsonvalue.Text(w.Doc, "metadata.displayName.status") == "PENDING":
		return "sender_display_name_update_not_allowed"
	case named && strings.HasSuffix(w.digits(), suffixNoCloudAPI):
		return "sender_phone_number_not_registered_with_meta_cloud_api"
	case named && (strings.Contains(username, "taken") || c.usernameUsed(username, w)):
		return "sender_username_not_available"
	}
	return ""
}

func (c *call) usernameUsed(name string, w *whatsappSender) bool {
	for _, p := range c.state.Projects {
		for _, other := range p.Senders.items {
			if other != w && (jsonvalue.Text(other.Doc, "details.username") == name || jsonvalue.Text(other.Doc, "metadata.username.value") == name) {
				return true
			}
		}
	}
	return false
}

// submitFields begins the review of changes: display name and username each have
// a review of their own, the other fields have one together.
func (c *call) submitFields(w *whatsappSender, fields map[string]any) {
	metadata := clone(jsonvalue.Object(w.Doc, "metadata"), nil)
	if name, ok := fields["displayName"]; ok {
		metadata["displayName"] = map[string]any{"value": name, "status": "PENDING"}
		c.after(displayNameReview, event{Kind: kindSenderDisplayName, Project: c.project.ID, ID: w.ID})
	}
	if name, ok := fields["username"]; ok {
		field := map[string]any{"status": "PENDING"}
		if name != nil {
			field["value"] = name
		}
		metadata["username"] = field
		c.after(usernameReview, event{Kind: kindSenderUsername, Project: c.project.ID, ID: w.ID})
	}
	w.Doc["metadata"] = metadata
	delete(fields, "displayName")
	delete(fields, "username")
	delete(w.Doc, "changes")
	w.Nulls = nil
	if len(fields) > 0 {
		w.setChanges(fields, "IN_PROGRESS")
		w.record(c.now, "IN_PROGRESS")
		c.reschedule(&w.schedule, senderUpdate, event{Kind: kindSenderUpdate, Project: c.project.ID, ID: w.ID})
	}
	c.saveSender(c.project, w)
}
