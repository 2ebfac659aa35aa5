package lint

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

const components = "details.components"

func checkBodyMissing(v *view, r *report) {
	if v.Details["components"] != nil && !has(v.top(), "BODY") {
		r.add(components, "has no BODY, and a template needs one: add a component of type BODY with the text")
	}
	if v.Category == "" || v.Category == authentication {
		return
	}
	each(v.top(), "BODY", func(p part) { // of a card, wa_schema says so
		if isBlank(p.text("text")) {
			r.addAs(Likely, p.path+".text", "", "is empty, which only an AUTHENTICATION template may have")
		}
	})
}

func checkComponentRepeated(v *view, r *report) {
	lists := [][]part{v.top()}
	for _, c := range v.components {
		for _, card := range c.cards {
			lists = append(lists, card.components)
		}
	}
	for _, list := range lists {
		seen := map[string]bool{}
		for _, p := range list {
			if p.kind != "" && seen[p.kind] {
				r.add(p.path, "is another component of type %s", p.kind)
			}
			seen[p.kind] = true
		}
	}
}

const authentication, marketing, utility = "AUTHENTICATION", "MARKETING", "UTILITY"

// authenticationFields are the fields that only AUTHENTICATION has.
var authenticationFields = []string{"addSecurityRecommendation", "codeExpirationMinutes"}

func checkAuthenticationField(v *view, r *report) {
	if v.Category == "" || v.Category == authentication {
		return
	}
	for _, p := range v.components {
		for _, name := range authenticationFields {
			if value := p.fields[name]; value != nil && value != false {
				r.add(p.path+"."+name, "is for AUTHENTICATION templates, and this one is %s", v.Category)
			}
		}
	}
}

// ttls are the seconds that the delivery of a template may be tried, by category.
var ttls = map[string][2]float64{
	authentication: {10, 900},
	marketing:      {43200, 2592000},
	utility:        {30, 43200},
}

func checkTTL(v *view, r *report) {
	allowed, known := ttls[v.Category]
	seconds, given := jsonvalue.Number(v.Details, "messageSendTtlSeconds")
	if known && given && (seconds < allowed[0] || seconds > allowed[1]) {
		r.add("details.messageSendTtlSeconds", "is %.0f; %s allows %.0f to %.0f", seconds, v.Category, allowed[0], allowed[1])
	}
}

// mediaTypes are the mime types of a header's format, as the contract spells
// them, and the endings that files of these types have
// (WhatsappMediaHeaderExampleInputDto.url, 1.2.117).
var mediaTypes = map[string]struct{ types, endings []string }{
	"IMAGE":    {[]string{"IMAGE/JPEG", "IMAGE/PNG"}, []string{".jpg", ".jpeg", ".png"}},
	"VIDEO":    {[]string{"VIDEO/3GP", "VIDEO/MP4"}, []string{".3gp", ".3gpp", ".mp4"}},
	"DOCUMENT": {[]string{"APPLICATION/PDF"}, []string{".pdf"}},
}

// otherEndings are those of files that are commonly tried, and that no format takes.
var otherEndings = []string{".gif", ".webp", ".svg", ".heic", ".bmp", ".tiff", ".mov", ".avi", ".webm", ".doc", ".docx"}

// eachMedia visits the headers whose format is a kind of file.
func (v *view) eachMedia(visit func(p part, format string)) {
	each(v.components, "HEADER", func(p part) {
		if format := p.text("format"); mediaTypes[format].types != nil {
			visit(p, format)
		}
	})
}

func checkMediaType(v *view, r *report) {
	v.eachMedia(func(p part, format string) {
		allowed := mediaTypes[format].types
		eachObject(p.fields["examples"], p.path+".examples", func(path string, example map[string]any) {
			if given := jsonvalue.Text(example, "mimeType"); given != "" && !slices.Contains(allowed, given) {
				r.add(path+".mimeType", "is %s, and a header of format %s takes %s", quote(given), format, strings.Join(allowed, " or "))
			}
		})
	})
}

// checkMediaExtension looks at the name of the file where no type is given. The name
// proves nothing: the contract's own example of a DOCUMENT ends with .png.
func checkMediaExtension(v *view, r *report) {
	v.eachMedia(func(p part, format string) {
		allowed := mediaTypes[format]
		eachObject(p.fields["examples"], p.path+".examples", func(path string, example map[string]any) {
			ending := endingOf(jsonvalue.Text(example, "url"))
			if jsonvalue.Text(example, "mimeType") == "" && isMediaEnding(ending) && !slices.Contains(allowed.endings, ending) {
				r.add(path+".url", "ends with %s, and a header of format %s takes %s", ending, format, strings.Join(allowed.types, " or "))
			}
		})
	})
}

func endingOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(path.Ext(u.Path))
}

// isMediaEnding reports whether files with the ending are of a type that some
// format takes, or of one that is commonly tried.
func isMediaEnding(ending string) bool {
	for _, media := range mediaTypes {
		if slices.Contains(media.endings, ending) {
			return true
		}
	}
	return slices.Contains(otherEndings, ending)
}

// checkExampleMissing finds the lists of examples that are empty; the rules on
// variables and on dynamic URLs check theirs.
func checkExampleMissing(v *view, r *report) {
	v.eachMedia(func(p part, _ string) {
		if !p.has("examples") {
			r.add(p.path+".examples", "must have one: the public URL of a sample for the reviewers")
		}
	})
	each(v.buttons, "COPY_CODE", func(p part) {
		if !p.has("examples") {
			r.add(p.path+".examples", "must have one: a sample of the code")
		}
	})
}

// checkCarouselCards compares the kinds of components and buttons: of cards that
// differ, the first is the measure. One card is what the contract's own example has.
func checkCarouselCards(v *view, r *report) {
	each(v.components, "CAROUSEL", func(carousel part) {
		if len(carousel.cards) == 1 {
			r.addAs(Likely, carousel.path+".cards", "", "has one card; Meta asks for 2 to 10")
		}
		var first string
		for _, card := range carousel.cards {
			var kinds []string
			for _, p := range card.components {
				kind := strings.TrimSpace(p.kind + " " + p.text("format"))
				for _, b := range p.buttons {
					kind += " " + b.kind
				}
				kinds = append(kinds, kind)
			}
			slices.Sort(kinds)
			all := strings.Join(kinds, ", ")
			at := card.path + ".components"
			for _, needed := range []string{"HEADER", "BODY"} {
				if !has(card.components, needed) {
					r.add(at, "has no %s", needed)
				}
			}
			if first = cmp.Or(first, all); all != first {
				r.add(at, "has %s, and the first card has %s", cmp.Or(all, "none"), first)
			}
		}
	})
}

const (
	maxExpiry  = 90 // minutes
	maxApps    = 5
	hashLength = 11
)

// checkAuthenticationText finds what is not Meta's own in an AUTHENTICATION template,
// and what its code needs.
func checkAuthenticationText(v *view, r *report) {
	if v.Category != authentication {
		return
	}
	v.eachText(func(t text) {
		r.add(t.at, "stays empty in AUTHENTICATION templates, whose text is Meta's own")
	}, body, footer)
	for _, c := range v.components {
		minutes, given := jsonvalue.Number(c.fields, "codeExpirationMinutes")
		switch {
		case c.kind == "HEADER" || c.kind == "CAROUSEL" || c.kind == limitedOffer:
			r.add(c.path, "is a %s, which an AUTHENTICATION template can't have", c.kind)
		case c.kind == "FOOTER" && given && (minutes < 1 || minutes > maxExpiry):
			r.add(c.path+".codeExpirationMinutes", "is %.0f; a code is valid for 1 to %d minutes", minutes, maxExpiry)
		}
	}
	if v.Details["components"] != nil && !has(v.buttons, "OTP") {
		r.add(components, "has no OTP button, and an AUTHENTICATION template needs one")
	}
	each(v.buttons, "OTP", func(b part) {
		apps := jsonvalue.List(b.fields, "supportedApps")
		if len(apps) > maxApps {
			r.add(b.path+".supportedApps", "has %d apps; at most %d", len(apps), maxApps)
		}
		eachObject(b.fields["supportedApps"], b.path+".supportedApps", func(path string, app map[string]any) {
			if hash := jsonvalue.Text(app, "signatureHash"); len(hash) != hashLength {
				r.add(path+".signatureHash", "has %d characters; the hash of a key has exactly %d", len(hash), hashLength)
			}
			if name := jsonvalue.Text(app, "packageName"); !strings.Contains(strings.Trim(name, "."), ".") {
				r.add(path+".packageName", "is %s; a package name has two parts or more: com.example", quote(name))
			}
		})
	})
}

// MediaSizes are the size and the shape that show well, by the format of a header.
var MediaSizes = map[string]string{
	"IMAGE":    "an image shows well in 1.91:1, such as 1200 x 628 pixels, at most 5 MB",
	"VIDEO":    "a video has H.264 and AAC, and at most 16 MB; it shows well in 16:9",
	"DOCUMENT": "a PDF has at most 100 MB",
}

func checkMediaSize(v *view, r *report) {
	v.eachMedia(func(p part, format string) {
		r.add(p.path+".examples", "is not opened here: %s", MediaSizes[format])
	})
}
