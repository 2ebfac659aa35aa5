package guard

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

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
