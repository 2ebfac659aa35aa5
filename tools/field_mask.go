package tools

import (
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/lazyregexp"
)

// fieldMask returns the values of the API's fieldMask by which its answer holds what
// fields name and what a result lifts out of it; nil where the operation has no
// fieldMask, or no value for one of them: the answer is then cut here alone.
func fieldMask(row *catalog.Row, fields []string) []any {
	p := row.Op().Parameter(argFieldMask)
	if p == nil || len(fields) == 0 {
		return nil
	}
	values := p.Schema.Resolve().Items.Resolve().EnumTexts()
	var mask []any
	for _, path := range fields {
		value := maskedBy(values, strings.TrimPrefix(path, row.List()+"."))
		if value == "" {
			return nil
		}
		mask = append(mask, value)
	}
	for _, path := range liftedFields(row.Resource) {
		if value := maskedBy(values, path); value != "" {
			mask = append(mask, value)
		}
	}
	slices.SortFunc(mask, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return slices.Compact(mask)
}

// liftedFields are the fields of a thing from which its ids, its state and the next steps
// come.
func liftedFields(r *catalog.Resource) []string {
	if r == nil {
		return nil
	}
	paths := []string{r.State, r.Pending}
	for _, field := range r.IDs {
		paths = append(paths, field)
	}
	for _, alternatives := range []string{r.Reason, r.Since} {
		paths = append(paths, strings.Split(alternatives, "|")...)
	}
	for _, part := range r.Parts {
		paths = append(paths, part.Field, part.Value, part.Reason)
	}
	return paths
}

// listIndex is the index of an item in a path; the API's values have the first one's for
// all.
var listIndex = lazyregexp.New(`\[\d*\]|\.\d+`)

// maskedBy returns the longest value that has a path in it, "" where none has.
func maskedBy(values []string, path string) string {
	path = listIndex.ReplaceAllString(path, "")
	longest := ""
	for _, value := range values {
		bare := listIndex.ReplaceAllString(value, "")
		if path != "" && (path == bare || strings.HasPrefix(path, bare+".")) && len(value) > len(longest) {
			longest = value
		}
	}
	return longest
}
