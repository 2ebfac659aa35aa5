package tools

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/papi"
)

// masked finds masked secrets in the arguments: an agent that copies an answer into
// a call would replace the secret with ***.
func masked(value any, name, path string) []papi.Violation {
	switch v := value.(type) {
	case string:
		switch {
		case v == papi.Masked && papi.IsSecretName(name):
			return []papi.Violation{{Path: path, Given: v, Allowed: "the secret itself: answers show it as ***"}}
		case strings.Contains(v, "://"+papi.Masked+"@"):
			return []papi.Violation{{Path: path, Given: papi.Echo(v), Allowed: "the URL with its user and password, which answers show as ***: ask the person, or leave the argument out to keep it as it is"}}
		}
	case map[string]any:
		var all []papi.Violation
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, masked(v[name], name, papi.JoinPath(path, name))...)
		}
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
