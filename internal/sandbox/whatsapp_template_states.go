package sandbox

import (
	"maps"
	"slices"
	"time"
)

// The template's events. Their id is name/LANGUAGE.
const (
	kindTemplateReview         = "whatsapp_template_review"
	kindTemplateStatus         = "whatsapp_template_status"
	kindTemplateQuality        = "whatsapp_template_quality"
	kindTemplateCategory       = "whatsapp_template_category"
	kindTemplateFutureCategory = "whatsapp_template_future_category"
)

var whatsappTemplateEvents = map[string]eventHandler{
	kindTemplateReview:         onEvent(findTemplate, slices.Concat([]string{"PENDING", "APPROVED"}, slices.Collect(maps.Keys(rejections))), templateOutcome, reviewTemplate),
	kindTemplateStatus:         onEvent(findTemplate, []string{"PAUSED", "UNPAUSED", "DISABLED", "REINSTATED", "FLAGGED", "ARCHIVED"}, nil, setTemplateStatus),
	kindTemplateQuality:        onEvent(findTemplate, []string{"QUALITY_SCORE_GREEN", "QUALITY_SCORE_YELLOW", "QUALITY_SCORE_RED", "QUALITY_SCORE_UNKNOWN"}, nil, scoreTemplate),
	kindTemplateCategory:       onEvent(findTemplate, templateCategories, nil, recategorizeTemplate),
	kindTemplateFutureCategory: onEvent(findTemplate, templateCategories, nil, announceCategory),
}

var templateCategories = []string{"AUTHENTICATION", "MARKETING", "UTILITY"}

func findTemplate(p *project, id string) (*whatsappTemplate, bool) { return p.Templates.get(id) }

// isNew reports whether there is no live form of the template.
func (t *whatsappTemplate) isNew() bool { return t.State == "" || t.State == "REJECTED" }

// reviewTemplate moves a submitted template on: a new one to PENDING, then to
// the end of its review, whose outcome is APPROVED or a rejection code.
func reviewTemplate(s *Sandbox, p *project, t *whatsappTemplate, outcome string) bool {
	submitted, isNew := t.Status == "IN_PROGRESS", t.isNew()
	if !submitted && t.State != "PENDING" || outcome == "PENDING" && !isNew {
		return false
	}
	if submitted && (isNew || outcome == "APPROVED") {
		t.Details, t.Changes, t.Status = t.Changes, nil, ""
	}
	switch outcome {
	case "PENDING":
		t.State, t.RejectionCode = "PENDING", ""
		s.saveTemplate(p, t)
		s.reschedule(&t.schedule, templateReview, event{Kind: kindTemplateReview, Project: p.ID, ID: t.id()})
	case "APPROVED":
		s.approveTemplate(p, t)
	default:
		reason := t.rejectionReason(outcome)
		if t.Status == "IN_PROGRESS" { // the live form stays
			t.Status = "REJECTED"
		} else {
			t.State = "REJECTED"
		}
		t.RejectionCode = outcome
		t.recordBy(byMeta, s.now, "REJECTED", reason)
		s.saveTemplate(p, t)
		s.notifyTemplate(p, t, "WHATSAPP_TEMPLATE_REJECTED", nil)
	}
	return true
}

// rejections are the reasons for which a template is rejected, by rejection code.
var rejections = map[string]string{
	"ABUSIVE_CONTENT":    "the content is abusive",
	"INCORRECT_CATEGORY": "the content does not fit the category",
	"INVALID_FORMAT":     "the format of the content is wrong",
	"SCAM":               "the content looks like a scam",
}

// underReview are the details that the review decides on.
func (t *whatsappTemplate) underReview() map[string]any {
	if t.Status == "IN_PROGRESS" {
		return t.Changes
	}
	return t.Details
}

// rejectionReason is what the review found in the content, or the general reason of
// the rejection code.
func (t *whatsappTemplate) rejectionReason(code string) string {
	if found := reviewProblems(t.underReview()); code == "INVALID_FORMAT" && found != "" {
		return rejections[code] + ": " + found
	}
	return rejections[code]
}

// templateOutcome is the outcome of a step of the review that the template's name
// asks for, or else its content. The first submit of a name that contains reject is
// rejected, and every one where it contains reject_always.
func templateOutcome(t *whatsappTemplate) string {
	switch {
	case t.isNew():
		return "PENDING"
	case t.isNamed("recategorize") && !t.AllowChange && t.Category != "MARKETING":
		return "INCORRECT_CATEGORY"
	case !t.isNamed("reject") || t.Submits > 1 && !t.isNamed("reject_always"):
		if reviewProblems(t.underReview()) != "" {
			return "INVALID_FORMAT"
		}
		return "APPROVED"
	case t.isNamed("scam"):
		return "SCAM"
	case t.isNamed("abusive"):
		return "ABUSIVE_CONTENT"
	case t.isNamed("category"):
		return "INCORRECT_CATEGORY"
	}
	return "INVALID_FORMAT"
}

func (s *Sandbox) approveTemplate(p *project, t *whatsappTemplate) {
	t.State, t.RejectionCode = "APPROVED", ""
	first := t.Approved.IsZero()
	if first {
		t.Approved = s.now
	}
	s.saveTemplate(p, t)
	s.notifyTemplate(p, t, "WHATSAPP_TEMPLATE_APPROVED", nil)
	if t.isNamed("recategorize") && t.AllowChange && t.Category != "MARKETING" {
		recategorizeTemplate(s, p, t, "MARKETING")
	}
	later := func(d time.Duration, kind, value string) {
		s.after(d, event{Kind: kind, Project: p.ID, ID: t.id(), Value: value})
	}
	if first {
		later(templateQuality, kindTemplateQuality, "QUALITY_SCORE_GREEN")
	}
	if t.isNamed("pause") {
		later(templatePause, kindTemplateStatus, "PAUSED")
		later(templatePause+templateUnpause, kindTemplateStatus, "UNPAUSED")
	}
	if t.isNamed("disable") {
		later(templatePause, kindTemplateStatus, "DISABLED")
	}
}

// setTemplateStatus sets the state of a live template that Meta changes.
func setTemplateStatus(s *Sandbox, p *project, t *whatsappTemplate, status string) bool {
	state := map[string]string{
		"PAUSED":     "PAUSED",
		"UNPAUSED":   "APPROVED",
		"DISABLED":   "DISABLED",
		"REINSTATED": "APPROVED",
		"FLAGGED":    t.State, // it can still be used
		"ARCHIVED":   "DISABLED",
	}[status]
	live := slices.Contains([]string{"APPROVED", "PAUSED", "DISABLED"}, t.State)
	if !live || status == "UNPAUSED" && t.State != "PAUSED" {
		return false
	}
	t.State = state
	s.saveTemplate(p, t)
	s.notifyTemplate(p, t, "WHATSAPP_TEMPLATE_STATUS_UPDATED", map[string]any{"newState": status})
	return true
}

// scoreTemplate sets the quality score.
func scoreTemplate(s *Sandbox, p *project, t *whatsappTemplate, score string) bool {
	if t.State == "" {
		return false
	}
	t.Quality = score
	s.saveTemplate(p, t)
	s.notifyTemplate(p, t, "WHATSAPP_TEMPLATE_QUALITY_SCORE_UPDATED", nil)
	return true
}

// recategorizeTemplate changes the category in all languages, as Meta may.
func recategorizeTemplate(s *Sandbox, p *project, t *whatsappTemplate, category string) bool {
	for _, one := range p.languages(t.Name) {
		one.Category = category
		s.saveTemplate(p, one)
		s.notifyTemplate(p, one, "WHATSAPP_TEMPLATE_CATEGORY_UPDATED", nil)
	}
	return true
}

// announceCategory announces a new category, which Meta sets a day later.
func announceCategory(s *Sandbox, p *project, t *whatsappTemplate, category string) bool {
	s.notifyTemplate(p, t, "WHATSAPP_TEMPLATE_CATEGORY_FUTURE_UPDATE", map[string]any{"futureCategory": category})
	s.after(day, event{Kind: kindTemplateCategory, Project: p.ID, ID: t.id(), Value: category})
	return true
}
