package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// What a launch of an RCS sender needs: a state that allows it, and what the
// contract's schemas mark as needed at launch (1.2.117).

// Need says what a launch makes of a value of an RCS sender.
type Need string

// The needs.
const (
	// NeedRequired: without it the launch is refused.
	NeedRequired Need = "required"
	// NeedAsked: the questionnaire asks for it, and the contract does not mark it as
	// needed: the API decides.
	NeedAsked Need = "asked"
	// NeedAdvised: the launch takes place without it, and is better with it.
	NeedAdvised Need = "advised"
	// NeedOptional is everything else that is fixed by the launch.
	NeedOptional Need = "optional"
)

// LaunchValue is a value of an RCS sender that its launch freezes.
type LaunchValue struct {
	// Path is where it is given: details.brand.logoUrl.
	Path string
	Need Need
	// When is on what Need depends, and is not known yet: "taxIdCountry is US"; ""
	// for nothing.
	When string
	// Why says what happens without a value that is only advised.
	Why string
	// Given reports that the sender has it.
	Given bool
	// About is what the contract says of it: the question, or the form of an image.
	About string
}

// Launch is what a launch of an RCS sender needs.
type Launch struct {
	// State is the sender's, "" for one that does not exist yet.
	State string
	// Allowed reports that the state allows a launch, Waits that it does not, and ends
	// on its own, and Fixed that nothing but the countries can be changed.
	Allowed, Waits, Fixed bool
	// Values are those of the brand, of the general questions, of the verification and
	// of each country, in this order.
	Values []LaunchValue
	// Missing are the paths of what is required and not given, sorted, and Asked of
	// what is only asked for.
	Missing, Asked []string
	// Campaign is the version of the second US questionnaire that the answers
	// belong to, "" for the first or none.
	Campaign string
	// Countries are those of the launch, Later those that ask for answers of their own,
	// are not among them, and lack some of these answers: they can't follow, since a
	// launch freezes the answers.
	Countries, Later []string
}

// questions are the answers of a part of the questionnaire: its schema marks those
// that are needed, and asked are others that the questionnaire asks for.
type questions struct {
	schema string
	asked  []string
}

// brandSchema has the brand's fields.
const brandSchema = "RcsSenderDetailsBrandInputDto"

// The parts that every sender answers, and those of a country, whose name is the
// country's in small letters. The US part depends on its version.
var (
	everyPart   = []string{"general", "verification"}
	launchParts = map[string]questions{
		"general":      {schema: "RcsSenderDetailsQuestionnaireGeneralAnswersInputDto"},
		"verification": {schema: "RcsSenderDetailsQuestionnaireVerificationAnswersInputDto"},
	}
	countryAsks = map[string]questions{
		"GB": {schema: "RcsSenderDetailsQuestionnaireGBAnswersInputDto", asked: []string{"companyRegistrationNumber", "fullCompanyAddress", "messagesFrequency"}},
		"FR": {schema: "RcsSenderDetailsQuestionnaireFRAnswersInputDto", asked: []string{"fullCompanyAddress", "siren"}},
	}
	usFirst = questions{schema: "RcsSenderDetailsQuestionnaireUSAnswersInputDto", asked: []string{"fullCompanyAddress"}}
)

// mostlyIgnored are answers that the API ignores where they are not asked for: those of
// resellers, and of companies with a US tax id.
var mostlyIgnored = []string{"partner", "addressState"}

// usFirstOnly are the answers that only the first US questionnaire has.
var usFirstOnly = []string{"ein", "fullCompanyAddress", "fullCompanyAddressMetadata", "smsCampaign"}

// usSchemas are the complete answers of the second US questionnaire, by version.
var usSchemas = map[string]string{
	"US_PUBLIC":      "RcsUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"US_PRIVATE":     "RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"NON_US_PUBLIC":  "RcsNonUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"NON_US_PRIVATE": "RcsNonUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
}

// VideoPath is where the videos for the reviewers are given.
const VideoPath = "details.questionnaire.general.answers.videoUris"

// launchAdvice says what happens without values that a launch does not need
// (launchSender and the defaults of its schemas, 1.2.117).
var launchAdvice = map[string]string{
	"details.brand.name":   "else it is called RCS Sender",
	"details.brand.phones": "a phone and an email are better than one of them",
	"details.brand.emails": "a phone and an email are better than one of them",
	VideoPath:              "else the launch waits until Sinch has produced one",
}

// ContactPath is the one requirement that two values meet.
const ContactPath = "details.brand.phones or details.brand.emails"

// NewLaunch says what a launch of an RCS sender, as rcs_sender_get shows it, needs.
// The guard's refusal of a launch, its question to the person, the steps after a read
// of the sender, and rcs_sender_readiness come from it.
func NewLaunch(sender map[string]any) *Launch {
	l := &Launch{State: jsonvalue.Text(sender, "state"), Countries: jsonvalue.Texts(sender, "details.countries")}
	l.Allowed = catalog.RcsSenderLaunch.AllowsState(l.State)
	l.Waits = !l.Allowed && catalog.LookupResource("rcs_sender").At(l.State, "").Class == catalog.Pending
	l.Fixed = l.State != "" && !catalog.RcsSenderUpdate.AllowsState(l.State)

	l.add(LaunchValue{Path: "details.countries", Need: NeedRequired, Given: len(l.Countries) > 0, About: "where to launch, such as SE"})
	brand := jsonvalue.Object(sender, "details.brand")
	l.brand(brand)
	questionnaire := jsonvalue.Object(sender, "details.questionnaire")
	for _, name := range everyPart {
		l.part(questionnaire, name, launchParts[name], slices.Contains(l.Countries, "US"))
	}
	for _, country := range l.Countries {
		l.country(questionnaire, country)
	}
	for _, country := range LaunchCountries() {
		if !slices.Contains(l.Countries, country) && CountryLacks(questionnaire, country) != nil {
			l.Later = append(l.Later, country)
		}
	}
	return l.sorted()
}

// Ready reports whether the launch can be made.
func (l *Launch) Ready() bool { return l.Allowed && len(l.Missing) == 0 }

// StateProblem says why the state does not allow the launch, "" where it does.
func (l *Launch) StateProblem() string {
	if l.Allowed {
		return ""
	}
	return fmt.Sprintf("state: %s, and only %s can be launched", papi.Echo(cmp.Or(l.State, "none")), strings.Join(catalog.RcsSenderLaunch.Live, ", "))
}

// HasVideo reports whether the reviewers are given a video: else Sinch adds one first.
func (l *Launch) HasVideo() bool {
	return slices.ContainsFunc(l.Values, func(v LaunchValue) bool { return v.Path == VideoPath && v.Given })
}

// CountryLacks is what the launch in one country lacks of the answers that the country
// asks for, nil for nothing.
func CountryLacks(questionnaire map[string]any, country string) *Launch {
	l := &Launch{}
	l.country(questionnaire, country)
	if country == "US" && l.Campaign != "" {
		if phone := verificationPhone(questionnaire); !phone.Given {
			l.add(phone)
		}
	}
	if len(l.Missing)+len(l.Asked) == 0 {
		return nil
	}
	return l.sorted()
}

// LaunchCountries are the countries that ask for answers of their own.
func LaunchCountries() []string { return append(slices.Sorted(maps.Keys(countryAsks)), "US") }

// FirstUSQuestionnaire reports whether US answers are of the first, deprecated
// questionnaire.
func FirstUSQuestionnaire(answers map[string]any) bool {
	return slices.ContainsFunc(usFirstOnly, func(key string) bool { return !jsonvalue.IsEmpty(answers[key]) })
}

// LaunchFits reports whether a step makes sense for a thing, which is an RCS sender where the
// step depends on its launch.
func LaunchFits(step catalog.Step, thing any) bool {
	if step.Launch == "" {
		return true
	}
	sender, _ := thing.(map[string]any)
	lacks := len(NewLaunch(sender).Missing) > 0
	return lacks == (step.Launch == catalog.LaunchLacks)
}

// GroupPaths writes paths that differ in their last name once: a.b and a.c as
// a.{b, c}.
func GroupPaths(paths []string) []string {
	names := map[string][]string{}
	for _, path := range paths {
		at := strings.LastIndex(path, ".")
		names[path[:at]] = append(names[path[:at]], path[at+1:])
	}
	var joined []string
	for _, before := range slices.Sorted(maps.Keys(names)) {
		inside := strings.Join(names[before], ", ")
		if len(names[before]) > 1 {
			inside = "{" + inside + "}"
		}
		joined = append(joined, before+"."+inside)
	}
	return joined
}

func (l *Launch) add(v LaunchValue) {
	if v.Need == NeedOptional && launchAdvice[v.Path] != "" {
		v.Need, v.Why = NeedAdvised, launchAdvice[v.Path]
	}
	l.Values = append(l.Values, v)
	switch {
	case v.Given || v.When != "":
	case v.Need == NeedRequired:
		l.Missing = append(l.Missing, v.Path)
	case v.Need == NeedAsked:
		l.Asked = append(l.Asked, v.Path)
	}
}

func (l *Launch) sorted() *Launch {
	slices.Sort(l.Missing)
	slices.Sort(l.Asked)
	return l
}

// brand adds the fields of the brand. One of two contacts is required, and the other
// is advised.
func (l *Launch) brand(brand map[string]any) {
	schema := papi.LookupSchema(brandSchema)
	hasContact := !jsonvalue.IsEmpty(brand["phones"]) || !jsonvalue.IsEmpty(brand["emails"])
	if !hasContact {
		l.add(LaunchValue{Path: ContactPath, Need: NeedRequired, About: "one of the two; both are better"})
	}
	needed := schema.NeededAtLaunch()
	for _, name := range schema.Order() {
		isContact := name == "phones" || name == "emails"
		if isContact && !hasContact {
			continue
		}
		l.add(valueOf(schema, "details.brand.", name, brand, needed, nil))
	}
}

// part adds the answers of a part of the questionnaire, in a launch in the US or not.
func (l *Launch) part(questionnaire map[string]any, name string, q questions, us bool) {
	path := name + ".answers"
	answers, schema := jsonvalue.Object(questionnaire, path), papi.LookupSchema(q.schema)
	needed := schema.NeededAtLaunch()
	for _, key := range schema.Order() {
		property := schema.Properties[key].Resolve()
		v := valueOf(schema, "details.questionnaire."+path+".", key, answers, needed, q.asked)
		switch {
		case strings.HasSuffix(key, "Metadata"), v.Need == NeedOptional && !v.Given && (property.IsDeprecated() || slices.Contains(mostlyIgnored, key)):
			continue
		case us && name == "verification" && key == "phone":
			v = verificationPhone(questionnaire)
			if FirstUSQuestionnaire(jsonvalue.Object(questionnaire, "us.answers")) {
				v.Need = NeedOptional
			}
		}
		l.add(v)
	}
}

// verificationPhone is needed where the second US questionnaire is answered.
func verificationPhone(questionnaire map[string]any) LaunchValue {
	schema := papi.LookupSchema(launchParts["verification"].schema)
	return valueOf(schema, "details.questionnaire.verification.answers.", "phone", jsonvalue.Object(questionnaire, "verification.answers"), []string{"phone"}, nil)
}

func valueOf(schema *papi.Schema, path, name string, given map[string]any, needed, asked []string) LaunchValue {
	v := LaunchValue{Path: path + name, Need: NeedOptional, Given: !jsonvalue.IsEmpty(given[name]), About: schema.Properties[name].Resolve().Description}
	switch {
	case slices.Contains(needed, name):
		v.Need = NeedRequired
	case slices.Contains(asked, name):
		v.Need = NeedAsked
	}
	return v
}

// country adds the answers that a country asks for.
func (l *Launch) country(questionnaire map[string]any, country string) {
	if country != "US" {
		if asks, ok := countryAsks[country]; ok {
			l.part(questionnaire, strings.ToLower(country), asks, false)
		}
		return
	}
	answers := jsonvalue.Object(questionnaire, "us.answers")
	if FirstUSQuestionnaire(answers) {
		l.part(questionnaire, "us", usFirst, true)
		return
	}
	l.Campaign = usCampaign(answers)
	l.part(questionnaire, "us", questions{schema: usSchemas[l.Campaign]}, true)
	l.conditions(answers)
}

// conditions adds to the US answers those that depend on answers which are not known
// yet, instead of the optional ones of the same name.
func (l *Launch) conditions(answers map[string]any) {
	least := papi.LookupSchema(usSchemas["NON_US_PRIVATE"])
	for _, c := range []struct{ answer, when, version string }{
		{"taxIdCountry", "taxIdCountry is US", "US_PRIVATE"},
		{"ownershipType", "ownershipType is PUBLIC", "NON_US_PUBLIC"},
	} {
		if !jsonvalue.IsEmpty(answers[c.answer]) {
			continue
		}
		more := papi.LookupSchema(usSchemas[c.version])
		for _, name := range more.Required {
			v := valueOf(more, "details.questionnaire.us.answers.", name, answers, more.Required, nil)
			if slices.Contains(least.Required, name) || v.Given {
				continue
			}
			l.Values = slices.DeleteFunc(l.Values, func(other LaunchValue) bool { return other.Path == v.Path })
			v.When = c.when
			l.add(v)
		}
	}
}

// usCampaign is the version that answers belong to. Without ownershipType or
// taxIdCountry it is the one that asks least: what every version asks.
func usCampaign(answers map[string]any) string {
	version := "NON_US_"
	if answers["taxIdCountry"] == "US" {
		version = "US_"
	}
	if answers["ownershipType"] == "PUBLIC" {
		return version + "PUBLIC"
	}
	return version + "PRIVATE"
}

// LaunchSample returns details of a sender that lack nothing for a launch in these
// countries, with values that are plausible and to be replaced.
func LaunchSample(countries []string) map[string]any {
	brand := sampleOf(papi.LookupSchema(brandSchema), func(name string) bool {
		return slices.Contains([]string{"description", "emails", "name", "phones"}, name)
	})
	questionnaire := map[string]any{}
	add := func(name string, q questions) {
		answers := sampleOf(papi.LookupSchema(q.schema), func(key string) bool {
			return slices.Contains(q.asked, key) || launchAdvice["details.questionnaire."+name+".answers."+key] != "" || name == "verification" && key == "phone" && slices.Contains(countries, "US")
		})
		questionnaire[name] = map[string]any{"answers": answers}
	}
	for _, name := range everyPart {
		add(name, launchParts[name])
	}
	for _, country := range countries {
		if asks, ok := countryAsks[country]; ok {
			add(strings.ToLower(country), asks)
		} else if country == "US" {
			add("us", questions{schema: usSchemas["US_PRIVATE"]})
		}
	}
	return map[string]any{"countries": countries, "brand": brand, "questionnaire": questionnaire}
}

// sampleOf is a sample of what a launch needs of an object, and of what else is chosen.
func sampleOf(schema *papi.Schema, chosen func(name string) bool) map[string]any {
	needed := schema.NeededAtLaunch()
	sample := map[string]any{}
	for name, property := range schema.Properties {
		if slices.Contains(needed, name) || chosen(name) {
			one := &papi.Schema{Type: papi.Types{"object"}, Required: []string{name}, Properties: map[string]*papi.Schema{name: property}}
			sample[name] = jsonvalue.Object(one.Sample(false), "")[name]
		}
	}
	return sample
}
