package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The embedded contract was made with the corrections.
func TestTheContractIsCorrected(t *testing.T) {
	schemas := map[string]json.RawMessage{}
	files, err := filepath.Glob("../contract/*.json")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d files of the contract (%v)", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var family struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		}
		if err := json.Unmarshal(raw, &family); err != nil {
			t.Fatal(err)
		}
		for name, schema := range family.Schemas {
			schemas[name] = schema
		}
		// Nothing is uploaded to this API, and nothing has a handle.
		for _, word := range []string{"handle of", "uploaded file", "uploaded media"} {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s speaks of %q", file, word)
			}
		}
	}
	for _, c := range corrections {
		var compact bytes.Buffer
		if err := json.Compact(&compact, schemas[c.schema]); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(compact.String(), c.new) {
			t.Errorf("%s lacks %q: run go run ./internal/papi/split again", c.schema, c.new)
		}
	}
}

func TestACorrectionThatIsNoLongerNeededIsAnError(t *testing.T) {
	schemas := map[string]json.RawMessage{}
	for _, c := range corrections {
		schemas[c.schema] = json.RawMessage(`{"description":"another text"}`)
	}
	if err := correct(schemas); err == nil || !strings.Contains(err.Error(), "still needed") {
		t.Errorf("got %v", err)
	}
}
