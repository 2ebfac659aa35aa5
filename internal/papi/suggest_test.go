package papi

import (
	"slices"
	"strings"
	"testing"
)

func TestNearestName(t *testing.T) {
	tools := []string{"webhook_list", "webhook_get", "webhook_create", "whatsapp_template_list"}
	fields := []string{"senderId", "templateName", "languageCode", "phoneNumber", "phoneNumberId", "ALL"}
	button := []string{"linkMo", "linkPc", "name", "ordering", "schemeAndroid", "schemeIos", "type"}
	otp := []string{"autofillText", "otpType", "packageName", "signatureHash", "supportedApps", "text", "type", "zeroTapTermsAccepted"}
	for _, tt := range []struct {
		name  string
		known []string
		want  string
	}{
		{"sender_id", fields, "senderId"}, {"SENDERID", fields, "senderId"}, {"sender-id", fields, "senderId"}, {"senderid", fields, "senderId"},
		{"langCode", fields, "languageCode"}, {"templatename", fields, "templateName"}, {"templteName", fields, "templateName"}, {"all", fields, "ALL"},
		{"locale", fields, "languageCode"}, {"phone_number", fields, "phoneNumber"},
		{"webhook", fields, ""}, {"", fields, ""}, {"id", fields, "senderId"}, {"id", []string{"projectId", "templateName"}, ""}, {"x", fields, ""}, {"phoneNumberProvider", fields, ""}, {strings.Repeat("senderId", 100), fields, ""},
		{"webhook_lst", tools, "webhook_list"}, {"webhooks_list", tools, "webhook_list"}, {"list_webhooks", tools, "webhook_list"}, {"createWebhook", tools, "webhook_create"}, {"READONLY", []string{"READ_ONLY", "HTTP", "READ_ONLY"}, "READ_ONLY"}, {"READ_OLNY", []string{"READ_ONLY", "HTTP", "READ_ONLY"}, "READ_ONLY"}, {"webhook", tools, ""},
		{"linkIos", button, "schemeIos"}, {"linkAnd", button, "schemeAndroid"}, {"link_mo", button, "linkMo"}, {"urlMobile", button, "linkMo"}, {"url_pc", button, "linkPc"},
		{"buttonName", button, "name"}, {"buttonType", button, "type"}, {"link", button, ""}, {"scheme", button, ""}, {"chatExtra", button, ""},
		{"otp_type", otp, "otpType"}, {"autofill_text", otp, "autofillText"}, {"package_name", otp, "packageName"}, {"supported_apps", otp, "supportedApps"},
		{"zero_tap_terms_accepted", otp, "zeroTapTermsAccepted"}, {"signature_hash", otp, "signatureHash"},
		{"example", []string{"examples", "text", "type"}, "examples"}, {"body_text", []string{"examples", "text", "type"}, "examples"}, {"header_handle", []string{"examples", "format", "type"}, "examples"},
		{"businessManagerId", []string{"businessManager", "clientBusinessManagerId"}, "clientBusinessManagerId"}, {"limit", []string{"pageSize", "pageToken"}, "pageSize"}, {"cursor", []string{"pageSize", "pageToken"}, "pageToken"},
		{"heroUri", []string{"bannerUrl", "logoUrl"}, "bannerUrl"}, {"phoneNumbers", []string{"phones", "emails"}, "phones"}, {"uk", []string{"gb", "us", "fr"}, "gb"}, {"secretKey", []string{"secret", "target"}, "secret"},
		{"url", []string{"secret", "target", "triggers"}, "target"}, {"events", []string{"secret", "target", "triggers"}, "triggers"},
	} {
		if got := Nearest(tt.name, tt.known); got != tt.want {
			t.Errorf("%q of %v: %q, want %q", tt.name, tt.known, got, tt.want)
		}
	}
	if got := Nearest("x", nil); got != "" {
		t.Errorf("the nearest of none is %q", got)
	}
}

func enumOf(schema string) []string { return toStrings(LookupSchema(schema).Resolve().Values()) }

// For an unknown language, only one that a code of BCP 47 or ISO 639 means is
// suggested: a template in a wrong language can't be undone for a month.
func TestNearestLanguage(t *testing.T) {
	for want, codes := range map[string]string{
		"ZH_CN, ZH_HK, ZH_TW": "zh ZH zho chi cmn",
		"ZH_CN":               "zh_Hans zh-Hans-CN zh_SG cn",
		"ZH_HK, ZH_TW":        "zh-Hant zh_MO",
		"ZH_TW":               "zh-Hant-TW",
		"ZH_HK":               "zh-Hant-HK",
		"PT_BR, PT_PT":        "pt PT por pt_AO",
		"DE":                  "de_DE de-AT DE_CH deu ger",
		"FR":                  "fr_FR fr-CA fra fre", "NB": "nb_NO no no_NO nor nob", "JA": "ja_JP jpn jp", "KO": "ko_KR KO-KR kor",
		"HE": "he_IL iw iw_IL heb", "EL": "el_GR ell gre gr", "ID": "id_ID in in_ID ind", "FIL": "tl tl_PH fil_PH tgl",
		"SR": "sr_RS sr-Latn sr-Cyrl-RS sh", "RO": "ro_RO mo ron rum", "CS": "cs_CZ cz ces cze", "DA": "da_DK dk dan", "UK": "uk_UA ukr ua",
		"ES": "es_CO es-419 es_LA spa", "EN": "eng en_AU en-IN EN_CA", "EN_GB": "en_UK en-uk gb", "EN_US": "us en_US_POSIX",
		"KY_KG": "ky kir", "RW_RW": "rw kin", "NL": "nl_BE dut nld", "FA": "fa_IR per pes fas", "MS": "ms_MY zsm may", "SW": "sw_KE swa",
		"": "xx XX zz q german english en_de_fr nn ji yi prs_AF kr se 123 zh_ a- kz ac cd md tz ke pk ch be lu",
	} {
		for given := range strings.FieldsSeq(codes) {
			for _, schema := range []string{"WhatsappInputTemplateLanguagesEnum", "WhatsappTemplateLanguagesEnum", "KakaotalkInputTemplateLanguagesEnum"} {
				if got := nearestValue(given, enumOf(schema)); got != want {
					t.Errorf("%s in %s: %q, want %q", given, schema, got, want)
				}
			}
		}
	}
}

// Each language of the list is found by its own code in all spellings.
func TestCanonicalLanguage(t *testing.T) {
	values := enumOf("WhatsappInputTemplateLanguagesEnum")
	for _, v := range values {
		for _, given := range []string{v, " " + v + "\n", strings.ToLower(v), strings.ReplaceAll(v, "_", "-"), strings.ToLower(strings.ReplaceAll(v, "_", "-"))} {
			if got := CanonicalValue(given, values); got != v {
				t.Errorf("%s is taken as %q", given, got)
			}
		}
	}
	for _, given := range []string{"zh", "pt", "de_DE", "iw", "en_UK", "ua", "", "E"} {
		if got := CanonicalValue(given, values); got != "" {
			t.Errorf("%s is taken as %s, which it need not mean", given, got)
		}
	}
}

func TestNearestCountry(t *testing.T) {
	for _, tt := range []struct{ schema, given, want string }{
		{"RcsInputRcsCountryCodesEnum", "UK", "GB"}, {"RcsInputRcsCountryCodesEnum", "USA", "US"}, {"RcsInputRcsCountryCodesEnum", "GBR", "GB"}, {"RcsInputRcsCountryCodesEnum", "DEU", "DE"}, {"RcsInputRcsCountryCodesEnum", "EL", "GR"},
		{"RcsInputRcsCountryCodesEnum", "EN", ""}, {"RcsInputRcsCountryCodesEnum", "IE", ""}, {"RcsInputRcsCountryCodesEnum", "GERMANY", ""}, {"RcsInputRcsCountryCodesEnum", "+44", ""},
		{"RcsInputCountryCodesNonUsEnum", "US", ""}, {"RcsInputCountryCodesNonUsEnum", "USA", ""}, {"RcsInputCountryCodesUsEnum", "GB", ""},
		{"WhatsappSenderInputMetaLocalStoragesEnum", "UK", "GB"}, {"WhatsappSenderInputMetaLocalStoragesEnum", "FR", ""}, {"WhatsappSenderInputMetaLocalStoragesEnum", "IND", "IN"},
		{"RcsUsStatesEnum", "DEU", ""}, {"RcsUsStatesEnum", "UK", ""}, {"RcsInputSenderRegionsEnum", "UK", ""}, {"RcsInputSenderRegionsEnum", "UE", ""}, {"RcsInputSenderRegionsEnum", "europe", "EU"}, {"RcsInputSenderRegionsEnum", "USA", "US"},
	} {
		values := LookupSchema(tt.schema).Resolve()
		if got := nearestValue(tt.given, toStrings(values.enumValues())); got != tt.want {
			t.Errorf("%s in %s: %q, want %q", tt.given, tt.schema, got, tt.want)
		}
	}
	countries := enumOf("RcsInputRcsCountryCodesEnum")
	if CanonicalValue("UK", countries) != "GB" || CanonicalValue("uk", countries) != "GB" || CanonicalValue("gb", countries) != "GB" || CanonicalValue("USA", countries) != "" {
		t.Error("of other codes UK alone is certain")
	}
	if got := CanonicalValue("UK", enumOf("RcsUsStatesEnum")); got != "" {
		t.Errorf("UK is the state of %s", got)
	}
}

func TestNearestValue(t *testing.T) {
	for _, tt := range []struct{ schema, given, want string }{
		{"KakaotalkInputKakaoTalkTemplateEmphasizeTypeEnum", "TXT", ""}, {"KakaotalkInputKakaoTalkTemplateEmphasizeTypeEnum", "TEXT", "EMPHASIZE_TYPE_TEXT"},
		{"KakaotalkInputKakaoTalkButtonTypeEnum", "WL", "WEB_LINK"}, {"KakaotalkInputKakaoTalkButtonTypeEnum", "LINK", "APP_LINK, WEB_LINK"}, {"KakaotalkInputKakaoTalkTemplateMessageTypeEnum", "BA", "BASIC"},
		{"WhatsappTemplateInputCategoryEnum", "TRANSACTIONAL", "UTILITY"}, {"WhatsappTemplateInputCategoryEnum", "UTILITIES", "UTILITY"}, {"WhatsappTemplateInputCategoryEnum", "promo", ""},
		{"WhatsappSenderInputWhatsAppVerticalEnum", "RETAIL", "SHOPPING_AND_RETAIL"}, {"WhatsappSenderInputWhatsAppVerticalEnum", "PROF_SERVICES", "PROFESSIONAL_SERVICES"}, {"WhatsappSenderInputWhatsAppVerticalEnum", "GAMBLING", "ONLINE_GAMBLING, PHYSICAL_GAMBLING"},
		{"WhatsappInputMediaHeaderExampleSupportedMimeTypesEnum", "image/jpg", "IMAGE/JPEG"}, {"WhatsappInputMediaHeaderExampleSupportedMimeTypesEnum", "video/3gpp", "VIDEO/3GP"},
		{"WhatsappMediaHeaderComponentFormatEnum", "photo", "IMAGE"}, {"WhatsappMediaHeaderComponentFormatEnum", "PDF", "DOCUMENT"}, {"WhatsappTemplateInputCategoryEnum", "PROMOTIONAL", "MARKETING"},
		{"WebhookWebhookTriggersEnum", "TEMPLATE_APPROVED", "KAKAOTALK_TEMPLATE_APPROVED, WHATSAPP_TEMPLATE_APPROVED"}, {"WebhookWebhookTriggersEnum", "WHATSAPP", ""},
		{"WhatsappInputBidStrategiesEnum", "BID_STRATEGY_LOWEST_COST_WITH_BID_CAP", "LOWEST_COST_WITH_BID_CAP"},
		{"BundlesInputConversationAppConversationRetentionPolicyTypesEnum", "MESSAGE_EXPIRE", "MESSAGE_EXPIRE_POLICY"},
		{"RcsInputSenderUseCasesEnum", "MULTI_USE", "MULTIUSE"}, {"WhatsappSenderInputRegistrationMethodEnum", "CALL", "VOICE"},
		{"WhatsappSenderInputRegistrationMethodEnum", "SM", ""}, {"WhatsappSenderInputRegistrationMethodEnum", "MMS", ""}, // too short to guess
	} {
		if got := nearestValue(tt.given, toStrings(LookupSchema(tt.schema).Resolve().enumValues())); got != tt.want {
			t.Errorf("%s in %s: %q, want %q", tt.given, tt.schema, got, tt.want)
		}
	}
}

// A suggestion is always a value of the list.
func TestNearestIsOneOfTheList(t *testing.T) {
	for _, f := range families {
		for name, s := range f.load().schema {
			values := toStrings(s.Resolve().enumValues())
			for _, given := range []string{"UK", "en", "zh", "TEXT", "a", "OTHERS", "", strings.Repeat("x", 1000), "ё", "APPROVED_"} {
				if got := CanonicalValue(given, values); got != "" && !slices.Contains(values, got) {
					t.Errorf("%s: %q is taken as %q", name, given, got)
				}
				for part := range strings.SplitSeq(nearestValue(given, values), ", ") {
					if part != "" && !slices.Contains(values, part) {
						t.Errorf("%s: the nearest of %q is %q", name, given, part)
					}
				}
			}
		}
	}
}
