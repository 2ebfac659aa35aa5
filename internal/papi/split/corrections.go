package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// correction replaces a text of a schema that another text of the same
// document contradicts, or that a reader needs the other to understand.
type correction struct {
	schema   string
	old, new string
	why      string
}

const (
	mediaURL = "public URL of the media, which the API fetches: there is no upload"
	noUpload = "media are given by URL alone: file_not_found and template_check_media_file_size speak of the URL, and no operation uploads"
)

var corrections = []correction{
	{"WhatsappSenderInputEsDto", `["wabaId","phoneNumberId"]`, `["phoneNumberId"]`,
		"the text of wabaId, and not_found_waba_id, say that it may be left out"},
	{"WhatsappCardHeaderComponentDto", "handle of the uploaded media", mediaURL, noUpload},
	{"WhatsappMediaHeaderComponentInputDto", "a draft may omit it", mediaURL + "; a draft may omit it", noUpload},
	{"WhatsappPartialCardHeaderComponentDto", "handle of the uploaded media", mediaURL, noUpload},
	{"WhatsappInputCardHeaderComponentDto", "handle of an uploaded media asset", mediaURL, noUpload},
	{"WhatsappMediaHeaderExampleInputDto", "file location", "public URL of the file", noUpload},
	{"WhatsappInputCardMediaHeaderExampleDto", "file location", "public URL of the file", noUpload},
	{"WhatsappInputSenderPartnerInitiatedDetailsDto", "image of the sender", "public URL of the sender's image", noUpload},
	{"WhatsappSenderInputDetailsDto", "image of the sender", "public URL of the sender's image", noUpload},
	{"WhatsappUpdateSenderInputDetailsDto", "url of the sender image", "public URL of the sender's image", noUpload},
	{"RcsSenderDetailsBrandInputDto", "image/jpeg or image/png, at most 200KB", "public URL of the banner: image/jpeg or image/png, at most 200KB", noUpload},
	{"RcsSenderDetailsBrandInputDto", "image/jpeg or image/png, at most 50KB", "public URL of the logo: image/jpeg or image/png, at most 50KB", noUpload},
	{"RcsUpdateSenderDetailsBrandInputDto", "image/jpeg or image/png, at most 200KB", "public URL of the banner: image/jpeg or image/png, at most 200KB", noUpload},
	{"RcsUpdateSenderDetailsBrandInputDto", "image/jpeg or image/png, at most 50KB", "public URL of the logo: image/jpeg or image/png, at most 50KB", noUpload},
	{"KakaotalkInputSenderDetailsDto", "sender logo", "public URL of the sender's logo", noUpload},
	{"KakaotalkInputUpdateSenderDetailsDto", "sender logo", "public URL of the sender's logo", noUpload},
	{"KakaotalkInputTemplateDetailsDto", "image/jpeg or image/png", "public URL of the image: image/jpeg or image/png", noUpload},
	{"KakaotalkInputUpdateTemplateDetailsDto", "image/jpeg or image/png", "public URL of the image: image/jpeg or image/png", noUpload},
	{"KakaotalkTemplateDetailsDto", "name of the uploaded file", imageName, noUpload},
	{"KakaotalkTemplateChangesDetailsDto", "name of the uploaded file", imageName, noUpload},
	{"KakaotalkInputTemplateDetailsDto", "name of the uploaded file", imageName, noUpload},
	{"KakaotalkInputUpdateTemplateDetailsDto", "name of the uploaded file", imageName, noUpload},
}

const imageName = "name of the image file at imageUrl; there is no upload"

// correct applies the corrections. One that finds nothing to replace is an
// error: a new version of the document may not need it any more.
func correct(schemas map[string]json.RawMessage) error {
	for _, c := range corrections {
		var compact bytes.Buffer
		if err := json.Compact(&compact, schemas[c.schema]); err != nil {
			return fmt.Errorf("%s: %w", c.schema, err)
		}
		if !bytes.Contains(compact.Bytes(), []byte(c.old)) {
			return fmt.Errorf("%s does not hold %q any more: look whether its correction (%s) is still needed", c.schema, c.old, c.why)
		}
		schemas[c.schema] = bytes.Replace(compact.Bytes(), []byte(c.old), []byte(c.new), 1)
	}
	return nil
}
