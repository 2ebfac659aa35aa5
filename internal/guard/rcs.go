package guard

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var readRcsSender = Read{Tool: "rcs_sender_get"}

var rcsRules = []Rule{
	{
		Name:  "rcs_brand_unique",
		About: "No email, phone or website of an RCS sender's brand is named twice.",
		Tools: []string{"rcs_sender_create", "rcs_sender_update"},
		check: brandUnique,
	},
	{
		Name:  "rcs_billing_category",
		About: "Told as a warning: a billingCategory that the contract calls deprecated (BASIC_MESSAGE, SINGLE_MESSAGE: now NON_CONVERSATIONAL; CONVERSATIONAL_LEGACY: now CONVERSATIONAL).",
		Tools: []string{"rcs_sender_create"},
		Warns: true,
		check: billingCategory,
	},
	{
		Name:  "rcs_country_answers",
		About: "Told as a warning: a country of a new sender whose launch asks for answers that the call does not give. They can't be given after the first launch.",
		Tools: []string{"rcs_sender_create"},
		Warns: true,
		check: countryAnswers,
	},
	{
		Name:  "rcs_us_answers",
		About: "US answers of a PRIVATE company name no stock exchange or symbol, those of a PUBLIC one the legal form CORPORATION and, in a create, both; a US tax id has the form 12-3456789. Answers of another version than usQuestionnaireVersion names are told as a warning.",
		Tools: []string{"rcs_sender_create", "rcs_sender_update"},
		check: usAnswers,
	},
	{
		Name:  "rcs_test_number_form",
		About: "Test numbers of an RCS sender are phone numbers in E.164 form: a plus sign and 6 to 15 digits, the first of them no 0.",
		Tools: []string{"rcs_sender_create", "rcs_sender_update", "rcs_test_number_add", "rcs_test_number_reinvite", "rcs_test_number_delete"},
		check: testNumberForm,
	},
	{
		Name:   "rcs_launch_requirements",
		About:  "An RCS sender is launched from IN_TEST, LAUNCHING, LAUNCHED or UNLAUNCHED, with banner, logo, privacy policy, terms, a phone or an email, a country, and the answers of the general, the verification and each country's questionnaire that the contract marks as needed at launch: all that is missing is told at once. Told as a warning: answers that a country's questionnaire asks for beside them.",
		Tools:  []string{"rcs_sender_launch"},
		Reads:  []Read{readRcsSender},
		Closed: true,
		judge:  launchRefusal,
	},
	{
		Name:  "rcs_update_launched",
		About: "In LAUNCHING and LAUNCHED an update changes the countries of an RCS sender and nothing else.",
		Tools: []string{"rcs_sender_update"},
		Reads: []Read{{Tool: "rcs_sender_get", When: "more than countries changes", needed: changesMore}},
		judge: updateLaunched,
	},
	{
		Name:  "rcs_country_added",
		About: "Told as a warning: a country that an update adds, and whose launch asks for answers that the sender lacks. In LAUNCHING and LAUNCHED they can't be given any more.",
		Tools: []string{"rcs_sender_update"},
		Reads: []Read{{Tool: "rcs_sender_get", When: "countries are given", needed: givesCountries}},
		Warns: true,
		judge: countryAdded,
	},
	{
		Name:  "rcs_test_number",
		About: "A number that is invited again or taken out is a test number of the sender. Told as a warning: more than 20 invitations at once, a number that loses VERIFIED, a number that was DECLINED.",
		Tools: []string{"rcs_test_number_add", "rcs_test_number_reinvite", "rcs_test_number_delete"},
		Reads: []Read{readRcsSender},
		judge: testNumber,
	},
}

// beyondCountries are the fields, other than the countries, that an update
// changes.
func beyondCountries(c *Call) []string {
	var others []string
	for _, name := range slices.Sorted(maps.Keys(jsonvalue.Object(c.Args, "details"))) {
		if name != "countries" {
			others = append(others, "details."+name)
		}
	}
	return others
}

func changesMore(c *Call) bool { return len(beyondCountries(c)) > 0 }

func updateLaunched(c *Call, s seen) *Refusal {
	if !onlyCountries(s["rcs_sender_get"]) {
		return nil
	}
	state := jsonvalue.Text(s["rcs_sender_get"], "state")
	others := beyondCountries(c)
	r := &Refusal{
		Message:    fmt.Sprintf("the sender is %s, where only details.countries can be changed; the call would change %s", state, strings.Join(others, ", ")),
		Resolution: "leave out all but details.countries; test numbers are added with rcs_test_number_add",
		Info:       map[string]any{"state": state, "notUpdatable": others},
	}
	id, details := pathArgs(c.Row, c.Args), jsonvalue.Object(c.Args, "details")
	if details["questionnaire"] != nil {
		r.Resolution += "; answers can't be given any more: " + askSupport
	}
	if countries, given := details["countries"]; given {
		r.Next = append(r.Next, catalog.Next{
			Do: "change the countries alone", Tool: "rcs_sender_update",
			Args: jsonvalue.With(id, "details", map[string]any{"countries": countries}), Needs: []string{},
		})
	}
	if numbers, _ := details["testNumbers"].([]any); len(numbers) > 0 {
		r.Next = append(r.Next, catalog.Next{
			Do: "add the test numbers", Tool: "rcs_test_number_add",
			Args: jsonvalue.With(id, "testNumbers", numbers), Needs: []string{},
		})
	}
	if r.Next == nil {
		r.Next = []catalog.Next{readRcsSender.next(c, "look at the sender, and what comes next in its state")}
	}
	return r
}

// deprecatedBilling has what the contract names in place of a deprecated
// billing category (RcsInputSenderBillingCategoriesEnum, 1.2.117).
var deprecatedBilling = map[string]string{
	"BASIC_MESSAGE":         "NON_CONVERSATIONAL",
	"SINGLE_MESSAGE":        "NON_CONVERSATIONAL",
	"CONVERSATIONAL_LEGACY": "CONVERSATIONAL",
}

func billingCategory(_ context.Context, _ *Guard, c *Call) *Refusal {
	given := jsonvalue.Text(c.Args, "billingCategory")
	if instead := deprecatedBilling[given]; instead != "" {
		c.Warn(fmt.Sprintf("billingCategory %s is deprecated and to be removed: %s takes its place, and a sender's category can't be changed later", given, instead))
	}
	return nil
}

func usAnswers(_ context.Context, _ *Guard, c *Call) *Refusal {
	answers := jsonvalue.Object(c.Args, "details.questionnaire.us.answers")
	var stock []string
	for _, name := range []string{"stockExchange", "stockSymbol"} {
		if !jsonvalue.IsEmpty(answers[name]) {
			stock = append(stock, "details.questionnaire.us.answers."+name)
		}
	}
	if answers["ownershipType"] == "PRIVATE" && len(stock) > 0 {
		return &Refusal{
			Message:    "ownershipType is PRIVATE, and a private company has no stock: leave out " + strings.Join(stock, ", "),
			Resolution: "leave the stock out, or ask the person whether the company is PUBLIC",
			Info:       map[string]any{"notAllowed": stock},
		}
	}
	if answers["ownershipType"] == "PUBLIC" && len(stock) < 2 && c.Row.Tool == "rcs_sender_create" {
		return &Refusal{
			Message:    "ownershipType is PUBLIC, and a public company names its stock: details.questionnaire.us.answers needs stockExchange and stockSymbol",
			Resolution: "ask the person for both, or leave ownershipType out until they are known: the answers are needed for the launch, not now",
			Info:       map[string]any{"missing": []string{"details.questionnaire.us.answers.stockExchange", "details.questionnaire.us.answers.stockSymbol"}},
		}
	}
	if form := jsonvalue.Text(answers, "legalForm"); answers["ownershipType"] == "PUBLIC" && form != "" && form != "CORPORATION" {
		return &Refusal{
			Message:    fmt.Sprintf("details.questionnaire.us.answers.legalForm is %s, and a PUBLIC company is a CORPORATION", form),
			Resolution: "ask the person for the company's legal form, and whether it is PUBLIC or PRIVATE",
			Info:       map[string]any{"legalForm": form, "allowed": []string{"CORPORATION"}},
		}
	}
	if id := jsonvalue.Text(answers, "taxId"); answers["taxIdCountry"] == "US" && id != "" && !usTaxID.MatchString(id) {
		return &Refusal{
			Message:    "details.questionnaire.us.answers.taxId is no US tax id: two digits, a hyphen, seven digits",
			Resolution: "ask the person for the company's tax id, such as 12-3456789, or for the country of the one that they gave (taxIdCountry)",
			Info:       map[string]any{"allowed": "NN-NNNNNNN"},
		}
	}
	if country := jsonvalue.Text(answers, "taxIdCountry"); country != "" && country != "US" && !jsonvalue.IsEmpty(answers["addressState"]) {
		c.Warn("details.questionnaire.us.answers.addressState is ignored: taxIdCountry is " + country)
	}
	first := catalog.FirstUSQuestionnaire(answers)
	switch version := c.Args["usQuestionnaireVersion"]; {
	case version == "v1" && !first && answers["ownershipType"] != nil:
		c.Warn("usQuestionnaireVersion is v1, and the answers look like those of v2: the API judges")
	case version == "v2" && first:
		c.Warn("usQuestionnaireVersion is v2, and the answers look like those of v1: the API judges")
	}
	return nil
}

// usTaxID is the form of a taxId where taxIdCountry is US.
var usTaxID = regexp.MustCompile(`^[0-9]{2}-[0-9]{7}$`)

// brandContacts are the lists of a brand, and what tells their items apart.
var brandContacts = []struct{ list, by string }{{"emails", "address"}, {"phones", "number"}, {"websites", "url"}}

func brandUnique(_ context.Context, _ *Guard, c *Call) *Refusal {
	var twice []string
	for _, contact := range brandContacts {
		seen := map[string]bool{}
		for i, item := range jsonvalue.Objects(c.Args, "details.brand."+contact.list) {
			value := jsonvalue.Text(item, contact.by)
			if value != "" && seen[value] {
				twice = append(twice, fmt.Sprintf("details.brand.%s[%d].%s", contact.list, i, contact.by))
			}
			seen[value] = true
		}
	}
	if twice == nil {
		return nil
	}
	return &Refusal{
		Message:    "named twice: " + strings.Join(twice, ", "),
		Resolution: "name each email, phone and website once",
		Info:       map[string]any{"twice": twice},
	}
}

// phoneNumber is E.164: a plus sign, and a country code, which begins with no 0
// ("E.164 form, plus sign included": deleteTestNumber, 1.2.117).
var phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{5,14}$`)

func testNumberForm(_ context.Context, _ *Guard, c *Call) *Refusal {
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
		Message:    fmt.Sprintf("no phone numbers in E.164 form: %q", wrong),
		Resolution: "give each number as a plus sign, the country's code and the digits, without blanks and without the 0 that calls within the country begin with, such as +15550100; ask the person for the country where it is not clear",
		Info:       map[string]any{"wrong": wrong},
	}
	if jsonvalue.Text(c.Args, "testNumber") != "" {
		// An INVALID number may stand there in a form that this call never takes.
		r.Resolution += "; one that the sender lists in another form may go with rcs_sender_update, which takes the whole list (details.testNumbers)"
		r.Next = []catalog.Next{readRcsSender.next(c, "see the test numbers as the sender has them")}
	}
	return r
}

// givenNumbers are the test numbers that the call names, wherever they stand.
func givenNumbers(c *Call) []string {
	numbers := slices.Concat(jsonvalue.Texts(c.Args, "testNumbers"), jsonvalue.Texts(c.Args, "details.testNumbers"))
	if one := jsonvalue.Text(c.Args, "testNumber"); one != "" {
		numbers = append(numbers, one)
	}
	return numbers
}

// maxInvitations is how many invitations Google sends for a sender in a day.
const maxInvitations = 20

func testNumber(c *Call, s seen) *Refusal {
	sender := s["rcs_sender_get"]
	states := map[string]string{}
	for _, n := range jsonvalue.Objects(sender, "testNumberStates") {
		states[jsonvalue.Text(n, "number")] = jsonvalue.Text(n, "state")
	}
	numbers := givenNumbers(c)
	if one := jsonvalue.Text(c.Args, "testNumber"); one != "" {
		// An answer without states does not tell that there are no numbers.
		if _, known := states[one]; !known && sender["testNumberStates"] != nil {
			return &Refusal{
				Message:    fmt.Sprintf("%s is not a test number of the sender", one),
				Resolution: "name one of its test numbers, in E.164 form with the plus sign, or add it first",
				Info:       map[string]any{"testNumbers": slices.Sorted(maps.Keys(states))},
				Next: []catalog.Next{
					{Do: "add it, when its owner agrees", Tool: "rcs_test_number_add", Args: map[string]any{"senderId": c.Args["senderId"], "testNumbers": []string{one}}, Needs: []string{}},
				},
			}
		}
	}
	if c.Row.Tool == "rcs_test_number_delete" {
		return nil
	}
	if len(numbers) > maxInvitations {
		c.Warn(fmt.Sprintf("%d numbers at once: a sender may send %d invitations a day, 200 in all", len(numbers), maxInvitations))
	}
	for _, number := range numbers {
		switch states[number] {
		case "VERIFIED":
			c.Warn(number + " was VERIFIED: it is UNVERIFIED again until its owner accepts the new invitation")
		case "DECLINED":
			c.Warn(number + " is DECLINED: the API refuses a number whose owner declined the invitation")
		}
	}
	return nil
}

var rcsSummaries = []Summary{
	{Tool: "rcs_sender_launch", Reads: []Read{readRcsSender}, text: askLaunch},
	{Tool: "rcs_test_number_delete", Reads: []Read{readRcsSender}, text: askTestNumberDelete},
}

func askLaunch(_ map[string]any, answers seen) sentences {
	sender := answers.of(readRcsSender)
	status := map[string]string{}
	for _, one := range jsonvalue.Objects(sender, "countryStatus") {
		status[jsonvalue.Text(one, "country")] = jsonvalue.Text(one, "status")
	}
	details := jsonvalue.Object(sender, "details")
	var countries []string
	for _, country := range jsonvalue.Texts(details, "countries") {
		shown := Word(country)
		if now := status[country]; now != "" && now != "NOT_LAUNCHED" {
			shown += " (" + Word(now) + ")"
		}
		countries = append(countries, shown)
	}
	facts := fmt.Sprintf("It is %s now, and is launched in %s: %s.", Word(jsonvalue.Text(sender, "state")), count(len(countries), "country", "countries"), listed(countries, 3*maxListed))
	if jsonvalue.IsEmpty(jsonvalue.Field(details, "questionnaire.general.answers.videoUris")) {
		facts += "\nThe questionnaire names no video: the launch waits in PREPARING_LAUNCH until Sinch has added one."
	}
	if later := laterCountries(sender); later != "" {
		facts += "\n" + later
	}
	return sentences{
		ask:    "Launch the RCS sender",
		name:   nameOf(details, "brand.name"),
		effect: "It is submitted to Google and the carriers, and can't be withdrawn; afterwards only its countries can be changed.",
		facts:  facts,
	}
}

func askTestNumberDelete(args map[string]any, answers seen) sentences {
	sender := answers.of(readRcsSender)
	state := ""
	others := 0
	for _, n := range jsonvalue.Objects(sender, "testNumberStates") {
		if n["number"] == args["testNumber"] {
			state = jsonvalue.Text(n, "state")
		} else {
			others++
		}
	}
	name := Name(jsonvalue.Text(args, "testNumber"))
	if brand := nameOf(sender, "details.brand.name"); brand != "" {
		name += " from the RCS sender " + brand
	}
	return sentences{
		ask:    "Remove the test number",
		name:   name,
		effect: "To test again, the number must be invited again, and its owner must accept again.",
		facts:  fmt.Sprintf("It is %s. The sender keeps %s.", Word(or(state, "UNKNOWN")), count(others, "other test number", "other test numbers")),
	}
}
