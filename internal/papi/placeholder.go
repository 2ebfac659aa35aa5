package papi

import (
	"strings"

	"papi-mcp/internal/lazyregexp"
)

// The forms of placeholders: ${NAME} and ${input:name} of clients that did not
// expand them, {{name}}, $NAME and %NAME% of templates and shells, <name> and
// your-name of examples.
var (
	placeholderInside = lazyregexp.New(`\$\{[^{}]+\}|\{\{[^{}]+\}\}|://[^/]*<[^<>]+>`)
	placeholderWhole  = lazyregexp.New(`^(?:<[^<>]+>|\$[A-Z][A-Z0-9_]*|%[A-Za-z_][A-Za-z0-9_]*%|(?i:your)[-_ ][^/]+)$`)
)

// HasPlaceholder reports whether a setting is still a placeholder, or a list with
// one: ${SINCH_PROJECT_ID}, <your-project>, your-project-id.
func HasPlaceholder(setting string) bool {
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
