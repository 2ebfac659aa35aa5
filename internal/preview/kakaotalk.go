package preview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// FromKakaoTalk is the preview of a template by the arguments of
// kakaotalk_template_create, with what the contract refuses in it. The contract has no
// examples for its variables, so they stay.
func FromKakaoTalk(args map[string]any) *Message {
	d := jsonvalue.Object(args, "details")
	m := &Message{Channel: KakaoTalk, Name: text(d, "name"), Language: text(d, "language")}
	m.addFindings(kakaoFindings(args))
	m.RTL = isRTL(m.Language)
	m.Body = text(d, "content")
	switch text(d, "emphasizeType") {
	case "EMPHASIZE_TYPE_TEXT":
		m.Title, m.Subtitle = text(d, "title"), text(d, "subtitle")
	case "EMPHASIZE_TYPE_IMAGE":
		m.Media = &Media{
			Format: "IMAGE", File: cmp.Or(text(d, "imageName"), fileName(text(d, "imageUrl"))),
			// KakaotalkInputTemplateDetailsDto, 1.2.117
			Needs: "JPEG or PNG, 2:1, at least 500 x 250 pixels, at most 500 kB",
		}
	}
	kind := text(d, "messageType")
	if kind == "EXTRA_INFORMATION" || kind == "MIXED" {
		m.Footer = text(d, "extra")
	}
	if kind == "AD_INCLUDED" || kind == "MIXED" {
		m.FooterFixed = "KakaoTalk's own text, which invites to add the channel"
	}
	if d["securityFlag"] == true {
		m.Notes = append(m.Notes, "A security template: the text is shown only on the main device.")
	}
	buttons := jsonvalue.Objects(d, "buttons")
	slices.SortStableFunc(buttons, func(a, b map[string]any) int {
		return cmp.Compare(ordering(a), ordering(b))
	})
	for _, b := range buttons {
		m.Buttons = append(m.Buttons, Button{Type: text(b, "type"), Text: text(b, "name"), Detail: kakaoDetail(b)})
	}
	return m
}

// ordering is the place of a button; those without one come first.
func ordering(button map[string]any) float64 {
	n, err := strconv.ParseFloat(text(button, "ordering"), 64)
	if err != nil {
		return 0
	}
	return n
}

// kakaoDetails say what the buttons without a link do.
var kakaoDetails = map[string]string{
	"BOT_FOR_CONSULTATION":                "starts a support chat with a bot",
	"BOT_KEYWORD":                         "sends a keyword to the bot",
	"BOT_TRANSFER":                        "transfers the chat to a bot",
	"BUSINESS_FORM":                       "opens a form",
	"CHANNEL_ID_ADDED":                    "adds the channel",
	"DELIVERY_SEARCH":                     "tracks the delivery",
	"IMAGE_SECURE_TRANSMISSION_PLUGIN_ID": "sends an image securely",
	"MESSAGE_DELIVERY":                    "continues the delivery of the message",
	"ONE_CLICK_PAYMENT_PLUGIN":            "pays",
	"PERSONAL_INFORMATION_USE_PLUGIN_ID":  "asks for consent to the use of personal data",
}

func kakaoDetail(b map[string]any) string {
	for _, link := range []string{"linkMo", "linkPc", "schemeIos", "schemeAndroid"} {
		if address := text(b, link); address != "" {
			return address
		}
	}
	return kakaoDetails[text(b, "type")]
}

const kakaoBody = "KakaotalkInputTemplateDto"

// kakaoFindings are the violations of the contract.
func kakaoFindings(args map[string]any) []lint.Finding {
	body := maps.Clone(args)
	delete(body, "plusFriendId") // of the path
	delete(body, "projectId")
	violations := papi.LookupSchema(kakaoBody).Violations(body, papi.CheckOptions{Closed: true, Formats: true, Draft: args["status"] == "DRAFT"})
	var all []lint.Finding
	for _, v := range violations {
		allowed := fmt.Sprint(v.Allowed)
		if values, isList := v.Allowed.([]any); isList {
			allowed = jsonvalue.Join(values, "", ", ")
		}
		all = append(all, lint.Finding{
			Rule: "kakaotalk_schema", Severity: lint.Refused, Path: v.Path,
			Message: "does not fit the contract; allowed: " + papi.Truncate(allowed, maxAllowed),
			Source:  kakaoBody + ", " + papi.ContractVersion,
		})
	}
	return all
}

// maxAllowed is how much of what is allowed a finding repeats.
const maxAllowed = 200
