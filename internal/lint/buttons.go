package lint

import (
	"slices"
	"strings"
	"unicode/utf8"

	"papi-mcp/internal/papi"
)

// variable is what makes the address of a URL button dynamic.
const variable = "{{1}}"

// restrictedHosts are those that a URL button may not lead to, with all below
// them.
var restrictedHosts = []string{"wa.me", "whatsapp.com"}

// isBelow reports whether a host is one of the hosts, or below one, and which.
func isBelow(host string, hosts []string) string {
	for _, one := range hosts {
		if host == one || strings.HasSuffix(host, "."+one) {
			return one
		}
	}
	return ""
}

func checkURLRestricted(v *view, r *report) {
	v.eachText(func(t text) {
		if restricted := isBelow(hostOf(t.value), restrictedHosts); restricted != "" && t.kind == "URL" {
			r.add(t.at, "leads to %s, where no button may lead", restricted)
		}
	}, address)
}

func checkURLVariable(v *view, r *report) {
	v.eachText(func(t text) {
		before, _ := strings.CutSuffix(t.value, variable)
		switch {
		case t.kind != "URL":
		case strings.Contains(hostOf(t.value), "{{"):
			r.add(t.at, "has a variable in its host")
		case strings.Contains(before, "{{"):
			r.add(t.at, "has a variable other than a %s at its very end", variable)
		}
	}, address)
}

func checkURLExample(v *view, r *report) {
	v.eachText(func(t text) {
		before, dynamic := strings.CutSuffix(t.value, variable)
		switch {
		case t.kind != "URL" || strings.Contains(before, "{{"):
		case !dynamic && t.has("examples"):
			r.add(t.path+".examples", "is given, though the url contains no %s", variable)
		case dynamic && !t.has("examples"):
			r.add(t.path+".examples", "must be given, since the url contains %s", variable)
		}
	}, address)
}

// hostOf is the host of an address, in lower case. An address with a
// variable need not be a URL yet, so it is taken apart by hand.
func hostOf(address string) string {
	_, host, _ := strings.Cut(address, "://")
	if end := strings.IndexAny(host, `/\?#`); end >= 0 {
		host = host[:end]
	}
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func checkFlowScreen(v *view, r *report) {
	each(v.buttons, "FLOW", func(p part) {
		if p.text("flowAction") == "NAVIGATE" && !p.has("navigateScreen") {
			r.add(p.path+".navigateScreen", "must be given, since flowAction is NAVIGATE: the id of the flow's first screen")
		}
	})
}

func checkButtonTextRepeated(v *view, r *report) {
	for _, c := range v.components {
		first := map[string]part{}
		for _, b := range c.buttons {
			text := b.text("text")
			if other, again := first[text]; again && text != "" {
				r.add(b.path+".text", "is also the text of %s", strings.TrimPrefix(other.path, c.path+"."))
				continue
			}
			first[text] = b
		}
	}
}

// checkButtonOrder: quick replies are together, but in a card. The contract's own example
// has other buttons on both sides of them. Of a limited-time offer's buttons the code
// comes first.
func checkButtonOrder(v *view, r *report) {
	for _, c := range v.components {
		replies, others := 0, 0 // groups of buttons in a row
		for i, b := range c.buttons {
			isReply := b.kind == "QUICK_REPLY"
			switch isNew := i == 0 || isReply != (c.buttons[i-1].kind == "QUICK_REPLY"); {
			case isNew && isReply:
				replies++
			case isNew:
				others++
			}
		}
		const says = "has %s: put all quick replies first, or all last"
		switch {
		case c.inCard:
		case replies > 1:
			r.add(c.path+".buttons", says, "other buttons among its quick replies")
		case others > 1:
			r.addAs(Likely, c.path+".buttons", "", says, "quick replies among other buttons")
		}
		if i := slices.IndexFunc(c.buttons, func(b part) bool { return b.kind == "COPY_CODE" }); i > 0 && has(v.components, limitedOffer) {
			r.addAs(Likely, c.buttons[i].path, "", "comes after another button: the code of a limited-time offer is its first button")
		}
	}
}

const limitedOffer = "LIMITED_TIME_OFFER"

// maxButtons are how many buttons of a type a template has at most.
var maxButtons = []struct {
	kind string
	most int
	as   Severity
}{
	{"", 10, Refused}, {"URL", 2, Refused}, {"PHONE_NUMBER", 1, Refused}, {"COPY_CODE", 1, Refused},
	{"OTP", 1, Likely}, {"FLOW", 1, Likely},
}

func checkButtonMix(v *view, r *report) {
	for _, c := range v.components {
		if c.inCard {
			continue // wa_length has their number
		}
		for _, limit := range maxButtons {
			n := 0
			for _, b := range c.buttons {
				if limit.kind == "" || b.kind == limit.kind {
					n++
				}
			}
			if n > limit.most {
				r.addAs(limit.as, c.path+".buttons", "", "has %s; a template has at most %d", papi.Count(n, strings.TrimSpace(limit.kind+" button")), limit.most)
			}
		}
	}
	if v.Category == "" {
		return
	}
	for _, b := range v.buttons {
		switch {
		case b.kind == "OTP" && v.Category != authentication:
			r.addAs(Likely, b.path, "", "is an OTP button, which is for AUTHENTICATION templates, and this one is %s", v.Category)
		case b.kind != "OTP" && b.kind != "" && v.Category == authentication:
			r.addAs(Likely, b.path, "", "is a %s button; an AUTHENTICATION template has an OTP button alone", b.kind)
		case b.kind == "COPY_CODE" && v.Category == utility:
			r.addAs(Likely, b.path, "", "offers a coupon's code, which makes a template MARKETING")
		}
	}
}

const (
	maxPhone = 20
	maxURL   = 2000
	maxCode  = 15
)

func checkButtonLength(v *view, r *report) {
	v.eachText(func(t text) {
		if n := utf8.RuneCountInString(t.value); n > maxPhone {
			r.add(t.at, "has %d characters; a phone number has at most %d", n, maxPhone)
		}
	}, phone)
	v.eachText(func(t text) {
		if n := utf8.RuneCountInString(t.value); n > maxURL {
			r.add(t.at, "has %d characters; a URL has at most %d", n, maxURL)
		}
	}, address)
}

func checkCopyCode(v *view, r *report) {
	each(v.buttons, "COPY_CODE", func(p part) {
		v.examplesOf(p, func(path, example string) {
			if n := utf8.RuneCountInString(example); n > maxCode || strings.ContainsFunc(example, func(c rune) bool { return !isWordRune(c) }) {
				r.add(path, "is %s; a code has at most %d letters and digits, and nothing else", quote(example), maxCode)
			}
		})
	})
}

// checkComponentCategory: these components are Meta's marketing formats.
func checkComponentCategory(v *view, r *report) {
	for _, c := range v.components {
		if (c.kind == "CAROUSEL" || c.kind == limitedOffer) && v.Category != "" && v.Category != marketing {
			r.add(c.path, "is a %s, which only a MARKETING template has; this one is %s", c.kind, v.Category)
		}
	}
}

const maxOfferBody = 600

func checkOffer(v *view, r *report) {
	if !has(v.components, limitedOffer) {
		return
	}
	for _, c := range v.top() {
		format := c.text("format")
		switch {
		case c.kind == "FOOTER":
			r.add(c.path, "is a footer, which a limited-time offer can't have")
		case c.kind == "HEADER" && format != "" && format != "IMAGE" && format != "VIDEO":
			r.add(c.path+".format", "is %s; the header of a limited-time offer is an IMAGE or a VIDEO", format)
		}
		if n := utf8.RuneCountInString(c.text("text")); c.kind == "BODY" && n > maxOfferBody {
			r.add(c.path+".text", "has %d characters; with a limited-time offer it has at most %d", n, maxOfferBody)
		}
	}
	if !has(v.buttons, "URL") {
		r.add(components, "has a limited-time offer and no URL button, which it needs")
	}
}
