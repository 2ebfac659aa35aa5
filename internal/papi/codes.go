package papi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// What a list of fixed values holds is told by its own values.

func areLanguages(values []string) bool { return slices.Contains(values, "PT_BR") }

// areCountries tells lists of countries from those of regions (EU is one) and
// of the states of the US.
func areCountries(values []string) bool {
	return slices.Contains(values, "GB") && areCodes(values)
}

var codeForm = regexp.MustCompile(`^[A-Z]{2,3}$`)

func areCodes(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !codeForm.MatchString(v) && v != "UNRECOGNIZED" })
}

// languagesFor returns the languages of a list that a code of ISO 639 or a tag
// of BCP 47 may mean, old and three-letter codes too: iw is HE, de_AT is DE,
// zh is one of three. A code that is no language's may be that of a country,
// as jp is.
func languagesFor(given string, values []string) []string {
	tag, err := language.All.Parse(strings.ReplaceAll(given, " ", "-"))
	if err != nil && len(given) == 2 {
		tag, err = spokenIn(given)
	}
	base, sure := tag.Base()
	if err != nil || sure < language.High {
		return nil
	}
	name := strings.ToUpper(base.String())
	if base.String() == "no" {
		name = "NB" // Norwegian is Bokmål where nothing else is said
	}
	region, regionSure := tag.Region()
	if exact := name + "_" + region.Canonicalize().String(); regionSure == language.Exact && slices.Contains(values, exact) {
		return []string{exact}
	}
	if slices.Contains(values, name) {
		return []string{name}
	}
	script, scriptSure := tag.Script()
	var all []string
	for _, v := range values {
		if !strings.HasPrefix(v, name+"_") {
			continue
		}
		written, _ := language.Make(v).Script()
		if (regionSure == language.Exact || scriptSure == language.Exact) && written != script {
			continue
		}
		all = append(all, v)
	}
	return all
}

// ofOneLanguage are the countries whose code people write for their language, and
// which have one that is beyond doubt: KZ, which may mean Kazakh or Russian, is
// none of them.
const ofOneLanguage = "AL AT CN CZ DK GB GE GR HK IL IR JP MX RS UA US VN"

// spokenIn is the language of a country.
func spokenIn(country string) (language.Tag, error) {
	if !slices.Contains(strings.Fields(ofOneLanguage), strings.ToUpper(country)) {
		return language.Und, fmt.Errorf("%s is no country of one language", country)
	}
	region, err := language.ParseRegion(country)
	if err != nil {
		return language.Und, err
	}
	return language.Compose(language.Und, region.Canonicalize())
}

// countryFor returns the country of a list that another code of ISO 3166 means:
// UK and GBR are GB.
func countryFor(given string, values []string) []string {
	given = strings.TrimSpace(given)
	if strings.EqualFold(given, "EL") { // as the European Union writes Greece
		given = "GR"
	}
	region, err := language.ParseRegion(given)
	if err != nil {
		return nil
	}
	if found := region.Canonicalize().String(); slices.Contains(values, found) {
		return []string{found}
	}
	return nil
}

// otherNames are what other APIs of the field, and people, call a name of this
// one, in letters alone.
var otherNames = map[string][]string{
	"examples": {"example", "bodytext", "headertext", "headerhandle", "samples", "bodytextnamedparams"},
	"target":   {"url", "uri", "callbackurl", "callback", "webhookurl", "endpoint", "targeturl"},
	"triggers": {"events", "eventtypes", "subscriptions", "topics"},
	"language": {"lang", "locale", "languagecode"},
	"senderId": {"id", "uuid"}, "webhookId": {"id", "uuid"}, "bundleId": {"id", "uuid"}, "smsAppId": {"id", "uuid", "appid"}, "solutionId": {"id"}, "flowId": {"id"},
	"plusFriendId":      {"id", "senderid", "pfid", "channelid", "searchid", "kakaochannelid"},
	"templateCode":      {"id", "code", "templateid", "kakaotemplatecode"},
	"tool":              {"name", "toolname"},
	"pageSize":          {"limit", "perpage", "maxresults", "count"},
	"pageToken":         {"cursor", "nextpagetoken", "next", "after"},
	"secret":            {"secretkey", "signingkey", "signingsecret", "hmackey", "webhooksecret"},
	"convApiAppId":      {"conversationappid", "conversationapiappid", "convappid"},
	"gb":                {"uk"},
	"languageCode":      {"lang", "locale", "language", "templatelanguage"},
	"templateName":      {"name", "template"},
	"templateLanguage":  {"language", "languagecode", "lang"},
	"code":              {"otp", "pin", "otpcode", "verificationcode", "onetimecode"},
	"method":            {"codemethod", "channel", "verificationmethod"},
	"schemeIos":         {"linkios", "ioslink", "iosurl", "urlios", "iosscheme"},
	"schemeAndroid":     {"linkand", "linkandroid", "androidlink", "androidurl", "urlandroid", "androidscheme"},
	"linkMo":            {"linkmobile", "urlmobile", "mobilelink", "mobileurl", "linkm"},
	"linkPc":            {"linkweb", "urlpc", "pclink", "pcurl", "linkp"},
	"ordering":          {"order", "position", "index"},
	"content":           {"body", "templatecontent", "message", "text"},
	"logoUrl":           {"logo", "logoimage", "logouri", "icon"},
	"logoImage":         {"logo", "logourl", "logouri", "icon"},
	"bannerUrl":         {"banner", "bannerimage", "banneruri", "herouri", "hero", "heroimage", "herourl"},
	"photoUrl":          {"photo", "profilepicture", "profilepictureurl", "avatar", "logourl"},
	"privacyPolicyUrl":  {"privacy", "privacyurl", "privacypolicy", "privacypolicyuri"},
	"termsOfServiceUrl": {"terms", "termsurl", "tos", "termsandconditions", "termsandconditionsurl", "termsofservice", "termsofserviceuri", "termsconditions", "termsandconditionsuri"},
	"number":            {"phone", "phonenumber", "msisdn"},
	"address":           {"email", "mail", "emailaddress"},
	"url":               {"link", "uri", "href", "website"},
	"emails":            {"email"}, "phones": {"phone", "phonenumbers"}, "websites": {"website"},
	"vertical":                {"businesscategory", "category", "industry"},
	"businessCategory":        {"vertical", "category", "industry"},
	"clientBusinessManagerId": {"businessmanagerid", "businessid", "bmid", "metabusinessid", "clientbusinessid"},
	"messageSendTtlSeconds":   {"ttl", "messagettl", "ttlseconds"},
}

// otherValues are what other APIs of the field call the values of this one: one
// or more of them, as the list that they stand in decides.
var otherValues = map[string]string{
	// Meta's older categories of templates, and what people call them
	"TRANSACTIONAL": "UTILITY", "OTP": "AUTHENTICATION", "ACCOUNT_UPDATE": "UTILITY", "AUTH": "AUTHENTICATION", "PROMOTIONAL": "MARKETING", "PROMOTION": "MARKETING PROMOTIONAL",
	// its headers and buttons
	"IMG": "IMAGE", "PHOTO": "IMAGE", "PICTURE": "IMAGE", "DOC": "DOCUMENT", "FILE": "DOCUMENT", "PDF": "DOCUMENT APPLICATION/PDF",
	"CALL": "PHONE_NUMBER VOICE", "WEBSITE": "URL WEB_LINK", "LINK": "URL", "OFFER_CODE": "COPY_CODE", "COUPON_CODE": "COPY_CODE",
	// KakaoTalk's codes of buttons and messages
	"WL": "WEB_LINK", "AL": "APP_LINK", "DS": "DELIVERY_SEARCH", "BK": "BOT_KEYWORD", "MD": "MESSAGE_DELIVERY",
	"BC": "BOT_FOR_CONSULTATION", "BT": "BOT_TRANSFER", "AC": "CHANNEL_ID_ADDED", "BF": "BUSINESS_FORM",
	"BA": "BASIC", "EX": "EXTRA_INFORMATION", "AD": "AD_INCLUDED", "MI": "MIXED",
	// Meta's business categories
	"EDU": "EDUCATION", "GOVT": "PUBLIC_SERVICE", "HEALTH": "MEDICAL_AND_HEALTH", "HOTEL": "HOTEL_AND_LODGING", "GROCERY": "FOOD_AND_GROCERY",
	"AUTO": "AUTOMOTIVE", "APPAREL": "CLOTHING_AND_APPAREL", "FINANCE": "FINANCE_AND_BANKING", "NONPROFIT": "NON_PROFIT",
	"RETAIL": "SHOPPING_AND_RETAIL", "TRAVEL": "TRAVEL_AND_TRANSPORTATION", "BEAUTY": "BEAUTY_SPA_SALON", "PROF_SERVICES": "PROFESSIONAL_SERVICES",
	"EVENT_PLAN": "EVENT_PLANNING_AND_SERVICE", "ENTERTAIN": "ENTERTAINMENT",
	// kinds of files
	"IMAGE/JPG": "IMAGE/JPEG", "VIDEO/3GPP": "VIDEO/3GP",
	// ways to send a code, and regions
	"TEXT": "SMS", "TEXT_MESSAGE": "SMS", "PHONE_CALL": "VOICE", "EUROPE": "EU", "BRAZIL": "BR", "USA": "US", "UNITED_STATES": "US",
}
