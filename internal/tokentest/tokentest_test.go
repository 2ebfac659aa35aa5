package tokentest_test

import (
	"testing"

	"papi-mcp/internal/tokentest"
)

func TestCount(t *testing.T) {
	for text, want := range map[string]int{
		"":              0,
		"hello world":   2,
		`{"a":1,"b":2}`: 9,
	} {
		if got := tokentest.Count(text); got != want {
			t.Errorf("%q has %d tokens, want %d", text, got, want)
		}
	}
}
