package plan

import (
	"fmt"
	"slices"

	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// notInAFile says why no file can have an item as the project has it, "" where one can: the
// API shows a value that the contract allows in no call, or a template has been submitted
// though it breaks a rule of the contract that can't be ignored.
func notInAFile(item *Item) string {
	schema := item.Kind.fields().request
	if item.ID != "" { // it exists, and has what a create needs
		schema = schema.Clone()
		schema.Required = nil
	}
	violations, _ := schema.Check(item.Fields, papi.CheckOptions{Draft: item.Draft, Formats: true})
	for _, v := range violations {
		if len(item.Kind.Secret) == 0 || !slices.Contains(item.Kind.Secret, v.Path) {
			return fmt.Sprintf("it is as no call can make it: %s: %s", v.Path, v.Sentence())
		}
	}
	if !item.Kind.Lints || item.Draft {
		return ""
	}
	for _, finding := range lint.Check(linted(item)) {
		if finding.Severity == lint.Refused && lint.Lookup(finding.Rule).FromContract() {
			return fmt.Sprintf("it is as no call can make it: %s: %s (%s)", finding.Path, finding.Message, finding.Rule)
		}
	}
	return ""
}
