package preview

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"sync"
)

// URI and MIMEType are those of [App] as a resource.
const (
	URI      = "ui://papi-mcp/whatsapp-template.html"
	MIMEType = "text/html;profile=mcp-app"
)

// Generator is in each page.
const Generator = `<meta name="generator" content="papi-mcp template preview">`

//go:embed page
var files embed.FS

func file(name string) string {
	raw, err := files.ReadFile("page/" + name)
	if err != nil {
		panic("preview: " + err.Error())
	}
	return strings.TrimSuffix(string(raw), "\n")
}

// The places in page.html.
const (
	stylePlace  = "/*style*/"
	scriptPlace = "/*script*/"
	titlePlace  = "<title>Template preview</title>"
)

// App is the page for clients with MCP Apps, which send it the data. It loads nothing.
var App = sync.OnceValue(func() string {
	return strings.NewReplacer(stylePlace, file("page.css"), scriptPlace, file("page.js")).Replace(file("page.html"))
})

// Page is the page with the message in it, for any browser. Its content security policy
// allows its own script and styles, and nothing else.
func (m *Message) Page() ([]byte, error) {
	data, err := json.Marshal(m) // which escapes what could end the element
	if err != nil {
		return nil, err
	}
	policy := fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'", hash(file("page.css")), hash(file("page.js")))
	head := fmt.Sprintf("<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n%s\n<title>%s</title>", policy, Generator, html.EscapeString(m.Name))
	body := fmt.Sprintf("<script type=\"application/json\" id=\"data\">%s</script>\n<script>", data)
	page := strings.Replace(App(), titlePlace, head, 1)
	return bytes.Replace([]byte(page+"\n"), []byte("<script>"), []byte(body), 1), nil
}

// hash is the source expression of a script or style of exactly this text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
