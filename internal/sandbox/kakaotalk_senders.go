package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// kakaoSender is a KakaoTalk sender, with its templates.
type kakaoSender struct {
	history
	schedule
	Number    int                    `json:"number"`
	ID        string                 `json:"id"` // plusFriendId
	Doc       map[string]any         `json:"doc"`
	Code      string                 `json:"code"`
	CodeEnds  time.Time              `json:"codeEnds"`
	Deleted   bool                   `json:"deleted"`
	Nulls     []string               `json:"nulls"` // fields that the pending changes remove
	Templates *table[*kakaoTemplate] `json:"templates"`
}

func (k *kakaoSender) state() string  { return jsonvalue.Text(k.Doc, "state") }
func (k *kakaoSender) status() string { return jsonvalue.Text(k.Doc, "changes.status") }

// Senders are listed oldest first.
func (k *kakaoSender) sortKey() string { return fmt.Sprintf("%09d", k.Number) }
func (k *kakaoSender) facet() string   { return k.state() + "/" + k.status() }

// The events of KakaoTalk. A template's id is plusFriendId/code.
const (
	kindKakaoSenderReview   = "kakaotalk_sender_review"
	kindKakaoSenderState    = "kakaotalk_sender_state"
	kindKakaoSenderRemove   = "kakaotalk_sender_remove"
	kindKakaoTemplateReview = "kakaotalk_template_review"
)

var kakaotalkSenderHandlers = map[string]handler{
	"KakaotalkCategoriesController_listSenderCategories_v1":  withKakaoAccount(listKakaoCategories),
	"KakaotalkCategoriesController_getTemplateCategories_v1": onKakaoSender(listKakaoTemplateCategories),
	"KakaotalkSendersController_listSenders_v1":              withKakaoAccount(listKakaoSenders),
	"KakaotalkSendersController_createSender_v1":             createKakaoSender,
	"KakaotalkSendersController_getSender_v1":                onKakaoSender(func(c *call, k *kakaoSender) answer { return c.ok(k.Doc) }),
	"KakaotalkSendersController_updateSender_v1":             onKakaoSender(updateKakaoSender),
	"KakaotalkSendersController_deleteSender_v1":             onKakaoSender(deleteKakaoSender),
	"KakaotalkSendersController_listActivities_v1":           onKakaoSender(func(c *call, k *kakaoSender) answer { return c.listActivities(&k.history) }),
	"KakaotalkSendersController_deleteChanges_v1":            withKakaoAccount(discardKakaoChanges),
	"KakaotalkSendersController_createComment_v1":            onKakaoSender(commentKakaoSender),
	"KakaotalkSendersController_registerSender_v1":           onKakaoSender(registerKakaoSender),
	"KakaotalkSendersController_verifySender_v1":             onKakaoSender(verifyKakaoSender),
}

var kakaotalkEvents = map[string]eventHandler{
	kindKakaoSenderReview:   onEvent(findKakaoSender, []string{"APPROVED", "REJECTED"}, magic((*kakaoSender).pendingName, "reject", "REJECTED", "APPROVED"), reviewKakaoSender),
	kindKakaoSenderState:    onEvent(findKakaoSender, []string{"ACTIVE", "BLOCKED", "INACTIVE", "SUSPENDED"}, nil, setKakaoState),
	kindKakaoSenderRemove:   onEvent(findKakaoSender, nil, nil, removeKakaoSender),
	kindKakaoTemplateReview: onEvent(findKakaoTemplate, []string{"APPROVED", "REJECTED"}, magic(kakaoTemplateOf.name, "reject", "REJECTED", "APPROVED"), reviewKakaoTemplate),
}

func findKakaoSender(p *project, id string) (*kakaoSender, bool) { return p.KakaoSenders.get(id) }

// withKakaoAccount is for operations that need a project that is set up for
// KakaoTalk: one that has, or had, a sender.
func withKakaoAccount(do handler) handler {
	return func(c *call) answer {
		if c.project.KakaoReady.IsZero() {
			return c.fail("project_not_initialized")
		}
		return do(c)
	}
}

func onKakaoSender(do func(*call, *kakaoSender) answer) handler {
	return withKakaoAccount(withResource(findKakaoSender, "plusFriendId", "sender_not_found", do))
}

func (s *Sandbox) saveKakaoSender(p *project, k *kakaoSender) {
	k.Doc["modified"] = formatTime(s.now)
	p.KakaoSenders.put(k.ID, k)
}

func (s *Sandbox) notifyKakaoSender(p *project, k *kakaoSender, kind string, more map[string]any) {
	s.emit(p, "kakaotalk/senders/"+k.ID, kind, clone(more, map[string]any{"payload": k.Doc}))
}

func listKakaoSenders(c *call) answer {
	return listPage(c, c.project.KakaoSenders, "senders", 50, c.stateFilter(), func(k *kakaoSender) map[string]any { return k.Doc })
}

// magicKakao are the error codes that a plusFriendId asks for.
var magicKakao = map[string]string{
	"account_exists":        "account_exists",
	"account_not_updatable": "account_not_updatable",
}

func createKakaoSender(c *call) answer {
	id := jsonvalue.Text(c.body, "plusFriendId")
	if code := magicKakao[id]; code != "" {
		return c.fail(code)
	}
	if c.now.Before(c.project.KakaoReady) {
		return c.fail("account_is_in_progress")
	}
	for _, p := range c.state.Projects {
		if _, used := p.KakaoSenders.get(id); used {
			return c.fail("plus_friend_id_used")
		}
	}
	details := clone(jsonvalue.Object(c.body, "details"), nil)
	k := &kakaoSender{ID: id, Number: c.project.nextNumber(), Templates: newTable[*kakaoTemplate]()}
	k.Doc = map[string]any{
		"id": c.uuid(c.project.stream("kakaoSenders")), "plusFriendId": id, "created": formatTime(c.now),
		"changes": map[string]any{"status": "DRAFT", "details": details},
	}
	k.record(c.now, "CREATED")
	code := kakaoSenderProblem(details)
	if code != "" && !c.draft && c.body["saveDraftOnFailure"] != true {
		return c.fail(code)
	}
	if c.project.KakaoReady.IsZero() {
		c.project.KakaoReady = c.now.Add(kakaoAccount)
	}
	if c.draft || code != "" {
		k.record(c.now, "DRAFT")
		c.saveKakaoSender(c.project, k)
		if code != "" && !c.draft {
			return c.fail(code)
		}
		return c.ok(k.Doc)
	}
	c.submitKakaoSender(k)
	return c.ok(k.Doc)
}

// kakaoSenderProblem is the error code for a sender's details, or "".
func kakaoSenderProblem(details map[string]any) string {
	if code := imageProblem(jsonvalue.Text(details, "logoImage")); code != "" && code != "file_has_wrong_dimensions" {
		return code
	}
	if !isKakaoCategory(jsonvalue.Text(details, "topLevelCategoryCode"), jsonvalue.Text(details, "midLevelCategoryCode"), jsonvalue.Text(details, "subLevelCategoryCode")) {
		return "sender_invalid_category_code"
	}
	return ""
}

func (c *call) submitKakaoSender(k *kakaoSender) {
	jsonvalue.Object(k.Doc, "changes")["status"] = "IN_PROGRESS"
	k.record(c.now, "IN_PROGRESS")
	c.saveKakaoSender(c.project, k)
	c.reschedule(&k.schedule, kakaoReview, event{Kind: kindKakaoSenderReview, Project: c.project.ID, ID: k.ID})
}

func (k *kakaoSender) pendingName() string { return jsonvalue.Text(k.Doc, "changes.details.name") }

// reviewKakaoSender ends the review of a sender or of its changes.
func reviewKakaoSender(s *Sandbox, p *project, k *kakaoSender, outcome string) bool {
	if k.status() != "IN_PROGRESS" {
		return false
	}
	trigger := "KAKAOTALK_SENDER_REJECTED"
	if outcome == "REJECTED" {
		jsonvalue.Object(k.Doc, "changes")["status"] = outcome
		k.recordBy(byKakao, s.now, outcome, "name: the name does not fit the channel")
	} else {
		k.goLive()
		trigger = k.stateTrigger()
		if k.state() == "INACTIVE" {
			k.recordBy(byKakao, s.now, "INACTIVE", "")
		}
	}
	s.saveKakaoSender(p, k)
	s.notifyKakaoSender(p, k, trigger, nil)
	return true
}

// stateTrigger is the trigger of webhooks for the sender's state: there are two.
func (k *kakaoSender) stateTrigger() string {
	if k.state() == "ACTIVE" {
		return "KAKAOTALK_SENDER_ACTIVE"
	}
	return "KAKAOTALK_SENDER_INACTIVE"
}

// goLive makes the pending changes the sender's details. A new sender is
// INACTIVE until it is verified.
func (k *kakaoSender) goLive() {
	details := clone(jsonvalue.Object(k.Doc, "details"), nil)
	patch(details, jsonvalue.Object(k.Doc, "changes.details"))
	for _, name := range k.Nulls {
		delete(details, name)
	}
	delete(k.Doc, "changes")
	k.Nulls = nil
	k.Doc["details"] = details
	if k.state() == "" {
		k.Doc["state"] = "INACTIVE"
	}
}

// setKakaoState puts a live sender into another state.
func setKakaoState(s *Sandbox, p *project, k *kakaoSender, state string) bool {
	if k.state() == "" {
		return false
	}
	k.Doc["state"] = state
	if state == "ACTIVE" || state == "INACTIVE" { // the others have no type
		k.recordBy(byKakao, s.now, state, "")
	}
	s.saveKakaoSender(p, k)
	s.notifyKakaoSender(p, k, k.stateTrigger(), nil)
	return true
}

func removeKakaoSender(_ *Sandbox, p *project, k *kakaoSender, _ string) bool {
	p.KakaoSenders.remove(k.ID)
	return true
}

// updateKakaoSender changes an ACTIVE sender, or a draft.
func updateKakaoSender(c *call, k *kakaoSender) answer {
	given := jsonvalue.Object(c.body, "details")
	submits := !c.draft && k.status() == "DRAFT"
	switch {
	case len(given) == 0 && !submits:
		return c.fail("no_fields_to_update")
	case k.state() != "ACTIVE" && k.state() != "":
		return c.fail("sender_not_updatable")
	case k.status() != "" && k.status() != "DRAFT":
		return c.fail("sender_changes_not_updatable")
	}
	fields := clone(jsonvalue.Object(k.Doc, "changes.details"), nil)
	k.Nulls = nil
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] == nil {
			k.Nulls = append(k.Nulls, name)
			delete(fields, name)
		} else {
			fields[name] = given[name]
		}
	}
	complete := clone(jsonvalue.Object(k.Doc, "details"), fields)
	if !c.draft || k.state() != "" {
		if found := papi.LookupSchema("KakaotalkInputSenderDetailsDto").Violations(complete, papi.CheckOptions{}); len(found) > 0 {
			return c.failBody("invalid_input", messages(found))
		}
		if code := kakaoSenderProblem(complete); code != "" {
			return c.fail(code)
		}
	}
	k.Doc["changes"] = map[string]any{"status": "DRAFT", "details": fields}
	k.record(c.now, "EDITED")
	if c.draft {
		c.saveKakaoSender(c.project, k)
	} else {
		c.submitKakaoSender(k)
	}
	if k.state() == "" { // the contract's answer for a draft
		return c.ok(only(k.Doc, "plusFriendId", "changes"))
	}
	return c.ok(k.Doc)
}

func deleteKakaoSender(c *call, k *kakaoSender) answer {
	if k.Deleted {
		return c.fail("sender_already_deleted")
	}
	k.Deleted = true
	c.after(kakaoRemoval, event{Kind: kindKakaoSenderRemove, Project: c.project.ID, ID: k.ID})
	return c.ok(nil)
}

func discardKakaoChanges(c *call) answer {
	k, ok := c.project.KakaoSenders.get(c.id("plusFriendId"))
	if !ok || k.status() == "" {
		return c.fail("sender_changes_not_found")
	}
	if k.status() == "IN_PROGRESS" {
		return c.fail("sender_changes_not_deletable")
	}
	if k.state() == "" {
		c.project.KakaoSenders.remove(k.ID)
		return c.ok(nil)
	}
	delete(k.Doc, "changes")
	k.Nulls = nil
	k.record(c.now, "EDITED")
	c.saveKakaoSender(c.project, k)
	return c.ok(nil)
}

func commentKakaoSender(c *call, k *kakaoSender) answer {
	return c.comment(&k.history, func(comment map[string]any) {
		c.notifyKakaoSender(c.project, k, "KAKAOTALK_SENDER_COMMENT_ADDED", comment)
	})
}

// registerKakaoSender sends a code of 6 digits, in every state but ACTIVE. It ends
// a pending first review.
func registerKakaoSender(c *call, k *kakaoSender) answer {
	if strings.Contains(k.ID, "invalid_app_key") {
		return c.fail("invalid_app_key")
	}
	if k.state() == "ACTIVE" {
		return c.fail("not_allowed_register")
	}
	if k.state() == "" && k.status() == "IN_PROGRESS" {
		k.goLive()
	}
	k.Doc["state"] = "VERIFYING"
	k.Code, k.CodeEnds = c.kakaoCode(), c.now.Add(codeTTL)
	c.sendCode(k.ID, k.Code)
	c.saveKakaoSender(c.project, k)
	return c.ok(k.Doc)
}

// kakaoCode returns a code without a leading zero, since the verify operation
// takes a number.
func (c *call) kakaoCode() string {
	code := []byte(c.digits(c.project.stream("codes"), 6))
	code[0] = '1' + (code[0]-'0')%9
	return string(code)
}

// verifyKakaoSender fails for a wrong code with the only error that the contract
// documents for the operation.
func verifyKakaoSender(c *call, k *kakaoSender) answer {
	code, _ := c.body["code"].(float64)
	if k.state() != "VERIFYING" || fmt.Sprintf("%.0f", code) != k.Code || !c.now.Before(k.CodeEnds) {
		return c.fail("not_allowed_verify")
	}
	k.Doc["state"], k.Code = "ACTIVE", ""
	k.recordBy(byKakao, c.now, "ACTIVE", "")
	c.saveKakaoSender(c.project, k)
	c.notifyKakaoSender(c.project, k, "KAKAOTALK_SENDER_ACTIVE", nil)
	return c.ok(k.Doc)
}
