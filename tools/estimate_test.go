package tools

import (
	"testing"

	"papi-mcp/internal/tokentest"
)

// The estimate is within a quarter of what o200k counts, for what the API answers.
func TestEstimateTokens(t *testing.T) {
	for _, s := range samples(t) {
		if got, want := estimateTokens([]byte(s.raw())), tokentest.Count(s.raw()); 4*got < 3*want || 4*got > 5*want {
			t.Errorf("%s: %d, and it has %d", s.row.Tool, got, want)
		}
	}
	if got := estimateTokens(nil); got != 0 {
		t.Errorf("nothing has %d tokens", got)
	}
}
