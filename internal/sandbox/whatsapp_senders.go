package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// whatsappSender is a WhatsApp sender.
type whatsappSender struct {
	history
	schedule
	ID     string         `json:"id"`
	Number int            `json:"number"`
	Doc    map[string]any `json:"doc"` // the API's answer

	PhoneNumberID string      `json:"phoneNumberId"` // of embedded signup
	KnownToMeta   bool        `json:"knownToMeta"`   // needs no code
	Verified      bool        `json:"verified"`
	Code          string      `json:"code"` // of the last registration
	CodeEnds      time.Time   `json:"codeEnds"`
	WrongCodes    int         `json:"wrongCodes"`
	BlockedUntil  time.Time   `json:"blockedUntil"`
	Registrations []time.Time `json:"registers"`
	Deleted       bool        `json:"deleted"`

	// Nulls are the fields that the pending changes remove. The schema of the
	// answer has no field for them.
	Nulls []string `json:"nulls"`
}

func (w *whatsappSender) state() string  { return jsonvalue.Text(w.Doc, "state") }
func (w *whatsappSender) status() string { return jsonvalue.Text(w.Doc, "changes.status") }

// Senders are listed oldest first, and filtered by state and by the status of
// their changes.
func (w *whatsappSender) sortKey() string { return fmt.Sprintf("%09d", w.Number) }
func (w *whatsappSender) facet() string   { return w.state() + "/" + w.status() }

// digits is the phone number with its country code.
func (w *whatsappSender) digits() string {
	return jsonvalue.Text(w.Doc, "countryCode") + jsonvalue.Text(w.Doc, "phoneNumber")
}

// The magic phone numbers and phoneNumberIds, by how they end.
const (
	suffixRejected    = "0000" // provisioning is rejected
	suffixUnapproved  = "0001" // register: not approved for an enterprise
	suffixUnreachable = "0002" // register: the code can't be sent
	suffixNoCloudAPI  = "0003" // a username is rejected: the number is not in the Cloud API
	suffixKnownToMeta = "1111" // Meta has verified the number: it needs no code
	suffixError       = "9999" // provisioning fails
)

// The sender's events.
const (
	kindSenderProvision   = "whatsapp_sender_provision"
	kindSenderActivate    = "whatsapp_sender_activate"
	kindSenderUpdate      = "whatsapp_sender_update"
	kindSenderDisplayName = "whatsapp_sender_display_name"
	kindSenderUsername    = "whatsapp_sender_username"
	kindSenderQuality     = "whatsapp_sender_quality"
	kindSenderState       = "whatsapp_sender_state"
	kindSenderRemove      = "whatsapp_sender_remove"
)

var whatsappSenderHandlers = map[string]handler{
	"WhatsappSendersController_listSenders_v1":           onboarded(listSenders),
	"WhatsappSendersController_createSender_v1":          createSender,
	"WhatsappSendersController_get_v1":                   onSender(func(c *call, w *whatsappSender) answer { return c.ok(w.Doc) }),
	"WhatsappSendersController_update_v1":                onSender(updateSender),
	"WhatsappSendersController_delete_v1":                onSender(deleteSender),
	"WhatsappSendersController_listActivities_v1":        onSender(func(c *call, w *whatsappSender) answer { return c.listActivities(&w.history) }),
	"WhatsappSendersController_deleteChanges_v1":         onboarded(discardSenderChanges),
	"WhatsappSendersController_createComment_v1":         onSender(commentSender),
	"WhatsappSendersController_register_v1":              onSender(registerSender),
	"WhatsappSendersController_verify_v1":                onSender(verifySender),
	"WhatsappSendersController_getSuggestedUsernames_v1": onSender(suggestUsernames),
}

var whatsappSenderEvents = map[string]eventHandler{
	kindSenderProvision:   onEvent(findSender, []string{"PENDING_VERIFICATION", "REJECTED", "ERROR"}, provisionOutcome, provisionSender),
	kindSenderActivate:    onEvent(findSender, nil, nil, activateSender),
	kindSenderUpdate:      onEvent(findSender, []string{"APPROVED", "REJECTED", "ERROR"}, magic(pendingDescription, "reject", "REJECTED", "APPROVED"), applySenderChanges),
	kindSenderDisplayName: onEvent(findSender, []string{"APPROVED", "REJECTED"}, magic(pendingDisplayName, "reject", "REJECTED", "APPROVED"), reviewDisplayName),
	kindSenderUsername:    onEvent(findSender, []string{"APPROVED", "REJECTED"}, func(*whatsappSender) string { return "APPROVED" }, reviewUsername),
	kindSenderQuality:     onEvent(findSender, []string{"GREEN", "YELLOW", "RED", "UNKNOWN"}, nil, rateSender),
	kindSenderState:       onEvent(findSender, []string{"ACTIVE", "INACTIVE", "SUSPENDED", "ERROR"}, nil, setSenderState),
	kindSenderRemove:      onEvent(findSender, nil, nil, removeSender),
}

func findSender(p *project, id string) (*whatsappSender, bool) { return p.Senders.get(id) }

func onSender(do func(*call, *whatsappSender) answer) handler {
	return onboarded(withResource(findSender, "senderId", "sender_not_found", do))
}

// saveSender ends a change of a sender.
func (s *Sandbox) saveSender(p *project, w *whatsappSender) {
	w.Doc["modified"] = formatTime(s.now)
	p.Senders.put(w.ID, w)
}

func (s *Sandbox) notifySender(p *project, w *whatsappSender, kind string, more map[string]any) {
	s.emit(p, "whatsapp/senders/"+w.ID, kind, clone(more, map[string]any{"payload": w.Doc}))
}

func listSenders(c *call) answer {
	return listPage(c, c.project.Senders, "senders", 50, c.stateFilter(), func(w *whatsappSender) map[string]any { return w.Doc })
}

// stateFilter selects what has one of the states and one of the statuses in the
// query; an empty list allows any.
func (c *call) stateFilter() filter {
	states, statuses := c.queryList("filterStates"), c.queryList("filterStatuses")
	return filter{facet: func(facet string) bool {
		state, status, _ := strings.Cut(facet, "/")
		return (len(states) == 0 || slices.Contains(states, state)) && (len(statuses) == 0 || slices.Contains(statuses, status))
	}}
}

func commentSender(c *call, w *whatsappSender) answer {
	return c.comment(&w.history, func(comment map[string]any) {
		c.notifySender(c.project, w, "WHATSAPP_SENDER_COMMENT_ADDED", comment)
	})
}

// registerSender sends a one-time code, unless Meta has verified the number.
func registerSender(c *call, w *whatsappSender) answer {
	switch {
	case w.state() != "PENDING_VERIFICATION":
		return c.fail("not_allowed_register")
	case w.Verified: // but not yet ACTIVE
		return c.fail("sender-already-registered")
	case strings.HasSuffix(w.digits(), suffixUnapproved):
		return c.fail("sender-number-not-approved-for-enterprise")
	case strings.HasSuffix(w.digits(), suffixUnreachable):
		return c.fail("sender_request_code_failed")
	case c.now.Before(w.BlockedUntil):
		return c.fail("too_many_invalid_verification_codes")
	}
	w.Registrations = slices.DeleteFunc(w.Registrations, func(t time.Time) bool { return c.now.Sub(t) >= registerWindow })
	if len(w.Registrations) >= maxRegisters {
		return c.fail("sender-register-too-many-requests")
	}
	w.Registrations = append(w.Registrations, c.now)
	doc := map[string]any{"id": w.ID, "method": c.body["method"], "accepted": formatTime(c.now), "verificationCodeSent": !w.KnownToMeta}
	if !w.KnownToMeta {
		w.Code, w.CodeEnds, w.WrongCodes = c.digits(c.project.stream("codes"), 6), c.now.Add(codeTTL), 0
		c.sendCode(w.ID, w.Code)
	}
	w.record(c.now, "REGISTERED")
	return c.ok(doc)
}

func verifySender(c *call, w *whatsappSender) answer {
	if w.state() != "PENDING_VERIFICATION" {
		return c.fail("not_allowed_verify")
	}
	if w.Verified { // but not yet ACTIVE: the contract names the state alone
		return c.ok(nil)
	}
	code, given := c.body["code"]
	correct := given && w.Code != "" && code == w.Code && c.now.Before(w.CodeEnds)
	if !correct && (given || !w.KnownToMeta) {
		w.WrongCodes++
		if w.WrongCodes >= maxWrongCodes {
			w.Code, w.BlockedUntil = "", c.now.Add(codeBlock)
		}
		return c.fail("wrong_otp")
	}
	w.Code, w.Verified = "", true
	w.record(c.now, "VERIFIED")
	c.saveSender(c.project, w)
	c.reschedule(&w.schedule, senderActivation, event{Kind: kindSenderActivate, Project: c.project.ID, ID: w.ID})
	return c.ok(nil)
}

// deleteSender marks a sender for deletion: it stays as it is for 30 days.
func deleteSender(c *call, w *whatsappSender) answer {
	if w.Deleted {
		return c.fail("sender_already_deleted")
	}
	w.Deleted = true
	c.saveSender(c.project, w)
	c.after(senderRemoval, event{Kind: kindSenderRemove, Project: c.project.ID, ID: w.ID})
	return c.ok(nil)
}

// discardSenderChanges removes the pending changes, and a sender that was never
// live with them.
func discardSenderChanges(c *call) answer {
	w, ok := c.project.Senders.get(c.id("senderId"))
	if !ok || w.status() == "" {
		return c.fail("sender_changes_not_found")
	}
	if !slices.Contains([]string{"DRAFT", "REJECTED", "ERROR"}, w.status()) {
		return c.fail("sender_changes_not_deletable")
	}
	if w.state() == "" {
		c.project.Senders.remove(w.ID)
		return c.ok(nil)
	}
	delete(w.Doc, "changes")
	w.record(c.now, "EDITED")
	c.saveSender(c.project, w)
	return c.ok(nil)
}

var notInUsernames = lazyregexp.New(`[^a-z0-9]+`)

func suggestUsernames(c *call, w *whatsappSender) answer {
	name := cmp.Or(jsonvalue.Text(w.Doc, "details.displayName"), jsonvalue.Text(w.Doc, "changes.details.displayName"))
	slug := strings.Trim(notInUsernames.ReplaceAllString(strings.ToLower(name), "."), ".")
	return c.ok(map[string]any{"usernames": []any{slug, slug + ".official", slug + ".team"}})
}
