package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

func TestTheEdgesOfABody(t *testing.T) {
	const edge, adjacent, density = "wa_variable_edge", "wa_variable_adjacent", "wa_variable_density"
	checkCases(t, []lintCase{
		{rule: edge, name: "at the start", components: bodyOf("{{1}} is ready for you.", "a"), says: "details.components[0].text starts with a variable"},
		{rule: edge, name: "at the start, a comma behind", components: bodyOf("{{1}}, your order is ready.", "a"), says: "starts with a variable: "},
		{rule: edge, name: "at the end", components: bodyOf("Your order is {{1}}", "a"), says: "ends with a variable: write words after it"},
		{rule: edge, name: "blanks outside", components: bodyOf("Your order is {{1}} \n", "a"), says: "ends with a variable: write"},
		{rule: edge, name: "a wrong variable", components: bodyOf("Your order is {{name}}"), says: "ends with a variable"},
		{rule: edge, name: "a full stop behind", components: bodyOf("Your order is {{1}}.", "a"), says: `ends with a variable, with only "." after it`, severity: Likely},
		{rule: edge, name: "an emoji behind", components: bodyOf("Your order is {{1}} 🎉", "a"), says: "ends with a variable, with only", severity: Likely},
		{rule: edge, name: "bold at the start", components: bodyOf("*{{1}}* is ready for you.", "a"), says: "starts with a variable, with only", severity: Likely},
		{rule: edge, name: "a direction mark behind", language: "HE", components: bodyOf("ההזמנה היא {{1}}\u200f", "a"), says: "ends with a variable: write"},
		{rule: edge, name: "words outside", components: bodyOf("Hello {{1}}, thanks", "a")},
		{rule: edge, name: "no variable", components: bodyOf("Hello!")},
		{rule: edge, name: "a header may end so", components: with(headerOf("Refund for {{1}}"))},
		{rule: edge, name: "in a card", components: with(cardsOf(bodyOf("Only {{1}}", "a"))), says: "details.components[1].cards[0].components[0].text ends"},

		{rule: adjacent, name: "nothing between", components: bodyOf("Your order {{1}}{{2}} is here.", "a", "b"), says: "details.components[0].text has two variables with nothing between them"},
		{rule: adjacent, name: "a blank between", components: bodyOf("Your order {{1}} {{2}} is here.", "a", "b"), says: "nothing between"},
		{rule: adjacent, name: "a line between", components: bodyOf("Your order {{1}}\n{{2}} is here.", "a", "b"), says: "nothing between"},
		{rule: adjacent, name: "nothing that is seen between", components: bodyOf("Your order {{1}}\u200b\u00a0{{2}} is here.", "a", "b"), says: "nothing between"},
		{rule: adjacent, name: "each formatted", components: bodyOf("Your order *{{1}}* _{{2}}_ is here.", "a", "b"), says: "nothing between", severity: Likely},
		{rule: adjacent, name: "a range", components: bodyOf("Open from {{1}} ~ {{2}} today.", "8", "9")},
		{rule: adjacent, name: "a comma between", components: bodyOf("Your order {{1}}, {{2}} is here.", "a", "b")},
		{rule: adjacent, name: "one alone", components: bodyOf("Your order {{1}} is here.", "a")},

		{rule: density, name: "one word for one", components: bodyOf("Hello {{1}}", "a"), says: "has 1 word for 1 variable: write at least 3"},
		{rule: density, name: "two words", components: bodyOf("Hello {{1}}, thanks", "a"), says: "has 2 words"},
		{rule: density, name: "three words", components: bodyOf("Hello {{1}}, many thanks", "a")},
		{rule: density, name: "one twice is one", components: bodyOf("Hello {{1}}, many thanks, {{1}}", "a")},
		{rule: density, name: "a wrong one counts", components: bodyOf("Hello {{name}}, thanks"), says: "for 1 variable"},
		{rule: density, name: "Chinese", language: "ZH_CN", components: bodyOf("您好{{1}},您的包裹已经送到", "a")},
		{rule: density, name: "Thai", language: "TH", components: bodyOf("สวัสดีคุณ {{1}} ขอบคุณที่ใช้บริการของเรา", "a")},
		{rule: density, name: "Thai, too few", language: "TH", components: bodyOf("คุณ {{1}}", "a"), says: "has 1 word"},
	})
}

func TestPlainTexts(t *testing.T) {
	const head, foot, label, spacing, emoji = "wa_header_text", "wa_footer_text", "wa_button_text", "wa_body_spacing", "wa_emoji_many"
	footer := func(text string) string {
		raw, _ := json.Marshal(text)
		return with(`{"type": "FOOTER", "text": ` + string(raw) + `}`)
	}
	checkCases(t, []lintCase{
		{rule: head, name: "a line break", components: with(headerOf("One\nTwo")), says: "details.components[1].text has a line break, which a header can't have", corrected: "One Two"},
		{rule: head, name: "a line separator", components: with(headerOf("One\u2028Two")), says: "has a line break", corrected: "One Two"},
		{rule: head, name: "emoji", components: with(headerOf("On its way 🚚!")), says: "has emoji", corrected: "On its way !"},
		{rule: head, name: "a flag", components: with(headerOf("Now in 🇵🇹")), says: "has emoji", corrected: "Now in"},
		{rule: head, name: "a keycap", components: with(headerOf("Step 1️⃣")), says: "has emoji"},
		{rule: head, name: "bold", components: with(headerOf("*Your* order")), says: `has formatting such as "*Your*"`, corrected: "Your order"},
		{rule: head, name: "an asterisk", components: with(headerOf("Your order*")), says: "has an asterisk", corrected: "Your order"},
		{rule: head, name: "an asterisk that multiplies", components: with(headerOf("2 * 3 seats")), says: "has an asterisk", corrected: "2 × 3 seats"},
		{rule: head, name: "italic, struck, code", components: with(headerOf("_a_ ~b~ `c` ```d```")), says: "has formatting", corrected: "a b c d"},
		{rule: head, name: "all of it", components: with(headerOf("*Sale* 🎉\nnow")), says: "has a line break and emoji and formatting", corrected: "Sale now"},
		{rule: head, name: "signs of a text", components: with(headerOf("Order #4 & order_number ~5 © ™ 100% ✓ →"))},
		{rule: head, name: "another format", components: with(`{"type": "HEADER", "format": "LOCATION"}`)},
		{rule: foot, name: "a line break", components: footer("One\nTwo"), says: "which a footer can't have", corrected: "One Two"},
		{rule: foot, name: "emoji", components: footer("Bye 👋🏽"), says: "has emoji", corrected: "Bye"},
		{rule: foot, name: "bold", components: footer("*Bye*"), says: "has formatting", corrected: "Bye"},
		{rule: foot, name: "an asterisk of a note", components: footer("*Terms apply, 2*3 rooms")},
		{rule: foot, name: "bold in the middle", components: footer("By *Fern* and _Moss_"), says: "has formatting", corrected: "By Fern and Moss"},
		{rule: foot, name: "plain", components: footer("Reply STOP to opt out - it's free")},
		{rule: label, name: "emoji", components: with(buttonsOf(`{"type": "QUICK_REPLY", "text": "Yes 👍"}`)), says: "details.components[1].buttons[0].text has emoji", corrected: "Yes"},
		{rule: label, name: "in a card", components: with(cardsOf(buttonsOf(`{"type": "QUICK_REPLY", "text": "*Yes*"}`))), says: "cards[0].components[0].buttons[0].text has formatting"},
		{rule: label, name: "an asterisk", components: with(buttonsOf(`{"type": "QUICK_REPLY", "text": "Book 4* room"}`))},
		{rule: label, name: "plain", components: with(buttonsOf(`{"type": "QUICK_REPLY", "text": "Book now!"}`))},

		{rule: spacing, name: "three line breaks", components: bodyOf("One\n\n\nTwo"), says: "details.components[0].text has more than two line breaks in a row", corrected: "One\n\nTwo"},
		{rule: spacing, name: "blanks between them", components: bodyOf("One\r\n \r\n \nTwo"), says: "more than two line breaks", corrected: "One\n\nTwo"},
		{rule: spacing, name: "line separators", components: bodyOf("One\u2028\u2028\u2028Two"), says: "more than two line breaks", corrected: "One\n\nTwo"},
		{rule: spacing, name: "two line breaks", components: bodyOf("One\n\nTwo\n\nThree")},
		{rule: spacing, name: "a tab", components: bodyOf("One\tTwo"), says: "has a tab", severity: Likely, corrected: "One Two"},
		{rule: spacing, name: "five spaces", components: bodyOf("One     Two"), says: "more than four spaces", severity: Likely, corrected: "One Two"},
		{rule: spacing, name: "four spaces", components: bodyOf("One    Two")},
		{rule: spacing, name: "an example", components: bodyOf("Hello {{1}}, many thanks", "a\nb"), says: "details.components[0].examples[0] has a line break", severity: Likely, corrected: "a b"},
		{rule: spacing, name: "a footer has its own rule", components: footer("a\n\n\nb")},

		{rule: emoji, name: "eleven in MARKETING", components: bodyOf("Hello " + strings.Repeat("🎉", 11)), says: "details.components[0].text has 11 emoji; a template of MARKETING has at most 10"},
		{rule: emoji, name: "ten in MARKETING", components: bodyOf("Hello " + strings.Repeat("🎉", 10))},
		{rule: emoji, name: "families are one each", components: bodyOf("Hello " + strings.Repeat("👨‍👩‍👧 🇵🇹 ", 5))},
		{rule: emoji, name: "seven in UTILITY", category: utility, components: bodyOf("Hello " + strings.Repeat("✅", 7)), says: "UTILITY has at most 6"},
		{rule: emoji, name: "six in UTILITY", category: utility, components: bodyOf("Hello " + strings.Repeat("✅", 6))},
	})
}

func TestTheMixOfButtons(t *testing.T) {
	const order, mix, length, code, category, offer = "wa_button_order", "wa_button_mix", "wa_button_length", "wa_copy_code", "wa_component_category", "wa_offer_components"
	const (
		reply = `{"type": "QUICK_REPLY", "text": "Yes"}`
		open  = `{"type": "URL", "text": "Go", "url": "https://example.com"}`
		dial  = `{"type": "PHONE_NUMBER", "text": "Call", "phoneNumber": "+15550100"}`
		copy  = `{"type": "COPY_CODE", "examples": ["A1"]}`
		otp   = `{"type": "OTP", "otpType": "COPY_CODE", "text": "Copy"}`
		flow  = `{"type": "FLOW", "text": "Begin", "flowId": "1", "flowAction": "DATA_EXCHANGE"}`
		limit = `{"type": "LIMITED_TIME_OFFER", "text": "Soon over"}`
	)
	of := func(buttons ...string) string { return with(buttonsOf(buttons...)) }
	checkCases(t, []lintCase{
		{rule: order, name: "between", components: of(reply, open, reply), says: "details.components[1].buttons has other buttons among its quick replies"},
		{rule: order, name: "others between", components: of(open, reply, dial), says: "quick replies among", severity: Likely},
		{rule: order, name: "in a card", components: with(cardsOf(buttonsOf(open, reply, dial)))},
		{rule: order, name: "first", components: of(reply, reply, open, dial)},
		{rule: order, name: "last", components: of(open, dial, reply)},
		{rule: order, name: "the code of an offer", components: with(limit + `, ` + buttonsOf(open, copy)), says: "details.components[2].buttons[1] comes after another button", severity: Likely},
		{rule: order, name: "the code first", components: with(limit + `, ` + buttonsOf(copy, open))},

		{rule: mix, name: "three URLs", components: of(open, open, open), says: "details.components[1].buttons has 3 URL buttons; a template has at most 2"},
		{rule: mix, name: "two URLs", components: of(open, open)},
		{rule: mix, name: "two numbers", components: of(dial, dial), says: "has 2 PHONE_NUMBER buttons"},
		{rule: mix, name: "two codes", components: of(copy, copy), says: "has 2 COPY_CODE buttons"},
		{rule: mix, name: "eleven", components: of(strings.Split(strings.TrimSuffix(strings.Repeat(reply+"|", 11), "|"), "|")...), says: "has 11 buttons; a template has at most 10"},
		{rule: mix, name: "two flows", components: of(flow, flow), says: "has 2 FLOW buttons", severity: Likely},
		{rule: mix, name: "OTP in MARKETING", components: of(otp), says: "is an OTP button, which is for AUTHENTICATION templates", severity: Likely},
		{rule: mix, name: "OTP in AUTHENTICATION", category: authentication, components: of(otp)},
		{rule: mix, name: "another in AUTHENTICATION", category: authentication, components: of(otp, reply), says: "details.components[1].buttons[1] is a QUICK_REPLY button", severity: Likely},
		{rule: mix, name: "a code in UTILITY", category: utility, components: of(copy), says: "makes a template MARKETING", severity: Likely},
		{rule: mix, name: "a code in MARKETING", components: of(copy, reply)},

		{rule: length, name: "a long number", components: of(`{"type": "PHONE_NUMBER", "text": "Call", "phoneNumber": "+15550100155501001555"}`), says: "a phone number has at most 20"},
		{rule: length, name: "a number", components: of(dial)},
		{rule: length, name: "a long URL", components: of(`{"type": "URL", "text": "Go", "url": "https://example.com/` + strings.Repeat("a", 2000) + `"}`), says: "details.components[1].buttons[0].url has 2020 characters; a URL has at most 2000"},
		{rule: code, name: "too long", components: of(`{"type": "COPY_CODE", "examples": ["ABCDEFGHIJKLMNOP"]}`), says: "details.components[1].buttons[0].examples[0] is"},
		{rule: code, name: "a hyphen", components: of(`{"type": "COPY_CODE", "examples": ["AB-1"]}`), says: "letters and digits"},
		{rule: code, name: "a code", components: of(copy)},

		{rule: category, name: "a carousel in UTILITY", category: utility, components: with(cardsOf(bodyOf("a"))), says: "details.components[1] is a CAROUSEL, which only a MARKETING template has"},
		{rule: category, name: "an offer in UTILITY", category: utility, components: with(limit), says: "is a LIMITED_TIME_OFFER"},
		{rule: category, name: "in MARKETING", components: with(cardsOf(bodyOf("a")))},
		{rule: offer, name: "a footer", components: with(limit + `, {"type": "FOOTER", "text": "a"}, ` + buttonsOf(open)), says: "details.components[2] is a footer"},
		{rule: offer, name: "a text header", components: with(limit + `, ` + headerOf("a") + `, ` + buttonsOf(open)), says: "details.components[2].format is TEXT"},
		{rule: offer, name: "a long body", components: bodyOf(strings.Repeat("a", 601)) + `, ` + limit + `, ` + buttonsOf(open), says: "at most 600"},
		{rule: offer, name: "no URL", components: with(limit), says: "no URL button"},
		{rule: offer, name: "complete", components: with(limit + `, ` + buttonsOf(open))},
		{rule: offer, name: "no offer", components: with(`{"type": "FOOTER", "text": "a"}`)},
		{rule: "wa_carousel_cards", name: "one card", components: with(cardsOf(`{"type": "HEADER", "format": "IMAGE"}, ` + bodyOf("a"))), says: "details.components[1].cards has one card", severity: Likely},
	})
}

func TestAuthenticationTemplates(t *testing.T) {
	const rule = "wa_authentication_text"
	app := func(name, hash string) string {
		return `{"type": "BODY"}, ` + buttonsOf(`{"type": "OTP", "otpType": "ONE_TAP", "text": "Fill in", "supportedApps": [{"packageName": "`+name+`", "signatureHash": "`+hash+`"}]}`)
	}
	otp := `, ` + buttonsOf(`{"type": "OTP", "otpType": "COPY_CODE", "text": "Copy"}`)
	cases := []lintCase{
		{rule: rule, name: "complete", components: app("com.example", "AAAAAAAAAAA")},
		{rule: rule, name: "a hash", components: app("com.example", "AAAAAAAAAA"), says: "details.components[1].buttons[0].supportedApps[0].signatureHash has 10 characters"},
		{rule: rule, name: "a package", components: app("example", "AAAAAAAAAAA"), says: `packageName is "example"`},
		{rule: rule, name: "six apps", components: strings.Replace(app("com.example", "AAAAAAAAAAA"), `"supportedApps": [`, `"supportedApps": [`+strings.Repeat("{}, ", 5), 1), says: "has 6 apps; at most 5"},
		{rule: rule, name: "a header", components: `{"type": "BODY"}, ` + headerOf("Code") + otp, says: "details.components[1] is a HEADER"},
		{rule: rule, name: "a footer's text", components: `{"type": "BODY"}, {"type": "FOOTER", "text": "Bye"}` + otp, says: "details.components[1].text stays empty"},
		{rule: rule, name: "an expiry", components: `{"type": "BODY"}, {"type": "FOOTER", "codeExpirationMinutes": 90}` + otp},
		{rule: rule, name: "a long expiry", components: `{"type": "BODY"}, {"type": "FOOTER", "codeExpirationMinutes": 91}` + otp, says: "details.components[1].codeExpirationMinutes is 91"},
		{rule: rule, name: "no OTP button", components: `{"type": "BODY"}`, says: "details.components has no OTP button"},
	}
	for i := range cases {
		cases[i].category = authentication
	}
	checkCases(t, append(cases, lintCase{rule: rule, name: "in UTILITY", category: utility, components: bodyOf("Your code is here.")}))
}

func TestWhatLooksWrongInTexts(t *testing.T) {
	const link, left, personal = "wa_text_link", "wa_placeholder_left", "wa_example_personal"
	example := func(text string) string { return bodyOf("Hello {{1}}, many thanks", text) }
	cases := []lintCase{
		{rule: link, name: "wa.me", components: bodyOf("Write to https://wa.me/15550100 now"), says: "details.components[0].text has a link to wa.me"},
		{rule: link, name: "a shortener without a scheme", components: bodyOf("See BIT.LY/abc for more"), says: "has a link to bit.ly"},
		{rule: link, name: "a shortener in a button", components: with(buttonsOf(`{"type": "URL", "text": "Go", "url": "https://tinyurl.com/a"}`)), says: "details.components[1].buttons[0].url leads to tinyurl.com"},
		{rule: link, name: "a site of one's own", components: bodyOf("See https://example.com/wa.me or orbit.ly or t.co-op for more")},
		{rule: "wa_media_size", name: "a header", components: with(`{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "https://example.com/a.png"}]}`), says: "details.components[1].examples is not opened here: an image"},
		{rule: "wa_media_size", name: "a text", components: with(headerOf("a"))},
	}
	for text, found := range map[string]string{
		"Dear [Customer Name], your order is here": "[Customer Name]", "Dear [name]": "[name]", "Hallo [Vorname]": "[Vorname]", "On [insert date here]": "[insert date here]",
		"Dear <first name>": "<first name>", "TODO: write this": "TODO", "Lorem ipsum dolor": "Lorem ipsum", "Order XXXX is here": "XXXX", "Dear ______": "______", "Insert your text here": "Insert your text here", "From Your Company Name": "Your Company Name",
		"[Example Shop] Your order": "", "Press [1] for help": "", "Let us do it": "", "A to-do list": "", "Size XXL": "", "a < b and c > d": "", "Dear [[name]]": "", "Open the [side door] please": "",
	} {
		says := ""
		if found != "" {
			says = "has " + quote(found) + ", a placeholder"
		}
		cases = append(cases, lintCase{rule: left, name: text, components: bodyOf(text), says: says})
	}
	for text, found := range map[string]string{
		"ann.miller@mail.invalid": "an e-mail address", "4111 1111 1111 1111": "the number of a card", "+49 30 90182 4176": "a phone number", "030 9018 4176": "a phone number", "GB82 WEST 1234 5698 7654 32": "the number of a bank account",
		"https://shop.invalid/?mail=ann@mail.invalid": "an e-mail address",
		"ann@example.com": "", "+1 555 0100": "", "+1 (212) 555-0100": "", "4111 1111 1111 1112": "", "Ann": "", "2026-01-31": "", "12.50": "", "A-100234": "", "10:30": "", "1 234 567,00": "", "GB82 WEST 1234 5698 7654 33": "", "1Z999AA10123456784": "", "000000": "",
	} {
		says := ""
		if found != "" {
			says = "looks like " + found
		}
		cases = append(cases, lintCase{rule: personal, name: text, components: example(text), says: says})
	}
	checkCases(t, cases)
}

// The words that sell are found in the template's language, and only in UTILITY; what a
// bill, a refund or an employer says is not among them.
func TestPromotionalWords(t *testing.T) {
	var cases []lintCase
	for language, texts := range map[string]map[string]string{
		"EN_US": {
			"Get {{1}}% off your next order": "{{1}}% off", "Save 20 % today": "Save 20 %", "Save up to half": "Save up to", "Use the code {{1}} at checkout": "Use the code {{1}} at checkout", "Merry Christmas to you": "Merry Christmas",
			"The alarm starts at 20 % - off is 5 %": "", "Press save. Up to 3 files are kept": "", "Enjoy your stay! The discount was applied": "", "Enjoy a small\ndiscount": "Enjoy a small\ndiscount",
			"Shop now": "Shop now", "You left {{1}} in your cart": "left {{1}} in your cart", "The discount code that you used for the cancelled order is valid again": "", "A discount code for you": "discount code", "Your order now has a number": "", "A discount of 5% is on your bill": "", "Shipping is free of charge for your return": "", "Your refund of {{1}} is on its way": "", "The offer of employment is attached": "",
		},
		"DE":    {"15 % Rabatt auf unsere neue Kollektion": "15 % Rabatt auf unsere", "Jetzt kaufen": "Jetzt kaufen", "Exklusive Angebote für Sie": "Exklusive Angebote", "Der Rabatt ist in der Rechnung verrechnet": "", "19 % auf den Betrag": "", "Der eingelöste Rabattcode ist wieder gültig": "", "Ihr Rabattcode": "Rabattcode"},
		"ES_MX": {"Aprovecha nuestra oferta": "Aprovecha", "Código de descuento": "Código de descuento", "El descuento de su nómina": "", "El cupón de descuento utilizado está disponible otra vez": "", "Su cupón de descuento": "cupón de descuento", "Promoción del alumno": ""},
		"PT_BR": {"Use o cupom": "Use o cupom", "Promoção imperdível": "imperdível", "O cupom fiscal da compra": "", "O cupom de desconto usado voltou para a conta": "", "A promoção do cargo": ""},
		"FR":    {"Profitez de nos soldes": "nos soldes", "Code promo": "Code promo", "La remise des diplômes": "", "Le solde de votre compte": "", "Le bon de réduction {{1}} utilisé est recrédité": "", "Un bon de réduction vous attend": "bon de réduction"},
		"PL":    {"Shop now": ""},
	} {
		for text, found := range texts {
			says := ""
			if found != "" {
				says = fmt.Sprintf("details.components[0].text says %q", found)
			}
			text = "Hello, " + text + " and more."
			cases = append(cases,
				lintCase{rule: "wa_category_marketing", name: language + ": " + text, language: language, category: utility, components: bodyOf(text), says: says},
				lintCase{rule: "wa_category_marketing", name: language + " in MARKETING: " + text, language: language, components: bodyOf(text)})
		}
	}
	cases = append(cases,
		lintCase{rule: "wa_category_marketing", name: "a button", language: "EN", category: utility, components: with(buttonsOf(`{"type": "QUICK_REPLY", "text": "Shop now"}`)), says: "details.components[1].buttons[0].text says"},
		lintCase{rule: "wa_category_marketing", name: "what is taken out", language: "ES", category: utility, components: bodyOf("Su prueba gratis termina mañana.")})
	checkCases(t, cases)
}

// The words of a file are as tokens have them, else they would never be found.
func TestWordFiles(t *testing.T) {
	files, err := wordFiles.ReadDir("words")
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		p := loadPhrases(strings.TrimSuffix(file.Name(), ".txt"))
		for _, phrase := range append(p.find, p.ignore...) {
			for _, word := range phrase {
				plain := strings.TrimSuffix(word, "*")
				if words, _ := tokens(plain); word != "..." && word != "#" && !slices.Equal(words, []string{plain}) {
					t.Errorf("%s: %q is %q in a text", file.Name(), word, words)
				}
			}
		}
	}
}

func TestScripts(t *testing.T) {
	const rule = "wa_script_language"
	checkCases(t, []lintCase{
		{rule: rule, name: "Cyrillic in English", language: "EN_US", components: bodyOf("Ваш заказ {{1}} готов", "a"), says: "details.components[0].text is written in Cyrillic letters, and the language EN_US is written in Latin"},
		{rule: rule, name: "Latin in Arabic", language: "AR", components: bodyOf("Your order is ready"), says: "written in Latin letters"},
		{rule: rule, name: "Latin names in Russian", language: "RU", components: bodyOf("Ваш роутер Lumora X2 уже готов")},
		{rule: rule, name: "Japanese", language: "JA", components: bodyOf("ご予約ありがとうございます。お待ちしています")},
		{rule: rule, name: "Serbian in both: Latin", language: "SR", components: bodyOf("Vaša porudžbina je spremna")},
		{rule: rule, name: "Serbian in both: Cyrillic", language: "SR", components: bodyOf("Ваша поруџбина је спремна")},
		{rule: rule, name: "links do not count", language: "AR", components: bodyOf("تفاصيل الطلب هنا https://example.com/a-long-way-to-the-order")},
		{rule: rule, name: "a few letters say nothing", language: "AR", components: bodyOf("OK")},
		{rule: rule, name: "a header", language: "EL", components: `{"type": "BODY", "text": "Η παραγγελία σας είναι έτοιμη"}, ` + headerOf("Your order is ready"), says: "details.components[1].text"},
	})
	for _, value := range papi.LookupSchema("WhatsappInputTemplateLanguagesEnum").EnumTexts() {
		code, _, _ := strings.Cut(value, "_")
		if own := scripts[code]; own == nil && !strings.Contains(" AF CA CS DA DE EN ES ET FI FIL FR GA HR HU ID IT LT LV NB NL PL PT RO RW SK SL SQ SV SW TR VI ZU ", " "+code+" ") {
			t.Errorf("%s: which script?", value)
		}
	}
}

func TestCompare(t *testing.T) {
	of := func(name, language, body, footer string) Template {
		c := lintCase{language: language, components: bodyOf(body) + `, {"type": "FOOTER", "text": "` + footer + `"}`}
		template := c.template(t)
		template.Name = name
		return template
	}
	const text = "Hello {{1}}, your order {{2}} has left our store and will be with you in two or three days. You can follow it on our site."
	own := of("own", "EN", text, "Example")
	for _, tt := range []struct {
		name  string
		other Template
		want  string // of the rule; "" for none
	}{
		{"the same", of("other", "EN", "Hello {{1}},  your order "+text[len("Hello {{1}}, your order "):], "EXAMPLE"), "wa_duplicate"},
		{"another footer", of("other", "EN", text, "Another"), "wa_similar"},
		{"a word more", of("other", "EN", strings.Replace(text, "two or three", "about two or three", 1), "Example"), "wa_similar"},
		{"another text", of("other", "EN", "Hello {{1}}, we could not deliver your order {{2}} today, since no one opened the door.", "Example"), ""},
		{"another language", of("other", "DE", text, "Example"), ""},
		{"itself", own, ""},
		{"none", Template{Name: "other", Language: "EN"}, ""},
	} {
		found := Compare(own, []Template{tt.other})
		if tt.want == "" && found != nil || tt.want != "" && (len(found) != 1 || found[0].Rule != tt.want || found[0].Path != "details.components[0].text" || !strings.Contains(found[0].Message, `"other"`)) {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
	other := of("other", "EN", text, "Example")
	if found := Compare(own, []Template{other, other}); len(found) != 1 { // live, and as it will be
		t.Errorf("one template is found twice: %+v", found)
	}
	if found := Compare(Template{Name: "x"}, []Template{{}}); found != nil {
		t.Errorf("%+v", found)
	}
}

// A source is what the contract has, with its version, or a page.
func TestSources(t *testing.T) {
	version := regexp.MustCompile(`^1\.\d+\.\d+$`)
	for _, r := range Rules {
		if !r.FromContract() {
			continue
		}
		names := strings.Split(r.Source, ", ")
		last := len(names) - 1
		if last < 1 || !version.MatchString(names[last]) {
			t.Errorf("%s: the source %q", r.Name, r.Source)
		}
		for _, name := range names[:last] {
			if papi.LookupSchema(name) == nil && !slices.Contains([]string{"createTemplate", "updateTemplate", "deleteTemplate"}, name) {
				t.Errorf("%s: the contract has no %s", r.Name, name)
			}
		}
	}
}

// What the contract's own examples do is refused by no rule: they show what the API
// takes.
func TestTheContractsExamples(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/papi/openapi.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the contract's examples are not next to this checkout")
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			RequestBody struct {
				Content map[string]struct{ Example Template }
			}
		}
	}
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, path := range doc.Paths {
		for _, op := range path {
			template := op.RequestBody.Content["application/json"].Example
			if template.Details == nil || !strings.HasPrefix(op.OperationID, "WhatsappTemplates") {
				continue
			}
			tried++
			for _, f := range Check(template) {
				if f.Severity == Refused {
					t.Errorf("%s: %+v", op.OperationID, f)
				}
			}
		}
	}
	if tried < 2 {
		t.Errorf("%d examples", tried)
	}
}
