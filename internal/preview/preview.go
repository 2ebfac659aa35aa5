// Package preview shows a template as the message that a person receives: with the
// examples filled in, as text for a terminal or a model, and as a page. The page is one
// static document: a client with MCP Apps loads it as a resource and sends it the data of
// each preview, and in a file for people without such a client it has the data in it.
//
// A [Message] comes from the arguments of a create, whatever is wrong with them: what is
// missing or of another type is left out. Nothing outside is loaded: a picture is a frame
// with the name of its file.
package preview

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// Message is a template as a person receives it.
type Message struct {
	Channel  Channel `json:"channel"`
	Name     string  `json:"name,omitempty"`
	Language string  `json:"language,omitempty"`
	Category string  `json:"category,omitempty"`
	// RTL reports whether the language is written from right to left.
	RTL bool `json:"rtl,omitempty"`
	Card
	// Offer is a limited-time offer, above the body.
	Offer *Offer `json:"offer,omitempty"`
	// Cards are those of a carousel, below the message.
	Cards []Card `json:"cards,omitempty"`
	// Notes say what can't be seen.
	Notes []string `json:"notes,omitempty"`
	// Findings are what is wrong with the template.
	Findings []lint.Finding `json:"findings,omitempty"`
}

// Channel is where a message is received.
type Channel string

// The channels.
const (
	WhatsApp  Channel = "whatsapp"
	KakaoTalk Channel = "kakaotalk"
)

// Card is a message, or a card of a carousel, from top to bottom. What a channel writes
// on its own is described, and not repeated: BodyFixed and FooterFixed follow the text.
type Card struct {
	Media       *Media   `json:"media,omitempty"`
	Title       string   `json:"title,omitempty"`
	Subtitle    string   `json:"subtitle,omitempty"`
	Body        string   `json:"body,omitempty"`
	BodyFixed   string   `json:"bodyFixed,omitempty"`
	Footer      string   `json:"footer,omitempty"`
	FooterFixed string   `json:"footerFixed,omitempty"`
	Buttons     []Button `json:"buttons,omitempty"`
}

// Media is a picture, a video, a document or a map.
type Media struct {
	// Format is IMAGE, VIDEO, DOCUMENT or LOCATION.
	Format string `json:"format"`
	// File is the name of the file; "" where there is no example.
	File string `json:"file,omitempty"`
	// Needs are the size and the form that the file must have.
	Needs string `json:"needs,omitempty"`
}

// Offer is a limited-time offer.
type Offer struct {
	Text string `json:"text,omitempty"`
	// Expires reports whether the message shows when the offer ends.
	Expires bool   `json:"expires,omitempty"`
	Code    string `json:"code,omitempty"`
}

// Button is a button below a message.
type Button struct {
	// Type is that of the API.
	Type string `json:"type"`
	Text string `json:"text,omitempty"`
	// Fixed describes a label that the channel writes on its own; "" for a text.
	Fixed string `json:"fixed,omitempty"`
	// Detail is where the button leads, or what it does.
	Detail string `json:"detail,omitempty"`
}

// text is the text of a field, fit to be shown.
func text(value any, path string) string { return papi.Printable(jsonvalue.Text(value, path)) }

// fileName is the name of the file at a URL, or the URL itself where it has no such
// name; "" for "".
func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil || strings.HasSuffix(u.Path, "/") || u.Path == "" {
		return papi.Printable(address)
	}
	return papi.Printable(path.Base(u.Path))
}

// rightToLeft are the languages of the contract that are written from right to left,
// without their regions.
var rightToLeft = map[string]bool{"AR": true, "FA": true, "HE": true, "UR": true}

func isRTL(language string) bool {
	code, _, _ := strings.Cut(strings.ToUpper(language), "_")
	return rightToLeft[code]
}

// maxFindings is how many findings a preview has.
const maxFindings = 20

var severities = []lint.Severity{lint.Refused, lint.Likely, lint.Advice}

// addFindings adds findings, the worst first. Their texts repeat those of the template.
// The sizes of media are left out: their frames have them.
func (m *Message) addFindings(found []lint.Finding) {
	found = slices.DeleteFunc(found, func(f lint.Finding) bool { return f.Rule == "wa_media_size" })
	slices.SortStableFunc(found, func(a, b lint.Finding) int {
		return slices.Index(severities, a.Severity) - slices.Index(severities, b.Severity)
	})
	for i, f := range found {
		if i == maxFindings {
			m.Notes = append(m.Notes, papi.Count(len(found)-i, "more finding")+" left out: correct these first.")
			return
		}
		f.Path, f.Message, f.Corrected = papi.Printable(f.Path), papi.Printable(f.Message), papi.Printable(f.Corrected)
		m.Findings = append(m.Findings, f)
	}
}
