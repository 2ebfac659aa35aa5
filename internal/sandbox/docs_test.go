package sandbox

import (
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

func TestTheDocsTellOfEveryCodeAndEvent(t *testing.T) {
	raw, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "## How each error code is provoked")
	for code := range papi.ErrorCodes() {
		if !strings.Contains(table, "`"+code+"`") {
			t.Errorf("no row for %s", code)
		}
	}
	for operation, codes := range onlyNext {
		for _, code := range codes {
			if pair := "`" + code + "` of `" + operation + "`"; !strings.Contains(table, pair) {
				t.Errorf("the docs do not tell that %s comes by next only", pair)
			}
		}
	}
	s := New(Options{Manual: true})
	defer s.Close()
	for _, kind := range s.eventKinds() {
		if !strings.Contains(string(raw), "`"+kind+"`") {
			t.Errorf("no row for the event %s", kind)
		}
	}
	for _, op := range papi.Operations() {
		if s.handlers[op.ID] == nil {
			t.Errorf("%s is not imitated", op.ID)
		}
	}
}
