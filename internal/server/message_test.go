package server

import "testing"

// The id of a line that is too long is found if it is near the beginning.
func TestIDOfATruncatedLine(t *testing.T) {
	for line, want := range map[string]string{
		`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"x":"yyy`: "7",
		`{"id":"a","params":[1,2`:                    `"a"`,
		`{"params":{"id":3},"id":4,"method":"x"`:     "4",
		`{"method":"tools/call","params":{"id":3,"x`: "",
		`{"id":{"not":"one"},"params":"x`:            "",
		`[{"id":1`:                                   "",
		``:                                           "",
	} {
		if got := string(idOf([]byte(line))); got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}
