package sandbox

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// The sandbox downloads no files: the name in a URL asks for an error.
var (
	imageTypes  = []string{"", ".jpg", ".jpeg", ".png"}
	photoTypes  = []string{"", ".jpg", ".jpeg", ".png", ".webp"}
	headerTypes = []string{"", ".jpg", ".jpeg", ".png", ".pdf", ".3gp", ".mp4"}
)

// magicFiles are the error codes that a word in the name of a file asks for.
var magicFiles = []struct{ word, code string }{
	{"missing", "file_not_found"},
	{"too-large", "file_size_too_large"},
	{"wrong-dimensions", "file_has_wrong_dimensions"},
	{"broken", "file_unexpected_error"},
	{"over-limit", "template_media_file_size_exceeds_maximum_file_size_limit"},
	{"unknown-size", "template_check_media_file_size"},
	{"no-upload", "template_start_session_for_uploading_media"},
}

// photoProblem is the error code for the photo of a WhatsApp sender, or "".
func photoProblem(address string) string { return senderFileProblem(address, photoTypes) }

// imageProblem is the error code for an image of another sender, or "".
func imageProblem(address string) string { return senderFileProblem(address, imageTypes) }

func senderFileProblem(address string, types []string) string {
	code := fileProblem(address, types)
	if strings.HasPrefix(code, "template_") {
		return ""
	}
	return code
}

// headerProblem is the error code for the media of a template's header, or "".
func headerProblem(address string) string {
	code := fileProblem(address, headerTypes)
	if code == "file_has_wrong_dimensions" {
		return ""
	}
	return code
}

func fileProblem(address string, types []string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	name := strings.ToLower(path.Base(u.Path))
	if !slices.Contains(types, path.Ext(name)) {
		return "file_invalid_mime_type"
	}
	for _, magic := range magicFiles {
		if strings.Contains(name, magic.word) {
			return magic.code
		}
	}
	return ""
}
