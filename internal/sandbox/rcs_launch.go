package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// rcsCountry is the launch in a country.
type rcsCountry struct {
	Country   string         `json:"country"`
	Status    string         `json:"status"`
	Operators []*rcsOperator `json:"operators"`
}

type rcsOperator struct {
	Name     string    `json:"name"`
	Status   string    `json:"status"`
	Remark   string    `json:"remark"`
	Modified time.Time `json:"modified"`
}

// The events of RCS. Their id is a senderId, senderId/number for a test number,
// and senderId/COUNTRY/name for an operator.
const (
	kindRcsSetup      = "rcs_sender_setup"
	kindRcsBrand      = "rcs_brand_registration"
	kindRcsPrepared   = "rcs_sender_prepared"
	kindRcsOperator   = "rcs_operator"
	kindRcsUnlaunch   = "rcs_sender_unlaunch"
	kindRcsTestNumber = "rcs_test_number"
)

var rcsEvents = map[string]eventHandler{
	kindRcsSetup:      onEvent(findRcsSender, nil, nil, endSetup),
	kindRcsBrand:      onEvent(findRcsSender, []string{"COMPLETED", "REJECTED", "PENDING", "PENDING_REVIEW", "MANUAL_REVIEW", "INCOMPLETE", "ARCHIVED"}, magic((*rcsSender).brand, "reject", "REJECTED", "COMPLETED"), registerBrand),
	kindRcsPrepared:   onEvent(findRcsSender, nil, nil, endPreparation),
	kindRcsOperator:   onEvent(findOperator, []string{"LAUNCHED", "REJECTED", "SUSPENDED", "PENDING", "PENDING_UNLAUNCHED", "UNLAUNCHED"}, operatorOutcome, setOperatorStatus),
	kindRcsUnlaunch:   onEvent(findRcsSender, nil, nil, unlaunch),
	kindRcsTestNumber: onEvent(findTestNumber, []string{"DECLINED", "EXPIRED", "FAILED", "INVALID", "PENDING", "REJECTED", "UNVERIFIED", "VERIFIED"}, invitationOutcome, endInvitation),
}

func findRcsSender(p *project, id string) (*rcsSender, bool) { return p.RcsSenders.get(id) }

// operators are the operators by country. Other countries have one.
var operators = map[string][]string{
	"DE": {"1und1", "O2", "Telekom", "Vodafone"},
	"ES": {"Movistar", "Orange", "Vodafone", "Yoigo"},
	"FR": {"Bouygues", "Coriolis Telecom", "Free", "Lycamobile", "NRJ Mobile", "Orange", "SFR"},
	"GB": {"EE", "O2", "Sky", "Three", "Vodafone"},
	"SE": {"Tele2", "Telenor", "Telia", "Three"},
	"US": {"AT&T", "T-Mobile", "Verizon"},
}

func operatorsOf(country string) []string {
	if known := operators[country]; known != nil {
		return known
	}
	return []string{"Vodafone"}
}

// endSetup makes a sender ready for its tests.
func endSetup(s *Sandbox, p *project, r *rcsSender, _ string) bool {
	if r.State != "IN_PROGRESS" {
		return false
	}
	r.Doc["authName"] = "rcs-" + r.ID[:8]
	r.Doc["authToken"] = s.letters(p.stream("rcsTokens"), 40)
	r.recordBy(bySinch, s.now, "TEST", "")
	s.setRcsState(p, r, "IN_TEST")
	return true
}

// renderCountries returns the countries of the sender with their launches.
func (r *rcsSender) renderCountries() []any {
	countries := []any{}
	for _, country := range r.countries() {
		launch := r.launch(country)
		if launch == nil {
			launch = newCountry(country, "NOT_LAUNCHED", time.Time{})
		}
		all := make([]any, len(launch.Operators))
		for i, o := range launch.Operators {
			doc := map[string]any{"name": o.Name, "status": o.Status}
			if o.Remark != "" {
				doc["remark"] = o.Remark
			}
			if !o.Modified.IsZero() {
				doc["modified"] = formatTime(o.Modified)
			}
			all[i] = doc
		}
		countries = append(countries, map[string]any{"country": country, "status": launch.Status, "operators": all})
	}
	return countries
}

func (r *rcsSender) launch(country string) *rcsCountry {
	for _, launch := range r.Launches {
		if launch.Country == country {
			return launch
		}
	}
	return nil
}

func newCountry(country, status string, at time.Time) *rcsCountry {
	launch := &rcsCountry{Country: country, Status: status}
	for _, name := range operatorsOf(country) {
		launch.Operators = append(launch.Operators, &rcsOperator{Name: name, Status: status, Modified: at})
	}
	return launch
}

// launchRcsSender begins a launch in the countries in which the sender was not
// launched before. The launch waits for the brand's registration where the US is
// among them, and for a video where the questionnaire has none.
func launchRcsSender(c *call, r *rcsSender) answer {
	if !slices.Contains([]string{"IN_TEST", "LAUNCHING", "LAUNCHED", "UNLAUNCHED"}, r.State) {
		return c.fail("launch_invalid_agent_state")
	}
	if missing := missingForLaunch(r); len(missing) > 0 {
		return c.failWith("launch_precondition_failed", map[string]any{"validationErrors": missing})
	}
	if r.State == "UNLAUNCHED" {
		r.Launches = nil
	}
	for _, country := range r.countries() {
		if r.launch(country) == nil {
			r.Launches = append(r.Launches, newCountry(country, "PENDING", c.now))
		}
	}
	switch {
	case slices.Contains(r.countries(), "US") && r.Doc["brandDetails"] == nil:
		r.Doc["brandDetails"] = map[string]any{
			"id": c.uuid(c.project.stream("rcsBrands")), "status": "DRAFT",
			"registration": map[string]any{"id": c.uuid(c.project.stream("rcsBrands")), "status": "NEW"},
		}
		c.setRcsState(c.project, r, "PREPARING_LAUNCH")
		c.reschedule(&r.schedule, rcsBrand, event{Kind: kindRcsBrand, Project: c.project.ID, ID: r.ID})
	case len(jsonvalue.Texts(r.Details, "questionnaire.general.answers.videoUris")) == 0:
		c.setRcsState(c.project, r, "PREPARING_LAUNCH")
		c.reschedule(&r.schedule, rcsPreparation, event{Kind: kindRcsPrepared, Project: c.project.ID, ID: r.ID})
	default:
		c.beginLaunch(c.project, r)
	}
	return c.ok(c.renderRcsSender(r))
}

// missingForLaunch lists all that a launch still needs.
func missingForLaunch(r *rcsSender) []string {
	var missing []string
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, what)
		}
	}
	brand := jsonvalue.Object(r.Details, "brand")
	need(len(r.countries()) > 0, "details.countries must hold at least one country")
	need(brand["phones"] != nil || brand["emails"] != nil, "details.brand.phones or details.brand.emails must be given")
	for _, name := range []string{"bannerUrl", "logoUrl", "privacyPolicyUrl", "termsOfServiceUrl"} {
		need(jsonvalue.Text(brand, name) != "", "details.brand."+name+" must be given")
	}
	needAnswers := func(part string, keys ...string) {
		answers := jsonvalue.Object(r.Details, "questionnaire."+part+".answers")
		for _, key := range keys {
			need(answers[key] != nil, fmt.Sprintf("details.questionnaire.%s.answers.%s must be given", part, key))
		}
	}
	needAnswers("general", "optInDescription", "triggerDescription", "interactionsDescription", "optOutDescription")
	needAnswers("verification", "name", "email", "website")
	for _, country := range []string{"GB", "FR", "US"} {
		if !slices.Contains(r.countries(), country) {
			continue
		}
		part := rcsCountryParts[country]
		key := part
		if country == "US" {
			answers := jsonvalue.Object(r.Details, "questionnaire.us.answers")
			key = usVersion(answers)
			if isLegacyUS(answers) {
				key = "us/v1"
			} else {
				needAnswers("verification", "phone")
			}
		}
		needAnswers(part, neededAtLaunch(key)...)
	}
	return missing
}

// brandRejected is the reason for which the registration of a brand is rejected.
// RCS senders have no REJECTED activity, so it is a comment.
const brandRejected = "the registration of the brand in the US was refused: brandName does not belong to companyLegalName; correct the US answers and launch again"

// registerBrand sets the status of the registration of the sender's brand in the
// US.
func registerBrand(s *Sandbox, p *project, r *rcsSender, status string) bool {
	brand := jsonvalue.Object(r.Doc, "brandDetails")
	if brand == nil {
		return false
	}
	jsonvalue.Object(brand, "registration")["status"] = status
	if status == "COMPLETED" {
		brand["status"] = "COMPLETED"
	}
	s.saveRcsSender(p, r)
	s.notifyRcsSender(p, r, "RCS_BRAND_REGISTRATION_PROCESS_STATUS_UPDATED", map[string]any{"status": status})
	if status == "REJECTED" {
		r.recordBy(byRegistrar, s.now, "COMMENT_ADDED", brandRejected)
		s.notifyRcsSender(p, r, "RCS_SENDER_COMMENT_ADDED", map[string]any{"comment": brandRejected})
	}
	if r.State != "PREPARING_LAUNCH" {
		return true
	}
	switch status {
	case "COMPLETED":
		s.beginLaunch(p, r)
	case "REJECTED":
		delete(r.Doc, "brandDetails")
		s.cancelLaunch(p, r)
	}
	return true
}

// cancelLaunch ends a launch before the operators review it. What was launched
// before stays launched.
func (s *Sandbox) cancelLaunch(p *project, r *rcsSender) {
	r.Launches = slices.DeleteFunc(r.Launches, func(l *rcsCountry) bool { return l.Status == "PENDING" })
	state := "LAUNCHED"
	if !r.hasLaunch("LAUNCHED") {
		state = "UNLAUNCHED"
		r.recordBy(bySinch, s.now, "INACTIVE", "")
	}
	s.setRcsState(p, r, state)
}

func endPreparation(s *Sandbox, p *project, r *rcsSender, _ string) bool {
	if r.State != "PREPARING_LAUNCH" {
		return false
	}
	s.beginLaunch(p, r)
	return true
}

// beginLaunch submits the sender to the operators, which decide one after the
// other.
func (s *Sandbox) beginLaunch(p *project, r *rcsSender) {
	s.setRcsState(p, r, "LAUNCHING")
	wait := rcsOperators
	for _, launch := range r.Launches {
		for _, o := range launch.Operators {
			if o.Status == "PENDING" {
				s.after(wait, event{Kind: kindRcsOperator, Project: p.ID, ID: r.ID + "/" + launch.Country + "/" + o.Name})
				wait += rcsOperatorStep
			}
		}
	}
	if wait == rcsOperators { // no operator is pending
		s.endLaunch(p, r)
	}
}

// operatorOf is an operator that launches a sender in a country.
type operatorOf struct {
	*rcsOperator
	launch *rcsCountry
	sender *rcsSender
}

// findOperator returns an operator by the id of its events.
func findOperator(p *project, id string) (operatorOf, bool) {
	sender, rest, _ := strings.Cut(id, "/")
	country, name, _ := strings.Cut(rest, "/")
	r, ok := p.RcsSenders.get(sender)
	if !ok {
		return operatorOf{}, false
	}
	if launch := r.launch(country); launch != nil {
		for _, o := range launch.Operators {
			if o.Name == name {
				return operatorOf{o, launch, r}, true
			}
		}
	}
	return operatorOf{}, false
}

// isStale reports whether the operator has decided before the event.
func (o operatorOf) isStale(e event) bool { return e.Value == "" && o.Status != "PENDING" }

// operatorOutcome is what the brand's description asks for.
func operatorOutcome(o operatorOf) string {
	if contains(jsonvalue.Text(o.sender.Details, "brand.description"), "refuse "+o.Name) {
		return "REJECTED"
	}
	return "LAUNCHED"
}

// setOperatorStatus ends an operator's review, or changes its decision.
func setOperatorStatus(s *Sandbox, p *project, o operatorOf, status string) bool {
	r, launch, before := o.sender, o.launch, o.Status
	o.Status, o.Modified, o.Remark = status, s.now, ""
	if status == "REJECTED" {
		o.Remark = "The sender does not fit the operator's policy."
	}
	launch.updateStatus()
	s.saveRcsSender(p, r)
	s.notifyRcsSender(p, r, "RCS_SENDER_OPERATOR_STATUS_UPDATED", map[string]any{
		"operator": o.Name, "operatorCountry": launch.Country,
		"operatorPreviousStatus": before, "operatorCurrentStatus": status,
	})
	s.endLaunch(p, r)
	return true
}

// updateStatus sets the status of a country in which no operator is pending.
func (l *rcsCountry) updateStatus() {
	switch {
	case l.hasOperator("PENDING"):
	case l.hasOperator("LAUNCHED"):
		l.Status = "LAUNCHED"
	default:
		l.Status = "REJECTED"
	}
}

func (l *rcsCountry) hasOperator(status string) bool {
	return slices.ContainsFunc(l.Operators, func(o *rcsOperator) bool { return o.Status == status })
}

func (r *rcsSender) hasLaunch(status string) bool {
	return slices.ContainsFunc(r.Launches, func(l *rcsCountry) bool { return l.Status == status })
}

// endLaunch ends a launch when no country is pending: LAUNCHED where one country
// is.
func (s *Sandbox) endLaunch(p *project, r *rcsSender) {
	if r.State != "LAUNCHING" || r.hasLaunch("PENDING") {
		return
	}
	state := "UNLAUNCHED"
	if r.hasLaunch("LAUNCHED") {
		state = "LAUNCHED"
		r.Doc["launched"] = formatTime(s.now)
		r.recordBy(bySinch, s.now, "ACTIVE", "")
	} else {
		r.recordBy(bySinch, s.now, "INACTIVE", "no operator accepted the sender; their remarks have the reasons")
	}
	s.setRcsState(p, r, state)
}

// unlaunch ends the launch of a sender in all countries.
func unlaunch(s *Sandbox, p *project, r *rcsSender, _ string) bool {
	if r.State != "LAUNCHED" {
		return false
	}
	for _, launch := range r.Launches {
		launch.Status = "UNLAUNCHED"
		for _, o := range launch.Operators {
			o.Status, o.Modified = "UNLAUNCHED", s.now
		}
	}
	r.recordBy(bySinch, s.now, "INACTIVE", "")
	s.setRcsState(p, r, "UNLAUNCHED")
	return true
}
