package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

var ruleMediaAddress = Rule{
	Code:  "guard_media_address",
	About: "Images, videos and documents are given as public URLs, which the API opens itself: no address of this machine or a private network. (data:, file:, paths and handles of Meta's are not URLs, and are refused with the arguments: there is no upload.) The sandbox needs no exception: it opens no file.",
	Tools: []string{
		"whatsapp_sender_create", "whatsapp_sender_update", "whatsapp_template_create", "whatsapp_template_update",
		"rcs_sender_create", "rcs_sender_update",
		"kakaotalk_sender_create", "kakaotalk_sender_update", "kakaotalk_template_create", "kakaotalk_template_update",
	},
	Source: "createSender, createTemplate, WhatsappMediaHeaderExampleInputDto, 1.2.117",
	check:  mediaAddress,
}

func mediaAddress(c *Call, _ answers) *Refusal {
	var wrong []string
	eachMedia(c.Args, "", func(path, address string) {
		if reason := unreachable(address); reason != "" {
			wrong = append(wrong, path+" "+reason)
		}
	})
	return refuseAll(wrong, Refusal{Resolution: "ask the person for the public URL of the file, one that opens without a login; this API has no upload, so a file that is on a disk must be put on a web server first"})
}

// mediaFields are the fields of requests that hold the URL of a file that the
// API opens, or a list of them. The url of the examples of a
// WhatsApp template's headers is another. Links that people open are not.
var mediaFields = []string{"photoUrl", "bannerUrl", "logoUrl", "videoUris", "screenshotUris", "logoImage", "imageUrl"}

// eachMedia visits the media URLs of a request, with their paths.
func eachMedia(value any, path string, visit func(path, address string)) {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			eachMedia(item, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			here := strings.TrimPrefix(path+"."+name, ".")
			switch {
			case slices.Contains(mediaFields, name):
				visitAddresses(v[name], here, visit)
			case name == "examples":
				for i, example := range jsonvalue.Objects(v[name], "") {
					visitAddresses(example["url"], fmt.Sprintf("%s[%d].url", here, i), visit)
				}
			default:
				eachMedia(v[name], here, visit)
			}
		}
	}
}

// visitAddresses visits a text, or the texts of a list.
func visitAddresses(value any, path string, visit func(path, address string)) {
	if address, _ := value.(string); address != "" {
		visit(path, address)
	}
	for i, item := range jsonvalue.List(value, "") {
		visitAddresses(item, fmt.Sprintf("%s[%d]", path, i), visit)
	}
}
