package plan

import (
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// selected are the items that only selects.
func selected(items []*Item, only []string) []*Item {
	if len(only) == 0 {
		return items
	}
	var found []*Item
	for _, item := range items {
		if slices.ContainsFunc(only, func(pattern string) bool { return isSelected(item, pattern) }) {
			found = append(found, item)
		}
	}
	return found
}

// isSelected reports whether a pattern matches an item: its kind, its key, or both.
func isSelected(item *Item, pattern string) bool {
	names := []string{item.Kind.Name, item.Key, item.Kind.Name + "/" + item.Key}
	return slices.ContainsFunc(names, wildcard(pattern).MatchString)
}

// checkOnly refuses a pattern that matches nothing in a document: by a mistake in it, a
// plan would be empty, and look as if there was nothing to do.
func checkOnly(d *Document, only []string) error {
	for _, pattern := range only {
		if len(selected(slices.Concat(d.Items, d.Delete), []string{pattern})) == 0 {
			return &papi.Error{
				Code:       errorcode.InvalidArguments,
				Message:    "only: " + papi.Quoted(pattern, maxName) + " matches nothing in the file",
				Resolution: "use kinds (webhooks), keys (order_update/DE) or KIND/KEY of items in the file; * is any text",
			}
		}
	}
	return nil
}

// wildcard matches a pattern in which * is any text.
func wildcard(pattern string) *regexp.Regexp {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
}

// kindsOf are the kinds of items, and of what they belong to, in the order of Kinds.
func kindsOf(items []*Item) []*Kind {
	used := map[*Kind]bool{}
	for _, item := range items {
		for kind := item.Kind; kind != nil; kind = kind.Parent {
			used[kind] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(Kinds), func(kind *Kind) bool { return !used[kind] })
}
