// Package skills has the Agent Skill of this program, for agents that script papi-mcp
// call: SKILL.md, and the guides as its references. The files are in
// skills/sinch-provisioning, where plugins and people find them: SKILL.md is rendered
// from its template in release/templates, the references are generated from guides.
package skills

import (
	_ "embed"
	"sync"

	"papi-mcp/guides"
	"papi-mcp/internal/frontmatter"
	"papi-mcp/internal/lazyregexp"
)

//go:embed sinch-provisioning/SKILL.md
var manifest string

// Name is the name of the skill, and that of its folder.
const Name = "sinch-provisioning"

// Manifest is the path of the file that an agent reads first.
const Manifest = "SKILL.md"

// File is a file of the skill.
type File struct {
	Path string // in the skill's folder, with slashes
	Text string
}

// Files returns the files of the skill, SKILL.md first.
var Files = sync.OnceValue(func() []File {
	files := []File{{Manifest, manifest}}
	for _, g := range guides.All() {
		files = append(files, File{reference(g.Family), forShell(g.Text)})
		for _, s := range g.Sections {
			files = append(files, File{reference(g.Family + "-" + s.Name), forShell(s.Text)})
		}
	}
	return files
})

// Frontmatter returns the front matter of SKILL.md. The file is part of the program: one
// that can't be read is a defect, and panics.
var Frontmatter = sync.OnceValue(func() map[string]any {
	var fields map[string]any
	if _, err := frontmatter.Read([]byte(manifest), &fields); err != nil {
		panic("skills: " + Manifest + ": " + err.Error())
	}
	return fields
})

func reference(page string) string { return "references/" + page + ".md" }

// shellWords are what a guide says to a client of the server, with what a shell needs
// instead. Links are paths from the skill's folder, as the Agent Skills specification
// has them.
var shellWords = []struct {
	pattern *lazyregexp.Regexp
	instead string
}{
	{lazyregexp.New(guides.URI + `(\w+)/(\w+)`), reference("$1-$2")},
	{lazyregexp.New(guides.URI + `(\w+)`), reference("$1")},
	{lazyregexp.New("The resource `papi://triggers`"), "`papi-mcp call schema_get tool=webhook_create path=triggers`"},
	{lazyregexp.New("(?m)^(- )?`wait` for `(\\w+)`"), "${1}Wait with `papi-mcp wait $2`"},
	{lazyregexp.New("`wait` for `(\\w+)`"), "wait with `papi-mcp wait $1`"},
	{lazyregexp.New("with `state` ([A-Z]+)"), "with `--state $1`"},
}

// forShell returns the text of a guide for an agent that works in a shell.
func forShell(text string) string {
	for _, word := range shellWords {
		text = word.pattern.ReplaceAllString(text, word.instead)
	}
	return text
}
