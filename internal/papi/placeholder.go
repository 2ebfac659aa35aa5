package papi

import (
	"regexp"
	"strings"
)

// The forms of a text that somebody was to replace: ${NAME} and ${input:name} of
// clients that did not expand them, {{name}}, $NAME and %NAME% of templates and
// shells, <name> and your-name of examples.
var (
	placeholderInside = regexp.MustCompile(`\$\{[^{}]+\}|\{\{[^{}]+\}\}|://[^/]*<[^<>]+>`)
	placeholderWhole  = regexp.MustCompile(`^(?:<[^<>]+>|\$[A-Z][A-Z0-9_]*|%[A-Za-z_][A-Za-z0-9_]*%|(?i:your)[-_ ][^/]+)$`)
)

// Unfilled reports whether a setting still holds a placeholder in place of a
// value: ${SINCH_PROJECT_ID}, <your-project>, your-project-id. A list is unfilled
// where one of its items is.
func Unfilled(setting string) bool {
	if placeholderInside.MatchString(setting) {
		return true
	}
	for item := range strings.SplitSeq(setting, ",") {
		if placeholderWhole.MatchString(strings.TrimSpace(item)) {
			return true
		}
	}
	return false
}
