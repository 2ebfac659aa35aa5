package cli

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// .ci/run runs each fuzz target.
func TestEachFuzzTargetRuns(t *testing.T) {
	texts := projectTexts(t)
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)`)
	found := 0
	for name, text := range texts {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			found++
			if !regexp.MustCompile(`(?m)^fuzz ` + path.Dir(name) + `( .*)? ` + m[1] + `=\d`).MatchString(texts[".ci/run"]) {
				t.Errorf("%s of %s does not run", m[1], name)
			}
		}
	}
	if found == 0 {
		t.Error("no target was found")
	}
}
