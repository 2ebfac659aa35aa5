package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// The schemas of the body of a new sender.
const (
	bodyEmbeddedSignup           = "WhatsappSenderInputEsDto"
	bodyPhone                    = "WhatsappInputSenderPhoneProvisioningDto"
	bodyPartner                  = "WhatsappInputSenderPartnerInitiatedDto"
	bodyEmbeddedSignupDeprecated = "WhatsappSenderInputDtoDeprecated"
)

// magicSignups are the error codes that a signup's code or token asks for.
var magicSignups = map[string]string{
	"invalid":         "invalid_facebook_token",
	"expired":         "invalid_facebook_token",
	"limit":           "facebook_Request_limit_reached",
	"login":           "log_in_facebook_required",
	"no-waba":         "not_found_waba_id",
	"many-wabas":      "too_many_waba_id",
	"all-provisioned": "all_phone_number_id_provisioned",
}

func createSender(c *call) answer {
	if c.variant == bodyEmbeddedSignup || c.variant == bodyEmbeddedSignupDeprecated {
		return signUpSender(c)
	}
	return onboarded(submitSender)(c)
}

// newSender creates a sender without a state from the details of a request. Where
// they have no number, the sender gets one.
func (s *Sandbox) newSender(p *project, region, storage, manager, provider string, details map[string]any) *whatsappSender {
	phone := jsonvalue.Text(details, "phoneNumber")
	if phone == "" {
		phone = "555" + s.digits(p.stream("numbers"), 6) + "4"
	}
	changes := clone(details, map[string]any{"vertical": cmp.Or(jsonvalue.Text(details, "vertical"), "OTHER")})
	delete(changes, "countryCode")
	delete(changes, "phoneNumber")
	w := &whatsappSender{ID: s.uuid(p.stream("senders")), Number: p.nextNumber()}
	w.Doc = map[string]any{
		"id":                w.ID,
		"changes":           map[string]any{"status": "DRAFT", "details": changes},
		"region":            region,
		"metaLocalStorage":  storage,
		"cloudApi":          true,
		"created":           formatTime(s.now),
		"modified":          formatTime(s.now),
		"countryCode":       cmp.Or(jsonvalue.Text(details, "countryCode"), "1"),
		"phoneNumber":       phone,
		"numberProvider":    provider,
		"businessManager":   manager,
		"compatibleRegions": compatibleRegions(manager),
	}
	w.record(s.now, "CREATED")
	return w
}

// submitNewSender begins the provisioning.
func (s *Sandbox) submitNewSender(p *project, w *whatsappSender) {
	jsonvalue.Object(w.Doc, "changes")["status"] = "IN_PROGRESS"
	w.record(s.now, "IN_PROGRESS")
	s.saveSender(p, w)
	s.reschedule(&w.schedule, senderProvisioning, event{Kind: kindSenderProvision, Project: p.ID, ID: w.ID})
}

// createFirstSender creates the sender that comes with an onboarded account, on a
// number provided by Sinch.
func (s *Sandbox) createFirstSender(p *project, details map[string]any) {
	w := s.newSender(p, jsonvalue.Text(details, "region"), jsonvalue.Text(details, "metaLocalStorage"), jsonvalue.Text(p.Account.Doc, "businessManager"), "SINCH", map[string]any{
		"displayName": details["displayName"],
		"vertical":    details["businessCategory"],
	})
	s.submitNewSender(p, w)
}

// submitSender creates a sender of an onboarded project from a body with a phone
// number.
func submitSender(c *call) answer {
	manager := jsonvalue.Text(c.project.Account.Doc, "businessManager")
	region := cmp.Or(jsonvalue.Text(c.body, "region"), regionOf(manager))
	if !managerServes(manager, region) {
		return c.fail("invalid_business_manager")
	}
	storage := cmp.Or(jsonvalue.Text(c.body, "metaLocalStorage"), localStorages[region])
	provider := cmp.Or(jsonvalue.Text(c.body, "phoneNumberProvider"), "CUSTOMER")
	details := jsonvalue.Object(c.body, "details")
	w := c.newSender(c.project, region, storage, manager, provider, details)
	if c.variant == bodyPartner && c.draft {
		w.record(c.now, "DRAFT")
		c.saveSender(c.project, w)
		return c.ok(w.Doc)
	}
	code := photoProblem(jsonvalue.Text(details, "photoUrl"))
	if code == "" && c.numberUsed(w) {
		code = "used_phone_number_id"
	}
	if code != "" {
		if c.body["saveDraftOnFailure"] == true {
			w.record(c.now, "DRAFT")
			c.saveSender(c.project, w)
		}
		return c.fail(code)
	}
	c.submitNewSender(c.project, w)
	return c.ok(w.Doc)
}

// regionOf is the default region of the senders of a business manager.
func regionOf(manager string) string {
	for _, region := range []string{"EU", "BR", "US"} {
		if managerServes(manager, region) {
			return region
		}
	}
	return "US"
}

// managerServes reports whether a business manager serves a region. SINCH_AMERICA,
// which is not in the contract's table, serves US.
func managerServes(manager, region string) bool {
	return slices.Contains(businessManagers[region], manager) || manager == "SINCH_AMERICA" && region == "US"
}

// numberUsed reports whether another submitted sender has the number.
func (c *call) numberUsed(w *whatsappSender) bool {
	for _, p := range c.state.Projects {
		for _, other := range p.Senders.items {
			if other != w && other.status() != "DRAFT" && other.digits() == w.digits() {
				return true
			}
		}
	}
	return false
}

// signUpSender creates a sender from an embedded signup, which also onboards a
// project without an account.
func signUpSender(c *call) answer {
	signup := cmp.Or(jsonvalue.Text(c.body, "authenticationCode"), jsonvalue.Text(c.body, "facebookCode"), jsonvalue.Text(c.body, "facebookAccessToken"))
	switch code := magicSignups[signup]; code {
	case "":
	case "not_found_waba_id", "too_many_waba_id":
		if jsonvalue.Text(c.body, "wabaId") == "" {
			return c.fail(code)
		}
	case "all_phone_number_id_provisioned":
		if jsonvalue.Text(c.body, "phoneNumberId") == "" {
			return c.fail(code)
		}
	default:
		return c.fail(code)
	}
	if c.state.UsedSignups[signup] {
		return c.fail("invalid_facebook_token")
	}
	values, problems := parseSignup(signup)
	if problems != nil {
		return c.failBody("invalid_input", problems)
	}
	account := c.project.Account
	if account != nil && account.state() != "ONBOARDED" {
		return c.fail("project_not_initialized")
	}
	manager, region, code := c.signupRegion(account)
	if code != "" {
		return c.fail(code)
	}
	waba := cmp.Or(jsonvalue.Text(c.body, "wabaId"), jsonvalue.Text(values, "wabaId"))
	if code := c.wabaProblem(account, waba); code != "" {
		return c.fail(code)
	}
	number := jsonvalue.Text(c.body, "phoneNumberId")
	if code := c.phoneNumberProblem(number); code != "" {
		return c.fail(code)
	}
	if number == "" {
		number = c.digits(c.project.stream("phoneNumberIds"), 14) + "4"
	}
	details := clone(values, jsonvalue.Object(c.body, "details")) // those of the request take precedence
	maps.DeleteFunc(details, func(name string, _ any) bool { return slices.Contains(signupForm, name) })
	if jsonvalue.Text(details, "displayName") == "" {
		details["displayName"] = "Signed-up business"
	}
	if code := photoProblem(jsonvalue.Text(details, "photoUrl")); code != "" {
		return c.fail(code)
	}
	storage := cmp.Or(jsonvalue.Text(c.body, "metaLocalStorage"), localStorages[region])
	phone := cmp.Or(jsonvalue.Text(values, "phoneNumber"), "555"+lastDigits(number, 7))
	w := c.newSender(c.project, region, storage, manager, "CUSTOMER", clone(details, map[string]any{"countryCode": jsonvalue.Text(values, "countryCode"), "phoneNumber": phone}))
	if c.numberUsed(w) {
		return c.fail("used_phone_number_id")
	}
	if account == nil {
		account = c.newAccount(c.project, manager)
		account.Doc["isEmbeddedSignup"] = true
		if waba != "" {
			account.Doc["wabaId"] = waba
		}
		account.onboard(c.Sandbox, c.project, map[string]any{
			"clientBusinessManagerId": cmp.Or(jsonvalue.Text(values, "clientBusinessManagerId"), c.digits(c.project.stream("managers"), 10)),
			"wabaName":                cmp.Or(jsonvalue.Text(values, "wabaName"), jsonvalue.Text(details, "displayName")),
		})
	}
	if jsonvalue.Text(c.body, "authenticationCode") != "" || jsonvalue.Text(c.body, "facebookCode") != "" {
		c.state.UsedSignups[signup] = true // a code can be used once, a token more often
	}
	w.PhoneNumberID = number
	c.submitNewSender(c.project, w)
	return c.ok(w.Doc)
}

// signupRegion chooses the business manager and the region of a signup, or
// returns the error code for those that the request names.
func (c *call) signupRegion(account *whatsappAccount) (manager, region, code string) {
	manager, region = jsonvalue.Text(c.body, "businessManager"), jsonvalue.Text(c.body, "region")
	misfit := "invalid_business_manager"
	if account != nil {
		own := jsonvalue.Text(account.Doc, "businessManager")
		if manager != "" && manager != own {
			return "", "", "wrong_business_manager"
		}
		manager, misfit = own, "invalid_waba_id_or_phone_number_id_for_region"
	}
	switch {
	case region == "" && manager == "":
		region = defaultRegion
	case region == "":
		region = regionOf(manager)
	}
	if manager == "" {
		manager = businessManagers[region][0]
	}
	if !managerServes(manager, region) {
		return "", "", misfit
	}
	return manager, region, ""
}

// wabaProblem is the error code for the id of a signup's WABA, or "". The id may
// be empty.
func (c *call) wabaProblem(account *whatsappAccount, id string) string {
	if id == "" {
		return ""
	}
	if account != nil && jsonvalue.Text(account.Doc, "wabaId") != id {
		return "wrong_waba_id"
	}
	for _, p := range c.state.Projects {
		if p != c.project && p.Account != nil && jsonvalue.Text(p.Account.Doc, "wabaId") == id {
			return "waba_id_used"
		}
	}
	return ""
}

// phoneNumberProblem is the error code for the phoneNumberId of a signup, or "".
// The id may be empty.
func (c *call) phoneNumberProblem(id string) string {
	for _, p := range c.state.Projects {
		for _, other := range p.Senders.items {
			switch {
			case id == "" || other.PhoneNumberID != id:
			case other.state() == "ACTIVE":
				return "provisioned_phone_number_id"
			default:
				return "used_phone_number_id"
			}
		}
	}
	return ""
}

var nonDigits = lazyregexp.New(`[^0-9]`)

// lastDigits returns the last n digits in s, with leading zeros where there are
// fewer.
func lastDigits(s string, n int) string {
	digits := strings.Repeat("0", n) + nonDigits.ReplaceAllString(s, "")
	return digits[len(digits)-n:]
}
