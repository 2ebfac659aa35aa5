package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// whatsappTemplate is one language of a template.
type whatsappTemplate struct {
	history
	schedule
	WhatsappID    string         `json:"whatsappId"`
	Name          string         `json:"name"`
	Language      string         `json:"language"`
	Category      string         `json:"category"`
	State         string         `json:"state"`
	RejectionCode string         `json:"rejectionCode"`
	Quality       string         `json:"quality"`
	MetaGenerated bool           `json:"metaGenerated"`
	AllowChange   bool           `json:"allowCategoryChange"`
	Details       map[string]any `json:"details"` // live, in the form of requests
	Changes       map[string]any `json:"changes"` // pending, likewise
	Status        string         `json:"status"`  // of the changes; "" is none
	Submits       int            `json:"submits"`
	Approved      time.Time      `json:"approved"` // first
	LockedUntil   time.Time      `json:"lockedUntil"`
	Content       string         `json:"content"` // hash of what was submitted
}

// templateID is a template's id in its project, and its sort key: by name, then by
// language.
func templateID(name, language string) string { return name + "/" + language }

func (t *whatsappTemplate) id() string { return templateID(t.Name, t.Language) }

// Templates are listed in alphabetical order, and filtered by state and by the
// status of their changes.
func (t *whatsappTemplate) sortKey() string { return t.id() }
func (t *whatsappTemplate) facet() string   { return t.State + "/" + t.Status }

func (t *whatsappTemplate) isNamed(word string) bool { return strings.Contains(t.Name, word) }

// locked reports whether an operation on the template is still running.
func (t *whatsappTemplate) locked(s *Sandbox) bool { return s.now.Before(t.LockedUntil) }

func anyLocked(s *Sandbox, languages []*whatsappTemplate) bool {
	return slices.ContainsFunc(languages, func(t *whatsappTemplate) bool { return t.locked(s) })
}

// languages are the templates of a name.
func (p *project) languages(name string) []*whatsappTemplate {
	return p.Templates.matching(filter{prefix: name + "/"})
}

var whatsappTemplateHandlers = map[string]handler{
	"WhatsappTemplatesController_listTemplates_v1":                   onboarded(listTemplates),
	"WhatsappTemplatesController_createTemplate_v1":                  onboarded(createTemplate),
	"WhatsappTemplatesController_listTemplatesByName_v1":             onboarded(listTemplateLanguages),
	"WhatsappTemplatesController_getTemplate_v1":                     onTemplate(getTemplate),
	"WhatsappTemplatesController_updateTemplate_v1":                  onTemplate(unlocked(updateTemplate)),
	"WhatsappTemplatesController_deleteTemplateByNameAndLanguage_v1": onTemplate(unlocked(deleteTemplate)),
	"WhatsappTemplatesController_deleteTemplatesByName_v1":           onboarded(deleteTemplateLanguages),
	"WhatsappTemplatesController_listActivities_v1":                  onTemplate(func(c *call, t *whatsappTemplate) answer { return c.listActivities(&t.history) }),
	"WhatsappTemplatesController_createComment_v1":                   onTemplate(unlocked(commentTemplate)),
	"WhatsappTemplatesController_compareTemplates_v1":                onTemplate(unlocked(compareTemplates)),
	"WhatsappTemplatesController_syncTemplates_v1":                   onboarded(syncTemplates),
}

func onTemplate(do func(*call, *whatsappTemplate) answer) handler {
	return onboarded(func(c *call) answer {
		t, ok := c.project.Templates.get(templateID(c.id("templateName"), c.id("languageCode")))
		if !ok {
			return c.fail("template_not_found")
		}
		return do(c, t)
	})
}

func unlocked(do func(*call, *whatsappTemplate) answer) func(*call, *whatsappTemplate) answer {
	return func(c *call, t *whatsappTemplate) answer {
		if t.locked(c.Sandbox) {
			return c.fail("resource_locked")
		}
		return do(c, t)
	}
}

// saveTemplate ends a change of a template.
func (s *Sandbox) saveTemplate(p *project, t *whatsappTemplate) {
	p.Templates.put(t.id(), t)
}

func (s *Sandbox) notifyTemplate(p *project, t *whatsappTemplate, kind string, more map[string]any) {
	s.emit(p, "whatsapp/templates/"+t.id(), kind, clone(more, map[string]any{"payload": s.renderTemplate(p, t, 0)}))
}

func listTemplates(c *call) answer {
	matching := c.stateFilter()
	matching.prefix = jsonvalue.Text(c.query, "templateName")
	return listPage(c, c.project.Templates, "templates", 50, matching, c.maskedTemplate)
}

func listTemplateLanguages(c *call) answer {
	name := c.id("templateName") + "/"
	if len(c.project.Templates.match(filter{prefix: name})) == 0 {
		return c.fail("template_not_found")
	}
	return listPage(c, c.project.Templates, "templates", 50, filter{prefix: name}, c.maskedTemplate)
}

func getTemplate(c *call, t *whatsappTemplate) answer { return c.ok(c.maskedTemplate(t)) }

func commentTemplate(c *call, t *whatsappTemplate) answer {
	return c.comment(&t.history, func(comment map[string]any) {
		c.notifyTemplate(c.project, t, "WHATSAPP_TEMPLATE_COMMENT_ADDED", comment)
	})
}

func createTemplate(c *call) answer {
	t := &whatsappTemplate{
		Name:     jsonvalue.Text(c.body, "name"),
		Language: jsonvalue.Text(c.body, "language"),
		Category: jsonvalue.Text(c.body, "category"),
		Quality:  "QUALITY_SCORE_UNKNOWN",
		Changes:  clone(jsonvalue.Object(c.body, "details"), nil),
		Status:   "DRAFT",
	}
	t.AllowChange, _ = c.body["allowCategoryChange"].(bool)
	if code, info := c.createProblem(t); code != "" {
		return c.failWith(code, info)
	}
	t.record(c.now, "CREATED")
	if c.draft {
		return c.saveDraft(t)
	}
	if failed := c.submitTemplate(t); failed != nil {
		if c.body["saveDraftOnFailure"] == true {
			c.saveDraft(t)
		}
		return *failed
	}
	return c.ok(c.renderTemplate(c.project, t, 0))
}

func (c *call) saveDraft(t *whatsappTemplate) answer {
	t.Status = "DRAFT"
	t.record(c.now, "DRAFT")
	c.lockTemplate(t)
	c.saveTemplate(c.project, t)
	return c.ok(c.renderTemplate(c.project, t, 0))
}

// lockTemplate locks a template for a while, as if the operation went on, where
// its name asks for it.
func (c *call) lockTemplate(t *whatsappTemplate) {
	if t.isNamed("locked") {
		t.LockedUntil = c.now.Add(templateLock)
	}
}

// createProblem is the error code for a template that the templates of the project
// do not allow, or "".
func (c *call) createProblem(t *whatsappTemplate) (code string, info map[string]any) {
	if _, exists := c.project.Templates.get(t.id()); exists {
		return "template_exists", map[string]any{"supportedCodes": supportedCodes(papi.LookupSchema("WhatsappInputTemplateLanguagesEnum"))}
	}
	if deleted, ok := c.project.Locked[t.Name]; ok && c.now.Before(deleted.Add(templateNameLock)) {
		return "template_name_recently_used", nil
	}
	if deleted, ok := c.project.Locked[t.id()]; ok {
		if c.now.Before(deleted.Add(templateLanguageLock)) {
			return "template_language_recently_deleted", nil
		}
		if c.now.Before(deleted.Add(templateNameLock)) {
			return "template_name_recently_used", nil
		}
	}
	others := c.project.languages(t.Name)
	if len(others) > 0 && others[0].Category != t.Category {
		return "template_incorrect_category", nil
	}
	if anyLocked(c.Sandbox, others) {
		return "resource_locked", nil
	}
	return "", nil
}

// magicTemplates are the error codes of a submission that a word in a template's
// name asks for.
var magicTemplates = []struct{ word, code string }{
	{"limit_reached", "template_limit_reached"},
	{"submit_error", "template_submit_error"},
	{"rate_limited", "whatsapp_business_api_request_limit_exceeded"},
	{"waba_gone", "object_with_whatsapp_business_account_id_does_not_exist"},
}

// submitTemplate begins the review of the changes by Meta, or returns an error.
func (c *call) submitTemplate(t *whatsappTemplate) *answer {
	if found := papi.LookupSchema("WhatsappTemplateDetailsInputDto").Violations(t.Changes, papi.CheckOptions{}); len(found) > 0 {
		return new(c.failBody("invalid_input", messages(found)))
	}
	if found := contentViolations(t.Changes, t.Category); len(found) > 0 {
		return new(c.failBody("invalid_input", found))
	}
	for _, magic := range magicTemplates {
		if t.isNamed(magic.word) {
			return c.templateRefused(magic.code)
		}
	}
	if code := contentProblem(t.Changes); code != "" {
		return c.templateRefused(code)
	}
	if t.Changes["optimization"] != nil && c.project.Account.Doc["wabaMaxPriceOnboarded"] != true {
		if c.documents("template_dynamic_pricing_not_available") {
			return c.templateRefused("template_dynamic_pricing_not_available")
		}
		return c.templateRefused("template_submit_error")
	}
	content := contentHash(t)
	if content != "" && c.sameContent(t, content) {
		return c.templateRefused("template_content_already_exists")
	}
	if t.WhatsappID == "" {
		t.WhatsappID = c.digits(c.project.stream("templates"), 16)
	}
	c.project.useContent(t, content)
	t.Status = "IN_PROGRESS"
	t.Submits++
	t.record(c.now, "IN_PROGRESS")
	c.lockTemplate(t)
	c.saveTemplate(c.project, t)
	wait := templateSubmission
	if t.State != "" && t.State != "REJECTED" {
		wait += templateReview // the live form stays until the review has ended
	}
	c.reschedule(&t.schedule, wait, event{Kind: kindTemplateReview, Project: c.project.ID, ID: t.id()})
	return nil
}

func (c *call) templateRefused(code string) *answer {
	if code != "template_submit_error" {
		return new(c.fail(code))
	}
	return new(c.failWith(code, map[string]any{"metaError": map[string]any{
		"code":        "100",
		"subcode":     "2388299",
		"message":     "Invalid parameter",
		"description": "The template could not be submitted",
		"reason":      "the name of the template asks the sandbox for this error",
	}}))
}

// contentHash is the hash of a template's content, which no other template of the
// project may have; "" for AUTHENTICATION templates, which all have Meta's text.
func contentHash(t *whatsappTemplate) string {
	if t.Category == "AUTHENTICATION" {
		return ""
	}
	raw, err := json.Marshal(t.Changes["components"])
	if err != nil {
		panic("sandbox: marshal components: " + err.Error())
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// sameContent reports whether a submitted template of another name has the
// content.
func (c *call) sameContent(t *whatsappTemplate, content string) bool {
	return slices.ContainsFunc(c.project.Contents[content], func(id string) bool { return !strings.HasPrefix(id, t.Name+"/") })
}

func deleteTemplate(c *call, t *whatsappTemplate) answer {
	submitted, _ := c.query["deleteSubmitted"].(bool)
	switch {
	case submitted:
		c.removeTemplate(t, t.id())
	case t.Status == "IN_PROGRESS":
		return c.fail("template_not_deletable_due_to_input_config")
	case t.Status != "" && t.State == "":
		c.removeTemplate(t, "")
	case t.Status != "":
		t.Status, t.Changes = "", nil
		t.record(c.now, "EDITED")
		c.saveTemplate(c.project, t)
	case t.State == "REJECTED" || t.State == "DISABLED":
		return c.fail("template_changes_not_found")
	default:
		return c.fail("template_not_deletable_due_to_input_config")
	}
	return c.ok(nil)
}

// removeTemplate removes a template, and locks a name, or a name with a language,
// where the template was submitted.
func (c *call) removeTemplate(t *whatsappTemplate, lock string) {
	c.project.forgetContent(t)
	c.project.Templates.remove(t.id())
	if lock != "" && t.Submits > 0 {
		c.project.Locked[lock] = c.now
	}
	c.emit(c.project, "whatsapp/templates/"+t.id(), "WHATSAPP_TEMPLATE_DELETED", nil)
}

func deleteTemplateLanguages(c *call) answer {
	name := c.id("templateName")
	languages := c.project.languages(name)
	if len(languages) == 0 {
		return c.fail("template_not_found")
	}
	if anyLocked(c.Sandbox, languages) {
		return c.fail("resource_locked")
	}
	if strings.Contains(name, "rate_limited") {
		return c.fail("whatsapp_business_api_request_limit_exceeded")
	}
	for _, t := range languages {
		c.removeTemplate(t, name)
	}
	return c.ok(nil)
}

func updateTemplate(c *call, t *whatsappTemplate) answer {
	if code := c.updateTemplateProblem(t); code != "" {
		return c.fail(code)
	}
	if category := jsonvalue.Text(c.body, "category"); category != "" {
		t.Category = category
	}
	if allow, ok := c.body["allowCategoryChange"].(bool); ok {
		t.AllowChange = allow
	}
	before := t.Changes
	if t.Status == "" {
		before = t.Details
	}
	t.Changes = clone(before, nil)
	patch(t.Changes, jsonvalue.Object(c.body, "details"))
	if bid := jsonvalue.Object(t.Changes, "optimization"); bid != nil && bid["bidCountryMultiplierOverrides"] == nil {
		delete(bid, "bidCountryMultiplierOverrides") // null clears them
	}
	t.record(c.now, "EDITED")
	if c.draft {
		return c.saveDraft(t)
	}
	if failed := c.submitTemplate(t); failed != nil {
		c.saveDraft(t)
		return *failed
	}
	return c.ok(c.renderTemplate(c.project, t, 0))
}

// updateTemplateProblem is the error code for an update that the template's state
// does not allow, or "".
func (c *call) updateTemplateProblem(t *whatsappTemplate) string {
	rejected := t.State == "REJECTED" || t.State == "" && t.Status == "REJECTED"
	recategorizable := t.State == "" && t.Status == "DRAFT" || rejected && t.RejectionCode == "INCORRECT_CATEGORY"
	category := jsonvalue.Text(c.body, "category")
	_, allowGiven := c.body["allowCategoryChange"].(bool)
	switch {
	case t.MetaGenerated:
		return "template_source_not_updatable"
	case t.State == "PENDING":
		return "template_not_updatable"
	case t.Status == "IN_PROGRESS":
		return "template_changes_not_updatable"
	case category != "" && category != t.Category && !recategorizable:
		return "template_category_not_updatable"
	case allowGiven && !recategorizable:
		return "template_allow_category_change_not_updatable"
	}
	return ""
}

// minSends is the number of messages that a comparison needs.
const minSends = 1000

func compareTemplates(c *call, t *whatsappTemplate) answer {
	other := c.body["templates"].([]any)[0].(map[string]any)
	id := templateID(jsonvalue.Text(other, "templateName"), jsonvalue.Text(other, "templateLanguage"))
	if id == t.id() {
		return c.fail("templates_compare_not_unique")
	}
	against, ok := c.project.Templates.get(id)
	if !ok {
		return c.fail("templates_compare_not_found")
	}
	days := 7
	if given := jsonvalue.Text(c.body, "timeframe"); given != "" {
		_, _ = fmt.Sscan(given, &days) // an enum of numbers
	}
	end := c.now
	if ms, ok := c.body["endTimestamp"].(float64); ok {
		end = time.UnixMilli(int64(ms))
	}
	from := end.Add(-time.Duration(days) * day)
	both := []*whatsappTemplate{t, against}
	slices.SortFunc(both, byBlocks)
	compared := make([]any, len(both))
	for i, one := range both {
		sends := one.sends(from, end)
		if sends < minSends {
			return c.fail("templates_not_eligible_for_comparison")
		}
		compared[i] = map[string]any{
			"name": one.Name, "language": one.Language, "blockOrder": i + 1,
			"messageSends": sends, "topBlockReason": blocks[one.Quality].reason,
		}
	}
	return c.ok(map[string]any{"templates": compared})
}

// blocks are how often users block the business after a template, as a rank, and
// their most frequent reason, by the template's quality score.
var blocks = map[string]struct {
	rank   int
	reason string
}{
	"QUALITY_SCORE_GREEN":   {1, "NO_REASON"},
	"QUALITY_SCORE_UNKNOWN": {2, "NO_REASON_GIVEN"},
	"QUALITY_SCORE_YELLOW":  {3, "NO_LONGER_NEEDED"},
	"QUALITY_SCORE_RED":     {4, "SPAM"},
}

// byBlocks compares templates by their rank, and equal ones by their order in
// lists.
func byBlocks(a, b *whatsappTemplate) int {
	return cmp.Or(blocks[a.Quality].rank-blocks[b.Quality].rank, strings.Compare(a.sortKey(), b.sortKey()))
}

// sampleTemplate is the template that a first sync copies from Meta.
const sampleTemplate = "sample_greeting"

func syncTemplates(c *call) answer {
	p := c.project
	p.Syncs = slices.DeleteFunc(p.Syncs, func(t time.Time) bool { return c.now.Sub(t) >= syncWindow })
	if n := len(p.Syncs); n > 0 && c.now.Sub(p.Syncs[n-1]) < templateSync {
		return c.fail("resource_locked")
	}
	if len(p.Syncs) >= maxSyncs {
		return c.fail("too_many_requests")
	}
	p.Syncs = append(p.Syncs, c.now)
	if _, ok := p.Templates.get(templateID(sampleTemplate, "EN_US")); !ok {
		t := &whatsappTemplate{
			WhatsappID: c.digits(p.stream("templates"), 16), Name: sampleTemplate, Language: "EN_US",
			Category: "UTILITY", State: "APPROVED", Quality: "QUALITY_SCORE_UNKNOWN", MetaGenerated: true,
			Details:  map[string]any{"components": []any{map[string]any{"type": "BODY", "text": "Welcome. This template was made by Meta."}}},
			Approved: c.now,
		}
		t.record(c.now, "CREATED")
		c.saveTemplate(p, t)
	}
	return c.ok(nil)
}
