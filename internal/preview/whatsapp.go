package preview

import (
	"cmp"
	"fmt"
	"strconv"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/lint"
)

// FromWhatsApp is the preview of a template by the arguments of whatsapp_template_create,
// with what lint finds in it.
func FromWhatsApp(args map[string]any) *Message {
	m := &Message{Channel: WhatsApp, Name: text(args, "name"), Language: text(args, "language"), Category: text(args, "category")}
	m.addFindings(lint.Check(lint.Template{
		Name: jsonvalue.Text(args, "name"), Language: jsonvalue.Text(args, "language"), Category: jsonvalue.Text(args, "category"),
		Details: jsonvalue.Object(args, "details"),
	}))
	m.RTL = isRTL(m.Language)
	components := jsonvalue.Objects(args, "details.components")
	m.Card = card(components, m.Language)
	for _, c := range components {
		switch text(c, "type") {
		case "LIMITED_TIME_OFFER":
			m.Offer = &Offer{Text: text(c, "text"), Expires: c["hasExpiration"] == true}
		case "CAROUSEL":
			for _, one := range jsonvalue.Objects(c, "cards") {
				m.Cards = append(m.Cards, card(jsonvalue.Objects(one, "components"), m.Language))
			}
		}
	}
	if m.Offer != nil {
		for _, b := range m.Buttons {
			if b.Type == "COPY_CODE" {
				m.Offer.Code = b.Detail
			}
		}
	}
	if m.Category == "AUTHENTICATION" && m.Body == "" {
		m.BodyFixed = joined("the code, in a sentence that WhatsApp writes"+in(m.Language), m.BodyFixed)
	}
	return m
}

func in(language string) string {
	if language == "" {
		return ""
	}
	return " in " + language
}

func joined(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}

// card is a message or a card of its components.
func card(components []map[string]any, language string) Card {
	var out Card
	for _, c := range components {
		switch text(c, "type") {
		case "HEADER":
			if format := text(c, "format"); format == "TEXT" {
				out.Title = filled(c, "text")
			} else {
				out.Media = media(c, format)
			}
		case "BODY":
			out.Body = filled(c, "text")
			if c["addSecurityRecommendation"] == true {
				out.BodyFixed = "WhatsApp's advice not to share the code"
			}
		case "FOOTER":
			out.Footer = text(c, "text")
			if minutes := text(c, "codeExpirationMinutes"); minutes != "" {
				out.FooterFixed = fmt.Sprintf("that the code expires after %s minutes, in a sentence that WhatsApp writes%s", minutes, in(language))
			}
		case "BUTTONS":
			for _, b := range jsonvalue.Objects(c, "buttons") {
				out.Buttons = append(out.Buttons, button(b))
			}
		}
	}
	return out
}

// variable matches a variable of a text.
var variable = lazyregexp.New(`\{\{(\d+)\}\}`)

// filled is a text with its examples in the places of its variables. A variable without
// an example stays.
func filled(component map[string]any, field string) string {
	examples := jsonvalue.List(component, "examples")
	return variable.ReplaceAllStringFunc(text(component, field), func(found string) string {
		n, err := strconv.Atoi(found[2 : len(found)-2])
		if err != nil || n < 1 || n > len(examples) {
			return found
		}
		return cmp.Or(text(examples[n-1], ""), found)
	})
}

func media(header map[string]any, format string) *Media {
	m := &Media{Format: format, Needs: lint.MediaSizes[format]}
	if format == "LOCATION" {
		m.Needs = "the place is set when the message is sent"
	}
	for _, example := range jsonvalue.Objects(header, "examples") {
		if m.File = fileName(text(example, "url")); m.File != "" {
			break
		}
	}
	return m
}

// otpDetails say what a button of an AUTHENTICATION template does with the code.
var otpDetails = map[string]string{
	"COPY_CODE": "copies the code",
	"ONE_TAP":   "fills in the code in your app",
	"ZERO_TAP":  "your app takes the code without a tap; elsewhere the button copies it",
}

// button is a button with where it leads.
func button(b map[string]any) Button {
	out := Button{Type: text(b, "type"), Text: text(b, "text")}
	switch out.Type {
	case "URL":
		out.Detail = text(b, "url")
		if example := text(at(jsonvalue.List(b, "examples"), 0), ""); variable.MatchString(out.Detail) && example != "" {
			out.Detail = example
		}
	case "PHONE_NUMBER":
		out.Detail = text(b, "phoneNumber")
	case "COPY_CODE":
		out.Fixed, out.Detail = "copies the code", text(at(jsonvalue.List(b, "examples"), 0), "")
	case "OTP":
		out.Detail = otpDetails[text(b, "otpType")]
		if autofill := text(b, "autofillText"); autofill != "" && text(b, "otpType") == "ONE_TAP" {
			out.Detail += fmt.Sprintf(", labelled %q there", autofill)
		}
	case "FLOW":
		out.Detail = "flow " + text(b, "flowId")
		if screen := text(b, "navigateScreen"); screen != "" {
			out.Detail += ", screen " + screen
		}
	case "REQUEST_CONTACT_INFO":
		out.Fixed = "asks for the contact details"
	case "ORDER_DETAILS":
		out.Fixed = "shows the order and how to pay"
	}
	return out
}

// at is an item of a list, nil where it has fewer.
func at(list []any, i int) any {
	if i >= len(list) {
		return nil
	}
	return list[i]
}
