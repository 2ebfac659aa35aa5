package sandbox

import (
	"slices"
	"time"
)

// The template's events. Their id is name/LANGUAGE.
const (
	kindTemplateReview   = "whatsapp_template_review"
	kindTemplateStatus   = "whatsapp_template_status"
	kindTemplateQuality  = "whatsapp_template_quality"
	kindTemplateCategory = "whatsapp_template_category"
	kindTemplateFuture   = "whatsapp_template_future_category"
)

var whatsappTemplateHappenings = map[string]happening{
	kindTemplateReview:   templateEvent(reviewTemplate),
	kindTemplateStatus:   templateEvent(turnTemplate),
	kindTemplateQuality:  templateEvent(scoreTemplate),
	kindTemplateCategory: templateEvent(recategorizeTemplate),
	kindTemplateFuture:   templateEvent(announceCategory),
}

func templateEvent(do func(s *Sandbox, p *project, t *whatsappTemplate, value string) bool) happening {
	return func(s *Sandbox, p *project, e event) bool {
		t, ok := p.Templates.get(e.ID)
		if !ok || e.Turn != 0 && e.Turn != t.Turn {
			return false
		}
		return do(s, p, t, e.Value)
	}
}

// templateTurn lets an event happen to the template, unless another turn
// begins before.
func (s *Sandbox) templateTurn(p *project, t *whatsappTemplate, d time.Duration, kind string) {
	t.Turn++
	s.after(d, event{Kind: kind, Project: p.ID, ID: t.id(), Turn: t.Turn})
}

// reviewTemplate takes a submitted template on: a new one to PENDING, then to
// the end of its review. The value is the outcome (PENDING, APPROVED, or a
// rejection code); without one the name decides.
func reviewTemplate(s *Sandbox, p *project, t *whatsappTemplate, outcome string) bool {
	submitted := t.Status == "IN_PROGRESS"
	if !submitted && t.State != "PENDING" {
		return false
	}
	isNew := t.State == "" || t.State == "REJECTED"
	if outcome == "" && isNew {
		outcome = "PENDING"
	}
	if outcome == "" {
		outcome = t.review()
	}
	if submitted && (isNew || outcome == "APPROVED") {
		t.Details, t.Changes, t.Status = t.Changes, nil, ""
	}
	switch {
	case outcome == "PENDING" && isNew:
		t.State, t.RejectionCode = "PENDING", ""
		s.saveTemplate(p, t)
		s.templateTurn(p, t, templateReview, kindTemplateReview)
	case outcome == "APPROVED":
		s.approveTemplate(p, t)
	case rejections[outcome] != "":
		if t.Status == "IN_PROGRESS" { // the live form stays
			t.Status = "REJECTED"
		} else {
			t.State = "REJECTED"
		}
		t.RejectionCode = outcome
		t.noteFrom(byMeta, s.at, "REJECTED", rejections[outcome])
		s.saveTemplate(p, t)
		s.tellTemplate(p, t, "WHATSAPP_TEMPLATE_REJECTED", nil)
	default:
		return false
	}
	return true
}

// rejections say why a template is rejected, by its rejection code.
var rejections = map[string]string{
	"ABUSIVE_CONTENT":    "the content is abusive",
	"INCORRECT_CATEGORY": "the content does not fit the category",
	"INVALID_FORMAT":     "the format of the content is wrong",
	"SCAM":               "the content looks like a scam",
}

// review is the outcome that the template's name asks for. The first submit of
// a name that holds reject is rejected, and each one where it holds
// reject_always.
func (t *whatsappTemplate) review() string {
	switch {
	case t.holds("recategorize") && !t.AllowChange && t.Category != "MARKETING":
		return "INCORRECT_CATEGORY"
	case !t.holds("reject") || t.Submits > 1 && !t.holds("reject_always"):
		return "APPROVED"
	case t.holds("scam"):
		return "SCAM"
	case t.holds("abusive"):
		return "ABUSIVE_CONTENT"
	case t.holds("category"):
		return "INCORRECT_CATEGORY"
	}
	return "INVALID_FORMAT"
}

func (s *Sandbox) approveTemplate(p *project, t *whatsappTemplate) {
	t.State, t.RejectionCode = "APPROVED", ""
	first := t.Approved.IsZero()
	if first {
		t.Approved = s.at
	}
	s.saveTemplate(p, t)
	s.tellTemplate(p, t, "WHATSAPP_TEMPLATE_APPROVED", nil)
	if t.holds("recategorize") && t.AllowChange && t.Category != "MARKETING" {
		recategorizeTemplate(s, p, t, "MARKETING")
	}
	at := func(d time.Duration, kind, value string) {
		s.after(d, event{Kind: kind, Project: p.ID, ID: t.id(), Value: value})
	}
	if first {
		at(templateQuality, kindTemplateQuality, "QUALITY_SCORE_GREEN")
	}
	if t.holds("pause") {
		at(templatePause, kindTemplateStatus, "PAUSED")
		at(templatePause+templateUnpause, kindTemplateStatus, "UNPAUSED")
	}
	if t.holds("disable") {
		at(templatePause, kindTemplateStatus, "DISABLED")
	}
}

// turnTemplate tells of what Meta did to a live template, and sets its state.
func turnTemplate(s *Sandbox, p *project, t *whatsappTemplate, status string) bool {
	state, known := map[string]string{
		"PAUSED":     "PAUSED",
		"UNPAUSED":   "APPROVED",
		"DISABLED":   "DISABLED",
		"REINSTATED": "APPROVED",
		"FLAGGED":    t.State, // it goes on
		"ARCHIVED":   "DISABLED",
	}[status]
	live := slices.Contains([]string{"APPROVED", "PAUSED", "DISABLED"}, t.State)
	if !known || !live || status == "UNPAUSED" && t.State != "PAUSED" {
		return false
	}
	t.State = state
	s.saveTemplate(p, t)
	s.tellTemplate(p, t, "WHATSAPP_TEMPLATE_STATUS_UPDATED", map[string]any{"newState": status})
	return true
}

// scoreTemplate sets the quality score.
func scoreTemplate(s *Sandbox, p *project, t *whatsappTemplate, score string) bool {
	scores := []string{"QUALITY_SCORE_GREEN", "QUALITY_SCORE_YELLOW", "QUALITY_SCORE_RED", "QUALITY_SCORE_UNKNOWN"}
	if t.State == "" || !slices.Contains(scores, score) {
		return false
	}
	t.Quality = score
	s.saveTemplate(p, t)
	s.tellTemplate(p, t, "WHATSAPP_TEMPLATE_QUALITY_SCORE_UPDATED", nil)
	return true
}

// recategorizeTemplate lets Meta change the category, in all languages.
func recategorizeTemplate(s *Sandbox, p *project, t *whatsappTemplate, category string) bool {
	if !slices.Contains([]string{"AUTHENTICATION", "MARKETING", "UTILITY"}, category) {
		return false
	}
	for _, one := range p.languages(t.Name) {
		one.Category = category
		s.saveTemplate(p, one)
		s.tellTemplate(p, one, "WHATSAPP_TEMPLATE_CATEGORY_UPDATED", nil)
	}
	return true
}

// announceCategory tells of a category that Meta is going to set, and lets that
// happen a day later.
func announceCategory(s *Sandbox, p *project, t *whatsappTemplate, category string) bool {
	if !slices.Contains([]string{"AUTHENTICATION", "MARKETING", "UTILITY"}, category) {
		return false
	}
	s.tellTemplate(p, t, "WHATSAPP_TEMPLATE_CATEGORY_FUTURE_UPDATE", map[string]any{"futureCategory": category})
	s.after(day, event{Kind: kindTemplateCategory, Project: p.ID, ID: t.id(), Value: category})
	return true
}
