package sandbox

import (
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

func TestDocsListEveryCodeAndEvent(t *testing.T) {
	raw, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "## How to provoke each error code")
	for code := range papi.ErrorCodes() {
		if !strings.Contains(table, "`"+code+"`") {
			t.Errorf("docs/sandbox.md does not say how to provoke %s: add it to the table of error codes", code)
		}
	}
	for operation, codes := range onlyByNext {
		for _, code := range codes {
			if pair := "`" + code + "` of `" + operation + "`"; !strings.Contains(table, pair) {
				t.Errorf("docs/sandbox.md does not list %s among those that only next provokes", pair)
			}
		}
	}
	s := New(Options{Manual: true})
	defer s.Close()
	for _, kind := range s.eventKinds() {
		if !strings.Contains(string(raw), "`"+kind+"`") {
			t.Errorf("docs/sandbox.md has no row for the event %s", kind)
		}
	}
	for _, op := range papi.Operations() {
		if s.handlers[op.ID] == nil {
			t.Errorf("%s has no handler: add one to its family's file in this package", op.ID)
		}
	}
}
