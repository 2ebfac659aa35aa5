package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/preview"
	"papi-mcp/internal/template"
)

func newTemplatePreview(s *streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "preview FILE [-o PAGE]",
		Short: "Show a template as the message that a person receives",
		Long: `Show a template as the message that a person receives, with its examples filled
in and what is wrong with it: as text, or with -o as a page for any browser. Nothing
is sent or loaded, so a picture is a frame with the name of its file.

FILE (- for standard input) has one template as JSON: the arguments of
whatsapp_template_create, whatsapp_template_update or kakaotalk_template_create, or
Meta's own JSON. Findings do not make the command fail.

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
		name, read = "standard input", func() (string, error) { return readLimited(s.in) }
	}
	content, err := read()
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(content) == "" {
		return nil, usage("%s is empty", name)
	}
	var all json.RawMessage // what follows the first value is an error too
	if err := json.Unmarshal([]byte(content), &all); err != nil {
		return nil, usage("%s is not JSON: %v", name, err)
	}
	value, err := jsonvalue.Decode(all)
	if err != nil {
		return nil, usage("%s is not JSON: %v", name, err)
	}
	message, err := messageOf(value)
	if err != nil {
		return nil, usage("%s: %v", name, err)
	}
	return message, nil
}

// messageOf is the preview of a template in any of its forms.
func messageOf(value any) (*preview.Message, error) {
	given := jsonvalue.Object(value, "")
	details := jsonvalue.Object(given, "details")
	_, isList := value.([]any)
	switch {
	case given["plusFriendId"] != nil, details["content"] != nil:
		return preview.FromKakaoTalk(given), nil
	case details["components"] != nil, given["category"] != nil && given["components"] == nil:
		return preview.FromWhatsApp(asCreate(given)), nil
	case isList, given["components"] != nil, given["data"] != nil, given["message_templates"] != nil:
		return messageOfMeta(value)
	}
	return nil, errors.New("it is not a template: it needs the arguments of whatsapp_template_create (category, details.components) or kakaotalk_template_create (plusFriendId, details.content), or Meta's JSON (components)")
}

// messageOfMeta is the preview of a template in Meta's JSON, whose notes are about what
// the Provisioning API has no counterpart for.
func messageOfMeta(value any) (*preview.Message, error) {
	all, notes, err := template.Templates(value)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("it has %d templates, and a preview shows one: papi-mcp template import makes a file of each", len(all))
	}
	args, more, wrong := template.FromMeta(all[0])
	if len(wrong) > 0 {
		return nil, fmt.Errorf("it is Meta's JSON and can't be converted: %s: %v", cmp.Or(wrong[0].Path, "the template"), wrong[0].Allowed)
	}
	message := preview.FromWhatsApp(args)
	for _, note := range append(notes, more...) {
		message.Notes = append(message.Notes, papi.Printable(note.Path+": "+note.Note))
	}
	return message, nil
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
