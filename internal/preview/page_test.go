package preview

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var dataElement = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)

// embedded is the data in a page.
func embedded(t testing.TB, page []byte) []byte {
	t.Helper()
	found := dataElement.FindSubmatch(page)
	if found == nil {
		t.Fatal("the page has no data")
	}
	return found[1]
}

// The data in a page is that of the message, and can't end its element, whatever the
// template says.
func TestPageHasTheData(t *testing.T) {
	hostile := `</script><script>alert(1)</script><!-- <script> ]]> & ' "` + "\u2029" + ` /*script*/ /*style*/ <title>Template preview</title>`
	m := &Message{Channel: WhatsApp, Name: hostile, Card: Card{Title: hostile, Body: hostile, Buttons: []Button{{Type: hostile, Text: hostile}}}}
	page, err := m.Page()
	if err != nil {
		t.Fatal(err)
	}
	var shown Message
	if err := json.Unmarshal(embedded(t, page), &shown); err != nil || !reflect.DeepEqual(shown, *m) {
		t.Errorf("the data is %+v (%v)", shown, err)
	}
	if data := embedded(t, page); bytes.ContainsAny(data, "<>&") {
		t.Errorf("the data has signs of HTML: %s", data)
	}
	for tag, want := range map[string]int{"<script": 2, "</script": 2, "<title>": 1, "<style>": 1, "<!--": 0} {
		if n := strings.Count(string(page), tag); n != want {
			t.Errorf("%d times %s, want %d", n, tag, want)
		}
	}
	if !bytes.Contains(page, []byte(Generator)) {
		t.Error("it does not say what has made it")
	}
}

// The policy of a page allows its own script and styles by their hashes, and nothing
// else.
func TestPolicyOfAPage(t *testing.T) {
	page, err := (&Message{}).Page()
	if err != nil {
		t.Fatal(err)
	}
	element := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindSubmatch(page)
		if found == nil {
			t.Fatalf("no %s", pattern)
		}
		return string(found[1])
	}
	script, style := element(`(?s)<script>(.*?)</script>`), element(`(?s)<style>(.*?)</style>`)
	want := "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; base-uri 'none'; form-action 'none'"
	if got := element(`http-equiv="Content-Security-Policy" content="(.*?)"`); got != want {
		t.Errorf("the policy is %s, want %s", got, want)
	}
}

// The page for clients with MCP Apps is one document without data, which loads nothing
// and makes no HTML from texts.
func TestApp(t *testing.T) {
	app := App()
	if !strings.HasPrefix(app, "<!DOCTYPE html>") || dataElement.MatchString(app) || strings.Count(app, "<script>") != 1 || strings.Contains(app, stylePlace) || strings.Contains(app, scriptPlace) {
		t.Errorf("it begins with %.200q", app)
	}
	for _, never := range []string{
		"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "import(", "fetch(", "XMLHttpRequest", "WebSocket",
		".src", "src=", "href", "url(", "@import", "<link", "<img", "<iframe", "<base", "localStorage",
	} {
		if strings.Contains(app, never) {
			t.Errorf("it has %s", never)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^'"\s]+`).FindAllString(app, -1) {
		if address != "http://www.w3.org/2000/svg" && !strings.HasPrefix(address, `https?:\/\/`) {
			t.Errorf("it has the address %s", address)
		}
	}
	if n := len(app); n > 32<<10 {
		t.Errorf("it has %d bytes", n)
	}
}
