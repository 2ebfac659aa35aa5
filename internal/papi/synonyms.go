package papi

// nameSynonyms are the names that other messaging APIs, and people, use for a name
// of this one, as normalizeName writes them.
var nameSynonyms = map[string][]string{
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

// valueSynonyms are the values that other messaging APIs use, and the values of this
// one that they may mean: which of them, the list of allowed values decides.
var valueSynonyms = map[string]string{
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
