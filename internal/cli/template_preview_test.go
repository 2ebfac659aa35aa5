package cli

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
)

// previewed runs papi-mcp template preview.
func previewed(input string, args ...string) (out, errOut string, code errorcode.Exit) {
	var stdout, stderr bytes.Buffer
	code = errorcode.Exit(Main(append([]string{"template", "preview"}, args...), strings.NewReader(input), &stdout, &stderr))
	return stdout.String(), stderr.String(), code
}

const (
	createArguments = `{"name": "order_shipped", "language": "EN", "category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "Your order {{1}} is on its way.", "examples": ["A-1"]}]}}`
	firstLines      = "WhatsApp template order_shipped, EN, UTILITY\nbody:\n  Your order A-1 is on its way.\n"
)

// A template in each form that a file may have, as text.
func TestTemplatePreview(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"the arguments of a create": {createArguments, firstLines},
		"of an update":              {`{"templateName": "order_shipped", "languageCode": "EN", "category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "Your order {{1}} is on its way.", "examples": ["A-1"]}]}}`, firstLines},
		"a draft without details":   {`{"name": "order_shipped", "language": "EN", "category": "UTILITY", "status": "DRAFT"}`, "WhatsApp template order_shipped, EN, UTILITY\n"},
		"with a byte order mark":    {byteOrderMark + createArguments, firstLines},
		"findings do not fail":      {strings.Replace(createArguments, "Your order {{1}} is on its way.", "{{1}}", 1), "WhatsApp template order_shipped, EN, UTILITY\nbody:\n  A-1\nfindings:\n  refused wa_variable_edge: "},
		"KakaoTalk":                 {`{"plusFriendId": "@example", "details": {"name": "notice", "language": "KO", "content": "Dear #{name}"}}`, "KakaoTalk template notice, KO\nbody:\n  Dear #{name}\n"},
		"Meta":                      {`{"name": "order_shipped", "language": "en", "category": "UTILITY", "components": [{"type": "body", "text": "Your order {{1}} is on its way.", "example": {"body_text": [["A-1"]]}}]}`, firstLines},
		"Meta's answer to a GET":    {`{"data": [{"id": "1", "status": "APPROVED", "name": "order_shipped", "language": "en", "category": "UTILITY", "components": [{"type": "BODY", "text": "Your order is on its way."}]}]}`, "WhatsApp template order_shipped, EN, UTILITY\nbody:\n  Your order is on its way.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "template.json")
			if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			out, errOut, code := previewed("", file)
			if code != errorcode.Done || !strings.HasPrefix(out, test.want) || errOut != "" {
				t.Errorf("exit %d\n%s%s", code, out, errOut)
			}
			if piped, _, code := previewed(test.content, "-"); code != errorcode.Done || piped != out {
				t.Errorf("from standard input: exit %d\n%s", code, piped)
			}
		})
	}
}

// What is no template is refused, with what is allowed.
func TestTemplatePreviewRefuses(t *testing.T) {
	meta := `{"name": "a_b", "language": "en", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hello"}]}`
	for name, test := range map[string]struct {
		content string
		want    string
	}{
		"an empty file":       {" \n", "standard input is empty"},
		"no JSON":             {"hello", "is not JSON"},
		"Latin-1":             {strings.Replace(createArguments, "Your", "F\xfcr", 1), "the input is not UTF-8 text: save it as UTF-8"},
		"more than JSON":      {createArguments + " }", "is not JSON"},
		"cut off":             {createArguments[:40], "is not JSON"},
		"a text":              {`"hello"`, "it is not a template: it needs the arguments of whatsapp_template_create (category, details.components) or kakaotalk_template_create (plusFriendId, details.content), or Meta's JSON (components)"},
		"another object":      {`{"target": "https://example.com"}`, "it is not a template"},
		"an empty list":       {`[]`, "the list is empty"},
		"two templates":       {"[" + meta + "," + meta + "]", "it has 2 templates, and a preview shows one: papi-mcp template import"},
		"an unknown language": {strings.Replace(meta, `"en"`, `"tlh"`, 1), "can't be converted: language: "},
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := previewed(test.content, "-")
			if code != errorcode.Usage || out != "" || !strings.Contains(strings.Join(strings.Fields(errOut), " "), test.want) {
				t.Errorf("exit %d, %s%s", code, out, errOut)
			}
		})
	}
	for _, args := range [][]string{{}, {"a", "b"}, {filepath.Join(t.TempDir(), "missing.json")}, {t.TempDir()}} {
		if out, errOut, code := previewed("", args...); code != errorcode.Usage || out != "" || errOut == "" {
			t.Errorf("%v: exit %d, %s%s", args, code, out, errOut)
		}
	}
}

// -o writes a page, again where the file is one already, and no other file.
func TestTemplatePreviewPage(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page.html")
	for range 2 {
		if out, errOut, code := previewed(createArguments, "-", "-o", page); code != errorcode.Done || out != "" || errOut != "" {
			t.Fatalf("exit %d, %s%s", code, out, errOut)
		}
	}
	written, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(written, []byte("<!DOCTYPE html>")) || !bytes.Contains(written, []byte("Your order A-1 is on its way.")) {
		t.Errorf("the page is %.300s", written)
	}
	if out, _, code := previewed(createArguments, "-", "-o", "-"); code != errorcode.Done || out != string(written) {
		t.Errorf("on standard output: exit %d, %.100s", code, out)
	}

	template := filepath.Join(dir, "template.json")
	if err := os.WriteFile(template, []byte(createArguments), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, output := range []string{template, dir, filepath.Join(dir, "missing", "page.html")} {
		if _, errOut, code := previewed("", template, "-o", output); code == errorcode.Done || errOut == "" {
			t.Errorf("-o %s: exit %d, %s", output, code, errOut)
		}
	}
	if kept, err := os.ReadFile(template); err != nil || string(kept) != createArguments {
		t.Errorf("the template is now %s (%v)", kept, err)
	}
	// a page of a template that can't be read leaves the earlier one
	if _, _, code := previewed("{}", "-", "-o", page); code != errorcode.Usage {
		t.Errorf("exit %d", code)
	}
	if kept, _ := os.ReadFile(page); !bytes.Equal(kept, written) {
		t.Error("the earlier page is gone")
	}
}

// README shows a picture of a preview, which is small enough for a repository.
func TestReadmeHasAPicture(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`!\[[^\]]{20,}\]\((docs/[a-z]+\.png)\)`).FindSubmatch(readme)
	if found == nil {
		t.Fatal("it has no picture with a description")
	}
	picture, err := os.ReadFile("../../" + string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	if len(picture) > 150<<10 {
		t.Errorf("%d bytes", len(picture))
	}
	if size, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || size.Width < 640 {
		t.Errorf("it is %d pixels wide (%v)", size.Width, err)
	}
}
