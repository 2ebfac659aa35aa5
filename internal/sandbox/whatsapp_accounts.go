package sandbox

import (
	"cmp"
	"slices"

	"papi-mcp/internal/jsonvalue"
)

// whatsappAccount is the WhatsApp account of a project.
type whatsappAccount struct {
	history
	schedule
	Doc map[string]any `json:"doc"` // the API's answer
}

func (a *whatsappAccount) state() string  { return jsonvalue.Text(a.Doc, "state") }
func (a *whatsappAccount) status() string { return jsonvalue.Text(a.Doc, "changes.status") }

// The account's events.
const (
	kindAccountReview = "whatsapp_account_review"
	kindAccountLimit  = "whatsapp_account_daily_limit"
	kindAccountChange = "whatsapp_account_change"
)

var whatsappAccountHandlers = map[string]handler{
	"WhatsappAccountsController_getAccount_v1":     onAccount(func(c *call, a *whatsappAccount) answer { return c.ok(a.Doc) }),
	"WhatsappAccountsController_createAccount_v1":  createAccount,
	"WhatsappAccountsController_updateAccount_v1":  onAccount(updateAccount),
	"WhatsappAccountsController_deleteAccount_v1":  deleteAccount,
	"WhatsappAccountsController_listActivities_v1": onAccount(func(c *call, a *whatsappAccount) answer { return c.listActivities(&a.history) }),
	"WhatsappAccountsController_createComment_v1": onAccount(func(c *call, a *whatsappAccount) answer {
		return c.comment(&a.history, func(comment map[string]any) {
			c.notifyAccount(c.project, "WHATSAPP_ACCOUNT_COMMENT_ADDED", comment)
		})
	}),
	"WhatsappTemplateAnalyticsHelpersController_enableTemplateAnalytics_v1": onboarded(enableTemplateAnalytics),
}

var whatsappAccountEvents = map[string]eventHandler{
	kindAccountReview: onEvent(findAccount, []string{"ONBOARDED", "REJECTED", "PENDING_FACEBOOK_VERIFICATION"}, reviewOutcome, reviewAccount),
	kindAccountLimit:  onEvent(findAccount, dailyLimits, nextDailyLimit, setAccountLimit),
	kindAccountChange: onEvent(findAccount, []string{"MAX_PRICE", "DISABLE", "SCHEDULE_FOR_DISABLE", "REINSTATE"}, nil, changeAccount),
}

func findAccount(p *project, _ string) (*whatsappAccount, bool) { return p.Account, p.Account != nil }

func onAccount(do func(*call, *whatsappAccount) answer) handler {
	return func(c *call) answer {
		if c.project.Account == nil {
			return c.fail("account_not_found")
		}
		return do(c, c.project.Account)
	}
}

// onboarded is for operations that need a project that is set up for WhatsApp: one
// whose account is onboarded.
func onboarded(do handler) handler {
	return func(c *call) answer {
		if c.project.Account == nil || c.project.Account.state() != "ONBOARDED" {
			return c.fail("project_not_initialized")
		}
		return do(c)
	}
}

func (s *Sandbox) notifyAccount(p *project, kind string, more map[string]any) {
	s.emit(p, "whatsapp/account", kind, clone(more, map[string]any{"payload": p.Account.Doc}))
}

// The properties of regions and business managers. The first business manager of
// a region is its default.
var (
	businessManagers = map[string][]string{
		"BR": {"SINCH_BR", "SINCH_MX"},
		"EU": {"SINCH_UK"},
		"US": {"SINCH_UK", "SINCH_BR", "SINCH_MX"},
	}
	localStorages = map[string]string{"BR": "BR", "EU": "DE", "US": "US"}
	currencies    = map[string]string{"SINCH_BR": "BRL", "SINCH_MX": "USD", "SINCH_UK": "EUR", "SINCH_AMERICA": "USD"}
)

const defaultRegion = "EU"

// foreignBusinessManager belongs to another environment of the API.
const foreignBusinessManager = "SINCH_SEP"

// compatibleRegions are the regions of Conversation apps that senders of a
// business manager work with.
func compatibleRegions(businessManager string) []any {
	switch businessManager {
	case "SINCH_BR", "SINCH_MX":
		return []any{"br"}
	}
	return []any{"eu", "us"}
}

// newAccount creates an account without a state.
func (s *Sandbox) newAccount(p *project, businessManager string) *whatsappAccount {
	a := &whatsappAccount{Doc: map[string]any{
		"isEmbeddedSignup":         false,
		"businessManager":          businessManager,
		"wabaId":                   s.digits(p.stream("wabas"), 15),
		"wabaEnabledForInsights":   false,
		"wabaEnabledForDirectSend": false,
		"wabaMaxPriceOnboarded":    false,
		"compatibleRegions":        compatibleRegions(businessManager),
	}}
	a.record(s.now, "CREATED")
	p.Account = a
	return a
}

func createAccount(c *call) answer {
	if c.project.Account != nil {
		return c.fail("account_exists")
	}
	details := only(c.body, "clientBusinessManagerId", "wabaName", "companyLegalName", "senderDetails")
	if jsonvalue.Text(details, "wabaName") == "" { // the older form of the body
		details["wabaName"] = details["companyLegalName"]
	}
	region := defaultRegion
	if sender := jsonvalue.Object(details, "senderDetails"); sender != nil {
		region = completeRegion(sender)
	}
	manager := jsonvalue.Text(c.body, "businessManager")
	switch manager {
	case foreignBusinessManager:
		return c.fail("invalid_business_manager_for_environment")
	case "":
		manager = businessManagers[region][0]
	}
	a := c.newAccount(c.project, manager)
	a.Doc["changes"] = map[string]any{"status": "IN_PROGRESS", "details": details}
	a.submit(c.Sandbox, c.project)
	return c.ok(a.Doc)
}

// completeRegion sets the defaults of the region and the local storage, and
// returns the region.
func completeRegion(details map[string]any) string {
	region := cmp.Or(jsonvalue.Text(details, "region"), defaultRegion)
	details["region"] = region
	details["metaLocalStorage"] = cmp.Or(jsonvalue.Text(details, "metaLocalStorage"), localStorages[region])
	return region
}

func (a *whatsappAccount) submit(s *Sandbox, p *project) {
	a.record(s.now, "IN_PROGRESS")
	s.reschedule(&a.schedule, accountReview, event{Kind: kindAccountReview, Project: p.ID})
}

func updateAccount(c *call, a *whatsappAccount) answer {
	if len(c.body) == 0 {
		return c.fail("no_fields_to_update")
	}
	if a.state() != "REJECTED" && a.status() != "REJECTED" {
		return c.fail("account_not_updatable")
	}
	details := clone(jsonvalue.Object(a.Doc, "changes.details"), nil) // {} in the state REJECTED
	sender := clone(jsonvalue.Object(details, "senderDetails"), jsonvalue.Object(c.body, "senderDetails"))
	patch(details, c.body)
	if len(sender) > 0 {
		completeRegion(sender)
		details["senderDetails"] = sender
	}
	a.Doc["changes"] = map[string]any{"status": "IN_PROGRESS", "details": details}
	a.record(c.now, "EDITED")
	a.submit(c.Sandbox, c.project)
	return c.ok(a.Doc)
}

// reviewOutcome is the outcome that the WABA's name asks for.
func reviewOutcome(a *whatsappAccount) string {
	name := jsonvalue.Text(a.Doc, "changes.details.wabaName")
	switch {
	case contains(name, "reject"):
		return "REJECTED"
	case contains(name, "pending") && a.status() == "IN_PROGRESS":
		return "PENDING_FACEBOOK_VERIFICATION"
	}
	return "ONBOARDED"
}

// reviewAccount ends an onboarding.
func reviewAccount(s *Sandbox, p *project, a *whatsappAccount, outcome string) bool {
	if a.status() == "" || a.status() == "REJECTED" {
		return false
	}
	changes := jsonvalue.Object(a.Doc, "changes")
	switch outcome {
	case "REJECTED":
		changes["status"] = outcome
		a.recordBy(byMeta, s.now, outcome, "wabaName: the name does not fit the legal name of the business")
		s.notifyAccount(p, "WHATSAPP_ACCOUNT_REJECTED", nil)
	case "PENDING_FACEBOOK_VERIFICATION":
		changes["status"] = outcome
		a.recordBy(byMeta, s.now, outcome, "")
		s.notifyAccount(p, "WHATSAPP_ACCOUNT_PENDING_VERIFICATION", nil)
		s.reschedule(&a.schedule, accountVerification, event{Kind: kindAccountReview, Project: p.ID})
	case "ONBOARDED":
		delete(a.Doc, "changes")
		a.onboard(s, p, jsonvalue.Object(changes, "details"))
		if sender := jsonvalue.Object(changes, "details.senderDetails"); sender != nil {
			s.createFirstSender(p, sender)
		}
	}
	return true
}

// onboard makes the account usable.
func (a *whatsappAccount) onboard(s *Sandbox, p *project, details map[string]any) {
	patch(a.Doc, map[string]any{
		"state":              "ONBOARDED",
		"details":            details,
		"businessDailyLimit": "TIER_250",
		"currency":           currencies[jsonvalue.Text(a.Doc, "businessManager")],
	})
	s.notifyAccount(p, "WHATSAPP_ACCOUNT_ONBOARDED", nil)
}

func deleteAccount(c *call) answer {
	if c.project.Account == nil {
		return c.fail("project_not_initialized")
	}
	var live, pending []string
	for _, sender := range c.project.Senders.all() {
		if sender.state() != "" {
			live = append(live, sender.ID)
		} else {
			pending = append(pending, sender.ID)
		}
	}
	if len(live) > 0 {
		return c.failWith("account_has_senders", map[string]any{"projectId": c.project.ID, "senderIds": live})
	}
	if len(pending) > 0 {
		return c.failWith("account_has_sender_changes", map[string]any{"projectId": c.project.ID})
	}
	for _, t := range c.project.Templates.all() {
		if t.State == "" && t.locked(c.Sandbox) {
			return c.fail("template_could_not_delete_drafts")
		}
	}
	c.project.Account = nil
	c.project.Templates = newTable[*whatsappTemplate]()
	c.project.Contents = map[string][]string{}
	return c.ok(nil)
}

// enableTemplateAnalytics fails where the WABA's name contains "no insights".
func enableTemplateAnalytics(c *call) answer {
	a := c.project.Account
	if contains(jsonvalue.Text(a.Doc, "details.wabaName"), "no insights") {
		return c.fail("template_insights_not_yet_available")
	}
	a.Doc["wabaEnabledForInsights"] = true
	return c.ok(nil)
}

// dailyLimits, lowest first.
var dailyLimits = []string{"TIER_250", "TIER_1K", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"}

// nextDailyLimit is the limit above the present one.
func nextDailyLimit(a *whatsappAccount) string {
	present := slices.Index(dailyLimits, jsonvalue.Text(a.Doc, "businessDailyLimit"))
	return dailyLimits[min(present+1, len(dailyLimits)-1)]
}

func setAccountLimit(s *Sandbox, p *project, a *whatsappAccount, limit string) bool {
	if a.state() != "ONBOARDED" {
		return false
	}
	a.Doc["businessDailyLimit"] = limit
	s.notifyAccount(p, "WHATSAPP_ACCOUNT_DAILY_LIMIT_CHANGED", nil)
	for _, sender := range p.Senders.all() {
		if sender.state() == "ACTIVE" {
			sender.Doc["dailyLimit"] = limit
			s.notifySender(p, sender, "WHATSAPP_SENDER_DAILY_LIMIT_CHANGED", nil)
		}
	}
	return true
}

// changeAccount is a change by Meta: a ban, its end, or the maximum price feature.
func changeAccount(s *Sandbox, p *project, a *whatsappAccount, change string) bool {
	switch change {
	case "MAX_PRICE":
		a.Doc["wabaMaxPriceOnboarded"] = true
	case "DISABLE", "SCHEDULE_FOR_DISABLE":
		patch(a.Doc, map[string]any{"wabaBanState": change, "wabaBanDate": formatTime(s.now)})
	case "REINSTATE":
		patch(a.Doc, map[string]any{"wabaBanState": change, "wabaBanDate": nil})
	}
	s.notifyAccount(p, "WHATSAPP_WABA_ACCOUNT_CHANGED", nil)
	return true
}
