package sandbox

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// useContent remembers the hash of the content that a template was submitted with.
func (p *project) useContent(t *whatsappTemplate, content string) {
	p.forgetContent(t)
	t.Content = content
	if content != "" {
		p.Contents[content] = append(p.Contents[content], t.id())
	}
}

func (p *project) forgetContent(t *whatsappTemplate) {
	left := slices.DeleteFunc(p.Contents[t.Content], func(id string) bool { return id == t.id() })
	if len(left) == 0 {
		delete(p.Contents, t.Content)
	} else {
		p.Contents[t.Content] = left
	}
	t.Content = ""
}

// contentProblem is the error code for the content of a template, or "".
func contentProblem(details map[string]any) string {
	for _, component := range jsonvalue.Objects(details, "components") {
		if contains(jsonvalue.Text(component, "text"), "abusive") {
			return "template_policies_violations"
		}
		if jsonvalue.Text(component, "type") == "HEADER" {
			for _, media := range jsonvalue.Objects(component, "examples") {
				if code := headerProblem(jsonvalue.Text(media, "url")); code != "" {
					return code
				}
			}
		}
		for _, button := range jsonvalue.Objects(component, "buttons") {
			if code := buttonProblem(button); code != "" {
				return code
			}
		}
		for _, card := range jsonvalue.Objects(component, "cards") {
			if code := contentProblem(card); code != "" {
				return code
			}
		}
	}
	return ""
}

var dynamicURL = lazyregexp.New(`\{\{1\}\}$`)

func buttonProblem(button map[string]any) string {
	address := jsonvalue.Text(button, "url")
	switch {
	case jsonvalue.Text(button, "type") != "URL":
		return ""
	case isRestrictedDomain(address):
		return "template_restricted_Domain_for_button_url"
	case !jsonvalue.IsEmpty(button["examples"]) && !dynamicURL.MatchString(address):
		return "template_invalid_button_example"
	}
	return ""
}

func isRestrictedDomain(address string) bool {
	u, err := url.Parse(strings.ReplaceAll(address, "{{1}}", "1"))
	if err != nil {
		return false
	}
	host := "." + strings.ToLower(u.Hostname())
	return strings.HasSuffix(host, ".wa.me") || strings.HasSuffix(host, ".whatsapp.com")
}

// renderTemplate returns the API's answer for a template, with the analytics of
// the last days; 0 is without analytics.
func (s *Sandbox) renderTemplate(p *project, t *whatsappTemplate, days int) map[string]any {
	doc := map[string]any{
		"name":            t.Name,
		"language":        t.Language,
		"category":        t.Category,
		"qualityScore":    t.Quality,
		"analytics":       []any{},
		"isMetaGenerated": t.MetaGenerated,
	}
	for name, value := range map[string]string{"whatsappId": t.WhatsappID, "state": t.State, "rejectionCode": t.RejectionCode} {
		if value != "" {
			doc[name] = value
		}
	}
	if t.Details != nil {
		doc["details"] = renderDetails(t.Details)
	}
	if t.Status != "" {
		doc["changes"] = map[string]any{"status": t.Status, "allowCategoryChange": t.AllowChange, "details": renderDetails(t.Changes)}
	}
	if days > 0 && p.Account.Doc["wabaEnabledForInsights"] == true && !t.Approved.IsZero() {
		doc["analytics"] = []any{t.analytics(s.now.Add(-time.Duration(days)*day), s.now)}
	}
	return doc
}

// renderDetails converts details from the form of requests to that of answers, in
// which a text header's example and a bid strategy are different.
func renderDetails(details map[string]any) map[string]any {
	out := clone(details, nil)
	if bid := jsonvalue.Object(out, "optimization"); bid != nil {
		bid["bidStrategy"] = "BID_STRATEGY_" + jsonvalue.Text(bid, "bidStrategy")
		if bid["bidCountryMultiplierOverrides"] == nil {
			delete(bid, "bidCountryMultiplierOverrides")
		}
	}
	renderComponents(out)
	return out
}

func renderComponents(holder map[string]any) {
	for _, component := range jsonvalue.Objects(holder, "components") {
		if jsonvalue.Text(component, "type") == "HEADER" {
			renderExamples(component)
		}
		for _, card := range jsonvalue.Objects(component, "cards") {
			renderComponents(card)
		}
	}
}

func renderExamples(header map[string]any) {
	if jsonvalue.Text(header, "format") != "TEXT" {
		for _, media := range jsonvalue.Objects(header, "examples") {
			delete(media, "mimeType")
		}
		return
	}
	if examples, _ := header["examples"].([]any); len(examples) > 0 {
		header["example"] = examples[0]
	}
	delete(header, "examples")
}

// sendsPerDay is the number of messages a day with an approved template. It is
// higher where its name contains popular.
func (t *whatsappTemplate) sendsPerDay() float64 {
	if t.isNamed("popular") {
		return 1000
	}
	return 100
}

// sends is the number of messages that were sent with the template between two
// times.
func (t *whatsappTemplate) sends(from, to time.Time) int {
	if t.Approved.IsZero() {
		return 0
	}
	if t.Approved.After(from) {
		from = t.Approved
	}
	return max(0, int(to.Sub(from).Hours()/24*t.sendsPerDay()))
}

func (t *whatsappTemplate) analytics(from, to time.Time) map[string]any {
	sent := t.sends(from, to)
	buttons := []any{}
	for _, component := range jsonvalue.Objects(t.Details, "components") {
		for _, button := range jsonvalue.Objects(component, "buttons") {
			if kind := jsonvalue.Text(button, "type"); kind == "URL" || kind == "QUICK_REPLY" {
				buttons = append(buttons, map[string]any{"type": kind, "content": jsonvalue.Text(button, "text"), "clicks": sent / 10})
			}
		}
	}
	return map[string]any{
		"sent": sent, "delivered": sent * 95 / 100, "read": sent * 60 / 100,
		"start": formatTime(from), "end": formatTime(to), "buttons": buttons,
	}
}

// analyticsDays are the days of a templateAnalyticsDateRange.
var analyticsDays = map[string]int{"DAY": 1, "WEEK": 7, "MONTH": 30, "QUARTER": 90}

// maskedTemplate returns a template with the fields in the request's field mask.
func (c *call) maskedTemplate(t *whatsappTemplate) map[string]any {
	span := cmp.Or(jsonvalue.Text(c.query, "templateAnalyticsDateRange"), "DAY")
	doc := c.renderTemplate(c.project, t, analyticsDays[span])
	mask := c.queryList("fieldMask")
	if len(mask) == 0 {
		return doc
	}
	paths := make([][]string, len(mask))
	for i, path := range mask {
		paths[i] = slices.DeleteFunc(strings.Split(path, "."), func(s string) bool { return s == "0" })
	}
	out, _ := masked(doc, paths).(map[string]any)
	return out
}

// masked returns the parts of a value at the paths. A path applies to each item of
// a list.
func masked(value any, paths [][]string) any {
	for _, path := range paths {
		if len(path) == 0 {
			return value
		}
	}
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = masked(item, paths)
		}
		return out
	case map[string]any:
		below := map[string][][]string{}
		for _, path := range paths {
			below[path[0]] = append(below[path[0]], path[1:])
		}
		out := map[string]any{}
		for name, rest := range below {
			if inner, ok := v[name]; ok {
				out[name] = masked(inner, rest)
			}
		}
		return out
	}
	return nil
}
