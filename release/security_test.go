package release

import (
	"fmt"
	"testing"

	"papi-mcp/internal/docstest"
)

// SECURITY.md has the address of this repository's private reports.
func TestManifestsInSecurity(t *testing.T) {
	home, err := ReadHome()
	if err != nil {
		t.Fatal(err)
	}
	docstest.Fresh(t, "../SECURITY.md", "go test ./release -run Manifests -update", *update, map[string]string{
		"report": fmt.Sprintf("Report it by [a private advisory](%s/security/advisories/new) (*Security*, *Report a vulnerability*), not in an issue.\n", home.URL()),
	})
}
