package sandbox

import (
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// provisionOutcome is the outcome that the sender's number asks for.
func provisionOutcome(w *whatsappSender) string {
	switch {
	case w.hasSuffix(suffixRejected):
		return "REJECTED"
	case w.hasSuffix(suffixError):
		return "ERROR"
	}
	return "PENDING_VERIFICATION"
}

// provisionSender ends the provisioning of a sender.
func provisionSender(s *Sandbox, p *project, w *whatsappSender, outcome string) bool {
	if w.state() != "" || w.status() != "IN_PROGRESS" {
		return false
	}
	changes := jsonvalue.Object(w.Doc, "changes")
	switch outcome {
	case "PENDING_VERIFICATION":
		delete(w.Doc, "changes")
		patch(w.Doc, map[string]any{"state": outcome, "details": changes["details"], "metadata": map[string]any{
			"displayName": map[string]any{"value": jsonvalue.Text(changes, "details.displayName"), "status": "PENDING"},
		}})
		w.KnownToMeta = w.hasSuffix(suffixKnownToMeta)
		s.after(displayNameReview, event{Kind: kindSenderDisplayName, Project: p.ID, ID: w.ID})
	case "REJECTED":
		changes["status"] = outcome
		w.recordBy(byMeta, s.now, outcome, "phoneNumber: the number can't be used with WhatsApp")
	case "ERROR":
		reason := "the number could not be registered; contact support"
		changes["status"], changes["errorReason"] = outcome, reason
		changes["errorCode"] = "CANNOT_REGISTER_NEW_WHATSAPP_SENDER"
		w.recordBy(bySinch, s.now, outcome, reason)
	}
	s.saveSender(p, w)
	s.notifySender(p, w, "WHATSAPP_SENDER_"+outcome, nil)
	return true
}

// hasSuffix reports whether the number, or the id that Meta has for it, ends with
// the suffix.
func (w *whatsappSender) hasSuffix(suffix string) bool {
	return strings.HasSuffix(w.digits(), suffix) || strings.HasSuffix(w.PhoneNumberID, suffix)
}

func activateSender(s *Sandbox, p *project, w *whatsappSender, _ string) bool {
	if w.state() != "PENDING_VERIFICATION" || p.Account == nil {
		return false
	}
	w.Verified = true
	first := !slices.ContainsFunc(p.Senders.all(), func(other *whatsappSender) bool { return other.state() == "ACTIVE" })
	patch(w.Doc, map[string]any{
		"state":         "ACTIVE",
		"maxTps":        float64(80),
		"qualityRating": "UNKNOWN",
		"dailyLimit":    jsonvalue.Text(p.Account.Doc, "businessDailyLimit"),
		"bearerToken":   s.letters(p.stream("bearers"), 12) + "." + s.letters(p.stream("bearers"), 24) + "." + s.letters(p.stream("bearers"), 24),
	})
	w.recordBy(bySinch, s.now, "ACTIVE", "")
	s.saveSender(p, w)
	s.notifySender(p, w, "WHATSAPP_SENDER_ACTIVE", nil)
	s.after(senderQuality, event{Kind: kindSenderQuality, Project: p.ID, ID: w.ID, Value: "GREEN"})
	if first {
		s.after(accountLimitRaise, event{Kind: kindAccountLimit, Project: p.ID})
	}
	return true
}

// rateSender sets the quality rating.
func rateSender(s *Sandbox, p *project, w *whatsappSender, rating string) bool {
	if w.state() != "ACTIVE" {
		return false
	}
	w.Doc["qualityRating"] = rating
	s.saveSender(p, w)
	s.notifySender(p, w, "WHATSAPP_SENDER_QUALITY_RATING_CHANGED", nil)
	return true
}

// setSenderState puts a live sender into another state, as Meta or Sinch may.
func setSenderState(s *Sandbox, p *project, w *whatsappSender, state string) bool {
	if w.state() == "" {
		return false
	}
	w.Doc["state"] = state
	trigger := "WHATSAPP_SENDER_" + state
	if state == "SUSPENDED" { // which has neither a trigger nor an activity
		trigger = "WHATSAPP_SENDER_INACTIVE"
	} else {
		w.recordBy(byMeta, s.now, state, "")
	}
	s.saveSender(p, w)
	s.notifySender(p, w, trigger, nil)
	return true
}

func removeSender(s *Sandbox, p *project, w *whatsappSender, _ string) bool {
	p.Senders.remove(w.ID)
	s.emit(p, "whatsapp/senders/"+w.ID, "WHATSAPP_SENDER_DELETED", map[string]any{"payload": map[string]any{
		"id":                w.ID,
		"region":            "UNRECOGNIZED",
		"metaLocalStorage":  "UNRECOGNIZED",
		"cloudApi":          false,
		"businessManager":   w.Doc["businessManager"],
		"compatibleRegions": []any{},
	}})
	return true
}

func pendingDescription(w *whatsappSender) string {
	return jsonvalue.Text(w.Doc, "changes.details.description")
}

// applySenderChanges ends the review of an update.
func applySenderChanges(s *Sandbox, p *project, w *whatsappSender, outcome string) bool {
	changes := jsonvalue.Object(w.Doc, "changes")
	if w.state() == "" || w.status() != "IN_PROGRESS" {
		return false
	}
	trigger := "WHATSAPP_SENDER_" + outcome
	switch outcome {
	case "APPROVED":
		trigger = "WHATSAPP_SENDER_ACTIVE"
		patch(ensureObject(w.Doc, "details"), w.pendingFields())
		delete(w.Doc, "changes")
		w.Nulls = nil
	case "REJECTED":
		changes["status"] = outcome
		w.recordBy(byMeta, s.now, outcome, "description: the text does not keep to WhatsApp's policies")
	case "ERROR":
		reason := "the profile could not be updated; contact support"
		changes["status"], changes["errorReason"] = outcome, reason
		w.recordBy(bySinch, s.now, outcome, reason)
	}
	s.saveSender(p, w)
	s.notifySender(p, w, trigger, nil)
	return true
}

func pendingDisplayName(w *whatsappSender) string {
	return jsonvalue.Text(w.Doc, "metadata.displayName.value")
}

// reviewDisplayName ends the review of a display name.
func reviewDisplayName(s *Sandbox, p *project, w *whatsappSender, outcome string) bool {
	field := jsonvalue.Object(w.Doc, "metadata.displayName")
	if jsonvalue.Text(w.Doc, "metadata.displayName.status") != "PENDING" {
		return false
	}
	field["status"] = outcome
	if outcome == "APPROVED" {
		ensureObject(w.Doc, "details")["displayName"] = field["value"]
	} else {
		field["rejectionReason"] = "the name does not fit the business"
	}
	s.saveSender(p, w)
	s.notifySender(p, w, "WHATSAPP_SENDER_DISPLAY_NAME_UPDATED", nil)
	return true
}

// reviewUsername ends the review of a username, or of its removal.
func reviewUsername(s *Sandbox, p *project, w *whatsappSender, outcome string) bool {
	field := jsonvalue.Object(w.Doc, "metadata.username")
	if jsonvalue.Text(w.Doc, "metadata.username.status") != "PENDING" {
		return false
	}
	field["status"] = outcome
	name, given := field["value"]
	switch {
	case outcome == "REJECTED":
		field["rejectionReason"] = "the username is not allowed"
	case given:
		ensureObject(w.Doc, "details")["username"] = name
	default:
		delete(jsonvalue.Object(w.Doc, "details"), "username")
		field["status"] = "DELETED"
	}
	s.saveSender(p, w)
	s.notifySender(p, w, "WHATSAPP_SENDER_USERNAME_UPDATED", nil)
	return true
}
