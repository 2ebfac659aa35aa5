package plan

import (
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
)

// fromMeta returns a language of a WhatsApp template that is in the form of Meta's Graph
// API, one template or the answer to a GET of several, in the form of the file; any other
// as it is. It returns nil where it is wrong.
func (d *documentReader) fromMeta(t *tree, language, path string) *tree {
	if t.fields["components"] == nil && t.fields["data"] == nil {
		return t
	}
	all, _, err := template.Templates(t.plain())
	if err != nil {
		d.fault(t.at, path, "%s; in the form of the API it has details, with components in them", err)
		return nil
	}
	var languages []string
	for _, one := range all {
		args, notes, wrong := template.FromMeta(one)
		for _, v := range wrong {
			d.fault(t.position(v.Path), papi.JoinPath(path, v.Path), "%s", v.Sentence())
		}
		if wrong != nil {
			return nil
		}
		if languages = append(languages, jsonvalue.Text(args, keyLanguage)); args[keyLanguage] != language {
			continue
		}
		for _, note := range notes {
			d.document.Notes = append(d.document.Notes, Note{Kind: "whatsappTemplates", Key: jsonvalue.Text(args, keyName) + "/" + language, Text: note.Path + ": " + note.Note, At: t.at})
		}
		return treeOf(args, t.at)
	}
	d.fault(t.at, path, "it has no template in this language; it has: %s", strings.Join(languages, ", "))
	return nil
}
