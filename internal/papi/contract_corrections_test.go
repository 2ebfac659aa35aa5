package papi

import (
	"strings"
	"testing"
)

// Nothing is uploaded to this API, and media have no handles: no description
// mentions either.
func TestNoDescriptionMentionsAnUpload(t *testing.T) {
	seen := map[*Schema]bool{}
	var look func(where string, s *Schema)
	look = func(where string, s *Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		for _, word := range []string{"handle of", "uploaded"} {
			if strings.Contains(s.Description, word) {
				t.Errorf("%s: %s", where, s.Description)
			}
		}
		s.children(func(c *Schema) { look(where, c) })
	}
	for _, f := range families {
		for name, s := range f.load().schema {
			look(name, s)
		}
	}
	for _, c := range mediaTexts {
		s := LookupSchema(c.schema).Properties[c.property]
		if s.Description == "" {
			s = s.Items
		}
		if !strings.Contains(s.Description, c.new) {
			t.Errorf("%s.%s: %s", c.schema, c.property, s.Description)
		}
	}
}

func TestCorrectionOfAChangedTextPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it passed")
		}
	}()
	textCorrection{"S", "p", "handle", "URL"}.apply(&Schema{Description: "another text"})
}
