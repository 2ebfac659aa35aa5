// Package frontmatter reads markdown files that begin with YAML between two
// lines of dashes.
package frontmatter

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Read reads the front matter into the value, which must know every field, and
// returns the text below it.
func Read(raw []byte, into any) (text string, err error) {
	rest, ok := strings.CutPrefix(string(raw), "---\n")
	front, text, found := strings.Cut(rest, "\n---\n")
	if !ok || !found {
		return "", errors.New("it does not begin with front matter between lines of ---")
	}
	decoder := yaml.NewDecoder(strings.NewReader(front))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return "", fmt.Errorf("front matter: %w", err)
	}
	return text, nil
}
