package release

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed all:templates
var templates embed.FS

// shared has the parts of manifests that more than one template uses.
//
//go:embed shared.tmpl
var shared string

// manifest is what a template is executed with: home.yaml, and what is known of a release.
type manifest struct {
	Home
	Bundles   []File   // in server.json
	Platforms []string // of a bundle
	Tools     []Tool   // in a bundle
}

// Render returns the content of every manifest by its path in the repository. In templates
// an action is written <% .Owner %>, since GoReleaser and npm have other uses for braces.
func Render(home Home) (map[string][]byte, error) {
	rendered := map[string][]byte{}
	err := fs.WalkDir(templates, "templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates, path)
		if err != nil {
			return err
		}
		content, err := render(path, string(text), manifest{Home: home})
		rendered[strings.TrimPrefix(path, "templates/")] = content
		return err
	})
	return rendered, err
}

// render returns a template's text with the values of data. path is named in errors.
func render(path, text string, data any) ([]byte, error) {
	parsed, err := template.New("shared.tmpl").Delims("<%", "%>").Option("missingkey=error").Funcs(template.FuncMap{"json": asJSON}).Parse(shared)
	if err == nil {
		parsed, err = parsed.New(path).Parse(text)
	}
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	if err := parsed.Execute(&content, data); err != nil {
		return nil, fmt.Errorf("release/%s: %w", path, err)
	}
	return content.Bytes(), nil
}

func asJSON(value any) (string, error) {
	raw, err := json.Marshal(value)
	return string(raw), err
}
