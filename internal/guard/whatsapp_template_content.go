package guard

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var ruleTemplateBody = Rule{
	Code:   "guard_whatsapp_template_body",
	About:  "A WhatsApp template that is submitted has a BODY component. A warning, mostly since the contract's own examples do it: two components of the same type, two buttons with the same text, fields of AUTHENTICATION (addSecurityRecommendation, codeExpirationMinutes) in another category, and a BODY with a text in AUTHENTICATION, where it must be empty.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappTemplateDetailsInputDto, WhatsappButtonsComponentInputDto, WhatsappBodyComponentInputDto, WhatsappFooterComponentInputDto, 1.2.117",
	check:  templateBody,
}

func templateBody(c *Call, _ answers) *Refusal {
	components := jsonvalue.Objects(c.Args, "details.components")
	if components == nil {
		return nil
	}
	for _, again := range repeats(components, "type") {
		c.Warn(fmt.Sprintf("details.components[%d]: there is already a component of type %s: the API decides", again.at, again.value))
	}
	hasBody := false
	for i, component := range components {
		hasBody = hasBody || component["type"] == "BODY"
		warnOfComponent(c, component, fmt.Sprintf("details.components[%d]", i))
	}
	if hasBody || !submitsTemplate(c) {
		return nil
	}
	return &Refusal{
		Message:    "details.components has no BODY, and a template needs one",
		Resolution: "add a component of type BODY with the text, or save it with status " + catalog.AsDraft,
	}
}

// submitsTemplate reports whether the call submits the template: a create does
// by default, an update only when it is asked to.
func submitsTemplate(c *Call) bool {
	if c.Row.Tool == "whatsapp_template_create" {
		return c.Args["status"] != catalog.AsDraft
	}
	return c.Args["status"] == catalog.Submit
}

// warnOfComponent warns of what the contract rules out for a component, and does
// in its own examples.
func warnOfComponent(c *Call, component map[string]any, path string) {
	warnOfCategory(c, jsonvalue.Text(c.Args, "category"), component, path)
	for _, again := range repeats(jsonvalue.Objects(component, "buttons"), "text") {
		c.Warn(fmt.Sprintf("%s.buttons[%d] and [%d] have the same text: the API decides", path, again.first, again.at))
	}
}

// warnOfCategory warns of what does not go with the template's category.
func warnOfCategory(c *Call, category string, component map[string]any, path string) {
	if category == "AUTHENTICATION" && component["type"] == "BODY" && !jsonvalue.IsEmpty(component["text"]) {
		c.Warn(path + ".text stays empty in AUTHENTICATION templates, whose text is Meta's own: the API decides")
	}
	if category != "" && category != "AUTHENTICATION" {
		for _, name := range []string{"addSecurityRecommendation", "codeExpirationMinutes"} {
			if value := component[name]; value != nil && value != false {
				c.Warn(fmt.Sprintf("%s.%s is for AUTHENTICATION templates, and this one is %s: the API decides", path, name, category))
			}
		}
	}
}

var ruleTemplateTTL = Rule{
	Code:   "guard_whatsapp_template_ttl",
	About:  "messageSendTtlSeconds is within 10 to 900 for AUTHENTICATION, 43200 to 2592000 for MARKETING, 30 to 43200 for UTILITY; an update without a category is checked by whatsapp_template_update_ttl.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappTemplateDetailsInputDto, 1.2.117",
	check:  templateTTL,
}

func templateTTL(c *Call, _ answers) *Refusal {
	return wrongTTL(c, jsonvalue.Text(c.Args, "category"))
}

func wrongTTL(c *Call, category string) *Refusal {
	allowed, known := ttls[category]
	seconds, given := number(jsonvalue.Field(c.Args, "details.messageSendTtlSeconds"))
	if !known || !given || allowed[0] <= seconds && seconds <= allowed[1] {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("details.messageSendTtlSeconds is %.0f; %s allows %.0f to %.0f", seconds, category, allowed[0], allowed[1]),
		Resolution: "give a number in that range, or leave it out",
		Info:       map[string]any{"category": category, "allowed": fmt.Sprintf("%.0f to %.0f", allowed[0], allowed[1])},
	}
}

// ttls are the seconds that the delivery of a template may be tried, by
// category.
var ttls = map[string][2]float64{
	"AUTHENTICATION": {10, 900},
	"MARKETING":      {43200, 2592000},
	"UTILITY":        {30, 43200},
}

var ruleHeaderMedia = Rule{
	Code:   "guard_whatsapp_header_media",
	About:  "The mimeType of a header's example is one of its format: IMAGE/JPEG and IMAGE/PNG for IMAGE, VIDEO/3GP and VIDEO/MP4 for VIDEO, APPLICATION/PDF for DOCUMENT. A warning, since the contract's own examples do it: a URL with the file extension of another type.",
	Tools:  []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source: "WhatsappMediaHeaderExampleInputDto, WhatsappInputMediaHeaderExampleSupportedMimeTypesEnum, 1.2.117",
	check:  headerMedia,
}

// headerMedia compares the types of all headers' examples with their formats.
// The name of a file proves nothing: the contract's own example of a DOCUMENT
// ends with .png.
func headerMedia(c *Call, _ answers) *Refusal {
	var wrong []string
	eachPart(c, "HEADER", func(at string, header map[string]any) {
		format := jsonvalue.Text(header, "format")
		allowed, known := mediaTypes[format]
		if !known {
			return
		}
		for i, example := range jsonvalue.Objects(header, "examples") {
			here := fmt.Sprintf("%s.examples[%d]", at, i)
			given := jsonvalue.Text(example, "mimeType")
			if given != "" && !slices.Contains(allowed.types, given) {
				wrong = append(wrong, fmt.Sprintf("%s.mimeType is %s, and a header of format %s takes %s", here, given, format, strings.Join(allowed.types, " or ")))
			}
			if ending := endingOf(jsonvalue.Text(example, "url")); given == "" && isMediaEnding(ending) && !slices.Contains(allowed.endings, ending) {
				c.Warn(fmt.Sprintf("%s.url ends with %s, and a header of format %s takes %s: the API decides by the file", here, ending, format, strings.Join(allowed.types, " or ")))
			}
		}
	})
	return refuseAll(wrong, Refusal{Resolution: correctAll})
}

// mediaTypes are the mime types of a header's format, as the contract spells
// them, and the endings that files of these types have
// (WhatsappMediaHeaderExampleInputDto.url, 1.2.117).
var mediaTypes = map[string]struct{ types, endings []string }{
	"IMAGE":    {[]string{"IMAGE/JPEG", "IMAGE/PNG"}, []string{".jpg", ".jpeg", ".png"}},
	"VIDEO":    {[]string{"VIDEO/3GP", "VIDEO/MP4"}, []string{".3gp", ".3gpp", ".mp4"}},
	"DOCUMENT": {[]string{"APPLICATION/PDF"}, []string{".pdf"}},
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
	return slices.Contains([]string{".gif", ".webp", ".svg", ".heic", ".bmp", ".tiff", ".mov", ".avi", ".webm", ".doc", ".docx"}, ending)
}

var ruleTemplateExamples = Rule{
	Code:    "guard_whatsapp_template_examples",
	About:   "What is submitted has an example in each header of format IMAGE, VIDEO or DOCUMENT, and in each COPY_CODE button; a draft may omit them.",
	Tools:   []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source:  "WhatsappMediaHeaderComponentInputDto, WhatsappCopyCodeButtonInputDto, 1.2.117",
	When:    "the template is submitted",
	applies: submitsTemplate,
	check:   templateExamples,
}

// templateExamples finds the lists of examples that are empty where what is
// submitted needs one; the rules on variables and on dynamic URLs check theirs.
func templateExamples(c *Call, _ answers) *Refusal {
	var wrong []string
	eachPart(c, "HEADER", func(at string, header map[string]any) {
		if _, media := mediaTypes[jsonvalue.Text(header, "format")]; media && jsonvalue.IsEmpty(header["examples"]) {
			wrong = append(wrong, fmt.Sprintf("%s.examples must have one: the public URL of a sample for the reviewers", at))
		}
	})
	eachPart(c, "COPY_CODE", func(at string, button map[string]any) {
		if jsonvalue.IsEmpty(button["examples"]) {
			wrong = append(wrong, at+".examples must have one: a sample of the code")
		}
	})
	return refuseAll(wrong, Refusal{Resolution: correctAll})
}
