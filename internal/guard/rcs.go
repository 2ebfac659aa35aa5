package guard

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

var ruleBrandUnique = Rule{
	Code:   "guard_rcs_brand_unique",
	About:  "No email, phone or website of an RCS sender's brand is listed twice.",
	Tools:  []string{"rcs_sender_create", "rcs_sender_update"},
	Source: "RcsSenderDetailsBrandInputDto, 1.2.117",
	check:  brandUnique,
}

func brandUnique(c *Call, _ answers) *Refusal {
	var twice []string
	for _, contact := range brandContacts {
		for _, again := range repeats(jsonvalue.Objects(c.Args, "details.brand."+contact.list), contact.by) {
			twice = append(twice, fmt.Sprintf("details.brand.%s[%d].%s", contact.list, again.at, contact.by))
		}
	}
	if twice == nil {
		return nil
	}
	return &Refusal{
		Message:    "listed twice: " + strings.Join(twice, ", "),
		Resolution: "list each email, phone and website once",
		Info:       map[string]any{"twice": twice},
	}
}

// brandContacts are the lists of a brand, and what distinguishes their items.
var brandContacts = []struct{ list, by string }{{"emails", "address"}, {"phones", "number"}, {"websites", "url"}}

var ruleBillingCategory = Rule{
	Code:   "guard_rcs_billing_category",
	About:  "A warning: a billingCategory that the contract calls deprecated (BASIC_MESSAGE, SINGLE_MESSAGE: now NON_CONVERSATIONAL; CONVERSATIONAL_LEGACY: now CONVERSATIONAL).",
	Tools:  []string{"rcs_sender_create"},
	Source: "RcsInputSenderBillingCategoriesEnum, 1.2.117",
	Warns:  true,
	check:  billingCategory,
}

func billingCategory(c *Call, _ answers) *Refusal {
	given := jsonvalue.Text(c.Args, "billingCategory")
	if instead := deprecatedBilling[given]; instead != "" {
		c.Warn(fmt.Sprintf("billingCategory %s is deprecated and will be removed: %s replaces it, and a sender's category can't be changed later", given, instead))
	}
	return nil
}

// deprecatedBilling has what the contract names in place of a deprecated
// billing category.
var deprecatedBilling = map[string]string{
	"BASIC_MESSAGE":         "NON_CONVERSATIONAL",
	"SINGLE_MESSAGE":        "NON_CONVERSATIONAL",
	"CONVERSATIONAL_LEGACY": "CONVERSATIONAL",
}

var ruleUSAnswers = Rule{
	Code:   "guard_rcs_us_answers",
	About:  "US answers of a PRIVATE company name no stock exchange or symbol, those of a PUBLIC one the legal form CORPORATION and, in a create, both; a US tax id has the form 12-3456789. Answers of another version than usQuestionnaireVersion names are a warning.",
	Tools:  []string{"rcs_sender_create", "rcs_sender_update"},
	Source: "RcsUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto, RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto, 1.2.117",
	check:  usAnswers,
}

func usAnswers(c *Call, _ answers) *Refusal {
	const path = "details.questionnaire.us.answers"
	answers := jsonvalue.Object(c.Args, path)
	var stock []string
	for _, name := range []string{"stockExchange", "stockSymbol"} {
		if !jsonvalue.IsEmpty(answers[name]) {
			stock = append(stock, path+"."+name)
		}
	}
	public := answers["ownershipType"] == "PUBLIC"
	form, id, country := jsonvalue.Text(answers, "legalForm"), jsonvalue.Text(answers, "taxId"), jsonvalue.Text(answers, "taxIdCountry")
	switch {
	case answers["ownershipType"] == "PRIVATE" && len(stock) > 0:
		return &Refusal{
			Message:    "ownershipType is PRIVATE, and a private company has no listed stock: leave out " + strings.Join(stock, ", "),
			Resolution: "leave the stock fields out, or ask the person whether the company is PUBLIC",
			Info:       map[string]any{"notAllowed": stock},
		}
	case public && len(stock) < 2 && c.Row.Tool == "rcs_sender_create":
		return &Refusal{
			Message:    "ownershipType is PUBLIC, and a public company gives its stock: " + path + " needs stockExchange and stockSymbol",
			Resolution: "ask the person for both, or leave ownershipType out until they are known: the answers are needed for the launch, not now",
			Info:       map[string]any{"missing": []string{path + ".stockExchange", path + ".stockSymbol"}},
		}
	case public && form != "" && form != "CORPORATION":
		return &Refusal{
			Message:    fmt.Sprintf("%s.legalForm is %s, and a PUBLIC company is a CORPORATION", path, form),
			Resolution: "ask the person for the company's legal form, and whether it is PUBLIC or PRIVATE",
			Info:       map[string]any{"legalForm": form, "allowed": []string{"CORPORATION"}},
		}
	case country == "US" && id != "" && !usTaxID.MatchString(id):
		return &Refusal{
			Message:    path + ".taxId is not a US tax id: two digits, a hyphen, seven digits",
			Resolution: "ask the person for the company's tax id, such as 12-3456789, or for the country of the one that they gave (taxIdCountry)",
			Info:       map[string]any{"allowed": "NN-NNNNNNN"},
		}
	case country != "" && country != "US" && !jsonvalue.IsEmpty(answers["addressState"]):
		c.Warn(path + ".addressState is ignored: taxIdCountry is " + country)
	}
	first := lint.FirstUSQuestionnaire(answers)
	switch version := c.Args["usQuestionnaireVersion"]; {
	case version == "v1" && !first && answers["ownershipType"] != nil:
		c.Warn("usQuestionnaireVersion is v1, and the answers look like those of v2: the API decides")
	case version == "v2" && first:
		c.Warn("usQuestionnaireVersion is v2, and the answers look like those of v1: the API decides")
	}
	return nil
}

// usTaxID is the form of a taxId where taxIdCountry is US.
var usTaxID = lazyregexp.New(`^[0-9]{2}-[0-9]{7}$`)

var ruleTestNumberForm = Rule{
	Code:   "guard_rcs_test_number_form",
	About:  "Test numbers of an RCS sender are phone numbers in E.164 form: a plus sign and 6 to 15 digits, the first of them not 0.",
	Tools:  []string{"rcs_sender_create", "rcs_sender_update", "rcs_test_number_add", "rcs_test_number_reinvite", "rcs_test_number_delete"},
	Source: "addTestNumbers, deleteTestNumber, 1.2.117",
	check:  testNumberForm,
}

func testNumberForm(c *Call, _ answers) *Refusal {
	var wrong []string
	for _, number := range givenNumbers(c) {
		if !phoneNumber.MatchString(number) {
			wrong = append(wrong, shortened(number))
		}
	}
	if wrong == nil {
		return nil
	}
	wrong = firstOf(wrong)
	r := &Refusal{
		Message:    fmt.Sprintf("not phone numbers in E.164 form: %q", wrong),
		Resolution: "give each number as a plus sign, the country's code and the digits, without spaces and without the leading 0 of national numbers, such as +15550100; ask the person for the country if it is not clear",
		Info:       map[string]any{"wrong": wrong},
	}
	if jsonvalue.Text(c.Args, "testNumber") != "" {
		// The sender may list a number in a form that this call never takes.
		r.Resolution += "; one that the sender lists in another form may be removed with rcs_sender_update, which takes the complete list (details.testNumbers)"
		r.Next = []catalog.Next{readRcsSender.next(c, "see the sender's test numbers")}
	}
	return r
}

// phoneNumber is E.164: a plus sign, and a country code, which does not begin
// with 0 ("E.164 form, plus sign included": deleteTestNumber, 1.2.117).
var phoneNumber = lazyregexp.New(`^\+[1-9][0-9]{5,14}$`)

// givenNumbers are the test numbers that the call names, in any field.
func givenNumbers(c *Call) []string {
	numbers := slices.Concat(jsonvalue.Texts(c.Args, "testNumbers"), jsonvalue.Texts(c.Args, "details.testNumbers"))
	if one := jsonvalue.Text(c.Args, "testNumber"); one != "" {
		numbers = append(numbers, one)
	}
	return numbers
}

var ruleTestNumber = withState(catalog.RcsTestNumberInvite, Rule{
	About: "A number that is invited again or removed is a test number of the sender. A warning: more than 20 invitations in one call, a number that loses " + catalog.RcsTestNumberVerified + ", a number that is " + oneOf(catalog.RcsTestNumberInvite.NotLive) + ".",
	Tools: []string{"rcs_test_number_add", "rcs_test_number_reinvite", "rcs_test_number_delete"},
	Reads: []*Read{readRcsSender},
	check: testNumber,
})

func testNumber(c *Call, a answers) *Refusal {
	sender := a.of(readRcsSender)
	states := testNumberStates(sender)
	numbers := givenNumbers(c)
	if one := jsonvalue.Text(c.Args, "testNumber"); one != "" {
		// An answer without states does not say that there are no numbers.
		if _, known := states[one]; !known && sender["testNumberStates"] != nil {
			return &Refusal{
				Message:    fmt.Sprintf("%s is not a test number of the sender", one),
				Resolution: "give one of its test numbers, in E.164 form with the plus sign, or add it first",
				Info:       map[string]any{"testNumbers": slices.Sorted(maps.Keys(states))},
				Next: []catalog.Next{
					nextCall("add it, if its owner agrees", "rcs_test_number_add", map[string]any{"senderId": c.Args["senderId"], "testNumbers": []string{one}}),
				},
			}
		}
	}
	if c.Row.Tool == "rcs_test_number_delete" {
		return nil
	}
	if len(numbers) > maxInvitations {
		c.Warn(fmt.Sprintf("%d numbers in one call: a sender may send %d invitations a day, 200 in total", len(numbers), maxInvitations))
	}
	for _, number := range numbers {
		switch state := states[number]; {
		case state == catalog.RcsTestNumberVerified:
			c.Warn(fmt.Sprintf("%s was %s: it is %s again until its owner accepts the new invitation", number, state, catalog.RcsTestNumberUnverified))
		case !catalog.RcsTestNumberInvite.AllowsState(state):
			c.Warn(fmt.Sprintf("%s is %s: the API refuses a number whose owner declined the invitation", number, state))
		}
	}
	return nil
}

// testNumberStates has the states of a sender's test numbers.
func testNumberStates(sender map[string]any) map[string]string {
	return textsBy(jsonvalue.Objects(sender, "testNumberStates"), "number", "state")
}

// maxInvitations is how many invitations Google sends for a sender in a day.
const maxInvitations = 20

var rcsSummaries = []Summary{
	{Tool: "rcs_sender_launch", Reads: []*Read{readRcsSender}, text: askLaunch},
	{Tool: "rcs_test_number_delete", Reads: []*Read{readRcsSender}, text: askTestNumberDelete},
}

func askLaunch(_ map[string]any, a answers) sentences {
	sender := a.of(readRcsSender)
	status := textsBy(jsonvalue.Objects(sender, "countryStatus"), "country", "status")
	details := jsonvalue.Object(sender, "details")
	var countries []string
	for _, country := range jsonvalue.Texts(details, "countries") {
		shown := Word(country)
		if now := status[country]; now != "" && now != catalog.RcsNotLaunched {
			shown += " (" + Word(now) + ")"
		}
		countries = append(countries, shown)
	}
	where := func(most int) string {
		return fmt.Sprintf("It is %s now, and will be launched in %s: %s.", Word(jsonvalue.Text(sender, "state")), papi.Count(len(countries), "country"), listed(countries, most))
	}
	facts := ""
	launch := lint.NewLaunch(sender)
	if !launch.HasVideo() {
		facts += "\nIt has no video: Sinch must add one first."
	}
	if later := laterCountries(launch); later != "" {
		facts += "\n" + later
	}
	return sentences{
		ask:    "Launch the RCS sender",
		name:   nameOf(details, "brand.name"),
		effect: "It can't be withdrawn from Google and the carriers; then only its countries can change.",
		facts:  where(3*maxListed) + facts,
		brief:  where(maxBrief) + facts,
	}
}

func askTestNumberDelete(args map[string]any, a answers) sentences {
	sender := a.of(readRcsSender)
	others, number := testNumberStates(sender), jsonvalue.Text(args, "testNumber")
	state := others[number]
	delete(others, number)
	name := Name(number)
	if brand := nameOf(sender, "details.brand.name"); brand != "" {
		name += " from the RCS sender " + brand
	}
	return sentences{
		ask:    "Remove the test number",
		name:   name,
		effect: "To use it for tests again, it must be invited again, and its owner must accept again.",
		facts:  fmt.Sprintf("It is %s. The sender keeps %s.", Word(cmp.Or(state, "UNKNOWN")), papi.Count(len(others), "other test number")),
	}
}
