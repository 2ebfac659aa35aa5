package tools

import (
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/papi"
)

// masked finds in the arguments what stands for a secret in an answer. An agent
// that copies an answer into a call would put *** in the secret's place.
func masked(value any, name, path string) []papi.Violation {
	switch v := value.(type) {
	case string:
		switch {
		case v == papi.Masked && papi.IsSecretName(name):
			return []papi.Violation{{Path: path, Given: v, Allowed: "the secret itself: *** stands for it in answers"}}
		case strings.Contains(v, "://"+papi.Masked+"@"):
			return []papi.Violation{{Path: path, Given: truncate(v), Allowed: "the URL with its user and password, which *** stands for in answers: ask the person, or leave the argument out where it may stay as it is"}}
		}
	case map[string]any:
		var all []papi.Violation
		for name, field := range v {
			all = append(all, masked(field, name, strings.TrimPrefix(path+"."+name, "."))...)
		}
		slices.SortFunc(all, func(a, b papi.Violation) int { return strings.Compare(a.Path, b.Path) })
		return all
	case []any:
		var all []papi.Violation
		for i, item := range v {
			all = append(all, masked(item, name, path+"["+strconv.Itoa(i)+"]")...)
		}
		return all
	}
	return nil
}
