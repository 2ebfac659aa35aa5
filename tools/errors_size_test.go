package tools

import (
	"testing"

	"papi-mcp/internal/tokentest"
)

// maxPage is how many tokens a page about an error code has at most.
const maxPage = 250

// Each page about an error code is small, whichever toolset asked for it.
func TestErrorPagesAreSmall(t *testing.T) {
	for _, code := range errorCodes() {
		names := []string{code}
		for _, a := range answering(code) {
			names = append(names, a.toolset+"."+code)
		}
		for _, own := range serverCodes() {
			if own.Code == code {
				names = append(names, string(own.Origin)+"."+code)
			}
		}
		for _, name := range names {
			page := ErrorPage(name)
			if n := tokentest.Count(page); n > maxPage || n == 0 {
				t.Errorf("%s has %d tokens:\n%s", name, n, page)
			}
		}
	}
}
