package preview

import (
	"fmt"
	"strings"
)

// channelNames are the channels as people name them.
var channelNames = map[Channel]string{WhatsApp: "WhatsApp", KakaoTalk: "KakaoTalk"}

// Text draws the message in lines. Those with a text of the template are indented, so
// that none of them can look like one of the others.
func (m *Message) Text() string {
	d := &drawing{}
	about := []string{channelNames[m.Channel] + " template " + m.Name}
	for _, part := range []string{m.Language, m.Category} {
		if part != "" {
			about = append(about, part)
		}
	}
	if m.RTL {
		about = append(about, "written from right to left")
	}
	d.line("", strings.Join(about, ", "))
	d.card(&m.Card, m.Offer)
	for i := range m.Cards {
		d.line(fmt.Sprintf("card %d of %d", i+1, len(m.Cards)), "")
		d.indent++
		d.card(&m.Cards[i], nil)
		d.indent--
	}
	for _, note := range m.Notes {
		d.line("note", note)
	}
	for i, f := range m.Findings {
		if i == 0 {
			d.line("findings", "")
		}
		d.indent++
		d.line(string(f.Severity)+" "+f.Rule, strings.TrimSpace(f.Path+" "+f.Message)+" ("+f.Source+")")
		d.indent++
		d.block("corrected", f.Corrected)
		d.indent -= 2
	}
	return strings.TrimSuffix(d.String(), "\n")
}

// drawing is lines, indented.
type drawing struct {
	strings.Builder
	indent int
}

const indentation = "  "

// line writes a name and a text on one line; either may be "".
func (d *drawing) line(name, text string) {
	if name != "" {
		text = name + ": " + text
	}
	d.WriteString(strings.Repeat(indentation, d.indent) + strings.Join(strings.Fields(text), " ") + "\n")
}

// block writes a name, and a text below it, whose lines stay.
func (d *drawing) block(name string, texts ...string) {
	first := true
	for _, text := range texts {
		if text == "" {
			continue
		}
		if first {
			d.line(name, "")
			first = false
		}
		for line := range strings.SplitSeq(text, "\n") {
			d.WriteString(strings.TrimRight(strings.Repeat(indentation, d.indent+1)+line, " ") + "\n")
		}
	}
}

// fixed marks what the channel writes on its own.
func fixed(about string) string {
	if about == "" {
		return ""
	}
	return "[" + about + "]"
}

func (d *drawing) card(c *Card, offer *Offer) {
	if m := c.Media; m != nil {
		shown := m.File
		if shown == "" && m.Format != "LOCATION" {
			shown = "no example yet"
		}
		if m.Needs != "" {
			shown += " [" + m.Needs + "]"
		}
		d.line("header "+strings.ToLower(m.Format), shown)
	}
	d.block("header", c.Title, c.Subtitle)
	if offer != nil {
		shown := offer.Text
		if offer.Code != "" {
			shown += ", code " + offer.Code
		}
		if offer.Expires {
			shown += " [the time left]"
		}
		d.line("offer", shown)
	}
	d.block("body", c.Body, fixed(c.BodyFixed))
	d.block("footer", c.Footer, fixed(c.FooterFixed))
	for i, b := range c.Buttons {
		if i == 0 {
			d.line("buttons", "")
		}
		label := b.Text
		if label == "" {
			label = fixed(b.Fixed)
		}
		shown := label + " (" + strings.ToLower(strings.ReplaceAll(b.Type, "_", " "))
		if b.Detail != "" {
			shown += ", " + b.Detail
		}
		d.indent++
		d.line("", shown+")")
		d.indent--
	}
}
