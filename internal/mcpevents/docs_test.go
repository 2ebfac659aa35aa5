package mcpevents

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/docstest"
)

var update = flag.Bool("update", false, "write the generated parts of docs/events.md")

// The page of events has all types, as they are.
func TestTypesPage(t *testing.T) {
	var table strings.Builder
	table.WriteString("| event | arguments besides `projectId` | wakes by a webhook of the API | states |\n|---|---|---|---|\n")
	for _, one := range Types() {
		arguments := []string{}
		for _, id := range one.ids() {
			text := "`" + id + "`"
			if slices.Contains(one.needed(), id) {
				text += " (required)"
			}
			arguments = append(arguments, text)
		}
		states := ""
		if one.what == statusChanged {
			arguments = append(arguments, "`states`", "`settled`")
			states = "`" + strings.Join(one.states(), "`, `") + "`"
		}
		wakes := "no"
		if one.reported() {
			wakes = "yes"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", one.Name, strings.Join(arguments, ", "), wakes, states)
	}
	docstest.Fresh(t, "../../docs/events.md", "go test ./internal/mcpevents -run TypesPage -update", *update, map[string]string{"types": table.String()})
}
