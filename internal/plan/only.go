package plan

import (
	"regexp"
	"slices"
	"strings"
)

// selected are the items that --only selects.
func selected(items []*Item, only []string) []*Item {
	if len(only) == 0 {
		return items
	}
	var found []*Item
	for _, item := range items {
		names := []string{item.Kind.Name, item.Key, item.Kind.Name + "/" + item.Key}
		if slices.ContainsFunc(only, func(pattern string) bool {
			return slices.ContainsFunc(names, wildcard(pattern).MatchString)
		}) {
			found = append(found, item)
		}
	}
	return found
}

// wildcard matches a pattern in which * stands for any text.
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
