package tools

import "papi-mcp/internal/catalog"

// bulky are the parts of an answer that detail concise leaves out, as paths
// with * for any name. The texts of an RCS questionnaire are the same for each
// sender; rcs_questionnaire_get tells them.
func bulky(row *catalog.Row) []string {
	if row.Resource == nil || row.Resource.Name != "rcs_sender" {
		return nil
	}
	path := "details.questionnaire.*.questions"
	if list := row.List(); list != "" {
		path = list + "." + path
	}
	return []string{path}
}
