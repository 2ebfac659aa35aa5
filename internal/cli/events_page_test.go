package cli

import (
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/docstest"
)

// The page of events has the subscriber that the test of the AI SDK runs.
func TestEventsPage(t *testing.T) {
	code, err := os.ReadFile("../../test/events/subscriber.mjs")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(code), "\n\n") // below the comment
	docstest.Fresh(t, "../../docs/events.md", "go test ./internal/cli -run EventsPage -update", *update, map[string]string{
		"subscriber": "```js\n" + text + "```\n",
	})
}
