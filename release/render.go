package release

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed all:templates
var templates embed.FS

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
		content, err := render(path, string(text), home)
		rendered[strings.TrimPrefix(path, "templates/")] = content
		return err
	})
	return rendered, err
}

// render returns a template's text with the values of home.yaml. path is named in errors.
func render(path, text string, home Home) ([]byte, error) {
	parsed, err := template.New(path).Delims("<%", "%>").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	if err := parsed.Execute(&content, home); err != nil {
		return nil, fmt.Errorf("release/%s: %w", path, err)
	}
	return content.Bytes(), nil
}
