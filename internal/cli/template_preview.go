package cli

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/preview"
)

func newTemplatePreview(s *streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "preview FILE [-o PAGE]",
		Short: "Show a template as the message that a person receives",
		Long: `Show a template as the message that a person receives, with its examples filled
in and what is wrong with it: as text, or with -o as a page for any browser. Nothing
is sent or loaded, so a picture is a frame with the name of its file.

FILE (- for standard input) has one template as JSON, with the arguments of
whatsapp_template_create, whatsapp_template_update or kakaotalk_template_create.
Findings do not make the command fail.

The page is one file. It replaces an earlier preview, and no other file.`,
		Example: `  papi-mcp template preview order_shipped.json
  papi-mcp template preview order_shipped.json -o page.html
  papi-mcp template preview - -o - <order_shipped.json >page.html`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("template preview needs one FILE, or - for standard input, and %d are given", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			message, err := readMessage(s, args[0])
			if err != nil {
				return err
			}
			if output == "" {
				_, err := io.WriteString(s.out, message.Text()+"\n")
				return err
			}
			page, err := message.Page()
			if err != nil {
				return failed(err)
			}
			if output == "-" {
				_, err := s.out.Write(page)
				return err
			}
			return writePreview(output, page)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write a page to this file; - for standard output")
	return cmd
}

// readMessage reads a template from a file, or from standard input.
func readMessage(s *streams, name string) (*preview.Message, error) {
	read := func() (string, error) { return readArgumentFile(name) }
	if name == "-" {
		read = func() (string, error) { return readLimited(s.in) }
	}
	content, err := read()
	if err != nil {
		return nil, err
	}
	value, err := jsonvalue.Decode([]byte(content))
	if err != nil {
		return nil, usage("%s is not JSON: %v", name, err)
	}
	given, isObject := value.(map[string]any)
	if !isObject {
		return nil, usage("%s has %s: a template is one JSON object, with %s", name, papi.Quoted(content, 80), templateForms)
	}
	return messageOf(name, given)
}

// templateForms are the forms of a template that a file may have.
const templateForms = "the arguments of whatsapp_template_create (category, details.components) or of kakaotalk_template_create (plusFriendId, details.content)"

// messageOf is the preview of a template in any of its forms.
func messageOf(name string, given map[string]any) (*preview.Message, error) {
	details := jsonvalue.Object(given, "details")
	switch {
	case given["plusFriendId"] != nil, details["content"] != nil:
		return preview.FromKakaoTalk(given), nil
	case given["category"] != nil, details["components"] != nil:
		return preview.FromWhatsApp(asCreate(given)), nil
	}
	return nil, usage("%s is not a template: it needs %s", name, templateForms)
}

// asCreate has the names of a create for the arguments of an update.
func asCreate(given map[string]any) map[string]any {
	for update, create := range map[string]string{"templateName": "name", "languageCode": "language"} {
		if value := given[update]; value != nil && given[create] == nil {
			given[create] = value
		}
	}
	return given
}

// writePreview writes a page. A file that is not a preview stays: it may be the template.
func writePreview(name string, page []byte) error {
	switch found, err := os.ReadFile(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return usage("-o: %v", err)
	case len(found) > 0 && !bytes.Contains(found, []byte(preview.Generator)):
		return usage("-o: %s exists and is not a preview, so it stays: name another file, or remove it", name)
	}
	return failed(os.WriteFile(name, page, 0o644))
}
