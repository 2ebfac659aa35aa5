package sandbox

import (
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// kakaoTemplate is a template of a KakaoTalk sender.
type kakaoTemplate struct {
	history
	schedule
	Code      string         `json:"code"`
	Doc       map[string]any `json:"doc"` // the API's answer
	Nulls     []string       `json:"nulls"`
	Submitted bool           `json:"submitted"`
}

func (t *kakaoTemplate) state() string  { return jsonvalue.Text(t.Doc, "state") }
func (t *kakaoTemplate) status() string { return jsonvalue.Text(t.Doc, "changes.status") }

// name is the pending name, or else the live one.
func (t *kakaoTemplate) name() string {
	if name := jsonvalue.Text(t.Doc, "changes.details.name"); name != "" {
		return name
	}
	return jsonvalue.Text(t.Doc, "details.name")
}

// Templates are listed in alphabetical order.
func (t *kakaoTemplate) sortKey() string { return t.name() + "\x00" + t.Code }
func (t *kakaoTemplate) facet() string   { return t.state() + "/" + t.status() }

var kakaotalkTemplateHandlers = map[string]handler{
	"KakaotalkTemplatesController_listTemplates_v1":  onKakaoSender(listKakaoTemplates),
	"KakaotalkTemplatesController_createTemplate_v1": onKakaoSender(createKakaoTemplate),
	"KakaotalkTemplatesController_get_v1": onKakaoTemplate(func(c *call, _ *kakaoSender, t *kakaoTemplate) answer {
		return c.ok(t.Doc)
	}),
	"KakaotalkTemplatesController_updateTemplate_v1": onKakaoTemplate(updateKakaoTemplate),
	"KakaotalkTemplatesController_deleteTemplate_v1": onKakaoTemplate(func(c *call, k *kakaoSender, t *kakaoTemplate) answer {
		k.Templates.remove(t.Code)
		return c.ok(nil)
	}),
	"KakaotalkTemplatesController_deleteTemplateDraft_v1": onKakaoTemplate(discardKakaoTemplate),
	"KakaotalkTemplatesController_listActivities_v1": onKakaoTemplate(func(c *call, _ *kakaoSender, t *kakaoTemplate) answer {
		return c.listActivities(&t.history)
	}),
	"KakaotalkTemplatesController_createComment_v1": onKakaoTemplate(func(c *call, k *kakaoSender, t *kakaoTemplate) answer {
		return c.comment(&t.history, func(comment map[string]any) {
			c.notifyKakaoTemplate(c.project, k, t, "KAKAOTALK_TEMPLATE_COMMENT_ADDED", comment)
		})
	}),
}

// onKakaoTemplate is for operations on a template. Those that do not document
// sender_not_found fail with template_not_found for an unknown sender.
func onKakaoTemplate(do func(*call, *kakaoSender, *kakaoTemplate) answer) handler {
	return withKakaoAccount(func(c *call) answer {
		if _, ok := findKakaoSender(c.project, c.id("plusFriendId")); !ok && c.documents("sender_not_found") {
			return c.fail("sender_not_found")
		}
		t, ok := findKakaoTemplate(c.project, c.id("plusFriendId")+"/"+c.id("templateCode"))
		if !ok {
			return c.fail("template_not_found")
		}
		return do(c, t.sender, t.kakaoTemplate)
	})
}

func (s *Sandbox) saveKakaoTemplate(k *kakaoSender, t *kakaoTemplate) {
	t.Doc["modified"] = formatTime(s.now)
	k.Templates.put(t.Code, t)
}

func (s *Sandbox) notifyKakaoTemplate(p *project, k *kakaoSender, t *kakaoTemplate, kind string, more map[string]any) {
	s.emit(p, "kakaotalk/senders/"+k.ID+"/templates/"+t.Code, kind, clone(more, map[string]any{"payload": t.Doc}))
}

func listKakaoTemplates(c *call, k *kakaoSender) answer {
	matching := c.stateFilter()
	matching.prefix = jsonvalue.Text(c.query, "templateName")
	return listPage(c, k.Templates, "templates", 50, matching, func(t *kakaoTemplate) map[string]any { return t.Doc })
}

// templateProblem is the error code for a template's details, or "".
func (k *kakaoSender) templateProblem(t *kakaoTemplate, details map[string]any) string {
	name := jsonvalue.Text(details, "name")
	for _, other := range k.Templates.items {
		if other != t && name != "" && other.name() == name {
			return "template_exists"
		}
	}
	if !isKakaoTemplateCategory(jsonvalue.Text(details, "categoryCode")) {
		return "template_invalid_category_code"
	}
	return ""
}

func createKakaoTemplate(c *call, k *kakaoSender) answer {
	details := clone(map[string]any{"buttons": []any{}}, jsonvalue.Object(c.body, "details")) // which the answer always has
	t := &kakaoTemplate{Code: c.letters(c.project.stream("kakaoTemplates"), 20)}
	if code := k.templateProblem(t, details); code != "" {
		return c.fail(code)
	}
	t.Doc = map[string]any{
		"id": c.uuid(c.project.stream("kakaoTemplateIds")), "code": t.Code, "created": formatTime(c.now),
		"changes": map[string]any{"status": "DRAFT", "details": details},
	}
	t.record(c.now, "CREATED")
	if !c.draft && isInvalidKakaoTemplate(details) {
		if c.body["saveDraftOnFailure"] != true {
			return c.fail("template_kakaotalk_validation_error")
		}
		c.saveKakaoDraft(k, t)
		return c.failWith("template_kakaotalk_validation_error", map[string]any{"templateCode": t.Code})
	}
	if c.draft {
		c.saveKakaoDraft(k, t)
		return c.ok(t.Doc)
	}
	c.submitKakaoTemplate(k, t)
	return c.ok(t.Doc)
}

// isInvalidKakaoTemplate reports whether KakaoTalk refuses a template: its content
// contains "invalid".
func isInvalidKakaoTemplate(details map[string]any) bool {
	return contains(jsonvalue.Text(details, "content"), "invalid")
}

func (c *call) saveKakaoDraft(k *kakaoSender, t *kakaoTemplate) {
	t.record(c.now, "DRAFT")
	c.saveKakaoTemplate(k, t)
}

func (c *call) submitKakaoTemplate(k *kakaoSender, t *kakaoTemplate) {
	jsonvalue.Object(t.Doc, "changes")["status"] = "IN_PROGRESS"
	t.Submitted = true
	t.record(c.now, "IN_PROGRESS")
	c.saveKakaoTemplate(k, t)
	c.reschedule(&t.schedule, kakaoReview, event{Kind: kindKakaoTemplateReview, Project: c.project.ID, ID: k.ID + "/" + t.Code})
}

// kakaoTemplateOf is a template with its sender.
type kakaoTemplateOf struct {
	*kakaoTemplate
	sender *kakaoSender
}

// findKakaoTemplate returns a template by the id of its events.
func findKakaoTemplate(p *project, id string) (kakaoTemplateOf, bool) {
	sender, code, _ := strings.Cut(id, "/")
	k, ok := p.KakaoSenders.get(sender)
	if !ok {
		return kakaoTemplateOf{}, false
	}
	t, ok := k.Templates.get(code)
	return kakaoTemplateOf{t, k}, ok
}

// reviewKakaoTemplate ends the review of a template.
func reviewKakaoTemplate(s *Sandbox, p *project, t kakaoTemplateOf, outcome string) bool {
	if t.status() != "IN_PROGRESS" {
		return false
	}
	if outcome == "APPROVED" {
		details := clone(jsonvalue.Object(t.Doc, "details"), jsonvalue.Object(t.Doc, "changes.details"))
		for _, name := range t.Nulls {
			delete(details, name)
		}
		t.Nulls = nil
		delete(t.Doc, "changes")
		patch(t.Doc, map[string]any{"state": "APPROVED", "details": details})
	} else {
		jsonvalue.Object(t.Doc, "changes")["status"] = outcome
		if t.state() == "" {
			patch(t.Doc, map[string]any{"state": outcome, "details": jsonvalue.Object(t.Doc, "changes.details")})
			delete(t.Doc, "changes")
		}
		t.recordBy(byKakao, s.now, outcome, "name: the name does not fit the content")
	}
	s.saveKakaoTemplate(t.sender, t.kakaoTemplate)
	s.notifyKakaoTemplate(p, t.sender, t.kakaoTemplate, "KAKAOTALK_TEMPLATE_"+outcome, nil)
	return true
}

func updateKakaoTemplate(c *call, k *kakaoSender, t *kakaoTemplate) answer {
	if t.status() == "IN_PROGRESS" {
		if t.state() == "" {
			return c.fail("template_not_updatable")
		}
		return c.fail("template_changes_not_updatable")
	}
	fields := clone(jsonvalue.Object(t.Doc, "changes.details"), nil)
	var nulls []string
	for name, value := range jsonvalue.Object(c.body, "details") {
		if value == nil && name != "buttons" {
			nulls = append(nulls, name)
			delete(fields, name)
			continue
		}
		if value == nil {
			value = []any{}
		}
		fields[name] = value
	}
	complete := clone(jsonvalue.Object(t.Doc, "details"), fields)
	if code := k.templateProblem(t, complete); code != "" {
		return c.fail(code)
	}
	if !c.draft && isInvalidKakaoTemplate(complete) {
		return c.failWith("template_kakaotalk_validation_error", map[string]any{"templateCode": t.Code})
	}
	if !c.draft {
		if found := papi.LookupSchema("KakaotalkInputTemplateDetailsDto").Violations(complete, papi.CheckOptions{}); len(found) > 0 {
			return c.failWith("template_kakaotalk_validation_error", map[string]any{"validationErrors": messages(found)})
		}
	}
	if len(fields) == 0 && len(nulls) == 0 {
		return c.ok(t.Doc) // an empty body is a valid request
	}
	slices.Sort(nulls)
	t.Nulls = nulls
	t.Doc["changes"] = map[string]any{"status": "DRAFT", "details": fields}
	t.record(c.now, "EDITED")
	if c.draft {
		c.saveKakaoDraft(k, t)
		return c.ok(t.Doc)
	}
	c.submitKakaoTemplate(k, t)
	return c.ok(t.Doc)
}

// discardKakaoTemplate removes a template that was never submitted to KakaoTalk.
func discardKakaoTemplate(c *call, k *kakaoSender, t *kakaoTemplate) answer {
	if t.Submitted || t.state() != "" || t.status() != "DRAFT" {
		return c.fail("template_not_deletable")
	}
	k.Templates.remove(t.Code)
	return c.ok(nil)
}
